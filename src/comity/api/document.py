"""What an officer asks about: a document by its machine-readable zone or number and country, a person by name."""

from datetime import UTC, date, datetime

import msgspec

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.registers.fields import last_day
from comity.registers.mrz import CheckDigit, Mrz, parse_mrz
from comity.registers.registry import ask_all
from comity.texts import _

_CENTURY = 100


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. ``failing`` are the check digits of its zone that do not hold, in the document's order."""

    number: str = ""
    country: str = ""
    type: str = ""
    name: str = ""
    birth_date: str = ""
    zone: Mrz | None = None

    @property
    def failing(self) -> tuple[CheckDigit, ...]:
        """The check digits that do not hold."""
        return tuple(check for check in self.zone.checks if not check.holds) if self.zone else ()

    @property
    def terms(self) -> dict[RegisterName, dict[str, str]]:
        """What each register that it fits is asked; MalformedError, under the field's name, where one cannot be."""
        said = {
            "number": self.number, "country": self.country, "type": self.type, "name": self.name,
            "birth_date": self.birth_date,
        }  # fmt: skip
        return ask_all(said)


def read_document(
    *, mrz: str = "", number: str = "", country: str = "", kind: str = "", name: str = "", birth_date: str = ""
) -> Document:
    """The document or person; the zone counts where there is one, and ``country`` where its own cannot be read.

    InputError names the field that cannot be used.
    """
    if mrz.strip():
        zone = parse_mrz(mrz)
        return Document(
            number=zone.number,
            country=zone.issuing_country or country.strip(),
            type=zone.kind,
            name=f"{zone.given_names} {zone.surname}".strip(),
            birth_date=_birth_of(zone.birth, datetime.now(UTC).date()),
            zone=zone,
        )
    if not number.strip() and not name.strip():
        raise MalformedError(
            _("There is no document and no name to check."),
            where="number",
            next_step=_("Scan the machine-readable zone, or type number and country, or a name."),
        )
    if number.strip() and not country.strip():
        raise MalformedError(
            _("A document is checked with its issuing country."), where="country", next_step=_("Type its code: FRA.")
        )
    if birth_date.strip() > last_day(datetime.now(UTC)):  # what is no date is named when it is asked
        raise MalformedError(
            _("Nobody was born in the future."), where="birth_date", next_step=_("Correct the date, or leave it out.")
        )
    return Document(
        number=number.strip(), country=country.strip(), type=kind.strip(), name=name.strip(),
        birth_date=birth_date.strip(),
    )  # fmt: skip


def _birth_of(printed: str, today: date) -> str:
    """A zone's ``YYMMDD`` as a day: the latest that is not ahead. Empty where it is not known as a whole."""
    if len(printed) != len("YYMMDD") or not (printed.isascii() and printed.isdigit()):
        return ""
    year, month, day = int(printed[:2]), int(printed[2:4]), int(printed[4:])
    year += today.year - today.year % _CENTURY
    for each in (year, year - _CENTURY):
        try:
            found = date(each, month, day)
        except ValueError:
            return ""
        if found <= today:
            return found.isoformat()
    return ""


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
