"""The life of what was asked by a form that another form answers. ``LIFE`` is the whole of it.

It is not stored: both ends make it of the messages that they hold, and what each saw itself says what was late.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from comity.exchange.message import Message


class AskedState(StrEnum):
    """Where a question stands."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered-late"


class AskedEvent(StrEnum):
    """What can happen to it."""

    ANSWER = "answer"  # of whoever was asked, by the form for it; a further one corrects the one before
    TIME_PASSED = "time passed"


LIFE: Final[dict[AskedState, dict[AskedEvent, AskedState]]] = {
    AskedState.WAITING: {
        AskedEvent.ANSWER: AskedState.ANSWERED,
        AskedEvent.TIME_PASSED: AskedState.OVERDUE,
    },
    AskedState.OVERDUE: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
    AskedState.ANSWERED: {AskedEvent.ANSWER: AskedState.ANSWERED},
    AskedState.ANSWERED_LATE: {AskedEvent.ANSWER: AskedState.ANSWERED_LATE},
}
"""An event that a state does not know changes nothing."""


def follow_asked(asked: Message, answers: Iterable[Message], now: datetime) -> AskedState:
    """Where a question stands by now: ``answers`` are those to it that are here."""
    state, by = AskedState.WAITING, asked.head.answer_by
    events = [(each.kept_at, AskedEvent.ANSWER) for each in answers]
    if by is not None and now >= by:
        events.append((by, AskedEvent.TIME_PASSED))
    for _at, event in sorted(events):
        state = LIFE[state].get(event, state)
    return state


def is_late(answer: Message, asked: Message) -> bool:
    """Whether an answer came in here, or was sent from here, after the time by which it was asked for."""
    by = asked.head.answer_by
    return by is not None and answer.kept_at > by
