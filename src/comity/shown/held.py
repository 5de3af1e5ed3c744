"""What a person sees of an act that waits: the same on page, API and command line."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

import msgspec

from comity.characters import show_line
from comity.ids import RecordId
from comity.members.held import HeldShown
from comity.registers.consigning import Consigning
from comity.registers.entering import Entering
from comity.registers.record import Record
from comity.registers.register import name_of
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

POINTS: Final[Mapping[str, Mapping[str, str]]] = {
    "standing.set": {
        "member": N_("Member"), "channel": N_("Channel"), "state": N_("State"), "reason": N_("Reason"),
        "reference": N_("Reference"), "until_at": N_("Until"),
    },
    "officer.create": {"name": N_("Officer"), "title": N_("Name"), "roles": N_("Roles")},
    "officer.reset": {"name": N_("Officer")},
    "officer.disable": {"": N_("Officer")},
    "password.set": {"name": N_("Officer")},
    "message.send": {
        "to": N_("To"), "subject": N_("Subject"), "text": N_("Text"), "urgency": N_("Urgency"),
        "handling": N_("Confidentiality"), "within": N_("Deadline"),
    },
}  # fmt: skip
"""By the kind of act, which points of its body a person sees, and how each is called; of an empty name, all of it.

Of what is not here nothing is shown: bodies hold hashes of passwords and tokens, and keys, which are nobody's to see.
"""


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


def act_shown(found: HeldShown, body: Any, title: str, name: NameOf, *, is_own: bool) -> HeldActShown:
    """A held act as whoever releases it sees it: with all that would be done."""
    shown = held_shown(found, title, is_own=is_own)
    return msgspec.structs.replace(shown, points=tuple(_points(found.held.act.kind, body, name)))


def _points(kind: str, body: Any, name: NameOf) -> list[PointShown]:
    match body:
        case Consigning():
            return _of_consigning(body, name)
        case Entering():
            return _of_entering(body)
        case _:
            return _of_any(kind, body)


def _of_consigning(body: Consigning, name: NameOf) -> list[PointShown]:
    going = len(body.removed) - body.replaced
    named = [name(each) for each in body.removed[:NAMES_MAX]]
    if len(body.removed) > NAMES_MAX:
        named.append(_("and {count} more").format(count=len(body.removed) - NAMES_MAX))
    return [
        PointShown(_("Register"), _(get_register(body.register).title)),
        PointShown(_("Records that go out for good, or out of somebody's sight"), str(going)),
        PointShown(_("Records that are replaced"), str(body.replaced)),
        PointShown(_("Records that come in"), str(sum(each.lot.count for each in body.lots) - body.replaced)),
        PointShown(_("Read from"), show_line(body.origin) or _("no file")),
        PointShown(_("Going out"), ", ".join(named)),
    ]


def _of_entering(body: Entering) -> list[PointShown]:
    register = get_register(body.register)
    lines = [PointShown(name_of(register, each.fields), _in_words(each)) for each in body.records[:NAMES_MAX]]
    if len(body.records) > NAMES_MAX:
        lines.append(PointShown("", _("and {count} more").format(count=len(body.records) - NAMES_MAX)))
    return [
        PointShown(_("Register"), _(register.title)),
        PointShown(_("Source"), _said({each.source for each in body.records})),
        PointShown(_("Records that come in"), str(len(body.records))),
        PointShown(_("Who may see them"), _said({each.audience for each in body.records})),
        PointShown(_("Confidentiality"), _said({each.handling for each in body.records})),
        *lines,
    ]


def _in_words(record: Record) -> str:
    """What a record says, its instruction first."""
    groups = (each for group in record.groups.values() for each in group)
    said = (value for values in (record.fields, *groups) for value in values.values() if value)
    return show_line(", ".join(filter(None, (record.instruction, *said))))


def _of_any(kind: str, body: Any) -> list[PointShown]:
    """What an act would be done with: the points of it that its kind shows."""
    points = POINTS.get(kind)
    if points is None:
        return [PointShown("", _("What it would be done with is not shown."))]
    shown = ((title, getattr(body, name) if name else body) for name, title in points.items())
    return [PointShown(_(title), show_line(_said(value))) for title, value in shown if value]


def _said(value: object) -> str:
    if isinstance(value, set):
        return ", ".join(sorted(map(str, value)))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


def _word(word: Word) -> WordShown:
    return WordShown(
        word.officer or _("This node"), word.member, word.said, _(SAID[word.said]), word.reason, word.at, word.entry
    )
