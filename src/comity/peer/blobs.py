"""Blobs that other members' nodes pull from this one: manifests, chunks, and parts of batches that were damaged."""

from typing import Final

from comity.act import Peer
from comity.errors import UnknownError
from comity.exchange import attaching
from comity.exchange.attaching import ShowAsked
from comity.exchange.blob import BlobQuestion, ChunkQuestion
from comity.exchange.mending import PartQuestion
from comity.exchange.signed import parse_signed
from comity.ids import BlobId, MemberCode
from comity.peer.answering import Answerer
from comity.plug import PeerPart
from comity.texts import _

CHUNK: Final = b"comity/1 chunk "
"""How a signed request for one chunk begins: giving one takes no signature, so locked keys do not keep it back."""


def _show_blob(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame, question = parse_signed(data, BlobQuestion)
    outcome = answerer.perform(attaching.SHOW, line, Peer(line, frame), ShowAsked(blob=question), on=question.blob)
    if outcome.release is None:
        raise UnknownError(_("No such blob is here for this member."), where="blob")
    return outcome.release


def _show_part(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame, question = parse_signed(data, PartQuestion)
    # Not as heard of: whoever lacks a part of a batch asks for it before its own directory is in order again.
    outcome = answerer.gate.perform(attaching.SHOW, Peer(line, frame), ShowAsked(part=question), on=question.batch)
    if outcome.release is None:
        raise UnknownError(_("No such batch is here for this member."), where="batch")
    return outcome.release


def _give_chunk(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    """A chunk is ciphertext, and its manifest was asked for by an act: giving it is none, but it was signed for."""
    frame, question = parse_signed(data, ChunkQuestion)
    answerer.verify_own(line, frame, question.asker, question.holder, question.asked_at)
    found = answerer.home.chunk(BlobId(question.blob), question.number, line)
    if found is None:
        raise UnknownError(_("No such chunk is here for this member."), where="chunk")
    return found


PART: Final = PeerPart({b"comity/1 blob ": _show_blob, b"comity/1 part ": _show_part}, keyless={CHUNK: _give_chunk})
