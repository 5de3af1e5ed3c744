"""Records that other members' nodes send to the keeper of a register: batches, and files of them."""

from typing import Final

from comity.act import Peer
from comity.exchange.signed import parse_signed
from comity.ids import MemberCode
from comity.peer.answering import Answerer
from comity.plug import PeerPart
from comity.registers import consigning, entering
from comity.registers.batch import parse_batch
from comity.registers.consigning import ArrivedConsignment
from comity.registers.consignment import Consignment


def _accept(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    batch = parse_batch(data)
    outcome = answerer.perform(entering.ACCEPT, line, Peer(line, batch.frame), batch, on=batch.id)
    return answerer.taken("batch", outcome.release)


def _accept_consignment(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame, consignment = parse_signed(data, Consignment)
    arrived = ArrivedConsignment(frame, consignment)
    outcome = answerer.perform(consigning.ACCEPT, line, Peer(line, frame), arrived, on=consignment.register)
    return answerer.taken("consignment", outcome.release)


PART: Final = PeerPart({b"comity-batch/": _accept, b"comity/1 consignment ": _accept_consignment})
