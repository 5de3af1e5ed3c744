"""The ledger's entries, as the rules know them: an officer reads them by role."""

from typing import Final

from comity.rules.part import ActRuled, RulesPart

_KINDS = (
    ActRuled("ledger.list", "officer"),
    ActRuled("ledger.show", "officer"),
    ActRuled("ledger.export", "officer"),
    ActRuled("ledger.trace", "officer"),
    ActRuled("ledger.prove", "officer"),
    ActRuled("ledger.verify", "officer"),
)
PART: Final = RulesPart(kinds=_KINDS)
