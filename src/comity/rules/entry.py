"""The ledger's entries, as the rules know them: an officer reads them by role."""

from typing import Final

from comity.rules.part import ActRuled, RulesPart

_KINDS = (
    ActRuled("ledger.list", "officer", only_reads=True),
    ActRuled("ledger.show", "officer", only_reads=True),
    ActRuled("ledger.export", "officer", only_reads=True),
    ActRuled("ledger.trace", "officer", only_reads=True),
    ActRuled("ledger.prove", "officer", only_reads=True),
    ActRuled("ledger.verify", "officer", only_reads=True),
)
PART: Final = RulesPart(kinds=_KINDS)
