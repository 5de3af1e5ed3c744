"""Machine-readable zones of travel documents (ICAO Doc 9303, parts 3 to 7): read, checked, composed.

Reading is lenient where officers and document readers are careless (case, spaces, line breaks, ``«``) and strict about
the rest. A check digit that fails does not stop it: a worn or forged document is just what has to be looked up, so the
zone tells which digits fail and leaves it to the reader.
"""

import re
from datetime import date
from typing import Final, NewType

import msgspec

from comity.errors import MalformedError, TooLargeError
from comity.ids import CountryCode
from comity.limits import MRZ_CHARS
from comity.registers.countries import parse_known_code
from comity.texts import N_, _

DocumentKind = NewType("DocumentKind", str)
"""A kind of travel document in our words: one of ``DOCUMENT_KINDS``."""

DOCUMENT_KINDS: Final = tuple(
    DocumentKind(kind) for kind in ("passport", "identity-card", "visa", "residence-permit", "other")
)

Span = tuple[int, int, int]
"""A field's place: line, first column, column after the last; all from 0."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where a format has its fields. A check digit stands at a span of one column; None where it has none."""

    name: str
    lines: int
    columns: int
    names: Span
    number: Span
    number_check: Span
    nationality: Span
    birth: Span
    birth_check: Span
    sex: Span
    expiry: Span
    expiry_check: Span
    optional: tuple[Span, ...]
    optional_check: Span | None = None
    composite: tuple[Span, ...] = ()
    composite_check: Span | None = None
    long_number: bool = False  # a number of more than nine characters goes on in the optional data


