"""A rulebook as the API gives it, as JSON; it evolves as ``wire`` does."""

from typing import Any

import msgspec


class RuleShown(msgspec.Struct, frozen=True):
    """A rule, as the rulebook states it; ``register`` is empty where it is about all."""

    number: str
    article: str
    sentence: str
    effect: str
    kinds: tuple[str, ...]
    test: str
    values: dict[str, Any]
    seen: str
    register: str


class RuleUnread(msgspec.Struct, frozen=True):
    """A rule that this node's version cannot apply: what it is about is refused here."""

    number: str
    kinds: tuple[str, ...]
    sentence: str


class RulebookShown(msgspec.Struct, frozen=True):
    """The rulebook that this node applies; ``file`` is the whole of it, as it is written; ``retired`` are numbers.

    ``why`` is empty where it is the directory's. Else it says why that one cannot be applied, and ``unread`` which of
    its rules.
    """

    name: str
    version: str
    hash: str
    rules: tuple[RuleShown, ...]
    retired: tuple[str, ...]
    unread: tuple[RuleUnread, ...]
    why: str
    file: bytes
