"""How messages are said on pages: states, deadlines, hit alerts, each with a word, a sign and a place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from comity.api.message_words import IN_TITLES, STATE_SENTENCES, STEP_TITLES, state_word
from comity.exchange.delivery import Delivery, DeliveryState
from comity.exchange.message import Message
from comity.exchange.receipt import Receipt
from comity.ids import MemberCode
from comity.rules.in_force import InForce
from comity.texts import N_, _

URGENCY_ASKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "immediate": N_("answer within 1 hour"),
        "urgent": N_("answer within 8 hours"),
        "routine": N_("answer within 7 days"),
    }
)
URGENCY_TONES: Final = {"immediate": "stop", "urgent": "care", "routine": "plain"}
SOON: Final = {"immediate": timedelta(hours=1), "urgent": timedelta(hours=2), "routine": timedelta(hours=12)}
"""How long before its deadline an answer is pressing."""

SIGNS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "queued": ("care", "…"),
        "relayed": ("care", "◔"),
        "delivered": ("plain", "●"),
        "opened": ("clear", "○"),
        "answered": ("clear", "✓"),
        "refused": ("stop", "✕"),
        "expired": ("stop", "✕"),
        "withdrawn": ("stop", "✕"),
        "unreadable": ("stop", "✕"),
    }
)
"""Tone and sign of each state of a message's delivery; its word says the same."""

_WORST: Final = (
    "unreadable",
    "expired",
    "withdrawn",
    "refused",
    "queued",
    "relayed",
    "delivered",
    "opened",
    "answered",
)
_NAMED_MAX: Final = 4  # recipients that a list names one by one; more are counted by state


@dataclass(frozen=True)
class Mark:
    """A state: tone for the eye, sign and word for everybody; ``about`` whom it concerns, ``by`` who did it."""

    code: str
    tone: str
    sign: str
    word: str
    about: str = ""
    by: str = ""


@dataclass(frozen=True)
class Due:
    """By when an answer is asked for. ``code`` is ``overdue``, ``soon`` or ``later``."""

    code: str
    word: str
    at: datetime


@dataclass(frozen=True)
class RowState:
    """What of a list's row changes while it is being looked at."""

    id: str
    marks: tuple[Mark, ...]
    due: Due | None


@dataclass(frozen=True)
class Fate:
    """What became of a message at one recipient. ``steps`` are what was signed about it: word, receipt."""

    member: MemberCode
    title: str
    mark: Mark
    sentence: str
    rules: tuple[str, ...]
    steps: tuple[tuple[str, Receipt], ...]


def row_state(message: Message, deliveries: Sequence[Delivery], now: datetime, *, is_answered: bool) -> RowState:
    """The state of one row; ``is_answered``: of one that came in, whether somebody here has answered it."""
    if message.is_outgoing:
        waiting = [each for each in deliveries if each.state not in _ENDED]
        due = find_due(message, now, is_met=not waiting)
        return RowState(message.id, fate_marks(deliveries), due)
    if is_answered:
        mark = Mark("answered", "clear", "✓", _(IN_TITLES["answered"]))
    elif message.opened_at is not None:
        mark = Mark("opened", "plain", "○", _(IN_TITLES["opened"]), by=message.opened_by)
    else:
        mark = Mark("unopened", "fresh", "●", _(IN_TITLES["unopened"]))
    return RowState(message.id, (mark,), find_due(message, now, is_met=is_answered))


_ENDED: Final = (DeliveryState.ANSWERED, DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN)


def find_due(message: Message, now: datetime, *, is_met: bool) -> Due | None:
    """By when the message still asks for an answer; None where it asks for none, or has it."""
    by = message.head.answer_by
    if by is None or is_met:
        return None
    if now >= by:
        return Due("overdue", _("overdue since"), by)
    return Due("soon" if by - now <= SOON[message.head.urgency] else "later", _("by"), by)


def fate_mark(state: DeliveryState, about: str = "") -> Mark:
    """The mark of one delivery."""
    tone, sign = SIGNS[state.value]
    return Mark(state.value, tone, sign, state_word(state.value), about)


def fate_marks(deliveries: Sequence[Delivery]) -> tuple[Mark, ...]:
    """A mark for each recipient; of many, a mark for each state with how many are in it, the worst first."""
    if len(deliveries) <= _NAMED_MAX:
        return tuple(fate_mark(each.state, each.recipient) for each in deliveries)
    counts = {state: sum(each.state.value == state for each in deliveries) for state in _WORST}
    return tuple(fate_mark(DeliveryState(state), str(count)) for state, count in counts.items() if count)


def fates_of(
    deliveries: Sequence[Delivery], receipts: Iterable[Receipt], titles: Mapping[str, str], rulebook: InForce
) -> tuple[Fate, ...]:
    """What became of a message at each recipient, with what was signed about it."""
    said = tuple(receipts)
    return tuple(
        Fate(
            each.recipient,
            titles.get(each.recipient, ""),
            fate_mark(each.state),
            _(STATE_SENTENCES[each.state.value]),
            tuple(map(rulebook.name, _refusing(said, each.recipient))),
            tuple((_(STEP_TITLES[one.step]), one) for one in said if one.recipient == each.recipient),
        )
        for each in deliveries
    )


def _refusing(receipts: Iterable[Receipt], recipient: MemberCode) -> tuple[str, ...]:
    return next((each.rules for each in receipts if each.recipient == recipient and each.step == "refused"), ())


def join_names(names: Sequence[str]) -> str:
    """Names as a sentence has them."""
    if len(names) <= 1:
        return "".join(names)
    return _("{several} and {last}").format(several=", ".join(names[:-1]), last=names[-1])
