"""Rules about acts that others release: who may, and how often."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class HeldFacts(ActFacts):
    """Facts of an act that waits until others release it."""

    may_do_held: bool = False  # the officer's roles include acts of the kind that is held
    is_author: bool = True  # the held act is the officer's own
    has_spoken: bool = True  # the officer has released it already


def may_do_held(facts: HeldFacts, _: Values) -> bool:
    """Whoever releases an act may do such acts."""
    return facts.may_do_held


def is_not_author(facts: HeldFacts, _: Values) -> bool:
    """Nobody releases an act of their own."""
    return not facts.is_author


def speaks_once(facts: HeldFacts, _: Values) -> bool:
    """An officer has one word on a held act."""
    return not facts.has_spoken


_TESTS = (
    RuleTest(may_do_held),
    RuleTest(is_not_author),
    RuleTest(speaks_once),
)

_SAID = ("held.release", "held.refuse")

_OF_HELD = OF_EVERY_ACT | {"days_left", "is_known", "may_do_held", "is_author", "has_spoken"}

_KINDS = (
    ActRuled("held.list", "officer", only_reads=True),
    ActRuled("held.show", "officer", states=_OF_HELD, only_reads=True),
    ActRuled("held.release", "officer", states=_OF_HELD, may_wait=False),
    ActRuled("held.refuse", "officer", states=_OF_HELD, may_wait=False),
    ActRuled("held.end", "node"),
)
_RULES = (
    Rule(
        "CTY-5.1",
        "Comity 5",
        N_("Whoever sees, releases or refuses a held act may do such acts."),
        "condition",
        ("held.show", *_SAID),
        "may_do_held",
        seen="yes",
    ),
    Rule(
        "CTY-5.2",
        "Comity 5",
        N_("Nobody releases an act of their own."),
        "condition",
        ("held.release",),
        "is_not_author",
        seen="yes",
    ),
    Rule(
        "CTY-5.3",
        "Comity 5",
        N_("An officer releases an act once."),
        "condition",
        ("held.release",),
        "speaks_once",
        seen="yes",
    ),
    Rule(
        "CTY-5.4",
        "Comity 5",
        N_("Only an act that still waits is released or refused."),
        "condition",
        ("held.show", *_SAID),
        "is_known",
        seen="yes",
    ),
    Rule(
        "CTY-5.5",
        "Comity 5",
        N_("A held act is released before its time is over."),
        "condition",
        ("held.release",),
        "is_in_time",
        {"days": 366.0},
        "yes",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
