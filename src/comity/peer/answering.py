"""Answering: what comes over the line becomes an act, whatever it is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog

from comity.act import Peer
from comity.damage import DamagedError, Damages
from comity.errors import ComityError, MalformedError, TooLargeError, UnknownError, UntrustedError
from comity.exchange import arriving, attaching, relaying, settling
from comity.exchange.arriving import open_arrived
from comity.exchange.attaching import ShowAsked
from comity.exchange.blob import BlobQuestion, ChunkQuestion
from comity.exchange.envelope import Envelope, parse_envelope
from comity.exchange.greeting import Greeting
from comity.exchange.mending import PartQuestion
from comity.exchange.message import EXPIRY
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.relaying import Parcel
from comity.exchange.sending import Vault
from comity.exchange.settling import Taken
from comity.exchange.signed import COMPLAINT, parse_body, parse_signed
from comity.gate import Gate, Outcome
from comity.ids import BlobId, MemberCode, parse_query_id, parse_record_id
from comity.kind import Body, Kind, Release
from comity.limits import FRAME_BYTES, SKEW_S
from comity.members.reads import parse_told
from comity.members.stating import STATE
from comity.registers import consigning, detail, entering, query
from comity.registers.batch import parse_batch
from comity.registers.consigning import ArrivedConsignment
from comity.registers.consignment import Consignment
from comity.registers.detail import Wanted
from comity.registers.query import Asked
from comity.registers.question import DetailQuestion, Question
from comity.signer import Frame, parse_frame
from comity.texts import _

_log = structlog.get_logger(__name__)

DIRECTORY: Final = b"comity/1 directory "
"""How a request for a file of the directory begins; after it, the file's name. It is not signed, since a node whose
keys are locked asks too. What is published is for every member to read, carries its own signatures, and serving it is
no act."""

CHUNK: Final = b"comity/1 chunk "
"""How a signed request for one chunk begins: giving one takes no signature, so locked keys do not keep it back."""


class AnsweringHome(NamedTuple):
    """What an answering node has besides its gate and keys."""

    member: MemberCode
    published: Callable[[str], bytes | None]  # a file of the directory, at the secretariat
    chunk: Callable[[BlobId, int, MemberCode], bytes | None]  # if it is here and that member may pull it
    verify_ready: Callable[[], None]  # raises where nothing could be signed
    signer: Callable[[Frame], MemberCode | None]  # verified here and now, so the writer finds it so; raises as above
    clock: Callable[[], datetime]
    hears: Callable[[MemberCode], None]  # a member has been heard of: it signed what came over its own line
    greeted: Callable[[Greeting], bytes]  # a pass to take instead, or nothing
    has_taken: Callable[[str], None]  # a "batch", "consignment", "message", "receipt" or "parcel" has come in


class Answerer:
    """Answers other members' nodes: through the gate, except for the directory's files, chunks and greetings."""

    def __init__(self, gate: Gate[Any], home: AnsweringHome, vault: Vault, damages: Damages | None = None) -> None:
        self._gate = gate
        self._damages = damages or Damages()
        self._home = home
        self._vault = vault
        self._kinds: Mapping[bytes, Callable[[MemberCode, bytes], bytes]] = {
            b"comity-batch/": self._accept,
            b"comity/1 consignment ": self._accept_consignment,
            b"comity/1 query ": self._look,
            b"comity/1 detail ": self._show,
            b"comity/1 envelope ": self._deliver,
            b"comity/1 receipt ": self._receive,
            b"comity/1 blob ": self._show_blob,
            b"comity/1 part ": self._show_part,
            b"comity/1 greeting ": self._greet,
            b"comity/1 reads ": self._state,
        }

    def __call__(self, line: MemberCode, data: bytes) -> bytes:
        """The bytes to send back; what cannot be read is complained about, and blocks nothing behind it."""
        try:
            return self._answer(line, data)
        except ComityError as error:
            if isinstance(error, DamagedError):
                self._damages.note(error.damage)
            _log.info("answering.complained", code=error.code, where=error.where, line=line)
            return COMPLAINT + error.code.encode()

    def _answer(self, line: MemberCode, data: bytes) -> bytes:
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A request has at most {most} bytes.").format(most=FRAME_BYTES), where="request")
        if data.startswith(DIRECTORY):
            return self._home.published(_text(data[len(DIRECTORY) :])) or b""
        if data.startswith(CHUNK):
            return self._give_chunk(line, data)
        self._home.verify_ready()
        for begins, answer in self._kinds.items():
            if data.startswith(begins):
                return answer(line, data)
        raise MalformedError(_("This node knows no such request."), where="request")

    def _perform(
        self, kind: Kind[Body, Release], line: MemberCode, by: Peer, body: Body, **about: str
    ) -> Outcome[Release]:
        """One act of another member; it counts as heard of where its own line brought what it signed."""
        outcome = self._gate.perform(kind, by, body, **about)
        actor = outcome.act.actor
        if actor.proven and actor.member == line:
            self._home.hears(line)
        return outcome

    def _look(self, line: MemberCode, data: bytes) -> bytes:
        frame = parse_frame(data, "query")
        question = parse_body(frame, Question)
        outcome = self._perform(
            query.ANSWER,
            line,
            Peer(line, frame),
            Asked(frame, question),
            on=question.id,
            purpose=question.purpose,
            reference=question.reference,
        )
        return _bytes(outcome.release)

    def _show(self, line: MemberCode, data: bytes) -> bytes:
        frame = parse_frame(data, "detail")
        question = parse_body(frame, DetailQuestion)
        parse_query_id(question.id)
        parse_record_id(question.record)
        outcome = self._perform(
            detail.SHOW,
            line,
            Peer(line, frame),
            Wanted(frame, question),
            on=question.record,
            purpose=question.purpose,
            reference=question.reference,
        )
        return _bytes(outcome.release)

    def _accept(self, line: MemberCode, data: bytes) -> bytes:
        batch = parse_batch(data)
        outcome = self._perform(entering.ACCEPT, line, Peer(line, batch.frame), batch, on=batch.id)
        return self._taken("batch", outcome.release)

    def _accept_consignment(self, line: MemberCode, data: bytes) -> bytes:
        frame, consignment = parse_signed(data, Consignment)
        arrived = ArrivedConsignment(frame, consignment)
        outcome = self._perform(consigning.ACCEPT, line, Peer(line, frame), arrived, on=consignment.register)
        return self._taken("consignment", outcome.release)

    def _deliver(self, line: MemberCode, data: bytes) -> bytes:
        envelope = parse_envelope(data)
        # Whose it is, is said by its signature; over the relay's line come those of others.
        sender = envelope.head.sender if envelope.head else line
        if envelope.to != self._home.member:
            parcel = _parcel_of_envelope(envelope, sender, data)
            return self._relay(relaying.RELAY_ENVELOPE, line, envelope.frame, parcel)
        by = Peer(sender, envelope.frame)
        arrived = open_arrived(envelope, self._vault)
        self._home.signer(envelope.frame)
        outcome = self._perform(arriving.DELIVER, line, by, arrived, on=envelope.id)
        return self._taken("message", outcome.release)

    def _receive(self, line: MemberCode, data: bytes) -> bytes:
        frame, receipt = parse_signed(data, Receipt)
        if receipt.to != self._home.member:
            return self._relay(relaying.RELAY_RECEIPT, line, frame, _parcel_of_receipt(frame, receipt, data))
        taken = Taken(frame, receipt, is_pushed=True)
        outcome = self._perform(settling.TAKE, line, Peer(receipt.by, frame), taken, on=receipt.of)
        return self._taken("receipt", outcome.release)

    def _relay(self, kind: Kind[Parcel, bytes], line: MemberCode, frame: Frame, parcel: Parcel) -> bytes:
        outcome = self._perform(kind, line, Peer(parcel.sender, frame), parcel, on=parcel.name)
        return self._taken("parcel", outcome.release)

    def _taken(self, what: str, release: object) -> bytes:
        if release is None:
            raise UntrustedError(_("It is not what its sender signed, or is not taken here."), where=what)
        self._home.has_taken(what)
        return _bytes(release)

    def _show_blob(self, line: MemberCode, data: bytes) -> bytes:
        frame, question = parse_signed(data, BlobQuestion)
        outcome = self._perform(attaching.SHOW, line, Peer(line, frame), ShowAsked(blob=question), on=question.blob)
        if outcome.release is None:
            raise UnknownError(_("No such blob is here for this member."), where="blob")
        return _bytes(outcome.release)

    def _show_part(self, line: MemberCode, data: bytes) -> bytes:
        frame, question = parse_signed(data, PartQuestion)
        outcome = self._gate.perform(attaching.SHOW, Peer(line, frame), ShowAsked(part=question), on=question.batch)
        if outcome.release is None:
            raise UnknownError(_("No such batch is here for this member."), where="batch")
        return _bytes(outcome.release)

    def _give_chunk(self, line: MemberCode, data: bytes) -> bytes:
        """A chunk is ciphertext, and its manifest was asked for by an act: giving it is none, but it was signed for."""
        frame, question = parse_signed(data, ChunkQuestion)
        self._verify_own(line, frame, question.asker, question.holder, question.asked_at)
        found = self._home.chunk(BlobId(question.blob), question.number, line)
        if found is None:
            raise UnknownError(_("No such chunk is here for this member."), where="chunk")
        return found

    def _greet(self, line: MemberCode, data: bytes) -> bytes:
        frame, greeting = parse_signed(data, Greeting)
        self._verify_own(line, frame, greeting.member, greeting.to, greeting.at)
        return self._home.greeted(greeting)

    def _state(self, line: MemberCode, data: bytes) -> bytes:
        told = parse_told(data)
        outcome = self._perform(STATE, line, Peer(line, told.frame), told, on=told.reads.member)
        return self._taken("reads", outcome.release)

    def _verify_own(self, line: MemberCode, frame: Frame, asker: MemberCode, to: MemberCode, at: datetime) -> None:
        """Raise UntrustedError unless the line's member has just signed this for this node; then it is heard of."""
        if self._home.signer(frame) != line or (asker, to) != (line, self._home.member):
            raise UntrustedError(_("It is not signed by the member that brings it."), where=frame.context)
        if abs((self._home.clock() - at).total_seconds()) > SKEW_S:
            raise UntrustedError(_("It was signed at another time than now."), where=frame.context)
        self._home.hears(line)


def _parcel_of_envelope(envelope: Envelope, sender: MemberCode, data: bytes) -> Parcel:
    head = envelope.read_head()
    envelope.verify_whole()
    return Parcel(envelope.id, "envelope", sender, envelope.to, data, head.expires_at, head.blobs)


def _parcel_of_receipt(frame: Frame, receipt: Receipt, data: bytes) -> Parcel:
    return Parcel(receipt_name(frame), "receipt", receipt.by, receipt.to, data, receipt.at + EXPIRY)


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError(_("A name is ASCII."), where="request") from error


def _bytes(release: object) -> bytes:
    if not isinstance(release, bytes):
        raise TypeError("An answer is bytes.")
    return release
