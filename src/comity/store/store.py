"""The store of one node: transactions for the gate, pending rows for the sequencer."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine

from comity.errors import UnavailableError
from comity.ledger.entry import Entry
from comity.limits import DISK_RESERVE_BYTES
from comity.store import entries
from comity.store.transactions import Boundary, Readers, Writer, nothing, open_engine
from comity.store.unit import ReadingUnit, WritingUnit
from comity.texts import _
from comity.tiles.segments import Segment
from comity.tiles.sequencer import Placed, Through

T = TypeVar("T")


class Store:
    """State in SQLite, entries of pure reads in the segment.

    ``own_thread`` as for ``Writer``. ``reserve_bytes`` of the disk stay free: below it acts are refused while there is
    still room to finish what was begun.
    """

    def __init__(
        self,
        folder: Path,
        *,
        own_thread: bool = True,
        boundary: Boundary = nothing,
        reserve_bytes: int = DISK_RESERVE_BYTES,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._engine = open_engine(folder / "node.db")
        migrate(self._engine)
        self._writer = Writer(self._engine, own_thread=own_thread, boundary=boundary)
        self._readers = Readers(self._engine)
        through = self.sequenced_through()
        self.segment = Segment(folder / "segment", boundary, sequenced_through=through.segment_position)

    # For the gate

    def change(self, work: Callable[[WritingUnit], T]) -> T:
        """Run ``work`` where state may be changed; it is durable when this returns."""
        self._verify_room()
        return self._writer.change(lambda connection: work(WritingUnit(connection)))

    def read(self, work: Callable[[ReadingUnit], T]) -> T:
        """Run ``work`` on a consistent view; its entries are durable when this returns."""
        self._verify_room()

        def run(connection: Connection) -> tuple[T, list[Entry]]:
            unit = ReadingUnit(connection)
            return work(unit), unit.entries

        result, recorded = self._readers.read(run)
        if recorded:
            self.segment.append(recorded)
        return result

    # For housekeeping: no act, no entry

    def write_rows(self, run: Callable[[Connection], T]) -> T:
        """Change rows that are no one's act: positions, times of use."""
        return self._writer.change(run)

    def read_rows(self, run: Callable[[Connection], T]) -> T:
        """Read rows."""
        return self._readers.read(run)

    # For the sequencer

    def pending(self, most: int, after: int = 0) -> list[tuple[int, Entry]]:
        """Up to ``most`` pending rows with their numbers, the oldest first, from behind row ``after`` on."""
        return self.read_rows(lambda connection: entries.pending(connection, most, after))

    def sequenced(self, placed: Sequence[Placed], through: Through) -> None:
        """Note in one transaction where entries were placed."""
        self.write_rows(lambda connection: entries.record_placed(connection, placed, through))

    def sequenced_through(self) -> Through:
        """What was noted last."""
        return self.read_rows(entries.through)

    @property
    def free_bytes(self) -> int:
        """What is left on the disk beyond the reserve; negative when acts are refused."""
        return shutil.disk_usage(self._folder).free - self._reserve_bytes

    def close(self) -> None:
        """Finish what was begun and let go of the folder."""
        self._writer.close()
        self._readers.close()
        self.segment.close()
        self._engine.dispose()

    def _verify_room(self) -> None:
        if self.free_bytes < 0:
            raise UnavailableError(
                _("The disk is full: nothing was changed."), where="store", next_step=_("Free space on the disk.")
            )


def migrate(engine: Engine) -> None:
    """Bring the database to this version's tables (Alembic)."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
