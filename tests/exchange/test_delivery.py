from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from comity.exchange.delivery import LIFE, RETRY_S_MAX, DeliveryEvent, DeliveryState, next_state, retry_at

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_life_cycle_speaks_about_every_state() -> None:
    assert set(LIFE) == set(DeliveryState)


@pytest.mark.parametrize("state", [state for state in DeliveryState if state is not DeliveryState.QUEUED])
@pytest.mark.parametrize("event", DeliveryEvent)
def test_a_fate_once_known_is_never_changed(state: DeliveryState, event: DeliveryEvent) -> None:
    with pytest.raises(ValueError, match="knows no"):
        next_state(state, event)


def test_what_waits_comes_to_one_of_three_ends() -> None:
    assert {next_state(DeliveryState.QUEUED, event) for event in DeliveryEvent} == set(DeliveryState)


def test_retries_wait_longer_each_time_and_never_for_long() -> None:
    waits = [retry_at(attempts, NOW) - NOW for attempts in range(100)]
    assert all(before <= after for before, after in pairwise(waits))
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == timedelta(seconds=RETRY_S_MAX)
    assert retry_at(10**9, NOW) == NOW + timedelta(seconds=RETRY_S_MAX)
