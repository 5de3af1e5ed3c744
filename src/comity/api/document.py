"""What an officer asks about: what a machine-readable zone says, and what was typed beside it or without one."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from comity.api.asked import said_by_subject, ways_word
from comity.api.doubts import about_format, days_of, doubts_of, issuer_doubted, unread_country
from comity.api.words import term_word
from comity.characters import join_spaces, show_line
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import FIELD_CHARS, NUMBERS_ASKED_MAX
from comity.registers.births import join_dates, parse_asked
from comity.registers.countries import issuer_of, parse_issuer
from comity.registers.fields import last_day
from comity.registers.fitting import NotAsked, Questions, too_long
from comity.registers.mrz import Mrz, UnreadableZoneError, parse_mrz
from comity.registers.names import fold_name
from comity.registers.numbers import normalise_number
from comity.registers.readings import CheckDigit
from comity.registers.registry import REGISTERS, TERMS, ask_all
from comity.registers.terms import Subject, Term
from comity.registers.travel_documents import join_numbers
from comity.texts import _

_FOR_OTHERS: Final = ("visa", "residence-permit")
"""Kinds of documents that a state issues to others than its own: of these the bearer says nothing of the issuer."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for: ``said`` has each term that was typed or read. A document, a person, a thing; or several.

    The document is that of ``number`` or, where its zone leaves it open, of ``other_numbers``.
    ``wrong`` says of terms that were meant why they cannot be used. ``unsure`` are terms that are asked as they were
    read and may be misread: "nothing" means less under them. ``notes`` go with the answer: what was asked otherwise
    than it was given or not at all, and what is not sure.
    """

    said: Mapping[str, str] = MappingProxyType({})
    other_numbers: tuple[str, ...] = ()
    zone: Mrz | None = None
    wrong: Mapping[str, NotAsked] = MappingProxyType({})
    unsure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> tuple[CheckDigit, ...]:
        """The check digits of its zone that do not hold, in the document's order."""
        return tuple(check for check in self.zone.checks if not check.holds) if self.zone else ()

    @property
    def questions(self) -> Questions:
        """What each register is asked by, or why it is not; MalformedError where none can be asked."""
        numbers = join_numbers((self.said.get("number", ""), *self.other_numbers))
        return ask_all({**self.said, "number": numbers}, self.wrong)


def words_of(said: Mapping[str, str], other_numbers: tuple[str, ...]) -> list[tuple[Subject, list[tuple[Term, str]]]]:
    """What is looked for, by what it is about, in the reader's words: each term and what it says."""

    def word(term: Term, text: str) -> str:
        return say_numbers((text, *other_numbers)) if term.name == "number" else term_word(term, text)

    return said_by_subject(said, word)


class _Asked(NamedTuple):
    """What is asked of one term, what is said of it, and whether it may be misread."""

    text: str
    note: str = ""
    is_unsure: bool = False


def read_document(*, mrz: str = "", **typed: str) -> Document:
    """What is to be checked, the same for pages, API and command line; ``typed`` are terms by name.

    What is typed beside a zone counts where the zone's own is not there or not sure; where it is sure and another one
    is typed, a note says that this was not asked. Two numbers are two documents: InputError, since an answer about
    another document than the one in the officer's hand would be worse than none. InputError names the field that
    cannot be used. A zone that cannot be read at all is left out where something else was typed that registers are
    asked by, and a note says so.
    """
    whole = {name: text for name, given in typed.items() if (text := join_spaces(given))}
    said = {name: text[: FIELD_CHARS + 1] for name, text in whole.items()}  # no more of it is looked at
    long = {name: len(text) for name, text in whole.items() if len(text) > FIELD_CHARS}
    now = datetime.now(UTC)
    keys = [key for register in REGISTERS.values() for key in register.keys]
    stands_alone = any(said.get(key.terms[0]) for key in keys)
    notes: tuple[str, ...] = ()
    if mrz.strip():
        try:
            return _with_terms_read(_of_zone(parse_mrz(mrz), said, now), long, now)
        except (UnreadableZoneError, TooLargeError) as error:
            if not stands_alone:
                raise
            notes = (_("Machine-readable zone not used: {why}").format(why=error.message),)
    if not any(said.get(name) for key in keys for name in key.terms):
        raise MalformedError(
            _("There is nothing to check."),
            where=next(iter(TERMS)),
            next_step=_("Scan the machine-readable zone, or type one of these: {ways}.").format(ways=ways_word()),
        )
    return _with_terms_read(Document(said=said, notes=notes), long, now)


def _of_zone(zone: Mrz, typed: Mapping[str, str], now: datetime) -> Document:
    """What a zone says, and what was typed beside it."""
    doubts = doubts_of(zone, day := date.fromisoformat(last_day(now)))
    days = () if "birth_date" in doubts else days_of(zone.birth, day)
    given = {term: typed.get(term, "") for term in ("number", "country", "type", "name", "birth_date")}
    asked = {
        "number": _asked_number(zone, given["number"], doubts.get("number", "")),
        "country": _asked_country(zone, given["country"]),
        "type": _asked_type(zone, TERMS["type"].choice_of(given["type"])),
        "name": _asked_name(zone, given["name"], doubts.get("name", "")),
        "birth_date": _asked_birth(days, given["birth_date"], doubts.get("birth_date", "")),
    }
    said = {**typed, **{term: each.text for term, each in asked.items()}}
    return Document(
        said={term: text for term, text in said.items() if text},
        other_numbers=() if given["number"] else zone.other_numbers[: NUMBERS_ASKED_MAX - 1],
        zone=zone,
        wrong={} if said["country"] else {"country": unread_country(zone)},
        unsure=tuple(term for term, each in asked.items() if each.is_unsure),
        notes=(*about_format(zone), *(each.note for each in asked.values() if each.note)),
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
    if not (read or typed or doubt):
        return _Asked("", _("The zone has no name: type it beside the zone if the document has one."))
    return _asked_of_two("name", read, typed, doubt)


def _asked_country(zone: Mrz, typed: str) -> _Asked:
    read = zone.issuing_country
    if read is None:
        return _Asked(typed)
    doubt = issuer_doubted(zone)
    if not typed and doubt:
        said = _("{why} {code} was read, and asked: compare with the document.").format(why=doubt, code=read)
        return _Asked(read, said, is_unsure=zone.kind not in _FOR_OTHERS)
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
    title = _(TERMS[term].title)
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
    ).format(term=_(TERMS[term].title), typed=show_line(typed), read=read)


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


def _with_terms_read(found: Document, long: Mapping[str, int], now: datetime) -> Document:
    """With each term as it is asked, what is to be said about that, and why one that was meant cannot be used.

    ``long`` has how many characters those have that are too long.
    """
    said, wrong = dict(found.said), dict(found.wrong)
    notes: list[str] = []
    for name, text in found.said.items():
        if name in long and len(text) > FIELD_CHARS:
            wrong[name] = too_long(TERMS[name], long[name])
            continue
        try:
            read = TERMS[name].read_typed(text, now)
        except MalformedError as error:
            wrong[name] = NotAsked(name, error.message, error.next_step)
        else:
            said[name] = read.text
            notes += read.notes
    return msgspec.structs.replace(found, said=said, wrong=wrong, notes=(*notes, *found.notes))
