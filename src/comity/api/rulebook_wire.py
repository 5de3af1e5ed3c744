"""A rulebook as the API gives it, as JSON; it evolves as ``wire`` does."""

from typing import Any

import msgspec


class RuleShown(msgspec.Struct, frozen=True):
    """A rule, as the rulebook states it; ``register`` is empty where it is about all.

    ``next_step`` says what to do about a refusal by it. Where it does not reveal, such a refusal is 404.
    """

    number: str
    article: str
    sentence: str
    effect: str
    kinds: tuple[str, ...]
    test: str
    values: dict[str, Any]
    seen: str
    register: str
    next_step: str = ""
    reveals: bool = True


class RuleUnread(msgspec.Struct, frozen=True):
    """A rule that this node's version cannot apply: what it is about is refused here."""

    number: str
    kinds: tuple[str, ...]
    sentence: str


class PurposeShown(msgspec.Struct, frozen=True):
    """A purpose. Its ``reference`` is ``no``, ``given`` (one is demanded) or ``shift`` (without one, the shift's)."""

    code: str
    title: str
    reference: str


class LevelShown(msgspec.Struct, frozen=True):
    """A level of handling, with whether lists hide the subjects of messages at it."""

    code: str
    title: str
    hides_subject: bool


class RoleShown(msgspec.Struct, frozen=True):
    """A role; ``home`` is the kind of act that an officer in it begins with, empty for none."""

    code: str
    title: str
    home: str


class RulebookShown(msgspec.Struct, frozen=True):
    """The rulebook that this node applies, with its words: codes, and titles in the organisation's own language.

    ``file`` is the whole of it, as it is written; ``retired`` are numbers.

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
    purposes: tuple[PurposeShown, ...] = ()
    levels: tuple[LevelShown, ...] = ()
    roles: tuple[RoleShown, ...] = ()
