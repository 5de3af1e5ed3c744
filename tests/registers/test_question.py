"""The signed bytes between nodes: pinned, and refused in any other form."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import InputError, MalformedError, UnavailableError, UntrustedError
from comity.exchange.signed import Signed, open_signed, parse_body, sign_body
from comity.ids import EntryId, MemberCode, QueryId, RecordId, RegisterName
from comity.limits import NAME_POSTINGS_MAX
from comity.registers import question
from comity.registers.query import verify_registers
from comity.registers.question import (
    Answer,
    Detail,
    DetailQuestion,
    Hit,
    Question,
    RegisterAnswer,
    verify_answers,
)
from comity.signer import Ed25519Signer, parse_frame, sign_frame

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
KEY, OTHER = Ed25519Signer(b"\x01" * 32), Ed25519Signer(b"\x02" * 32)
LT, GS, FR = (MemberCode(code) for code in ("LT", "GS", "FR"))
ID, DOCUMENTS = QueryId("q-" + "0" * 32), RegisterName("travel-documents")

QUESTION = Question(
    1, ID, LT, GS, "ruta", "", "border-control", "shift 2026-11-23/2",
    {DOCUMENTS: {"number": "19AC45678", "country": "FRA"}}, NOW, NOW,
)  # fmt: skip
ANSWER = Answer(
    1, ID, "a" * 64, GS, NOW,
    (RegisterAnswer(DOCUMENTS, "hit", 7, NOW, (Hit(RecordId("b" * 64 + ".0"), FR, "hold", "official-use", {}, NOW),)),),
    ("RPD-6.1",), "c" * 64, EntryId("d" * 64),
)  # fmt: skip
BODIES: dict[type[Signed], tuple[Signed, bytes]] = {
    Question: (
        QUESTION,
        (
            b'{"v":1,"id":"q-00000000000000000000000000000000","asker":"LT","keeper":"GS","officer":"ruta","post":"",'
            b'"purpose":"border-control","reference":"shift 2026-11-23/2",'
            b'"terms":{"travel-documents":{"number":"19AC45678","country":"FRA"}},'
            b'"asked_at":"2026-11-23T14:32:07Z","answer_by":"2026-11-23T14:32:07Z"}'
        ),
    ),
    Answer: (
        ANSWER,
        (
            b'{"v":1,"id":"q-00000000000000000000000000000000","question":"' + b"a" * 64 + b'","keeper":"GS",'
            b'"answered_at":"2026-11-23T14:32:07Z","registers":[{"register":"travel-documents","answer":"hit",'
            b'"position":7,"as_of":"2026-11-23T14:32:07Z","hits":[{"record":"' + b"b" * 64 + b'.0","source":"FR",'
            b'"instruction":"hold","handling":"official-use","shown":{},"entered_at":"2026-11-23T14:32:07Z"}]}],'
            b'"rules":["RPD-6.1"],"rulebook":"' + b"c" * 64 + b'","entry":"' + b"d" * 64 + b'"}'
        ),
    ),
    DetailQuestion: (
        DetailQuestion(1, ID, LT, GS, "ruta", "", "locate", "case 1", "b" * 64 + ".0", NOW),
        (
            b'{"v":1,"id":"q-00000000000000000000000000000000","asker":"LT","keeper":"GS","officer":"ruta","post":"",'
            b'"purpose":"locate","reference":"case 1","record":"'
            + b"b" * 64
            + b'.0","asked_at":"2026-11-23T14:32:07Z"}'
        ),
    ),
    Detail: (
        Detail(1, ID, "a" * 64, GS, NOW, "nothing", None, (), "c" * 64, EntryId("d" * 64)),
        (
            b'{"v":1,"id":"q-00000000000000000000000000000000","question":"' + b"a" * 64 + b'","keeper":"GS",'
            b'"answered_at":"2026-11-23T14:32:07Z","answer":"nothing","evidence":null,"rules":[],"rulebook":"'
            + b"c"
            * 64
            + b'",'
            b'"entry":"' + b"d" * 64 + b'"}'
        ),
    ),
}


def test_every_body_is_tried_here() -> None:
    forms = {each for each in vars(question).values() if isinstance(each, type) and issubclass(each, Signed)}
    assert set(BODIES) == forms - {Signed}


def test_each_kind_of_frame_is_one_form_only() -> None:
    assert [form.context for form in BODIES] == ["query", "answer", "detail", "shown"]


@pytest.mark.parametrize("form", BODIES, ids=lambda form: form.__name__)
def test_the_signed_bytes_are_pinned(form: type[Signed]) -> None:
    body, expected = BODIES[form]
    frame = sign_body(body, KEY)
    assert (frame.context, frame.body) == (form.context, expected)
    assert parse_body(frame, form) == body


@pytest.mark.parametrize("form", BODIES, ids=lambda form: form.__name__)
def test_an_unknown_field_or_version_or_a_missing_field_is_refused(form: type[Signed]) -> None:
    body = msgspec.to_builtins(BODIES[form][0])
    last = list(body)[-1]
    for changed in (body | {"more": 1}, body | {"v": 0}, {key: body[key] for key in body if key != last}):
        frame = sign_frame(KEY, form.context, msgspec.json.encode(changed))
        with pytest.raises(MalformedError):
            parse_body(frame, form)


@pytest.mark.parametrize("form", BODIES, ids=lambda form: form.__name__)
def test_a_body_never_passes_as_one_of_another_kind(form: type[Signed]) -> None:
    frame = sign_body(BODIES[form][0], KEY)
    for other in set(BODIES) - {form}:
        with pytest.raises(MalformedError):
            open_signed(frame.encode(), other, KEY.public)
        relabelled = frame.encode().replace(f" {form.context} ".encode(), f" {other.context} ".encode(), 1)
        with pytest.raises((UntrustedError, MalformedError)):
            open_signed(relabelled, other, KEY.public)


def test_another_key_is_refused() -> None:
    with pytest.raises(UntrustedError):
        open_signed(sign_body(ANSWER, OTHER).encode(), Answer, KEY.public)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_passes(place: int, change: int) -> None:
    data = bytearray(sign_body(ANSWER, KEY).encode())
    data[place % len(data)] ^= change
    with pytest.raises((UntrustedError, InputError)):
        open_signed(bytes(data), Answer, KEY.public)


@pytest.mark.parametrize("changed", [{"id": QueryId("q-" + "1" * 32)}, {"question": "b" * 64}])
def test_the_answer_to_another_question_is_refused(changed: dict[str, str]) -> None:
    verify_answers("a" * 64, ID, ANSWER)
    with pytest.raises(UntrustedError):
        verify_answers("a" * 64, ID, msgspec.structs.replace(ANSWER, **changed))


def test_an_answer_has_no_more_hits_than_a_key_has_records() -> None:
    hits = ANSWER.registers[0].hits * (NAME_POSTINGS_MAX + 1)
    many = msgspec.structs.replace(ANSWER, registers=(msgspec.structs.replace(ANSWER.registers[0], hits=hits),))
    with pytest.raises(MalformedError):
        parse_body(sign_body(many, KEY), Answer)


def test_an_answer_that_says_nothing_where_it_did_not_look_at_all_contradicts_itself() -> None:
    for answer in ("nothing", "refused"):
        said = RegisterAnswer(DOCUMENTS, answer, 0, NOW, is_crowded=True)
        with pytest.raises(UntrustedError, match="contradicts"):
            verify_registers(QUESTION, msgspec.structs.replace(ANSWER, registers=(said,)))
    said = RegisterAnswer(DOCUMENTS, "no-answer", 0, NOW, is_crowded=True)
    verify_registers(QUESTION, msgspec.structs.replace(ANSWER, registers=(said,)))


def test_lone_surrogates_are_refused() -> None:
    body = BODIES[Question][1].replace(b"ruta", rb"\ud800")
    with pytest.raises(MalformedError):
        parse_body(parse_frame(sign_frame(KEY, "query", body).encode(), "query"), Question)


def test_a_complaint_is_told_from_an_answer_and_is_none() -> None:
    with pytest.raises(UnavailableError):
        open_signed(b"comity/1 complaint malformed", Answer, KEY.public)


def test_no_count_is_negative() -> None:
    body = BODIES[Answer][1].replace(b'"position":7', b'"position":-7')
    with pytest.raises(MalformedError):
        parse_body(sign_frame(KEY, "answer", body), Answer)
