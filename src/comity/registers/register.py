"""Registers are declarations: which fields a record has, what it is found by, who enters, how long it is kept."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import MAXYEAR, datetime
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.limits import FIELD_CHARS
from comity.registers.fields import Field, FieldReader, Group, Groups, read_groups, told
from comity.registers.terms import Term
from comity.texts import N_, _

KEY_BYTES: Final = 16

Handling = Literal["official-use", "restricted", "confidential"]
"""RPD article 112: how a record may be used and passed on; the first is the default."""

Instruction = Literal["seize", "hold", "locate", "identify", "inform"]
"""What the source asks to be done on a hit, the most pressing first. A register says which it has, in words of its own.

Evolution: ``identify`` came with the first register that has it: whoever reads records of that knows the word too.
"""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction in a register's own words: in a record, and as the first thing that is said on a hit."""

    title: str
    headline: str


Terms = Mapping[str, str]


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """How a question's other terms leave out what its keys find.

    ``matches``: whether a record may be what is asked for. ``room``: what of a record that depends on; ``covers``:
    whether a record with the first room, and the same keys, matches every question that one with the second matches.
    """

    matches: Callable[[Mapping[str, str], Groups, Terms], bool]
    room: Callable[[Mapping[str, str], Groups], Any]
    covers: Callable[[Any, Any], bool]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One way of finding a record: question and record meet by a form that both are brought to.

    ``of_terms`` gives the forms of a question that says all of ``terms``, ``of_record`` those of a record. Both may
    have several, and which they are depends on nothing but what is said. MalformedError names a term that cannot be.
    """

    name: str
    terms: tuple[str, ...]
    of_terms: Callable[[Terms], Iterable[str]]
    of_record: Callable[[Mapping[str, str], Groups], Iterable[str]]
    nothing: str = ""  # what "nothing" means, where it means less than nothing: said with the answer
    nothing_with: tuple[tuple[str, str], ...] = ()  # what it means where one of these terms is asked beside

    def is_whole(self, terms: Terms) -> bool:
        """Whether a question says all of its terms."""
        return all(map(terms.get, self.terms))


class Register(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One kind of data. ``fields`` and ``groups`` stand in the order in which they are shown.

    A record is found by any of its ``keys``; ``narrowing`` leaves out what a question's other terms rule out; the rest
    is shown, never asked for. ``asked_by`` are the terms of its keys, and those beside them. ``named_by`` tells one
    record of a source from another, its name among people: the fields of the first line that the record says all of.
    ``verify`` raises MalformedError, under a field's name, where fields do not go together; ``doubts`` are sentences
    about fields that are taken and may be wrong.
    """

    name: RegisterName
    title: str
    fields: tuple[Field, ...]
    groups: tuple[Group, ...] = ()
    keys: tuple[Key, ...]
    asked_by: tuple[Term, ...]
    narrowing: Narrowing | None = None
    verify: Callable[[Mapping[str, str]], None] | None = None
    doubts: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda _fields: ()
    named_by: tuple[tuple[str, ...], ...]
    entered_by: Literal["issuing-country", "any-member"]
    status_field: str = ""  # the choice by which rules tell records apart: what its subject is, or what became of it
    country_field: str = ""  # the field that says which country issued, where that decides who enters
    retention_years: int
    postings_max: int  # records that one answer shows
    handling: Handling = "official-use"
    instructions: Mapping[Instruction, Order]  # the first is the usual one
    in_order: tuple[tuple[str, str], ...] = ()  # pairs of dates, the first not after the second
    not_before: tuple[tuple[str, str], ...] = ()  # dates that are mistakes where they lie before a day
    shown_on_hit: tuple[str, ...] = ()  # what a hit says at once; the rest by a second act
    hit_line: str = ""  # how a hit says the first of it, ``{number} of {country}``; marked for the catalogue
    typed: tuple[str, ...] = ()  # what is typed by hand, ``names.family`` for a group's; all fields where none is named
    when_crowded: str = N_("Ask by something else as well that is known of it.")  # what to do where too much is found
    lists: tuple[str, ...] = ()  # published lists with a layout of their own that it can be entered from

    def matches(self, fields: Mapping[str, str], groups: Groups, terms: Terms) -> bool:
        """Whether a record that a key of the question finds may be what it asks for."""
        return self.narrowing is None or self.narrowing.matches(fields, groups, terms)

    def room_of(self, fields: Mapping[str, str], groups: Groups) -> Any:
        """What of a record, beside its keys, it depends on whether a question finds it."""
        return self.narrowing and self.narrowing.room(fields, groups)

    def covers(self, room: Any, other: Any) -> bool:
        """Whether what finds a record with the ``other`` room finds one with the same keys and ``room`` too."""
        return self.narrowing is None or self.narrowing.covers(room, other)

    def status_of(self, fields: Mapping[str, str]) -> str:
        """The record's status, a word of the register's own; empty where it says none of them."""
        field, said = self.find_field(self.status_field), fields.get(self.status_field, "")
        return said if field is not None and said in field.choices else ""

    @cached_property
    def dates(self) -> dict[str, Field]:
        """The fields that are days, or as much of one as is known; of groups too, ``births.from``."""
        of_groups = {f"{group.name}.{field.name}": field for group in self.groups for field in group.fields}
        fields = {field.name: field for field in self.fields} | of_groups
        return {name: field for name, field in fields.items() if field.is_day or field.is_partial_day}

    @cached_property
    def formed(self) -> tuple[Field, ...]:
        """The fields that earlier versions stored in other forms."""
        return tuple(field for field in self.fields if field.former)

    @cached_property
    def terms(self) -> frozenset[str]:
        """What a question to it may say."""
        return frozenset(term.name for term in self.asked_by)

    @cached_property
    def _terms(self) -> dict[str, Term]:
        return {term.name: term for term in self.asked_by}

    def find_term(self, name: str) -> Term:
        """The term of that name; KeyError if it is not asked by such."""
        return self._terms[name]

    @property
    def usual_instruction(self) -> Instruction:
        """What is to be done on a hit where its source says nothing else."""
        return next(iter(self.instructions))

    @cached_property
    def reader(self) -> FieldReader:
        """What reads its fields."""
        return FieldReader(self.fields)

    @cached_property
    def group_readers(self) -> dict[str, FieldReader]:
        """What reads each group's entries."""
        return {group.name: FieldReader(group.fields) for group in self.groups}

    @cached_property
    def kept_reader(self) -> FieldReader:
        """What reads the fields of records that are kept already."""
        return FieldReader(self.fields, is_kept=True)

    @cached_property
    def kept_group_readers(self) -> dict[str, FieldReader]:
        """What reads their groups' entries."""
        return {group.name: FieldReader(group.fields, is_kept=True) for group in self.groups}

    def find_field(self, name: str) -> Field | None:
        """The field of that name; a group's has the group's name before it, ``names.family``."""
        group_name, _dot, inner = name.rpartition(".")
        group = next((group for group in self.groups if group.name == group_name), None)
        fields = group.fields if group else () if group_name else self.fields
        return next((field for field in fields if field.name == (inner or name)), None)

    def get_field(self, name: str) -> Field:
        """As ``find_field``; MalformedError if the register has none."""
        field = self.find_field(name)
        if field is None:
            raise MalformedError(
                _("The register {register} has no field {name!a}.").format(register=self.name, name=name),
                where=name[:FIELD_CHARS],
            )
        return field


