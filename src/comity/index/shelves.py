"""The shared registers that a node keeps: their indexes, kept up with the catalogue, and their batch files."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from comity.blobs.batch_files import BatchFiles
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, parse_record_id, record_id
from comity.index.exact import Index
from comity.index.posting import Entry
from comity.index.reader import Reader
from comity.registers.batch import Batch, Evidence
from comity.registers.catalogue import CatalogueEntry
from comity.registers.query import Look
from comity.registers.record import Record, parse_record
from comity.registers.register import REGISTERS
from comity.tiles.durable import Boundary, no_boundary

BATCHES_MAX: Final = 100  # batches taken into an index in one step


class Catalogue(Protocol):
    """The store's catalogue, in order."""

    def __call__(self, register: RegisterName, after: int, most: int) -> list[CatalogueEntry]:
        """Up to ``most`` batches from the one after position ``after`` on."""


class Shelves:
    """What ``registers.query.Shelf`` asks for, over one index a register in ``folder``."""

    def __init__(self, folder: Path, files: BatchFiles, catalogue: Catalogue, boundary: Boundary = no_boundary) -> None:
        self._files = files
        self._catalogue = catalogue
        self._indexes = {name: Index(folder / f"{name}.lmdb", name, boundary=boundary) for name in REGISTERS}
        self._readers: dict[tuple[RegisterName, MemberCode], Reader] = {}

    def look_up(self, register: RegisterName, key: bytes, member: MemberCode) -> Look:
        """Look for a key on behalf of ``member``."""
        place = (register, member)
        reader = self._readers.get(place)
        if reader is None:
            reader = self._readers.setdefault(place, Reader(self._indexes[register], member))
        seen = reader.look(key)
        return Look(seen.position, tuple(record_id(*posting) for posting in seen.postings), seen.is_hidden)

    def get_record(self, record: RecordId) -> Record:
        """The record, checked against its hash."""
        batch, offset = parse_record_id(record)
        return parse_record(self._files.read_record(batch, offset).data)

    def get_evidence(self, record: RecordId) -> Evidence:
        """The record with what shows that its source signed it."""
        batch, offset = parse_record_id(record)
        return self._files.read_evidence(batch, offset)

    def keep(self, batch: Batch) -> None:
        """Make a batch's file durable."""
        self._files.put(batch)

    def follow(self) -> int:
        """Take batches into the indexes that the catalogue has and they have not; how many were taken."""
        return sum(self._follow(name, index) for name, index in self._indexes.items())

    def close(self) -> None:
        """Let go of the files."""
        for index in self._indexes.values():
            index.close()

    def _follow(self, name: RegisterName, index: Index) -> int:
        fresh = self._catalogue(name, index.position, BATCHES_MAX)
        for taken in fresh:
            index.apply(taken.position, tuple(_entries(taken.batch, self._files.read_batch)))
        return len(fresh)


def _entries(name: BatchId, read: Callable[[BatchId], Batch]) -> list[Entry]:
    batch = read(name)
    entries = []
    for offset, salted in enumerate(batch.records):
        if not salted.is_erased:
            record = parse_record(salted.data)
            entries.append(Entry(record.key, record.audience, name, offset))
    return entries