TD1: Final = Layout(
    name="TD1",
    lines=3,
    columns=30,
    names=(2, 0, 30),
    number=(0, 5, 14),
    number_check=(0, 14, 15),
    nationality=(1, 15, 18),
    birth=(1, 0, 6),
    birth_check=(1, 6, 7),
    sex=(1, 7, 8),
    expiry=(1, 8, 14),
    expiry_check=(1, 14, 15),
    optional=((0, 15, 30), (1, 18, 29)),
    composite=((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
    composite_check=(1, 29, 30),
    long_number=True,
)


def _two_lines(name: str, columns: int, optional_end: int, *, composite: bool, long_number: bool) -> Layout:
    """The formats of two lines differ only in width, and in what follows the date of expiry."""
    checked_optional = name == "TD3"
    return Layout(
        name=name,
        lines=2,
        columns=columns,
        names=(0, 5, columns),
        number=(1, 0, 9),
        number_check=(1, 9, 10),
        nationality=(1, 10, 13),
        birth=(1, 13, 19),
        birth_check=(1, 19, 20),
        sex=(1, 20, 21),
        expiry=(1, 21, 27),
        expiry_check=(1, 27, 28),
        optional=((1, 28, optional_end),),
        optional_check=(1, optional_end, optional_end + 1) if checked_optional else None,
        composite=((1, 0, 10), (1, 13, 20), (1, 21, columns - 1)) if composite else (),
        composite_check=(1, columns - 1, columns) if composite else None,
        long_number=long_number,
    )


TD2: Final = _two_lines("TD2", 36, 35, composite=True, long_number=True)
TD3: Final = _two_lines("TD3", 44, 42, composite=True, long_number=False)
MRV_A: Final = _two_lines("MRV-A", 44, 44, composite=False, long_number=False)
MRV_B: Final = _two_lines("MRV-B", 36, 36, composite=False, long_number=False)
LAYOUTS: Final = {layout.name: layout for layout in (TD1, TD2, TD3, MRV_A, MRV_B)}
_SHAPES: Final = N_("TD1 has 3 lines of 30 characters, TD2 and MRV-B 2 of 36, TD3 and MRV-A 2 of 44.")


FRENCH_CARD: Final = "IDFRA"
"""How the French identity card's zone begins, on two lines of 36."""


class UnreadableZoneError(MalformedError):
    """The text is no machine-readable zone: a character or the shape is wrong."""


class CheckDigit(msgspec.Struct, frozen=True):
    """One check digit: what it covers, where it stands (line and column from 1), and whether it holds."""

    name: str  # number, birth, expiry, optional or composite
    line: int
    column: int
    found: str
    expected: str
    holds: bool


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

    @property
    def issuer_as_read(self) -> str:
        """What stands where the issuing state stands, be it one or not."""
        return self.lines[0][2:5].strip("<")

    @property
    def is_name_full(self) -> bool:
        """Whether a name fills its place to the end, so that it may have been cut (ICAO 9303-3, 4.6)."""
        spans = _FRENCH_NAMES if self.is_national_variant else (LAYOUTS[self.format].names,)
        return any(not _cut(self.lines, span).endswith("<") for span in spans)

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the check digits that do not hold, in the order of the document."""
        return tuple(check.name for check in self.checks if not check.holds)


_WEIGHTS: Final = (7, 3, 1)
_VALUES: Final = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def compute_check_digit(text: str) -> str:
    """The check digit over ``text`` (ICAO 9303-3, 4.9): weights 7, 3, 1; A is 10, Z 35, the filler 0; modulo 10."""
    total = sum(_VALUES.get(character, 0) * _WEIGHTS[i % 3] for i, character in enumerate(text))
    return str(total % 10)


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


def _cut(lines: tuple[str, ...], span: Span) -> str:
    line, start, stop = span
    return lines[line][start:stop]


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


def _read_names(text: str) -> tuple[str, str]:
    surname, _, given = text.partition("<<")
    return " ".join(surname.replace("<", " ").split()), " ".join(given.replace("<", " ").split())


def _check(lines: tuple[str, ...], name: str, covered: str, span: Span, *, empty_is_filler: bool = False) -> CheckDigit:
    line, column, _ = span
    found, expected = lines[line][column], compute_check_digit(covered)
    holds = found == expected or (empty_is_filler and found == "<" and not covered.strip("<"))
    return CheckDigit(name, line + 1, column + 1, found, expected, holds)


def _read_number(layout: Layout, lines: tuple[str, ...]) -> tuple[str, CheckDigit, tuple[str, ...]]:
    """The document number, its check digit, and what is left of the optional data.

    Long numbers (9303-5 and 9303-6, note j): a filler stands in place of the check digit, the number goes on at the
    beginning of the optional data, its last character before a filler is the check digit. Where another character was
    read for that filler, and all digits would hold with it, the number is a long one, and its digit does not hold.
    """
    principal = _cut(lines, layout.number)
    optional = [_cut(lines, span) for span in layout.optional]
    tail = optional[0].partition("<")[0]
    is_long = layout.long_number and _cut(lines, layout.number_check) == "<" and bool(tail)
    if not is_long and not _is_filler_misread(layout, lines, principal, tail):
        check = _check(lines, "number", principal, layout.number_check)
        return principal.replace("<", ""), check, tuple(optional)
    line, start, _ = layout.optional[0]
    digit = start + len(tail) - 1
    check = _check(lines, "number", principal + tail[:-1], (line, digit, digit + 1))
    if not is_long:
        line, column, _ = layout.number_check
        check = CheckDigit("number", line + 1, column + 1, lines[line][column], "<", holds=False)
    optional[0] = optional[0][len(tail) :]
    return (principal + tail[:-1]).replace("<", ""), check, tuple(optional)


def _is_filler_misread(layout: Layout, lines: tuple[str, ...], principal: str, tail: str) -> bool:
    """Whether the zone's digits hold only with the filler that begins a long number."""
    if not layout.long_number or not layout.composite_check or not tail[:-1] or "<" in principal:
        return False
    if _holds_whole(layout, lines) or compute_check_digit(principal + tail[:-1]) != tail[-1]:
        return False
    line, column, _ = layout.number_check
    with_filler = [*lines]
    with_filler[line] = f"{lines[line][:column]}<{lines[line][column + 1 :]}"
    return _holds_whole(layout, tuple(with_filler))


def _holds_whole(layout: Layout, lines: tuple[str, ...]) -> bool:
    covered = "".join(_cut(lines, span) for span in layout.composite)
    return layout.composite_check is None or _cut(lines, layout.composite_check) == compute_check_digit(covered)


def _read_checks(layout: Layout, lines: tuple[str, ...], number: CheckDigit) -> tuple[CheckDigit, ...]:
    checks = [
        number,
        _check(lines, "birth", _cut(lines, layout.birth), layout.birth_check),
        _check(lines, "expiry", _cut(lines, layout.expiry), layout.expiry_check),
    ]
    if layout.optional_check:
        covered = _cut(lines, layout.optional[0])
        checks.append(_check(lines, "optional", covered, layout.optional_check, empty_is_filler=True))
    if layout.composite_check:
        covered = "".join(_cut(lines, span) for span in layout.composite)
        checks.append(_check(lines, "composite", covered, layout.composite_check))
    return tuple(checks)


_FRENCH_NAMES: Final = ((0, 5, 30), (1, 13, 27))
_FRENCH_SECOND: Final = re.compile(r"[0-9A-Z]{12}[0-9][A-Z<]{14}[0-9]{7}[MF<][0-9]")


def _read_french_checks(lines: tuple[str, ...]) -> tuple[CheckDigit, ...]:
    first, second = lines
    return (
        _check(lines, "number", second[:12], (1, 12, 13)),
        _check(lines, "birth", second[27:33], (1, 33, 34)),
        _check(lines, "composite", first + second[:35], (1, 35, 36)),
    )


def _is_french_card(lines: tuple[str, ...]) -> bool:
    """Whether two lines of 36 are the French card's: by how they begin or, where that is misread, by the second line.

    Its own digits over number and date of birth hold then, and those of TD2 do not.
    """
    if lines[0].startswith(FRENCH_CARD):
        return True
    if not _FRENCH_SECOND.fullmatch(lines[1]) or lines[0][0] == "V":
        return False
    plain = _read_checks(TD2, lines, _read_number(TD2, lines)[1])
    return all(check.holds for check in _read_french_checks(lines)[:2]) and not all(check.holds for check in plain)


def _read_french_card(lines: tuple[str, ...]) -> Mrz:
    """The French identity card issued until 2021: the shape of TD2, an older layout of its own, no date of expiry.

    It begins with ``IDFRA`` on two lines of 36; France's later card has the three lines of TD1.
    """
    first, second = lines
    surname, given_names = (" ".join(_cut(lines, span).replace("<", " ").split()) for span in _FRENCH_NAMES)
    return Mrz(
        format="TD2",
        lines=lines,
        document_code="ID",
        kind=DocumentKind("identity-card"),
        issuing_country=CountryCode("FRA"),
        number=second[:12].replace("<", ""),
        nationality=CountryCode("FRA"),
        birth=second[27:33],
        expiry="",
        sex=second[34].strip("<"),
        surname=surname,
        given_names=given_names,
        optional=(first[30:36].strip("<"),),
        checks=_read_french_checks(lines),
        is_national_variant=True,
    )


def parse_mrz(text: str) -> Mrz:
    """Read a zone as it was pasted, typed, or sent by a reader that types.

    UnreadableZoneError, with line and column, where a character or the shape is wrong; TooLargeError past the bound.
    """
    layout, lines = _split_lines(text)
    code = lines[0][:2].rstrip("<")
    if layout is TD2 and _is_french_card(lines):
        return _read_french_card(lines)
    number, number_check, optional = _read_number(layout, lines)
    surname, given_names = _read_names(_cut(lines, layout.names))
    return Mrz(
        format=layout.name,
        lines=lines,
        document_code=code,
        kind=_read_kind(code),
        issuing_country=_read_country(lines[0][2:5]),
        number=number,
        nationality=_read_country(_cut(lines, layout.nationality)),
        birth=_cut(lines, layout.birth).rstrip("<"),
        expiry=_cut(lines, layout.expiry).rstrip("<"),
        sex=_cut(lines, layout.sex).strip("<"),
        surname=surname,
        given_names=given_names,
        optional=tuple(part.strip("<") for part in optional),
        checks=_read_checks(layout, lines, number_check),
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

    def write(span: Span, text: str, field: str) -> None:
        line, start, stop = span
        if len(text) > stop - start:
            raise MalformedError(
                _("The {field} is too long for {name}.").format(field=field, name=layout.name), where=field
            )
        if _FOREIGN.search(text):
            raise MalformedError(_("The {field} has a character that no zone has.").format(field=field), where=field)
        grid[line][start : start + len(text)] = text

    def write_check(span: Span | None, *covered: Span) -> None:
        if span:
            lines = tuple("".join(row) for row in grid)
            write(span, compute_check_digit("".join(_cut(lines, part) for part in covered)), "check digit")

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
    names = f"{holder.surname}<<{holder.given_names}".replace(" ", "<").replace("-", "<").replace("'", "")
    write(layout.names, names[: layout.names[2] - layout.names[1]], "names")
    for span, text in zip(layout.optional, optional_texts, strict=True):
        write(span, text, "optional data")
    write_check(layout.optional_check, *layout.optional)
    write_check(layout.composite_check, *layout.composite)
    return "\n".join("".join(row) for row in grid)
