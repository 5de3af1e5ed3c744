"""What an officer asks about: a document by its machine-readable zone or number and country, a person by name."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from comity.characters import join_spaces, show_line
from comity.errors import InputError, MalformedError
from comity.limits import AGE_YEARS_MAX
from comity.registers.births import join_dates, parse_asked
from comity.registers.countries import issuer_of, parse_issuer
from comity.registers.fields import last_day, normalise_number
from comity.registers.mrz import FRENCH_CARD, CheckDigit, Mrz, UnreadableZoneError, parse_mrz
from comity.registers.names import fold_name
from comity.registers.register import TERMS, NotAsked, Questions
from comity.registers.registry import ask_all
from comity.texts import _

_CENTURY: Final = 100


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for.

    ``wrong`` says of terms that were meant why they cannot be used. ``unsure`` are terms that are asked as they were
    read and may be misread: "nothing" means less under them. ``notes`` go with the answer: what was asked otherwise
    than it was given or not at all, and what is not sure.
    """

    number: str = ""
    country: str = ""
    type: str = ""
    name: str = ""
    birth_date: str = ""
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
        said = {
            "number": self.number, "country": self.country, "type": self.type, "name": self.name,
            "birth_date": self.birth_date,
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
    code = join_spaces(kind).lower().replace(" ", "-")
    typed = _Typed(join_spaces(number), join_spaces(country), code, join_spaces(name), join_spaces(birth_date))
    now = datetime.now(UTC)
    notes: tuple[str, ...] = ()
    if mrz.strip():
        try:
            return _with_birth_judged(_of_zone(parse_mrz(mrz), typed, now), typed, now)
        except UnreadableZoneError as error:
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
    return _with_birth_judged(found, typed, now)


def _of_zone(zone: Mrz, typed: _Typed, now: datetime) -> Document:
    doubts = _doubts(zone, day := date.fromisoformat(last_day(now)))
    days = () if "birth_date" in doubts else _days_of(zone.birth, day)
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
        country=code,
        type=asked["type"].text,
        name=asked["name"].text,
        birth_date=asked["birth_date"].text,
        zone=zone,
        wrong={} if code else {"country": _unread_country(zone)},
        unsure=tuple(term for term, each in asked.items() if each.is_unsure),
        notes=(*notes, *_about_format(zone), *(each.note for each in asked.values() if each.note)),
    )


def _asked_number(zone: Mrz, typed: str, doubt: str) -> _Asked:
    if typed and zone.number and not doubt and not _is_same_number(zone.number, typed):
        raise InputError(
            _("The zone's number is {read}, and {typed} was typed: these are two documents.").format(
                read=zone.number, typed=show_line(typed)
            ),
            where="number",
            next_step=_("Check one at a time: leave out the zone or the number."),
        )
    return _asked_of_two("number", zone.number, typed, doubt)


def _asked_name(zone: Mrz, typed: str, doubt: str) -> _Asked:
    read = f"{zone.given_names} {zone.surname}".strip()
    if typed and read and not doubt and not _is_same_name(read, typed):
        return _Asked(read, _unused("name", read, typed))
    return _asked_of_two("name", read, typed, doubt)


def _asked_country(zone: Mrz, typed: str) -> _Asked:
    read = zone.issuing_country
    if read is None:
        return _Asked(typed)
    if not typed or _is_same_issuer(read, typed):
        return _Asked(read)
    note = _unused("country", read, typed)
    if zone.nationality and not _is_same_issuer(zone.nationality, read):
        note += " " + _("No check digit covers the issuing country; the bearer's nationality is {code}.").format(
            code=zone.nationality
        )
    return _Asked(read, note)


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


def _with_birth_judged(found: Document, typed: _Typed, now: datetime) -> Document:
    """With what is wrong about the date of birth that was typed, where it is the one that is asked."""
    if not typed.birth_date or found.birth_date != typed.birth_date or not _is_ahead(typed.birth_date, now):
        return found
    ahead = NotAsked("birth_date", _("Nobody was born in the future."), _("Correct the date, or leave it out."))
    return msgspec.structs.replace(found, wrong={**found.wrong, "birth_date": ahead})


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


def _unread_country(zone: Mrz) -> NotAsked:
    read = zone.issuer_as_read
    if read.isalpha():
        return NotAsked(
            "country",
            _("Nobody issues documents under {code}.").format(code=read),
            _(
                "Compare with the document. If it says {code}, no state has issued it; if it says something else, "
                "type that country beside the zone."
            ).format(code=read)
            + _nationality_said(zone),
        )
    return NotAsked(
        "country",
        _("The issuing state cannot be read."),
        _("Type the issuing country beside the zone, as it stands on the document.") + _nationality_said(zone),
    )


def _nationality_said(zone: Mrz) -> str:
    if not zone.nationality:
        return ""
    return " " + _("By the zone, the bearer's nationality is {code}.").format(code=zone.nationality)


def _about_format(zone: Mrz) -> tuple[str, ...]:
    if not zone.is_national_variant or zone.lines[0].startswith(FRENCH_CARD):
        return ()
    return (
        _(
            "Read as the French identity card issued until 2021: its zone begins with {begins}, and {read} was read."
        ).format(begins=FRENCH_CARD, read=zone.lines[0][: len(FRENCH_CARD)]),
    )


def _doubts(zone: Mrz, today: date) -> dict[str, str]:
    """Why some of a zone's terms are not sure, so that no answer is taken for more than it is."""
    failing, doubts = set(zone.failing), {}
    whole = _("the check digit of the whole zone does not hold.")
    is_whole_alone = failing == {"composite"}  # what only it covers has nothing else that vouches for it
    if zone.number and "number" in failing:
        doubts["number"] = _("its check digit does not hold.")
    elif zone.number and is_whole_alone:
        doubts["number"] = whole
    if any(each.isdigit() for each in zone.surname + zone.given_names):
        doubts["name"] = _("there is a digit in it.")
    elif zone.is_name_full:
        doubts["name"] = _("it fills its place, and may have been cut.")
    elif zone.is_national_variant and is_whole_alone:  # the only format whose digits cover names
        doubts["name"] = whole
    if zone.birth and {"birth", "composite"} & failing:
        doubts["birth_date"] = _("a check digit over it does not hold.")
    elif zone.birth and not _days_of(zone.birth, today):
        doubts["birth_date"] = _("it is not read as a day.")
    return doubts


def _days_of(printed: str, today: date) -> tuple[str, ...]:
    """A zone's ``YYMMDD`` as days, one of each century that is possible. None where it is not known as a whole."""
    if len(printed) != len("YYMMDD") or not (printed.isascii() and printed.isdigit()):
        return ()
    year, month, day = int(printed[:2]), int(printed[2:4]), int(printed[4:])
    century = today.year - today.year % _CENTURY
    found = []
    for each in (century + year - _CENTURY, century + year):
        try:
            born = date(each, month, day)
        except ValueError:
            continue
        if born <= today and today.year - each <= AGE_YEARS_MAX:
            found.append(born.isoformat())
    return tuple(found)


def describe_digit(digit: CheckDigit) -> str:
    """A failing check digit in words: what it covers, where it stands, what it should be."""
    names = {
        "number": _("document number"),
        "birth": _("date of birth"),
        "expiry": _("date of expiry"),
        "optional": _("optional data"),
        "composite": _("whole zone"),
    }
    return _("Line {line}, column {column}: the check digit of the {name} is {found}; {expected} was expected.").format(
        line=digit.line,
        column=digit.column,
        name=names.get(digit.name, digit.name),
        found=digit.found,
        expected=digit.expected,
    )
