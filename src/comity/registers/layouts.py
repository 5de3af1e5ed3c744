"""Where each format of machine-readable zones has its fields (ICAO Doc 9303, parts 4 to 7), and its check digit."""

from typing import Final

import msgspec

Span = tuple[int, int, int]
"""A field's place: line, first column, column after the last; all from 0."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where a format has its fields. A check digit stands at a span of one column; None where it has none."""

    name: str
    lines: int
    columns: int
    begins: str = ""  # where the zone begins with the same characters on every document
    names: Span
    given_names: Span | None = None  # where they do not stand behind the surname
    number: Span
    number_check: Span
    nationality: Span | None
    birth: Span
    birth_check: Span
    sex: Span
    expiry: Span | None
    expiry_check: Span | None
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
FRENCH_CARD: Final = Layout(
    name="TD2",
    lines=2,
    columns=36,
    begins="IDFRA",
    names=(0, 5, 30),
    given_names=(1, 13, 27),
    number=(1, 0, 12),
    number_check=(1, 12, 13),
    nationality=None,
    birth=(1, 27, 33),
    birth_check=(1, 33, 34),
    sex=(1, 34, 35),
    expiry=None,
    expiry_check=None,
    optional=((0, 30, 36),),
    composite=((0, 0, 36), (1, 0, 35)),
    composite_check=(1, 35, 36),
)
"""The French identity card issued until 2021: the shape of TD2, an older layout of its own, no date of expiry.

France's later card has the three lines of TD1.
"""


def cut(lines: tuple[str, ...], span: Span) -> str:
    """What stands at a field's place."""
    line, start, stop = span
    return lines[line][start:stop]


_WEIGHTS: Final = (7, 3, 1)
_VALUES: Final = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def compute_check_digit(text: str) -> str:
    """The check digit over ``text`` (ICAO 9303-3, 4.9): weights 7, 3, 1; A is 10, Z 35, the filler 0; modulo 10."""
    total = sum(_VALUES.get(character, 0) * _WEIGHTS[i % 3] for i, character in enumerate(text))
    return str(total % 10)
