"""Registers are declarations: which fields a record has, what it is looked up by, who enters, how long it is kept."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from comity.errors import InputError, MalformedError, TooLargeError
from comity.ids import RegisterName, parse_country_code
from comity.limits import FIELD_CHARS, NUMBER_CHARS, RECORD_YEARS_MAX, REFERENCE_CHARS
from comity.registers.mrz import DOCUMENT_KINDS
from comity.texts import N_

KEY_BYTES: Final = 16

Handling = Literal["official-use", "restricted", "confidential"]
"""RPD article 112: how a record may be used and passed on; the first is the default."""

Instruction = Literal["hold", "seize", "locate", "inform"]
"""What the source asks to be done on a hit."""

_SEPARATORS: Final = " -<.\t"
_EARLIEST_ZONE: Final = timedelta(hours=14)  # where a day begins first (UTC+14)


def normalise_text(text: str) -> str:
    """``text`` on one line, single spaces, no control characters; MalformedError otherwise."""
    joined = " ".join(text.split())
    if not joined.isprintable():
        raise MalformedError("A character in it cannot be printed.")
    return joined


def normalise_number(text: str) -> str:
    """A document's number as it is compared: capitals and digits, without spaces, hyphens, dots and fillers.

    MalformedError, with the position from 1, where anything else stands or nothing is left. O and 0 stay apart.
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    number = text
    for separator in _SEPARATORS:
        number = number.replace(separator, "")
    if number.isascii() and number.isalnum():
        return number.upper()
    if not number:
        raise MalformedError("It has no letter and no digit.", where="number")
    position = next(
        at for at, each in enumerate(text, 1) if not (each.isascii() and (each.isalnum() or each in _SEPARATORS))
    )
    raise MalformedError(f"Character {position} cannot stand in a document's number.", where="number")


@lru_cache(maxsize=1024)
def normalise_country(text: str) -> str:
    """An issuing state as zones write it, ``FRA`` or ``D``; MalformedError otherwise."""
    return parse_country_code(text)


@lru_cache(maxsize=4096)  # ten years have fewer days, and a file has the same ones again and again
def normalise_date(text: str) -> str:
    """A day as ISO 8601 writes it, ``2026-11-23``; MalformedError otherwise."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise MalformedError("A date is written 2026-11-23: year, month, day.") from error
    return day.isoformat()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field: ``normalise`` gives the one form in which it is stored, and raises MalformedError."""

    name: str
    title: str  # English, marked for the catalogue
    normalise: Callable[[str], str] = normalise_text
    required: bool = False
    most_chars: int = FIELD_CHARS
    choices: tuple[str, ...] = ()
    is_past: bool = False  # a date that cannot lie in the future


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data. ``fields`` stand in the order in which they are shown; ``loss_titles`` names the kinds of loss.

    A record is looked up by ``key_fields`` together; the rest is compared and shown, never keyed.
    """

    name: RegisterName
    title: str
    fields: tuple[Field, ...]
    key_fields: tuple[str, ...]
    named_by: tuple[str, ...]  # what tells one record of a source from another: its name among people
    entered_by: Literal["issuing-country"]
    country_field: str  # the field that says which country issued
    retention_years: int
    handling: Handling = "official-use"
    instructions: tuple[Instruction, ...]
    in_order: tuple[tuple[str, str], ...] = ()  # pairs of dates, the first not after the second
    shown_on_hit: tuple[str, ...] = ()  # what a hit says at once; the rest by a second act

    @property
    def date_fields(self) -> tuple[str, ...]:
        """The fields that are days."""
        return tuple(field.name for field in self.fields if field.normalise is normalise_date)

    def get_field(self, name: str) -> Field:
        """The field of that name; MalformedError if the register has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise MalformedError(f"The register {self.name} has no field {name!a}.", where=name[:FIELD_CHARS])


LOSSES: Final = ("stolen-blank", "stolen", "lost", "revoked")

CHOICE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "passport": N_("Passport"),
        "identity-card": N_("Identity card"),
        "visa": N_("Visa"),
        "residence-permit": N_("Residence permit"),
        "other": N_("Other document"),
        "stolen-blank": N_("Stolen blank"),
        "stolen": N_("Stolen from bearer"),
        "lost": N_("Lost"),
        "revoked": N_("Revoked"),
        "hold": N_("Hold the document"),
        "seize": N_("Seize the document"),
        "locate": N_("Locate"),
        "inform": N_("Inform the source"),
        "official-use": N_("For official use only"),
        "restricted": N_("Restricted"),
        "confidential": N_("Confidential"),
    }
)
"""What a person sees for a choice."""

