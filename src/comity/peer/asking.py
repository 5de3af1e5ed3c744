"""Asking: an officer's question goes out through the gate, over the line, and back through the gate."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from comity.act import Credential, Own
from comity.errors import UnavailableError
from comity.exchange.signed import COMPLAINT
from comity.gate import Gate, Outcome
from comity.ids import EntryId, MemberCode, QueryId, RegisterName
from comity.kind import Body, Kind, Release
from comity.limits import QUERY_DEADLINE_S
from comity.members.directory import Directory
from comity.peer.line import Line, NoAnswer
from comity.registers import detail, query
from comity.registers.detail import Brought, Reading, Shown
from comity.registers.fitting import NotAsked
from comity.registers.query import Asking as QueryBody
from comity.registers.query import Received
from comity.registers.question import Answer, Detail, RegisterAnswer, is_answer
from comity.registers.registry import REGISTERS, is_unknown_to
from comity.rules.verdict import Verdict
from comity.rules.wording import Wording
from comity.texts import _


class Checked(msgspec.Struct, frozen=True):
    """What a check came to: an answer of each register, in their order, of those that could not be asked too.

    ``verdict`` is this node's own; when it refuses, each register's answer is "refused" and nobody was asked. ``terms``
    are what each was asked by, ``unasked`` says why one was not, ``left_out`` by which terms one was not, and why.
    ``entry`` is the question in this node's ledger, ``released`` the answer's; ``answer`` is the keeper's signed one,
    with its own entry, rules and rulebook. ``why`` says why there is none: ``too-late``, ``untrusted`` ... ``roles``
    are those of the officer who asked.
    """

    verdict: Verdict
    entry: EntryId
    asked_at: datetime
    registers: tuple[RegisterAnswer, ...]
    id: QueryId | None = None
    released: EntryId | None = None
    answer: Answer | None = None
    why: str = ""
    answer_by: datetime | None = None
    frames: tuple[bytes, ...] = ()  # question and answer as they were signed
    terms: Mapping[RegisterName, Mapping[str, str]] = MappingProxyType({})
    unasked: Mapping[RegisterName, NotAsked] = MappingProxyType({})
    left_out: Mapping[RegisterName, Mapping[str, NotAsked]] = MappingProxyType({})
    roles: tuple[str, ...] = ()


class Read(msgspec.Struct, frozen=True):
    """What asking for one record came to: ``shown`` is None when this node's rulebook refused, before or after."""

    verdict: Verdict
    entry: EntryId
    shown: Shown | None = None
    released: EntryId | None = None
    frames: tuple[bytes, ...] = ()


