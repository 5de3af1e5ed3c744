"""Holding: how an act that the rulebook holds is kept, and how it goes on."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from comity.act import Act, Actor, Due
from comity.errors import CorruptError
from comity.gate import Decision, UnitOfWork
from comity.ids import EntryId, MemberCode
from comity.kind import Body, Kind
from comity.parsing import decode_own
from comity.rules.verdict import Verdict
from comity.safe import Safe
from comity.texts import N_, _
from comity.waiting import ActHeld, ActPutOff, HeldAct, HeldEvent, HeldMoved, HeldState, WaitingAct, find_next

END: Final = Kind[str, None]("held.end", str, title=N_("Ending a held act"))
"""A held act was not released, or not done, in time; the body is what it is called."""

BEGINS: Final = b"held-v2\0"
"""How the kept body of an act begins that is sealed with who, what and why; there is a seal on its row then."""
_SEAL: Final = b"comity/held/v1\n"


class Holding:
    """A node of ``member`` has one; ``safe`` is where bodies lie."""

    def __init__(self, safe: Safe, member: MemberCode) -> None:
        self._safe = safe
        self._member = member

    def hold(
        self, act: Act[Body], kind: Kind[Body, Any], verdict: Verdict, due: Due | None, unit: UnitOfWork
    ) -> Decision[Any]:
        """Keep the act whole, with its end at the deadline. Where the very same one waits already, that is the one."""
        hold = verdict.hold
        if hold is None:
            raise ValueError(verdict.outcome)
        ends_at = act.at + timedelta(days=hold.days)
        if due is not None and due.held:
            held = unit.find_held(due.held)
            seal = self._seal_again(held, hold.releases, ends_at) if held is not None else ""
            again = HeldMoved(due.held, HeldState.WAITING, "", hold.releases, ends_at, seal)
            return Decision(changes=(again, self._end(due.held, ends_at)), detail={"held": due.held})
        body = msgspec.json.encode(act.body)
        mark = self._mark_of(act, body)
        before = unit.find_waiting(mark)
        if before is not None:
            return Decision(detail={"held": before.id})
        bare = WaitingAct(act.kind, act.actor, b"", act.on, act.purpose, act.reference, kind.names(act.body))
        kept = msgspec.structs.replace(bare, body=BEGINS + self._safe.seal(body, _bound_to(bare)))

        def begin(entry: EntryId) -> tuple[Any, ...]:
            held = HeldAct(entry, kept, mark, act.at, verdict.rules, hold.releases, ends_at)
            return ActHeld(msgspec.structs.replace(held, seal=self._seal_of(held))), self._end(entry, ends_at)

        return Decision(outbox=begin, detail={"releases": hold.releases, "ends_at": ends_at})

    def go_on(self, due: Due, verdict: Verdict, decision: Decision[Any]) -> Decision[Any]:
        """What was decided of an act that was held, and that its waiting is over."""
        event = HeldEvent.DONE if verdict.is_allowed else HeldEvent.TURNED_DOWN
        state = find_next(HeldState.RELEASED, event)
        if not due.held or verdict.hold is not None or state is None:
            return decision

        def outbox(entry: EntryId) -> tuple[Any, ...]:
            return *decision.outbox(entry), HeldMoved(due.held, state, entry)

        return msgspec.structs.replace(decision, outbox=outbox, detail={**decision.detail, "held": due.held})

    def node_at(self, row: int) -> Due:
        """The node itself, taking the due act of that row off its list."""
        return Due(row, Actor(self._member, proven=True))

    def body_of(self, act: WaitingAct, kind: Kind[Body, Any]) -> Body:
        """What a kept act is to be done with; CorruptError where its bytes were changed."""
        try:
            body: Body = decode_own(self._unseal(act), kind.body)
        except msgspec.MsgspecError as error:
            raise CorruptError(_("What is kept of it was changed."), where=act.kind) from error
        return body

    def is_whole(self, act: WaitingAct) -> bool:
        """Whether a kept act's body is what was sealed."""
        try:
            self._unseal(act)
        except CorruptError:
            return False
        return True

    def verify_held(self, held: HeldAct) -> None:
        """Raise CorruptError where a held act is not what was kept: its row, and its body where that is given."""
        body = held.act.body
        if held.seal != (self._seal_of(held) if body.startswith(BEGINS) else ""):
            raise CorruptError(_("What is kept of it was changed."), where=held.id)
        if len(body) > len(BEGINS) and self._mark_of(held.act, self._unseal(held.act)) != held.mark:
            raise CorruptError(_("What is kept of it was changed."), where=held.id)

    def end_again(self, held: HeldAct) -> ActPutOff:
        """The end of a held act that waits, where it was lost."""
        return self._end(held.id, held.ends_at)

    def _unseal(self, act: WaitingAct) -> bytes:
        if act.body.startswith(BEGINS):
            return self._safe.unseal(act.body[len(BEGINS) :], _bound_to(act))
        return self._safe.unseal(act.body, act.kind)

    def _mark_of(self, act: Act[Any] | WaitingAct, body: bytes) -> str:
        return self._safe.mark(msgspec.json.encode((act.kind, act.actor, act.on, act.purpose, act.reference)) + body)

    def _seal_again(self, held: HeldAct, releases: int, ends_at: datetime) -> str:
        return self._seal_of(msgspec.structs.replace(held, releases=releases, ends_at=ends_at)) if held.seal else ""

    def _seal_of(self, held: HeldAct) -> str:
        """Over all of the row that does not change while it waits; the body is sealed by itself, and has its mark."""
        times = held.held_at.timestamp(), held.ends_at.timestamp()
        covered = (held.id, _bound_to(held.act), held.mark, held.rules, held.releases, times)
        return self._safe.mark(_SEAL + msgspec.json.encode(covered))

    def _end(self, held: str, at: datetime) -> ActPutOff:
        body = self._safe.seal(msgspec.json.encode(held), END.name)
        return ActPutOff(WaitingAct(END.name, Actor(self._member, proven=True), body, on=held), at)


def _bound_to(act: WaitingAct) -> str:
    """Who does what and why, and which files it is about: what the body of a kept act is sealed with."""
    who = act.kind, act.actor, act.on, act.purpose, act.reference, act.names
    return msgspec.json.encode(who).decode()
