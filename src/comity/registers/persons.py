"""The register of persons: wanted, missing, sanctioned; names by part and quality, dates as exactly as known."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from comity.characters import normalise_text
from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.limits import NAME_POSTINGS_MAX, NOTE_CHARS, PERSON_YEARS_MAX, REFERENCE_CHARS
from comity.registers.births import (
    Span,
    allowed_days,
    birth_line,
    cover_days,
    may_be_born,
    normalise_partial_date,
    parse_asked,
)
from comity.registers.fields import Field, Group, Groups, last_day, normalise_date
from comity.registers.looks import heard_and_seen, sounds_asked
from comity.registers.names import SCRIPTS, fold_all, fold_name
from comity.registers.numbers import fold_number, normalise_others_number
from comity.registers.register import Key, Narrowing, Order, Register, Terms
from comity.registers.terms import Subject, Term, TermRead
from comity.registers.travel_documents import NUMBER, parse_numbers
from comity.texts import N_, _

NAME_PARTS: Final = ("given", "first", "second", "third", "fourth", "family", "whole")
"""Parts of a name in the order in which they are read: ``first`` to ``fourth`` where nobody knows which is which."""
PRECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"exact": N_("Exact"), "around": N_("Around"), "between": N_("Between"), "unknown": N_("Unknown")}
)
PERSON: Final = Subject(name="person", title=N_("Person"), legend=N_("or a person"))

_BRACKETS: Final = re.compile(r"\(([^()]*)\)")


def name_line(entry: Mapping[str, str]) -> str:
    """A name's parts in the order in which they are read."""
    return " ".join(entry[part] for part in NAME_PARTS if part in entry)


def _verify_name(entry: Mapping[str, str]) -> None:
    if not name_line(entry):
        raise MalformedError(_("A name has a part."), where="whole")


def _verify_birth(entry: Mapping[str, str]) -> None:
    precision = entry.get("precision", "exact")
    if precision != "unknown" and "from" not in entry:
        raise MalformedError(_("It is missing."), where="from")
    if (precision == "between") != ("to" in entry):
        raise MalformedError(_("It is there where a date lies between two, and nowhere else."), where="to")
    if "to" in entry and entry["to"] < entry["from"]:
        raise MalformedError(_("It lies before the beginning."), where="to")


def _names_of(_fields: Mapping[str, str], groups: Groups) -> Iterable[str]:
    return fold_all(name for entry in groups.get("names", ()) for name in _each_name(name_line(entry)))


def _each_name(text: str) -> Iterable[str]:
    """A name as it is written and, where lists write several into one, each of them: ``A; B`` and ``A (B)``."""
    yield text
    if ";" in text:
        yield from text.split(";")
    if "(" in text:
        yield _BRACKETS.sub(" ", text)
        yield from (found[1] for found in _BRACKETS.finditer(text))


def _numbers_of(_fields: Mapping[str, str], groups: Groups) -> Iterable[str]:
    return filter(None, map(fold_number, _said_numbers(groups)))


def _said_numbers(groups: Groups) -> Iterable[str]:
    return [entry["number"] for entry in groups.get("documents", ()) if "number" in entry]


def _matches(fields: Mapping[str, str], groups: Groups, terms: Terms) -> bool:
    """Whether the date asked for may be the person's; where name and document agree, a date rules nobody out.

    Who was found by how a document's number may sound has that number.
    """
    is_named = bool(terms.get("name")) and _meet(_of_name(terms), _names_of(fields, groups))
    is_numbered = bool(terms.get("number")) and _has_number(groups, parse_numbers(terms["number"]))
    if terms.get("number") and not (is_named or is_numbered):
        return False
    return (is_named and is_numbered) or may_be_born(groups, terms.get("birth_date", ""))


def _has_number(groups: Groups, asked: Iterable[str]) -> bool:
    wanted = {form for number in asked for form in heard_and_seen(number)}
    return any(not wanted.isdisjoint(heard_and_seen(number)) for number in _said_numbers(groups))


def _days_of(_fields: Mapping[str, str], groups: Groups) -> tuple[Span, ...]:
    return allowed_days(groups)


