"""Rules about messages: what is sent, delivered, opened and receipted."""

from dataclasses import dataclass
from typing import Final

from comity.limits import MESSAGE_DAYS_MAX
from comity.rules.act import ActFacts
from comity.rules.form import OF_FORMS
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class MessageFacts(ActFacts):
    """Facts of a message that arrives."""

    is_readable: bool = False  # this version knows every field of it
    is_same_text: bool = False  # what opens is what its sender committed to before all recipients


def is_readable(facts: MessageFacts, _: Values) -> bool:
    """Nothing in it is unknown to this version."""
    return facts.is_readable


def is_same_text(facts: MessageFacts, _: Values) -> bool:
    """What opens is what its sender committed to."""
    return facts.is_same_text


_TESTS = (
    RuleTest(is_readable),
    RuleTest(is_same_text),
)

_RELAYED = ("envelope.relay", "receipt.relay")

_OF_MESSAGES = OF_EVERY_ACT | OF_FORMS | {"standing", "recipient_standing", "handlings", "days_left"}

_KINDS = (
    ActRuled(
        "message.send",
        "officer",
        uses_channel=True,
        gives_to_members=True,
        lasts_days=MESSAGE_DAYS_MAX,
        states=_OF_MESSAGES | {"source_standing", "count", "is_addressable", "is_known"},
    ),
    ActRuled(
        "message.deliver",
        "bureau",
        uses_channel=True,
        lasts_days=MESSAGE_DAYS_MAX + 1,  # by a clock that is behind the sender's
        states=_OF_MESSAGES | {"is_addressee", "is_readable", "is_same_text"},
    ),
    ActRuled("message.list", "officer", only_reads=True),
    ActRuled(
        "message.open",
        "officer",
        hides=frozenset({"receipt"}),
        hides_by="recipient_is_in_force",
        states=OF_EVERY_ACT | {"recipient_standing", "handlings", "is_known"},
    ),
    ActRuled("attachment.read", "officer", only_reads=True, states=OF_EVERY_ACT | {"handlings", "is_known"}),
)
_RULES = (
    Rule(
        "CTY-4.1",
        "Comity 4",
        N_("A message is for bureaus in force, each named once, and not for oneself."),
        "condition",
        ("message.send", *_RELAYED, "alert.send"),
        "is_addressable",
        seen="yes",
        next_step=N_("Choose other members of the directory, each in force; nobody writes to the own bureau."),
    ),
    Rule(
        "CTY-4.2",
        "Comity 4",
        N_("A bureau is given what was sealed to it, and nothing else."),
        "condition",
        ("message.deliver", "blob.show"),
        "is_addressee",
        seen="yes",
    ),
    Rule(
        "CTY-4.3",
        "Comity 4",
        N_("An envelope with a field that this version does not know is not taken."),
        "condition",
        ("message.deliver",),
        "is_readable",
        seen="yes",
    ),
    Rule(
        "CTY-4.4",
        "Comity 4",
        N_("All recipients read the text that the sender committed to."),
        "condition",
        ("message.deliver",),
        "is_same_text",
        seen="yes",
    ),
    Rule(
        "CTY-4.5",
        "Comity 4",
        N_("An envelope is delivered before it expires, within a month."),
        "condition",
        ("message.send", "message.deliver", *_RELAYED),
        "is_in_time",
        {"days": 31.0},
        "yes",
    ),
    Rule(
        "CTY-4.6",
        "Comity 4",
        N_("A receipt is for what was sent from here; what is opened or answered is here."),
        "condition",
        ("receipt.take", "message.send", "message.open", "attachment.read"),
        "is_known",
        seen="yes",
        next_step=N_("Look for it in the list of messages."),
        reveals=False,
    ),
    Rule(
        "CTY-4.11",
        "Comity 4",
        N_("That a message was opened is told to a sender that is in force."),
        "mask",
        ("message.open",),
        "recipient_is_in_force",
        {"hides": ["receipt"]},
        "yes",
    ),
    Rule(
        "CTY-4.9",
        "Comity 4",
        N_("A message is for one to two hundred bureaus."),
        "condition",
        ("message.send",),
        "count_is_bounded",
        {"most": 200.0},
        "yes",
        next_step=N_("Send it to fewer bureaus at a time."),
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
