"""Files of records: a table as other systems export it, read line by line into records of one register.

In or out as a whole: a line that is refused keeps the file out, and every such line is named with its reason.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

import msgspec

from comity.bounded import Count, Passage
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FILE_LINES_MAX, FILE_REPORT_MAX, LINE_CHARS_MAX, REFUSAL_CHARS
from comity.registers.columns import (
    IGNORED,
    Columns,
    Mapped,
    as_columns,
    field_of,
    fields_of,
    gather,
    map_columns,
    unmet_titles,
)
from comity.registers.countries import issuer_of
from comity.registers.date_forms import date_form, read_day, verify_century
from comity.registers.record import Record, RecordForm
from comity.registers.register import name_of
from comity.registers.spread import Spread
from comity.texts import _

_DELIMITERS: Final = ",;\t|"
_PART_OF_DAY: Final = re.compile("[0-9]{4}(-[0-9]{2})?")  # no form says less than a day
_DOUBTS_SAID: Final = 5  # lines that are named; all are counted
_GROUP_LINES: Final = 2_000  # that one process reads at a time
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


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

    ``fields`` has the field of each column; ``dates`` those that come in another form, and whether a month or a year
    may stand for one; ``countries`` are those that the source answers for: a line about another's document is refused
    here, where its number is known; the rulebook judges the file again as a whole.
    """

    form: RecordForm
    mapped: Mapped
    countries: frozenset[str]
    fields: tuple[str, ...]
    dates: Mapping[str, bool]

    def read(self, rows: bytes) -> ReadLines:
        """What becomes of each of some ``Row``, which come as MessagePack."""
        read = ReadLines([], [], [], [], [])
        for line, values in _UNPACK_ROWS.decode(rows):
            try:
                record = self._read_line(line, values)
            except InputError as error:
                read.refusals.append(self._refusal(line, values, error))
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

    def _refusal(self, line: int, values: list[str], error: InputError) -> Refusal:
        """Why a line is refused, its problems under the columns of the table; of very many the first."""
        said = (*self.mapped.constants, *(field for field, value in zip(self.fields, values, strict=False) if value))
        where, message = (as_columns(text, said) for text in (error.where, error.message))
        return Refusal(line, _shortened(where), _shortened(message))

    def _verify_own(self, record: Record) -> None:
        register = self.form.register
        if register.entered_by == "issuing-country" and record.issuing_country not in self.countries:
            name = register.country_field
            own = ", ".join(sorted(self.countries)) or "none"
            raise MalformedError(
                _("{name}: You enter what your own countries issued: {own}.").format(name=name, own=own), where=name
            )

    def _translate(self, values: list[str]) -> dict[str, str]:
        given = {field: value for field, value in zip(self.fields, values, strict=True) if field != IGNORED and value}
        found = {**self.mapped.constants, **given}
        for field, meanings in self.mapped.values.items():
            if field in found:
                found[field] = meanings.get(found[field].strip(), found[field])
        for column, is_partial in self.dates.items():
            if column in given and found[column].strip():  # constants are in our form
                found[column] = _iso_of(found[column], self.mapped.dates, column, is_partial=is_partial)
        return found


class LineReader:
    """Reads one file, its lines spread over whoever reads them."""

    def __init__(self, form: RecordForm, columns: Columns, countries: Iterable[str], spread: Spread = map) -> None:
        self._register = form.register
        self._form = form
        self._mapped = map_columns(form.register, columns)
        self._countries = frozenset(map(issuer_of, countries))
        self._spread = spread
        self._refusals: list[Refusal] = []
        self._refused = 0
        self._seen: dict[str, int] = {}
        self._doubts: list[tuple[int, str]] = []
        self._doubted = 0
        self._line = 0
        self._unmet = ""

    def read(self, text: Iterable[str]) -> Iterator[bytes]:
        """The records' bytes of a table with a line of titles; RefusedFileError at its end if any line is refused.

        MalformedError where it is no such table: wrong columns, quoting, no records.
        """
        lines = _bounded(text)
        try:
            titles = next(lines, "")
            named = next(csv.reader([titles], delimiter=_delimiter_of(titles), strict=True), [])
            fields = fields_of(self._register, named, self._mapped)
            self._unmet = unmet_titles(named, self._mapped)
            self._line = 1
            form = LineForm(self._form, self._mapped, self._countries, fields, self._dates_among(fields))
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

    def _dates_among(self, fields: Iterable[str]) -> dict[str, bool]:
        """The columns whose dates a mapping says the form of."""
        dates = self._register.dates if self._mapped.dates else {}
        found = {column: dates[name] for column in fields if (name := field_of(column)) in dates}
        if any(field.is_partial_day or not field.is_past for field in found.values()):
            verify_century(self._mapped.dates)
        return {column: field.is_partial_day for column, field in found.items()}

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
        """What an officer should know of what was taken, once all is read: of lines the first, and how many more."""
        said = [_("Line {line}: {doubt}").format(line=line, doubt=doubt) for line, doubt in self._doubts]
        more = self._doubted - len(said)
        rest = _("And {count} lines more like these.").format(count=more) if more else ""
        return tuple(filter(None, (self._unmet, *said, rest)))

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


def _shortened(text: str) -> str:
    return text if len(text) <= REFUSAL_CHARS else f"{text[: REFUSAL_CHARS - 1]}…"


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


def _iso_of(text: str, form: str, field: str, *, is_partial: bool) -> str:
    if is_partial and (part := _PART_OF_DAY.fullmatch(text.strip())):
        if part[1] and date_form(form).is_month_said_otherwise:
            said = _("{field}: Under {form}, {text} may be a month or another part of the year: say a whole day.")
            raise MalformedError(said.format(field=field, form=form, text=text.strip()), where=field)
        return text
    if not (day := read_day(text, form)):
        raise MalformedError(_("{field}: It is not written as {form}.").format(field=field, form=form), where=field)
    return day
