"""What a person sees of an act that waits: the same on page, API and command line."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from comity.characters import show_line
from comity.ids import RecordId
from comity.members.held import HeldShown
from comity.registers.consigning import Consigning
from comity.registers.registry import get_register
from comity.texts import N_, _
from comity.waiting import HeldState, Said, Word

NAMES_MAX: Final = 50
"""How many of the records that would go out are named."""

WORDS: Final[Mapping[HeldState, str]] = {
    HeldState.WAITING: N_("Waits to be released"),
    HeldState.RELEASED: N_("Released, is being done"),
    HeldState.PERFORMED: N_("Released and done"),
    HeldState.FAILED: N_("Released, and refused by the rulebook when it was to be done"),
    HeldState.IMPOSSIBLE: N_("Released, and can never be done"),
    HeldState.REFUSED: N_("Not released: it was refused"),
    HeldState.ENDED: N_("Not released in time"),
}
SAID: Final[Mapping[Said, str]] = {
    "released": N_("released it"),
    "refused": N_("refused it"),
    "undoable": N_("cannot do it"),
}


class WordShown(msgspec.Struct, frozen=True):
    """What somebody said of it."""

    officer: str
    member: str
    said: str
    word: str
    reason: str
    at: datetime
    entry: str


class PointShown(msgspec.Struct, frozen=True):
    """One line of what would be done: ``title`` says what of it."""

    title: str
    text: str


class HeldActShown(msgspec.Struct, frozen=True):
    """A held act. ``id`` is also the entry by which it was held; ``entry`` is the one of its end.

    ``releases`` is how many others are to release it, ``released`` how many have. ``is_own``: the reader's own act.
    """

    id: str
    kind: str
    title: str
    officer: str
    member: str
    held_at: datetime
    ends_at: datetime
    state: str
    word: str
    releases: int
    released: int
    is_own: bool
    purpose: str = ""
    reference: str = ""
    entry: str = ""
    rules: tuple[str, ...] = ()
    points: tuple[PointShown, ...] = ()
    words: tuple[WordShown, ...] = ()


NameOf = Callable[[RecordId], str]
"""A record as a person knows it; its own name where it cannot be read."""


def held_shown(found: HeldShown, title: str, *, is_own: bool) -> HeldActShown:
    """A held act as a line of the list."""
    held, actor = found.held, found.held.act.actor
    return HeldActShown(
        held.id, held.act.kind, title, actor.officer, actor.member, held.held_at, held.ends_at, held.state.value,
        _(WORDS[held.state]), held.releases, found.released, is_own,
        held.act.purpose, held.act.reference, held.entry, held.rules,
        words=tuple(_word(each) for each in found.words),
    )  # fmt: skip


def act_shown(found: HeldShown, body: Any, title: str, name_of: NameOf, *, is_own: bool) -> HeldActShown:
    """A held act as whoever releases it sees it: with all that would be done."""
    shown = held_shown(found, title, is_own=is_own)
    points = _of_consigning(body, name_of) if isinstance(body, Consigning) else _of_any(body)
    return msgspec.structs.replace(shown, points=tuple(points))


def _of_consigning(body: Consigning, name_of: NameOf) -> list[PointShown]:
    going = len(body.removed) - body.replaced
    named = [name_of(each) for each in body.removed[:NAMES_MAX]]
    if len(body.removed) > NAMES_MAX:
        named.append(_("and {count} more").format(count=len(body.removed) - NAMES_MAX))
    return [
        PointShown(_("Register"), _(get_register(body.register).title)),
        PointShown(_("Records that go out for good"), str(going)),
        PointShown(_("Records that are replaced"), str(body.replaced)),
        PointShown(_("Records that come in"), str(sum(each.lot.count for each in body.lots) - body.replaced)),
        PointShown(_("Read from"), show_line(body.origin) or _("no file")),
        PointShown(_("Going out"), ", ".join(named)),
    ]


def _of_any(body: Any) -> list[PointShown]:
    """What an act would be done with, a line for each of its parts that a person can read."""
    parts = msgspec.to_builtins(body)
    if not isinstance(parts, dict):
        return [PointShown("", show_line(str(parts)))]
    readable = {name: value for name, value in parts.items() if isinstance(value, str | int | float | list) and value}
    return [PointShown(name.replace("_", " "), show_line(_said(value))) for name, value in readable.items()]


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _word(word: Word) -> WordShown:
    return WordShown(
        word.officer or _("This node"), word.member, word.said, _(SAID[word.said]), word.reason, word.at, word.entry
    )
