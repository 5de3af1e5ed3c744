from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.exchange.delivery import (
    LIFE,
    RETRY_S_MAX,
    UNDERWAY,
    DeliveryEvent,
    DeliveryState,
    find_next,
    new_delivery,
    retry_at,
)
from comity.exchange.settling import EVENTS
from comity.ids import MemberCode

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
S, E = DeliveryState, DeliveryEvent

STEPS: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (S.QUEUED, E.TAKEN_ON): S.RELAYED,
    (S.QUEUED, E.ACCEPTED): S.DELIVERED,
    (S.QUEUED, E.READ): S.OPENED,
    (S.QUEUED, E.REPLIED): S.ANSWERED,
    (S.QUEUED, E.REJECTED): S.REFUSED,
    (S.QUEUED, E.UNANSWERED): S.QUEUED,
    (S.QUEUED, E.RAN_OUT): S.EXPIRED,
    (S.QUEUED, E.CALLED_OFF): S.WITHDRAWN,
    (S.RELAYED, E.ACCEPTED): S.DELIVERED,
    (S.RELAYED, E.READ): S.OPENED,
    (S.RELAYED, E.REPLIED): S.ANSWERED,
    (S.RELAYED, E.REJECTED): S.REFUSED,
    (S.RELAYED, E.UNANSWERED): S.RELAYED,
    (S.RELAYED, E.RAN_OUT): S.EXPIRED,
    (S.RELAYED, E.CALLED_OFF): S.WITHDRAWN,
    (S.DELIVERED, E.READ): S.OPENED,
    (S.DELIVERED, E.REPLIED): S.ANSWERED,
    (S.OPENED, E.REPLIED): S.ANSWERED,
    (S.EXPIRED, E.ACCEPTED): S.DELIVERED,
    (S.EXPIRED, E.READ): S.OPENED,
    (S.EXPIRED, E.REPLIED): S.ANSWERED,
    (S.WITHDRAWN, E.ACCEPTED): S.DELIVERED,
    (S.WITHDRAWN, E.READ): S.OPENED,
    (S.WITHDRAWN, E.REPLIED): S.ANSWERED,
    **{(state, E.TAKEN_IN): S.ENTERED for state in (S.QUEUED, S.DELIVERED, S.EXPIRED, S.WITHDRAWN)},
    **{(state, E.TURNED_DOWN): S.REFUSED for state in (S.QUEUED, S.DELIVERED, S.EXPIRED, S.WITHDRAWN)},
}
"""The whole life; what is not here changes nothing."""

FURTHER = (S.QUEUED, S.RELAYED, S.EXPIRED, S.WITHDRAWN, S.DELIVERED, S.OPENED, S.ANSWERED, S.ENTERED)
"""What is known, in the order in which more is known: nothing goes back."""


def test_the_life_cycle_speaks_about_every_state() -> None:
    assert set(LIFE) == set(DeliveryState)


@pytest.mark.parametrize(("state", "event"), list(product(S, E)), ids=lambda each: each.value)
def test_each_event_leads_where_the_table_says_or_changes_nothing(state: DeliveryState, event: DeliveryEvent) -> None:
    assert find_next(state, event) == STEPS.get((state, event))


@pytest.mark.parametrize("state", [S.REFUSED, S.ANSWERED, S.ENTERED])
@pytest.mark.parametrize("event", E)
def test_a_fate_once_known_is_never_changed(state: DeliveryState, event: DeliveryEvent) -> None:
    assert find_next(state, event) is None


@pytest.mark.parametrize("state", [state for state in S if state not in UNDERWAY])
@pytest.mark.parametrize("event", [E.TAKEN_ON, E.REJECTED, E.UNANSWERED, E.RAN_OUT])
def test_nothing_is_refused_expires_or_is_sent_again_that_is_not_under_way(
    state: DeliveryState, event: DeliveryEvent
) -> None:
    assert find_next(state, event) is None


def test_what_waits_comes_to_every_other_state() -> None:
    assert {find_next(S.QUEUED, event) for event in E} == set(S) - {S.UNREADABLE}


@given(st.lists(st.sampled_from(E)))
def test_whatever_happens_in_whatever_order_less_is_never_known_than_before(events: list[DeliveryEvent]) -> None:
    state = S.QUEUED
    for event in events:
        after = find_next(state, event) or state
        assert after is S.REFUSED or FURTHER.index(after) >= FURTHER.index(state)
        state = after
        if state is S.REFUSED:
            break


@given(st.permutations([E.TAKEN_ON, E.ACCEPTED, E.READ, E.REPLIED]))
def test_receipts_that_overtake_each_other_end_alike(events: list[DeliveryEvent]) -> None:
    state = S.QUEUED
    for event in events:
        state = find_next(state, event) or state
    assert state is S.ANSWERED


def test_a_receipt_that_comes_late_still_says_what_is_so() -> None:
    expired = find_next(S.QUEUED, E.RAN_OUT)
    assert expired is S.EXPIRED
    assert find_next(expired, E.ACCEPTED) is S.DELIVERED
    assert find_next(expired, E.REJECTED) is None


def test_each_step_of_a_receipt_means_one_event_and_only_replies_and_what_the_node_gives_up_come_without_one() -> None:
    assert EVENTS == {
        "relayed": E.TAKEN_ON,
        "delivered": E.ACCEPTED,
        "opened": E.READ,
        "refused": E.REJECTED,
        "later": E.UNANSWERED,
        "entered": E.TAKEN_IN,
        "turned-down": E.TURNED_DOWN,
    }
    assert set(E) - set(EVENTS.values()) == {E.REPLIED, E.RAN_OUT, E.CALLED_OFF}


def test_a_new_delivery_is_due_at_once() -> None:
    to, sender = MemberCode("LT"), MemberCode("FR")
    new = new_delivery("a" * 64, "envelope", b"signed", sender=sender, to=to, now=NOW, expires_at=NOW)
    assert (new.state, new.attempts, new.next_at) == (S.QUEUED, 0, NOW)
    assert (new.sender, new.recipient) == (sender, to)


def test_retries_wait_longer_each_time_and_never_for_long() -> None:
    waits = [retry_at(attempts, NOW) - NOW for attempts in range(100)]
    assert all(before <= after for before, after in pairwise(waits))
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == timedelta(seconds=RETRY_S_MAX)
    assert retry_at(10**9, NOW) == NOW + timedelta(seconds=RETRY_S_MAX)
