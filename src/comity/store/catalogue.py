"""The catalogue as the shelves follow it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from comity.errors import CorruptError, UnavailableError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName
from comity.registers.catalogue import Change
from comity.store import batches, entries
from comity.store.opening import ours
from comity.store.reaches import note_reaches
from comity.store.transactions import open_engine
from comity.texts import _
from comity.tiles.sequencer import Through

Result = TypeVar("Result")


class Rows(Protocol):
    """A store, or what only reads its database."""

    def read_rows(self, run: Callable[[Connection], Result]) -> Result:
        """Read rows."""

    def write_rows(self, run: Callable[[Connection], Result]) -> Result:
        """Change rows that are no one's act."""


class LedgerRows(Rows, Protocol):
    """The same, with how far the ledger is known."""

    def sequenced_through(self) -> Through:
        """What was noted last."""


class RowsOfFolder:
    """The rows in a node's folder, whether it runs or not: they are only read."""

    def __init__(self, database: Path) -> None:
        if not database.is_file():
            raise UnavailableError(
                _("This node has no database yet."), where=str(database), next_step=_("Start the node first.")
            )
        self._engine = open_engine(database)

    def read_rows(self, run: Callable[[Connection], Result]) -> Result:
        """Read rows, as of one moment."""
        with ours(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            return run(connection)

    def sequenced_through(self) -> Through:
        """What was noted last."""
        return self.read_rows(entries.through)

    def write_rows(self, run: Callable[[Connection], Result]) -> Result:
        """Refuse."""
        raise TypeError(f"What only looks changes nothing: {run}.")


class StoredCatalogue:
    """What ``index.contents.Catalogue`` asks for, over a store."""

    def __init__(self, store: Rows) -> None:
        self._store = store

    def list_changes(self, register: RegisterName, after: int, most: int) -> list[Change]:
        """Up to ``most`` changes from the one after position ``after`` on."""
        return self._store.read_rows(lambda connection: batches.list_changes(connection, register, after, most))

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""
        return self._store.read_rows(lambda connection: batches.position(connection, register))

    def find_source(self, batch: BatchId) -> MemberCode | None:
        """Whose a batch is; None where the catalogue does not say."""
        try:
            found = self._store.read_rows(lambda connection: batches.find_batch(connection, batch))
        except CorruptError:
            return None
        return found.source if found else None

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""
        return self._store.read_rows(lambda connection: batches.is_removed(connection, record))

    def note_reaches(self, register: RegisterName, reaches: Mapping[int, str]) -> None:
        """Who could see something of the changes at these positions; what was noted once stays."""
        self._store.write_rows(lambda connection: note_reaches(connection, register, reaches))

    def list_unerased(self, register: RegisterName, through: int, after: str, most: int) -> list[RecordId]:
        """Up to ``most`` records behind a name, taken out up to position ``through``, whose bytes are still there."""
        return self._store.read_rows(
            lambda connection: batches.list_unerased(connection, register, through, after, most)
        )

    def note_erased(self, records: list[RecordId]) -> None:
        """Their bytes are gone."""
        self._store.write_rows(lambda connection: batches.note_erased(connection, records))
