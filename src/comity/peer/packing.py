"""Packing records into lots at their source, and unpacking them at the keeper, with no more than a few in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.errors import CorruptError, InputError, UntrustedError
from comity.exchange.blob import KEY_BYTES, Manifest, parse_manifest
from comity.ids import BatchId, BlobId, MemberCode, RecordId, parse_record_id
from comity.limits import CHUNK_BYTES, LOT_BYTES, LOT_RECORDS_MAX, RECORD_BYTES
from comity.members.authentication import find_signer
from comity.members.directory import Directory
from comity.peer.leftovers import Leftovers
from comity.registers.batch import BATCH, SALT_BYTES, Batch, Salted, parse_file_head, sign_batch
from comity.registers.consigning import PackedLot
from comity.registers.consignment import Consignment, Lot
from comity.registers.entering import Summary
from comity.registers.lots import FoundBy, LotDraft, SaltedLot, found_by, read_lot, salt_lot
from comity.registers.record import Record, parse_record
from comity.registers.register import Register
from comity.registers.spread import Spread
from comity.signer import Entropy, Signer
from comity.texts import _

Learn = Callable[[BatchId, Sequence[FoundBy]], None]
"""Hears of each batch that was unpacked, and what its records are found by."""


class Packed(NamedTuple):
    """What was made durable for one consignment, and what rules look at in it."""

    lots: tuple[PackedLot, ...]
    summary: Summary


class Lots:
    """Makes lots of records, batch files and for another keeper the blobs that it pulls, and looks into those."""

    def __init__(
        self,
        files: BatchFiles,
        chunks: ChunkFiles,
        leftovers: Leftovers,
        signer: Signer,
        member: MemberCode,
        directory: Callable[[], Directory],
        entropy: Entropy,
        learn: Learn = lambda _batch, _found_by: None,
        spread: Spread = map,
        beside: Spread = map,
    ) -> None:
        self._files = files
        self._chunks = chunks
        self._leftovers = leftovers
        self._signer = signer
        self._member = member
        self._directory = directory
        self._entropy = entropy
        self._learn = learn
        self._spread = spread
        self._beside = beside

    def pack(
        self,
        register: Register,
        records: Iterable[bytes],
        now: datetime,
        *,
        is_kept_here: bool,
        on_packed: Callable[[int], None] = lambda _count: None,
        on_known: Callable[[Sequence[bytes]], None] = lambda _known_by: None,
    ) -> Packed:
        """All lots of records in their canonical bytes, durable; whatever their iterator raises leaves nothing.

        ``on_known`` hears by what the records of each lot are known again.
        """
        lots: list[PackedLot] = []
        summary = Summary()

        def pack(lot: SaltedLot) -> Summary:
            lots.append(self._pack_lot(register, lot.salted, now, is_kept_here=is_kept_here))
            on_known(lot.known_by)
            return lot.summary

        try:
            # While one lot is written, which mostly waits for the disk, the next is read.
            for each in self._beside(pack, self._spread(salt_lot, self._drafts(register, records))):
                summary.join(each)
                on_packed(summary.count)
        except BaseException:
            self._leftovers.discard(each.lot for each in lots)
            raise
        return Packed(tuple(lots), summary)

    def read_batch(self, batch: BatchId) -> Batch:
        """A batch that was packed or unpacked here; errors as for ``BatchFiles.read_batch``."""
        return self._files.read_batch(batch)

    def read_record(self, name: RecordId) -> Record:
        """A record of a batch that lies here; errors as for ``BatchFiles.read_record``."""
        return parse_record(self._files.read_record(*parse_record_id(name)).data)

    def find_manifest(self, lot: Lot, data: bytes | None) -> Manifest | None:
        """The manifest of a lot's blob, if all of its chunks are here."""
        manifest = parse_manifest(data, BlobId(lot.blob)) if data else None
        return None if manifest is None or self._chunks.missing(BlobId(lot.blob), manifest) else manifest

    def _drafts(self, register: Register, records: Iterable[bytes]) -> Iterator[LotDraft]:
        for group in _groups(records):
            drawn = self._entropy(SALT_BYTES * len(group))
            salts = [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]
            yield LotDraft(register.name, self._member, group, salts)

    def _pack_lot(self, register: Register, salted: Salted, now: datetime, *, is_kept_here: bool) -> PackedLot:
        directory = self._directory()
        version = directory.newest_for(BATCH, directory.listings)
        batch = sign_batch(register, self._member, salted, now, self._signer, version=version)
        data = batch.encode()
        self._files.put_file(batch.id, data)
        if is_kept_here:
            self._learn(batch.id, found_by(salted.records))
        key = self._entropy(KEY_BYTES)
        manifest = Manifest(1, 0, CHUNK_BYTES, ()) if is_kept_here else self._chunks.add([data], key)
        return PackedLot(Lot(batch.id, len(salted.records), manifest.id, key.hex()), manifest)

    def unpack(self, consignment: Consignment, manifests: dict[str, Manifest], now: datetime) -> Summary | None:
        """Check every lot and make its batch durable; None where one is not what was signed.

        What was made durable until then stays as long as the consignment is under way, which names it.
        """
        summary = Summary()
        opened: deque[tuple[BatchId, bytes]] = deque()

        def open_one(lot: Lot) -> bytes:
            data = self._open_lot(lot, manifests[lot.blob], consignment, now)
            opened.append((BatchId(lot.batch), data))
            return data

        try:
            for content in self._spread(read_lot, self._beside(open_one, consignment.lots)):
                batch, data = opened.popleft()
                if not self._files.has(batch):  # a batch that is here may have changed: records were taken out
                    self._learn(batch, content.found_by)
                self._files.put_file(batch, data)
                summary.join(content.summary)
        except (UntrustedError, CorruptError, InputError):
            return None
        return summary

    def _open_lot(self, lot: Lot, manifest: Manifest, consignment: Consignment, now: datetime) -> bytes:
        """A lot's file, whose head is what its source has signed."""
        data = b"".join(self._chunks.stream(BlobId(lot.blob), manifest, bytes.fromhex(lot.key)))
        frame, head, _start = parse_file_head(data)
        if (head.root, head.count, head.source, head.register) != (
            lot.batch, lot.count, consignment.source, consignment.register,
        ):  # fmt: skip
            raise UntrustedError(_("A lot is another one than was signed."), where=lot.batch)
        if find_signer(frame, self._directory(), now) != consignment.source:
            raise UntrustedError(_("A lot is not signed by its source."), where=lot.batch)
        return data


def _groups(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Records in lots that pass neither bound."""
    group: list[bytes] = []
    size = 0
    for record in records:
        group.append(record)
        size += len(record)
        if size > LOT_BYTES - RECORD_BYTES or len(group) == LOT_RECORDS_MAX:
            yield group
            group, size = [], 0
    if group:
        yield group
