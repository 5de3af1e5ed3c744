"""Asking registers: the officer's act at home, the keeper's act, and the release of what came back."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from comity.act import Act
from comity.errors import ComityError, CorruptError, MalformedError, UnknownError, UntrustedError
from comity.exchange.recent import Pace, Seen
from comity.exchange.signed import open_signed, sign_for
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import EntryId, MemberCode, RecordId, RegisterName, new_query_id, parse_query_id
from comity.kind import Kind
from comity.limits import FRAME_KEPT_BYTES
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.presence import facts_of, standing_of, worst_standing
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.registers.choosing import choose_shown, is_answered_for, is_source_of_any
from comity.registers.fitting import NotAsked
from comity.registers.question import DISPUTED, Answer, Hit, Question, RegisterAnswer, verify_answers
from comity.registers.record import Record
from comity.registers.register import Register, ask_keys, show_on_hit
from comity.registers.registry import get_register
from comity.registers.shelf import Look, Shelf, Shelving
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import N_, _

QUERY_ID_BYTES = 16
UNREADY = "register-unready"
"""Why there is no answer from a register whose keeper answered: it cannot look there now."""
CROWDED: Final = "too-many"
"""The same, where more lies under what was asked than is looked at, and nothing of what was looked at answers."""


ALERT_CHANNELS: Final = (Channel.ENTER, Channel.MESSAGE)
"""The channels that an alert uses: it is about what its reader entered, and it comes as a message."""


class HitMade(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record that an answer showed, and whose it is; the answer's entry keeps it, for the record may go.

    How its source stood at that moment is kept too: an alert that is late tells it no more than it might hear then.
    ``status`` is the record's, a word of its register; empty where there is none, and in entries of before.
    """

    record: RecordId
    register: RegisterName
    source: MemberCode
    handling: str
    was_suspended: bool = False
    was_under_measure: bool = False
    status: str = ""


class Asking(msgspec.Struct, frozen=True):
    """The body of ``query.ask``: to whom, for what, until when; and which registers cannot be asked, and why.

    ``left_out`` are terms by which a register is not asked although it is asked, and why.
    """

    keeper: MemberCode
    terms: Mapping[RegisterName, Mapping[str, str]]
    deadline_s: float
    unasked: Mapping[RegisterName, NotAsked] = {}
    left_out: Mapping[RegisterName, Mapping[str, NotAsked]] = {}


ASK: Final = Kind[Asking, tuple[Question, bytes]]("query.ask", Asking, title=N_("Asking a question"))
"""An officer asks; release is the question and its signed frame for the keeper."""


class AskQuery:
    """What is done for ``ASK``."""

    changes = False
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home, pace: Pace) -> None:
        self._home = home
        self._pace = pace

    def look(self, act: Act[Asking], unit: UnitOfWork) -> int:
        """How often the officer has asked in the last minute."""
        del unit
        return self._pace.count(f"{act.kind} {act.actor.officer}", act.at)

    def facts(self, act: Act[Asking], recent: int) -> Facts:
        """Purpose, reference, role and standing; how much is asked, and how often."""
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.QUERY,
            registers=frozenset(act.body.terms),
            count=count_of(act.body.terms),
            recent_count=recent,
        )

    def decide(self, act: Act[Asking], verdict: Verdict, recent: int) -> Decision[tuple[Question, bytes]]:
        """Sign the question, so that officer, purpose and case travel with it."""
        del recent
        asking = act.body
        detail: dict[str, Any] = {"keeper": asking.keeper, "terms": asking.terms}
        if stopped := {name: each for name, each in asking.unasked.items() if each.was_meant}:
            detail["not_asked"] = {name: _why(each) for name, each in stopped.items()}
        if asking.left_out:
            detail["left_out"] = {
                name: {term: _why(each) for term, each in left.items()} for name, left in asking.left_out.items()
            }
        if not verdict.is_allowed:
            return Decision(detail=detail)
        question = Question(
            v=1,
            id=new_query_id(self._home.entropy(QUERY_ID_BYTES)),
            asker=self._home.member,
            keeper=asking.keeper,
            officer=act.actor.officer,
            post=act.actor.post,
            purpose=act.purpose,
            reference=act.reference,
            terms={name: dict(fields) for name, fields in asking.terms.items()},
            asked_at=act.at,
            answer_by=act.at + timedelta(seconds=asking.deadline_s),
        )
        frame = sign_for(question, self._home, question.keeper).encode()
        return Decision(
            release=lambda _entry: (question, frame),
            detail=detail | {"id": question.id, "question": hash_of(frame), **kept_frame(frame)},
        )


