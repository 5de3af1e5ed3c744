"""What the API says of a bureau's own records, and what is said to it to change them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from comity.api.file_wire import AudienceShown, ConsignmentShown
from comity.api.wire import OnRecord
from comity.bounded import Line, Said
from comity.limits import AUDIENCE_CHARS, FIELDS_MAX, GROUP_ENTRIES_MAX, OWN_AMENDED_MAX

_Entry = Annotated[dict[Line, Said], msgspec.Meta(max_length=FIELDS_MAX)]
_Entries = Annotated[list[_Entry], msgspec.Meta(max_length=GROUP_ENTRIES_MAX)]
TypedFields = Annotated[dict[Line, Said | _Entries], msgspec.Meta(max_length=FIELDS_MAX)]


class OwnRecordShown(msgspec.Struct, frozen=True, kw_only=True):
    """An own record in a list. ``name`` is what people call it, empty where the reader's roles do not cover its level.

    ``state`` is ``in-force``, ``expired``, ``taken-out`` (``gone_at`` says when) or ``damaged``; ``word`` says it, or
    what is wrong.
    """

    id: str
    register: str
    state: str
    word: str
    name: str = ""
    status: str = ""
    instruction: str = ""
    handling: str = ""
    handling_title: str = ""
    audience: str = ""
    entered_at: datetime | None = None
    expires_at: datetime | None = None
    gone_at: datetime | None = None


class OwnRecordList(msgspec.Struct, frozen=True, kw_only=True):
    """Own records. ``total`` counts all that are wanted, up to ten thousand; ``next`` is what ``after`` takes next.

    ``lacks`` says why some may be missing; ``entry`` is this reading, on record too. ``ending`` of the register's are
    over by ``ending_by``, six months from now: are they still needed?
    """

    records: tuple[OwnRecordShown, ...]
    total: int
    next: str
    lacks: str
    entry: str
    ending: int = 0
    ending_by: str = ""


class AmendedShown(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a record: it went, or came in the place of ``before``, or ``after`` came in its place."""

    entry: str
    at: datetime
    officer: str
    verb: str
    word: str
    why: str
    before: str
    after: str


class HitToldShown(msgspec.Struct, frozen=True, kw_only=True):
    """A hit on a record, as the keeper told it; what the rulebook left out of it is empty. ``message`` is the alert."""

    message: str
    told_at: datetime
    asker: str
    purpose: str
    purpose_title: str
    at: datetime | None
    post: str


class OwnRecordWhole(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of an own record, who can see it, what was done to it, and who has, as far as the source was told."""

    shown: OwnRecordShown
    fields: dict[str, str]
    groups: dict[str, list[dict[str, str]]]
    sight: AudienceShown | None
    amended: tuple[AmendedShown, ...]
    hits: tuple[HitToldShown, ...]
    has_more: bool
    record: OnRecord


class AmendmentForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done to own records of one register: all of it is done or nothing.

    ``take-out``; ``correct`` one record, ``fields`` being all of its fields; ``restrict`` to another ``audience``;
    ``prolong`` until ``expires_on``, or as long as the register keeps any. ``why`` is for the record; prolonging needs
    it.
    """

    records: Annotated[list[Line], msgspec.Meta(max_length=OWN_AMENDED_MAX)]
    verb: Literal["take-out", "correct", "restrict", "prolong"]
    fields: TypedFields = {}
    audience: Annotated[str, msgspec.Meta(max_length=AUDIENCE_CHARS)] = ""
    handling: Line = ""
    instruction: Line = ""
    expires_on: Line = ""
    why: Line = ""
    is_lawful: bool = False


class DraftedShown(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it is, and as it will be; ``after`` is missing where it goes.

    ``losing`` are members that see it now and will not, ``gaining`` those that will and do not.
    """

    before: OwnRecordShown
    after: OwnRecordShown | None
    losing: tuple[str, ...]
    gaining: tuple[str, ...]


class AmendmentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a change will do. Nothing is done yet."""

    register: str
    records: tuple[DraftedShown, ...]
    sight: AudienceShown | None


class AmendmentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a change came to: ``consignment`` says how it stands at the keeper, from where it is in force."""

    consignment: ConsignmentShown
    record: OnRecord
