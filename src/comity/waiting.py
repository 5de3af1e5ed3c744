"""Acts that wait: for others to release them, or for their time. They are kept whole, and performed like any other."""

from collections.abc import Callable, Collection
from datetime import datetime
from enum import Enum
from typing import Annotated, Final, Literal, NamedTuple, Protocol

import msgspec

from comity.act import Actor
from comity.bounded import Line, Name, Note
from comity.damage import Damage
from comity.ids import EntryId, MemberCode
from comity.limits import FIELD_CHARS
from comity.texts import _


class WaitingAct(msgspec.Struct, frozen=True):
    """An act as it is kept, with all that it was to be done with; ``body`` lies in the node's safe.

    ``names`` are the blobs and batches on the disk that it is about, which are kept as long as it waits.
    """

    kind: str
    actor: Actor
    body: bytes
    on: str = ""
    purpose: str = ""
    reference: str = ""
    names: tuple[str, ...] = ()


class HeldState(Enum):
    """How a held act stands."""

    WAITING = "waiting"  # for others to release it
    RELEASED = "released"  # by as many as it takes: it is performed next, or as soon as it can be
    PERFORMED = "performed"
    FAILED = "failed"  # released, and the rulebook refused it then
    IMPOSSIBLE = "impossible"  # released, and what it was to be done with can never be done
    REFUSED = "refused"  # somebody refused it before it was done
    ENDED = "ended"  # it was not released, or could not be done, in time


class HeldEvent(Enum):
    """What may happen to a held act."""

    ENOUGH = "enough"  # others have released it
    DONE = "done"
    TURNED_DOWN = "turned-down"  # when it was to be performed, the rulebook refused it
    UNDOABLE = "undoable"  # ... or it can never be done
    HELD_AGAIN = "held-again"  # ... or asked for more releases than before
    DENIED = "denied"
    RAN_OUT = "ran-out"


LIFE: Final[dict[tuple[HeldState, HeldEvent], HeldState]] = {
    (HeldState.WAITING, HeldEvent.ENOUGH): HeldState.RELEASED,
    (HeldState.WAITING, HeldEvent.DENIED): HeldState.REFUSED,
    (HeldState.WAITING, HeldEvent.RAN_OUT): HeldState.ENDED,
    (HeldState.RELEASED, HeldEvent.DONE): HeldState.PERFORMED,
    (HeldState.RELEASED, HeldEvent.TURNED_DOWN): HeldState.FAILED,
    (HeldState.RELEASED, HeldEvent.UNDOABLE): HeldState.IMPOSSIBLE,
    (HeldState.RELEASED, HeldEvent.HELD_AGAIN): HeldState.WAITING,
    (HeldState.RELEASED, HeldEvent.DENIED): HeldState.REFUSED,
    (HeldState.RELEASED, HeldEvent.RAN_OUT): HeldState.ENDED,
}
"""The life of a held act: whatever is not here does not happen."""

OPEN: Final = (HeldState.WAITING, HeldState.RELEASED)
"""The states in which it may still be performed."""


class HeldAct(msgspec.Struct, frozen=True):
    """An act that the rulebook holds. ``id`` is the entry that says so, and what the act is called by.

    ``releases`` is how many others are to release it, until ``ends_at``; ``mark`` tells it from other acts.
    ``entry`` is that of its end: performed, refused, not released in time. ``seal`` covers all that does not change
    while it waits; empty for one that was held before there were seals.
    """

    id: EntryId
    act: WaitingAct
    mark: str
    held_at: datetime
    rules: tuple[str, ...]
    releases: int
    ends_at: datetime
    state: HeldState = HeldState.WAITING
    entry: str = ""
    seal: str = ""

    def is_author(self, actor: Actor) -> bool:
        """Whether it is that actor's own act."""
        return (self.act.actor.member, self.act.actor.officer) == (actor.member, actor.officer)


VerifyHeld = Callable[[HeldAct], None]
"""Raises CorruptError for a held act that is not what was kept; of one without its body all else is judged."""

Concerns = Callable[[HeldAct], bool]
"""Whether a held act is somebody's own, or theirs to release."""

Said = Literal["released", "refused", "undoable"]
"""The last is what the node says of an act that it could not do; its officer is nobody."""


class Word(msgspec.Struct, frozen=True):
    """What somebody said of a held act: who, when, why, and in which entry."""

    of: EntryId
    member: MemberCode
    officer: str
    said: Said
    reason: str
    at: datetime
    entry: EntryId


class HeldWord(msgspec.Struct, frozen=True):
    """The body of ``held.release`` and ``held.refuse``: which act, and why."""

    of: Name
    reason: Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)] = ""


def releases_needed(left: int) -> str:
    """What a held act still takes, in words."""
    if left == 1:
        return _("It needs one more release, by another officer.")
    return _("It needs {count} more releases, each by another officer.").format(count=left)


def believe_held(_held: HeldAct) -> None:
    """Take a row as it is: of a store without a key."""


class HeldView(Protocol):
    """What rooms read of the acts that wait."""

    def find_held(self, name: str) -> HeldAct | None:
        """The held act of that name; None for none, DamagedError for one that cannot be read any more."""

    def list_held(
        self, *, is_open: bool, concerns: Concerns, before: int, most: int
    ) -> list[tuple[int, HeldAct | Damage]]:
        """Held acts that concern somebody with their rows, without their bodies; or what is wrong with one of them.

        The newest first, from before a row, 0 for all: those that may still be performed, or those whose fate is known.
        """

    def list_words(self, names: Collection[str]) -> list[Word]:
        """What was said of held acts, in the order in which it was."""


class DueAct(NamedTuple):
    """An act whose time has come. ``held`` is what it was called while it was held; empty where it only waited.

    What was held is done before ``ends_at``, or not at all.
    """

    row: int
    act: WaitingAct
    at: datetime
    held: str = ""
    releases: int = 0
    ends_at: datetime | None = None


# Changes


class ActHeld(msgspec.Struct, frozen=True):
    """An act is held from now on."""

    held: HeldAct


class HeldMoved(msgspec.Struct, frozen=True):
    """A held act has got further in its life.

    ``releases``, ``ends_at`` and ``seal`` are given where it is held again.
    """

    of: Name
    state: HeldState
    entry: Line = ""
    releases: int = 0
    ends_at: datetime | None = None
    seal: Note = ""


class WordGiven(msgspec.Struct, frozen=True):
    """Somebody has said something of a held act."""

    word: Word


class ActPutOff(msgspec.Struct, frozen=True):
    """An act is to be performed at a time, or as soon as can be after it."""

    act: WaitingAct
    at: datetime
    held: Note = ""


class DueTaken(msgspec.Struct, frozen=True):
    """A due act is performed in this very transaction: nobody performs it a second time."""

    row: int


class DueDropped(msgspec.Struct, frozen=True):
    """A held act is over: what was due of it is performed by nobody."""

    held: Name


def find_next(state: HeldState, event: HeldEvent) -> HeldState | None:
    """Where that event leads from there; None where it leads nowhere."""
    return LIFE.get((state, event))
