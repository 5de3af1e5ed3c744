"""Opening the database: what keeps it from being opened, or written, in words that say what to do."""

import contextlib
import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, MultipleResultsFound, NoResultFound

from comity.damage import UNREADABLE
from comity.errors import ComityError, CorruptError, UnavailableError
from comity.formats import written_by_newer
from comity.store.schema import all_tables
from comity.store.wal import find_damage
from comity.texts import N_, _

_BROKEN: Final = ("malformed", "not a database", "disk i/o error", "unsupported file format", "invalid page")
_UNWRITTEN: Final = N_("The database cannot be written: nothing was changed.")
_BACK: Final = N_("Stop the node and bring its data folder back from the backup: docs/operating.md 10.")
_LOOK: Final = N_("Look at the node's diagnostics.")
_UNOPENED: Final = "unable to open"
_PASSING: Final = (
    (("full",), N_("The disk is full: nothing was changed."), N_("Free space on the disk.")),
    (
        ("locked", "busy"),
        N_("Another program holds the database: nothing was changed."),
        N_("End what reads or copies node.db, then try again."),
    ),
    (
        ("readonly", _UNOPENED, "permission"),
        _UNWRITTEN,
        N_("Let the account that runs the node write its data folder."),
    ),
)
"""What SQLite says of what passes or can be put right, and what to say then and do."""
_VERSIONS: Final = "alembic_version"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_TOO_MANY_OPEN: Final = (errno.EMFILE, errno.ENFILE)
NODE_DB: Final = "node.db"


def _say_nothing(_text: str) -> None:
    """Where nobody remembers what was lost."""


def migrate(engine: Engine, note: Callable[[str], None] = _say_nothing) -> None:
    """Bring the database to this version's tables (Alembic), each version whole or not at all.

    ``note`` is told of damage that was met on the way and will be put right, before that is committed. CorruptError
    for what is no database of a node, or has other tables than its version says; UnavailableError for one of a newer
    version of this program.
    """
    with engine.connect() as connection:
        held = _read_tables(connection)
        if held and _VERSIONS not in held:
            raise _foreign()
        if not _is_newest(connection, held):
            connection.info["note"] = note
            _upgrade(connection)
            held = _read_tables(connection)
    if any(not {column.name for column in table.columns} <= held.get(table.name, set()) for table in all_tables()):
        raise _foreign()


def _read_tables(connection: Connection) -> dict[str, set[str]]:
    """The database's tables with the names of their columns: of all in one question, as each start asks it."""
    held: dict[str, set[str]] = {}
    for table, column in connection.exec_driver_sql(
        "select t.name, c.name from sqlite_master as t join pragma_table_info(t.name) as c"
        " where t.type = 'table' and t.name not like 'sqlite~_%' escape '~'"
    ):
        held.setdefault(table, set()).add(column)
    return held


def _is_newest(connection: Connection, held: Mapping[str, set[str]]) -> bool:
    """Whether no migration is due: then Alembic, which takes long to load, is left alone."""
    if "version_num" not in held.get(_VERSIONS, ()):
        return False
    newest = max(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("m*.py"))
    found = connection.exec_driver_sql(f"select version_num from {_VERSIONS}").fetchall()  # noqa: S608 - a name of ours
    return [tuple(row) for row in found] == [(newest,)]


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - loaded where it is needed alone: a node that starts again does not
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise written_by_newer("node.db") from error
    except DatabaseError as error:
        is_of_tables = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        raise (None if is_of_tables else in_our_words(error)) or _foreign() from error


def lay_damaged_aside(path: Path) -> str:
    """Copy a write-ahead file of which committed frames are lost, before SQLite drops them; what to say of it."""
    wal = path.with_name(f"{path.name}-wal")
    at = find_damage(wal)
    if at is None:
        return ""
    shutil.copyfile(wal, path.with_name(f"{wal.name}.damaged"))
    return _("Its write-ahead file was changed at byte {at}: what was done last is lost.").format(at=at)


@contextlib.contextmanager
def opening(path: Path) -> Iterator[None]:
    """What the database or the disk raises while it is opened, in our words."""
    try:
        yield
    except (DatabaseError, sqlite3.Error) as error:
        raise in_our_words(error) or UnavailableError(
            _("The database cannot be opened: {why}.").format(why=type(error).__name__), where=str(path)
        ) from error
    except OSError as error:
        raise UnavailableError(
            _("The node's folder cannot be read or written: {why}.").format(why=error.strerror or type(error).__name__),
            where=str(error.filename or path),
            next_step=_("Give it to the account that runs the node, on a disk that can be written."),
        ) from error


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """Say what an error of the database or of its machine means for the person who waits."""
    try:
        yield
    except (DatabaseError, NoResultFound, MultipleResultsFound, sqlite3.Error, OSError) as error:
        said = in_our_words(error)
        if said is None:
            raise
        raise said from error


def in_our_words(error: Exception) -> ComityError | None:
    """What an error of the database, or too few files, mean for the person who waits; None for a fault of ours."""
    if isinstance(error, (NoResultFound, MultipleResultsFound)):  # of a count, or of a key
        return damaged_rows()
    if isinstance(error, OSError):
        return _too_many_open() if error.errno in _TOO_MANY_OPEN else None
    said = str(getattr(error, "orig", None) or error).lower()
    if any(word in said for word in _BROKEN):
        return CorruptError(
            _("The database is damaged."),
            where=NODE_DB,
            next_step=_(_BACK),
        )
    if _UNOPENED in said and _is_out_of_files():
        return _too_many_open()
    for words, text, next_step in _PASSING:
        if any(word in said for word in words):
            return UnavailableError(_(text), where="store", next_step=_(next_step))
    is_operational = isinstance(getattr(error, "orig", None) or error, sqlite3.OperationalError)
    return UnavailableError(_(_UNWRITTEN), where="store", next_step=_(_LOOK)) if is_operational else None


def damaged_rows() -> CorruptError:
    """Rows are of no form that was ever written."""
    return CorruptError(_("The database is damaged: a row cannot be read any more."), where=NODE_DB, next_step=_(_BACK))


@contextlib.contextmanager
def reading_rows() -> Iterator[None]:
    """Around what reads rows and nothing else: CorruptError for whatever reading changed bytes raises."""
    try:
        yield
    except (ComityError, OSError):
        raise
    except UNREADABLE as error:
        raise damaged_rows() from error


def _is_out_of_files() -> bool:
    """SQLite does not say why it cannot open a file: whether this process can open one more."""
    try:
        with Path(__file__).open("rb"):
            return False
    except OSError as error:
        return error.errno in _TOO_MANY_OPEN


def _too_many_open() -> UnavailableError:
    return UnavailableError(
        _("Too many files are open on this node: nothing was changed."),
        where="files",
        next_step=_("Try again. If it stays, let the node open more files (ulimit -n), and start it again."),
    )


def _foreign() -> CorruptError:
    return CorruptError(
        _("This is not the database of a node, or its tables are not those of its version."),
        where="node.db",
        next_step=_("Bring the data folder back from the backup, or begin in an empty one."),
    )
