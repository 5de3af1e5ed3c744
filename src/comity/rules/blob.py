"""Attachments, as the rules know them."""

from typing import Final

from comity.rules.part import ActRuled, RulesPart

_KINDS = (
    ActRuled("attachment.add", "officer"),
    ActRuled("blob.show", "bureau", is_timed=True),
)
PART: Final = RulesPart(kinds=_KINDS)
