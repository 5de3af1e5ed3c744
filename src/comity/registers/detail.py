"""The whole of one record that a hit named: the officer's act, the keeper's act, and the release."""

import hashlib
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.audience import Audience
from comity.damage import Damage, DamagedError
from comity.errors import ComityError, UnavailableError, UntrustedError
from comity.exchange.recent import Pace, Seen
from comity.exchange.signed import open_signed, sign_for
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BatchId, EntryId, MemberCode, RecordId, new_query_id, parse_record_id, record_id
from comity.kind import Kind
from comity.limits import REACH_MEMBERS_MAX
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.presence import facts_of, worst_standing
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.registers.batch import Evidence, parse_head, verify_record_in_batch
from comity.registers.catalogue import CatalogueView
from comity.registers.choosing import is_answered_for
from comity.registers.query import QUERY_ID_BYTES, hash_of, is_disputed, kept_frame
from comity.registers.question import Detail, DetailQuestion, verify_answers
from comity.registers.record import Record
from comity.registers.shelf import Shelf, Shelving
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import N_, _

SOURCE_UNTRUSTED: Final = "source-untrusted"
"""Why nothing is shown of a record that came back: it is not its source's."""


class Reading(msgspec.Struct, frozen=True):
    """The body of ``record.read``: which record, kept by whom."""

    keeper: MemberCode
    record: RecordId


READ: Final = Kind[Reading, tuple[DetailQuestion, bytes]]("record.read", Reading, title=N_("Asking for a record"))
"""An officer asks for the whole record; release is the question and its signed frame for the keeper."""


class ReadRecord:
    """What is done for ``READ``."""

    changes = False
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home, pace: Pace) -> None:
        self._home = home
        self._pace = pace

    def look(self, act: Act[Reading], unit: UnitOfWork) -> int:
        """How often the officer has read in the last minute."""
        del unit
        return self._pace.count(f"{act.kind} {act.actor.officer}", act.at)

    def facts(self, act: Act[Reading], recent: int) -> Facts:
        """Purpose, reference, role and standing, as for a query."""
        return facts_of(act, self._home.directory(), channel=Channel.QUERY, recent_count=recent)

    def decide(self, act: Act[Reading], verdict: Verdict, recent: int) -> Decision[tuple[DetailQuestion, bytes]]:
        """Sign the question."""
        del recent
        reading = act.body
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
        frame = sign_for(question, self._home, question.keeper).encode()
        return Decision(
            release=lambda _entry: (question, frame),
            detail=detail | {"id": question.id, "question": hash_of(frame), **kept_frame(frame)},
        )


class DetailUnit(UnitOfWork, CatalogueView, Protocol):
    """A unit of work that knows the catalogue."""


class Wanted(msgspec.Struct, frozen=True):
    """The body of ``record.show``: a question, and the frame that signs it."""

    frame: Frame
    question: DetailQuestion


class DetailSeen(NamedTuple):
    """What a keeper has of one record for its asker: the evidence if it may see it, the same nothing if it may not."""

    is_own: bool  # the asker signed the question, for this node
    is_replay: bool
    evidence: Evidence | None = None
    is_hidden: bool = False


SHOW: Final = Kind[Wanted, bytes]("record.show", Wanted, title=N_("Showing a record"))
"""The keeper shows one record to another bureau, or says that it is not open to it; release is the signed answer."""


class ShowRecord:
    """What is done for ``SHOW``."""

    changes = False
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, shelf: Shelf, seen: Seen) -> None:
        self._home = home
        self._shelf = shelf
        self._seen = seen

    def look(self, act: Act[Wanted], unit: DetailUnit) -> DetailSeen:
        """Find the record, and whether the asker may see it; nobody else makes this node look into files."""
        question = act.body.question
        is_own = act.actor.proven and question.asker == act.actor.member and question.keeper == self._home.member
        is_replay = is_own and self._seen.is_replay(f"{act.actor.member} {question.id}", act.at)
        if not (is_own and self._home.is_secretariat):
            return DetailSeen(is_own, is_replay)
        evidence, is_hidden = self._find(RecordId(question.record), act, unit)
        return DetailSeen(is_own, is_replay, evidence, is_hidden)

    def _find(self, name: RecordId, act: Act[Wanted], unit: DetailUnit) -> tuple[Evidence | None, bool]:
        """The evidence, and whether it is hidden: the same work for no record as for a hidden one.

        DamagedError where the catalogue has it and its file does not, for those who could see something of what came
        with it: whoever could not hears what it hears of any other name. UnavailableError where it may have been lost.
        """
        batch, offset = parse_record_id(name)
        held = unit.find_batch(batch)
        is_held = held is not None and offset < held.count and not unit.is_removed(name)
        reach = unit.reach_of(held) if held is not None else str(Audience.nobody())
        record, is_here = self._shelf.look_at(name)
        if is_held and not is_here and _may_see(reach, act.actor.member):  # that is no "nothing"
            raise DamagedError(Damage("batch", batch, _("The batch's file is missing, or hides a record.")))
        is_open = Audience.parse(record.audience).includes(act.actor.member)
        is_shown = is_answered_for(record, self._home.directory(), act.at) and is_here
        evidence = self._shelf.get_evidence(name) if is_shown and is_open else None
        if evidence is None and not self._shelf.is_whole:  # the same for one that is hidden
            raise UnavailableError(
                _("This node may lack records: it says of none that it is not here."), where="record"
            )
        return evidence, is_shown and not is_open

    def facts(self, act: Act[Wanted], seen: DetailSeen) -> Facts:
        """Whose question it is, how old, here before or not, and whether the record is hidden from it."""
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.QUERY,
            gives_to=(act.actor.member,),
            is_proven=seen.is_own,
            skew_s=(act.body.question.asked_at - act.at).total_seconds(),
            is_replay=seen.is_replay,
            is_keeper=self._home.is_secretariat,
            in_audience=not seen.is_hidden,
        )

    def decide(self, act: Act[Wanted], verdict: Verdict, seen: DetailSeen) -> Decision[bytes]:
        """Show it, or not, in the same words whether it is hidden or not there."""
        question, frame = act.body.question, act.body.frame.encode()
        evidence = seen.evidence if verdict.is_allowed else None

        def release(entry: EntryId) -> bytes:
            shown = Detail(
                v=1,
                id=question.id,
                question=hash_of(frame),
                keeper=self._home.member,
                answered_at=act.at,
                answer="refused" if not verdict.is_allowed else "nothing" if evidence is None else "shown",
                evidence=evidence,
                rules=verdict.rules,
                rulebook=verdict.rulebook,
                entry=entry,
            )
            return sign_for(shown, self._home, question.asker).encode()

        detail = {
            "id": question.id,
            "question": hash_of(frame),
            "officer": question.officer,
            "record": question.record,
            "shown": evidence is not None,
            "hidden_by": verdict.hidden_by,
            **kept_frame(frame),
        }
        return Decision(release=release, detail=detail)


