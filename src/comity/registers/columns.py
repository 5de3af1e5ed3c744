"""Columns of a table: which field of a register each one is, by its title or by a mapping file, and each but once."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Annotated, Final, NamedTuple

import msgspec

from comity.bounded import Line, Passage
from comity.characters import show_line
from comity.errors import MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, GROUP_ENTRIES_MAX, MAPPING_BYTES
from comity.registers.date_forms import date_form
from comity.registers.register import Register
from comity.texts import _

IGNORED: Final = "-"
_NAMED: Final = 10  # columns that are named where more are wrong; all are counted
_ENTRY: Final = re.compile(r"(?P<group>[^.]+)\.(?:0*(?P<number>[1-9][0-9]{0,2})\.)?(?P<field>[^.]+)")
_PLACE: Final = re.compile(r"(\w+)\[(\d+)\]\.")

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


def parse_columns(data: bytes) -> Columns:
    """Read a mapping file; MalformedError or TooLargeError names what is wrong."""
    if len(data) > MAPPING_BYTES:
        raise TooLargeError(_("A mapping file has at most {most} bytes.").format(most=MAPPING_BYTES), where="mapping")
    try:
        return msgspec.convert(tomllib.loads(data.decode()), Columns)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:  # no TOML, no UTF-8, a number without end
        raise MalformedError(
            _("The mapping file cannot be read: {error}.").format(error=error), where="mapping",
            next_step=_("It is TOML with columns, values, constants and dates."),
        ) from error  # fmt: skip


class Mapped(NamedTuple):
    """A mapping whose fields are the register's, each by its one name; ``columns`` by the title as it is compared."""

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, str]
    dates: str
    titles: Mapping[str, str]  # as the mapping has them


def map_columns(register: Register, columns: Columns) -> Mapped:
    """A mapping for a register's tables; MalformedError where it names no field, or says one thing twice."""
    for field in {*columns.columns.values(), *columns.values, *columns.constants} - {IGNORED}:
        register.get_field(field_of(field))
    if columns.dates:
        date_form(columns.dates)
    titles = {title: _plain(title) for title in columns.columns}
    _verify_once("columns", titles)
    values, constants = ({name: place_of(name) for name in said} for said in (columns.values, columns.constants))
    _verify_once("values", values)
    _verify_once("constants", constants)
    return Mapped(
        {titles[title]: place_of(field) for title, field in columns.columns.items()},
        {values[name]: said for name, said in columns.values.items()},
        {constants[name]: said for name, said in columns.constants.items()},
        columns.dates.strip(),
        {plain: title for title, plain in titles.items()},
    )


def _verify_once(part: str, names: Mapping[str, str]) -> None:
    """Raise where two names of a mapping mean the same: one of them would be lost."""
    for name, same in _repeated(names.items()).items():
        raise MalformedError(
            _("In the mapping, {part} says {name} twice: {names}.").format(part=part, name=name, names=", ".join(same)),
            where="mapping", next_step=_("Say it once."),
        )  # fmt: skip


def fields_of(register: Register, titles: Sequence[str], mapped: Mapped) -> tuple[str, ...]:
    """The field of each column; MalformedError names the columns that are none, twice there, or missing."""
    known = frozenset(known_columns(register))
    fields = [mapped.columns.get(_plain(title)) or place_of(_plain(title)) for title in titles]
    columns = [
        _("column {number} {title}").format(number=number, title=show_line(title[:FIELD_CHARS]) or _("without a title"))
        for number, title in enumerate(titles, 1)
    ]
    strange = [
        show_line(title[:FIELD_CHARS]) or column
        for column, title, field in zip(columns, titles, fields, strict=True)
        if field != IGNORED and field_of(field) not in known
    ]
    twice = [
        f"{field} ({_list(same)})"
        for field, same in _repeated(zip(columns, fields, strict=True)).items()
        if field != IGNORED and field_of(field) in known
    ]
    given = {*fields, *mapped.constants}
    missing = [field.name for field in register.fields if field.required and field.name not in given]
    missing += [
        group.name
        for group in register.groups
        if group.required and not any(name.startswith(f"{group.name}.") for name in given)
    ]
    problems = [
        f"{text}: {_list(names)}."
        for text, names in (
            (_("These columns are no fields of the register"), strange),
            (_("These fields come from more than one column"), twice),
            (_("These fields have no column"), missing),
        )
        if names
    ]
    if problems:
        raise MalformedError(" ".join(problems), where="columns", next_step=_describe_columns(register))
    return tuple(fields)


