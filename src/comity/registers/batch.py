"""Batches: the records that a source signs together, and the file that keeps them.

A record's hash is salted. A batch is named by the RFC 6962 Merkle root over its records' hashes, and that name is
what is signed, not the file's bytes: erasing one record (its salt and its bytes) leaves the name, the signature and
every other record's proof valid, and without the salt the hash that stays says nothing about what it was.
"""

import hashlib
import re
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from comity.bounded import Count, Hash
from comity.errors import CorruptError, MalformedError, TooLargeError, UntrustedError
from comity.formats import Format, newer
from comity.ids import BatchId, MemberCode, RegisterName, record_id
from comity.ledger.merkle import HASH_BYTES, hash_leaf, hash_row, prove_inclusion, verify_inclusion
from comity.limits import (
    BATCH_FILE_BYTES,
    BATCH_FILE_RECORDS_MAX,
    BATCH_HEAD_BYTES,
    PROOF_HASHES_MAX,
    RECORD_BYTES,
)
from comity.plug import RoomPart
from comity.registers.record import AwareTime, Record, parse_record
from comity.registers.register import Register
from comity.registers.registry import get_register
from comity.signer import Frame, Signer, parse_frame, sign_frame
from comity.texts import _

CONTEXT: Final = "batch"
SALT_BYTES: Final = 32
HEAD_FRAME_BYTES: Final = BATCH_HEAD_BYTES

_MAGIC: Final = b"comity-batch/1\n\x00"
_ANY_MAGIC: Final = re.compile(rb"comity-batch/([0-9])\n\x00")
_PREAMBLE: Final = struct.Struct("<16sII")  # magic, bytes of the head frame, records
_ROW: Final = struct.Struct("<32sB32sQI")  # hash, present or erased, salt, first byte in the file, length
PREAMBLE_BYTES: Final = _PREAMBLE.size
ROW_BYTES: Final = _ROW.size
ERASED_FLAG: Final = 0
PRESENT_FLAG: Final = 1
PART_COUNT_BYTES: Final = 2
"""Before a part of a batch's file that is fetched again: how many there are."""

FindWrong = Callable[[Frame, MemberCode], str]
"""Why something that is kept was not signed by that member; empty where it was."""

KeyOf = Callable[[MemberCode, str], bytes | None]
"""A source's public key by its key id; None if the source never had it."""


class BatchHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the source signs: a frame of kind ``batch`` whose body is this, JSON in this order of members.

    Evolution: ``v`` rises with any change; a reader refuses versions and members that it does not know. The hash of a
    record (``hash_record``) and the file's layout (``Batch.encode``) carry versions of their own.
    """

    v: Literal[1] = 1
    register: RegisterName
    source: MemberCode
    root: Hash
    count: Annotated[int, msgspec.Meta(ge=1, le=BATCH_FILE_RECORDS_MAX)]
    entered_at: AwareTime


BATCH: Final = Format[BatchHead]("batch", {1: BatchHead})


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record's line in a batch file's table. ``start`` is its first byte in the file, ``length`` its bytes."""

    hash: bytes
    is_erased: bool
    salt: bytes
    start: int
    length: int


class SaltedRecord(msgspec.Struct, frozen=True, gc=False):
    """A record in its batch. Erased: ``salt`` and ``data`` are zeros, and only the hash still means something."""

    hash: bytes
    salt: bytes
    data: bytes
    is_erased: bool = False


class Evidence(msgspec.Struct, frozen=True):
    """What shows somebody else that a source signed one record: no other record of the batch is disclosed.

    Evolution: not signed itself; it travels in signed answers, whose version covers it.
    """

    head: bytes  # the head frame as signed
    offset: Count
    salt: Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    record: Annotated[bytes, msgspec.Meta(max_length=RECORD_BYTES)]
    proof: Annotated[
        tuple[Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)], ...],
        msgspec.Meta(max_length=PROOF_HASHES_MAX),
    ]


class Batch(msgspec.Struct, frozen=True):
    """A batch in memory: its signed head and its records in order."""

    frame: Frame
    head: BatchHead
    records: tuple[SaltedRecord, ...]

    @property
    def id(self) -> BatchId:
        """Its name: the hexadecimal Merkle root."""
        return BatchId(self.head.root)

    def encode(self) -> bytes:
        """The file: preamble, a table of one row a record, the head frame, the records' bytes one after another.

        All numbers are little-endian. Row n stands at ``PREAMBLE_BYTES + n * ROW_BYTES``, so that one record is read
        or erased without touching another. Evolution: the magic ends in the version; other versions are refused.
        """
        frame = self.frame.encode()
        start = PREAMBLE_BYTES + len(self.records) * ROW_BYTES + len(frame)
        rows = []
        for record in self.records:
            flag = ERASED_FLAG if record.is_erased else PRESENT_FLAG
            rows.append(_ROW.pack(record.hash, flag, record.salt, start, len(record.data)))
            start += len(record.data)
        preamble = _PREAMBLE.pack(_MAGIC, len(frame), len(self.records))
        return b"".join((preamble, *rows, frame, *(record.data for record in self.records)))

    def evidence(self, offset: int) -> Evidence:
        """The evidence for the record at ``offset``; MalformedError if there is none or it was erased."""
        if not 0 <= offset < len(self.records) or self.records[offset].is_erased:
            raise MalformedError(_("The batch has no such record, or not any more."), where="offset")
        record = self.records[offset]
        proof = prove_record(offset, [each.hash for each in self.records])
        return Evidence(self.frame.encode(), offset, record.salt, record.data, proof)


