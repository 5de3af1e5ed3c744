"""Rules about officers: who lets the first one in. The others are created by an administrator's role."""

from typing import Final

from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart
from comity.rules.rule import Rule
from comity.texts import N_

_KINDS = (
    ActRuled("officer.first", "own", states=OF_EVERY_ACT - {"directory"}),
    ActRuled("officer.list", "officer", only_reads=True),
    ActRuled("officer.create", "officer"),
    ActRuled("officer.reset", "officer"),
    ActRuled("officer.disable", "officer"),
)
FIRST_OFFICER = Rule(
    "CTY-1.5",
    "Comity 1",
    N_("Whoever holds a node's folder lets its first administrator in."),
    "ground",
    ("officer.first",),
    "is_node",
    seen="yes",
)
PART: Final = RulesPart(kinds=_KINDS, rules=(FIRST_OFFICER,))
