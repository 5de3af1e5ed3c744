"""The life of what was asked by a form that another form answers. ``LIFE`` is the whole of it.

It is not stored: both ends make it of the messages that they hold, and of what became of their delivery; what each saw
itself says what was late.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from comity.exchange.delivery import UNDERWAY, DeliveryState
from comity.exchange.message import Message


class AskedState(StrEnum):
    """Where a question stands."""

    COMING = "coming"  # on its way to who was asked
    WAITING = "waiting"
    OVERDUE = "overdue"
    UNREACHED = "unreached"  # overdue, and still on its way
    ANSWERED = "answered"
    ANSWERED_LATE = "answered-late"
    REFUSED = "refused"  # by who was asked: no answer can come
    ENDED = "ended"  # it expired, or was withdrawn, before it was there


class AskedEvent(StrEnum):
    """What can happen to it."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    ENDED = "ended"
    ANSWER = "answer"  # of whoever was asked, by the form for it; a further one corrects the one before
    TIME_PASSED = "time passed"


LIFE: Final[dict[AskedState, dict[AskedEvent, AskedState]]] = {
    AskedState.COMING: {
        AskedEvent.ARRIVED: AskedState.WAITING,
        AskedEvent.REFUSED: AskedState.REFUSED,
        AskedEvent.ENDED: AskedState.ENDED,
        AskedEvent.ANSWER: AskedState.ANSWERED,
        AskedEvent.TIME_PASSED: AskedState.UNREACHED,
    },
    AskedState.WAITING: {
        AskedEvent.ANSWER: AskedState.ANSWERED,
        AskedEvent.TIME_PASSED: AskedState.OVERDUE,
    },
    AskedState.OVERDUE: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
    AskedState.UNREACHED: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
    AskedState.ANSWERED: {AskedEvent.ANSWER: AskedState.ANSWERED},
    AskedState.ANSWERED_LATE: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
    AskedState.REFUSED: {},
    AskedState.ENDED: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
}
"""An event that a state does not know changes nothing."""

_LOST: Final = (DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN)


def follow_asked(
    asked: Message, answers: Iterable[Message], fates: Iterable[DeliveryState], now: datetime
) -> AskedState:
    """Where a question stands by now: ``answers`` are those to it that are here, ``fates`` what became of it.

    What came in has no fates: it is here.
    """
    arrived = _arrival(set(fates))
    state, by = AskedState.COMING, asked.head.answer_by
    state = LIFE[state][arrived] if arrived else state
    events = [(each.kept_at, AskedEvent.ANSWER) for each in answers]
    if by is not None and now >= by:
        events.append((by, AskedEvent.TIME_PASSED))
    for _at, event in sorted(events):
        state = LIFE[state].get(event, state)
    return state


def _arrival(fates: set[DeliveryState]) -> AskedEvent | None:
    """What its deliveries come to, of several recipients the best; None while it is on its way."""
    if not fates or fates - {*UNDERWAY, *_LOST}:
        return AskedEvent.ARRIVED
    if fates & {*UNDERWAY}:
        return None
    return AskedEvent.REFUSED if DeliveryState.REFUSED in fates else AskedEvent.ENDED


def is_late(answer: Message, asked: Message) -> bool:
    """Whether an answer came in here, or was sent from here, after the time by which it was asked for."""
    by = asked.head.answer_by
    return by is not None and answer.kept_at > by