class Asked(msgspec.Struct, frozen=True):
    """The body of ``query.answer``: a question, and the frame that signs it."""

    frame: Frame
    question: Question


Found = tuple[RecordId, Record]


class AnswerSeen(NamedTuple):
    """What a keeper's registers have for a question, by register; nothing for whoever did not put it here."""

    is_own: bool  # the asker signed it, for this node
    is_replay: bool
    frame: bytes
    looks: Mapping[RegisterName, Look] = MappingProxyType({})
    records: Mapping[RegisterName, Sequence[Found]] = MappingProxyType({})
    unread: Mapping[RegisterName, Sequence[RecordId]] = MappingProxyType({})  # open to the asker, not to be read now
    unshown: tuple[HitMade, ...] = ()  # records that answer too, and had no room: their sources hear of it

    @property
    def sources(self) -> set[MemberCode]:
        """Whose the records are that were found."""
        return {record.source for found in self.records.values() for _name, record in found}


ANSWER: Final = Kind[Asked, bytes]("query.answer", Asked, title=N_("Answering a question"))
"""The keeper looks for another bureau; release is the signed answer."""


class AnswerQuery:
    """What is done for ``ANSWER``."""

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, shelf: Shelf, seen: Seen) -> None:
        self._home = home
        self._shelf = shelf
        self._seen = seen

    def look(self, act: Act[Asked], unit: UnitOfWork) -> AnswerSeen:
        """What there is for the question; MalformedError where its id, registers or terms cannot be used.

        Everything is looked up before the verdict, so that rules, reads and time do not depend on what there is. Only
        who has signed the question makes this node look, and only where it keeps the registers.
        """
        del unit
        asked = act.body
        question, frame = asked.question, asked.frame.encode()
        keys = keys_of(question)
        is_own = act.actor.proven and question.asker == act.actor.member and question.keeper == self._home.member
        # Named by its asker too, so that nobody can use up another member's id.
        is_replay = is_own and self._seen.is_replay(f"{act.actor.member} {question.id}", act.at)
        if not (is_own and self._home.is_secretariat):
            return AnswerSeen(is_own, is_replay, frame)
        is_member = partial(is_source_of_any, self._home.directory())
        looks = {name: self._shelf.look_up(name, wanted, act.actor.member, is_member) for name, wanted in keys.items()}
        return self._read(AnswerSeen(is_own, is_replay, frame, looks), question, act.at)

    def _read(self, seen: AnswerSeen, question: Question, now: datetime) -> AnswerSeen:
        """Read what was found, as far as it is in force and has what the question asks for."""
        directory = self._home.directory()
        records, unread, unshown = {}, {}, []
        for name, look in seen.looks.items():
            register, terms = get_register(name), question.terms[name]
            read, unread[name] = self._read_all(look)
            answering = [
                (record_id, record)
                for record_id, record in read
                if is_answered_for(record, directory, now) and register.matches(record.fields, record.groups, terms)
            ]
            shown, told = choose_shown([record.source for _, record in answering], register.postings_max)
            records[name] = [answering[at] for at in shown]
            unshown += [_made(*answering[at], directory, now) for at in told]
        return seen._replace(records=records, unread=unread, unshown=tuple(unshown))

    def _read_all(self, look: Look) -> tuple[list[Found], list[RecordId]]:
        """The records that were found, and those that cannot be read."""
        read, unread = [], []
        for name in look.records:
            try:
                read.append((name, self._shelf.get_record(name)))
            except (CorruptError, MalformedError, UnknownError):
                unread.append(name)
        return read, unread

    def facts(self, act: Act[Asked], seen: AnswerSeen) -> Facts:
        """Whose question it really is, how old, whether it was here before; whether what it asks for is hidden; and
        whether a measure is in force against a source of what is found.
        """  # noqa: D205 - one sentence
        question, directory = act.body.question, self._home.directory()
        return facts_of(
            act,
            directory,
            channel=Channel.QUERY,
            gives_to=(act.actor.member,),
            is_proven=seen.is_own,
            skew_s=(question.asked_at - act.at).total_seconds(),
            is_replay=seen.is_replay,
            is_keeper=self._home.is_secretariat,
            registers=frozenset(question.terms),
            count=count_of(question.terms),
            in_audience=not any(look.is_hidden for look in seen.looks.values()),
            source_standing=worst_standing(seen.sources, directory, (Channel.ENTER,), act.at),
        )

    def decide(self, act: Act[Asked], verdict: Verdict, seen: AnswerSeen) -> Decision[bytes]:
        """Answer for each register; a refusal is an answer too."""
        question, frame_hash = act.body.question, hash_of(seen.frame)
        registers = (
            tuple(self._answer_for(name, seen, act.at, verdict) for name in seen.looks)
            if verdict.is_allowed
            else tuple(RegisterAnswer(RegisterName(name), "refused", 0, act.at) for name in question.terms)
        )

        def release(entry: EntryId) -> bytes:
            answer = Answer(
                v=1,
                id=question.id,
                question=frame_hash,
                keeper=self._home.member,
                answered_at=act.at,
                registers=registers,
                rules=verdict.rules,
                rulebook=verdict.rulebook,
                entry=entry,
            )
            return sign_for(answer, self._home, question.asker).encode()

        unread = {name: names for name, names in seen.unread.items() if names}
        unshown = seen.unshown if verdict.is_allowed else ()  # a refusal gives nothing: nobody hears of a hit
        return Decision(
            release=release,
            detail={
                "id": question.id,
                "question": frame_hash,
                "officer": question.officer,
                "terms": question.terms,
                "answers": {answer.register: answer.answer for answer in registers},
                "records": [hit.record for answer in registers for hit in answer.hits],
                "hits": [
                    _made(*found, self._home.directory(), act.at)
                    for answer in registers
                    if answer.hits
                    for found in seen.records[answer.register]
                ],
                **{name: said for name, said in (("unshown", unshown), ("unread", unread)) if said},
                "hidden_by": verdict.hidden_by,
                **kept_frame(seen.frame),
            },
        )

    def _answer_for(self, name: RegisterName, seen: AnswerSeen, now: datetime, verdict: Verdict) -> RegisterAnswer:
        """What a register says; no answer where it can neither show a record nor know that there is none.

        What cannot be read hides nothing else, and is counted; only what is open to the asker was found at all, and
        only that crowds.
        """
        register, look, directory = get_register(name), seen.looks[name], self._home.directory()
        hits = tuple(
            _hit(register, record_id, record, is_disputed=is_disputed(record, directory, now, verdict))
            for record_id, record in seen.records[name]
        )
        unread = len(seen.unread[name])
        if not hits and (unread or not look.is_sure):
            return RegisterAnswer(name, "no-answer", 0, now, unread=unread)
        if not hits and look.is_crowded:
            return RegisterAnswer(name, "no-answer", 0, now, is_crowded=True)
        return RegisterAnswer(name, "hit" if hits else "nothing", look.position, now, hits, unread, look.is_crowded)


