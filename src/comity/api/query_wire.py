"""Wire models of questions and their answers: what a check may say, and what came of it."""

from datetime import datetime

import msgspec

from comity.api.asked import with_terms
from comity.api.wire import OnRecord, Reference, RuleSpoke, Text, Typed


@with_terms(Typed, forbid_unknown_fields=True)
class QueryForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One document, person or thing: a machine-readable zone, or what registers are asked by; or several of these.

    What stands beside a zone counts where the zone's own is not there or not sure. Where it is sure and differs, a note
    says that it was not asked; another ``number`` than the zone's is an error. ``birth_date``, such as ``1965-03-01``,
    ``1965-03`` or ``1965``, leaves out who cannot have been born then. A term of more than 200 characters stops the
    registers that it is for. A missing purpose is not an error of form: the
    rulebook refuses it. ``with_evidence`` asks for a file that proves question and answer to others.
    """

    mrz: Typed = ""
    purpose: Text = ""
    reference: Reference = ""
    accept_check_digits: bool = False
    with_evidence: bool = False


class AskedShown(msgspec.Struct, frozen=True):
    """What a bureau asked the source of a record, for whoever had the hit: where it stands, and what was answered.

    ``state`` is a word of a question's life, ``word`` says it; it ``is_open`` while an answer may still come. While
    ``is_unread``, nobody here has opened the answer: ``sentences`` then say what was chosen in it, and no remark.
    ``rules`` are those by which it was refused.
    """

    message: str
    sender: str
    recipient: str
    sent_at: datetime
    answer_by: datetime | None
    state: str
    word: str
    tone: str
    sentences: tuple[str, ...] = ()
    is_open: bool = False
    is_unread: bool = False
    rules: tuple[RuleSpoke, ...] = ()


class HitShown(msgspec.Struct, frozen=True):
    """A hit: a lead, to be confirmed with the source before anything is done on it.

    ``instruction`` is the source's, or ``disputed``: then ``caution`` says why, and what to do first.
    ``instruction_title`` says it in the register's words, ``handling_title`` is the level as the rulebook calls it.
    ``asked`` is what its source was asked before, of ``asked_more_from`` there is more; ``may_ask``: the reader may ask
    it; ``is_own``: the record is the own bureau's. ``asked_unread`` says that more may have been asked, or answered,
    which cannot be read at this node; empty where all can.
    """

    record: str
    source: str
    instruction: str
    handling: str
    shown: dict[str, str]
    entered_at: datetime
    caution: str
    handling_title: str = ""
    instruction_title: str = ""
    asked: tuple[AskedShown, ...] = ()
    may_ask: bool = False
    is_own: bool = False
    asked_more_from: tuple[str, ...] = ()
    asked_unread: str = ""


class TermLeftOut(msgspec.Struct, frozen=True):
    """A term that was said, and by which a register that was asked was not: why in words, and what to fill."""

    term: str
    word: str
    where: str
    next_step: str


class AnswerShown(msgspec.Struct, frozen=True):
    """One register's answer: ``hit``, ``nothing``, ``refused``, ``no-answer`` or ``not-asked``, and its words.

    ``bound`` says that there may be more hits than are shown; empty where all are. ``where`` is the field to fill so
    that a register that was not asked can be. ``unread`` counts records found that cannot be read now: with some,
    the answer is ``hit`` or ``no-answer``, and it is asked again. It ``is_crowded`` where more is open to the reader
    under that name or number than is looked at: the answer is ``hit`` or ``no-answer`` too, and something is added.
    ``was_meant`` is false where a register was not asked, and what was said is about something else. ``left_out`` are
    terms by which a register was not asked although it was: its answer, in ``word`` too, is about the others.
    """

    register: str
    answer: str
    word: str
    as_of: datetime
    position: int
    hits: tuple[HitShown, ...]
    rules: tuple[RuleSpoke, ...]
    next_step: str
    bound: str
    where: str = ""
    unread: int = 0
    is_crowded: bool = False
    was_meant: bool = True
    left_out: tuple[TermLeftOut, ...] = ()


@with_terms(str)
class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to: an answer of each register, whether it could be asked or not.

    What was asked for stands under each term's name. ``reference`` is the one used: for some purposes, a check without
    one gets the shift's. ``notes`` say what was asked otherwise than it was given, and what of a zone is not sure.
    ``other_numbers`` were asked beside ``number``, where the zone leaves it open which of them is the document's.
    """

    id: str
    entry: str
    asked_at: datetime
    answer_by: datetime | None
    purpose: str
    reference: str
    answers: tuple[AnswerShown, ...]
    why: str
    record: OnRecord
    evidence: bytes = b""
    notes: tuple[str, ...] = ()
    other_numbers: tuple[str, ...] = ()
    purpose_title: str = ""


class ReadForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For what a record is read. ``with_evidence`` asks for a file that proves it to others."""

    purpose: Text = ""
    reference: Reference = ""
    with_evidence: bool = False


class RecordShown(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of one record. ``is_verified``: the source's signature holds for these very fields.

    ``instruction`` and ``caution`` as for a hit.
    """

    id: str
    register: str
    source: str
    is_verified: bool
    fields: dict[str, str]
    groups: dict[str, list[dict[str, str]]]
    instruction: str
    handling: str
    audience: str
    entered_at: datetime
    expires_at: datetime
    caution: str
    handling_title: str = ""


class RecordAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``answer`` is ``shown``, ``nothing`` (not open to you, or not there), ``refused`` or ``no-answer``."""

    answer: str
    why: str
    found: RecordShown | None
    record: OnRecord
    evidence: bytes = b""
