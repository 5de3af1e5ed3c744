"""Packing records into lots at their source, and unpacking them at the keeper: never more than one lot in memory."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.errors import CorruptError, InputError, UntrustedError
from comity.exchange.blob import KEY_BYTES, Manifest, parse_manifest
from comity.ids import BatchId, BlobId, MemberCode
from comity.limits import CHUNK_BYTES, LOT_BYTES, LOT_RECORDS_MAX, RECORD_BYTES
from comity.members.authentication import find_signer
from comity.members.directory import Directory
from comity.registers.batch import SALT_BYTES, make_batch, parse_batch, verify_records
from comity.registers.consigning import PackedLot
from comity.registers.consignment import Consignment, Lot
from comity.registers.entering import Summary
from comity.registers.record import Record
from comity.registers.register import Register
from comity.signer import Entropy, Signer

Learn = Callable[[BatchId, Sequence[Record]], None]
"""Hears of each batch that was unpacked, with its records."""


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
        signer: Signer,
        member: MemberCode,
        directory: Callable[[], Directory],
        entropy: Entropy,
        learn: Learn = lambda _batch, _records: None,
    ) -> None:
        self._files = files
        self._chunks = chunks
        self._signer = signer
        self._member = member
        self._directory = directory
        self._entropy = entropy
        self._learn = learn

    def pack(
        self,
        register: Register,
        records: Iterable[Record],
        now: datetime,
        *,
        is_kept_here: bool,
        on_packed: Callable[[int], None] = lambda _count: None,
    ) -> Packed:
        """All lots, durable; whatever the records' iterator raises leaves nothing behind."""
        lots: list[PackedLot] = []
        summary = Summary()
        try:
            for group in _groups(records):
                for record in group:
                    summary.add(record)
                lots.append(self._pack_lot(register, group, now, is_kept_here=is_kept_here))
                on_packed(summary.count)
        except BaseException:
            self.discard(each.lot for each in lots)
            raise
        return Packed(tuple(lots), summary)

    def discard(self, lots: Iterable[Lot]) -> None:
        """Remove what nothing names."""
        for lot in lots:
            self._files.remove(BatchId(lot.batch))
            self._chunks.remove(BlobId(lot.blob))

    def sweep(self, batches: Container[BatchId], blobs: Container[BlobId]) -> None:
        """Remove what a kill left behind, of which nobody knows. Nothing may be packed or taken meanwhile."""
        for batch in self._files.list_batches():
            if batch not in batches:
                self._files.remove(batch)
        for blob in self._chunks.list_blobs():
            if blob not in blobs:
                self._chunks.remove(blob)

    def find_manifest(self, lot: Lot, data: bytes | None) -> Manifest | None:
        """The manifest of a lot's blob, if all of its chunks are here."""
        manifest = parse_manifest(data, BlobId(lot.blob)) if data else None
        return None if manifest is None or self._chunks.missing(BlobId(lot.blob), manifest) else manifest

    def forget_blobs(self, lots: Iterable[Lot]) -> None:
        """What they held is in batch files now."""
        for lot in lots:
            self._chunks.remove(BlobId(lot.blob))

    def _pack_lot(self, register: Register, group: list[Record], now: datetime, *, is_kept_here: bool) -> PackedLot:
        drawn = self._entropy(SALT_BYTES * len(group))
        salts = [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]
        batch = make_batch(register, self._member, group, salts, now, self._signer)
        data = batch.encode()
        self._files.put(batch, data)
        if is_kept_here:
            self._learn(batch.id, group)
        key = self._entropy(KEY_BYTES)
        manifest = Manifest(1, 0, CHUNK_BYTES, ()) if is_kept_here else self._chunks.add([data], key)
        return PackedLot(Lot(batch.id, len(group), manifest.id, key.hex()), manifest)

    def unpack(self, consignment: Consignment, manifests: dict[str, Manifest], now: datetime) -> Summary | None:
        """Check every lot and make its batch durable; None where one is not what was signed: then nothing is left."""
        summary = Summary()
        try:
            for lot in consignment.lots:
                self._unpack_lot(lot, manifests[lot.blob], consignment, summary, now)
        except (UntrustedError, CorruptError, InputError):
            self.discard(consignment.lots)
            return None
        return summary

    def _unpack_lot(
        self, lot: Lot, manifest: Manifest, consignment: Consignment, summary: Summary, now: datetime
    ) -> None:
        data = b"".join(self._chunks.stream(BlobId(lot.blob), manifest, bytes.fromhex(lot.key)))
        batch = parse_batch(data)
        head = batch.head
        if (head.root, head.count, head.source, head.register) != (
            lot.batch, lot.count, consignment.source, consignment.register,
        ):  # fmt: skip
            raise UntrustedError("A lot is another one than was signed.", where=lot.batch)
        if find_signer(batch.frame, self._directory(), now) != consignment.source:
            raise UntrustedError("A lot is not signed by its source.", where=lot.batch)
        records = [record for record in verify_records(batch) if record is not None]
        if len(records) < head.count:
            raise UntrustedError("A record of a lot was erased.", where=lot.batch)
        for record in records:
            summary.add(record)
        self._files.put(batch, data)
        self._learn(batch.id, records)


def _groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records in lots that pass neither bound."""
    group: list[Record] = []
    size = 0
    for record in records:
        group.append(record)
        size += len(record.encode())
        if size > LOT_BYTES - RECORD_BYTES or len(group) == LOT_RECORDS_MAX:
            yield group
            group, size = [], 0
    if group:
        yield group
