"""What an officer asks about: a document by its machine-readable zone or number and country, a person by name."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from comity.api.doubts import about_format, days_of, doubts_of, issuer_contradicted, unread_country
from comity.characters import join_spaces, show_line
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, NUMBERS_ASKED_MAX
from comity.registers.births import join_dates, parse_asked
from comity.registers.countries import issuer_of, parse_issuer
from comity.registers.fields import last_day
from comity.registers.mrz import Mrz, UnreadableZoneError, parse_mrz
from comity.registers.names import fold_name
from comity.registers.numbers import normalise_number
from comity.registers.readings import CheckDigit
from comity.registers.register import TERMS, NotAsked, Questions
from comity.registers.registry import ask_all
from comity.registers.travel_documents import join_numbers, verify_number
from comity.texts import _

_OF_NATIONALS: Final = ("passport", "identity-card")
"""Kinds of documents that a state issues to its own: visas and permits are for others."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. The document is that of ``number`` or, where its zone leaves it open, of ``other_numbers``.

    ``wrong`` says of terms that were meant why they cannot be used. ``unsure`` are terms that are asked as they were
    read and may be misread: "nothing" means less under them. ``notes`` go with the answer: what was asked otherwise
    than it was given or not at all, and what is not sure.
    """

    number: str = ""
    other_numbers: tuple[str, ...] = ()
    country: str = ""
    type: str = ""
    name: str = ""
    birth_date: str = ""
    zone: Mrz | None = None
    wrong: Mapping[str, NotAsked] = MappingProxyType({})
    unsure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def numbers_said(self) -> str:
        """The numbers that are asked, of which one is the document's."""
        return say_numbers((self.number, *self.other_numbers))

    @property
    def failing(self) -> tuple[CheckDigit, ...]:
        """The check digits of its zone that do not hold, in the document's order."""
        return tuple(check for check in self.zone.checks if not check.holds) if self.zone else ()

    @property
    def questions(self) -> Questions:
        """What each register is asked by, or why it is not; MalformedError where none can be asked."""
        said = {
            "number": join_numbers((self.number, *self.other_numbers)), "country": self.country, "type": self.type,
            "name": self.name, "birth_date": self.birth_date,
        }  # fmt: skip
        return ask_all(said, self.wrong)


class _Typed(NamedTuple):
    """What was typed, beside a zone or without one."""

    number: str
    country: str
    type: str
    name: str
    birth_date: str


class _Asked(NamedTuple):
    """What is asked of one term, what is said of it, and whether it may be misread."""

    text: str
    note: str = ""
    is_unsure: bool = False


def read_document(
    *, mrz: str = "", number: str = "", country: str = "", kind: str = "", name: str = "", birth_date: str = ""
) -> Document:
    """The document or person, the same for pages, API and command line.

    What is typed beside a zone counts where the zone's own is not there or not sure; where it is sure and another one
    is typed, a note says that this was not asked. Two numbers are two documents: InputError, since an answer about
    another document than the one in the officer's hand would be worse than none. InputError names the field that
    cannot be used. A zone that cannot be read at all is left out where number or name was typed, and a note says so.
    """
    code = _read_typed(kind).lower().replace(" ", "-")
    typed = _Typed(_read_typed(number), _read_typed(country), code, _read_typed(name), _read_typed(birth_date))
    now = datetime.now(UTC)
    notes: tuple[str, ...] = ()
    if mrz.strip():
        try:
            return _with_typed_judged(_of_zone(parse_mrz(mrz), typed, now), typed, now)
        except (UnreadableZoneError, TooLargeError) as error:
            if not (typed.number or typed.name):
                raise
            notes = (_("Machine-readable zone not used: {why}").format(why=error.message),)
    if not typed.number and not typed.name:
        raise MalformedError(
            _("There is no document and no name to check."),
            where="number",
            next_step=_("Scan the machine-readable zone, or type number and country, or a name."),
        )
    asked, more = _asked_as(typed.country)
    found = Document(
        number=typed.number, country=asked, type=code, name=typed.name, birth_date=typed.birth_date,
        notes=(*notes, *more),
    )  # fmt: skip
    return _with_typed_judged(found, typed, now)


def _read_typed(text: str) -> str:
    """A typed text as far as it is looked at: what is longer than a term is too long whatever follows."""
    return join_spaces(text)[: FIELD_CHARS + 1]


def _of_zone(zone: Mrz, typed: _Typed, now: datetime) -> Document:
    doubts = doubts_of(zone, day := date.fromisoformat(last_day(now)))
    days = () if "birth_date" in doubts else days_of(zone.birth, day)
    asked = {
        "number": _asked_number(zone, typed.number, doubts.get("number", "")),
        "country": _asked_country(zone, typed.country),
        "type": _asked_type(zone, typed.type),
        "name": _asked_name(zone, typed.name, doubts.get("name", "")),
        "birth_date": _asked_birth(days, typed.birth_date, doubts.get("birth_date", "")),
    }
    code, notes = _asked_as(asked["country"].text)
    return Document(
        number=asked["number"].text,
        other_numbers=() if typed.number else zone.other_numbers[: NUMBERS_ASKED_MAX - 1],
        country=code,
        type=asked["type"].text,
        name=asked["name"].text,
        birth_date=asked["birth_date"].text,
        zone=zone,
        wrong={} if code else {"country": unread_country(zone)},
        unsure=tuple(term for term, each in asked.items() if each.is_unsure),
        notes=(*notes, *about_format(zone), *(each.note for each in asked.values() if each.note)),
    )


