"""The shared registers that a node keeps: their indexes, kept up with the catalogue, and their batch files."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

import structlog

from comity.aside import Aside
from comity.audience import Audience
from comity.blobs.batch_files import BatchFiles
from comity.damage import Damage, Damages
from comity.errors import ComityError, CorruptError, UnknownError, UntrustedError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, parse_record_id, record_id
from comity.index.exact import Index
from comity.index.posting import Entry, Removal
from comity.index.reader import Reader
from comity.registers.batch import Batch, Evidence, make_batch, verify_root
from comity.registers.catalogue import Change
from comity.registers.lots import FoundBy
from comity.registers.query import Look
from comity.registers.record import Record, make_record, parse_record
from comity.registers.register import Register
from comity.registers.registry import REGISTERS
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import Ed25519Signer
from comity.tiles.durable import Boundary, no_boundary

_log = structlog.get_logger(__name__)

CHANGES_MAX: Final = 100  # changes taken into an index in one step
EVERY_POSITION: Final = 2**62
LEARNT_MAX: Final = 300_000  # entries held between reading a batch and taking it into an index, 150 bytes each
ERASED_MAX: Final = 500  # records erased in one step


class Catalogue(Protocol):
    """The store's catalogue."""

    def list_changes(self, register: RegisterName, after: int, most: int) -> list[Change]:
        """Up to ``most`` changes from the one after position ``after`` on."""

    def list_unerased(self, register: RegisterName, through: int, most: int) -> list[RecordId]:
        """Up to ``most`` records taken out up to position ``through`` whose bytes are still there."""

    def note_erased(self, records: list[RecordId]) -> None:
        """Their bytes are gone."""


