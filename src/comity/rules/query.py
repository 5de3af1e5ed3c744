"""Rules about asking and reading: the purpose that every question has, how much is asked, and what is shown."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class QueryFacts(ActFacts):
    """Facts of asking, and of a record that is read."""

    in_audience: bool = False  # the reader is in the record's audience


def in_audience(facts: QueryFacts, _: Values) -> bool:
    """The source lets the reader's member see the record."""
    return facts.in_audience


_TESTS = (RuleTest(in_audience),)

PURPOSES = (
    "border-control",
    "search-wanted",
    "locate",
    "investigation",
    "warn",
    "identify",
    "forensic",
    "security-check",
    "threats",
)
"""The closed list of RPD 10(2), in the order in which officers need them."""

_ASKED = OF_EVERY_ACT | {"standing", "purpose", "has_reference"}
_ANSWERED = _ASKED | {"recipient_standing", "is_keeper", "skew_s", "is_replay", "in_audience"}

_KINDS = (
    ActRuled(
        "query.ask",
        "officer",
        only_reads=True,
        uses_channel=True,
        states=_ASKED | {"registers", "recent_count", "count"},
    ),
    ActRuled(
        "query.answer",
        "bureau",
        only_reads=True,
        uses_channel=True,
        is_at_keeper=True,
        is_timed=True,
        is_answered_once=True,
        states=_ANSWERED | {"source_standing", "registers", "count"},
        hides=frozenset({"instruction"}),
        hides_by="source_is_not_suspended",
        hides_whole_by=frozenset({"in_audience"}),
    ),
    ActRuled("answer.receive", "node", only_reads=True, states=OF_EVERY_ACT | {"purpose", "has_reference"}),
    ActRuled("record.read", "officer", only_reads=True, uses_channel=True, states=_ASKED | {"recent_count"}),
    # Not about registers: a keeper that looked for the register of a record would tell one that is hidden from none.
    ActRuled(
        "record.show",
        "bureau",
        only_reads=True,
        uses_channel=True,
        is_at_keeper=True,
        is_timed=True,
        is_answered_once=True,
        states=_ANSWERED,
        hides_whole_by=frozenset({"in_audience"}),
    ),
    ActRuled(
        "record.receive",
        "node",
        only_reads=True,
        states=OF_EVERY_ACT | {"source_standing", "registers", "purpose", "has_reference", "handlings"},
        hides=frozenset({"instruction"}),
        hides_by="source_is_not_suspended",
    ),
)
_RULES = (
    Rule(
        "RPD-10.1",
        "RPD 10(1), 10(2)",
        N_("Every processing has a given purpose from the closed list."),
        "condition",
        ("query.*", "record.read", "record.show"),
        "purpose_is_listed",
        {"purposes": list(PURPOSES)},
        "yes",
        next_step=N_("Choose the purpose, then do it again: {purposes}."),
    ),
    Rule(
        "RPD-10.2",
        "RPD 10(6)",
        N_("This purpose demands the reference of a case or of a shift."),
        "condition",
        ("query.*", "record.read", "record.show"),
        "reference_is_given",
        {"purposes": [purpose for purpose in PURPOSES if purpose not in ("warn", "threats")]},
        "partly",
        next_step=N_("Give the reference of the case or shift, then do it again."),
    ),
    Rule(
        "RPD-127.1",
        "RPD 127",
        N_("A query asks about one document, person or vehicle; comparing in bulk is another act."),
        "condition",
        ("query.*",),
        "count_is_bounded",
        {"most": 1.0},
    ),
    Rule(
        "RPD-127.2",
        "RPD 127",
        N_("An officer asks at most sixty times a minute."),
        "condition",
        ("query.ask",),
        "rate_is_bounded",
        {"per_minute": 60.0},
        next_step=N_("Wait a minute, then do it again."),
    ),
    Rule(
        "RPD-58.1",
        "RPD 58",
        N_("A record is open to the audience that its source has set."),
        "mask",
        ("query.answer", "record.show"),
        "in_audience",
        seen="partly",
    ),
    Rule(
        "RPD-129.1",
        "RPD 128, 129",
        N_("While a measure keeps a source from entering, its records are disputed: nobody acts on its instruction."),
        "mask",
        ("query.answer", "record.receive"),
        "source_is_not_suspended",
        {"hides": ["instruction"]},
        "partly",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES)
