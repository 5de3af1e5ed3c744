"""The one gate: ``perform`` authenticates, asks the rulebook, decides, commits and only then releases.

There is no other way to do anything, so nothing can forget to ask or to record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from comity.act import Act, Actor, Credential, Due
from comity.bounded import Anything, Name, Note, Rules
from comity.characters import verify_line
from comity.errors import HeldError, RefusedError, UnavailableError
from comity.formats import Format
from comity.ids import EntryId
from comity.kind import Body, Kind, Release
from comity.ledger.entry import Entry, make_entry
from comity.limits import CONTENT_BYTES, FIELDS_MAX, ROLES_MAX
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.in_force import InForce
from comity.rules.verdict import Hold, Verdict, refused
from comity.signer import Entropy
from comity.texts import _
from comity.waiting import DueTaken, HeldAct

SALT_BYTES = 32

T = TypeVar("T")
Seen = TypeVar("Seen")


class UnitOfWork(Protocol):
    """What one act sees and changes, all in one transaction: state, pending ledger entry and outbox together."""

    def apply(self, change: Any) -> None:
        """Change the state by one of the change values that rooms define."""

    def record(self, entry: Entry) -> None:
        """Put the entry into the ledger."""

    def find_waiting(self, mark: str) -> HeldAct | None:
        """The act of that mark that waits to be released; None for none."""

    def find_held(self, name: str) -> HeldAct | None:
        """The held act of that name; None for none, DamagedError for one that is not what was kept."""


U_contra = TypeVar("U_contra", bound=UnitOfWork, contravariant=True)
U = TypeVar("U", bound=UnitOfWork)
U_co = TypeVar("U_co", bound=UnitOfWork, covariant=True)


class Units(Protocol[U_co]):
    """A store, as the gate asks it for transactions. Both return only when what was done is durable."""

    def change(self, work: Callable[[U_co], T]) -> T:
        """Run ``work`` where state may be changed: one after the other, each whole or not at all."""

    def read(self, work: Callable[[U_co], T]) -> T:
        """Run ``work`` on a consistent view, beside others; only its ledger entry is written."""


class Decision(msgspec.Struct, Generic[Release], frozen=True):
    """What an act does once the rulebook lets it pass.

    ``changes`` are applied in the act's own transaction, and so are those of ``outbox``, which name the act's entry:
    what is signed for others says where it stands. ``detail`` goes into the ledger entry's sealed content.
    ``release`` is called with the entry's id after the commit, and its result is what the actor gets.
    """

    release: Callable[[EntryId], Release | None] = lambda _entry: None
    changes: tuple[Any, ...] = ()
    outbox: Callable[[EntryId], tuple[Any, ...]] = lambda _entry: ()
    detail: Mapping[str, Any] = {}


GivesTo = Literal["nobody", "officer", "keeper", "asker", "members", "everybody"]
"""To whom an act's release or outbox gives something beside its entry.

