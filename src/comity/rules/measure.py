"""Rules about measures: how they are taken. What they close: ``access.py``."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values, number_of
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class MeasureFacts(ActFacts):
    """Facts of a measure."""

    has_reason: bool = False
    measure_days: float | None = None  # how long a measure is to last; None where it has no end


def is_reasoned(facts: MeasureFacts, _: Values) -> bool:
    """A reason is given."""
    return facts.has_reason


def measure_has_an_end(facts: MeasureFacts, _: Values) -> bool:
    """The measure says when it ends."""
    return facts.measure_days is not None and facts.measure_days > 0


def long_measure_is_decided(facts: MeasureFacts, values: Values) -> bool:
    """A long measure names the decision of the body that may take it."""
    return facts.measure_days is None or facts.measure_days <= number_of(values, "days") or facts.has_reference


_TESTS = (
    RuleTest(is_reasoned),
    RuleTest(measure_has_an_end),
    RuleTest(long_measure_is_decided, {"days": "positive"}),
)

_KINDS = (
    ActRuled(
        "standing.set",
        "officer",
        states=OF_EVERY_ACT | {"is_secretariat", "has_reference", "has_reason", "measure_days"},
    ),
    ActRuled("directory.publish", "officer", states=OF_EVERY_ACT | {"is_secretariat"}),
)
_RULES = (
    Rule(
        "RPD-131.2",
        "RPD 131",
        N_("A measure is taken at the secretariat."),
        "condition",
        ("standing.set", "directory.publish"),
        "is_secretariat",
        seen="partly",
        next_step=N_("Only the secretariat does this."),
    ),
    Rule(
        "RPD-131.3",
        "RPD 131",
        N_("A measure gives its reason."),
        "condition",
        ("standing.set",),
        "is_reasoned",
        seen="partly",
        next_step=N_("Write the reason, as a sentence for the member."),
    ),
    Rule(
        "RPD-131.4",
        "RPD 131",
        N_("A measure says when it ends."),
        "condition",
        ("standing.set",),
        "measure_has_an_end",
        seen="partly",
        next_step=N_("Say when the measure ends."),
    ),
    Rule(
        "RPD-131.5",
        "RPD 131",
        N_("A measure of more than three months names the decision of the executive committee."),
        "condition",
        ("standing.set",),
        "long_measure_is_decided",
        {"days": 92.0},
        "partly",
        next_step=N_("Name the decision of the executive committee, or choose an earlier end."),
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
