"""Parts of a batch's file: the next one is taken, and whatever else comes in its place is not."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from comity.audience import Audience
from comity.errors import ComityError
from comity.ids import MemberCode
from comity.limits import CHUNK_BYTES
from comity.registers.batch import Batch, make_batch
from comity.registers.gathering import Gathered, Gathering
from comity.registers.record import make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import Ed25519Signer, key_id

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
FR = MemberCode("FR")
KEY, OTHER = Ed25519Signer(b"\x01" * 32), Ed25519Signer(b"\x02" * 32)


def batch_of(count: int, signer: Ed25519Signer = KEY, first: int = 0) -> Batch:
    records = [
        make_record(
            TRAVEL_DOCUMENTS, FR,
            {"number": f"19AC{first + number:05}", "country": "FRA", "type": "passport", "loss": "stolen-blank"},
            Audience.everyone(), now=NOW,
        )
        for number in range(count)
    ]  # fmt: skip
    salts = [number.to_bytes(32, "big") for number in range(count)]
    return make_batch(TRAVEL_DOCUMENTS, FR, records, salts, NOW, signer)


def replies_of(data: bytes) -> list[bytes]:
    parts = [data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES)]
    return [len(parts).to_bytes(2, "big") + part for part in parts]


def gathering_of(batch: Batch) -> Gathering:
    return Gathering(batch.id, lambda source, key: KEY.public if (source, key) == (FR, key_id(KEY.public)) else None)


@pytest.fixture(scope="module", params=[1, 20, 1_000, 4_000])
def batch(request: pytest.FixtureRequest) -> Batch:
    """In one part; in several; with a table that goes over the end of the first."""
    return batch_of(request.param)


def strays(replies: list[bytes], place: int) -> Iterator[bytes]:
    """Whatever else may come, such as the other parts, and the right one longer or shorter."""
    yield from (b"", b"\x00", b"garbage", bytes(500), bytes(100_000), b"comity/1 part x\n{}")
    yield from (reply for at, reply in enumerate(replies) if at != place)
    right = replies[place]
    yield right + b"\x00"
    yield right[:-1]
    yield right[:2]


def test_each_part_is_taken_and_together_they_are_the_file(batch: Batch) -> None:
    gathering, gathered = gathering_of(batch), Gathered()
    for reply in replies_of(batch.encode()):
        assert not gathered.is_whole
        assert gathering.fits(gathered, reply)
        gathered = gathering.take(gathered, reply)
    assert gathered.is_whole
    assert b"".join(gathered.parts) == batch.encode()


def test_nothing_else_fits_in_the_place_of_a_part(batch: Batch) -> None:
    gathering, gathered, replies = gathering_of(batch), Gathered(), replies_of(batch.encode())
    other = replies_of(batch_of(len(batch.records), OTHER, first=20_000).encode())
    for place, reply in enumerate(replies):
        for stray in strays(replies, place):
            assert not gathering.fits(gathered, stray), (place, stray[:40], len(stray))
        after = gathering.take(gathered, reply)
        if after.is_signed:  # before that, a table by another hand shows itself with its head
            total = int.from_bytes(reply[:2], "big") + 1
            assert not gathering.fits(gathered, total.to_bytes(2, "big") + reply[2:])
            assert not gathering.fits(gathered, other[place])
        gathered = after


def test_no_changed_byte_is_taken_to_the_end(batch: Batch) -> None:
    """A changed byte of a record is found with the part that ends the record; of the table, with the signed head."""
    data = batch.encode()
    places = {0, 20, 40, 80, 100, len(data) // 3, len(data) // 2, CHUNK_BYTES - 1, CHUNK_BYTES, len(data) - 1}
    for place in sorted(each for each in places if each < len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        gathering, gathered = gathering_of(batch), Gathered()
        with pytest.raises(ComityError):  # noqa: PT012 - whichever part shows it
            for reply in replies_of(changed):
                gathered = gathering.take(gathered, reply)


def test_what_was_erased_is_taken_as_it_is(batch: Batch) -> None:
    """Whether its source took it out is for whoever mends to compare."""
    first = batch.records[0]
    erased = msgspec.structs.replace(first, salt=bytes(32), data=bytes(len(first.data)), is_erased=True)
    data = msgspec.structs.replace(batch, records=(erased, *batch.records[1:])).encode()
    gathering, gathered = gathering_of(batch), Gathered()
    for reply in replies_of(data):
        gathered = gathering.take(gathered, reply)
    assert gathered.is_whole