def is_disputed(record: Record, directory: Directory, now: datetime, verdict: Verdict) -> bool:
    """Whether nobody is to act on the record's instruction: the rulebook hides it, for this source's standing."""
    is_kept_out = standing_of(record.source, directory, Channel.ENTER, now) in ("suspended", "none")
    return is_kept_out and "instruction" in verdict.hides


def _made(name: RecordId, record: Record, directory: Directory, now: datetime) -> HitMade:
    standings = {channel: standing_of(record.source, directory, channel, now) for channel in Channel}
    return HitMade(
        name, record.register, record.source, record.handling,
        was_suspended=any(standings[channel] == "suspended" for channel in ALERT_CHANNELS),
        was_under_measure=any(standing != "open" for standing in standings.values()),
        status=get_register(record.register).status_of(record.fields),
    )  # fmt: skip


class Received(msgspec.Struct, frozen=True):
    """The body of ``answer.receive``: the question, its frame's hash, and the keeper's bytes or why there are none."""

    question: Question
    hash: str
    reply: bytes | None
    silence: str = ""


Registers = tuple[RegisterAnswer, ...]


class Opened(NamedTuple):
    """What ``answer.receive`` releases: the registers' answers; the keeper's own, or why there is none that counts."""

    registers: Registers
    answer: Answer | None
    why: str


RECEIVE: Final = Kind[Received, Opened]("answer.receive", Received, title=N_("Receiving an answer"))
"""The node releases to its officer what the keeper said, or that it said nothing."""


