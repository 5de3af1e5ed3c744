"""Rules about alerts: what the source of a record hears of a hit on it."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values, texts_of
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class AlertFacts(ActFacts):
    """Facts of what the source of a record hears of a hit on it."""

    recipient_is_clear: bool = False  # no measure on any channel is in force against any of those who are told
    statuses: frozenset[str] = frozenset()  # of the records that are told of: words of their registers, "" where none


def recipient_is_not_suspended(facts: AlertFacts, _: Values) -> bool:
    """No measure has suspended the member that is told."""
    return facts.recipient_standing != "suspended"


def recipient_is_clear(facts: AlertFacts, _: Values) -> bool:
    """No measure at all is in force against the member that is told."""
    return facts.recipient_is_clear


def purpose_tells_place(facts: AlertFacts, values: Values) -> bool:
    """The purpose is one for which a source is told where and when as well."""
    return facts.purpose in texts_of(values, "purposes")


def statuses_are_listed(facts: AlertFacts, values: Values) -> bool:
    """Every record that is told of has one of the statuses listed.

    Where ``purposes`` are named, it asks nothing about any other purpose. Statuses are words of the registers
    (``wanted``, ``stolen-blank``); a record that has none is on no list.
    """
    is_about = "purposes" not in values or facts.purpose in texts_of(values, "purposes")
    return not is_about or (bool(facts.statuses) and facts.statuses <= set(texts_of(values, "statuses")))


_TESTS = (
    RuleTest(recipient_is_not_suspended),
    RuleTest(recipient_is_clear),
    RuleTest(purpose_tells_place, {"purposes": "texts"}),
    RuleTest(statuses_are_listed, {"statuses": "texts"}, may_have={"purposes": "texts"}),
)

_KINDS = (
    ActRuled(
        "alert.send",
        "own",
        gives_to_members=True,
        hides=frozenset({"asker", "time", "place"}),
        hides_unnamed=True,
        states=OF_EVERY_ACT
        | {"recipient_standing", "recipient_is_clear", "registers", "purpose", "statuses", "is_addressable"},
    ),
)
_RULES = (
    Rule(
        "RPD-104.1",
        "RPD 104",
        N_("The source is told of a hit on its record."),
        "ground",
        ("alert.send",),
        "is_node",
        seen="partly",
    ),
    Rule(
        "RPD-104.2",
        "RPD 104",
        N_("The source is told time and place of a hit only where the purpose is about what was checked."),
        "mask",
        ("alert.send",),
        "purpose_tells_place",
        {"purposes": ["border-control", "identify", "forensic"], "hides": ["time", "place"]},
    ),
    Rule(
        "RPD-104.3",
        "RPD 104, 131",
        N_("A source that a measure has suspended is told of no hit."),
        "condition",
        ("alert.send",),
        "recipient_is_not_suspended",
        seen="partly",
    ),
    Rule(
        "RPD-104.4",
        "RPD 104, 131",
        N_("A source under any measure is not told who asked, when and where."),
        "mask",
        ("alert.send",),
        "recipient_is_clear",
        {"hides": ["asker", "time", "place"]},
        "partly",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
