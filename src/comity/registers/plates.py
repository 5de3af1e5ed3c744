"""Number plates: taken as they are written, also where they look like what a spreadsheet made of another number."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

from comity.characters import normalise_text
from comity.errors import MalformedError
from comity.registers.looks import sound_of
from comity.registers.numbers import is_others_number
from comity.registers.written_dates import is_date
from comity.texts import _

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


def _may_be_plate(said: str) -> bool:
    """Whether it has letters or digits, nothing else that no plate has, and is neither a whole date nor an amount."""
    if not all(each in _PARTS or unicodedata.category(each)[0] in "LM" or each.isdecimal() for each in said):
        return False
    plain = anyascii(said)
    numbers = re.findall("[0-9]+", plain)
    is_whole_date = is_date(plain) and len(numbers) > 1 and any(len(each) == _YEAR_DIGITS for each in numbers)
    return sound_of(said) != "" and not is_whole_date and not _POWER.search(plain)
