"""The store of one node: transactions for the gate, pending rows for the sequencer."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection

from comity.damage import ANYWHERE, OF_THE_CATALOGUE, Damage
from comity.errors import CorruptError, UnavailableError
from comity.ids import EntryId
from comity.ledger.entry import Entry
from comity.limits import CHECKED_WHOLE_BYTES, DISK_RESERVE_BYTES
from comity.store import entries
from comity.store.officers import Judge, believe
from comity.store.opening import NODE_DB, lay_damaged_aside, migrate, opening, ours, reading_rows
from comity.store.schema import all_tables
from comity.store.soundness import Checked, Lost, check_table
from comity.store.transactions import Boundary, Readers, Writer, nothing, open_engine
from comity.store.unit import ReadingUnit, WritingUnit
from comity.texts import _
from comity.tiles.segments import Segment
from comity.tiles.sequencer import Placed, Through
from comity.waiting import VerifyHeld, believe_held

T = TypeVar("T")

_CHECKED_FIRST: Final = ("batch", "removal", "reach")
"""Tables by which "nothing" is said: looked at before anybody is answered. A hundred thousand batches take a second.
Of a small database all tables are."""


class Store:
    """State in SQLite, entries of pure reads in the segment.

    ``lost`` says what of the database was lost, or may have been, in this run or one before; ``damaged``, which of the
    tables that were looked at when it was opened were damaged. ``on_damage`` hears of damage that an act meets.
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
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self.on_damage: Callable[[Damage], None] = lambda _damage: None
        path = folder / NODE_DB
        with opening(path):
            folder.mkdir(parents=True, exist_ok=True)
            self.lost = Lost(path)
            if damage := lay_damaged_aside(path):
                self.lost.note(damage, is_opening=True)
            self._engine = open_engine(path)
            migrate(self._engine, self.lost.note)
        self.judge: Judge = believe  # the node sets it: the ledger has to be there first
        self.verify_held: VerifyHeld = believe_held  # ... and this: it takes the storage key
        self._writer = Writer(self._engine, own_thread=own_thread, boundary=boundary)
        self._readers = Readers(self._engine)
        is_small = path.stat().st_size <= CHECKED_WHOLE_BYTES
        first = [table.name for table in all_tables()] if is_small else _CHECKED_FIRST
        checked = ((table, self.check_table(table)) for table in first)
        self.damaged = tuple(Damage("database", table, found.wrong) for table, found in checked if found.is_damaged)
        through = self.sequenced_through()
        if (folder / "segment").is_dir() and self._is_behind(through.segment_position):
            older = _("It is older than the entries that lie beside it: what was done last is lost.")
            self.lost.note(older, is_opening=True)
        self.segment = Segment(folder / "segment", boundary, sequenced_through=through.segment_position, goes_on=True)

    # For the gate

    def change(self, work: Callable[[WritingUnit], T]) -> T:
        """Run ``work`` where state may be changed; it is durable when this returns."""
        self._verify_room()
        return self._write(lambda connection: work(WritingUnit(connection, self.judge, self.verify_held)))

    def read(self, work: Callable[[ReadingUnit], T]) -> T:
        """Run ``work`` on a consistent view; its entries are durable when this returns."""
        self._verify_room()

        def run(connection: Connection) -> tuple[T, list[Entry]]:
            unit = ReadingUnit(connection, self.judge, self.verify_held)
            return work(unit), unit.entries

        result, recorded = self._read(run)
        if recorded:
            with ours():
                self.segment.append(recorded)
        return result

    # For housekeeping: no act, no entry

    def write_rows(self, run: Callable[[Connection], T]) -> T:
        """Change rows that are no one's act: positions, times of use."""
        return self._write(partial(_whole, run))

    def read_rows(self, run: Callable[[Connection], T]) -> T:
        """Read rows; CorruptError where they are of no form that was ever written."""
        return self._read(partial(_whole, run))

    def fold(self) -> None:
        """Fold the write-ahead file into the database and empty it: what was erased is not left in it."""
        self._writer.fold()

    def _write(self, run: Callable[[Connection], T]) -> T:
        try:
            return self._writer.change(run)
        except CorruptError as error:
            self._tell(error)
            raise

    def _read(self, run: Callable[[Connection], T]) -> T:
        try:
            return self._readers.read(run)
        except CorruptError as error:
            self._tell(error)
            raise

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

    def listed_through(self) -> tuple[str, int]:
        """The period of the last entry of the list, and the number behind its place."""
        return self.read_rows(entries.listed_through)

    def is_listed(self, name: EntryId) -> bool:
        """Whether the list has an entry."""
        return self.read_rows(lambda connection: entries.find_place(connection, name)) is not None

    def _is_behind(self, position: int) -> bool:
        """Whether the segment begins behind what the database knows: it is dropped only as far as that was durable."""
        starts = [int(path.stem) for path in (self._folder / "segment").glob("*.segment") if path.stem.isdecimal()]
        return bool(starts) and min(starts) > position

    def check_table(self, table: str) -> Checked:
        """What is wrong with one table. Indexes that differ from it are built again by themselves.

        Until the catalogue was compared with the ledger, what was built again may be built from damage.
        """
        found = check_table(self._readers, self._writer, table)
        if found.is_mended and table in OF_THE_CATALOGUE:
            self.lost.note(_("An index of its table {table} was damaged, and was built again.").format(table=table))
        return found

    def _tell(self, error: CorruptError) -> None:
        """What an act meets is known before anybody looks for it."""
        if error.where == NODE_DB:
            self.on_damage(Damage("database", ANYWHERE, error.message))

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


def _whole(run: Callable[[Connection], T], connection: Connection) -> T:
    with reading_rows():
        return run(connection)
