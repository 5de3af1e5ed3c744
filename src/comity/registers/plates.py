"""Number plates: taken as they are written, also where they look like what a spreadsheet made of another number."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import product
from typing import Final

from anyascii import anyascii

from comity.characters import normalise_text
from comity.errors import MalformedError
from comity.registers.looks import heard_and_seen, sound_of, sounds_asked
from comity.registers.numbers import is_others_number
from comity.registers.written_dates import is_date
from comity.texts import _

_PARTS: Final = " -./,·'\N{RIGHT SINGLE QUOTATION MARK}\N{EN DASH}\N{NON-BREAKING HYPHEN}"
"""What stands between the letters and digits of plates."""
_POWER: Final = re.compile(r"[0-9][.,][0-9]*E[0-9]+", re.IGNORECASE)
_YEAR_DIGITS: Final = 4
_FOLDED: Final = str.maketrans("OI", "01")
_READ_AS: Final = {each: pair for pair in ("O0", "I1") for each in pair}
_READ_MAX: Final = 6  # letters and digits that look like one another, up to which all ways are asked: 64


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


def fold_plate(sound: str) -> str:
    """A plate's letters and digits with a digit for each O and I, which look like it: only to compare by."""
    return sound.translate(_FOLDED)


def plates_asked(plate: str) -> tuple[str, ...]:
    """How records may sound whose plates are, or look like, one that is asked: O may be read for 0, and I for 1.

    Of plates with many such letters and digits, those that differ from it in one of them, or in all.
    """
    looks = (each for form in heard_and_seen(plate) for each in _read_as(form))
    return tuple(dict.fromkeys((*sounds_asked(plate), *looks)))


def _read_as(form: str) -> Iterator[str]:
    ways = [_READ_AS.get(each, each) for each in form]
    places = [place for place, way in enumerate(ways) if len(way) > 1]
    if len(places) <= _READ_MAX:
        yield from map("".join, product(*ways))
        return
    for place in places:
        yield form[:place] + ways[place].replace(form[place], "") + form[place + 1 :]
    for way in (0, -1):
        yield "".join(each[way] for each in ways)


def doubt_plate(plate: str) -> str:
    """That a spreadsheet writes dates, amounts and empty cells in the same way as this plate; empty where none does."""
    if is_others_number(plate):
        return ""
    return _(
        "Number plate {plate}: spreadsheets write dates, amounts and empty cells like this. "
        "Where it comes from a table, look whether it stands so on the vehicle."
    ).format(plate=plate)


def _may_be_plate(said: str) -> bool:
    """Whether it has letters or digits, nothing else that no plate has, and is neither a whole date nor an amount."""
    if not all(each in _PARTS or unicodedata.category(each)[0] in "LM" or each.isdecimal() for each in said):
        return False
    plain = anyascii(said)
    numbers = re.findall("[0-9]+", plain)
    is_whole_date = is_date(plain) and len(numbers) > 1 and any(len(each) == _YEAR_DIGITS for each in numbers)
    return sound_of(said) != "" and not is_whole_date and not _POWER.search(plain)