def unmet_titles(titles: Iterable[str], mapped: Mapped) -> str:
    """That a mapping names columns that a table does not have; empty where it names none."""
    there = set(map(_plain, titles))
    unmet = [show_line(title[:FIELD_CHARS]) for plain, title in mapped.titles.items() if plain not in there]
    if not unmet:
        return ""
    return _("The mapping names columns that the table does not have: {titles}.").format(titles=_list(unmet))


class _Place(NamedTuple):
    """Where a column of a group belongs: to which of its entries, counted from 1."""

    group: str
    number: int
    field: str


def _read_place(column: str) -> _Place | None:
    """The place that a column names; None where it is of no group, or no entry has such a number."""
    found = _ENTRY.fullmatch(column)
    number = int(found["number"] or 1) if found else 0
    return _Place(found["group"], number, found["field"]) if found and number <= GROUP_ENTRIES_MAX else None


_place = lru_cache(maxsize=1024)(_read_place)  # every line has the same columns


def place_of(column: str) -> str:
    """The one name of a column: ``names.1.family`` is ``names.family``, ``names.02.family`` is ``names.2.family``.

    What is no such name stays as it is, and is no field of any register.
    """
    place = _read_place(column)
    return column if place is None else f"{_entry(place.group, place.number)}.{place.field}"


def field_of(column: str) -> str:
    """``names.2.family`` is a ``names.family``."""
    place = _read_place(column)
    return column if place is None else f"{place.group}.{place.field}"


def _entry(group: str, number: int) -> str:
    return group if number == 1 else f"{group}.{number}"


def gather(found: Mapping[str, str]) -> dict[str, object]:
    """Columns of groups brought together: ``names.family`` and ``names.2.family`` are of two entries."""
    fields: dict[str, object] = {}
    entries: dict[str, dict[int, dict[str, str]]] = {}
    for column, text in found.items():
        place = _place(column)
        if place is None:
            fields[column] = text
        else:
            entries.setdefault(place.group, {}).setdefault(place.number, {})[place.field] = text
    return fields | {group: [held[number] for number in sorted(held)] for group, held in entries.items()}


def as_columns(text: str, columns: Iterable[str]) -> str:
    """A group's places as a table's titles have them: ``births[1].from`` is ``births.from``, or ``births.2.from``.

    ``columns`` are those that ``gather`` has had: which entry is the second of a line depends on what the line says.
    """
    numbers: dict[str, set[int]] = {}
    for place in filter(None, map(_place, columns)):
        numbers.setdefault(place.group, set()).add(place.number)

    def title(found: re.Match[str]) -> str:
        held, at = sorted(numbers.get(found[1], ())), int(found[2])
        return f"{_entry(found[1], held[at] if at < len(held) else at + 1)}."

    return _PLACE.sub(title, text)


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
    steps = [
        _("Needed are {needed}. There may be: {others}. Name other columns in a mapping file (--columns).").format(
            needed="; ".join(needed), others=", ".join(others)
        )
    ]
    if register.groups:
        group = register.groups[0]
        steps.append(
            _("What there is several of is numbered from 1 to {most}, as {column}.").format(
                most=GROUP_ENTRIES_MAX, column=f"{group.name}.2.{group.fields[-1].name}"
            )
        )
    return " ".join(steps)


def _repeated(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Of pairs of a name and what it means, the meanings that have several names, each with those."""
    names: dict[str, list[str]] = {}
    for name, meant in named:
        names.setdefault(meant, []).append(name)
    return {meant: same for meant, same in names.items() if len(same) > 1}


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    rest = (_("and {count} more").format(count=more),) if more > 0 else ()
    return ", ".join(chain(names[:_NAMED], rest))


def _plain(title: str) -> str:
    return "_".join(title.strip().lower().replace("-", " ").split())
