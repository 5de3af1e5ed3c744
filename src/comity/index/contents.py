"""What the registers' indexes are built from: the catalogue, and the files of batches."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final, Protocol

from comity.blobs.batch_files import BatchFiles
from comity.errors import ComityError, CorruptError, UnknownError, UntrustedError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, parse_record_id
from comity.index.posting import Entry, Removal
from comity.registers.batch import verify_records
from comity.registers.catalogue import Change
from comity.registers.lots import FoundBy
from comity.registers.record import Record, parse_record

LEARNT_MAX: Final = 300_000  # entries held between reading a batch and taking it into an index, 150 bytes each


OnDamaged = Callable[[BatchId, ComityError], None]


class Catalogue(Protocol):
    """The store's catalogue."""

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""

    def list_changes(self, register: RegisterName, after: int, most: int) -> list[Change]:
        """Up to ``most`` changes from the one after position ``after`` on."""

    def find_source(self, batch: BatchId) -> MemberCode | None:
        """Whose a batch is; None where the catalogue does not say."""

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""

    def note_reaches(self, register: RegisterName, reaches: Mapping[int, str]) -> None:
        """Who could see something of the changes at these positions; what was noted once stays."""

    def list_unerased(self, register: RegisterName, through: int, after: str, most: int) -> list[RecordId]:
        """Up to ``most`` records behind a name, taken out up to position ``through``, whose bytes are still there."""

    def note_erased(self, records: list[RecordId]) -> None:
        """Their bytes are gone."""


class Contents:
    """Reads them; what was read just before it is taken into an index is remembered until then.

    ``on_damage`` hears of a batch whose file is not what was signed, and why; ``is_damaged`` says whether it still is.
    """

    def __init__(
        self,
        files: BatchFiles,
        catalogue: Catalogue,
        on_damage: OnDamaged = lambda _batch, _error: None,
        is_damaged: Callable[[BatchId], bool] = lambda _batch: True,
    ) -> None:
        self.on_damage = on_damage
        self.is_damaged = is_damaged
        self.files = files
        self.catalogue = catalogue
        self._learnt: dict[BatchId, list[Entry]] = {}
        self._learning = Lock()

    def learn(self, batch: BatchId, found_by: Sequence[FoundBy]) -> None:
        """Remember what a batch's records are found by: its file was read anyway, and is then not read again.

        A few hundred thousand are remembered; of others the file is read when they are taken into the index.
        """
        entries = [Entry(key, audience, batch, at) for at, (keys, audience) in enumerate(found_by) for key in keys]
        with self._learning:
            self._learnt[batch] = entries
            while sum(map(len, self._learnt.values())) > LEARNT_MAX:
                del self._learnt[next(iter(self._learnt))]

    def entries(self, name: BatchId) -> list[Entry]:
        """What a batch gives to the index; CorruptError or UntrustedError where its file is not what was signed."""
        with self._learning:
            learnt = self._learnt.pop(name, None)
        if learnt is not None:
            return learnt
        try:
            records = verify_records(self.files.read_batch(name))
        except (CorruptError, UnknownError, UntrustedError) as error:  # the catalogue names it
            self.on_damage(name, error)
            raise
        found = ((at, record) for at, record in enumerate(records) if record is not None)
        return [Entry(key, record.audience, name, at) for at, record in found for key in record.keys]

    def removals(self, record: RecordId) -> list[Removal]:
        """Where the index has it; nowhere if it was erased, since what was erased is never taken into an index."""
        batch, offset = parse_record_id(record)
        try:
            found = self.read(batch, offset)
        except UnknownError:
            return []
        return [Removal(key, batch, offset, found.audience) for key in found.keys]

    def read(self, batch: BatchId, offset: int) -> Record:
        """A record, checked against its hash; UnknownError if it is not here, CorruptError if it was changed."""
        try:
            return parse_record(self.files.read_record(batch, offset).data)
        except CorruptError as error:
            self.on_damage(batch, error)
            raise

    def read_some(self, batch: BatchId, start: int, most: int) -> list[Record | None]:
        """Up to ``most`` records of a batch, from ``start`` on, each as by ``read``; None for one that was erased."""
        try:
            stored = self.files.read_records(batch, start, most)
        except CorruptError as error:
            self.on_damage(batch, error)
            raise
        return [None if each is None else parse_record(each.data) for each in stored]