def hash_record(salt: bytes, data: bytes) -> bytes:
    """The salted hash of a record's bytes: SHA-256 over the version, 32 bytes of salt, the bytes."""
    return hashlib.sha256(b"comity/record/v1\n" + salt + data).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The Merkle root over records' salted hashes."""
    return hash_row([hash_leaf(each) for each in hashes])


def prove_record(offset: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """The Merkle path from the record at ``offset`` to the root over ``hashes`` (RFC 6962, 2.1.1)."""
    leaves = [hash_leaf(each) for each in hashes]

    def node(height: int, index: int) -> bytes:
        return hash_row(leaves[index << height : (index + 1) << height])

    return prove_inclusion(offset, len(leaves), node)


def make_batch(
    register: Register,
    source: MemberCode,
    records: Sequence[Record],
    salts: Sequence[bytes],
    entered_at: datetime,
    signer: Signer,
    *,
    version: int = 1,
) -> Batch:
    """Sign ``records`` as one batch, each with a fresh salt of 32 random bytes; its head is of that ``version``.

    MalformedError if a record is not of this register and source, or salts do not fit; TooLargeError past the bound.
    """
    for offset, record in enumerate(records):
        if record.register != register.name or record.source != source:
            raise MalformedError(_("A batch has records of one register and source."), where=f"record {offset}")
    salted = salt_records([record.encode() for record in records], salts)
    return sign_batch(register, source, salted, entered_at, signer, version=version)


class Salted(NamedTuple):
    """Records' canonical bytes, each with its salt and salted hash, and the root that a batch of them is named by."""

    records: Sequence[bytes]
    salts: Sequence[bytes]
    hashes: Sequence[bytes]
    root: bytes


def salt_records(records: Sequence[bytes], salts: Sequence[bytes]) -> Salted:
    """Hash what a batch will hold; errors as for ``make_batch``."""
    if not 1 <= len(records) <= BATCH_FILE_RECORDS_MAX:
        raise TooLargeError(_("A batch has 1 to {most} records.").format(most=BATCH_FILE_RECORDS_MAX), where=CONTEXT)
    if len(salts) != len(records) or any(len(salt) != SALT_BYTES for salt in salts) or len(set(salts)) < len(salts):
        raise MalformedError(_("Each record needs a salt of 32 bytes of its own."), where="salt")
    hashes = list(map(hash_record, salts, records))
    return Salted(records, salts, hashes, root_of(hashes))


def sign_batch(
    register: Register, source: MemberCode, salted: Salted, entered_at: datetime, signer: Signer, *, version: int
) -> Batch:
    """As ``make_batch``, of records of this register and source that were salted."""
    head = BatchHead(
        register=register.name,
        source=source,
        root=salted.root.hex(),
        count=len(salted.records),
        entered_at=entered_at.astimezone(UTC),
    )
    frame = sign_frame(signer, CONTEXT, BATCH.write(head, version))
    return Batch(frame, head, tuple(map(SaltedRecord, salted.hashes, salted.salts, salted.records)))


def parse_head(frame: bytes) -> tuple[Frame, BatchHead]:
    """Read a batch's signed head without judging its signature; MalformedError or TooLargeError if it is none."""
    parsed = parse_frame(frame, CONTEXT, most=HEAD_FRAME_BYTES)
    head = BATCH.read(parsed.body, where=CONTEXT, most=BATCH_HEAD_BYTES)
    get_register(head.register)
    return parsed, head


def parse_preamble(data: bytes) -> tuple[int, int]:
    """The head frame's bytes and the number of records, from a file's first bytes; MalformedError or TooLargeError."""
    if len(data) < PREAMBLE_BYTES:
        raise MalformedError(_("This is not a batch file."), where=CONTEXT)
    magic, frame_bytes, count = _PREAMBLE.unpack_from(data)
    if (match := _ANY_MAGIC.fullmatch(magic)) and int(match[1]) > 1:
        raise newer(_("a batch file"), int(match[1]), 1, CONTEXT)
    if magic != _MAGIC:
        raise MalformedError(_("This is not a batch file of version 1."), where=CONTEXT)
    if frame_bytes > HEAD_FRAME_BYTES or not 1 <= count <= BATCH_FILE_RECORDS_MAX:
        raise TooLargeError(_("The batch file's head or its number of records passes the bound."), where=CONTEXT)
    return frame_bytes, count


def parse_row(data: bytes, offset: int) -> Row:
    """One row of the table; MalformedError, naming the record, if it is none."""
    try:
        hash_, flag, salt, start, length = _ROW.unpack(data)
    except struct.error as error:
        raise MalformedError(_("The batch file ends within its table."), where=f"record {offset}") from error
    if flag not in (ERASED_FLAG, PRESENT_FLAG) or length > RECORD_BYTES or start + length > BATCH_FILE_BYTES:
        raise MalformedError(_("This is not a row of a batch file."), where=f"record {offset}")
    return Row(hash_, flag == ERASED_FLAG, salt, start, length)


def parse_file_head(data: bytes) -> tuple[Frame, BatchHead, int]:
    """The signed head of a batch file, and where the records begin; MalformedError or TooLargeError if it is none."""
    if len(data) > BATCH_FILE_BYTES:
        raise TooLargeError(_("A batch file has at most {most} bytes.").format(most=BATCH_FILE_BYTES), where=CONTEXT)
    frame_bytes, count = parse_preamble(data)
    table_end = PREAMBLE_BYTES + count * ROW_BYTES
    frame, head = parse_head(data[table_end : table_end + frame_bytes])
    if head.count != count:
        raise MalformedError(_("The file has another number of records than was signed."), where=CONTEXT)
    return frame, head, table_end + frame_bytes


def parse_batch(data: bytes) -> Batch:
    """Read a batch file, without judging signature and hashes; MalformedError or TooLargeError if it is none."""
    frame, head, expected = parse_file_head(data)
    records = []
    for offset in range(head.count):
        start = PREAMBLE_BYTES + offset * ROW_BYTES
        row = parse_row(data[start : start + ROW_BYTES], offset)
        body = data[row.start : row.start + row.length]
        if row.start != expected or len(body) != row.length:
            raise MalformedError(_("The batch file has gaps."), where=f"record {offset}")
        expected += row.length
        if row.is_erased and (any(body) or any(row.salt)):
            raise MalformedError(_("An erased record has left something behind."), where=f"record {offset}")
        records.append(SaltedRecord(row.hash, row.salt, body, row.is_erased))
    if expected != len(data):
        raise MalformedError(_("The batch file goes on after its last record."), where=CONTEXT)
    return Batch(frame, head, tuple(records))


def verify_batch(batch: Batch, public: bytes) -> tuple[Record | None, ...]:
    """The batch's records, None where one was erased.

    Steps: (1) the source signed the head: UntrustedError; (2) the hashes give the signed root: UntrustedError;
    (3) each record's bytes give its hash: CorruptError, naming the record; (4) each is a well-formed record of the
    head's register and source: MalformedError or UntrustedError, naming it.

    That a record is marked as erased is not signed: whoever fetches a batch compares with the deletions it knows of.
    """
    batch.frame.verify(public)  # 1
    return verify_records(batch)


def verify_records(batch: Batch, *, is_new: bool = False) -> tuple[Record | None, ...]:
    """As ``verify_batch``, steps 2 to 4, where somebody has verified the signature; ``is_new`` as ``parse_record``."""
    verify_root(batch)  # 2
    records: list[Record | None] = []
    for offset, salted in enumerate(batch.records):
        if salted.is_erased:
            records.append(None)
            continue
        if hash_record(salted.salt, salted.data) != salted.hash:  # 3
            where = record_id(batch.id, offset)
            raise CorruptError(_("Record {offset} of the batch was changed.").format(offset=offset), where=where)
        records.append(_parse_own(salted.data, batch.head, offset, is_new=is_new))  # 4
    return tuple(records)


def verify_root(batch: Batch) -> None:
    """Raise UntrustedError unless the records' hashes give the name that the head has."""
    if root_of([record.hash for record in batch.records]).hex() != batch.head.root:
        raise UntrustedError(_("The records' hashes do not give the root that was signed."), where=batch.id)


def _parse_own(data: bytes, head: BatchHead, offset: int, *, is_new: bool = False) -> Record:
    try:
        record = parse_record(data, is_new=is_new)
    except MalformedError as error:
        raise MalformedError(error.message, where=f"record {offset}: {error.where}") from error
    if record.register != head.register or record.source != head.source:
        raise UntrustedError(_("A record is not of its batch's register and source."), where=f"record {offset}")
    return record


def verify_record_in_batch(evidence: Evidence, public: bytes) -> tuple[BatchHead, Record]:
    """What a source signed, from the evidence alone.

    Steps: (1) the source signed the head; (2) the record's salted hash leads to the signed root; (3) it is a
    well-formed record of that register and source. UntrustedError or MalformedError otherwise.
    """
    frame, head = parse_head(evidence.head)
    frame.verify(public)  # 1
    if len(evidence.salt) != SALT_BYTES or len(evidence.proof) > PROOF_HASHES_MAX:
        raise MalformedError(_("The salt or the proof does not have its size."), where="evidence")
    leaf = hash_leaf(hash_record(evidence.salt, evidence.record))
    root = bytes.fromhex(head.root)
    verify_inclusion(leaf, evidence.offset, head.count, evidence.proof, root)  # 2
    return head, _parse_own(evidence.record, head, evidence.offset)  # 3


PART: Final = RoomPart(travelling=(BATCH,))
