"""Envelopes and receipts: for this node, or, at the relay, for a bureau that is not there."""

from typing import Final

from comity.act import Peer
from comity.exchange import arriving, relaying, settling
from comity.exchange.arriving import open_arrived
from comity.exchange.envelope import Envelope, parse_envelope
from comity.exchange.message import EXPIRY
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.relaying import Parcel
from comity.exchange.settling import Taken
from comity.exchange.signed import parse_signed
from comity.ids import MemberCode
from comity.kind import Kind
from comity.peer.answering import Answerer
from comity.plug import PeerPart
from comity.signer import Frame


def _deliver(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    envelope = parse_envelope(data)
    # Whose it is, is said by its signature; over the relay's line come those of others.
    sender = envelope.head.sender if envelope.head else line
    if envelope.to != answerer.home.member:
        parcel = _parcel_of_envelope(envelope, sender, data)
        return _relay(answerer, relaying.RELAY_ENVELOPE, line, envelope.frame, parcel)
    by = Peer(sender, envelope.frame)
    arrived = open_arrived(envelope, answerer.vault)
    answerer.home.signer(envelope.frame)
    outcome = answerer.perform(arriving.DELIVER, line, by, arrived, on=envelope.id)
    return answerer.taken("message", outcome.release)


def _receive(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame, receipt = parse_signed(data, Receipt)
    if receipt.to != answerer.home.member:
        parcel = Parcel(receipt_name(frame), "receipt", receipt.by, receipt.to, data, receipt.at + EXPIRY)
        return _relay(answerer, relaying.RELAY_RECEIPT, line, frame, parcel)
    taken = Taken(frame, receipt, is_pushed=True)
    outcome = answerer.perform(settling.TAKE, line, Peer(receipt.by, frame), taken, on=receipt.of)
    return answerer.taken("receipt", outcome.release)


def _relay(answerer: Answerer, kind: Kind[Parcel, bytes], line: MemberCode, frame: Frame, parcel: Parcel) -> bytes:
    outcome = answerer.perform(kind, line, Peer(parcel.sender, frame), parcel, on=parcel.name)
    return answerer.taken("parcel", outcome.release)


def _parcel_of_envelope(envelope: Envelope, sender: MemberCode, data: bytes) -> Parcel:
    head = envelope.read_head()
    envelope.verify_whole()
    return Parcel(envelope.id, "envelope", sender, envelope.to, data, head.expires_at, head.blobs)


PART: Final = PeerPart({b"comity/1 envelope ": _deliver, b"comity/1 receipt ": _receive})
