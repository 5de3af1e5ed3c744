"""Rules about deliveries: what the relay keeps."""

from typing import Final

from comity.limits import MESSAGE_DAYS_MAX
from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart
from comity.rules.rule import Rule
from comity.texts import N_

_RELAYED = ("envelope.relay", "receipt.relay")

_DAYS = MESSAGE_DAYS_MAX + 1  # by a clock that is behind that of whoever signed it
_OF_PARCELS = OF_EVERY_ACT | {
    "standing",
    "recipient_standing",
    "is_secretariat",
    "days_left",
    "waiting_count",
    "is_addressable",
}

_KINDS = (
    ActRuled("envelope.relay", "bureau", uses_channel=True, lasts_days=_DAYS, states=_OF_PARCELS),
    ActRuled("receipt.relay", "bureau", lasts_days=_DAYS, states=_OF_PARCELS),
    ActRuled("receipt.take", "bureau", states=OF_EVERY_ACT | {"recipient_standing", "is_known"}),
    ActRuled("delivery.expire", "node"),
)
_RULES = (
    Rule(
        "CTY-4.7",
        "Comity 4",
        N_("The relay is at the secretariat."),
        "condition",
        _RELAYED,
        "is_secretariat",
        seen="yes",
    ),
    Rule(
        "CTY-4.8",
        "Comity 4",
        N_("The relay keeps at most ten thousand parcels of one member."),
        "condition",
        _RELAYED,
        "has_room",
        {"most": 10_000.0},
        "yes",
    ),
)
PART: Final = RulesPart(kinds=_KINDS, rules=_RULES)
