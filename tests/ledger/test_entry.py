"""An entry commits to what it does not show."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import CorruptError, InputError, MalformedError, TooLargeError
from comity.ledger.entry import Leaf, commitment, make_entry, parse_leaf, verify_entry
from comity.limits import CONTENT_BYTES, ENTRY_BYTES

AT = datetime(2026, 11, 3, 12, 0, 0, 250000, tzinfo=UTC)
SALT = bytes(range(32))


def test_the_bytes_of_an_entry_stay_what_they_are() -> None:
    entry = make_entry("query.asked", AT, b'{"by":"LT"}', SALT)
    assert entry.leaf == (
        b'{"v":1,"kind":"query.asked","at":"2026-11-03T12:00:00.250000Z",'
        b'"commitment":"41XULxGcft+cbaoHVpN4alacQPWDPoVSUQ2zieEoZX8="}'
    )
    assert entry.id == "b1ab7d184cdabfc979c3ccc431689e828c175cd1eb5df5cc7a97223006707050"
    assert parse_leaf(entry.leaf) == Leaf(1, "query.asked", AT, commitment(SALT, b'{"by":"LT"}'))


def test_a_time_elsewhere_is_written_in_utc() -> None:
    local = AT.astimezone(timezone(timedelta(hours=2)))
    assert make_entry("query.asked", local, b"", SALT) == make_entry("query.asked", AT, b"", SALT)


@given(st.binary(max_size=60), st.integers(0, 31), st.binary(min_size=32, max_size=32))
def test_another_content_or_salt_is_not_what_was_committed_to(content: bytes, at: int, salt: bytes) -> None:
    entry = make_entry("hit.found", AT, content, salt)
    verify_entry(entry.leaf, entry.salt, entry.content)
    with pytest.raises(CorruptError):
        verify_entry(entry.leaf, salt, content + b"\0")
    other = salt[:at] + bytes((salt[at] ^ 1,)) + salt[at + 1 :]
    with pytest.raises(CorruptError):
        verify_entry(entry.leaf, other, content)


def test_a_byte_cannot_move_between_salt_and_content() -> None:
    entry = make_entry("hit.found", AT, b"x", SALT)
    with pytest.raises(CorruptError):
        verify_entry(entry.leaf, SALT[:-1], SALT[-1:] + b"x")


@pytest.mark.parametrize("kind", ["", "Query", "query asked", "1.query", "a" * 61, "query\n", "é"])
def test_a_kind_is_a_plain_word(kind: str) -> None:
    with pytest.raises(MalformedError):
        make_entry(kind, AT, b"", SALT)


def test_an_entry_has_a_zone_a_whole_salt_and_a_bounded_content() -> None:
    with pytest.raises(MalformedError):
        make_entry("query.asked", AT.replace(tzinfo=None), b"", SALT)
    with pytest.raises(MalformedError):
        make_entry("query.asked", AT, b"", SALT[:31])
    with pytest.raises(TooLargeError):
        make_entry("query.asked", AT, bytes(CONTENT_BYTES + 1), SALT)


GOOD = make_entry("query.asked", AT, b"", SALT).leaf


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"null",
        b"\xff" * 10,
        GOOD + b" ",
        GOOD.replace(b'"v":1', b'"v":0'),
        GOOD.replace(b'"v":1,', b'"v":1,"verdict":"refused",'),
        GOOD.replace(b'"kind":"query.asked",', b'"kind":"hit.found","kind":"query.asked",'),
        GOOD.replace(b'"kind":"query.asked"', b'"kind":"Query"'),
        GOOD.replace(b".250000Z", b".250000"),
        GOOD.replace(b".250000Z", b".250000+00:00"),
        GOOD.replace(b'="}', b'"}'),
        b'{"v":1,"kind":"a","at":"2026-11-03T12:00:00Z","commitment":"AAAA"}',
    ],
)
def test_what_is_not_encoded_as_a_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_leaf(leaf)


def test_a_leaf_is_bounded() -> None:
    with pytest.raises(TooLargeError):
        parse_leaf(GOOD + b" " * ENTRY_BYTES)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        parse_leaf(data)
    except InputError:
        return
    raise AssertionError("random bytes were read as a leaf")
