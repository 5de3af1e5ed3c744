"""Files of records: a table as other systems export it, read line by line into records of one register.

In or out as a whole: a line that is refused keeps the file out, and every such line is named with its reason.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, FILE_LINES_MAX, FILE_REPORT_MAX, LINE_CHARS_MAX, MAPPING_BYTES
from comity.registers.record import Record, RecordForm
from comity.registers.register import Register, name_of

_DELIMITERS: Final = ",;\t|"
_IGNORED: Final = "-"
_NUMBERED: Final = 3  # parts of a column of a group's later entry


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How another system's columns become fields: a mapping file, TOML.

    ``columns``: the field for a column's title, ``-`` for a column that is left out. ``values``: for a field, what
    stands in the file and what is meant. ``constants``: fields that are the same in every line. ``dates``: how dates
    are written, as strptime has it; ISO 8601 where nothing is said.
    """

    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    constants: dict[str, str] = {}
    dates: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """One line that keeps a file out. ``line`` counts from 1, the titles included."""

    line: int
    fields: str
    reason: str


class RefusedFileError(MalformedError):
    """A file with lines that cannot be entered: ``refusals`` has the first of them, ``count`` is of all."""

    def __init__(self, refusals: tuple[Refusal, ...], count: int) -> None:
        first = refusals[0]
        super().__init__(
            f"{count} lines cannot be entered. Line {first.line}: {first.reason}",
            where=f"line {first.line}",
            next_step="Nothing was entered. Correct these lines and enter the file again.",
        )
        self.refusals = refusals
        self.count = count


def parse_columns(data: bytes) -> Columns:
    """Read a mapping file; MalformedError or TooLargeError names what is wrong."""
    if len(data) > MAPPING_BYTES:
        raise TooLargeError(f"A mapping file has at most {MAPPING_BYTES} bytes.", where="mapping")
    try:
        return msgspec.convert(tomllib.loads(data.decode()), Columns)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise MalformedError(f"The mapping file cannot be read: {error}.", where="mapping") from error


class LineReader:
    """Reads one file. ``lines`` counts how far it has come.

    ``countries`` are those that the source answers for: a line about another's document is refused here, where its
    number is known; the rulebook judges the file again as a whole.
    """

    def __init__(self, register: Register, form: RecordForm, columns: Columns, countries: Iterable[str]) -> None:
        self._register = register
        self._form = form
        self._columns = columns
        self._countries = frozenset(countries)
        self._refusals: list[Refusal] = []
        self._refused = 0
        self._seen: dict[str, int] = {}
        self.lines = 1
        _verify_columns(register, columns)

    def read(self, text: Iterable[str]) -> Iterator[Record]:
        """The records of a table with a line of titles; RefusedFileError at its end if any line is refused.

        MalformedError where it is no such table: wrong columns, quoting, no records.
        """
        lines = _bounded(text)
        try:
            titles = next(lines, "")
            fields = self._fields_of(next(csv.reader([titles], delimiter=_delimiter_of(titles), strict=True), []))
            rows = csv.reader(lines, delimiter=_delimiter_of(titles), strict=True)
            for values in rows:
                self.lines = rows.line_num + 1
                if values and (record := self._read_line(fields, values)) is not None:
                    yield record
        except csv.Error as error:
            raise MalformedError(
                f"The table cannot be read after line {self.lines}: {error}.", where=f"line {self.lines + 1}"
            ) from error
        if self._refused:
            raise RefusedFileError(tuple(self._refusals), self._refused)
        if not self._seen:
            raise MalformedError("The file has no records.", where="file")

    def _read_line(self, fields: list[str], values: list[str]) -> Record | None:
        try:
            if len(values) != len(fields):
                raise MalformedError(f"It has {len(values)} columns, the titles {len(fields)}.", where="columns")
            if self.lines > FILE_LINES_MAX:
                raise TooLargeError(f"A file has at most {FILE_LINES_MAX} lines.", where="file")
            found = self._translate(fields, values)
            record = self._form.fill(gather(found) if self._register.groups else found)
            self._verify_own(record)
            self._verify_new(record)
        except InputError as error:
            self._refused += 1
            if len(self._refusals) < FILE_REPORT_MAX:
                self._refusals.append(Refusal(self.lines, error.where, error.message))
            return None
        return None if self._refused else record  # once a line is refused, the rest is only looked at

    def _verify_own(self, record: Record) -> None:
        if self._register.entered_by == "issuing-country" and record.issuing_country not in self._countries:
            name = self._register.country_field
            own = ", ".join(sorted(self._countries)) or "none"
            raise MalformedError(f"{name}: You enter what your own countries issued: {own}.", where=name)

    def _verify_new(self, record: Record) -> None:
        first = self._seen.setdefault(name_of(self._register, record.fields), self.lines)
        if first != self.lines:
            names = ", ".join(self._register.named_by)
            raise MalformedError(f"It is about the same as line {first}.", where=names)

    def _translate(self, fields: list[str], values: list[str]) -> dict[str, str]:
        given = {field: value for field, value in zip(fields, values, strict=True) if field != _IGNORED and value}
        found = {**self._columns.constants, **given}
        for field, meanings in self._columns.values.items():
            if field in found:
                found[field] = meanings.get(found[field].strip(), found[field])
        if self._columns.dates:
            for field in self._register.date_fields:
                if field in found:
                    found[field] = _iso_of(found[field], self._columns.dates, field)
        return found

    def _fields_of(self, titles: list[str]) -> list[str]:
        """The field of each column; MalformedError names the columns that are none, twice there, or missing."""
        known = known_columns(self._register)
        named = {_plain(title): field for title, field in self._columns.columns.items()}
        fields = [named.get(_plain(title), _plain(title)) for title in titles]
        strange = [
            title[:FIELD_CHARS]
            for title, field in zip(titles, fields, strict=True)
            if field != _IGNORED and _unnumbered(field) not in known
        ]
        twice = sorted({field for field in fields if field != _IGNORED and fields.count(field) > 1})
        given = {*fields, *self._columns.constants}
        missing = [field.name for field in self._register.fields if field.required and field.name not in given]
        missing += [
            group.name
            for group in self._register.groups
            if group.required and not any(name.startswith(f"{group.name}.") for name in given)
        ]
        problems = [
            f"{text}: {', '.join(names)}."
            for text, names in (
                ("These columns are no fields of the register", strange),
                ("These fields come from more than one column", twice),
                ("These fields have no column", missing),
            )
            if names
        ]
        if problems:
            raise MalformedError(
                " ".join(problems),
                where="columns",
                next_step=f"The register has {', '.join(sorted(known))}. Name others in a mapping file.",
            )
        return fields