Nobody; an officer of this node; the keeper of the registers, which is asked; the member whose signature the act bears,
an answer or a receipt; other members; or everybody, by what is published. Wherever a member is given something, the
facts say how that very member stands (``recipient_standing``), and a rule looks at it.
"""


class Handler(Protocol[Body, Seen, Release, U_contra]):
    """What a room registers for a kind of act. ``changes`` says whether it changes state."""

    changes: bool
    gives_to: GivesTo

    def look(self, act: Act[Body], unit: U_contra) -> Seen:
        """Gather, once, all that facts and decision need: nothing is read, hashed or verified twice."""

    def facts(self, act: Act[Body], seen: Seen) -> Facts:
        """Say what rules may look at."""

    def decide(self, act: Act[Body], verdict: Verdict, seen: Seen) -> Decision[Release]:
        """Say what the act does, whatever the verdict: a refusal too may change something, such as a counter."""


class NothingToSee:
    """For handlers to whom the act itself says everything."""

    def look(self, act: Act[Any], unit: Any) -> None:
        """Look at nothing."""


class Done(NamedTuple):
    """A kind of act, and who does it; ``done`` makes one, so that their types are known to fit."""

    kind: Kind[Any, Any]
    handler: Handler[Any, Any, Any, Any]


def done(kind: Kind[Body, Release], handler: Handler[Body, Seen, Release, U_contra]) -> Done:
    """An act of ``kind`` is done by ``handler``."""
    return Done(kind, handler)


class Outcome(msgspec.Struct, Generic[Release], frozen=True):
    """What became of an act. ``release`` is None when it was refused, unless its room answers refusals too."""

    act: Act[Any]
    verdict: Verdict
    entry: EntryId
    release: Release | None
    held: str = ""  # what the act is called while others are to release it

    @property
    def given(self) -> Release:
        """What was released; RefusedError where nothing was, HeldError where others are to release it first."""
        if self.verdict.hold is not None:
            raise held_error(self.verdict.hold, self.verdict.rules, self.held)
        if self.release is None:
            raise RefusedError(_("Refused by the rulebook."), rules=self.verdict.rules, entry=self.entry)
        return self.release


def held_error(hold: Hold, rules: tuple[str, ...], name: str) -> HeldError:
    """What to say of an act that the rulebook holds by ``rules``, and that is called ``name`` meanwhile."""
    return HeldError(
        _("It is held, and not done yet. Releases by others that it needs: {count}.").format(count=hold.releases),
        held=name,
        rules=rules,
        next_step=_(
            "Another officer who may do such acts releases or refuses it under Held. Act number: {name}"
        ).format(name=name[:16]),
    )


class Holds(Protocol):
    """How the gate has acts kept that the rulebook holds."""

    def hold(
        self, act: Act[Body], kind: Kind[Body, Any], verdict: Verdict, due: Due | None, unit: UnitOfWork
    ) -> Decision[Any]:
        """Keep the act, instead of what would be decided."""

    def go_on(self, due: Due, verdict: Verdict, decision: Decision[Any]) -> Decision[Any]:
        """End its waiting, with what is decided."""


class Gate(Generic[U]):
    """``perform`` and what it needs."""

    def __init__(
        self,
        acts: Iterable[Done],
        units: Units[U],
        *,
        authenticate: Callable[[Credential, U, datetime], Actor],
        rulebook: Callable[[], InForce],
        clock: Callable[[], datetime],
        entropy: Entropy,
        holding: Holds,
    ) -> None:
        found = tuple(acts)
        self.kinds: Mapping[str, Kind[Any, Any]] = {each.kind.name: each.kind for each in found}
        self._handlers = {each.kind.name: each.handler for each in found}
        self._units = units
        self._authenticate = authenticate
        self._rulebook = rulebook
        self._clock = clock
        self._entropy = entropy
        self._holding = holding

    def perform(
        self,
        kind: Kind[Body, Release],
        by: Credential,
        body: Body,
        *,
        on: str = "",
        purpose: str = "",
        reference: str = "",
    ) -> Outcome[Release]:
        """Do one act, or refuse it with its rules; either way it stands in the ledger before this returns.

        1. Authenticate: UnauthenticatedError where a session is unknown or has ended, since then nobody acted.
        2. Look: the room gathers what there is to see, once.
        3. Verdict: the rulebook judges the facts.
        4. Decide: the room says what changes.
        5. Commit: state, ledger entry and outbox, in one transaction.
        6. Release.

        What the rulebook holds is kept whole instead of decided; others release it, and then it goes this way again. An
        act that changes nothing cannot wait, since nobody would be there for what it gives: it is refused.

        MalformedError, and no act, where purpose or reference is not one line that is seen.
        """
        name, handler = kind.name, self._handlers[kind.name]
        verify_line(purpose, "purpose")
        verify_line(reference, "reference")

        due = by if isinstance(by, Due) else None

        def settle(unit: U) -> tuple[Outcome[Release], Decision[Release]]:
            at = self._clock()
            if due is not None:
                unit.apply(DueTaken(due.row))
            act = Act(name, self._authenticate(by, unit, at), at, body, on, purpose, reference)
            seen = handler.look(act, unit)
            verdict = self._judge(handler.facts(act, seen), due, can_wait=handler.changes)
            if due is not None and due.held:
                self._verify_lasting(verdict)
            decision = (
                handler.decide(act, verdict, seen)
                if verdict.hold is None
                else self._holding.hold(act, kind, verdict, due, unit)
            )
            if due is not None:
                decision = self._holding.go_on(due, verdict, decision)
            entry = make_entry(name, at, content_of(act, verdict, decision.detail), self._entropy(SALT_BYTES))
            for change in (*decision.changes, *decision.outbox(entry.id)):
                unit.apply(change)
            unit.record(entry)
            called = "" if verdict.hold is None else str(decision.detail.get("held", entry.id))
            return Outcome(act, verdict, entry.id, None, called), decision

        run = self._units.change if handler.changes else self._units.read
        outcome, decision = run(settle)
        return msgspec.structs.replace(outcome, release=decision.release(outcome.entry))

    def _judge(self, facts: Facts, due: Due | None, *, can_wait: bool) -> Verdict:
        known = facts if due is None else replace(facts, releases=due.releases)
        verdict = self._rulebook().judge(known)
        return verdict if verdict.hold is None or can_wait else refused(verdict.rules, verdict.rulebook)

    def _verify_lasting(self, verdict: Verdict) -> None:
        """Raise UnavailableError where a rule refuses what it will let pass by itself: the act stays as it is."""
        passing = [] if verdict.is_allowed else self._rulebook().passing_of(verdict.rules)
        if passing:
            raise UnavailableError(
                _("It is refused for now by {rules}, and tried again.").format(rules=", ".join(passing)), where="act"
            )

    def may_do(self, kind: str, roles: Iterable[str]) -> bool:
        """Whether an officer in these roles may do acts of ``kind`` at all. It is no act to ask."""
        return self._rulebook().judge_ground(_of_officer(kind, roles)).is_allowed

    def in_force(self) -> InForce:
        """The rules by which it judges, for whoever offers what they let."""
        return self._rulebook()

    def turn_away(self, kind: str, by: Credential, on: str = "") -> Outcome[Any]:
        """Refuse an officer who may not do such acts, before anything of the act is read; it stands in the ledger."""

        def settle(unit: U) -> tuple[Act[None], Verdict, EntryId]:
            at = self._clock()
            act = Act(kind, self._authenticate(by, unit, at), at, None, on)
            verdict = self._rulebook().judge_ground(_of_officer(kind, act.actor.roles))
            entry = make_entry(kind, at, content_of(act, verdict, {}), self._entropy(SALT_BYTES))
            unit.record(entry)
            return act, verdict, entry.id

        act, verdict, entry = self._units.read(settle)
        return Outcome(act, verdict, entry, None)


def _of_officer(kind: str, roles: Iterable[str]) -> Facts:
    return Facts(kind=kind, actor="officer", is_proven=True, roles=frozenset(roles))


class EntryContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an entry commits to beside its clear kind and time, as JSON.

    Evolution: ``v`` changes when a reader has to know; fields may be added at the end; ``detail`` is the kind's own.
    """

    v: Literal[1]
    kind: Name
    member: Name
    verdict: Name
    rules: Rules
    rulebook: Name
    officer: Note = ""
    roles: Annotated[tuple[Name, ...], msgspec.Meta(max_length=ROLES_MAX)] = ()
    post: Note = ""
    on: Note = ""
    purpose: Note = ""
    reference: Note = ""
    detail: Annotated[Mapping[Name, Anything], msgspec.Meta(max_length=FIELDS_MAX)] = {}


CONTENT: Final = Format[EntryContent]("content", {1: EntryContent})


def content_of(act: Act[Any], verdict: Verdict, detail: Mapping[str, Any]) -> bytes:
    """The bytes that an entry commits to."""
    actor = act.actor
    return msgspec.json.encode(
        EntryContent(
            v=1,
            kind=act.kind,
            member=actor.member,
            verdict=verdict.outcome,
            rules=verdict.rules,
            rulebook=verdict.rulebook,
            officer=actor.officer,
            roles=actor.roles,
            post=actor.post,
            on=act.on,
            purpose=act.purpose,
            reference=act.reference,
            detail=detail,
        )
    )


def parse_content(data: bytes) -> EntryContent:
    """Read an entry's content back; MalformedError or TooLargeError if it is not ours, NewerError as ``Format``."""
    return CONTENT.read(data, where="content", most=CONTENT_BYTES)


PART: Final = RoomPart(travelling=(CONTENT,))