class Parsed(NamedTuple):
    """What a record says, in stored form."""

    fields: dict[str, str]
    groups: Groups


def name_of(register: Register, fields: Mapping[str, str]) -> str:
    """What a source and its people know a record by: of one source no two records in a register have the same."""
    names = next((names for names in register.named_by if all(name in fields for name in names)), register.named_by[0])
    said = " ".join([fields.get(name, "") for name in names])
    # A number of one kind is never taken for the same number of another.
    return said if names is register.named_by[0] else f"{names[0]} {said}"


def known_by(register: Register, fields: Mapping[str, str]) -> bytes:
    """By what a source's record is known again, 16 bytes: the same for the same ``name_of``, and no name."""
    said = f"comity/name/v1\n{register.name}\0{name_of(register, fields)}"
    return hashlib.sha256(said.encode()).digest()[:KEY_BYTES]


def keys_of(register: Register, fields: Mapping[str, str], groups: Groups) -> tuple[bytes, ...]:
    """What a record is found by, each key once; fields and groups are in stored form."""
    found = dict.fromkeys(
        _key(register.name, key.name, form) for key in register.keys for form in key.of_record(fields, groups)
    )
    return tuple(found)


def ask_keys(register: Register, terms: Terms) -> tuple[bytes, ...]:
    """What a question looks for: for each key whose terms it says, each form.

    Their number depends on the question alone. MalformedError, under the term's name, where one cannot be, is none of
    the register's or of its choices, or no key is complete.
    """
    if not register.terms.issuperset(terms):
        name = next(name for name in terms if name not in register.terms)[:FIELD_CHARS]
        raise MalformedError(_("{name}: The register is not asked by this.").format(name=name), where=name)
    for name, text in terms.items():
        if text:
            register.find_term(name).verify(text)
    found: dict[bytes, None] = {}
    for key in register.keys:
        if key.is_whole(terms):
            for form in _forms(key, terms):
                found[_key(register.name, key.name, form)] = None
    if not found:
        missing = next((name for name in register.keys[0].terms if not terms.get(name)), "terms")
        raise MalformedError(_("{missing}: It is missing.").format(missing=missing), where=missing)
    return tuple(found)


