"""Whether the database is what was written: tables against their indexes, and what is remembered of what it lost."""

import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from comity.errors import CorruptError
from comity.store.transactions import Readers, Writer, driver_of
from comity.texts import _
from comity.tiles.durable import no_boundary, replace_file, sync_folders

_LOST: Final = ".lost"
_DOUBTED: Final = ".doubted"

_log = structlog.get_logger(__name__)


class Lost:
    """What of the database at ``path`` was lost, or may have been: remembered beside it, so that no restart forgets it.

    What was lost before it was opened may be lost without a trace: that stays until an operator removes its file. What
    was found later, and may be damage of more, is forgotten once everything was compared.
    """

    def __init__(self, path: Path) -> None:
        self._lost, self._doubted = (path.with_name(f"{path.name}{suffix}") for suffix in (_LOST, _DOUBTED))
        self.refresh()

    def refresh(self) -> None:
        """Read again what is remembered: an operator may have removed it.

        ``before_s`` is when something was lost before the database was opened, in seconds since 1970; 0 for never.
        """
        lost, self.before_s = _read(self._lost)
        self.text = lost or _read(self._doubted)[0]

    def note(self, text: str, *, is_opening: bool = False) -> None:
        """Remember it, durably; the first thing that was lost is the one that is told of."""
        if self.before_s or (self.text and not is_opening):
            return
        _log.error("database.lost", reason=text)
        replace_file(self._lost if is_opening else self._doubted, text.encode(), no_boundary)
        self.refresh()

    def forget_doubt(self) -> None:
        """Everything was compared, and nothing is missing of what leaves a trace."""
        self._doubted.unlink(missing_ok=True)
        sync_folders([self._doubted.parent])
        self.refresh()


def _read(path: Path) -> tuple[str, float]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip(), path.stat().st_mtime
    except FileNotFoundError:
        return "", 0.0


class Checked(NamedTuple):
    """What became of looking at a table; ``wrong`` is what was found, empty where it is sound."""

    is_mended: bool
    wrong: str

    @property
    def is_damaged(self) -> bool:
        """Whether something is wrong that could not be mended."""
        return bool(self.wrong) and not self.is_mended


def check_table(readers: Readers, writer: Writer, table: str) -> Checked:
    """Look whether a table and each of its indexes agree. Where they can be, indexes are built again from it.

    A damaged table's indexes would then agree with the damage: the whole is looked at once more before that is
    committed, and the caretaker compares rows with what signed or named them.
    """
    wrong = readers.read(lambda connection: find_wrong(connection, table))
    if not wrong:
        return Checked(is_mended=False, wrong="")
    try:
        writer.change(lambda connection: _build_indexes_again(connection, table))
    except (CorruptError, DatabaseError):
        return Checked(is_mended=False, wrong=wrong)
    _log.warning("database.indexes_mended", table=table, reason=wrong)
    return Checked(is_mended=True, wrong=wrong)


def find_wrong(connection: Connection, table: str) -> str:
    """The first thing that SQLite finds wrong with one table and its indexes; empty for nothing."""
    try:
        (found,) = driver_of(connection).execute(f"PRAGMA integrity_check('{table}')").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else str(found).removeprefix("*** in database main ***\n").splitlines()[0]


def _build_indexes_again(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"REINDEX {table}")
    if find_wrong(connection, table):
        raise CorruptError(_("The table itself is damaged."), where=table)
