"""Opening the database: what keeps it from being opened, or written, in words that say what to do."""

import contextlib
import errno
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DatabaseError, MultipleResultsFound, NoResultFound

from comity.damage import UNREADABLE
from comity.errors import ComityError, CorruptError, UnavailableError
from comity.formats import written_by_newer
from comity.store.schema import metadata
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
_TOO_MANY_OPEN: Final = (errno.EMFILE, errno.ENFILE)
NODE_DB: Final = "node.db"


def migrate(engine: Engine) -> None:
    """Bring the database to this version's tables (Alembic).

    CorruptError for what is no database of a node, or has other tables than its version says; UnavailableError for one
    of a newer version of this program.
    """
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        if tables and _VERSIONS not in tables:
            raise _foreign()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise written_by_newer("node.db") from error
        except DatabaseError as error:
            raise in_our_words(error) or _foreign() from error
        found = inspect(connection)
        held = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    if any(
        not {column.name for column in table.columns} <= held.get(name, set())
        for name, table in metadata.tables.items()
    ):
        raise _foreign()


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
