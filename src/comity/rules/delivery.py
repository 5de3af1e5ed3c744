"""Rules about deliveries: what the relay keeps."""

from typing import Final

from comity.rules.part import ActRuled, RulesPart
from comity.rules.rule import Rule
from comity.texts import N_

_RELAYED = ("envelope.relay", "receipt.relay")

_KINDS = (
    ActRuled("envelope.relay", "bureau", uses_channel=True),
    ActRuled("receipt.relay", "bureau"),
    ActRuled("receipt.take", "bureau"),
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