class ReceiveAnswer:
    """What is done for ``RECEIVE``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Received], unit: UnitOfWork) -> tuple[Answer | None, str]:
        """Verify the answer; one that does not verify is no answer, and the reason is kept."""
        del unit
        return self._open(act.body, act.at)

    def facts(self, act: Act[Received], seen: tuple[Answer | None, str]) -> Facts:
        """The node goes on with what its officer began."""
        del seen
        return facts_of(act, self._home.directory(), actor="node")

    def decide(self, act: Act[Received], verdict: Verdict, seen: tuple[Answer | None, str]) -> Decision[Opened]:
        """Release what verified."""
        received, question = act.body, act.body.question
        answer, why = seen if verdict.is_allowed else (None, "refused")
        registers = (
            answer.registers
            if answer
            else tuple(RegisterAnswer(name, "no-answer", 0, act.at) for name in question.terms)
        )
        return Decision(
            release=lambda _entry: Opened(registers, answer, why),
            detail={
                "id": question.id,
                "keeper": question.keeper,
                "answers": {each.register: each.answer for each in registers},
                "records": [hit.record for each in registers for hit in each.hits],
                "answer": hashlib.sha256(received.reply or b"").hexdigest(),
                "entry": answer.entry if answer else "",
                "why": why,
                **(kept_frame(received.reply) if answer and received.reply else {}),
            },
        )

    def _open(self, received: Received, now: datetime) -> tuple[Answer | None, str]:
        if received.reply is None:
            return None, received.silence
        question = received.question
        bureau = self._home.directory().find_bureau(question.keeper, now)
        if bureau is None:
            return None, "unknown-keeper"
        try:
            answer = open_signed(received.reply, Answer, bureau.signing_key)
            verify_answers(received.hash, question.id, answer)
            verify_registers(question, answer)
        except ComityError as error:
            return None, error.code
        return answer, _why_silent(answer)


def _why_silent(answer: Answer) -> str:
    """Why registers of a keeper that answered have no answer; empty where all have."""
    silent = [each for each in answer.registers if each.answer == "no-answer"]
    return UNREADY if any(not each.is_crowded for each in silent) else CROWDED if silent else ""


def verify_registers(question: Question, answer: Answer) -> None:
    """Raise UntrustedError for an answer that is about other registers, or says what no keeper says."""
    if sorted(each.register for each in answer.registers) != sorted(question.terms):
        raise UntrustedError(_("The answer is about other registers."), where="answer")
    for each in answer.registers:
        if (
            each.answer not in ("hit", "nothing", "refused", "no-answer")
            or bool(each.hits) != (each.answer == "hit")
            or (each.is_crowded and each.answer not in ("hit", "no-answer"))
        ):
            raise UntrustedError(_("The answer contradicts itself."), where="answer")


def _hit(register: Register, record_id: RecordId, record: Record, *, is_disputed: bool) -> Hit:
    shown = show_on_hit(register, record.fields, record.groups)
    instruction = DISPUTED if is_disputed else record.instruction
    return Hit(record_id, record.source, instruction, record.handling, shown, record.entered_at)


def _why(problem: NotAsked) -> str:
    return ": ".join(filter(None, (problem.where, problem.message)))


def count_of(terms: Mapping[RegisterName, Mapping[str, str]]) -> int:
    """How many checks a question is: its terms for several registers say what one officer has before them."""
    return 1 if terms else 0


def kept_frame(frame: bytes) -> dict[str, str]:
    """What an entry keeps of a signed statement, as evidence: the whole of it, unless it is very long."""
    return {"frame": frame.decode()} if len(frame) <= FRAME_KEPT_BYTES else {}


def hash_of(frame: bytes) -> str:
    """The SHA-256 of a frame's bytes, hexadecimal: how an answer names its question."""
    return hashlib.sha256(frame).hexdigest()


def keys_of(question: Question) -> dict[RegisterName, tuple[bytes, ...]]:
    """By what each register is asked; MalformedError for a question whose id, registers or terms cannot be used."""
    parse_query_id(question.id)
    return {name: tuple(ask_keys(get_register(name), terms)) for name, terms in question.terms.items()}


def _acts(partners: Shelving) -> tuple[Done, ...]:
    home = partners.home
    return (
        done(ASK, AskQuery(home, partners.pace)),
        done(ANSWER, AnswerQuery(home, partners.shelf, partners.seen)),
        done(RECEIVE, ReceiveAnswer(home)),
    )


PART: Final = RoomPart((ASK, ANSWER, RECEIVE), _acts)