def _verify_columns(register: Register, columns: Columns) -> None:
    for field in {*columns.columns.values(), *columns.values, *columns.constants} - {_IGNORED}:
        register.get_field(_unnumbered(field))
    if columns.dates:
        try:
            datetime.strptime(f"{datetime(2026, 11, 23):{columns.dates}}", columns.dates)  # noqa: DTZ001, DTZ007 - a day
        except ValueError as error:
            raise MalformedError("Dates cannot be read in this form.", where="dates") from error


def known_columns(register: Register) -> tuple[str, ...]:
    """The columns that a table for a register may have; of a group's each may be there again, ``names.2.family``."""
    of_groups = (f"{group.name}.{field.name}" for group in register.groups for field in group.fields)
    return (*(field.name for field in register.fields), *of_groups)


def _unnumbered(column: str) -> str:
    """``names.2.family`` is a ``names.family``."""
    parts = column.split(".")
    return f"{parts[0]}.{parts[2]}" if len(parts) == _NUMBERED and parts[1].isdecimal() else column


def gather(found: Mapping[str, str]) -> dict[str, object]:
    """Columns of groups brought together: ``names.family`` and ``names.2.family`` are of two entries."""
    fields: dict[str, object] = {}
    entries: dict[str, dict[int, dict[str, str]]] = {}
    for column, text in found.items():
        parts = column.split(".")
        if len(parts) == 1:
            fields[column] = text
            continue
        number = int(parts[1]) if len(parts) == _NUMBERED else 1
        entries.setdefault(parts[0], {}).setdefault(number, {})[parts[-1]] = text
    return fields | {group: [held[number] for number in sorted(held)] for group, held in entries.items()}


def _bounded(text: Iterable[str]) -> Iterator[str]:
    for line in text:
        if len(line) > LINE_CHARS_MAX:
            raise csv.Error(f"a line has more than {LINE_CHARS_MAX} characters")
        yield line


def _delimiter_of(titles: str) -> str:
    return max(_DELIMITERS, key=titles.count)


def _plain(title: str) -> str:
    return "_".join(title.strip().lower().replace("-", " ").split())


def _iso_of(text: str, form: str, field: str) -> str:
    try:
        return datetime.strptime(text.strip(), form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise MalformedError(f"{field}: It is not written as {form}.", where=field) from error
