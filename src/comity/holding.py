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
"""Nobody released a held act in time; the body is what it is called."""


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
            again = HeldMoved(due.held, HeldState.WAITING, "", hold.releases, ends_at)
            return Decision(changes=(again, self._end(due.held, ends_at)), detail={"held": due.held})
        body, who = msgspec.json.encode(act.body), (act.kind, act.actor, act.on, act.purpose, act.reference)
        mark = self._safe.mark(msgspec.json.encode(who) + body)
        before = unit.find_waiting(mark)
        if before is not None:
            return Decision(detail={"held": before.id})
        kept = WaitingAct(
            act.kind, act.actor, self._safe.seal(body, act.kind), act.on, act.purpose, act.reference,
            kind.names(act.body),
        )  # fmt: skip

        def begin(entry: EntryId) -> tuple[Any, ...]:
            held = HeldAct(entry, kept, mark, act.at, verdict.rules, hold.releases, ends_at)
            return ActHeld(held), self._end(entry, ends_at)

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
            body: Body = decode_own(self._safe.unseal(act.body, act.kind), kind.body)
        except msgspec.MsgspecError as error:
            raise CorruptError(_("What is kept of it was changed."), where=act.kind) from error
        return body

    def verify(self, act: WaitingAct) -> None:
        """Raise CorruptError where the bytes of a kept act's body were changed."""
        self._safe.unseal(act.body, act.kind)

    def _end(self, held: str, at: datetime) -> ActPutOff:
        body = self._safe.seal(msgspec.json.encode(held), END.name)
        return ActPutOff(WaitingAct(END.name, Actor(self._member, proven=True), body, on=held), at)
