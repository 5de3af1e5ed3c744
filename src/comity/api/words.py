"""The words that every face uses for answers: pages, API and command line say the same.

Words about what a register has stand in its own declaration.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, get_args

from comity.ids import RegisterName
from comity.registers.query import CROWDED, UNREADY
from comity.registers.question import DISPUTED, RegisterAnswer
from comity.registers.register import Instruction, Order
from comity.registers.registry import REGISTERS
from comity.registers.terms import Term
from comity.texts import N_, _

CHANNEL_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"query": N_("Asking"), "enter": N_("Entering records"), "message": N_("Messages")}
)

STATE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"open": N_("Open"), "review": N_("Review before release"), "suspended": N_("Suspended"), "": N_("Not open")}
)

DELIVERY_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "queued": N_("Waiting for the keeper"),
        "delivered": N_("Delivered"),
        "refused": N_("Refused by the keeper"),
        "expired": N_("Expired: never delivered"),
        "withdrawn": N_("Withdrawn: never delivered"),
    }
)
"""What becomes of a batch of records."""

FILE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "coming": N_("On its way to the node"),
        "reading": N_("Being read"),
        "read": N_("Read: waits to be entered"),
        "unusable": N_("Cannot be entered"),
        "held": N_("Held until others release it"),
        "not-released": N_("Not released, and not entered"),
        "entered": N_("Entered"),
    }
)
"""How far a file of records has come."""

CONSIGNMENT_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "underway": N_("On its way to the keeper"),
        "entered": N_("In the register"),
        "refused": N_("Refused by the keeper"),
    }
)
"""What becomes of a file that was entered, as a whole."""

MESSAGE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "queued": N_("Not there yet"),
        "relayed": N_("With the secretariat"),
        "delivered": N_("Delivered"),
        "opened": N_("Opened"),
        "answered": N_("Answered"),
        "refused": N_("Refused"),
        "expired": N_("Expired"),
        "withdrawn": N_("Withdrawn"),
        "unreadable": N_("Damaged"),
    }
)
"""What becomes of a message at one recipient."""

_PRESSING: Final = (*get_args(Instruction), DISPUTED)

CAUTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {DISPUTED: N_("Disputed: its source is suspended from entering records. Confirm with the duty desk first.")}
)
"""What is said beside a record that nobody is to act on."""

SILENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "line-down": N_("This node's line is down."),
        "not-listening": N_("The keeper of the register is not connected."),
        "too-late": N_("The keeper of the register did not answer in time."),
        "busy": N_("Too many questions are in hand."),
        "failed": N_("The keeper of the register could not make an answer."),
        "untrusted": N_("What came back does not bear the keeper's signature."),
        "source-untrusted": N_("The record that came back is not shown to be its source's: nothing of it is shown."),
        "unavailable": N_("The keeper of the register could not answer now."),
        "register-unready": N_("The keeper cannot look in the register now: ask again in a minute."),
        CROWDED: N_("More records are open to you under this name or number than the keeper looks at."),
        "malformed": N_("What came back is no answer."),
        "unknown-keeper": N_("The directory does not know the keeper of the register."),
    }
)


def value_title(register: str, field: str, value: str) -> str:
    """What a person sees for a field's value: a choice in the register's own words, anything else as it is.

    A group's field has the group's name before it, ``names.kind``.
    """
    held = REGISTERS.get(RegisterName(register))
    found = held.find_field(field) if held else None
    title = found.choices.get(value) if found else None
    return _(title) if title else value


def term_word(term: Term, said: str) -> str:
    """What a person sees for what a question says: a choice by its title."""
    title = term.choices.get(said)
    return _(title) if title else said


def instruction_title(instruction: str, register: str) -> str:
    """A record's instruction in its register's words."""
    order = _order(register, instruction)
    return _("Disputed") if instruction == DISPUTED else _(order.title) if order else instruction


def _order(register: str, instruction: str) -> Order | None:
    held = REGISTERS.get(RegisterName(register))
    return next((order for name, order in held.instructions.items() if name == instruction), None) if held else None


def caution_word(instruction: str) -> str:
    """Why nobody is to act on a record; empty where its source's instruction holds."""
    text = CAUTIONS.get(instruction)
    return _(text) if text else ""


def answer_word(
    answer: str, *, rules: tuple[str, ...] = (), by: str = "", why: str = "", nothing: str = ""
) -> str:  # fmt: skip
    """One of the answer words: a hit, nothing open, refused (rule), no answer by a time, not asked (why).

    ``nothing`` says what "nothing open" means, where it means less, in the reader's language.
    """
    match answer:
        case "hit":
            return _("Hit")
        case "nothing" if nothing:
            return _("Nothing open to you ({nothing})").format(nothing=nothing)
        case "nothing":
            return _("Nothing open to you")
        case "refused":
            return _("Refused ({rules})").format(rules=", ".join(rules) or "-")
        case "no-answer":
            return _("No answer by {time}").format(time=by) if why != UNREADY else _("No answer now")
        case _:
            return _("Not asked ({why})").format(why=why or "-")


def unread_word(answer: str, unread: int) -> str:
    """The answer word where ``unread`` records that were found cannot be read now."""
    if answer != "hit":
        return _("No answer: what was found cannot be read now; ask again")
    if unread == 1:
        return _("Hit, and one more that cannot be read now: ask again")
    return _("Hit, and {count} more that cannot be read now: ask again").format(count=unread)


def crowded_word() -> str:
    """The answer word where too much lies under what was asked, and nothing that was looked at answers."""
    return _("No answer: too many of that name or number to look at all")


def crowded_step(register: str) -> str:
    """What the person does about it."""
    held = REGISTERS.get(RegisterName(register))
    return _(held.when_crowded) if held else ""


def as_reason(sentence: str) -> str:
    """A sentence as it stands in brackets behind a word."""
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()
    return first + sentence[1:].removesuffix(".")


def silence(why: str) -> str:
    """Why there is no answer, as a sentence."""
    text = SILENCES.get(why)
    return _(text) if text else why


def headline_of(hits: Iterable[tuple[str, str]]) -> str:
    """What is said first of hits, each a register and an instruction: the most pressing, in its register's words."""
    register, instruction = min(hits, key=lambda hit: _PRESSING.index(hit[1]) if hit[1] in _PRESSING else 0)
    if instruction == DISPUTED:
        return _("Hit, disputed: do nothing on it; confirm with the duty desk first")
    order = _order(register, instruction)
    return _(order.headline) if order else _("Hit")


def lead_word(instructions: Iterable[str], *, is_own: bool = False) -> str:
    """What is said under the hits of a check: what they are, and with whom each is confirmed.

    ``is_own``: all are on the own bureau's records.
    """
    said = set(instructions)
    if is_own and DISPUTED not in said:
        return _("A hit is a lead, and the record is your own bureau's: look in its file before anything is done.")
    lead = _("A hit is a lead: confirm it with the source before anything is done on it.")
    disputed = _(
        "Ask the duty desk, not the source, about a disputed hit: the source may not enter now, and hears of none."
    )
    if DISPUTED not in said:
        return lead
    return disputed if said == {DISPUTED} else f"{lead} {disputed}"


def bound_word(answer: RegisterAnswer) -> str:
    """That there may be more records than are shown; empty where all are."""
    held = REGISTERS.get(answer.register)
    if held is None or not answer.hits:
        return ""
    if len(answer.hits) < held.postings_max:
        more = _("Not all records of that name or number are looked at: there may be more.")
        return more if answer.is_crowded else ""
    return _("At most {count} records of one key are shown: there may be more.").format(count=held.postings_max)
