"""The forms of a thread that was opened: where each question stands, and which answers were late."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from comity.exchange.asked import AskedState, follow_asked, is_late
from comity.exchange.forms import find_form
from comity.exchange.judging import is_answered_by
from comity.exchange.reading import OpenedMessage
from comity.exchange.thread import is_answer
from comity.rules.wording import Wording
from comity.shown.forms import Clock, FormShown, SayRecord, form_shown, in_number, in_utc


def form_of_message(
    opened: OpenedMessage,
    thread: Sequence[OpenedMessage],
    now: datetime,
    own: str,
    wording: Wording,
    clock: Clock = in_utc,
    say_record: SayRecord = in_number,
) -> FormShown | None:
    """The form of one message of a thread, as it is read at the bureau ``own``; None for a free message.

    ``say_record`` says what its reader may know of a record.
    """
    filled, message = opened.text.form, opened.message
    if filled is None:
        return None
    asked = next((each for each in thread if _answers(opened, each)), None)
    return form_shown(
        filled,
        wording,
        sender=message.head.sender,
        recipient=", ".join(each.member for each in message.head.recipients),
        clock=clock,
        say_record=say_record,
        state=state_of(opened, thread, now),
        is_late=asked is not None and is_late(message, asked.message),
        is_asked_here=not message.is_outgoing and any(each.member == own for each in message.head.recipients),
    )


def state_of(opened: OpenedMessage, thread: Iterable[OpenedMessage], now: datetime) -> AskedState:
    """Where a question stands by the messages of its thread."""
    answers = (each.message for each in thread if _answers(each, opened))
    return follow_asked(opened.message, answers, (each.state for each in opened.deliveries), now)


def _answers(answer: OpenedMessage, asked: OpenedMessage) -> bool:
    """Whether one message answers another by the form for it."""
    is_for_it = is_answered_by(find_form(asked.text.form), find_form(answer.text.form))
    return is_for_it and is_answer(answer.text.reply_to, answer.message.head, asked.message)
