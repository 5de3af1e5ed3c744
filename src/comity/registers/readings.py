"""In which ways a machine-readable zone can be read, and which of them its check digits bear out.

Two things are told by one character alone: where a document's number ends, and which of the formats of one shape it is.
Whether a reading is possible is one question for all: does one misread character at most explain what does not hold?
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from comity.registers.layouts import FRENCH_CARD, MRV_B, TD2, Layout, Span, compute_check_digit, cut

_FILLER: Final = "<"
_FRENCH_SECOND: Final = re.compile(r"[0-9A-Z]{12}[0-9][A-Z<]{14}[0-9]{7}[MF<][0-9]")


class CheckDigit(msgspec.Struct, frozen=True):
    """One check digit: what it covers, where it stands (line and column from 1), and whether it holds."""

    name: str  # number, birth, expiry, optional or composite
    line: int
    column: int
    found: str
    expected: str
    holds: bool


def failing_of(checks: Iterable[CheckDigit]) -> tuple[str, ...]:
    """The names of the check digits that do not hold, in the order of the document."""
    return tuple(check.name for check in checks if not check.holds)


class Reading(NamedTuple):
    """One way of reading a zone. ``optional`` is what the number leaves of the optional data.

    ``checks`` are judged on the lines as they were read. ``is_borne_out`` says that all of them hold once the
    characters that say how to read number and format are put right; ``is_number_vouched``, that the number's own digit
    is not among these. ``misread`` counts them, and as many more as the other digits tell of.
    """

    layout: Layout
    number: str
    optional: tuple[str, ...]
    checks: tuple[CheckDigit, ...]
    is_borne_out: bool
    is_number_vouched: bool
    misread: int

    @property
    def is_possible(self) -> bool:
        """Whether one misread character at most explains all that does not hold."""
        return self.misread <= 1

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the check digits that do not hold on the lines as they were read."""
        return failing_of(self.checks)


class _Place(NamedTuple):
    """A character that says how the number is read, and what stands there on a document that is read so."""

    line: int
    column: int
    expected: str


def read_all(layout: Layout, lines: tuple[str, ...]) -> tuple[Reading, ...]:
    """The readings of a zone that are possible, the best first; the nearest one where none is.

    Best is one that its digits bear out, the number's own as it was read, and of which fewer fail as they were read;
    then what the zone says of itself: it begins as its format does, and a filler in place of the number's check digit
    begins a long number.
    """
    each_format = [_in_format(each, lines) for each in _formats(layout, lines)]
    possible = [reading for readings in each_format for reading in readings if reading.is_possible]
    if possible:
        return tuple(sorted(possible, key=_rank))
    nearest = [each for each, *_others in each_format if each.layout is not FRENCH_CARD or _is_like_french_card(lines)]
    return (min(nearest, key=lambda each: len(each.failing)),)


def _rank(reading: Reading) -> tuple[bool, bool, int]:
    return not reading.is_borne_out, not reading.is_number_vouched, len(reading.failing)


def _formats(layout: Layout, lines: tuple[str, ...]) -> tuple[Layout, ...]:
    """The formats of the zone's shape that it may have, what it says itself first."""
    if layout is MRV_B:
        return MRV_B, TD2, FRENCH_CARD
    if layout is not TD2:
        return (layout,)
    return (FRENCH_CARD, TD2) if lines[0].startswith(FRENCH_CARD.begins) else (TD2, FRENCH_CARD)


def _is_like_french_card(lines: tuple[str, ...]) -> bool:
    return lines[0].startswith(FRENCH_CARD.begins) or _FRENCH_SECOND.fullmatch(lines[1]) is not None


def _in_format(layout: Layout, lines: tuple[str, ...]) -> tuple[Reading, ...]:
    """The zone's readings in one format, the one that its own characters say first."""
    principal = cut(lines, layout.number)
    line, column, _stop = layout.number_check
    digit = _Place(line, column, compute_check_digit(principal))
    short = _read(layout, lines, principal, [digit], tuple(cut(lines, span) for span in layout.optional))
    long = tuple(_long_numbers(layout, lines))
    return (*long, short) if lines[line][column] == _FILLER else (short, *long)


