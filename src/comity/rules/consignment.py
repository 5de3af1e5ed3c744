"""Rules about files of records: how much comes at a time, and what is held."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.record import OF_RECORDS
from comity.rules.rule import Rule
from comity.rules.thresholds import Values, number_of
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class ConsignmentFacts(ActFacts):
    """Facts of what a file changes."""

    taken_out: int = 0  # records of the source that the act takes out of its register
    taken_share: float = 1.0  # how much of the source's records in force those are, from 0 to 1


def few_go_out(facts: ConsignmentFacts, values: Values) -> bool:
    """No more records go out than a few, or than a share of what their source has."""
    few, share = number_of(values, "few"), number_of(values, "share")
    return facts.taken_out <= few or facts.taken_share <= share


_TESTS = (RuleTest(few_go_out, {"few": "number", "share": "number"}),)

_CONSIGNED = ("record.consign", "consignment.take")
_AMENDED = ("record.amend",)

OF_CONSIGNING: Final = OF_RECORDS | {"taken_out", "taken_share"}
"""The facts of whatever changes what a source has in a register."""

_KINDS = (
    ActRuled("record.consign", "officer", uses_channel=True, states=OF_CONSIGNING),
    ActRuled(
        "consignment.accept",
        "bureau",
        uses_channel=True,
        is_at_keeper=True,
        states=OF_EVERY_ACT | {"standing", "recipient_standing", "is_keeper", "registers", "count", "waiting_count"},
    ),
    ActRuled(
        "consignment.take",
        "bureau",
        uses_channel=True,
        is_at_keeper=True,
        states=OF_RECORDS | {"recipient_standing", "is_keeper"},
    ),
)
_RULES = (
    Rule(
        "RPD-127.4",
        "RPD 127",
        N_("A file changes one to a million records at a time."),
        "condition",
        (*_CONSIGNED, "consignment.accept", *_AMENDED),
        "count_is_bounded",
        {"most": 1_000_000.0},
    ),
    Rule(
        "CTY-4.10",
        "Comity 4",
        N_("At most sixteen files of one source wait at the keeper."),
        "condition",
        ("consignment.accept",),
        "has_room",
        {"most": 16.0},
        "yes",
    ),
    Rule(
        "CTY-5.6",
        "Comity 5",
        N_("A change that takes more than a tenth of a source's records out is released by a second officer."),
        "hold",
        ("record.consign", *_AMENDED),
        "few_go_out",
        {"few": 2.0, "share": 0.1, "releases": 1.0, "days": 7.0},
        "yes",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
