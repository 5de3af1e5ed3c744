"""What registers are declared with: fields and repeated groups of fields, and the one form of each value."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

import msgspec

from comity.bounded import Fields, Name
from comity.characters import join_spaces, normalise_text
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, FIELDS_MAX, GROUP_ENTRIES_MAX, SEEN_CHARS
from comity.registers.countries import parse_issuer, parse_known_code
from comity.registers.numbers import kept_number, normalise_number, normalise_others_number
from comity.registers.plates import normalise_plate
from comity.texts import _

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_ZONE: Final = timedelta(hours=14)  # where a day begins first (UTC+14)

Entries = Annotated[list[Fields], msgspec.Meta(max_length=GROUP_ENTRIES_MAX)]
Groups = Annotated[dict[Name, Entries], msgspec.Meta(max_length=FIELDS_MAX)]
"""Repeated groups of a record: by the group's name its entries, each with fields."""


@lru_cache(maxsize=1024)
def normalise_country(text: str) -> str:
    """An issuing state as its own zones write it, ``FRA`` or ``D``; MalformedError otherwise."""
    return parse_issuer(text)


@lru_cache(maxsize=1024)
def normalise_place(text: str) -> str:
    """A country in which something happened, by its code as it is written, ``FRA`` or ``DEU``."""
    return parse_known_code(text)


def normalise_date(text: str) -> str:
    """A day as ISO 8601 writes it, ``2026-11-23``, and in none of its other forms; MalformedError otherwise."""
    day = text.strip()
    if not _DAY.fullmatch(day):
        raise MalformedError(_("A date is written 2026-11-23: year, month, day."))
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise MalformedError(_("There is no such day.")) from error


