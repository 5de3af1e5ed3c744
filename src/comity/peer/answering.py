"""Answering: what comes over the line becomes an act, whatever it is."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import structlog

from comity.act import Peer
from comity.damage import DamagedError, Damages
from comity.errors import ComityError, MalformedError, TooLargeError, UnknownError, UntrustedError
from comity.exchange.arriving import open_arrived
from comity.exchange.blob import BlobQuestion
from comity.exchange.envelope import Envelope, parse_envelope
from comity.exchange.mending import PartQuestion
from comity.exchange.message import EXPIRY
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.relaying import Parcel
from comity.exchange.sending import Vault
from comity.exchange.settling import Taken
from comity.exchange.signed import COMPLAINT, parse_body, parse_signed
from comity.gate import Gate
from comity.ids import BlobId, MemberCode, parse_blob_id, parse_query_id, parse_record_id
from comity.limits import FRAME_BYTES
from comity.registers.batch import parse_batch
from comity.registers.consigning import ArrivedConsignment
from comity.registers.consignment import Consignment
from comity.registers.detail import Wanted
from comity.registers.query import Asked, verify_question
from comity.registers.question import DetailQuestion, Question
from comity.signer import Frame, parse_frame
from comity.texts import _

_log = structlog.get_logger(__name__)

DIRECTORY: Final = b"comity/1 directory "
"""How a request for a file of the directory begins; after it, the file's name. What is published is for every member to
read, carries its own signatures, and serving it is no act."""

CHUNK: Final = b"comity/1 chunk "
"""How a request for one chunk begins; after it, the blob's name, a space, the chunk's number. Its manifest, which says
what is in it, was asked for by an act; a chunk is ciphertext, and its hash is what makes it the right one."""


class Home(NamedTuple):
    """What an answering node has besides its gate and keys."""

    member: MemberCode
    published: Callable[[str], bytes | None]  # a file of the directory, at the secretariat
    chunk: Callable[[BlobId, int, MemberCode], bytes | None]  # if it is here and that member may pull it
    verify_ready: Callable[[], None]  # raises where nothing could be signed
    foresee: Callable[[Frame], None]  # verifies a signature here and now, so that the writer finds it verified
    hears: Callable[[MemberCode], None]  # a member has been heard of
    has_taken: Callable[[str], None]  # a "batch", "consignment", "message", "receipt" or "parcel" has come in


class Answerer:
    """Answers other members' nodes: through the gate, except for the directory's files and chunks."""

    def __init__(self, gate: Gate[Any], home: Home, vault: Vault, damages: Damages | None = None) -> None:
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
        }

    def __call__(self, line: MemberCode, data: bytes) -> bytes:
        """The bytes to send back; what cannot be read is complained about, and blocks nothing behind it."""
        self._home.hears(line)
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
            return self._give_chunk(line, _text(data[len(CHUNK) :]))
        self._home.verify_ready()
        for begins, answer in self._kinds.items():
            if data.startswith(begins):
                return answer(line, data)
        raise MalformedError(_("This node knows no such request."), where="request")

    def _look(self, line: MemberCode, data: bytes) -> bytes:
        frame = parse_frame(data, "query")
        question = parse_body(frame, Question)
        verify_question(question)
        outcome = self._gate.perform(
            "query.answer",
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
        outcome = self._gate.perform(
            "record.show",
            Peer(line, frame),
            Wanted(frame, question),
            on=question.record,
            purpose=question.purpose,
            reference=question.reference,
        )
        return _bytes(outcome.release)

    def _accept(self, line: MemberCode, data: bytes) -> bytes:
        batch = parse_batch(data)
        outcome = self._gate.perform("batch.accept", Peer(line, batch.frame), batch, on=batch.id)
        return self._taken("batch", outcome.release)

    def _accept_consignment(self, line: MemberCode, data: bytes) -> bytes:
        frame, consignment = parse_signed(data, Consignment)
        arrived = ArrivedConsignment(frame, consignment)
        outcome = self._gate.perform("consignment.accept", Peer(line, frame), arrived, on=consignment.register)
        return self._taken("consignment", outcome.release)

    def _deliver(self, line: MemberCode, data: bytes) -> bytes:
        envelope = parse_envelope(data)
        # Whose it is, is said by its signature; over the relay's line come those of others.
        sender = envelope.head.sender if envelope.head else line
        if envelope.to != self._home.member:
            return self._relay("envelope.relay", envelope.frame, _parcel_of_envelope(envelope, sender, data))
        by = Peer(sender, envelope.frame)
        arrived = open_arrived(envelope, self._vault)
        self._home.foresee(envelope.frame)
        outcome = self._gate.perform("message.deliver", by, arrived, on=envelope.id)
        return self._taken("message", outcome.release)

    def _receive(self, line: MemberCode, data: bytes) -> bytes:
        del line
        frame, receipt = parse_signed(data, Receipt)
        if receipt.to != self._home.member:
            return self._relay("receipt.relay", frame, _parcel_of_receipt(frame, receipt, data))
        taken = Taken(frame, receipt, is_pushed=True)
        outcome = self._gate.perform("receipt.take", Peer(receipt.by, frame), taken, on=receipt.of)
        return self._taken("receipt", outcome.release)

    def _relay(self, kind: str, frame: Frame, parcel: Parcel) -> bytes:
        outcome = self._gate.perform(kind, Peer(parcel.sender, frame), parcel, on=parcel.name)
        return self._taken("parcel", outcome.release)

    def _taken(self, what: str, release: object) -> bytes:
        if release is None:
            raise UntrustedError(_("It is not what its sender signed, or is not taken here."), where=what)
        self._home.has_taken(what)
        return _bytes(release)

    def _show_blob(self, line: MemberCode, data: bytes) -> bytes:
        frame, question = parse_signed(data, BlobQuestion)
        outcome = self._gate.perform("blob.show", Peer(line, frame), question, on=question.blob)
        if outcome.release is None:
            raise UnknownError(_("No such blob is here for this member."), where="blob")
        return _bytes(outcome.release)

    def _show_part(self, line: MemberCode, data: bytes) -> bytes:
        frame, question = parse_signed(data, PartQuestion)
        outcome = self._gate.perform("blob.show", Peer(line, frame), question, on=question.batch)
        if outcome.release is None:
            raise UnknownError(_("No such batch is here for this member."), where="batch")
        return _bytes(outcome.release)

    def _give_chunk(self, line: MemberCode, asked: str) -> bytes:
        name, _space, number = asked.partition(" ")
        if not (number.isascii() and number.isdecimal() and len(number) <= len("9999")):
            raise MalformedError(_("A chunk is named by its blob and its number."), where="chunk")
        found = self._home.chunk(parse_blob_id(name), int(number), line)
        if found is None:
            raise UnknownError(_("No such chunk is here for this member."), where="chunk")
        return found


def _parcel_of_envelope(envelope: Envelope, sender: MemberCode, data: bytes) -> Parcel:
    head = envelope.head
    if head is None:
        raise MalformedError(_("The relay keeps no envelope whose head it cannot read."), where="envelope")
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