def _may_see(reach: str, member: MemberCode) -> bool:
    """Whether a member may be in the audience of something; where that is not known yet, it may."""
    return not reach or Audience.parse(reach, most=REACH_MEMBERS_MAX).includes(member)


class Brought(msgspec.Struct, frozen=True):
    """The body of ``record.receive``: the question, its frame's hash, and the keeper's bytes or why there are none."""

    question: DetailQuestion
    hash: str
    reply: bytes | None
    silence: str = ""


class Shown(NamedTuple):
    """What came of reading a record: the keeper's answer and the record, both verified, or ``why`` there is none."""

    why: str
    detail: Detail | None = None
    record: Record | None = None
    is_disputed: bool = False


def _open(brought: Brought, now: datetime, directory: Directory) -> Shown:
    """Verify the keeper's signature, and through the evidence the source's; ``why`` says what failed."""
    bureau = directory.find_bureau(brought.question.keeper, now)
    if brought.reply is None or bureau is None:
        return Shown(brought.silence or "unknown-keeper")
    try:
        detail = open_signed(brought.reply, Detail, bureau.signing_key)
        verify_answers(brought.hash, brought.question.id, detail)
        if (detail.answer == "shown") != (detail.evidence is not None):
            raise UntrustedError(_("The answer contradicts itself."), where="answer")
    except ComityError as error:
        return Shown(error.code)
    if detail.evidence is None:
        return Shown("", detail)
    try:
        return Shown("", detail, _verify_evidence(detail.evidence, RecordId(brought.question.record), directory))
    except ComityError:
        return Shown(SOURCE_UNTRUSTED)


RECEIVE: Final = Kind[Brought, Shown]("record.receive", Brought, title=N_("Receiving a record"))
"""The node releases the record to its officer, if the officer's role covers its level."""


class ReceiveRecord:
    """What is done for ``RECEIVE``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Brought], unit: UnitOfWork) -> Shown:
        """Verify what came."""
        del unit
        return _open(act.body, act.at, self._home.directory())

    def facts(self, act: Act[Brought], shown: Shown) -> Facts:
        """The level of what was shown, nothing shown is nothing to protect; and how its source stands."""
        directory = self._home.directory()
        handlings = frozenset({shown.record.handling} if shown.record else ())
        sources = (shown.record.source,) if shown.record else ()
        standing = worst_standing(sources, directory, (Channel.ENTER,), act.at)
        return facts_of(
            act,
            directory,
            actor="node",
            registers=frozenset({shown.record.register} if shown.record else ()),
            handlings=handlings,
            source_standing=standing,
        )

    def decide(self, act: Act[Brought], verdict: Verdict, shown: Shown) -> Decision[Shown]:
        """Release what verified."""
        brought, record = act.body, shown.record
        if record is not None:
            shown = shown._replace(is_disputed=is_disputed(record, self._home.directory(), act.at, verdict))
        detail = {
            "id": brought.question.id,
            "record": brought.question.record,
            "answer": hashlib.sha256(brought.reply or b"").hexdigest(),
            "entry": shown.detail.entry if shown.detail else "",
            "why": shown.why,
            "disputed": shown.is_disputed,
            # What was not released is kept nowhere: the entry has its hash.
            **(kept_frame(brought.reply) if verdict.is_allowed and shown.detail and brought.reply else {}),
        }
        return Decision(release=lambda _entry: shown if verdict.is_allowed else None, detail=detail)


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


def _acts(partners: Shelving) -> tuple[Done, ...]:
    home = partners.home
    return (
        done(READ, ReadRecord(home, partners.pace)),
        done(SHOW, ShowRecord(home, partners.shelf, partners.seen)),
        done(RECEIVE, ReceiveRecord(home)),
    )


PART: Final = RoomPart((READ, SHOW, RECEIVE), _acts)
