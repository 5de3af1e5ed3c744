"""Rules about sessions: who is let in."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class SessionFacts(ActFacts):
    """Facts of signing in and of passwords."""

    is_paused: bool = False  # too many wrong passwords, the wait is not over


def is_not_paused(facts: SessionFacts, _: Values) -> bool:
    """No wait after wrong passwords is running."""
    return not facts.is_paused


def is_officer_signing_in(facts: SessionFacts, _: Values) -> bool:
    """An officer opens a session with the right password."""
    return facts.actor == "nobody" and facts.is_proven


_TESTS = (
    RuleTest(is_not_paused),
    RuleTest(is_officer_signing_in),
)

_KINDS = (
    ActRuled("session.open", "own", states=OF_EVERY_ACT | {"is_paused"}),
    ActRuled("session.close", "own", may_wait=False),
    ActRuled("password.set", "officer", states=OF_EVERY_ACT | {"is_paused"}),
)
_RULES = (
    Rule(
        "RPD-107.1",
        "RPD 107",
        N_("Only a named officer who proves to be that officer is let in."),
        "ground",
        ("session.open",),
        "is_officer_signing_in",
    ),
    Rule(
        "CTY-3.3",
        "Comity 3",
        N_("Whoever is signed in may sign out: no role is needed for that."),
        "ground",
        ("session.close",),
        "is_officer",
        seen="yes",
    ),
    Rule(
        "CTY-3.1",
        "Comity 3",
        N_("After five wrong passwords an officer waits for a minute."),
        "condition",
        ("session.open", "password.set"),
        "is_not_paused",
        seen="yes",
        next_step=N_("Wait a minute, then do it again."),
    ),
    Rule(
        "CTY-3.2",
        "Comity 3",
        N_("Who chooses another password shows the present one."),
        "condition",
        ("password.set",),
        "is_proven",
        seen="yes",
        next_step=N_("Type your present password again."),
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
