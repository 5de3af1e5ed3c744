"""Held acts: others look at them, release or refuse them, each once; what was not done in time is over."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from comity.act import Act, Actor
from comity.damage import Damage
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.holding import END
from comity.ids import EntryId
from comity.kind import Kind
from comity.limits import HELD_PAGE_MAX
from comity.members.directory import Directory
from comity.members.home import Partners
from comity.members.officer import OfficerView
from comity.members.presence import facts_of
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_
from comity.waiting import (
    OPEN,
    ActPutOff,
    DueDropped,
    HeldAct,
    HeldEvent,
    HeldMoved,
    HeldState,
    HeldView,
    HeldWord,
    Said,
    Word,
    WordGiven,
    find_next,
)

_DAY_S: Final = 86_400.0
MayDo = Callable[[str, Iterable[str]], bool]
"""Whether an officer in some roles may do acts of a kind."""


class HeldUnit(UnitOfWork, HeldView, OfficerView, Protocol):
    """A unit of work that knows the acts that wait, and the officers who speak of them."""


RELEASE: Final = Kind[HeldWord, int]("held.release", HeldWord, title=N_("Releasing a held act"))
"""An officer releases somebody else's act; release is how many more it takes. With the last one it is performed."""

REFUSE: Final = Kind[HeldWord, bool]("held.refuse", HeldWord, title=N_("Refusing a held act"))
"""An officer does not release an act, or takes back an own one: it is not performed."""


class HeldWanted(msgspec.Struct, frozen=True):
    """The body of ``held.list``: those that wait, or those whose fate is known.

    ``before`` is where the page before ended, 0 for the first.
    """

    is_open: bool = True
    before: int = 0


class HeldShown(NamedTuple):
    """A held act, and what was said of it. While it waits the word of those who are ``gone`` releases nothing."""

    held: HeldAct
    words: tuple[Word, ...]
    gone: frozenset[str] = frozenset()

    @property
    def released(self) -> int:
        """How many have released it, whose word counts."""
        said = ((word.member, word.officer) for word in self.words if word.said == "released")
        return len({(member, officer) for member, officer in said if officer not in self.gone})

    def has_released(self, actor: Actor) -> bool:
        """Whether that actor has released it."""
        by = (actor.member, actor.officer)
        return any((word.member, word.officer) == by for word in self.words if word.said == "released")


class HeldPage(NamedTuple):
    """Held acts that concern an officer, the newest first, without their bodies; ``older`` is where to go on.

    None at the end. ``damaged`` are those that cannot be shown, whomever they concern.
    """

    acts: tuple[HeldShown, ...]
    older: int | None
    damaged: tuple[Damage, ...] = ()


LIST: Final = Kind[HeldWanted, HeldPage]("held.list", HeldWanted, title=N_("Listing held acts"))
"""An officer looks at the acts that wait: own ones, and those of kinds that the officer may do; the newest first."""

SHOW: Final = Kind[str, HeldShown]("held.show", str, title=N_("Looking at a held act"))
"""An officer looks at one of them, by its name."""


class ListHeld:
    """What is done for ``LIST``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, directory: Callable[[], Directory], may_do: MayDo) -> None:
        self._directory = directory
        self._may_do = may_do

    def look(self, act: Act[HeldWanted], unit: HeldUnit) -> HeldPage:
        """Those that concern the officer."""
        actor = act.actor

        @cache
        def may_do(kind: str) -> bool:
            return self._may_do(kind, actor.roles)

        found = unit.list_held(
            is_open=act.body.is_open,
            concerns=lambda held: held.is_author(actor) or may_do(held.act.kind),
            before=act.body.before,
            most=HELD_PAGE_MAX + 1,
        )
        page = found[:HELD_PAGE_MAX]
        held = [each for _row, each in page if isinstance(each, HeldAct)]
        words: dict[EntryId, list[Word]] = {each.id: [] for each in held}
        for word in unit.list_words(words):
            words[word.of].append(word)
        return HeldPage(
            tuple(_shown(each, words[each.id], unit, self._may_do) for each in held),
            page[-1][0] if len(found) > len(page) else None,
            tuple(each for _row, each in page if isinstance(each, Damage)),
        )

    def facts(self, act: Act[HeldWanted], page: HeldPage) -> Facts:
        """The officer's role."""
        del page
        return facts_of(act, self._directory())

    def decide(self, act: Act[HeldWanted], verdict: Verdict, page: HeldPage) -> Decision[HeldPage]:
        """Show them."""
        del act
        if not verdict.is_allowed:
            return Decision()
        return Decision(release=lambda _entry: page, detail={"acts": [each.held.id for each in page.acts]})


