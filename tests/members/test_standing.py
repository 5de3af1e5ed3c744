from datetime import datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError, TooLargeError
from comity.limits import STANDING_STATEMENTS_MAX
from comity.members.standing import (
    NOTHING,
    Channel,
    Standing,
    State,
    Statement,
    forget,
    open_channels,
    parse_standing,
    state,
)
from tests.members.network import NOW, code

LT, FR, XX = code("LT"), code("FR"), code("XX")
HOUR = timedelta(hours=1)


def measure(state_: State, since_at: datetime, until_at: datetime | None = None) -> Statement:
    return Statement(LT, Channel.QUERY, state_, since_at, until_at, "Queries without purpose", "M-2026-7")


def found(standing: Standing, now: datetime) -> State | None:
    said = standing.find(LT, Channel.QUERY, now)
    return said.state if said else None


def test_standing_json_has_these_bytes() -> None:
    standing = state(open_channels(NOTHING, LT, NOW), measure(State.REVIEW, NOW + HOUR, NOW + 2 * HOUR))
    assert standing.encode() == (
        b'{"v":1,"statements":[{"member":"LT","channel":"enter","state":"open","since_at":"2026-11-23T'
        b'12:00:00Z"},{"member":"LT","channel":"message","state":"open","since_at":"2026-11-23T12:00:0'
        b'0Z"},{"member":"LT","channel":"query","state":"open","since_at":"2026-11-23T12:00:00Z"},{"me'
        b'mber":"LT","channel":"query","state":"review","since_at":"2026-11-23T13:00:00Z","until_at":"'
        b'2026-11-23T14:00:00Z","reason":"Queries without purpose","reference":"M-2026-7"}]}'
    )
    assert parse_standing(standing.encode()).encode() == standing.encode()


def test_nothing_said_allows_nothing() -> None:
    assert found(NOTHING, NOW) is None
    assert open_channels(NOTHING, FR, NOW).find(LT, Channel.QUERY, NOW) is None
    assert found(open_channels(NOTHING, LT, NOW + HOUR), NOW) is None


def test_a_measure_holds_on_its_channel_only() -> None:
    standing = state(open_channels(NOTHING, LT, NOW), measure(State.SUSPENDED, NOW + HOUR))
    assert found(standing, NOW + HOUR) is State.SUSPENDED
    said = standing.find(LT, Channel.MESSAGE, NOW + HOUR)
    assert said is not None
    assert said.state is State.OPEN


def test_a_dated_measure_ends_by_itself_and_what_held_before_holds_again() -> None:
    standing = state(open_channels(NOTHING, LT, NOW), measure(State.SUSPENDED, NOW + HOUR, NOW + 2 * HOUR))
    hours = [found(standing, NOW + part * HOUR / 2) for part in range(1, 5)]
    assert hours == [State.OPEN, State.SUSPENDED, State.SUSPENDED, State.OPEN]


def test_an_end_with_nothing_before_it_allows_nothing_again() -> None:
    assert found(state(NOTHING, measure(State.REVIEW, NOW, NOW + HOUR)), NOW + HOUR) is None


def test_what_can_never_hold_again_is_not_kept() -> None:
    standing = state(open_channels(NOTHING, LT, NOW), measure(State.SUSPENDED, NOW + HOUR))
    assert [each.state for each in standing.statements if each.channel is Channel.QUERY] == [State.SUSPENDED]


def test_a_removed_member_is_not_spoken_of() -> None:
    standing = forget(open_channels(open_channels(NOTHING, LT, NOW), FR, NOW), LT)
    assert {each.member for each in standing.statements} == {FR}


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""},
        {"reference": " "},
        {"until_at": NOW},
        {"since_at": NOW.astimezone(timezone(HOUR))},
        {"member": "lt"},
    ],
)
def test_a_measure_without_reason_rule_or_sound_times_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        state(NOTHING, msgspec.structs.replace(measure(State.SUSPENDED, NOW), **change))


def test_reasons_have_a_bound() -> None:
    with pytest.raises(TooLargeError):
        state(NOTHING, msgspec.structs.replace(measure(State.REVIEW, NOW), reason="x" * 201))


def test_so_has_the_number_of_statements() -> None:
    many = tuple(measure(State.REVIEW, NOW + number * HOUR) for number in range(STANDING_STATEMENTS_MAX + 1))
    with pytest.raises(TooLargeError):
        parse_standing(Standing(1, many).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"open"', b'"ajar"'), (b'"query"', b'"vote"'), (b'{"v":1', b'{"v":0'), (b"Z", b""), (b"[{", b"[[{")],
)
def test_states_channels_and_versions_that_are_not_known_are_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_standing(open_channels(NOTHING, LT, NOW).encode().replace(old, new))


def test_one_statement_twice_is_refused() -> None:
    twice = Standing(1, (measure(State.OPEN, NOW), measure(State.SUSPENDED, NOW)))
    with pytest.raises(MalformedError):
        parse_standing(twice.encode())


@given(
    st.lists(st.tuples(st.sampled_from(State), st.integers(1, 9), st.none() | st.integers(1, 20)), max_size=8),
    st.integers(0, 90),
)
def test_what_is_dropped_never_changes_what_holds_now_or_later(
    said: list[tuple[State, int, int | None]], later: int
) -> None:
    standing, moment = NOTHING, NOW
    everything: list[Statement] = []
    for what, since, lasts in said:
        moment += since * HOUR
        new = measure(what, moment, None if lasts is None else moment + lasts * HOUR)
        standing = state(standing, new)
        everything.append(new)
    now = max(moment, NOW + later * HOUR)
    whole = Standing(1, tuple(everything)).find(LT, Channel.QUERY, now)
    assert standing.find(LT, Channel.QUERY, now) == whole
    assert standing.find(XX, Channel.QUERY, now) is None