def _long_numbers(layout: Layout, lines: tuple[str, ...]) -> Iterator[Reading]:
    """Each way in which the number may go on in the optional data (9303-5 and 9303-6, note j).

    A filler stands in place of the check digit, the number goes on at the beginning of the optional data, its last
    character before a filler is the check digit. A filler within the number would have ended it.
    """
    principal, optional = cut(lines, layout.number), [cut(lines, span) for span in layout.optional]
    if not layout.long_number or _FILLER in principal:
        return
    line, column, _stop = layout.number_check
    begins = _Place(line, column, _FILLER)
    line, start, _stop = layout.optional[0]
    printed_end = len(optional[0].partition(_FILLER)[0]) - 1
    ends = range(1, min(printed_end + 2, len(optional[0])))
    for end in sorted(ends, key=lambda each: each != printed_end):
        number = principal + optional[0][:end]
        places = [begins, _Place(line, start + end, compute_check_digit(number))]
        if end + 1 < len(optional[0]):
            places.append(_Place(line, start + end + 1, _FILLER))
        yield _read(layout, lines, number, places, (optional[0][end + 1 :], *optional[1:]))


def _read(
    layout: Layout, lines: tuple[str, ...], number: str, places: Sequence[_Place], optional: tuple[str, ...]
) -> Reading:
    wrong = [place for place in places if lines[place.line][place.column] != place.expected]
    line, column, expected = wrong[0] if wrong else next(each for each in places if each.expected != _FILLER)
    check = CheckDigit("number", line + 1, column + 1, lines[line][column], expected, not wrong)
    beginning, misread = _put_right(layout, lines)
    left = [each.name for each in _other_checks(layout, _with(beginning, wrong)) if not each.holds]
    return Reading(
        layout,
        number.replace(_FILLER, ""),
        optional,
        (check, *_other_checks(layout, lines)),
        is_borne_out=not left,
        is_number_vouched=all(each.expected == _FILLER for each in wrong),
        misread=len(wrong) + misread + max(bool(left), len({"birth", "expiry"} & {*left})),
    )


def _put_right(layout: Layout, lines: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The lines as they begin in this format, and how many characters of that were read otherwise."""
    if layout is TD2 and lines[0].startswith("V"):
        return lines, 1  # which letter stands there is not known, and nothing covers it
    read = lines[0][: len(layout.begins)]
    misread = sum(one != other for one, other in zip(read, layout.begins, strict=True))
    return (layout.begins + lines[0][len(read) :], *lines[1:]), misread


def _with(lines: tuple[str, ...], places: Sequence[_Place]) -> tuple[str, ...]:
    grid = [list(row) for row in lines]
    for place in places:
        grid[place.line][place.column] = place.expected
    return tuple("".join(row) for row in grid)


def _other_checks(layout: Layout, lines: tuple[str, ...]) -> tuple[CheckDigit, ...]:
    """All check digits but the number's own, in the document's order."""
    checks = [_check(lines, "birth", cut(lines, layout.birth), layout.birth_check)]
    if layout.expiry and layout.expiry_check:
        checks.append(_check(lines, "expiry", cut(lines, layout.expiry), layout.expiry_check))
    if layout.optional_check:
        covered = cut(lines, layout.optional[0])
        checks.append(_check(lines, "optional", covered, layout.optional_check, empty_is_filler=True))
    if layout.composite_check:
        covered = "".join(cut(lines, span) for span in layout.composite)
        checks.append(_check(lines, "composite", covered, layout.composite_check))
    return tuple(checks)


def _check(lines: tuple[str, ...], name: str, covered: str, span: Span, *, empty_is_filler: bool = False) -> CheckDigit:
    line, column, _stop = span
    found, expected = lines[line][column], compute_check_digit(covered)
    holds = found == expected or (empty_is_filler and found == _FILLER and not covered.strip(_FILLER))
    return CheckDigit(name, line + 1, column + 1, found, expected, holds)