TRAVEL_DOCUMENTS: Final = Register(
    name=RegisterName("travel-documents"),
    title=N_("Travel documents"),
    fields=(
        Field(
            name="number",
            title=N_("Document number"),
            normalise=normalise_number,
            required=True,
            most_chars=NUMBER_CHARS,
        ),
        Field(
            name="country",
            title=N_("Issuing country"),
            normalise=normalise_country,
            required=True,
            most_chars=3,
        ),
        Field(name="type", title=N_("Type"), required=True, choices=DOCUMENT_KINDS),
        Field(name="loss", title=N_("Kind of loss"), required=True, choices=LOSSES),
        Field(name="theft_country", title=N_("Country of theft"), normalise=normalise_country, most_chars=3),
        Field(name="theft_date", title=N_("Date of theft"), normalise=normalise_date, is_past=True),
        Field(name="issue_date", title=N_("Date of issue"), normalise=normalise_date, is_past=True),
        Field(name="expiry_date", title=N_("Date of expiry"), normalise=normalise_date),
        Field(name="national_reference", title=N_("National reference"), most_chars=REFERENCE_CHARS),
    ),
    key_fields=("number", "country"),  # not the type: document codes are too messy to find by
    named_by=("number", "country"),
    entered_by="issuing-country",
    country_field="country",
    retention_years=RECORD_YEARS_MAX,
    instructions=("hold", "seize", "locate", "inform"),
    in_order=(("issue_date", "expiry_date"),),
    shown_on_hit=("number", "country", "type", "loss", "theft_date"),
)

REGISTERS: Final[Mapping[RegisterName, Register]] = MappingProxyType({TRAVEL_DOCUMENTS.name: TRAVEL_DOCUMENTS})


def get_register(name: str) -> Register:
    """The register of that name; MalformedError if there is none."""
    register = REGISTERS.get(RegisterName(name))
    if register is None:
        raise MalformedError("There is no register of this name.", where="register")
    return register


def name_of(register: Register, fields: Mapping[str, str]) -> str:
    """What a source and its people know a record by: of one source no two records in a register have the same."""
    return " ".join([fields.get(name, "") for name in register.named_by])


def key_of(register: Register, fields: Mapping[str, str]) -> bytes:
    """What a record and a query for it meet by: 16 bytes, the SHA-256 over the register's name and the key fields.

    Normalised fields never hold a NUL, which therefore separates them; the fields need not be normalised before.
    MalformedError where a key field is missing, too long or malformed.
    """
    prefix, parts = _KEYS[register.name]
    values = []
    for name, most_chars, normalise in parts:
        text = fields.get(name)
        if not text:
            raise MalformedError(f"{name}: It is missing.", where=name)
        if len(text) > most_chars:
            raise MalformedError(f"{name}: It has more than {most_chars} characters.", where=name)
        values.append(normalise(text))
    return hashlib.sha256((prefix + "\0".join(values)).encode()).digest()[:KEY_BYTES]


def _key_parts(register: Register) -> tuple[str, tuple[tuple[str, int, Callable[[str], str]], ...]]:
    """What ``key_of`` needs of a declaration, taken apart once: it runs for every document that is looked up."""
    fields = [register.get_field(name) for name in register.key_fields]
    parts = tuple((field.name, field.most_chars, field.normalise) for field in fields)
    return f"comity/key/v1\n{register.name}\0", parts


_KEYS: Final = {register.name: _key_parts(register) for register in REGISTERS.values()}
_NAMES: Final = {register.name: frozenset(field.name for field in register.fields) for register in REGISTERS.values()}


@lru_cache(maxsize=16)
def _last_day(now: datetime) -> str:
    """The day that it is where days begin first; anything after it lies in the future."""
    return (now + _EARLIEST_ZONE).date().isoformat()


def _parse_field(field: Field, text: object, now: datetime) -> str:
    """One field in its stored form; MalformedError says what is wrong with it, without repeating it."""
    if not isinstance(text, str):
        raise MalformedError("It is not a text.")
    if len(text) > field.most_chars:
        raise MalformedError(f"It has more than {field.most_chars} characters.")
    value = field.normalise(text)
    if field.choices and value not in field.choices:
        raise MalformedError(f"It is one of {', '.join(field.choices)}.")
    if field.is_past and value > _last_day(now):
        raise MalformedError("It lies in the future.")
    return value


def parse_fields(register: Register, mapping: Mapping[str, object], now: datetime) -> dict[str, str]:
    """The fields in stored form and order; empty optional ones are left out.

    MalformedError with every problem of the record, each under its field's name; ``where`` lists those names.
    TooLargeError if there are more fields than any record has.
    """
    if len(mapping) > 2 * len(register.fields):
        raise TooLargeError("There are more fields than any record has.", where=register.name)
    problems = {name[:FIELD_CHARS]: "There is no such field." for name in mapping if name not in _NAMES[register.name]}
    values: dict[str, str] = {}
    for field in register.fields:
        text = mapping.get(field.name)
        if text is None or (isinstance(text, str) and not text.strip()):
            if field.required:
                problems[field.name] = "It is missing."
            continue
        try:
            values[field.name] = _parse_field(field, text, now)
        except InputError as error:
            problems[field.name] = error.message
    for earlier, later in register.in_order:
        if earlier in values and later in values and values[earlier] > values[later]:
            problems[later] = f"It lies before {earlier}."
    if problems:
        text = " ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise MalformedError(text, where=", ".join(problems))
    return values


def latest_expiry(register: Register, entered_at: datetime) -> datetime:
    """The last moment at which a record entered then may still be kept, unless its retention is renewed."""
    return _years_later(entered_at, register.retention_years)


@lru_cache(maxsize=64)  # the records of a file share when they were entered
def _years_later(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + years, day=28)
