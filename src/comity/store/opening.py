"""Opening the database: what keeps it from being opened, or written, in words that say what to do."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DatabaseError

from comity.errors import ComityError, CorruptError, UnavailableError
from comity.store.schema import metadata
from comity.store.wal import find_damage
from comity.texts import _

_BROKEN: Final = ("malformed", "not a database", "disk i/o error", "unsupported file format", "invalid page")
_VERSIONS: Final = "alembic_version"


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
            raise UnavailableError(
                _("The database was written by a newer version of this program."),
                where="node.db",
                next_step=_("Install that version again, or bring back a backup that this one wrote."),
            ) from error
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


def in_our_words(error: Exception) -> ComityError | None:
    """What an error of the database means for the person who waits; None for a fault of this program."""
    said = str(getattr(error, "orig", None) or error).lower()
    if any(word in said for word in _BROKEN):
        return CorruptError(
            _("The database is damaged."),
            where="node.db",
            next_step=_("Stop the node and bring its data folder back from the backup: docs/operating.md 10."),
        )
    if "full" in said:
        return UnavailableError(
            _("The disk is full: nothing was changed."), where="store", next_step=_("Free space on the disk.")
        )
    if "locked" in said or "busy" in said:
        return UnavailableError(
            _("Another program holds the database: nothing was changed."),
            where="store",
            next_step=_("End what reads or copies node.db, then try again."),
        )
    if "readonly" in said or "unable to open" in said or "permission" in said:
        return UnavailableError(
            _("The database cannot be written: nothing was changed."),
            where="store",
            next_step=_("Let the account that runs the node write its data folder."),
        )
    if isinstance(error, sqlite3.OperationalError) or isinstance(
        getattr(error, "orig", None), sqlite3.OperationalError
    ):
        return UnavailableError(
            _("The database cannot be written: nothing was changed."),
            where="store",
            next_step=_("Look at the node's diagnostics."),
        )
    return None


def _foreign() -> CorruptError:
    return CorruptError(
        _("This is not the database of a node, or its tables are not those of its version."),
        where="node.db",
        next_step=_("Bring the data folder back from the backup, or begin in an empty one."),
    )
