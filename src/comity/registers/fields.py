"""What registers are declared with: fields and repeated groups of fields, and the one form of each value."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

import msgspec
from anyascii import anyascii

from comity.bounded import Fields, Name
from comity.characters import join_spaces, verify_line
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, FIELDS_MAX, GROUP_ENTRIES_MAX
from comity.registers.countries import parse_issuer, parse_known_code
from comity.texts import _

_SEPARATORS: Final = " -<."
_SPACE: Final = re.compile(r"\s")
_SEPARATED: Final = re.compile(r"[\s<-]")  # by what is no decimal point
_DECIMAL: Final = re.compile(r"[0-9]*[.,][0-9]+|[0-9]+(?:[.,][0-9]*)?E[+][0-9]+|[0-9]+[.,][0-9]*E[0-9]+", re.IGNORECASE)
_WHOLE: Final = re.compile(r"([0-9]+)[.,]0+")
_MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_OF_MONTH, _MONTHS_NUMBER, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:1[89]|2[01])[0-9]{2}"
_SHEETS_DATE: Final = re.compile(
    f"{_DAY_OF_MONTH}-{_MONTH}(?:-(?:[0-9]{{2}}|{_YEAR}))?|{_MONTH}-(?:[0-9]{{2}}|{_YEAR})"
    f"|{_YEAR}-{_MONTHS_NUMBER}-{_DAY_OF_MONTH}(?:[ T].*)?"
    f"|{_DAY_OF_MONTH}([-.]){_MONTHS_NUMBER}\\1{_YEAR}|{_MONTHS_NUMBER}([-.]){_DAY_OF_MONTH}\\2{_YEAR}",
    re.IGNORECASE,
)
_SIGNED: Final = re.compile("[-+\N{MINUS SIGN}] *[0-9][0-9 .,]*(?:E[-+]?[0-9]+)?", re.IGNORECASE)
_EMPTY: Final = frozenset({"NAN", "NAT", "NA", "NONE", "NULL", "INF", "INFINITY", "TRUE", "FALSE"})
"""What programs write where a cell has no number."""
_FORMULA: Final = re.compile(r"""=\s*"?([^"]*)"?|'(.*)""", re.DOTALL)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_ZONE: Final = timedelta(hours=14)  # where a day begins first (UTC+14)

Entries = Annotated[list[Fields], msgspec.Meta(max_length=GROUP_ENTRIES_MAX)]
Groups = Annotated[dict[Name, Entries], msgspec.Meta(max_length=FIELDS_MAX)]
"""Repeated groups of a record: by the group's name its entries, each with fields."""


def normalise_text(text: str) -> str:
    """``text`` on one line, single spaces; MalformedError names a character that no answer could show."""
    joined = join_spaces(text)
    if not (joined.isascii() and joined.isprintable()):
        verify_line(_SPACE.sub(" ", text), "")
    return joined


def normalise_number(text: str) -> str:
    """A document's number as it is compared: capitals and digits, without spaces, hyphens, dots and fillers.

    MalformedError, with the position from 1, where anything else stands or nothing is left. O and 0 stay apart. A dot
    that may be a decimal point separates nothing: without it, ``912345678.0`` would be another document's number.
    """
    if text.isascii() and text.isalnum():
        number = text.upper()
        if number in _EMPTY:
            raise _no_number()
        return number
    number = join_spaces(text)
    if _is_no_number(number):
        raise _no_number()
    if _is_spreadsheets(number):
        raise MalformedError(
            _("The number looks like a spreadsheet's, and what stands on the document is not known."),
            where="number",
            next_step=_("Give it as text, as it stands on the document; in a spreadsheet, format the column as text."),
        )
    for separator in _SEPARATORS:
        number = number.replace(separator, "")
    if number.isascii() and number.isalnum():
        return number.upper()
    if not number:
        raise MalformedError(_("The number has no letter and no digit."), where="number", next_step=_number_step())
    position = next(
        at
        for at, each in enumerate(text, 1)
        if not (each.isspace() or (each.isascii() and (each.isalnum() or each in _SEPARATORS)))
    )
    raise MalformedError(
        _("Character {position} cannot stand in a document's number.").format(position=position), where="number",
        next_step=_number_step(),
    )  # fmt: skip


def normalise_others_number(text: str) -> str:
    """A document's number in others' writing, as it is kept; MalformedError where nobody would find anything by it."""
    said = normalise_text(text)
    if _is_no_number(said):
        raise _no_number()
    if not is_others_number(said):
        raise MalformedError(
            _("Its letters and digits are not known: a spreadsheet may have cut them off."), where="number",
            next_step=_number_step(),
        )  # fmt: skip
    return said


def is_others_number(text: str) -> bool:
    """Whether a document's number in others' writing is one that documents are found by."""
    return not _is_no_number(text) and fold_number(text) != ""


def fold_number(text: str) -> str:
    """A document's number as others wrote it: its letters and digits, in capitals.

    Of a number that a spreadsheet wrote, the number it was; empty where that is not known any more.
    """
    return "".join(each for each in anyascii(number_behind(text)).upper() if each.isalnum())


def number_behind(text: str) -> str:
    """A number in others' writing without what a spreadsheet put around it; empty where it cut digits off."""
    said = text.strip()
    if formula := _FORMULA.fullmatch(said):
        said = formula[1] or formula[2] or ""
    if whole := _WHOLE.fullmatch(_SEPARATED.sub("", said)):
        return whole[1]
    return "" if "E" in said.upper() and _is_spreadsheets(said) else said


def _is_no_number(text: str) -> bool:
    """Whether a program wrote this where a document's number was taken for a date or for an amount, or was missing."""
    return text.upper().lstrip("+-") in _EMPTY or any(each.fullmatch(text) for each in (_SHEETS_DATE, _SIGNED))


def _no_number() -> MalformedError:
    return MalformedError(
        _("It looks like a spreadsheet's date, amount or empty cell, and what stands on the document is not known."),
        where="number",
        next_step=_("Give it as text, as it stands on the document; in a spreadsheet, format the column as text."),
    )


def _kept_number(text: str) -> str:
    return text.upper() if text.isascii() and text.isalnum() else normalise_number(text)


def _is_spreadsheets(text: str) -> bool:
    """Whether a program wrote this that took a document's number for a number, or its text for a formula."""
    return text.startswith(("=", "'")) or _DECIMAL.fullmatch(_SEPARATED.sub("", text)) is not None


def _number_step() -> str:
    return _("Give its letters and digits as they stand on the document.")


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
    {normalise_text: join_spaces, normalise_others_number: join_spaces, normalise_number: _kept_number}
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
    choices: tuple[str, ...] = ()
    is_past: bool = False  # a date that cannot lie in the future
    former: Mapping[str, str] = MappingProxyType({})  # stored forms of earlier versions, and today's


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
                str(name)[:FIELD_CHARS]: "There is no such field." for name in mapping if name not in self.names
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
            problems[slot.name] = error.message
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
                problems[f"{place}.{error.where}"] = error.message
            entries.append(values)
    return entries, problems


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
