"""Batches: signed by their root, one record at a time erasable, every change found and named."""

import hashlib
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import ComityError, CorruptError, MalformedError, TooLargeError, UntrustedError
from comity.limits import BATCH_FILE_BYTES
from comity.registers.batch import (
    PREAMBLE_BYTES,
    ROW_BYTES,
    Batch,
    hash_record,
    make_batch,
    parse_batch,
    parse_head,
    verify_batch,
    verify_record_in_batch,
)
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import sign_frame
from tests.registers.statements import (
    FR,
    FR_KEY,
    NOW,
    XX,
    XX_KEY,
    make_salts,
    make_statement,
    make_statements,
)


def erased(batch: Batch, offset: int) -> Batch:
    record = batch.records[offset]
    gone = msgspec.structs.replace(record, salt=bytes(32), data=bytes(len(record.data)), is_erased=True)
    return msgspec.structs.replace(batch, records=(*batch.records[:offset], gone, *batch.records[offset + 1 :]))


def test_record_hash_is_pinned() -> None:
    assert hash_record(b"\x01" * 32, b"record").hex() == (
        hashlib.sha256(b"comity/record/v1\n" + b"\x01" * 32 + b"record").hexdigest()
    )


def test_head_frame_and_file_have_the_pinned_bytes() -> None:
    batch = make_statements(3)
    assert batch.frame.body == (
        b'{"v":1,"register":"travel-documents","source":"FR",'
        b'"root":"90caa6ecfba298544311b7ce99c14f0a73de195c06d0c27b2acac7c8f0bc58d5",'
        b'"count":3,"entered_at":"2026-11-23T12:00:00Z"}'
    )
    assert batch.encode()[:PREAMBLE_BYTES] == b"comity-batch/1\n\x00" + struct.pack("<II", 292, 3)
    assert (
        hashlib.sha256(batch.frame.encode()).hexdigest()
        == "b02d16d232527336ff706462d182811117fefcb79c294fe994dbbb5242d4011d"
    )
    assert (
        hashlib.sha256(batch.encode()).hexdigest() == "bfd86797a328a75fc23adb89690961b9fe3eca56ef0330766418b137080d6a13"
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8])
def test_file_gives_back_the_batch_and_each_records_evidence_holds(count: int) -> None:
    batch = make_statements(count)
    assert parse_batch(batch.encode()) == batch
    records = verify_batch(batch, FR_KEY.public)
    for offset in range(count):
        head, record = verify_record_in_batch(batch.evidence(offset), FR_KEY.public)
        assert (head, record) == (batch.head, records[offset])


def test_erasing_one_record_keeps_name_signature_and_the_others_evidence() -> None:
    batch = make_statements(5)
    left = parse_batch(erased(batch, 2).encode())
    assert left.id == batch.id
    records = verify_batch(left, FR_KEY.public)
    assert [record is None for record in records] == [False, False, True, False, False]
    verify_record_in_batch(left.evidence(3), FR_KEY.public)
    with pytest.raises(MalformedError):
        left.evidence(2)
    assert b"X0000002" not in left.encode()


def test_record_marked_erased_that_is_still_there_is_refused() -> None:
    data = bytearray(make_statements(2).encode())
    data[PREAMBLE_BYTES + 32] = 0
    with pytest.raises(MalformedError, match="left something behind"):
        parse_batch(bytes(data))


def test_changed_record_is_named() -> None:
    data = make_statements(5).encode().replace(b"X0000003", b"X0000009")
    with pytest.raises(CorruptError, match="Record 3") as caught:
        verify_batch(parse_batch(data), FR_KEY.public)
    assert caught.value.where.endswith(".3")


def test_somebody_elses_signature_is_refused() -> None:
    batch = make_statements(2)
    with pytest.raises(UntrustedError):
        verify_batch(batch, XX_KEY.public)
    forged = msgspec.structs.replace(batch, frame=sign_frame(XX_KEY, "batch", batch.frame.body))
    with pytest.raises(UntrustedError):
        verify_batch(forged, FR_KEY.public)


def test_record_that_was_swapped_with_its_hash_does_not_give_the_root() -> None:
    batch, other = make_statements(3), make_statements(4)
    mixed = msgspec.structs.replace(batch, records=(*batch.records[:2], other.records[3]))
    with pytest.raises(UntrustedError, match="root"):
        verify_batch(mixed, FR_KEY.public)


