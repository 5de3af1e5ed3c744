"""Rules about a bureau's own records: who lists them, looks at them and changes them, and why they are kept longer."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.consignment import OF_CONSIGNING
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class OwnRecordFacts(ActFacts):
    """Facts of changing own records."""

    is_there: bool = False  # what goes out, or is replaced, is in the register still, and nothing else changes it
    is_longer: bool = True  # records are kept longer than was said before
    has_grounds: bool = False  # it is said why


def is_there(facts: OwnRecordFacts, _: Values) -> bool:
    """Nothing that goes out is gone already, or on its way out."""
    return facts.is_there


def longer_has_grounds(facts: OwnRecordFacts, _: Values) -> bool:
    """What is kept longer is kept for a stated reason."""
    return facts.has_grounds or not facts.is_longer


_KINDS = (
    ActRuled("record.list", "officer", only_reads=True),
    ActRuled("record.view", "officer", only_reads=True, states=OF_EVERY_ACT | {"registers", "handlings"}),
    ActRuled(
        "record.amend", "officer", uses_channel=True, states=OF_CONSIGNING | {"is_there", "is_longer", "has_grounds"}
    ),
)
_RULES = (
    Rule(
        "RPD-46.1",
        "RPD 46",
        N_("Only what is in the register still is taken out or replaced."),
        "condition",
        ("record.amend",),
        "is_there",
        seen="partly",
        next_step=N_("Look it up among your records: somebody has changed it or taken it out since."),
    ),
    Rule(
        "RPD-50.1",
        "RPD 50",
        N_("A record is kept longer for a stated reason."),
        "condition",
        ("record.amend",),
        "longer_has_grounds",
        seen="yes",
        next_step=N_("Say why it is still needed."),
    ),
)
_ROLES = {"desk": ("record.list", "record.view")}
PART: Final = RulesPart(
    kinds=_KINDS, tests=(RuleTest(is_there), RuleTest(longer_has_grounds)), rules=_RULES, roles=_ROLES
)