def parse_fields(
    register: Register, mapping: Mapping[str, object], now: datetime, *, is_stored: bool = False, is_kept: bool = False
) -> Parsed:
    """Fields and groups in stored form and order; empty optional ones are left out.

    What ``is_stored`` was judged when it was entered: forms of earlier versions stay, and nothing is too long ago.
    What ``is_kept`` was taken in too: characters and numbers that nobody takes in any more stay.
    MalformedError with every problem of the record, each under its field's name; ``where`` lists those names.
    TooLargeError if there are more fields than any record has.
    """
    groups: Groups = {}
    reader = register.kept_reader if is_kept else register.reader
    if register.groups:
        names = register.kept_group_readers if is_kept else register.group_readers
        plain = {name: value for name, value in mapping.items() if name not in names}
        values, problems = reader.read(plain, now)
        groups, more = read_groups(register.groups, names, mapping, now)
        problems |= more
    else:
        values, problems = reader.read(mapping, now)
    if register.in_order or register.verify is not None:
        problems = _find_contradictions(register, values) | problems
    if is_stored:
        for field in register.formed:
            if mapping.get(field.name) in field.former:
                values[field.name] = str(mapping[field.name])
    else:
        for name, earliest in register.not_before:
            if values.get(name, earliest) < earliest:
                problems[name] = _("It is too long ago: {earliest} is the earliest day.").format(earliest=earliest)
    if problems:
        text = " ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise MalformedError(text, where=", ".join(problems))
    return Parsed(values, groups)


def _find_contradictions(register: Register, values: Mapping[str, str]) -> dict[str, str]:
    """The problems of fields that do not go together."""
    problems = {}
    for earlier, later in register.in_order:
        if earlier in values and later in values and values[earlier] > values[later]:
            problems[later] = _("It lies before {earlier}.").format(earlier=earlier)
    if register.verify is not None:
        try:
            register.verify(values)
        except MalformedError as error:
            problems[error.where] = told(error)
    return problems


def show_on_hit(register: Register, fields: Mapping[str, str], groups: Groups) -> dict[str, str]:
    """What a hit says at once: fields as they are, of groups every entry on a line."""
    shown: dict[str, str] = {}
    lines = {group.name: group.say for group in register.groups}
    for name in register.shown_on_hit:
        if name in fields:
            shown[name] = fields[name]
        elif name in groups:
            shown[name] = "; ".join(_first_lines(lines[name], groups[name]))
    return shown


def latest_expiry(register: Register, entered_at: datetime) -> datetime:
    """The last moment at which a record entered then may still be kept, unless its retention is renewed."""
    return _years_later(entered_at, register.retention_years)


def _first_lines(say: Callable[[Mapping[str, str]], str], entries: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """As many entries as fit into what a hit says."""
    left = FIELD_CHARS
    for entry in entries:
        line = say(entry)
        left -= len(line) + 2
        if left < 0:
            yield line[:FIELD_CHARS] if left + len(line) + 2 == FIELD_CHARS else "…"
            return
        yield line


def _forms(key: Key, terms: Terms) -> Iterable[str]:
    try:
        return tuple(key.of_terms(terms))
    except MalformedError as error:
        where = error.where or key.terms[0]
        raise MalformedError(f"{where}: {error.message}", where=where, next_step=error.next_step) from error


def _key(register: RegisterName, key: str, form: str) -> bytes:
    return hashlib.sha256(f"comity/key/v1\n{register}\0{key}\0{form}".encode()).digest()[:KEY_BYTES]


@lru_cache(maxsize=64)  # the records of a file share when they were entered
def _years_later(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # 29 February, or the end of the calendar
        return moment.replace(year=min(moment.year + years, MAXYEAR), day=28)
