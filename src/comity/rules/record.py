"""Rules about records: who enters them, what they carry, how long they are kept, who may handle them."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart, RuleTest
from comity.rules.rule import Rule, Value
from comity.rules.thresholds import Values, number_of
from comity.rules.written import Retired
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class RecordFacts(ActFacts):
    """Facts of entering records."""

    is_issuer: bool = False  # every record's issuing country is one of the source's own
    is_source: bool = False  # the actor's member is the source of what is entered
    is_lawful: bool = False  # the source confirmed that its national law allows the processing
    is_complete: bool = False  # every mandatory field of every record is there and well formed
    is_over: bool = False  # the end of every record in the act has come
    retention_years: float | None = None  # the longest in the act; None where nothing is kept


def is_issuer(facts: RecordFacts, _: Values) -> bool:
    """The source enters documents of its own issuing countries only."""
    return facts.is_issuer


def is_source(facts: RecordFacts, _: Values) -> bool:
    """Whoever sends a record is its source."""
    return facts.is_source


def is_lawful(facts: RecordFacts, _: Values) -> bool:
    """The source confirmed that its national law allows the processing."""
    return facts.is_lawful


def is_complete(facts: RecordFacts, _: Values) -> bool:
    """Each record has its mandatory metadata."""
    return facts.is_complete


def retention_is_bounded(facts: RecordFacts, values: Values) -> bool:
    """No record is kept longer than its register allows."""
    return facts.retention_years is not None and 0 < facts.retention_years <= number_of(values, "years")


def is_over(facts: RecordFacts, _: Values) -> bool:
    """Every record's end has come."""
    return facts.is_over


_TESTS = (
    RuleTest(is_issuer),
    RuleTest(is_source),
    RuleTest(is_lawful),
    RuleTest(is_complete),
    RuleTest(is_over),
    RuleTest(retention_is_bounded, {"years": "positive"}),
)

_HANDLING: dict[str, Value] = {
    "official-use": ["inspector", "registrar", "desk"],
    "restricted": ["inspector", "registrar", "desk"],
    "confidential": ["registrar", "desk"],
}
_ENTERED = ("record.enter", "batch.accept")
_CONSIGNED = ("record.consign", "consignment.take")
_BROUGHT = (*_ENTERED, *_CONSIGNED)
_AMENDED = ("record.amend",)
_ENTERING = (*_BROUGHT, *_AMENDED)

_RETIRED = (
    Retired("TD-1.1", "condition", "is_issuer", _BROUGHT),
    Retired("RPD-49.1", "condition", "retention_is_bounded", _BROUGHT),
)
"""Rules that spoke about every register, and meant travel documents."""

OF_RECORDS: Final = OF_EVERY_ACT | {
    "standing", "registers", "count", "handlings", "is_issuer", "is_source", "is_lawful", "is_complete",
    "retention_years",
}  # fmt: skip
"""The facts of whatever enters records."""

_KINDS = (
    ActRuled("record.enter", "officer", uses_channel=True, states=OF_RECORDS),
    ActRuled("record.expire", "node", states=OF_EVERY_ACT | {"registers", "is_over"}),
    ActRuled(
        "batch.accept",
        "bureau",
        uses_channel=True,
        is_at_keeper=True,
        states=OF_RECORDS | {"recipient_standing", "is_keeper"},
    ),
)
_RULES = (
    Rule(
        "RPD-51.1",
        "RPD 49, 51",
        N_("A record goes at its end, and none before."),
        "condition",
        ("record.expire",),
        "is_over",
        seen="partly",
    ),
    Rule(
        "CTY-2.3",
        "Comity 2",
        N_("Nothing is ended for good by a clock that the directory does not bear out."),
        "condition",
        ("record.expire",),
        "directory_is_fresh",
        seen="yes",
        next_step=N_("Wait until the line to the secretariat is up again, and look at this node's clock."),
    ),
    Rule(
        "TD-1.2",
        "Travel documents 1",
        N_("Only the issuing country enters a travel document."),
        "condition",
        _ENTERING,
        "is_issuer",
        seen="partly",
        register="travel-documents",
        next_step=N_("Check the issuing country; a document of another country is that country's to enter."),
    ),
    Rule(
        "RPD-12.1",
        "RPD 11",
        N_("The source confirms that its national law allows the processing."),
        "condition",
        _ENTERING,
        "is_lawful",
        next_step=N_("Confirm that your national law allows it."),
    ),
    Rule(
        "RPD-36.1",
        "RPD 36, 37",
        N_("A record carries its mandatory fields."),
        "condition",
        _ENTERING,
        "is_complete",
    ),
    Rule(
        "RPD-7.1",
        "RPD 7",
        N_("A record is entered by the member that is its source."),
        "condition",
        _ENTERING,
        "is_source",
        seen="partly",
    ),
    Rule(
        "RPD-49.2",
        "RPD 49",
        N_("A record of a travel document is kept for ten years at most."),
        "condition",
        _ENTERING,
        "retention_is_bounded",
        {"years": 10.0},
        "partly",
        "travel-documents",
        next_step=N_("Choose an earlier end of retention."),
    ),
    Rule(
        "RPD-49.3",
        "RPD 49",
        N_("A record of a person is kept for five years at most."),
        "condition",
        _ENTERING,
        "retention_is_bounded",
        {"years": 5.0},
        "partly",
        "persons",
        next_step=N_("Choose an earlier end of retention."),
    ),
    Rule(
        "RPD-49.4",
        "RPD 49",
        N_("A record of a vehicle is kept for five years at most."),
        "condition",
        _ENTERING,
        "retention_is_bounded",
        {"years": 5.0},
        register="vehicles",
        next_step=N_("Choose an earlier end of retention."),
    ),
    Rule(
        "RPD-112.1",
        "RPD 112",
        N_("A record or message has one of the three confidentiality levels."),
        "condition",
        (*_BROUGHT, "message.send", "message.deliver", *_AMENDED),
        "handling_is_known",
        {"levels": list(_HANDLING)},
        "partly",
        next_step=N_("Choose one of the levels of confidentiality that the rulebook lists."),
    ),
    Rule(
        "RPD-127.3",
        "RPD 127",
        N_("By hand, one to a thousand records are entered at a time."),
        "condition",
        _ENTERED,
        "count_is_bounded",
        {"most": 1000.0},
    ),
    Rule(
        "RPD-107.2",
        "RPD 107, 113",
        N_("An officer's role must cover the confidentiality level of what is shown."),
        "condition",
        ("record.receive", "message.open", "attachment.read", "record.view"),
        "role_covers_handling",
        _HANDLING,
        next_step=N_("Ask a registrar of your bureau: the record's level is beyond your role."),
    ),
)
PART: Final = RulesPart(kinds=_KINDS, tests=_TESTS, rules=_RULES, retired=_RETIRED)