class Shelves:
    """What ``registers.query.Shelf`` asks for, over one index a register in ``folder``."""

    def __init__(
        self,
        folder: Path,
        files: BatchFiles,
        catalogue: Catalogue,
        boundary: Boundary = no_boundary,
        damages: Damages | None = None,
    ) -> None:
        self._files = files
        self._damages = damages or Damages()
        self._catalogue = catalogue
        self._indexes = {
            name: _open(folder / f"{name}.lmdb", register, boundary) for name, register in REGISTERS.items()
        }
        self.aside = Aside("erasing")
        self._learnt: dict[BatchId, list[Entry]] = {}
        self._learning = Lock()
        self._readers: dict[tuple[RegisterName, MemberCode], Reader] = {}
        self._dummies, self._dummy = BatchFiles(folder / "dummy"), _DUMMY.id
        self._dummies.put(_DUMMY)

    def look_up(self, register: RegisterName, keys: Sequence[bytes], member: MemberCode) -> Look:
        """Look for keys on behalf of ``member``: what is found by any of them, once, as of one moment."""
        place = (register, member)
        reader = self._readers.get(place)
        if reader is None:
            reader = self._readers.setdefault(place, Reader(self._indexes[register], member))
        seen = [reader.look(keys[0])] if len(keys) == 1 else reader.look_many(keys)
        records = dict.fromkeys(record_id(*posting) for each in seen for posting in each.postings)
        return Look(seen[0].position, tuple(records), any(each.is_hidden for each in seen))

    def look_at(self, record: RecordId) -> tuple[Record, bool]:
        """The record, and True; where it is not here, a dummy and False, after the same reading."""
        try:
            return self.get_record(record), True
        except UnknownError:
            return parse_record(self._dummies.read_record(self._dummy, 0).data), False

    def get_record(self, record: RecordId) -> Record:
        """The record, checked against its hash."""
        batch, offset = parse_record_id(record)
        try:
            return parse_record(self._files.read_record(batch, offset).data)
        except CorruptError as error:
            self._note(batch, error)
            raise

    def get_evidence(self, record: RecordId) -> Evidence:
        """The record with what shows that its source signed it."""
        batch, offset = parse_record_id(record)
        try:
            return self._files.read_evidence(batch, offset)
        except CorruptError as error:
            self._note(batch, error)
            raise

    @property
    def reads(self) -> int:
        """How many records were read, dummies included."""
        return self._files.reads + self._dummies.reads

    def keep(self, batch: Batch) -> None:
        """Make a batch's file durable."""
        self._files.put(batch)

    def learn(self, batch: BatchId, found_by: Sequence[FoundBy]) -> None:
        """Remember what a batch's records are found by: its file was read anyway, and is then not read again.

        A few hundred thousand are remembered; of others the file is read when they are taken into the index.
        """
        entries = [Entry(key, audience, batch, at) for at, (keys, audience) in enumerate(found_by) for key in keys]
        with self._learning:
            self._learnt[batch] = entries
            while sum(map(len, self._learnt.values())) > LEARNT_MAX:
                del self._learnt[next(iter(self._learnt))]

    def follow(self) -> int:
        """Take changes into the indexes that the catalogue has and they have not; how many were taken.

        What was taken out is erased once no index names it any more. What keeps one register from it keeps no other;
        it is raised when all have had their turn.
        """
        taken, failed = 0, None
        for name, index in self._indexes.items():
            try:
                taken += self._follow(name, index)
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
        if failed is not None:
            raise failed
        return taken

    def erase(self) -> None:
        """Erase what its source took out, on a node that answers nobody: it has no index to follow."""
        for name in self._indexes:
            self._erase(name, EVERY_POSITION)

    def close(self) -> None:
        """Let go of the files."""
        for index in self._indexes.values():
            index.close()

    def _follow(self, name: RegisterName, index: Index) -> int:
        fresh = self._catalogue.list_changes(name, index.position, CHANGES_MAX)
        for change in fresh:
            entries = [entry for batch in change.batches for entry in self._entries(batch)]
            removals = [removal for record in change.removed for removal in self._removals(record)]
            applied = index.apply(change.position, change.source, entries, removals)
            if applied.crowded:
                _log.warning("index.crowded", register=name, at=change.position, pushed_out=len(applied.crowded))
        self._erase(name, index.position)
        return len(fresh)

    def _removals(self, record: RecordId) -> list[Removal]:
        """Where the index has it; nowhere if it was erased, since what was erased is never taken into an index."""
        batch, offset = parse_record_id(record)
        try:
            return [Removal(key, batch, offset) for key in self.get_record(record).keys]
        except UnknownError:
            return []

    def _entries(self, name: BatchId) -> list[Entry]:
        with self._learning:
            learnt = self._learnt.pop(name, None)
        if learnt is not None:
            return learnt
        try:
            batch = self._files.read_batch(name)
            verify_root(batch)
        except (CorruptError, UnknownError, UntrustedError) as error:  # the catalogue names it
            self._note(name, error)
            raise
        found = ((at, parse_record(salted.data)) for at, salted in enumerate(batch.records) if not salted.is_erased)
        return [Entry(key, record.audience, name, at) for at, record in found for key in record.keys]

    def _note(self, batch: BatchId, error: ComityError) -> None:
        """A batch has turned out to be damaged: health names it, and it is fetched again."""
        self._damages.note(Damage("batch", batch, error.message))

    def _erase(self, name: RegisterName, through: int) -> None:
        while records := self._catalogue.list_unerased(name, through, ERASED_MAX):
            erased = [record for record in records if self._erase_record(record)]
            self._catalogue.note_erased(erased)
            if len(erased) < len(records):
                return  # the next round tries again what is set aside

    def _erase_record(self, record: RecordId) -> bool:
        try:
            self._files.erase(*parse_record_id(record))
        except UnknownError:  # its batch never came here
            pass
        except (ComityError, OSError) as error:
            self.aside.put(record, error)
            return False
        self.aside.forget(record)
        return True


def _open(path: Path, register: Register, boundary: Boundary) -> Index:
    """The register's index; one of another version, or that is damaged, is begun anew and follows from the start."""
    try:
        return Index(path, register.name, postings_max=register.postings_max, boundary=boundary)
    except CorruptError:
        _log.warning("index.begun_anew", register=register.name)
        for each in (path, path.with_name(f"{path.name}-lock")):
            each.unlink(missing_ok=True)
        return Index(path, register.name, postings_max=register.postings_max, boundary=boundary)


def _make_dummy() -> Batch:
    """A record that nobody entered, by a key that nobody has: what is read where there is none."""
    source, entered_at = MemberCode("NOBODY"), datetime(2026, 1, 1, tzinfo=UTC)
    fields = {"number": "X00000000", "country": "UTO", "type": "passport", "loss": "stolen-blank"}
    record = make_record(TRAVEL_DOCUMENTS, source, fields, Audience.everyone(), now=entered_at)
    salt = hashlib.sha256(b"comity dummy").digest()
    return make_batch(TRAVEL_DOCUMENTS, source, [record], [salt], entered_at, Ed25519Signer(salt))


_DUMMY: Final = _make_dummy()
