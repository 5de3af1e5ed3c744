"""Number plates: found by how they look as well as by how they sound, in whichever script they are written.

Countries of Cyrillic and Greek script use the letters that look like Latin ones, and who reads a plate abroad types
those. A record has one form, how its plate sounds. A question has several: whatever looks so, in each way it may sound.
"""

import re
import unicodedata
from itertools import product
from types import MappingProxyType
from typing import Final

from anyascii import anyascii

from comity.characters import normalise_text
from comity.errors import MalformedError
from comity.registers.numbers import fold_number, is_others_number
from comity.registers.written_dates import is_date
from comity.texts import _

_CYRILLIC: Final = MappingProxyType(
    dict(zip("АВСЕНІЈКМОРТХУ", "ABCEHIJKMOPTXY", strict=True))  # noqa: RUF001 - that they look alike is the point
)
_GREEK: Final = MappingProxyType(
    dict(zip("ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", "ABEHIKMNOPTXYZ", strict=True))  # noqa: RUF001 - as above
)
_LOOKS: Final = MappingProxyType({**_CYRILLIC, **_GREEK, "\N{CYRILLIC CAPITAL LETTER STRAIGHT U}": "Y"})
"""Capitals of other scripts that look like a Latin one."""
_CYRILLIC_SOUNDS: Final = MappingProxyType(
    {latin: heard for each, latin in _CYRILLIC.items() if (heard := anyascii(each).upper()) != latin}
)
_GREEK_SOUNDS: Final = MappingProxyType(
    {latin: heard for each, latin in _GREEK.items() if (heard := anyascii(each).upper()) != latin}
)
_MIXED_MAX: Final = 4  # letters that sound otherwise in Cyrillic, up to which a plate of both scripts is looked for
_PARTS: Final = " -./,·'\N{RIGHT SINGLE QUOTATION MARK}\N{EN DASH}\N{NON-BREAKING HYPHEN}"
"""What stands between the letters and digits of plates."""
_POWER: Final = re.compile(r"[0-9][.,][0-9]*E[0-9]+", re.IGNORECASE)
_YEAR_DIGITS: Final = 4


def normalise_plate(text: str) -> str:
    """A plate as it is kept: as it is written. MalformedError where no country's plates look so.

    Some look like what a spreadsheet makes of others: MAY-21 in Finland, 06 MAY 26 in Turkey, and NULL. They are
    taken, and ``doubt_plate`` says so.
    """
    said = normalise_text(text)
    if is_others_number(said) or _may_be_plate(said):
        return said
    raise MalformedError(
        _("No number plate looks like this: it may be what a spreadsheet wrote in place of one."), where="plate",
        next_step=_("Give its letters and digits as they stand on the vehicle; in a spreadsheet, as text."),
    )  # fmt: skip


def doubt_plate(plate: str) -> str:
    """That a spreadsheet writes dates, amounts and empty cells in the same way as this plate; empty where none does."""
    if is_others_number(plate):
        return ""
    return _(
        "Number plate {plate}: spreadsheets write dates, amounts and empty cells like this. "
        "Where it comes from a table, look whether it stands so on the vehicle."
    ).format(plate=plate)


def sound_of(plate: str) -> str:
    """A plate's letters and digits in Latin capitals, as they sound: what a record is found by."""
    return fold_number(plate) or "".join(filter(str.isalnum, anyascii(plate).upper()))


def look_of(plate: str) -> str:
    """The same, with the Latin capital that each letter looks like; those that look like none as they sound."""
    return sound_of("".join(map(_look, plate.upper())))


def sounds_asked(plate: str) -> tuple[str, ...]:
    """How records may sound whose plates look or sound like one that is asked, each once.

    It depends on the plate alone. Cyrillic and Latin letters may stand mixed, as hands do that change their keyboard.
    """
    look = look_of(plate)
    ways = [(each, _CYRILLIC_SOUNDS[each]) if each in _CYRILLIC_SOUNDS else (each,) for each in look]
    if sum(len(way) > 1 for way in ways) > _MIXED_MAX:
        mixed = [look, "".join(way[-1] for way in ways)]
    else:
        mixed = ["".join(chosen) for chosen in product(*ways)]
    greek = "".join(_GREEK_SOUNDS.get(each, each) for each in look)
    return tuple(dict.fromkeys((sound_of(plate), *mixed, greek)))


def is_same_plate(kept: str, asked: str) -> bool:
    """Whether one of two plates looks or sounds like the other."""
    return not {sound_of(kept), look_of(kept)}.isdisjoint((sound_of(asked), look_of(asked)))


def _look(letter: str) -> str:
    return _LOOKS.get(unicodedata.normalize("NFD", letter)[0], letter)


def _may_be_plate(said: str) -> bool:
    """Whether it has letters or digits, nothing else that no plate has, and is neither a whole date nor an amount."""
    if not all(each in _PARTS or unicodedata.category(each)[0] in "LM" or each.isdecimal() for each in said):
        return False
    plain = anyascii(said)
    numbers = re.findall("[0-9]+", plain)
    is_whole_date = is_date(plain) and len(numbers) > 1 and any(len(each) == _YEAR_DIGITS for each in numbers)
    return sound_of(said) != "" and not is_whole_date and not _POWER.search(plain)
