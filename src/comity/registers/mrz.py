"""Machine-readable zones of travel documents (ICAO Doc 9303, parts 3 to 7): read, checked, composed.

Reading is lenient where officers and document readers are careless (case, spaces, line breaks, ``«``) and strict about
the rest. A check digit that fails does not stop it: a worn or forged document is just what has to be looked up, so the
zone tells which digits fail and leaves it to the reader.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, NewType

import msgspec

from comity.errors import MalformedError, TooLargeError
from comity.ids import CountryCode
from comity.limits import MRZ_CHARS
from comity.registers.countries import parse_known_code
from comity.registers.layouts import (
    FRENCH_CARD,
    LAYOUTS,
    MRV_A,
    MRV_B,
    TD1,
    TD2,
    TD3,
    Layout,
    Span,
    compute_check_digit,
    cut,
)
from comity.registers.readings import CheckDigit, failing_of, read_all
from comity.texts import N_, _

DocumentKind = NewType("DocumentKind", str)
"""A kind of travel document in our words: one of ``DOCUMENT_KINDS``."""

DOCUMENT_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        DocumentKind("passport"): N_("Passport"),
        DocumentKind("identity-card"): N_("Identity card"),
        DocumentKind("visa"): N_("Visa"),
        DocumentKind("residence-permit"): N_("Residence permit"),
        DocumentKind("other"): N_("Other document"),
    }
)
_SHAPES: Final = N_("TD1 has 3 lines of 30 characters, TD2 and MRV-B 2 of 36, TD3 and MRV-A 2 of 44.")


class UnreadableZoneError(MalformedError):
    """The text is no machine-readable zone: a character or the shape is wrong."""


class Mrz(msgspec.Struct, frozen=True, kw_only=True):
    """A zone that was read. Texts are without fillers; dates as printed, ``YYMMDD``, since the century is not there.

    ``issuing_country`` and ``nationality`` are None where nobody issues under their characters, as after a misreading.
    """

    format: str
    lines: tuple[str, ...]
    document_code: str
    kind: DocumentKind
    issuing_country: CountryCode | None
    number: str
    nationality: CountryCode | None
    birth: str
    expiry: str
    sex: str
    surname: str
    given_names: str
    optional: tuple[str, ...]
    checks: tuple[CheckDigit, ...]
    is_national_variant: bool = False
    other_numbers: tuple[str, ...] = ()  # the document's number may be one of these too

    @property
    def issuer_as_read(self) -> str:
        """What stands where the issuing state stands, be it one or not."""
        return self.lines[0][2:5].strip("<")

    @property
    def is_name_full(self) -> bool:
        """Whether a name fills its place to the end, so that it may have been cut (ICAO 9303-3, 4.6)."""
        layout = FRENCH_CARD if self.is_national_variant else LAYOUTS[self.format]
        spans = (layout.names, layout.given_names)
        return any(not cut(self.lines, span).endswith("<") for span in spans if span)

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the check digits that do not hold, in the order of the document."""
        return failing_of(self.checks)