def _meet(asked: Iterable[str], held: Iterable[str]) -> bool:
    return not set(asked).isdisjoint(held)


def _of_name(terms: Terms) -> Iterable[str]:
    _verify_asked(terms)
    try:
        return fold_name(terms["name"])
    except MalformedError as error:
        step = _("Type at least one part of the name in letters.")
        raise MalformedError(error.message, where="name", next_step=step) from error


def _of_number(terms: Terms) -> Iterable[str]:
    _verify_asked(terms)
    return dict.fromkeys(sound for number in parse_numbers(terms["number"]) for sound in sounds_asked(number))


def _verify_asked(terms: Terms) -> None:
    if terms.get("birth_date"):
        parse_asked(terms["birth_date"])


def _read_birth_date(text: str, now: datetime) -> TermRead:
    try:
        is_ahead = all(span.first.isoformat() > last_day(now) for span in parse_asked(text))
    except MalformedError:
        is_ahead = False  # it is named when it is asked
    if is_ahead:
        raise MalformedError(
            _("Nobody was born in the future."), where="birth_date", next_step=_("Correct the date, or leave it out.")
        )
    return TermRead(text)


NAME: Final = Term(
    name="name",
    title=N_("Name"),
    label=N_("Name, in any order and script"),
    about=PERSON,
    missing=N_("The name is missing."),
    step=N_("Type the person's name, as far as it is known."),
    help=N_("A person's name, its parts in any order, in any script."),
    is_code=False,
    any_script=True,
)
BIRTH_DATE: Final = Term(
    name="birth_date",
    title=N_("Date of birth"),
    label=N_("Born"),
    about=PERSON,
    read=_read_birth_date,
    option="--born",
    help=N_("With a name: 1965-03-01, 1965-03 or 1965."),
    hint=N_("or 1965-03, or 1965"),
    example="1965-03-01",
    most_chars=10,
)

_NOTE: Final = Field(name="note", title=N_("Note"), most_chars=NOTE_CHARS)

