"""Frames made by hand, as anybody could make them who holds a member's line or its keys."""

import msgspec

from comity.audience import Audience
from comity.exchange.signed import parse_body, sign_body
from comity.ids import MemberCode, new_query_id
from comity.peer.line import NoAnswer
from comity.registers.batch import Batch, make_batch
from comity.registers.question import Answer, Detail, DetailQuestion, Question
from comity.registers.record import make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import Frame, Signer, parse_frame, sign_frame
from comity.testing import DOCUMENTS, Network

COMPLAINT = b"comity/1 complaint "


def signer_of(network: Network, member: str) -> Signer:
    return network.nodes[member].keyring.signer("signing")


def make_question(network: Network, asker: str = "LT", number: str = "19AC45678", **changed: object) -> Question:
    question = Question(
        v=1,
        id=new_query_id(network.entropy(16)),
        asker=MemberCode(asker),
        keeper=MemberCode("GS"),
        officer="ruta",
        post="",
        purpose="border-control",
        reference="shift 2026-11-23/2",
        terms={DOCUMENTS: {"number": number, "country": "FRA"}},
        asked_at=network.now,
        answer_by=network.now,
    )
    return msgspec.structs.replace(question, **changed)


def make_detail(network: Network, record: str, asker: str = "LT", **changed: object) -> DetailQuestion:
    question = DetailQuestion(
        v=1,
        id=new_query_id(network.entropy(16)),
        asker=MemberCode(asker),
        keeper=MemberCode("GS"),
        officer="ruta",
        post="",
        purpose="border-control",
        reference="shift 2026-11-23/2",
        record=record,
        asked_at=network.now,
    )
    return msgspec.structs.replace(question, **changed)


def frame_of(network: Network, body: Question | DetailQuestion, signer: str = "") -> bytes:
    return sign_body(body, signer_of(network, signer or body.asker)).encode()


def frame_of_json(network: Network, body: bytes, signer: str = "LT", context: str = "query") -> bytes:
    return sign_frame(signer_of(network, signer), context, body).encode()


def make_own_batch(
    network: Network, number: str = "30AA00001", *, source: str = "FR", country: str = "FRA", signer: str = ""
) -> Batch:
    fields = {"number": number, "country": country, "type": "passport", "loss": "stolen-blank"}
    record = make_record(TRAVEL_DOCUMENTS, MemberCode(source), fields, Audience.everyone(), now=network.now)
    return make_batch(
        TRAVEL_DOCUMENTS, MemberCode(source), [record], [network.entropy(32)], network.now,
        signer_of(network, signer or source),
    )  # fmt: skip


def put(network: Network, line: str, data: bytes, to: str = "GS") -> bytes:
    """What ``to`` says to bytes that arrive over the line of ``line``; it always says something."""
    answer = network.carry(MemberCode(line), MemberCode(to), data, 5.0)
    assert not isinstance(answer, NoAnswer), answer
    return answer


def open_answer(data: bytes) -> Answer:
    return parse_body(parse_frame(data, "answer"), Answer)


def open_detail(data: bytes) -> Detail:
    return parse_body(parse_frame(data, "shown"), Detail)


def altered(frame: bytes, old: bytes, new: bytes) -> bytes:
    assert old in frame
    return frame.replace(old, new)


def resigned(network: Network, frame: bytes, signer: str, context: str = "query") -> bytes:
    """The same body under another member's signature."""
    found: Frame = parse_frame(frame, context)
    return sign_frame(signer_of(network, signer), context, found.body).encode()
