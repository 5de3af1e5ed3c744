"""Rules about the directory: how a node says which versions it reads."""

from typing import Final

from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart
from comity.rules.rule import Rule
from comity.texts import N_

_STATING = ("reads.state",)

_KINDS = (ActRuled("reads.state", "own", states=OF_EVERY_ACT | {"is_secretariat", "is_replay"}),)
_RULES = (
    Rule(
        "CTY-6.1",
        "Comity 6",
        N_("A bureau says what its own node reads, and signs it."),
        "ground",
        _STATING,
        "is_bureau",
        seen="yes",
    ),
    Rule(
        "CTY-6.2",
        "Comity 6",
        N_("What nodes read is published at the secretariat."),
        "condition",
        _STATING,
        "is_secretariat",
        seen="yes",
    ),
    Rule(
        "CTY-6.3",
        "Comity 6",
        N_("An older statement of what a node reads does not follow a newer one."),
        "condition",
        _STATING,
        "is_new",
        seen="yes",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, rules=_RULES)
