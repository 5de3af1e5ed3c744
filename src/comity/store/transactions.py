"""Transactions on SQLite: one writer that groups commits, any number of readers.

sqlite3's own transaction handling is switched off (its default commits savepoints one by one); BEGIN, SAVEPOINT and
COMMIT are said here and nowhere else.
"""

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from sqlalchemy.util import LRUCache

from comity.store.opening import ours

GROUP_MAX: Final = 256  # acts in one commit: a bound on what waits for the disk together
BUSY_MS: Final = 5_000  # a command on a stopped node's folder may hold the database for a moment

_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(500)  # as many as SQLAlchemy keeps of one database

T = TypeVar("T")
Boundary = Callable[[str], None]


def nothing(_name: str) -> None:
    """The boundary of a node that is not being crashed on purpose."""


def open_engine(path: Path) -> Engine:
    """An engine on the database at ``path``, durable and in write-ahead mode.

    Each statement is compiled once in a process, not once for each database: a simulated network has five of them, and
    begins them anew many times.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
        execution_options={"compiled_cache": _COMPILED},
    )
    engine.dialect = _dialect()  # what was compiled is kept by dialect

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()  # nobody else knows of it yet
            raise

    return engine


def driver_of(connection: Connection) -> Any:
    """The driver's own connection below: the four statements around each act need nothing of SQLAlchemy."""
    return connection.connection.driver_connection


def _leniently(driver: Any, run: Callable[[], T]) -> T:
    """Run; where a text that was changed is no UTF-8 any more, once again with what can be read of it.

    SQLite gives no row at all otherwise: one changed byte would hide all the others.
    """
    try:
        return run()
    except (DatabaseError, sqlite3.OperationalError) as error:
        if "decode to utf-8" not in str(error).lower():
            raise
        driver.text_factory = lambda data: data.decode(errors="replace")
        return run()


@cache
def _dialect() -> Dialect:
    engine = create_engine("sqlite://", poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect():  # it learns then what this SQLite can do
        return engine.dialect


class _Work:
    def __init__(self, run: Callable[[Connection], Any]) -> None:
        self.run = run
        self.done: Future[Any] = Future()


class Writer:
    """The one connection that changes state.

    With ``own_thread`` callers' work is collected and committed in groups by a thread; without, each call commits by
    itself in the caller's thread, which makes the simulator deterministic.
    """

    def __init__(self, engine: Engine, *, own_thread: bool, boundary: Boundary = nothing) -> None:
        self._engine = engine
        self._connection = engine.connect()
        self._driver = driver_of(self._connection)
        self._boundary = boundary
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        if own_thread:
            self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
            self._thread.start()

    def change(self, run: Callable[[Connection], T]) -> T:
        """Run ``run`` in a transaction and return its result once it is durable."""
        work = _Work(run)
        if self._thread is None:
            self._commit([work])
        else:
            self._queue.put(work)
        result: T = work.done.result()
        return result

    def fold(self) -> None:
        """Fold the write-ahead file into the database and empty it, as far as nobody reads what is before it."""
        with ours(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group, is_last = self._gather(first)
            self._commit(group)
            if is_last:
                return

    def _gather(self, first: _Work) -> tuple[list[_Work], bool]:
        group = [first]
        while len(group) < GROUP_MAX:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            if work is None:
                return group, True
            group.append(work)
        return group, False

    def _commit(self, group: list[_Work]) -> None:
        """Run a group in one transaction, each act in a savepoint: one that fails takes no other with it."""
        finished: list[tuple[_Work, Any]] = []
        try:
            with ours():
                self._say("BEGIN IMMEDIATE")
                for work in group:
                    self._run_one(work, finished)
                self._boundary("store.commit")
                self._say("COMMIT")
                self._boundary("store.committed")
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            with contextlib.suppress(Exception):
                self._say("ROLLBACK")
            for work in group:
                if not work.done.done():
                    work.done.set_exception(error)
            return
        for work, result in finished:
            work.done.set_result(result)

    def _run_one(self, work: _Work, finished: list[tuple[_Work, Any]]) -> None:
        self._say("SAVEPOINT act")
        try:
            with ours():
                result = _leniently(self._driver, lambda: work.run(self._connection))
        except Exception as error:  # noqa: BLE001 - it is the caller's to handle
            self._say("ROLLBACK TO act")
            work.done.set_exception(error)
        else:
            finished.append((work, result))
        self._say("RELEASE act")

    def _say(self, statement: str) -> None:
        self._driver.execute(statement)


class Readers:
    """A read-only connection for each thread that reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        self._all: list[Connection] = []

    def read(self, run: Callable[[Connection], T]) -> T:
        """Run ``run`` on one consistent view of the database."""
        with ours():
            connection = self._connection()
            driver = driver_of(connection)
            driver.execute("BEGIN")
            try:
                return _leniently(driver, lambda: run(connection))
            finally:
                driver.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the database."""
        for connection in self._all:
            connection.close()

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._engine.connect()
            connection.exec_driver_sql("PRAGMA query_only=ON")
            self._local.connection = connection
            self._all.append(connection)
        return connection
