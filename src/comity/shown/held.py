"""What a person sees of an act that waits: the same on page, API and command line."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec

from comity.capabilities import parts
from comity.members.held import HeldShown
from comity.plug import ShownPart
from comity.shown.points import NameOf, Points, PointShown
from comity.texts import N_, _
from comity.waiting import HeldState, Said, Word, releases_needed

WORDS: Final[Mapping[HeldState, str]] = {
    HeldState.WAITING: N_("Waits to be released"),
    HeldState.RELEASED: N_("Released, and not done yet"),
    HeldState.PERFORMED: N_("Released and done"),
    HeldState.FAILED: N_("Released, and refused by the rulebook when it was to be done"),
    HeldState.IMPOSSIBLE: N_("Released, and can never be done"),
    HeldState.REFUSED: N_("Not done: it was refused"),
    HeldState.ENDED: N_("Not done: its time was over"),
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


class HeldActShown(msgspec.Struct, frozen=True):
    """A held act. ``id`` is also the entry by which it was held; ``entry`` is the one of its end.

    ``releases`` is how many others are to release it, ``released`` how many have. ``is_own``: the reader's own act.
    ``gist`` is what would be done, in one line; ``needs`` says what a waiting one still takes;
    ``put_off`` why one that was released is not done yet. It is tried until ``ends_at``.
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
    gist: str = ""
    needs: str = ""
    put_off: str = ""


def held_shown(found: HeldShown, title: str, gist: str, *, is_own: bool) -> HeldActShown:
    """A held act as a line of the list."""
    held, actor = found.held, found.held.act.actor
    return HeldActShown(
        held.id, held.act.kind, title, actor.officer, actor.member, held.held_at, held.ends_at, held.state.value,
        _(WORDS[held.state]), held.releases, found.released, is_own,
        held.act.purpose, held.act.reference, held.entry, held.rules,
        words=tuple(_word(each) for each in found.words), gist=gist, needs=_needs(found),
    )  # fmt: skip


def act_shown(
    found: HeldShown, body: Any, title: str, name: NameOf, *, is_own: bool, put_off: str = ""
) -> HeldActShown:
    """A held act as whoever releases it sees it: with all that would be done, and why it was ``put_off``."""
    shown = held_shown(found, title, gist_of(found.held.act.kind, body), is_own=is_own)
    why = put_off if found.held.state is HeldState.RELEASED else ""
    return msgspec.structs.replace(shown, points=_points(found.held.act.kind, body, name), put_off=why)


def gist_of(kind: str, body: Any) -> str:
    """What an act would do, in one line; empty for a kind that does not say."""
    gist = gists_by_kind().get(kind)
    return "" if gist is None else gist(body)


def _needs(found: HeldShown) -> str:
    """What it still takes; empty for one that does not wait."""
    left = found.held.releases - found.released
    return releases_needed(left) if found.held.state is HeldState.WAITING and left > 0 else ""


@cache
def gists_by_kind() -> Mapping[str, Callable[[Any], str]]:
    """By the name of a kind, what says in one line what such an act does: as the nouns' parts say."""
    return {kind.name: gist for part in parts("shown", ShownPart) for kind, gist in part.gists.items()}


@cache
def points_by_kind() -> Mapping[str, Points]:
    """By the name of a kind, what makes the points of such an act: as the nouns' parts say."""
    return {kind.name: points for part in parts("shown", ShownPart) for kind, points in part.points.items()}


def _points(kind: str, body: Any, name: NameOf) -> tuple[PointShown, ...]:
    """What an act would be done with; of a kind that does not say what is shown, nothing is."""
    points = points_by_kind().get(kind)
    if points is None:
        return (PointShown("", _("What it would be done with is not shown.")),)
    return tuple(points(body, name))


def _word(word: Word) -> WordShown:
    return WordShown(
        word.officer or _("This node"), word.member, word.said, _(SAID[word.said]), word.reason, word.at, word.entry
    )
