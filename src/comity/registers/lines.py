"""Files of records: a table as other systems export it, read line by line into records of one register.

In or out as a whole: a line that is refused keeps the file out, and every such line is named with its reason.
"""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, islice
from operator import attrgetter
from typing import Annotated, Final, NamedTuple, Protocol

import msgspec

from comity.bounded import Count, Line, Passage
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, FILE_LINES_MAX, FILE_REPORT_MAX, LINE_CHARS_MAX, MAPPING_BYTES
from comity.registers.countries import issuer_of
from comity.registers.record import Record, RecordForm
from comity.registers.register import Register, name_of
from comity.registers.spread import Spread
from comity.texts import _

_DELIMITERS: Final = ",;\t|"
_IGNORED: Final = "-"
_DOUBTS_SAID: Final = 5  # lines that are named; all are counted
_GROUP_LINES: Final = 2_000  # that one process reads at a time
_PLACE: Final = re.compile(r"\[(\d+)\]\.")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_NUMBERED: Final = 3  # parts of a column of a group's later entry


_Many = msgspec.Meta(max_length=MAPPING_BYTES // len("a=1\n"))
_Words = Annotated[dict[Passage, Passage], _Many]


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How another system's columns become fields: a mapping file, TOML.

    ``columns``: the field for a column's title, ``-`` for a column that is left out. ``values``: for a field, what
    stands in the file and what is meant. ``constants``: fields that are the same in every line. ``dates``: how dates
    are written, as strptime has it; ISO 8601 where nothing is said.
    """

    columns: _Words = {}
    values: Annotated[dict[Passage, _Words], _Many] = {}
    constants: _Words = {}
    dates: Line = ""


class Refusal(msgspec.Struct, frozen=True):
    """One line that keeps a file out. ``line`` counts from 1, the titles included."""

    line: Count
    fields: Passage
    reason: Passage


class RefusedFileError(MalformedError):
    """A file with lines that cannot be entered: ``refusals`` has the first of them, ``count`` is of all."""

    def __init__(self, refusals: tuple[Refusal, ...], count: int) -> None:
        first = refusals[0]
        said = _("{count} lines cannot be entered.") if count > 1 else _("One line cannot be entered.")
        super().__init__(
            said.format(count=count) + " " + _("Line {line}: {reason}").format(line=first.line, reason=first.reason),
            where=f"line {first.line}",
            next_step=_("Nothing was entered. Correct these lines and enter the file again."),
        )
        self.refusals = refusals
        self.count = count


def parse_columns(data: bytes) -> Columns:
    """Read a mapping file; MalformedError or TooLargeError names what is wrong."""
    if len(data) > MAPPING_BYTES:
        raise TooLargeError(_("A mapping file has at most {most} bytes.").format(most=MAPPING_BYTES), where="mapping")
    try:
        return msgspec.convert(tomllib.loads(data.decode()), Columns)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, msgspec.ValidationError) as error:
        raise MalformedError(
            _("The mapping file cannot be read: {error}.").format(error=error), where="mapping",
            next_step=_("It is TOML with columns, values, constants and dates."),
        ) from error  # fmt: skip


Row = tuple[int, list[str]]
"""A line of a table, counted from 1 with the titles, and its columns."""

# A group of lines on its way to who reads it: a table is many short strings, and pickling those one by one takes as
# long as reading them.
_PACK_ROWS: Final = msgspec.msgpack.Encoder()
_UNPACK_ROWS: Final = msgspec.msgpack.Decoder(list[Row])


class ReadLines(NamedTuple):
    """What became of a group of lines, each in their order.

    Of those that can be entered the line, what its record is known by, and the record's bytes; the refusals; and the
    lines that are taken and may be wrong, with why.
    """

    lines: list[int]
    names: list[str]
    records: list[bytes]
    refusals: list[Refusal]
    doubts: list[tuple[int, str]]


class LineForm(msgspec.Struct, frozen=True):
    """How the lines of one file become records. It is the same for all of them, and they are read in any process.

    ``fields`` has the field of each column; ``countries`` are those that the source answers for: a line about another's
    document is refused here, where its number is known; the rulebook judges the file again as a whole.
    """

    form: RecordForm
    columns: Columns
    countries: frozenset[str]
    fields: tuple[str, ...]

    def read(self, rows: bytes) -> ReadLines:
        """What becomes of each of some ``Row``, which come as MessagePack."""
        read = ReadLines([], [], [], [], [])
        for line, values in _UNPACK_ROWS.decode(rows):
            try:
                record = self._read_line(line, values)
            except InputError as error:
                read.refusals.append(Refusal(line, _as_columns(error.where), _as_columns(error.message)))
            else:
                read.lines.append(line)
                read.names.append(name_of(self.form.register, record.fields))
                read.records.append(record.encode())
                read.doubts.extend((line, doubt) for doubt in self.form.register.doubts(record.fields))
        return read

    def _read_line(self, line: int, values: list[str]) -> Record:
        if len(values) != len(self.fields):
            raise MalformedError(
                _("It has {count} columns, the titles {titles}.").format(count=len(values), titles=len(self.fields)),
                where="columns",
            )
        if line > FILE_LINES_MAX:
            raise TooLargeError(_("A file has at most {most} lines.").format(most=FILE_LINES_MAX), where="file")
        found = self._translate(values)
        record = self.form.fill(gather(found) if self.form.register.groups else found)
        self._verify_own(record)
        return record

    def _verify_own(self, record: Record) -> None:
        register = self.form.register
        if register.entered_by == "issuing-country" and record.issuing_country not in self.countries:
            name = register.country_field
            own = ", ".join(sorted(self.countries)) or "none"
            raise MalformedError(
                _("{name}: You enter what your own countries issued: {own}.").format(name=name, own=own), where=name
            )

    def _translate(self, values: list[str]) -> dict[str, str]:
        given = {field: value for field, value in zip(self.fields, values, strict=True) if field != _IGNORED and value}
        columns = self.columns
        found = {**columns.constants, **given}
        for field, meanings in columns.values.items():
            if field in found:
                found[field] = meanings.get(found[field].strip(), found[field])
        if columns.dates:
            for field in self.form.register.date_fields:
                if field in found:
                    found[field] = _iso_of(found[field], columns.dates, field)
        return found


class LineReader:
    """Reads one file, its lines spread over whoever reads them."""

    def __init__(self, form: RecordForm, columns: Columns, countries: Iterable[str], spread: Spread = map) -> None:
        self._register = form.register
        self._form = form
        self._columns = columns
        self._countries = frozenset(map(issuer_of, countries))
        self._spread = spread
        self._refusals: list[Refusal] = []
        self._refused = 0
        self._seen: dict[str, int] = {}
        self._doubts: list[tuple[int, str]] = []
        self._doubted = 0
        self._line = 1
        _verify_columns(self._register, columns)

    def read(self, text: Iterable[str]) -> Iterator[bytes]:
        """The records' bytes of a table with a line of titles; RefusedFileError at its end if any line is refused.

        MalformedError where it is no such table: wrong columns, quoting, no records.
        """
        lines = _bounded(text)
        try:
            titles = next(lines, "")
            fields = self._fields_of(next(csv.reader([titles], delimiter=_delimiter_of(titles), strict=True), []))
            form = LineForm(self._form, self._columns, self._countries, tuple(fields))
            groups = self._groups(csv.reader(lines, delimiter=_delimiter_of(titles), strict=True))
            for read in self._spread(form.read, groups):
                self._note(read)
                if not self._refused:  # once a line is refused, the rest is only looked at
                    yield from read.records
        except csv.Error as error:
            raise MalformedError(
                _("The table cannot be read after line {line}: {error}.").format(line=self._line, error=error),
                where=f"line {self._line + 1}",
            ) from error
        if self._refused:
            raise RefusedFileError(tuple(self._refusals), self._refused)
        if not self._seen:
            raise MalformedError(_("The file has no records."), where="file")

    def _groups(self, table: "_Table") -> Iterator[bytes]:
        """Rows with the lines on which they end, some at a time: one by one would take as long as reading them."""
        while True:
            begun = table.line_num
            rows: list[list[str]] = []
            try:
                rows.extend(islice(table, _GROUP_LINES))
            except csv.Error:
                self._line += sum(map(_lines_of, rows))
                raise
            if not rows:
                return
            first = self._line + 1
            is_simple = table.line_num - begun == len(rows)
            ends = range(first, first + len(rows)) if is_simple else _ends_of(rows, self._line)
            self._line = ends[-1]
            yield _PACK_ROWS.encode([row for row in zip(ends, rows, strict=True) if row[1]])

    @property
    def notes(self) -> tuple[str, ...]:
        """What an officer should know of lines that were taken, once all are read: the first, and how many more."""
        said = [_("Line {line}: {doubt}").format(line=line, doubt=doubt) for line, doubt in self._doubts]
        more = self._doubted - len(said)
        return (*said, *([_("And {count} lines more like these.").format(count=more)] if more else ()))

    def _note(self, read: ReadLines) -> None:
        """Remember what is refused, and what the rest is known by: nothing may be there twice."""
        firsts = map(self._seen.setdefault, read.names, read.lines)
        named_by = ", ".join(dict.fromkeys(name for names in self._register.named_by for name in names))
        twice = [
            Refusal(line, named_by, _("It is about the same as line {first}.").format(first=first))
            for line, first in zip(read.lines, firsts, strict=True)
            if first != line
        ]
        refusals = sorted([*read.refusals, *twice], key=attrgetter("line"))
        self._doubted += len(read.doubts)
        self._doubts.extend(read.doubts[: _DOUBTS_SAID - len(self._doubts)])
        self._refused += len(refusals)
        self._refusals.extend(refusals[: FILE_REPORT_MAX - len(self._refusals)])

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
                (_("These columns are no fields of the register"), strange),
                (_("These fields come from more than one column"), twice),
                (_("These fields have no column"), missing),
            )
            if names
        ]
        if problems:
            raise MalformedError(
                " ".join(problems),
                where="columns",
                next_step=_describe_columns(self._register),
            )
        return fields


def _as_columns(text: str) -> str:
    """A group's places as a table's titles have them: ``births[0].from`` is ``births.from``, then ``births.2.from``."""
    return _PLACE.sub(lambda found: "." if found[1] == "0" else f".{int(found[1]) + 1}.", text)


def _verify_columns(register: Register, columns: Columns) -> None:
    for field in {*columns.columns.values(), *columns.values, *columns.constants} - {_IGNORED}:
        register.get_field(_unnumbered(field))
    if columns.dates:
        try:
            datetime.strptime(f"{datetime(2026, 11, 23):{columns.dates}}", columns.dates)  # noqa: DTZ001, DTZ007 - a day
        except ValueError as error:
            raise MalformedError(_("Dates cannot be read in this form."), where="dates") from error


def known_columns(register: Register) -> tuple[str, ...]:
    """The columns that a table for a register may have; of a group's each may be there again, ``names.2.family``."""
    of_groups = (f"{group.name}.{field.name}" for group in register.groups for field in group.fields)
    return (*(field.name for field in register.fields), *of_groups)


def _describe_columns(register: Register) -> str:
    needed = [field.name for field in register.fields if field.required]
    needed += [
        _("one of {names}").format(names=", ".join(f"{group.name}.{field.name}" for field in group.fields))
        for group in register.groups
        if group.required
    ]
    others = [field.name for field in register.fields if not field.required]
    others += [
        f"{group.name}.{field.name}" for group in register.groups if not group.required for field in group.fields
    ]
    return _("Needed are {needed}. There may be: {others}. Name other columns in a mapping file (--columns).").format(
        needed="; ".join(needed), others=", ".join(others)
    )


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


class _Table(Protocol):
    """What ``csv.reader`` gives."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


def _lines_of(row: list[str]) -> int:
    return 1 + sum(len(_LINE_END.findall(value)) for value in row)


def _ends_of(rows: list[list[str]], line: int) -> Sequence[int]:
    """Where each row ends, the first beginning after ``line``: a column in quotes may go over several lines."""
    return [line + count for count in accumulate(map(_lines_of, rows))]


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
        raise MalformedError(
            _("{field}: It is not written as {form}.").format(field=field, form=form), where=field
        ) from error
