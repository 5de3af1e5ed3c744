"""What acts are called where a person reads them, beside the names that the ledger has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.acts import all_kinds
from comity.texts import N_, _

ACT_TITLES: Final[Mapping[str, str]] = MappingProxyType(dict(sorted((each.name, each.title) for each in all_kinds())))
"""Every act that a node knows, by its name: what was attempted, since the verdict stands beside it."""

_OWN_TITLES: Final[Mapping[str, str]] = MappingProxyType({"period.opened": N_("Beginning of the ledger's period")})
"""Entries that are no act's, by their kind."""

VERDICTS: Final = ("allowed", "refused", "masked", "held")


def act_title(kind: str) -> str:
    """An act in the reader's language; a name that is not known stays as it is."""
    title = ACT_TITLES.get(kind) or _OWN_TITLES.get(kind)
    return _(title) if title else kind
