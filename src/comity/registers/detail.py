"""The whole of one record that a hit named: the officer's act, the keeper's act, and the release."""

import hashlib
from typing import Any, Final, Protocol

import msgspec

from comity.act import Act
from comity.audience import Audience
from comity.damage import Damage, DamagedError
from comity.errors import ComityError, UntrustedError
from comity.exchange.recent import Pace, Seen
from comity.exchange.signed import open_signed, sign_body
from comity.gate import Decision, GivesTo, Handler, UnitOfWork
from comity.ids import BatchId, EntryId, MemberCode, RecordId, new_query_id, parse_record_id, record_id
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.presence import facts_of, worst_standing
from comity.members.standing import Channel
from comity.registers.batch import Evidence, parse_head, verify_record_in_batch
from comity.registers.catalogue import CatalogueView
from comity.registers.query import QUERY_ID_BYTES, Shelf, hash_of, is_answered_for, is_disputed, kept_frame
from comity.registers.question import Detail, DetailQuestion, verify_answers
from comity.registers.record import Record
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import _

SOURCE_UNTRUSTED: Final = "source-untrusted"
"""Why nothing is shown of a record that came back: it is not its source's."""


class Reading(msgspec.Struct, frozen=True):
    """The body of ``record.read``: which record, kept by whom."""

    keeper: MemberCode
    record: RecordId


class ReadRecord:
    """``record.read``: an officer asks for the whole record. Release is the question and its signed bytes."""

    changes = False
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home, pace: Pace) -> None:
        self._home = home
        self._pace = pace

    def facts(self, act: Act, unit: UnitOfWork) -> Facts:
        """Purpose, reference, role and standing, as for a query."""
        del unit
        recent = self._pace.count(f"{act.kind} {act.actor.officer}", act.at)
        return facts_of(act, self._home.directory(), channel=Channel.QUERY, recent_count=recent)

    def decide(self, act: Act, verdict: Verdict, unit: UnitOfWork) -> Decision:
        """Sign the question."""
        del unit
        reading: Reading = act.body
        detail: dict[str, Any] = {"keeper": reading.keeper, "record": reading.record}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        question = DetailQuestion(
            v=1,
            id=new_query_id(self._home.entropy(QUERY_ID_BYTES)),
            asker=self._home.member,
            keeper=reading.keeper,
            officer=act.actor.officer,
            post=act.actor.post,
            purpose=act.purpose,
            reference=act.reference,
            record=reading.record,
            asked_at=act.at,
        )
        frame = sign_body(question, self._home.signer)
        return Decision(
            release=lambda _entry: (question, frame.encode()),
            detail=detail | {"id": question.id, "question": hash_of(frame), **kept_frame(frame.encode())},
        )


class DetailUnit(UnitOfWork, CatalogueView, Protocol):
    """A unit of work that knows the catalogue."""


class Wanted:
    """The body of ``record.show``: the question, its frame's hash, and the evidence if the asker may see it."""

    def __init__(self, frame: Frame, question: DetailQuestion) -> None:
        self.question = question
        self.frame = frame.encode()
        self.hash = hash_of(frame)
        self.evidence: Evidence | None = None
        self.is_hidden = False

    def look(self, member: MemberCode, act: Act, shelf: Shelf, directory: Directory, unit: CatalogueView) -> None:
        """Find the record, and whether ``member`` may see it: the same work for none as for a hidden one.

        DamagedError where the catalogue has it and its file does not.
        """
        name = RecordId(self.question.record)
        batch, offset = parse_record_id(name)
        held = unit.find_batch(batch)
        is_held = held is not None and offset < held.count and not unit.is_removed(name)
        record, is_here = shelf.look_at(name)
        if is_held and not is_here:  # its file is not: that is no "nothing"
            raise DamagedError(Damage("batch", batch, _("The batch's file is missing, or hides a record.")))
        is_open = Audience.parse(record.audience).includes(member)
        is_shown = is_answered_for(record, directory, act.at) and is_here
        self.is_hidden = is_shown and not is_open
        self.evidence = shelf.get_evidence(name) if is_shown and is_open else None


