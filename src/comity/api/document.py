"""One document as an officer names it: by its machine-readable zone, or by number, country and type."""

import msgspec

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.registers.mrz import CheckDigit, Mrz, parse_mrz
from comity.registers.register import TRAVEL_DOCUMENTS, key_of
from comity.texts import _


class Document(msgspec.Struct, frozen=True):
    """What to look for. ``failing`` are the check digits of its zone that do not hold, in the document's order."""

    number: str
    country: str
    type: str
    zone: Mrz | None = None

    @property
    def failing(self) -> tuple[CheckDigit, ...]:
        """The check digits that do not hold."""
        return tuple(check for check in self.zone.checks if not check.holds) if self.zone else ()

    @property
    def terms(self) -> dict[RegisterName, dict[str, str]]:
        """The fields to look for, for each register; MalformedError, under the field's name, where one cannot be."""
        fields = {"number": self.number, "country": self.country}
        key_of(TRAVEL_DOCUMENTS, fields)
        return {TRAVEL_DOCUMENTS.name: fields | ({"type": self.type} if self.type else {})}


def read_document(*, mrz: str = "", number: str = "", country: str = "", kind: str = "") -> Document:
    """The document; the zone counts where there is one, and ``country`` where its own cannot be read.

    InputError names the field that cannot be used.
    """
    if mrz.strip():
        zone = parse_mrz(mrz)
        return Document(zone.number, zone.issuing_country or country.strip(), zone.kind, zone)
    if not number.strip():
        raise MalformedError(
            _("There is no document to check."),
            where="number",
            next_step=_("Scan the machine-readable zone, or type number and country."),
        )
    return Document(number.strip(), country.strip(), kind.strip())


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
