"""Rules about records: who enters them, what they carry, how long they are kept, to whom they are open."""

from comity.rules.rule import Rule, Value
from comity.rules.written import Retired
from comity.texts import N_

_HANDLING: dict[str, Value] = {
    "official-use": ["inspector", "registrar", "desk"],
    "restricted": ["inspector", "registrar", "desk"],
    "confidential": ["registrar", "desk"],
}
_ENTERED = ("record.enter", "batch.accept")
_CONSIGNED = ("record.consign", "consignment.take")
_ENTERING = (*_ENTERED, *_CONSIGNED)
RETIRED_RECORDS = (
    Retired("TD-1.1", "condition", "is_issuer", _ENTERING),
    Retired("RPD-49.1", "condition", "retention_is_bounded", _ENTERING),
)
"""Rules that spoke about every register, and meant travel documents."""

RECORDS = (
    Rule(
        "TD-1.2",
        "Travel documents 1",
        N_("Only the issuing country enters a travel document."),
        "condition",
        _ENTERING,
        "is_issuer",
        seen="partly",
        register="travel-documents",
    ),
    Rule(
        "RPD-12.1",
        "RPD 11",
        N_("The source confirms that its national law allows the processing."),
        "condition",
        _ENTERING,
        "is_lawful",
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
    ),
    Rule(
        "RPD-112.1",
        "RPD 112",
        N_("A record or message has one of the three confidentiality levels."),
        "condition",
        (*_ENTERING, "message.send"),
        "handling_is_known",
        {"levels": list(_HANDLING)},
        "partly",
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
        "RPD-127.4",
        "RPD 127",
        N_("A file changes one to a million records at a time."),
        "condition",
        (*_CONSIGNED, "consignment.accept"),
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
    Rule(
        "RPD-107.2",
        "RPD 107, 113",
        N_("An officer's role must cover the confidentiality level of what is shown."),
        "condition",
        ("record.receive", "message.open", "attachment.read"),
        "role_covers_handling",
        _HANDLING,
    ),
)