_LOOK_ALIKES: Final = str.maketrans(
    {
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": "<<",
        "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}": "<",
        "\N{FULLWIDTH LESS-THAN SIGN}": "<",
        "\N{ZERO WIDTH SPACE}": "",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\x02": "",  # readers that type frame what they send
        "\x03": "",
    }
    | {small: small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
)
_FOREIGN: Final = re.compile(r"[^A-Z0-9<]")


def _split_lines(text: str) -> tuple[Layout, tuple[str, ...]]:
    """The zone's lines as they stand on the document, and the format that has this shape."""
    if len(text) > MRZ_CHARS:
        raise TooLargeError(
            _("A machine-readable zone has at most {most} characters.").format(most=MRZ_CHARS), where="mrz"
        )
    rows = ["".join(row.split()) for row in text.translate(_LOOK_ALIKES).splitlines()]
    rows = [row for row in rows if row]
    if len(rows) == 1:  # a reader that types, or a field that lost its line breaks
        for layout in (TD1, TD2, TD3):
            if len(rows[0]) == layout.lines * layout.columns:
                rows = [rows[0][i : i + layout.columns] for i in range(0, len(rows[0]), layout.columns)]
                break
    for number, row in enumerate(rows, 1):
        foreign = _FOREIGN.search(row)
        if foreign:
            raise UnreadableZoneError(
                _(
                    "Line {number}, column {column} has a character that no machine-readable zone has: "
                    "only A to Z, 0 to 9 and <."
                ).format(number=number, column=foreign.start() + 1),
                where="mrz",
                next_step=_("Scan it again, or type the document's number and country."),
            )
    shape = [len(row) for row in rows]
    is_visa = bool(rows) and rows[0].startswith("V")
    for layout in (TD1, MRV_B, MRV_A) if is_visa else (TD1, TD2, TD3):
        if shape == [layout.columns] * layout.lines:
            return layout, tuple(rows)
    raise UnreadableZoneError(
        f"{_describe_shape(shape)} {_(_SHAPES)}", where="mrz",
        next_step=_("Scan it again, or type the document's number and country."),
    )  # fmt: skip


def _describe_shape(shape: list[int]) -> str:
    if not shape:
        return _("There is nothing to read.")
    if len(shape) == 1:
        return _("One line of {count} characters is no machine-readable zone.").format(count=shape[0])
    lengths = ", ".join(str(length) for length in shape)
    return _("{count} lines of {lengths} characters are no machine-readable zone.").format(
        count=len(shape), lengths=lengths
    )


def _read_country(text: str) -> CountryCode | None:
    try:
        return parse_known_code(text)
    except MalformedError:
        return None


def _read_kind(code: str) -> DocumentKind:
    """Our kind for a document code (ICAO 9303-3 to 9303-7; its second letter is the issuer's choice)."""
    if code.startswith(("P", "V")):
        return DocumentKind("passport" if code[0] == "P" else "visa")
    if code in ("AR", "CR", "IR", "RP") or code == "R":
        return DocumentKind("residence-permit")
    if code != "AC" and code.startswith(("A", "C", "I")):  # AC is a crew member's certificate
        return DocumentKind("identity-card")
    return DocumentKind("other")


def _read_names(layout: Layout, lines: tuple[str, ...]) -> tuple[str, str]:
    surname, given = cut(lines, layout.names), ""
    if layout.given_names:
        given = cut(lines, layout.given_names)
    else:
        surname, _stop, given = surname.partition("<<")
    return " ".join(surname.replace("<", " ").split()), " ".join(given.replace("<", " ").split())


def parse_mrz(text: str) -> Mrz:
    """Read a zone as it was pasted, typed, or sent by a reader that types.

    UnreadableZoneError, with line and column, where a character or the shape is wrong; TooLargeError past the bound.
    """
    shape, lines = _split_lines(text)
    best, *others = read_all(shape, lines)
    layout = best.layout
    code = (layout.begins or lines[0])[:2].rstrip("<")
    issuer = _read_country((layout.begins or lines[0])[2:5])
    surname, given_names = _read_names(layout, lines)
    return Mrz(
        format=layout.name,
        lines=lines,
        document_code=code,
        kind=_read_kind(code),
        issuing_country=issuer,
        number=best.number,
        nationality=_read_country(cut(lines, layout.nationality)) if layout.nationality else issuer,
        birth=cut(lines, layout.birth).rstrip("<"),
        expiry=cut(lines, layout.expiry).rstrip("<") if layout.expiry else "",
        sex=cut(lines, layout.sex).strip("<"),
        surname=surname,
        given_names=given_names,
        optional=tuple(part.strip("<") for part in best.optional),
        checks=best.checks,
        is_national_variant=layout is FRENCH_CARD,
        other_numbers=tuple(dict.fromkeys(each.number for each in others if each.number != best.number)),
    )


class Holder(msgspec.Struct, frozen=True):
    """Whom a composed zone is for: names in capitals, date of birth, sex F, M or X, nationality."""

    surname: str
    given_names: str
    birth: date
    sex: str
    nationality: CountryCode


def compose_mrz(
    layout: Layout,
    *,
    document_code: str,
    issuing_country: CountryCode,
    number: str,
    holder: Holder,
    expiry: date,
    optional: tuple[str, ...] = (),
) -> str:
    """Compose a zone with its check digits, lines joined by newlines: for specimens and tests.

    MalformedError where a field is too long or has characters that a zone does not have. Names are cut as on documents.
    """
    grid = [["<"] * layout.columns for _ in range(layout.lines)]

    def write(span: Span | None, text: str, field: str) -> None:
        if span is None:
            return
        line, start, stop = span
        if len(text) > stop - start:
            raise MalformedError(
                _("The {field} is too long for {name}.").format(field=field, name=layout.name), where=field
            )
        if _FOREIGN.search(text):
            raise MalformedError(_("The {field} has a character that no zone has.").format(field=field), where=field)
        grid[line][start : start + len(text)] = text

    def write_cut(span: Span | None, text: str) -> None:
        write(span, text[: span[2] - span[1]] if span else "", "names")

    def write_check(span: Span | None, *covered: Span | None) -> None:
        lines = tuple("".join(row) for row in grid)
        write(span, compute_check_digit("".join(cut(lines, part) for part in covered if part)), "check digit")

    optional_texts = list(optional) + [""] * (len(layout.optional) - len(optional))
    room = layout.number[2] - layout.number[1]
    if layout.long_number and len(number) > room:
        optional_texts[0] = number[room:] + compute_check_digit(number) + "<" + optional_texts[0]
        optional_texts[0] = optional_texts[0].rstrip("<")
        write(layout.number, number[:room], "number")
    else:
        write(layout.number, number, "number")
        write_check(layout.number_check, layout.number)
    write((0, 0, 2), document_code, "document code")
    write((0, 2, 5), issuing_country, "issuing country")
    write(layout.nationality, holder.nationality, "nationality")
    write(layout.birth, f"{holder.birth:%y%m%d}", "birth")
    write_check(layout.birth_check, layout.birth)
    write(layout.sex, holder.sex.replace("X", "<"), "sex")
    write(layout.expiry, f"{expiry:%y%m%d}", "expiry")
    write_check(layout.expiry_check, layout.expiry)
    surname, given = (text.replace(" ", "<").replace("-", "<").replace("'", "") for text in (
        holder.surname, holder.given_names
    ))  # fmt: skip
    write_cut(layout.names, surname if layout.given_names else f"{surname}<<{given}")
    write_cut(layout.given_names, given)
    for span, text in zip(layout.optional, optional_texts, strict=True):
        write(span, text, "optional data")
    write_check(layout.optional_check, *layout.optional)
    write_check(layout.composite_check, *layout.composite)
    return "\n".join("".join(row) for row in grid)