class _OfHeld:
    gives_to: GivesTo = "officer"

    def __init__(self, directory: Callable[[], Directory], may_do: MayDo) -> None:
        self._directory = directory
        self._may_do = may_do

    def _find(self, name: str, unit: HeldUnit) -> HeldShown | None:
        held = unit.find_held(name)
        return None if held is None else _shown(held, unit.list_words((held.id,)), unit, self._may_do)

    def _facts(self, act: Act[Any], seen: HeldShown | None, *, is_known: bool) -> Facts:
        if seen is None:
            return facts_of(act, self._directory())
        held, actor = seen.held, act.actor
        return facts_of(
            act,
            self._directory(),
            is_known=is_known,
            days_left=(held.ends_at - act.at).total_seconds() / _DAY_S,
            is_author=held.is_author(actor),
            may_do_held=self._may_do(held.act.kind, actor.roles),
            has_spoken=seen.has_released(actor),
        )


class ShowHeld(_OfHeld):
    """What is done for ``SHOW``."""

    changes = False

    def look(self, act: Act[str], unit: HeldUnit) -> HeldShown | None:
        """The act, and what was said of it."""
        return self._find(act.body, unit)

    def facts(self, act: Act[str], seen: HeldShown | None) -> Facts:
        """Whether there is one of that name, and whether this officer may do such acts."""
        return self._facts(act, seen, is_known=seen is not None)

    def decide(self, act: Act[str], verdict: Verdict, seen: HeldShown | None) -> Decision[HeldShown]:
        """Show it."""
        if not verdict.is_allowed or seen is None:
            return Decision(detail={"of": act.body})
        return Decision(release=lambda _entry: seen, detail={"of": seen.held.id})


class _SayOfHeld(_OfHeld):
    changes = True
    states: tuple[HeldState, ...]

    def look(self, act: Act[HeldWord], unit: HeldUnit) -> HeldShown | None:
        """The act, and what was said of it."""
        return self._find(act.body.of, unit)

    def facts(self, act: Act[HeldWord], seen: HeldShown | None) -> Facts:
        """Whether it waits and for how long, whose it is, and whether this officer may and has not released it yet."""
        return self._facts(act, seen, is_known=seen is not None and seen.held.state in self.states)


class ReleaseHeld(_SayOfHeld):
    """What is done for ``RELEASE``."""

    states = (HeldState.WAITING,)

    def decide(self, act: Act[HeldWord], verdict: Verdict, seen: HeldShown | None) -> Decision[int]:
        """Keep the word; with the last that it takes, the act is due at once."""
        if not verdict.is_allowed or seen is None:
            return Decision(detail={"of": act.body.of})
        held = seen.held
        left = max(0, held.releases - seen.released - 1)
        state = find_next(held.state, HeldEvent.ENOUGH) if left == 0 else None
        due: tuple[object, ...] = ()
        if state is not None:
            put_off = ActPutOff(held.act, act.at, held.id)
            due = (HeldMoved(held.id, state), put_off)
        return Decision(
            release=lambda _entry: left,
            changes=due,
            outbox=lambda entry: (_said(act, held, "released", entry),),
            detail={"of": held.id, "kind": held.act.kind, "reason": act.body.reason, "left": left},
        )


