from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.exchange import recent
from comity.exchange.recent import Pace, Seen

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_acts_count_for_a_minute_and_for_their_actor_only() -> None:
    pace = Pace(100)
    assert [pace.count("ruta", after(second)) for second in (0, 1, 59)] == [0, 1, 2]
    assert pace.count("jonas", after(59)) == 0
    assert pace.count("ruta", after(60)) == 2
    assert pace.count("ruta", after(200)) == 0


def test_an_impatient_officer_is_let_in_again_a_minute_later() -> None:
    pace = Pace(3)
    for _ in range(50):
        pace.count("ruta", NOW)
    assert pace.count("ruta", after(1)) == 3
    assert pace.count("ruta", after(61)) == 0


def test_the_number_of_actors_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "ACTORS_MAX", 3)
    pace = Pace(10)
    for actor in "abcd":
        pace.count(actor, NOW)
    assert pace.count("d", NOW) == 1
    assert pace.count("a", NOW) == 0, "the longest silent was forgotten"


def test_a_request_is_new_once_within_the_window() -> None:
    seen = Seen(300)
    assert not seen.is_replay("q", NOW)
    assert seen.is_replay("q", after(1))
    assert seen.is_replay("q", after(299))
    assert not seen.is_replay("q", after(300)), "by then its signed time is refused"


def test_the_number_of_requests_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "REQUESTS_MAX", 3)
    seen = Seen(300)
    for request in "abcd":
        assert not seen.is_replay(request, NOW)
    assert seen.is_replay("d", NOW)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 50)), max_size=30))
def test_no_request_passes_twice_however_they_come(requests: list[tuple[str, float]]) -> None:
    seen, now, passed = Seen(10_000), NOW, []
    for request, wait in requests:
        now += timedelta(seconds=wait)
        if not seen.is_replay(request, now):
            passed.append(request)
    assert len(passed) == len(set(passed)) == len({request for request, _ in requests})