def test_records_in_another_order_are_another_batch() -> None:
    batch = make_statements(3)
    turned = msgspec.structs.replace(batch, records=batch.records[::-1])
    with pytest.raises(UntrustedError):
        verify_batch(turned, FR_KEY.public)


def test_evidence_for_one_record_serves_no_other() -> None:
    batch = make_statements(4)
    one, two = batch.evidence(1), batch.evidence(2)
    for forged in (
        msgspec.structs.replace(one, offset=2),
        msgspec.structs.replace(one, offset=-1),
        msgspec.structs.replace(one, offset=9),
        msgspec.structs.replace(one, record=two.record),
        msgspec.structs.replace(one, salt=two.salt),
        msgspec.structs.replace(one, proof=two.proof),
        msgspec.structs.replace(one, proof=one.proof[:-1]),
        msgspec.structs.replace(one, proof=(*one.proof, bytes(32))),
        msgspec.structs.replace(one, head=make_statements(5).frame.encode()),
    ):
        with pytest.raises(UntrustedError):
            verify_record_in_batch(forged, FR_KEY.public)
    with pytest.raises(MalformedError):
        verify_record_in_batch(msgspec.structs.replace(one, salt=one.salt + b"\x00"), FR_KEY.public)


def test_source_cannot_sign_for_another_source() -> None:
    with pytest.raises(MalformedError, match="one register and source"):
        make_batch(TRAVEL_DOCUMENTS, XX, [make_statement()], make_salts(1), NOW, XX_KEY)
    batch = make_statements(1)
    head = msgspec.structs.replace(batch.head, source=XX)
    taken = Batch(sign_frame(XX_KEY, "batch", msgspec.json.encode(head)), head, batch.records)
    with pytest.raises(UntrustedError, match="source"):
        verify_batch(taken, XX_KEY.public)
    with pytest.raises(UntrustedError, match="source"):
        verify_record_in_batch(taken.evidence(0), XX_KEY.public)


def test_reused_short_or_missing_salts_are_refused() -> None:
    records = [make_statement("X1"), make_statement("X2")]
    for salts in ([bytes(32)] * 2, [bytes(31), bytes(32)], make_salts(1), make_salts(3)):
        with pytest.raises(MalformedError):
            make_batch(TRAVEL_DOCUMENTS, FR, records, salts, NOW, FR_KEY)


def test_empty_batch_is_refused() -> None:
    with pytest.raises(TooLargeError):
        make_batch(TRAVEL_DOCUMENTS, FR, [], [], NOW, FR_KEY)


def test_file_with_more_or_fewer_records_than_signed_is_refused() -> None:
    batch = make_statements(3)
    with pytest.raises(MalformedError, match="another number"):
        parse_batch(msgspec.structs.replace(batch, records=batch.records[:2]).encode())


def test_every_cut_and_every_addition_is_refused() -> None:
    data = make_statements(2).encode()
    for end in range(0, len(data), 7):
        with pytest.raises(ComityError):
            parse_batch(data[:end])
    with pytest.raises(MalformedError, match="goes on"):
        parse_batch(data + b"\x00")


def test_overlapping_rows_are_refused() -> None:
    data = bytearray(make_statements(2).encode())
    start = PREAMBLE_BYTES + ROW_BYTES + 65
    data[start : start + 8] = struct.pack("<Q", 0)
    with pytest.raises(MalformedError, match="gaps"):
        parse_batch(bytes(data))


def test_oversized_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLargeError):
        parse_batch(bytes(BATCH_FILE_BYTES + 1))


def test_head_of_no_version_or_of_an_unknown_register_is_refused() -> None:
    body = make_statements(1).frame.body
    for old, new in ((b'"v":1', b'"v":0'), (b"travel-documents", b"boats"), (b'"count":1', b'"count":0')):
        with pytest.raises(MalformedError):
            parse_head(sign_frame(FR_KEY, "batch", body.replace(old, new)).encode())


WHOLE = make_statements(3).encode()


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_every_flipped_byte_is_found(at: int, change: int) -> None:
    data = WHOLE[:at] + bytes((WHOLE[at] ^ change,)) + WHOLE[at + 1 :]
    with pytest.raises(ComityError):
        verify_batch(parse_batch(data), FR_KEY.public)
