"""Questions of other members' nodes about what registers have, and about single records."""

from typing import Final

from comity.act import Peer
from comity.exchange.signed import parse_body
from comity.ids import MemberCode, parse_query_id, parse_record_id
from comity.peer.answering import Answerer, release_of
from comity.plug import PeerPart
from comity.registers import detail, query
from comity.registers.detail import Wanted
from comity.registers.query import Asked
from comity.registers.question import DetailQuestion, Question
from comity.signer import parse_frame


def _look(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame = parse_frame(data, "query")
    question = parse_body(frame, Question)
    outcome = answerer.perform(
        query.ANSWER, line, Peer(line, frame), Asked(frame, question),
        on=question.id, purpose=question.purpose, reference=question.reference,
    )  # fmt: skip
    return release_of(outcome)


def _show(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame = parse_frame(data, "detail")
    question = parse_body(frame, DetailQuestion)
    parse_query_id(question.id)
    parse_record_id(question.record)
    outcome = answerer.perform(
        detail.SHOW, line, Peer(line, frame), Wanted(frame, question),
        on=question.record, purpose=question.purpose, reference=question.reference,
    )  # fmt: skip
    return release_of(outcome)


PART: Final = PeerPart({b"comity/1 query ": _look, b"comity/1 detail ": _show})
