"""What the API takes and gives, as JSON. Optional things are left out nowhere: a reader finds every member always.

Evolution: members may be added to answers; requests refuse members that they do not know, so that a misspelt one is
noticed; the path's version changes with anything else.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec

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


# What stands on the record


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


class EnteredShown(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was entered: its number among records, and what people call it."""

    id: str
    name: str


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A batch and its fate. ``delivery`` is ``queued``, ``delivered``, ``refused`` or ``expired``.

    It is empty where this node keeps the register itself. ``position`` is the keeper's, by its signed receipt.
    ``record`` is there right after entering; later the ledger has it; so are ``notes``, about what was taken and may be
    wrong. ``count`` records were entered; ``records`` are the first that are still there, for the members ``seeing``.
    """

    batch: str
    delivery: str
    word: str
    attempts: int
    position: int
    receipt: Counterpart | None
    record: OnRecord | None
    notes: tuple[str, ...] = ()
    count: int = 0
    records: tuple[EnteredShown, ...] = ()
    seeing: tuple[str, ...] = ()
    not_seeing: tuple[str, ...] = ()


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