class RefuseHeld(_SayOfHeld):
    """What is done for ``REFUSE``: also of one that was released and could not be done yet."""

    states = OPEN

    def decide(self, act: Act[HeldWord], verdict: Verdict, seen: HeldShown | None) -> Decision[bool]:
        """It is over."""
        state = None if seen is None else find_next(seen.held.state, HeldEvent.DENIED)
        if not verdict.is_allowed or seen is None or state is None:
            return Decision(detail={"of": act.body.of})
        held = seen.held
        return Decision(
            release=lambda _entry: True,
            changes=(DueDropped(held.id),),
            outbox=lambda entry: (_said(act, held, "refused", entry), HeldMoved(held.id, state, entry)),
            detail={"of": held.id, "kind": held.act.kind, "reason": act.body.reason},
        )


class EndHeld:
    """What is done for ``END``: its time is over, released or not.

    With what is wrong as reference: it can never be done.
    """

    changes = True
    gives_to: GivesTo = "nobody"

    def __init__(self, directory: Callable[[], Directory]) -> None:
        self._directory = directory

    def look(self, act: Act[str], unit: HeldUnit) -> HeldAct | None:
        """The act."""
        return unit.find_held(act.body)

    def facts(self, act: Act[str], held: HeldAct | None) -> Facts:
        """The node ends what ran out of time."""
        del held
        return facts_of(act, self._directory(), actor="node")

    def decide(self, act: Act[str], verdict: Verdict, held: HeldAct | None) -> Decision[None]:
        """It is over, unless its fate is known, or it was given more time meanwhile."""
        why = act.reference
        event = HeldEvent.UNDOABLE if why else HeldEvent.RAN_OUT
        state = find_next(held.state, event) if held is not None and (why or held.ends_at <= act.at) else None
        if not verdict.is_allowed or held is None or state is None:
            return Decision(detail={"of": act.body})

        def outbox(entry: EntryId) -> tuple[object, ...]:
            said = (WordGiven(Word(held.id, act.actor.member, "", "undoable", why, act.at, entry)),) if why else ()
            return *said, HeldMoved(held.id, state, entry)

        return Decision(changes=(DueDropped(held.id),), outbox=outbox, detail={"of": held.id, "kind": held.act.kind})


def _shown(held: HeldAct, words: Iterable[Word], unit: HeldUnit, may_do: MayDo) -> HeldShown:
    """The act with what was said of it, and which of those who released it may not do such acts any more."""
    said = tuple(words)
    if held.state is not HeldState.WAITING:
        return HeldShown(held, said)

    def is_gone(name: str) -> bool:
        officer = unit.find_officer(name)
        is_here = officer is not None and officer.disabled_at is None and not officer.damage
        return officer is None or not is_here or not may_do(held.act.kind, officer.roles)

    return HeldShown(held, said, frozenset(filter(is_gone, {word.officer for word in said if word.said == "released"})))


def _said(act: Act[HeldWord], held: HeldAct, said: Said, entry: EntryId) -> WordGiven:
    return WordGiven(Word(held.id, act.actor.member, act.actor.officer, said, act.body.reason, act.at, entry))


class Releasing(Partners, Protocol):
    """Partners of these acts."""

    @property
    def may_do(self) -> MayDo:
        """Whether an officer in these roles may do acts of a kind."""


def _acts(partners: Releasing) -> tuple[Done, ...]:
    directory, may_do = partners.home.directory, partners.may_do
    return (
        done(LIST, ListHeld(directory, may_do)),
        done(SHOW, ShowHeld(directory, may_do)),
        done(RELEASE, ReleaseHeld(directory, may_do)),
        done(REFUSE, RefuseHeld(directory, may_do)),
        done(END, EndHeld(directory)),
    )


PART: Final = RoomPart((LIST, SHOW, RELEASE, REFUSE, END), _acts)
