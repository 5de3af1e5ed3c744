"""Questions and answers between nodes: what is signed and sent when a bureau asks a register's keeper."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from comity.errors import MalformedError, UnavailableError, UntrustedError
from comity.ids import BatchId, EntryId, MemberCode, QueryId, RecordId, RegisterName
from comity.limits import FIELD_CHARS, POSTINGS_MAX, REFERENCE_CHARS
from comity.registers.batch import Evidence
from comity.signer import Frame, Signer, parse_frame, sign_frame

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)]
Reference = Annotated[str, msgspec.Meta(max_length=REFERENCE_CHARS)]
Count = Annotated[int, msgspec.Meta(ge=0)]
TERMS_MAX = 8  # registers that one question goes to, and fields in each
Terms = Annotated[dict[str, Text], msgspec.Meta(max_length=TERMS_MAX)]
COMPLAINT = b"comity/1 complaint "
"""How an answer begins that is none: after it, the error's code. It is not signed and proves nothing."""

AnswerIs = Literal["hit", "nothing", "refused", "no-answer", "not-asked"]
"""The honest answers of a register. The last two are the asker's own words: no keeper says them."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question to the keeper of registers, signed by the asking bureau as a frame of kind ``query``.

    ``officer``, ``purpose`` and ``reference`` are signed into it. ``terms`` has, for each register asked, the fields to
    look for. After ``answer_by`` nobody waits.

    Evolution: ``v`` changes with any member; a node refuses versions that it does not know, so a keeper learns a
    version before askers use it.
    """

    v: Literal[1]
    id: QueryId
    asker: MemberCode
    keeper: MemberCode
    officer: Text
    post: Text
    purpose: Text
    reference: Reference
    terms: Annotated[dict[RegisterName, Terms], msgspec.Meta(max_length=TERMS_MAX)]
    asked_at: Moment
    answer_by: Moment


class Hit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a hit shows at once: enough to act with care, not the whole record.

    ``shown`` are the register's fields for this, in its order.
    """

    record: RecordId
    source: MemberCode
    instruction: str
    handling: str
    shown: dict[str, str]
    entered_at: Moment


class RegisterAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One register's answer. ``position`` counts the batches that it had taken; ``as_of`` is when it looked."""

    register: RegisterName
    answer: AnswerIs
    position: Count
    as_of: Moment
    hits: Annotated[tuple[Hit, ...], msgspec.Meta(max_length=POSTINGS_MAX)] = ()


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A keeper's answer, signed as a frame of kind ``answer``. An excluded member's is the same as for no record.

    ``question`` is the SHA-256 of the question's frame. ``rules`` are those that spoke, ``entry`` is the answer in the
    keeper's ledger.

    Evolution: as for ``Question``.
    """

    v: Literal[1]
    id: QueryId
    question: str
    keeper: MemberCode
    answered_at: Moment
    registers: Annotated[tuple[RegisterAnswer, ...], msgspec.Meta(max_length=TERMS_MAX)]
    rules: tuple[str, ...]
    rulebook: str
    entry: EntryId


class DetailQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question for the whole of one record that a hit named, signed as a frame of kind ``detail``.

    Evolution: as for ``Question``.
    """

    v: Literal[1]
    id: QueryId
    asker: MemberCode
    keeper: MemberCode
    officer: Text
    post: Text
    purpose: Text
    reference: Reference
    record: Text
    asked_at: Moment


class Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keeper's answer to it, signed as a frame of kind ``shown``.

    ``answer`` is ``shown`` where the record is open to the asker: ``evidence`` then shows that its source signed it;
    ``nothing`` where it is not, whether there is such a record or not; ``refused`` by the rules named.

    Evolution: as for ``Question``.
    """

    v: Literal[1]
    id: QueryId
    question: str
    keeper: MemberCode
    answered_at: Moment
    answer: Literal["shown", "nothing", "refused"]
    evidence: Evidence | None
    rules: tuple[str, ...]
    rulebook: str
    entry: EntryId


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a batch at a register's keeper, signed as a frame of kind ``receipt``.

    ``fate`` is ``taken`` when it is durable there, at ``position`` of its register; ``refused`` for good by ``rules``;
    or ``later`` when what refuses it will pass by itself. A batch that was taken and is sent again is taken.

    Evolution: as for ``Question``.
    """

    v: Literal[1]
    batch: BatchId
    keeper: MemberCode
    fate: Literal["taken", "refused", "later"]
    position: Count
    at: Moment
    rules: tuple[str, ...]
    rulebook: str
    entry: EntryId


Body = TypeVar("Body", bound=msgspec.Struct)

CONTEXTS: dict[type, str] = {
    Question: "query",
    Answer: "answer",
    DetailQuestion: "detail",
    Detail: "shown",
    Receipt: "receipt",
}
"""The kind of frame that each body is signed as."""


def sign_body(body: msgspec.Struct, signer: Signer) -> Frame:
    """Sign a body as the frame of its kind."""
    return sign_frame(signer, CONTEXTS[type(body)], msgspec.json.encode(body))


def parse_body(frame: Frame, form: type[Body]) -> Body:
    """Read a frame's body, without judging its signature; MalformedError if it is none."""
    context = CONTEXTS[form]
    if frame.context != context:
        raise MalformedError(f"A frame of kind {context} was expected.", where=context)
    try:
        body = msgspec.json.decode(frame.body, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedError(f"This is no {context} of version 1: {error}.", where=context) from error
    return body


def open_signed(data: bytes, form: type[Body], public: bytes) -> Body:
    """Read what ``public`` signed; UntrustedError, MalformedError or TooLargeError if it is not that.

    UnavailableError where the other node complains: it has not answered, and says no more than that.
    """
    if data.startswith(COMPLAINT):
        raise UnavailableError("The other node could not make use of what was sent.", where=CONTEXTS[form])
    frame = parse_frame(data, CONTEXTS[form])
    frame.verify(public)
    return parse_body(frame, form)


def verify_answers(question_hash: str, expected: QueryId, answer: Answer | Detail) -> None:
    """Raise UntrustedError unless ``answer`` is the answer to that very question."""
    if answer.id != expected or answer.question != question_hash:
        raise UntrustedError("The answer belongs to another question.", where="answer")