def _asked_number(zone: Mrz, typed: str, doubt: str) -> _Asked:
    numbers = (zone.number, *zone.other_numbers)
    if typed and zone.number and not doubt and not any(_is_same_number(each, typed) for each in numbers):
        raise InputError(
            _("The zone's number is {read}, and {typed} was typed: these are two documents.").format(
                read=say_numbers(numbers), typed=show_line(typed)
            ),
            where="number",
            next_step=_("Check one at a time: leave out the zone or the number."),
        )
    if not zone.other_numbers:
        return _asked_of_two("number", zone.number, typed, doubt)
    if typed:
        return _asked_of_two("number", "", typed, doubt)
    numbers = numbers[:NUMBERS_ASKED_MAX]
    if doubt:
        said = _("Document number not sure: by the zone's check digits it may be {numbers}; each was asked.")
    else:
        said = _("Document number: by the zone's check digits it may be {numbers}; each was asked.")
    return _Asked(zone.number, said.format(numbers=say_numbers(numbers)), is_unsure=bool(doubt))


def say_numbers(numbers: Iterable[str]) -> str:
    """Numbers of which one is a document's, in words."""
    return _(" or ").join(numbers)


def _asked_name(zone: Mrz, typed: str, doubt: str) -> _Asked:
    read = f"{zone.given_names} {zone.surname}".strip()
    if typed and read and not doubt and not _is_same_name(read, typed):
        return _Asked(read, _unused("name", read, typed))
    return _asked_of_two("name", read, typed, doubt)


def _asked_country(zone: Mrz, typed: str) -> _Asked:
    read = zone.issuing_country
    if read is None:
        return _Asked(typed)
    doubt = issuer_contradicted(zone)
    if not typed and doubt:
        said = _("{why} {code} was read, and asked: compare with the document.").format(why=doubt, code=read)
        return _Asked(read, said, is_unsure=zone.kind in _OF_NATIONALS)
    if not typed or _is_same_issuer(read, typed):
        return _Asked(read)
    return _Asked(read, f"{_unused('country', read, typed)} {doubt}".strip())


def _asked_type(zone: Mrz, typed: str) -> _Asked:
    if not typed or typed == zone.kind:
        return _Asked(zone.kind)
    return _Asked(typed) if zone.kind == "other" else _Asked(zone.kind, _unused("type", zone.kind, typed))


def _asked_birth(days: tuple[str, ...], typed: str, doubt: str) -> _Asked:
    """A zone has no century: of the days that are possible, those that were typed count."""
    if not days:
        asked = _asked_of_two("birth_date", "", typed, doubt)
        return asked._replace(is_unsure=False)
    if not typed:
        return _Asked(join_dates(days))
    meant = tuple(day for day in days if _is_within(day, typed))
    read = join_dates(meant or days)
    return _Asked(read, "" if meant else _unused("birth_date", read.replace(",", ", "), typed))


def _asked_of_two(term: str, read: str, typed: str, doubt: str) -> _Asked:
    """What was typed where the zone's own is not there or in doubt, otherwise the zone's own."""
    title = _(TERMS[term])
    if not doubt:
        return _Asked(read or typed)
    if typed:
        said = _("{term} not sure: {why} The one that was typed was asked, with the rest of the zone.")
        return _Asked(typed, said.format(term=title, why=doubt))
    said = _("{term} not sure: {why} It was asked as it was read.")
    if not read:
        said = _("{term} not sure: {why} The one that was read was not asked.")
    return _Asked(read, said.format(term=title, why=doubt), is_unsure=True)


def _unused(term: str, read: str, typed: str) -> str:
    return _(
        "{term}: {typed} was typed and not asked, since the zone says {read}. "
        "If the document says otherwise, correct the zone, or check without it."
    ).format(term=_(TERMS[term]), typed=show_line(typed), read=read)


def _is_same_number(read: str, typed: str) -> bool:
    try:
        return normalise_number(typed) == read
    except MalformedError:
        return False


def _is_same_name(read: str, typed: str) -> bool:
    try:
        return not set(fold_name(read)).isdisjoint(fold_name(typed))
    except MalformedError:
        return False


def _is_same_issuer(read: str, typed: str) -> bool:
    try:
        return parse_issuer(typed) == issuer_of(read)
    except MalformedError:
        return False


def _is_within(day: str, typed: str) -> bool:
    try:
        return any(span.first.isoformat() <= day <= span.last.isoformat() for span in parse_asked(typed))
    except MalformedError:
        return False


def _with_typed_judged(found: Document, typed: _Typed, now: datetime) -> Document:
    """With what is wrong about number and date of birth that were typed, where they are the ones that are asked."""
    wrong = dict(found.wrong)
    if typed.number and found.number == typed.number:
        try:
            verify_number(typed.number)
        except MalformedError as error:
            wrong["number"] = NotAsked("number", error.message, error.next_step)
    if typed.birth_date and found.birth_date == typed.birth_date and _is_ahead(typed.birth_date, now):
        wrong["birth_date"] = NotAsked(
            "birth_date", _("Nobody was born in the future."), _("Correct the date, or leave it out.")
        )
    return msgspec.structs.replace(found, wrong=wrong)


def _is_ahead(text: str, now: datetime) -> bool:
    try:
        return all(span.first.isoformat() > last_day(now) for span in parse_asked(text))
    except MalformedError:
        return False  # it is named when it is asked


def _asked_as(country: str) -> tuple[str, tuple[str, ...]]:
    """The code that a country's zones bear; and that it is another one, to be said."""
    try:
        code = parse_issuer(country)
    except MalformedError:
        return country, ()  # it is named when it is asked
    if code == country.strip("<").upper():
        return code, ()
    return code, (_("Issuing country {typed}: asked as {code}.").format(typed=country.upper(), code=code),)
