"""Questions and answers between nodes: what is signed and sent when a bureau asks a register's keeper."""

from typing import Annotated, ClassVar, Final, Literal

import msgspec

from comity.bounded import Count, Fields, Hash, HashOrNone, Line, Name, Reference, RulesTold
from comity.errors import ComityError, UntrustedError
from comity.exchange.signed import Moment, Signed, open_signed, verify_moments
from comity.formats import Format
from comity.ids import EntryId, MemberCode, QueryId, RecordId, RegisterName
from comity.limits import NAME_POSTINGS_MAX
from comity.plug import RoomPart
from comity.registers.batch import Evidence
from comity.texts import _

TERMS_MAX = 8  # registers that one question goes to, and fields in each
Terms = Annotated[dict[Name, Line], msgspec.Meta(max_length=TERMS_MAX)]
DISPUTED: Final = "disputed"
"""What stands in a hit in place of its source's instruction while nobody is to act on that."""
AnswerIs = Literal["hit", "nothing", "refused", "no-answer", "not-asked"]
"""The honest answers of a register. A keeper says ``no-answer`` where it cannot look now, the asker where none came.

The last is the asker's own word: no keeper says it.
"""


class Question(Signed, frozen=True, forbid_unknown_fields=True):
    """A question to the keeper of registers, signed by the asking bureau as a frame of kind ``query``.

    ``officer``, ``purpose`` and ``reference`` are signed into it. ``terms`` has, for each register asked, the fields to
    look for. After ``answer_by`` nobody waits.

    Evolution: ``v`` changes with any member; a node refuses versions that it does not know, so a keeper learns a
    version before askers use it.
    """

    context: ClassVar[str] = "query"

    v: Literal[1]
    id: QueryId
    asker: MemberCode
    keeper: MemberCode
    officer: Line
    post: Line
    purpose: Line
    reference: Reference
    terms: Annotated[dict[RegisterName, Terms], msgspec.Meta(max_length=TERMS_MAX)]
    asked_at: Moment
    answer_by: Moment

    def __post_init__(self) -> None:
        verify_moments(self.asked_at, self.answer_by)


Question.format = Format("query", {1: Question})


class Hit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a hit shows at once: enough to act with care, not the whole record.

    ``shown`` are the register's fields for this, in its order. ``instruction`` is the source's, or ``DISPUTED`` where
    the keeper's rulebook hides it.
    """

    record: RecordId
    source: MemberCode
    instruction: Name
    handling: Name
    shown: Fields
    entered_at: Moment

    def __post_init__(self) -> None:
        verify_moments(self.entered_at)


class RegisterAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One register's answer.

    ``position`` counts the register's changes that had something open to the asker; ``as_of`` is when it looked.
    ``unread`` are records open to the asker that were found and cannot be read now: they may be hits too. It
    ``is_crowded`` where more that is open to the asker lies, or lay, under what it asked than is looked at: there may
    be more hits than these.

    Evolution: ``unread`` and ``is_crowded`` stand only where they say something; a reader of before them takes such an
    answer for none.
    """

    register: RegisterName
    answer: AnswerIs
    position: Count
    as_of: Moment
    hits: Annotated[tuple[Hit, ...], msgspec.Meta(max_length=NAME_POSTINGS_MAX)] = ()
    unread: Count = 0
    is_crowded: bool = False

    def __post_init__(self) -> None:
        verify_moments(self.as_of)


class Answer(Signed, frozen=True, forbid_unknown_fields=True):
    """A keeper's answer, signed as a frame of kind ``answer``. An excluded member's is the same as for no record.

    ``question`` is the SHA-256 of the question's frame. ``rules`` are those that spoke, ``entry`` is the answer in the
    keeper's ledger.

    Evolution: as for ``Question``.
    """

    context: ClassVar[str] = "answer"
    tells_of_records: ClassVar[bool] = True

    v: Literal[1]
    id: QueryId
    question: Hash
    keeper: MemberCode
    answered_at: Moment
    registers: Annotated[tuple[RegisterAnswer, ...], msgspec.Meta(max_length=TERMS_MAX)]
    rules: RulesTold
    rulebook: HashOrNone
    entry: EntryId

    def __post_init__(self) -> None:
        verify_moments(self.answered_at)


Answer.format = Format("answer", {1: Answer})


class DetailQuestion(Signed, frozen=True, forbid_unknown_fields=True):
    """A question for the whole of one record that a hit named, signed as a frame of kind ``detail``.

    Evolution: as for ``Question``.
    """

    context: ClassVar[str] = "detail"

    v: Literal[1]
    id: QueryId
    asker: MemberCode
    keeper: MemberCode
    officer: Line
    post: Line
    purpose: Line
    reference: Reference
    record: Line
    asked_at: Moment

    def __post_init__(self) -> None:
        verify_moments(self.asked_at)


DetailQuestion.format = Format("detail", {1: DetailQuestion})


class Detail(Signed, frozen=True, forbid_unknown_fields=True):
    """The keeper's answer to it, signed as a frame of kind ``shown``.

    ``answer`` is ``shown`` where the record is open to the asker: ``evidence`` then shows that its source signed it;
    ``nothing`` where it is not, whether there is such a record or not; ``refused`` by the rules named.

    Evolution: as for ``Question``.
    """

    context: ClassVar[str] = "shown"

    v: Literal[1]
    id: QueryId
    question: Hash
    keeper: MemberCode
    answered_at: Moment
    answer: Literal["shown", "nothing", "refused"]
    evidence: Evidence | None
    rules: RulesTold
    rulebook: HashOrNone
    entry: EntryId

    def __post_init__(self) -> None:
        verify_moments(self.answered_at)


Detail.format = Format("shown", {1: Detail})


def is_answer(
    form: type[Answer] | type[Detail], question_hash: str, expected: QueryId, public: bytes, data: bytes
) -> bool:
    """Whether ``data`` is what the holder of the key ``public`` signed about that very question."""
    try:
        verify_answers(question_hash, expected, open_signed(data, form, public))
    except ComityError:
        return False
    return True


def verify_answers(question_hash: str, expected: QueryId, answer: Answer | Detail) -> None:
    """Raise UntrustedError unless ``answer`` is the answer to that very question."""
    if answer.id != expected or answer.question != question_hash:
        raise UntrustedError(_("The answer belongs to another question."), where="answer")


PART: Final = RoomPart(travelling=(Question.format, Answer.format, DetailQuestion.format, Detail.format))