_KEPT: Final[Mapping[Callable[[str], str], Callable[[str], str]]] = MappingProxyType(
    {
        normalise_text: join_spaces,
        normalise_others_number: join_spaces,
        normalise_plate: join_spaces,
        normalise_number: kept_number,
    }
)
"""How what is kept already is read: it was judged when it came in, by what was known then, and stays readable."""
_REPEATED: Final = (normalise_country, normalise_place, normalise_date)
_KNOWN_MAX: Final = 4096  # ten years have fewer days


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field: ``normalise`` gives the one form in which it is stored, and raises MalformedError."""

    name: str
    title: str  # English, marked for the catalogue
    normalise: Callable[[str], str] = normalise_text
    required: bool = False
    most_chars: int = FIELD_CHARS
    seen_chars: int = SEEN_CHARS  # as many it shows at once where it is typed; more than a usual one has
    choices: Mapping[str, str] = MappingProxyType({})  # each with its title
    is_code: bool = False  # letters and digits that people compare one by one
    example: str = ""  # how it is written
    is_past: bool = False  # a date that cannot lie in the future
    is_partial_day: bool = False  # a day, or its month or its year alone
    former: Mapping[str, str] = MappingProxyType({})  # stored forms of earlier versions, and today's

    @property
    def width(self) -> int:
        """How many characters wide it is where it is typed."""
        return min(self.most_chars, self.seen_chars)

    @property
    def is_day(self) -> bool:
        """Whether it is a day of the calendar."""
        return self.normalise is normalise_date

    @property
    def is_text(self) -> bool:
        """Whether it is free text, which may be written in either direction."""
        return self.normalise is normalise_text and not self.is_code


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that a record has any number of times together, such as the parts of each of a person's names.

    ``verify`` raises MalformedError for an entry whose fields do not go together. ``say`` is an entry on one line.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    required: bool = False
    verify: Callable[[Mapping[str, str]], None] = lambda _entry: None
    say: Callable[[Mapping[str, str]], str] = lambda entry: ", ".join(entry.values())


class _Slot(NamedTuple):
    """A field taken apart once: it is looked at for every record of a file."""

    name: str
    required: bool
    most_chars: int
    normalise: Callable[[str], str]
    choices: frozenset[str]
    is_past: bool
    field: Field
    known: dict[str, str]  # what stands in a file again and again, in its stored form


class FieldReader:
    """Reads the values of some fields, of a record or of one entry of a group; of one that comes in, or is kept."""

    def __init__(self, fields: Sequence[Field], *, is_kept: bool = False) -> None:
        forms = _KEPT if is_kept else {}
        self.names = frozenset(field.name for field in fields)
        self._most = 2 * len(fields)
        self._slots = tuple(
            _Slot(
                field.name, field.required, field.most_chars, forms.get(field.normalise, field.normalise),
                frozenset(field.choices), field.is_past, field, {},
            )
            for field in fields
        )  # fmt: skip

    def read(self, mapping: Mapping[str, object], now: datetime) -> tuple[dict[str, str], dict[str, str]]:
        """The fields in stored form and order, empty ones left out; and the problems, by field.

        TooLargeError if there are more fields than there can be.
        """
        problems: dict[str, str] = {}
        if not mapping.keys() <= self.names:
            if len(mapping) > self._most:
                raise TooLargeError(_("There are more fields than any record has."), where="fields")
            problems = {
                str(name)[:FIELD_CHARS]: _("There is no such field.") for name in mapping if name not in self.names
            }
        values: dict[str, str] = {}
        get = mapping.get
        for slot in self._slots:
            text = get(slot.name)
            if not text:
                if slot.required:
                    problems[slot.name] = _("It is missing.")
            elif not isinstance(text, str):
                problems[slot.name] = _("It is not a text.")
            elif text in slot.choices:  # the usual case of a choice needs no more
                values[slot.name] = text
            elif (value := slot.known.get(text)) and not (slot.is_past and value > last_day(now)):
                values[slot.name] = value
            else:
                self._read_one(slot, text, now, values, problems)
        return values, problems

    def _read_one(
        self, slot: _Slot, text: str, now: datetime, values: dict[str, str], problems: dict[str, str]
    ) -> None:
        try:
            value = _parse_field(slot, text, now)
        except InputError as error:
            problems[slot.name] = told(error)
            return
        if value:
            values[slot.name] = value
            if slot.normalise in _REPEATED and len(slot.known) < _KNOWN_MAX:
                slot.known[text] = value
        elif slot.required:
            problems[slot.name] = _("It is missing.")


def read_groups(
    groups: Sequence[Group], readers: Mapping[str, FieldReader], mapping: Mapping[str, object], now: datetime
) -> tuple[Groups, dict[str, str]]:
    """The groups in stored form and order, empty ones left out; and the problems, by ``names[0].family``."""
    values: Groups = {}
    problems: dict[str, str] = {}
    for group in groups:
        entries, found = _read_entries(group, readers[group.name], mapping.get(group.name), now)
        problems |= found
        if entries:
            values[group.name] = entries
        elif group.required and not found:
            problems[group.name] = _("It is missing.")
    return values, problems


def _read_entries(
    group: Group, reader: FieldReader, given: object, now: datetime
) -> tuple[list[dict[str, str]], dict[str, str]]:
    if given is None:
        return [], {}
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [], {group.name: _("It is a list.")}
    if len(given) > GROUP_ENTRIES_MAX:
        return [], {group.name: _("It has more than {most} entries.").format(most=GROUP_ENTRIES_MAX)}
    entries: list[dict[str, str]] = []
    problems: dict[str, str] = {}
    for number, each in enumerate(given):
        place = f"{group.name}[{number}]"
        if not isinstance(each, Mapping):
            problems[place] = _("It is no list of fields.")
            continue
        values, found = reader.read(each, now)
        problems |= {f"{place}.{name}": problem for name, problem in found.items()}
        if values and not found:
            try:
                group.verify(values)
            except MalformedError as error:
                problems[f"{place}.{error.where}"] = told(error)
            entries.append(values)
    return entries, problems


def told(error: InputError) -> str:
    """What is wrong with a field and what to do, among the problems of its record."""
    return " ".join(filter(None, (error.message, error.next_step)))


@lru_cache(maxsize=16)
def last_day(now: datetime) -> str:
    """The day that it is where days begin first; anything after it lies in the future."""
    return (now + _EARLIEST_ZONE).date().isoformat()


def _parse_field(slot: _Slot, text: str, now: datetime) -> str:
    """One field in its stored form, empty for nothing; MalformedError says what is wrong, without repeating it."""
    if len(text) > slot.most_chars:
        raise MalformedError(_("It has more than {most_chars} characters.").format(most_chars=slot.most_chars))
    if text.isspace():
        return ""
    value = slot.normalise(text)
    if slot.choices and value not in slot.choices:
        raise MalformedError(_("It is one of {names}.").format(names=", ".join(slot.field.choices)))
    if slot.is_past and value > last_day(now):
        raise MalformedError(_("It lies in the future."))
    return value