class Asker:
    """Asks the keeper of the shared registers on behalf of officers; a node has one, as ``Node.asker``."""

    def __init__(
        self,
        gate: Gate[Any],
        line: Line,
        keeper: MemberCode,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        shift_at: Callable[[datetime], str],
        wording: Callable[[], Wording],
    ) -> None:
        """``shift_at`` says which shift runs then: the date on which it began and its number, from 1."""
        self._gate = gate
        self._shift_at = shift_at
        self._wording = wording
        self._line = line
        self._keeper = keeper
        self._directory = directory
        self._clock = clock

    def check(
        self,
        by: Credential,
        terms: Mapping[RegisterName, Mapping[str, str]],
        *,
        purpose: str,
        reference: str,
        unasked: Mapping[RegisterName, NotAsked] = MappingProxyType({}),
        left_out: Mapping[RegisterName, Mapping[str, NotAsked]] = MappingProxyType({}),
        deadline_s: float = QUERY_DEADLINE_S,
    ) -> Checked:
        """Ask about one document, person or thing; ``unasked`` are the registers that cannot be asked, and why.

        ``left_out`` are terms of those that are asked, by which they cannot be, and why.
        UnavailableError where the keeper knows none of the registers.

        1. The officer's act: refused here, nobody hears of it; allowed, it is durable before anything leaves.
        2. The line, at most ``deadline_s``: until the keeper's own answer to this very question is here.
        3. The release: what came, or that nothing came, is durable before the officer sees it.
        """
        terms, unasked = self._with_known(terms, unasked)
        left_out = {name: left for name, left in left_out.items() if name in terms}
        body = QueryBody(self._keeper, terms, deadline_s, unasked, left_out)
        reference = self.reference_for(purpose, reference)
        asked = self._gate.perform(query.ASK, by, body, purpose=purpose, reference=reference)
        at = asked.act.at
        if asked.release is None:
            refused = _of_all((RegisterAnswer(name, "refused", 0, at) for name in terms), unasked, at)
            return Checked(asked.verdict, asked.entry, at, refused, terms=terms, unasked=unasked, left_out=left_out)
        question, frame = asked.release
        question_hash = hashlib.sha256(frame).hexdigest()
        reply, silence = self._ask(frame, deadline_s, partial(is_answer, Answer, question_hash, question.id))
        received = Received(question, question_hash, reply, silence)
        released = self._go_on(query.RECEIVE, asked, received)
        registers, answer, why = released.given
        return Checked(
            asked.verdict,
            asked.entry,
            at,
            _of_all(registers, unasked, at),
            question.id,
            released.entry,
            answer,
            why,
            question.answer_by,
            (frame, reply) if answer and reply else (frame,),
            terms,
            unasked,
            left_out,
            asked.act.actor.roles,
        )

    def _with_known(
        self, terms: Mapping[RegisterName, Mapping[str, str]], unasked: Mapping[RegisterName, NotAsked]
    ) -> tuple[dict[RegisterName, Mapping[str, str]], dict[RegisterName, NotAsked]]:
        """What is asked of a keeper that may be of an older version: it would answer nothing of the whole question."""
        told = self._directory().find_told(self._keeper)
        formats = told.reads.formats if told else None
        unknown = [name for name in terms if is_unknown_to(name, formats)]
        said = _("The keeper does not know this register yet.")
        step = _("Ask again once {keeper} has updated Comity.").format(keeper=self._keeper)
        if unknown and len(unknown) == len(terms):
            raise UnavailableError(said, where="register", next_step=step)
        known = {name: asked for name, asked in terms.items() if name not in unknown}
        return known, {**unasked, **{name: NotAsked("", said, step) for name in unknown}}

    def read(
        self, by: Credential, record: str, *, purpose: str, reference: str, deadline_s: float = QUERY_DEADLINE_S
    ) -> Read:
        """Ask for the whole of one record; the same three steps."""
        reference = self.reference_for(purpose, reference)
        body = Reading(self._keeper, record)  # type: ignore[arg-type]  # the keeper judges whether it is one
        asked = self._gate.perform(detail.READ, by, body, on=record, purpose=purpose, reference=reference)
        if asked.release is None:
            return Read(asked.verdict, asked.entry)
        question, frame = asked.release
        question_hash = hashlib.sha256(frame).hexdigest()
        reply, silence = self._ask(frame, deadline_s, partial(is_answer, Detail, question_hash, question.id))
        brought = Brought(question, question_hash, reply, silence)
        released = self._go_on(detail.RECEIVE, asked, brought)
        # A frame has all that is in it: whoever was not given the record is not given the frame that shows it.
        is_given = released.release is not None and released.release.detail is not None
        frames = (frame, reply) if is_given and reply else (frame,)
        return Read(released.verdict, asked.entry, released.release, released.entry, frames)

    def reference_for(self, purpose: str, reference: str) -> str:
        """The reference that an act goes by: for some purposes, a missing one is made from the shift."""
        given = reference.strip()
        is_made = not given and self._wording().is_from_shift(purpose)
        return self.shift_reference() if is_made else given

    def shift_reference(self) -> str:
        """The running shift."""
        return self._shift_at(self._clock())

    def _ask(
        self, frame: bytes, deadline_s: float, is_right: Callable[[bytes, bytes], bool]
    ) -> tuple[bytes | None, str]:
        """Ask until the answer is right by the keeper's key; a complaint proves nothing, and says that none will come.

        Where the directory knows no such keeper, whatever comes is judged, and refused, by the release.
        """

        def accept(reply: bytes) -> bool:
            keeper = self._directory().find_bureau(self._keeper, self._clock())
            return reply.startswith(COMPLAINT) or keeper is None or is_right(keeper.signing_key, reply)

        reply = self._line.ask(self._keeper, frame, deadline_s, accept)
        return (None, reply.why.value) if isinstance(reply, NoAnswer) else (reply, "")

    def _go_on(self, kind: Kind[Body, Release], asked: Outcome[Any], body: Body) -> Outcome[Release]:
        act = asked.act
        return self._gate.perform(
            kind, Own(act.actor), body, on=asked.entry, purpose=act.purpose, reference=act.reference
        )


def _of_all(
    asked: Iterable[RegisterAnswer], unasked: Mapping[RegisterName, NotAsked], at: datetime
) -> tuple[RegisterAnswer, ...]:
    """The answers of those asked, and of those that were not, in the registers' order."""
    not_asked = (RegisterAnswer(name, "not-asked", 0, at) for name in unasked)
    places = {name: place for place, name in enumerate(REGISTERS)}
    return tuple(sorted((*asked, *not_asked), key=lambda each: places[each.register]))
