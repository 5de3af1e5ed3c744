"""Records: one canonical form, and nothing in them that their register does not declare."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import RECORD_BYTES
from comity.registers.record import make_record, parse_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from tests.registers.statements import FR, NOW, XX, make_fields, make_statement

GOLDEN = (
    b'{"v":1,"register":"travel-documents","source":"FR","fields":{"country":"FRA","loss":"stolen","number":"X0000001",'
    b'"type":"passport"},"instruction":"hold","handling":"official-use","audience":"all but XX",'
    b'"entered_at":"2026-11-23T12:00:00Z","expires_at":"2036-11-23T12:00:00Z"}'
)


def test_record_has_the_pinned_bytes() -> None:
    record = make_statement(audience=Audience.all_but(XX))
    assert record.encode() == GOLDEN
    assert parse_record(GOLDEN) == record


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":1,"name":"DELACROIX"'),
        (b'"v":1', b'"v":1,"v":1'),
        (b'"v":1', b'"v": 1'),
        (b"travel-documents", b"boats"),
        (b'"FR"', b'"fr"'),
        (b'"FRA"', b'"fra"'),
        (b"X0000001", b"x-000/1"),
        (b'"stolen"', b'"eaten"'),
        (b'"country":"FRA","loss"', b'"loss"'),
        (b'"type":"passport"', b'"type":"passport","surname":"X"'),
        (b'"hold"', b'"shoot"'),
        (b"official-use", b"public"),
        (b"all but XX", b"XX all but"),
        (b"all but XX", b"XX FR"),
        (b"12:00:00Z", b"12:00:00"),
        (b"12:00:00Z", b"14:00:00+02:00"),
        (b"2036", b"2026"),
        (b"2036", b"2037"),
    ],
)
def test_record_that_was_tampered_with_in_form_is_refused(old: bytes, new: bytes) -> None:
    assert old in GOLDEN
    with pytest.raises(InputError):
        parse_record(GOLDEN.replace(old, new))


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_cleanly(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_record(data)


@given(st.integers(0, len(GOLDEN) - 1), st.integers(0, 255))
def test_changed_byte_is_refused_or_makes_another_canonical_record(at: int, byte: int) -> None:
    data = GOLDEN[:at] + bytes((byte,)) + GOLDEN[at + 1 :]
    try:
        record = parse_record(data)
    except InputError:
        return
    assert record.encode() == data


def test_oversized_record_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLargeError):
        parse_record(b" " * (RECORD_BYTES + 1))


def test_times_that_no_retention_allows_are_refused() -> None:
    for expires_at in (NOW, NOW - timedelta(days=1), NOW + timedelta(days=366 * 11)):
        with pytest.raises(MalformedError, match="expires_at"):
            make_record(TRAVEL_DOCUMENTS, FR, make_fields(), Audience.everyone(), now=NOW, expires_at=expires_at)


def test_problems_inside_and_outside_the_fields_come_together() -> None:
    with pytest.raises(MalformedError) as caught:
        make_record(
            TRAVEL_DOCUMENTS,
            FR,
            make_fields(number="?"),
            Audience.everyone(),
            now=NOW,
            instruction="shoot",
            handling="public",
        )
    assert caught.value.where == "number, instruction, handling"


def test_record_expires_at_its_moment() -> None:
    record = make_statement()
    assert record.is_expired(record.expires_at)
    assert not record.is_expired(record.expires_at - timedelta(seconds=1))


def test_record_and_query_meet_by_the_same_key() -> None:
    twin = msgspec.structs.replace(make_statement("x-000 0001"), audience="none")
    assert twin.keys == make_statement("X0000001").keys