class ShowRecord:
    """``record.show``: the keeper shows one record to another bureau, or says that it is not open to it."""

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, shelf: Shelf, seen: Seen) -> None:
        self._home = home
        self._shelf = shelf
        self._seen = seen

    def facts(self, act: Act, unit: DetailUnit) -> Facts:
        """Whose question it is, how old, here before or not, and whether the record is hidden from it."""
        wanted: Wanted = act.body
        question = wanted.question
        is_own = question.asker == act.actor.member and question.keeper == self._home.member
        request = f"{act.actor.member} {question.id}"
        is_replay = is_own and act.actor.proven and self._seen.is_replay(request, act.at)
        if is_own and act.actor.proven and self._home.is_secretariat:  # nobody else makes this node look into files
            wanted.look(act.actor.member, act, self._shelf, self._home.directory(), unit)
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.QUERY,
            gives_to=(act.actor.member,),
            is_proven=act.actor.proven and is_own,
            skew_s=(question.asked_at - act.at).total_seconds(),
            is_replay=is_replay,
            is_keeper=self._home.is_secretariat,
            in_audience=not wanted.is_hidden,
        )

    def decide(self, act: Act, verdict: Verdict, unit: DetailUnit) -> Decision:
        """Show it, or not, in the same words whether it is hidden or not there."""
        del unit
        wanted: Wanted = act.body
        evidence = wanted.evidence if verdict.is_allowed else None

        def release(entry: EntryId) -> bytes:
            shown = Detail(
                v=1,
                id=wanted.question.id,
                question=wanted.hash,
                keeper=self._home.member,
                answered_at=act.at,
                answer="refused" if not verdict.is_allowed else "nothing" if evidence is None else "shown",
                evidence=evidence,
                rules=verdict.rules,
                rulebook=verdict.rulebook,
                entry=entry,
            )
            return sign_body(shown, self._home.signer).encode()

        detail = {
            "id": wanted.question.id,
            "question": wanted.hash,
            "officer": wanted.question.officer,
            "record": wanted.question.record,
            "shown": evidence is not None,
            "hidden_by": verdict.hidden_by,
            **kept_frame(wanted.frame),
        }
        return Decision(release=release, detail=detail)


class Shown:
    """The body of ``record.receive``: the question and the keeper's bytes, verified before the act is judged."""

    def __init__(self, question: DetailQuestion, question_hash: str, reply: bytes | None, silence: str) -> None:
        self.question = question
        self.hash = question_hash
        self.reply = reply
        self.why = silence
        self.detail: Detail | None = None
        self.record: Record | None = None
        self.is_disputed = False

    def verify(self, act: Act, directory: Directory) -> None:
        """Verify the keeper's signature, and through the evidence the source's; ``why`` says what failed."""
        bureau = directory.find_bureau(self.question.keeper, act.at)
        if self.reply is None or bureau is None:
            self.why = self.why or "unknown-keeper"
            return
        try:
            detail = open_signed(self.reply, Detail, bureau.signing_key)
            verify_answers(self.hash, self.question.id, detail)
            if (detail.answer == "shown") != (detail.evidence is not None):
                raise UntrustedError(_("The answer contradicts itself."), where="answer")
        except ComityError as error:
            self.why = error.code
            return
        try:
            if detail.evidence is not None:
                self.record = _verify_evidence(detail.evidence, RecordId(self.question.record), directory)
        except ComityError:
            self.why = SOURCE_UNTRUSTED
            return
        self.detail = detail


class ReceiveRecord:
    """``record.receive``: the node releases the record to its officer, if the officer's role covers its level.

    Release is the ``Shown`` itself.
    """

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act, unit: UnitOfWork) -> Facts:
        """The level of what was shown, nothing shown is nothing to protect; and how its source stands."""
        del unit
        shown: Shown = act.body
        directory = self._home.directory()
        shown.verify(act, directory)
        handling = shown.record.handling if shown.record else "official-use"
        sources = (shown.record.source,) if shown.record else ()
        standing = worst_standing(sources, directory, (Channel.ENTER,), act.at)
        return facts_of(act, directory, actor="node", handling=handling, source_standing=standing)

    def decide(self, act: Act, verdict: Verdict, unit: DetailUnit) -> Decision:
        """Release what verified."""
        del unit
        shown: Shown = act.body
        if shown.record is not None:
            shown.is_disputed = is_disputed(shown.record, self._home.directory(), act.at, verdict)
        detail = {
            "id": shown.question.id,
            "record": shown.question.record,
            "answer": hashlib.sha256(shown.reply or b"").hexdigest(),
            "entry": shown.detail.entry if shown.detail else "",
            "why": shown.why,
            "disputed": shown.is_disputed,
            **(kept_frame(shown.reply) if shown.detail and shown.reply else {}),
        }
        return Decision(release=(lambda _entry: shown) if verdict.is_allowed else (lambda _entry: None), detail=detail)


def _verify_evidence(evidence: Evidence, wanted: RecordId, directory: Directory) -> Record:
    """The record, once it is shown that its source signed it and that it is the one asked for.

    1. The head names its signer, which is a key that the source has or had.
    2. The signature, the salted hash and the inclusion proof verify.
    3. The batch and the offset are those of the question.
    """
    frame, head = parse_head(evidence.head)
    found = directory.find_former_key(frame.key_id)
    if found is None or found[0] != head.source:
        raise UntrustedError(_("The source's signature is by a key that the directory does not know."), where="record")
    verified_head, record = verify_record_in_batch(evidence, found[1])
    if record_id(BatchId(verified_head.root), evidence.offset) != wanted:
        raise UntrustedError(_("Another record was shown than the one asked for."), where="record")
    return record


def detail_acts(home: Home, shelf: Shelf, pace: Pace, seen: Seen) -> dict[str, Handler[DetailUnit]]:
    """What this file registers at the gate."""
    return {
        "record.read": ReadRecord(home, pace),
        "record.show": ShowRecord(home, shelf, seen),
        "record.receive": ReceiveRecord(home),
    }
