"""What the API takes and gives, as JSON. Optional things are left out nowhere: a reader finds every member always.

Evolution: members may be added to answers; requests refuse members that they do not know, so that a misspelt one is
noticed; the path's version changes with anything else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec

from comity.api.asked import with_terms
from comity.bounded import Name, Said
from comity.damage import Damage
from comity.limits import (
    AUDIENCE_CHARS,
    BATCH_RECORDS_MAX,
    BODY_BYTES,
    DRAFT_CHARS,
    FIELD_CHARS,
    FIELDS_MAX,
    GROUP_ENTRIES_MAX,
    PASSWORD_CHARS,
    REFERENCE_CHARS,
    ROLES_MAX,
)

Text = Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)]
Typed = Annotated[str, msgspec.Meta(max_length=BODY_BYTES)]
"""What is judged for each register where it is read: one that is too long for one stops no other."""
Reference = Annotated[str, msgspec.Meta(max_length=REFERENCE_CHARS)]
Secret = Annotated[str, msgspec.Meta(max_length=PASSWORD_CHARS)]


# Errors


class RuleSpoke(msgspec.Struct, frozen=True):
    """A rule that spoke, with its plain sentence."""

    number: str
    sentence: str


class Digit(msgspec.Struct, frozen=True):
    """A check digit that does not hold; line and column count from 1."""

    name: str
    line: int
    column: int
    found: str
    expected: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not done: ``code`` for machines, the rest for people. ``entry`` is the refusal's, on record.

    ``held`` is what an act is called that is not done yet, since others are to release it first.
    """

    code: str
    message: str
    where: str = ""
    next_step: str = ""
    rules: tuple[RuleSpoke, ...] = ()
    entry: str = ""
    digits: tuple[Digit, ...] = ()
    held: str = ""


class DamagedShown(msgspec.Struct, frozen=True):
    """Something that is here and cannot be shown, since its stored bytes were changed: what, and what to do.

    ``kind`` is the kind of thing, such as ``message``; ``name`` is its name among those.
    """

    kind: str
    name: str
    message: str
    next_step: str


def damaged_shown(damages: Iterable[Damage]) -> tuple[DamagedShown, ...]:
    """Damaged things, a line each."""
    return tuple(DamagedShown(each.kind, each.name, each.text, each.next_step) for each in damages)


# Sessions


class SignInForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and password."""

    officer: Secret
    password: Secret


class SignedIn(msgspec.Struct, frozen=True):
    """The token to send as ``Authorization: Bearer``; shown once, kept nowhere."""

    token: str
    entry: str
    must_choose_password: bool


class PasswordForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password that the officer chose, and the ``present`` one, unless the session began with a one-time one."""

    password: Secret
    present: Secret = ""


class Done(msgspec.Struct, frozen=True):
    """An act that was done, and where it stands in the ledger."""

    entry: str


# Queries


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
    it; ``is_own``: the record is the own bureau's.
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


class Counterpart(msgspec.Struct, frozen=True):
    """What another node's ledger has about the same: the evidence on the other side."""

    member: str
    entry: str
    at: datetime
    rules: tuple[RuleSpoke, ...]
    rulebook: str


class OnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the record about an act: here, at the counterpart, and who was told."""

    entry: str
    released: str = ""
    verdict: str
    rules: tuple[RuleSpoke, ...]
    rulebook: str
    counterpart: Counterpart | None = None
    told: tuple[str, ...] = ()


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


# Records


_Entry = Annotated[dict[Name, Said], msgspec.Meta(max_length=FIELDS_MAX)]
_Entries = Annotated[list[_Entry], msgspec.Meta(max_length=GROUP_ENTRIES_MAX)]
_TypedRecord = Annotated[dict[Name, Said | _Entries], msgspec.Meta(max_length=FIELDS_MAX)]


class EnterForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records of the own country, entered together."""

    register: Text
    records: Annotated[list[_TypedRecord], msgspec.Meta(max_length=BATCH_RECORDS_MAX)]
    is_lawful: bool = False
    audience: Annotated[str, msgspec.Meta(max_length=AUDIENCE_CHARS)] = "all"
    handling: Text = ""
    instruction: Text = ""
    expires_on: Text = ""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A batch and its fate. ``delivery`` is ``queued``, ``delivered``, ``refused`` or ``expired``.

    It is empty where this node keeps the register itself. ``position`` is the keeper's, by its signed receipt.
    ``record`` is there right after entering; later the ledger has it; so are ``notes``, about what was taken and may be
    wrong.
    """

    batch: str
    delivery: str
    word: str
    attempts: int
    position: int
    receipt: Counterpart | None
    record: OnRecord | None
    notes: tuple[str, ...] = ()


# Ledger


class EntryShort(msgspec.Struct, frozen=True):
    """An entry in a list; its content is missing where it was erased, or where ``damage`` says that it was changed."""

    id: str
    period: str
    index: int
    kind: str
    at: datetime
    content: dict[str, Any] | None
    damage: str = ""


class EntryList(msgspec.Struct, frozen=True):
    """Entries, the newest first. ``older`` is what ``before`` takes next; ``entry`` is this reading, on record too.

    ``hint`` says, where there are none, what in the search may be why; ``damaged``, why some may be missing.
    """

    entries: tuple[EntryShort, ...]
    older: str | None
    entry: str
    hint: str
    damaged: tuple[DamagedShown, ...] = ()


class EntryEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with all that proves it: leaf, salt and content in base64, proof in hexadecimal, checkpoint as text.

    Salt and content are missing where they were erased; ``size`` is the tree's; ``entry`` is this reading's own.
    """

    found: EntryShort
    leaf: bytes
    salt: bytes | None
    content: bytes | None
    proof: tuple[str, ...]
    size: int
    checkpoint: str
    entry: str


class GrowthShown(msgspec.Struct, frozen=True):
    """That a period's ledger only grew: RFC 6962 proof hashes in hexadecimal, between the two sizes."""

    old_size: int
    new_size: int
    proof: tuple[str, ...]
    checkpoint: str
    entry: str


class Verified(msgspec.Struct, frozen=True):
    """What verifying the own ledger found; no findings means that everything holds."""

    holds: bool
    periods: tuple[str, ...]
    entries: int
    erased: int
    findings: tuple[str, ...]
    entry: str


# Officers, members, node


class OfficerShown(msgspec.Struct, frozen=True):
    """An officer of this bureau; one with ``damage`` is not let in."""

    name: str
    title: str
    roles: tuple[str, ...]
    has_one_time_password: bool
    disabled_at: datetime | None
    damage: str = ""


class OfficerForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An officer to be created."""

    name: Text
    title: Text
    roles: Annotated[list[Text], msgspec.Meta(max_length=ROLES_MAX)]


class OneTime(msgspec.Struct, frozen=True):
    """A password good for one session; it is shown here and never again."""

    name: str
    one_time_password: str
    entry: str


class StandingForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure: from now until ``until_at`` (ISO 8601; empty for no end, which only ``open`` may have)."""

    member: Text
    channel: Text
    state: Text
    reason: Text = ""
    reference: Reference = ""
    until_at: Text = ""


class DraftForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed role of the directory, in base64."""

    draft: Annotated[str, msgspec.Meta(max_length=DRAFT_CHARS)]


class StandingShown(msgspec.Struct, frozen=True):
    """A member's state on one channel; empty state: nothing is allowed."""

    channel: str
    state: str
    until_at: datetime | None
    reason: str
    reference: str


class MemberShown(msgspec.Struct, frozen=True):
    """A member, and what it may do. ``ledger`` is the C2SP verifier key of its ledger, empty where it has no bureau."""

    code: str
    title: str
    countries: tuple[str, ...]
    desk: str
    ledger: str
    absent: str
    standing: tuple[StandingShown, ...]


class MemberList(msgspec.Struct, frozen=True):
    """Who is in the network, by the directory as this node verified it."""

    network: str
    verified_at: datetime
    members: tuple[MemberShown, ...]


class UnlockForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The passphrase of the node's key file."""

    passphrase: Secret


class HealthProblem(msgspec.Struct, frozen=True):
    """One thing that is wrong, and what to do; a red one keeps people from working."""

    code: str
    message: str
    next_step: str
    is_red: bool


class HealthShown(msgspec.Struct, frozen=True):
    """How this node is."""

    is_ok: bool
    problems: tuple[HealthProblem, ...]
