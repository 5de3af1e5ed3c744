"""A record: one source's statement in a register, with everything that travels with it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, get_args

import msgspec

from comity.audience import Audience
from comity.bounded import Fields, Name
from comity.errors import InputError, MalformedError, TooLargeError
from comity.formats import Format
from comity.ids import MemberCode, RegisterName, parse_member_code
from comity.limits import AUDIENCE_CHARS, RECORD_BYTES
from comity.parsing import decode_own
from comity.plug import RoomPart
from comity.registers.countries import issuer_of
from comity.registers.fields import Groups, normalise_date
from comity.registers.register import Handling, Instruction, Parsed, Register, keys_of, latest_expiry, parse_fields
from comity.registers.registry import get_register
from comity.texts import _

AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]

if TYPE_CHECKING:
    _Register: TypeAlias = RegisterName
    _Source: TypeAlias = MemberCode
else:  # their forms are judged once for all records that share them (``_judge_around``): patterns cost a tenth more
    _Register = _Source = Name


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a source states, until when, for whom.

    Its bytes are JSON, in this order of members, without white space, fields sorted by name, no groups where the
    register has none; they are hashed into the batch that signs them and kept as sent.

    Evolution: ``v`` rises with any change of the members, and of the fields that a register knows. A source sends the
    newest version that all nodes state they read (``members.reads``). Bytes that are not in the one canonical form are
    refused. Version 1 knows three levels of handling.
    """

    v: Literal[1]
    register: _Register
    source: _Source
    fields: Fields
    instruction: Instruction
    handling: Handling
    audience: Annotated[str, msgspec.Meta(max_length=AUDIENCE_CHARS)]  # the text form of comity.audience
    entered_at: AwareTime
    expires_at: AwareTime
    groups: Groups = {}

    def encode(self) -> bytes:
        """The canonical bytes."""
        return _ENCODER.encode(self)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What it is found by, 16 bytes each."""
        return keys_of(get_register(self.register), self.fields, self.groups)

    @property
    def issuing_country(self) -> str:
        """The country that issued what the record is about, as its zones have it; empty where it says none."""
        return issuer_of(self.fields.get(get_register(self.register).country_field, ""))

    def is_expired(self, now: datetime) -> bool:
        """Whether it may no longer be shown."""
        return now >= self.expires_at


_ENCODER = msgspec.json.Encoder(order="deterministic")
RECORD: Final = Format[Record]("record", {1: Record}, written=Record.encode)


def read_written(data: bytes) -> Record:
    """The record of bytes that this node has just written itself: it is not judged again."""
    return decode_own(data, Record)


class RecordForm:
    """What all records of one file share, judged once; ``fill`` makes each.

    MalformedError, as by ``make_record``, where it is about no field of a line.
    """

    def __init__(
        self,
        register: Register,
        source: MemberCode,
        audience: Audience,
        *,
        now: datetime,
        instruction: str = "",
        handling: str = "",
        expires_at: datetime | None = None,
    ) -> None:
        self.register = register
        self._now = now
        self._empty = _state(register, source, audience, now, instruction, handling, expires_at)
        problems = _find_problems(register, self._empty)
        if problems:
            raise _together(problems)

    def __reduce__(self) -> tuple[object, ...]:
        """To another process a register goes by its name."""
        empty = self._empty
        return _form_like, (empty, self._now)

    def fill(self, fields: Mapping[str, object]) -> Record:
        """A record with these fields; MalformedError with every problem, TooLargeError if it passes a bound."""
        empty = self._empty
        values, groups = parse_fields(self.register, fields, self._now)
        record = Record(
            v=1,
            register=empty.register,
            source=empty.source,
            fields=values,
            instruction=empty.instruction,
            handling=empty.handling,
            audience=empty.audience,
            entered_at=empty.entered_at,
            expires_at=empty.expires_at,
            groups=groups,
        )
        if groups or sum(map(len, values.values())) > RECORD_BYTES // 8:  # else it cannot be too long
            _verify_size(record)
        return record


def _form_like(empty: Record, now: datetime) -> RecordForm:
    """A form whose records are as this one, which a form has made."""
    return RecordForm(
        get_register(empty.register), empty.source, Audience.parse(empty.audience), now=now,
        instruction=empty.instruction, handling=empty.handling, expires_at=empty.expires_at,
    )  # fmt: skip


def make_record(
    register: Register,
    source: MemberCode,
    fields: Mapping[str, object],
    audience: Audience,
    *,
    now: datetime,
    instruction: str = "",
    handling: str = "",
    expires_at: datetime | None = None,
) -> Record:
    """A record as its source enters it, entered at ``now`` and kept as long as the register allows unless said else.

    MalformedError with every problem, each under its field's name; TooLargeError if it passes a bound.
    """
    problems: list[InputError] = []
    values, groups = Parsed({}, {})
    try:
        values, groups = parse_fields(register, fields, now)
    except InputError as error:
        problems.append(error)
    empty = _state(register, source, audience, now, instruction, handling, expires_at)
    record = msgspec.structs.replace(empty, fields=values, groups=groups)
    problems.extend(_find_problems(register, record))
    if problems:
        raise _together(problems)
    _verify_size(record)
    return record


def _state(
    register: Register,
    source: MemberCode,
    audience: Audience,
    now: datetime,
    instruction: str,
    handling: str,
    expires_at: datetime | None,
) -> Record:
    """A record that says nothing yet, and that nobody has judged."""
    latest = latest_expiry(register, now).astimezone(UTC)
    last = (expires_at or latest).astimezone(UTC)
    if last - timedelta(days=1) < latest < last and last.time() == time():
        last = latest  # the end of the last day on which it may be kept: as long as where no day is said
    return Record(
        v=1,
        register=register.name,
        source=source,
        fields={},
        instruction=(instruction or register.usual_instruction),  # type: ignore[arg-type]  # whoever calls judges it next
        handling=handling or register.handling,  # type: ignore[arg-type]
        audience=str(audience),
        entered_at=now.astimezone(UTC),
        expires_at=last,
    )


def _together(problems: Sequence[InputError]) -> MalformedError:
    return MalformedError(
        " ".join(problem.message for problem in problems), where=", ".join(problem.where for problem in problems)
    )


def _verify_size(record: Record) -> None:
    if len(record.encode()) > RECORD_BYTES:
        raise TooLargeError(_("A record has at most {most} bytes.").format(most=RECORD_BYTES), where="record")


@lru_cache(maxsize=256)  # audiences are few, records many
def _audience(text: str) -> Audience:
    return Audience.parse(text)


def _find_problems(register: Register, record: Record) -> list[InputError]:
    """What is wrong outside its fields."""
    problems: list[InputError] = []
    if not _audience(record.audience).includes(record.source):
        text = _("audience: A source is in the audience of its own records.")
        problems.append(MalformedError(text, where="audience"))
    if record.instruction not in register.instructions:
        text = _("instruction: It is one of {names}.").format(names=", ".join(register.instructions))
        problems.append(MalformedError(text, where="instruction"))
    if record.handling not in RECORD_LEVELS:
        text = _("handling: It is one of {names}.").format(names=", ".join(RECORD_LEVELS))
        problems.append(MalformedError(text, where="handling"))
    if not record.entered_at < record.expires_at <= latest_expiry(register, record.entered_at):
        text = _("expires_at: It lies after the entry, by at most {years} years.").format(
            years=register.retention_years
        )
        problems.append(MalformedError(text, where="expires_at"))
    return problems


RECORD_LEVELS: Final[tuple[str, ...]] = get_args(Handling)
"""The levels that version 1 of a record can say; a rulebook that knows more needs a version 2 for them."""


@lru_cache(maxsize=1024)  # the records of a lot share all of this
def _judge_around(
    name: RegisterName, source: MemberCode, instruction: Instruction, handling: Handling, audience: str,
    entered_at: datetime, expires_at: datetime,
) -> MalformedError | None:  # fmt: skip
    """What is wrong with a record outside its fields, as its source sent it; None for nothing."""
    parse_member_code(source)
    record = Record(
        v=1, register=name, source=source, fields={}, instruction=instruction, handling=handling, audience=audience,
        entered_at=entered_at, expires_at=expires_at,
    )  # fmt: skip
    problems = _find_problems(get_register(name), record)
    if problems:
        return MalformedError(problems[0].message, where=problems[0].where)
    if str(_audience(audience)) != audience:
        return MalformedError(_("The audience is not in its canonical form."), where="audience")
    return None


def parse_record(data: bytes, *, is_new: bool = False) -> Record:
    """Read a record, from whatever source, and check everything that can be seen from itself.

    One ``is_new`` comes in: it has no character and no number that nobody takes in any more. What is kept, or shown
    by its keeper, may have been taken in before that was asked for: it stays readable.
    MalformedError or TooLargeError if it is none, is not in canonical form, or breaks its register's declaration.
    """
    record = RECORD.read(data, where="record", most=RECORD_BYTES)
    register = get_register(record.register)
    # Not in what is remembered: there a moment is the same in any zone.
    if record.entered_at.utcoffset() or record.expires_at.utcoffset():
        raise MalformedError(_("The times of a record are UTC."), where="entered_at")
    problem = _judge_around(
        record.register, record.source, record.instruction, record.handling, record.audience, record.entered_at,
        record.expires_at,
    )  # fmt: skip
    if problem:
        raise MalformedError(problem.message, where=problem.where)
    said = {**record.fields, **record.groups} if record.groups else record.fields
    found = parse_fields(register, said, record.entered_at, is_stored=True, is_kept=not is_new)
    if found != (record.fields, record.groups):
        raise MalformedError(_("The fields are not in their stored form."), where="fields")
    return record


def end_of_day(text: str) -> datetime | None:
    """When that day is over (UTC): a record that expires on a day is still there on it."""
    if not text:
        return None
    try:
        day = datetime.fromisoformat(normalise_date(text))
        return day.replace(tzinfo=UTC) + timedelta(days=1)
    except MalformedError as error:
        raise MalformedError(error.message, where="expires_on", next_step=_("Give the last day.")) from error
    except OverflowError as error:
        raise MalformedError(_("There is no such day."), where="expires_on") from error


PART: Final = RoomPart(travelling=(RECORD,))