PERSONS: Final = Register(
    name=RegisterName("persons"),
    title=N_("Persons"),
    fields=(
        Field(name="reference", title=N_("Reference"), required=True, most_chars=REFERENCE_CHARS),
        Field(name="list", title=N_("List"), most_chars=REFERENCE_CHARS),
        Field(
            name="status",
            title=N_("Status"),
            required=True,
            choices={
                "wanted": N_("Wanted"),
                "missing": N_("Missing"),
                "sanctioned": N_("Sanctioned"),
                "warned-of": N_("Warned of"),
                "deceased": N_("Deceased"),
            },
        ),
        Field(name="programme", title=N_("Programme"), most_chars=REFERENCE_CHARS),
        Field(
            name="sex",
            title=N_("Sex"),
            choices={"female": N_("Female"), "male": N_("Male"), "unspecified": N_("Unspecified")},
        ),
        Field(name="listed_on", title=N_("Listed on"), normalise=normalise_date, is_past=True),
        Field(name="updated_on", title=N_("Updated on"), normalise=normalise_date, is_past=True),
        Field(name="source_id", title=N_("Number at the source"), most_chars=REFERENCE_CHARS),
        Field(name="comment", title=N_("Comment"), most_chars=NOTE_CHARS),
    ),
    groups=(
        Group(
            name="names",
            title=N_("Names"),
            required=True,
            fields=(
                Field(
                    name="kind",
                    title=N_("Kind"),
                    choices={
                        "primary": N_("Name"),
                        "alias": N_("Alias"),
                        "former": N_("Former name"),
                        "original-script": N_("Original script"),
                    },
                ),
                Field(
                    name="quality", title=N_("Quality"), choices={"good": N_("Good quality"), "low": N_("Low quality")}
                ),
                Field(name="script", title=N_("Script"), choices={script: script for script in SCRIPTS}),
                Field(name="given", title=N_("Given names")),
                Field(name="first", title=N_("First part")),
                Field(name="second", title=N_("Second part")),
                Field(name="third", title=N_("Third part")),
                Field(name="fourth", title=N_("Fourth part")),
                Field(name="family", title=N_("Family name")),
                Field(name="whole", title=N_("Whole name")),
                Field(name="birth", title=N_("Born, under this name")),
                Field(name="birthplace", title=N_("Born at, under this name")),
                _NOTE,
            ),
            verify=_verify_name,
            say=name_line,
        ),
        Group(
            name="births",
            title=N_("Dates of birth"),
            fields=(
                Field(name="precision", title=N_("Precision"), choices=PRECISIONS),
                Field(
                    name="from",
                    title=N_("Date of birth"),
                    normalise=normalise_partial_date,
                    example="1965-03-01",
                    is_past=True,
                    is_partial_day=True,
                ),
                Field(
                    name="to", title=N_("Until"), normalise=normalise_partial_date, is_past=True, is_partial_day=True
                ),
                _NOTE,
            ),
            verify=_verify_birth,
            say=birth_line,
        ),
        Group(
            name="places",
            title=N_("Places"),
            fields=(
                Field(
                    name="kind",
                    title=N_("Kind"),
                    choices={"birth": N_("Place of birth"), "address": N_("Address")},
                ),
                Field(name="street", title=N_("Street")),
                Field(name="city", title=N_("City")),
                Field(name="postcode", title=N_("Postcode")),
                Field(name="province", title=N_("Province")),
                Field(name="country", title=N_("Country")),
                _NOTE,
            ),
        ),
        Group(name="nationalities", title=N_("Nationalities"), fields=(Field(name="country", title=N_("Country")),)),
        Group(
            name="documents",
            title=N_("Documents"),
            fields=(
                Field(name="type", title=N_("Type")),
                Field(name="subtype", title=N_("Subtype")),
                Field(name="number", title=N_("Document number"), normalise=normalise_others_number, is_code=True),
                Field(name="country", title=N_("Issuing country")),
                Field(name="country_of_issue", title=N_("Country of issue")),
                Field(name="city_of_issue", title=N_("City of issue")),
                Field(name="issued_on", title=N_("Date of issue")),
                _NOTE,
            ),
        ),
        Group(
            name="titles", title=N_("Titles"), fields=(Field(name="text", title=N_("Title"), most_chars=NOTE_CHARS),)
        ),
        Group(
            name="designations",
            title=N_("Designations"),
            fields=(Field(name="text", title=N_("Designation"), most_chars=NOTE_CHARS),),
        ),
        Group(
            name="updates", title=N_("Updates"), fields=(Field(name="on", title=N_("Date"), normalise=normalise_text),)
        ),
        # What a list says that this register has no field for is kept as it is said.
        Group(
            name="others",
            title=N_("Other statements"),
            fields=(
                Field(name="element", title=N_("Element")),
                Field(name="text", title=N_("Text"), most_chars=NOTE_CHARS),
            ),
        ),
    ),
    keys=(
        Key(
            name="name",
            terms=("name",),
            of_terms=_of_name,
            of_record=_names_of,
            nothing=N_("nobody of exactly this name"),
            nothing_with=(("birth_date", N_("nobody of exactly this name who may be born then")),),
        ),
        Key(name="document", terms=("number",), of_terms=_of_number, of_record=_numbers_of),
    ),
    asked_by=(NAME, BIRTH_DATE, NUMBER),
    narrowing=Narrowing(matches=_matches, room=_days_of, covers=cover_days),
    named_by=(("reference",),),
    entered_by="any-member",
    status_field="status",
    retention_years=PERSON_YEARS_MAX,
    postings_max=NAME_POSTINGS_MAX,
    handling="restricted",
    instructions={
        "inform": Order(title=N_("Inform the source"), headline=N_("Hit: inform the source")),
        "locate": Order(title=N_("Locate"), headline=N_("Hit: locate, and tell the source")),
    },
    typed=(
        "reference",
        "status",
        "names.given",
        "names.family",
        "births.from",
        "nationalities.country",
        "documents.number",
        "comment",
    ),
    shown_on_hit=("reference", "status", "names", "births", "nationalities", "list"),
    hit_line="{names}",
    when_crowded=N_(
        "Add a document's number or a birth date. Where that finds nobody, ask by the document's number alone."
    ),
    lists=("un",),
)
