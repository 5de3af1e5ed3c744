"""What an officer asks about: a document by its machine-readable zone or number and country, a person by name."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

import msgspec

from comity.errors import MalformedError
from comity.limits import AGE_YEARS_MAX
from comity.registers.births import join_dates, parse_asked
from comity.registers.countries import parse_issuer
from comity.registers.fields import last_day
from comity.registers.mrz import CheckDigit, Mrz, parse_mrz
from comity.registers.register import NotAsked, Questions
from comity.registers.registry import ask_all
from comity.texts import _

_CENTURY: Final = 100


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for.

    ``wrong`` says of terms that were meant why they cannot be used. ``notes`` go with the answer: what was asked
    otherwise than it was given, and what is not sure.
    """

    number: str = ""
    country: str = ""
    type: str = ""
    name: str = ""
    birth_date: str = ""
    zone: Mrz | None = None
    wrong: Mapping[str, NotAsked] = MappingProxyType({})
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


def read_document(
    *, mrz: str = "", number: str = "", country: str = "", kind: str = "", name: str = "", birth_date: str = ""
) -> Document:
    """The document or person; the zone counts where there is one, and what else is given where its own is not sure.

    InputError names the field that cannot be used.
    """
    number, country, name, birth_date = number.strip(), country.strip(), name.strip(), birth_date.strip()
    now = datetime.now(UTC)
    if mrz.strip():
        return _with_birth(_of_zone(parse_mrz(mrz), country, name, now), birth_date, now)
    if not number and not name:
        raise MalformedError(
            _("There is no document and no name to check."),
            where="number",
            next_step=_("Scan the machine-readable zone, or type number and country, or a name."),
        )
    code, notes = _asked_as(country)
    found = Document(number=number, country=code, type=kind.strip(), name=name, notes=notes)
    return _with_birth(found, birth_date, now)


def _of_zone(zone: Mrz, country: str, name: str, now: datetime) -> Document:
    code, notes = _asked_as(zone.issuing_country or country)
    day = date.fromisoformat(last_day(now))
    return Document(
        number=zone.number,
        country=code,
        type=zone.kind,
        name=f"{zone.given_names} {zone.surname}".strip() or name,
        birth_date=join_dates(_days_of(zone.birth, day)) if _is_birth_sure(zone) else "",
        zone=zone,
        wrong={} if code else {"country": _unread_country(zone)},
        notes=(*notes, *_doubts(zone, day)),
    )


def _with_birth(found: Document, typed: str, now: datetime) -> Document:
    """With the date of birth that was typed, where no zone has one."""
    if not typed or found.birth_date:
        return found
    if _is_ahead(typed, now):
        ahead = NotAsked(
            "birth_date", _("Nobody was born in the future."), _("Correct the date, or leave it out.")
        )  # fmt: skip
        return msgspec.structs.replace(found, birth_date=typed, wrong={**found.wrong, "birth_date": ahead})
    return msgspec.structs.replace(found, birth_date=typed)


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
    message = _("The issuing state cannot be read.")
    if read.isalpha():
        message = _("Nobody issues documents under {code}.").format(code=read)
    step = _("Type the issuing country beside the zone, as it stands on the document.")
    if zone.nationality:
        step = _("Type the issuing country beside the zone; the bearer's nationality is {code}.").format(
            code=zone.nationality
        )
    return NotAsked("country", message, step)


def _is_birth_sure(zone: Mrz) -> bool:
    return not {"birth", "composite"} & set(zone.failing)


def _doubts(zone: Mrz, today: date) -> tuple[str, ...]:
    """What of a zone is not sure, so that no answer is taken for more than it is."""
    failing, doubts = set(zone.failing), []
    if "number" in failing:
        doubts.append(_("Document number not sure: its check digit does not hold. It was asked as it was read."))
    if zone.birth and not _is_birth_sure(zone):
        doubts.append(
            _("Date of birth not sure: a check digit over it does not hold. The one that was read was not asked.")
        )
    elif zone.birth and not _days_of(zone.birth, today):
        doubts.append(_("Date of birth not sure: it is not read as a day. The one that was read was not asked."))
    if any(each.isdigit() for each in zone.surname + zone.given_names):
        doubts.append(_("Name not sure: there is a digit in it. It was asked as it was read."))
    return tuple(doubts)


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
