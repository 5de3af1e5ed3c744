"""Attachments, as the rules know them."""

from typing import Final

from comity.rules.part import OF_EVERY_ACT, ActRuled, RulesPart

_KINDS = (
    ActRuled("attachment.add", "officer"),
    ActRuled(
        "blob.show",
        "bureau",
        only_reads=True,
        is_timed=True,
        states=OF_EVERY_ACT | {"recipient_standing", "skew_s", "is_addressee"},
    ),
)
PART: Final = RulesPart(kinds=_KINDS)
