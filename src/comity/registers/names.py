"""Names as they are compared: whatever their case, accents, script and the order of their parts.

Two names meet where one form of each is the same. How much two names resemble each other is not judged here.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from anyascii import anyascii

from comity.errors import MalformedError
from comity.texts import _

_APOSTROPHES: Final = str.maketrans(
    "",
    "",
    "'\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
    "\N{MODIFIER LETTER LEFT HALF RING}\N{MODIFIER LETTER RIGHT HALF RING}`\N{ACUTE ACCENT}"
    '\N{MODIFIER LETTER PRIME}\N{MODIFIER LETTER DOUBLE PRIME}"',
)
_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae", "ñ": "nxx", "þ": "th", "ð": "d"}
)
"""How zones write letters that others drop the accents of (ICAO 9303, part 3, section 6)."""
_SCRIPTS: Final = {
    "LATIN": "Latn", "ARABIC": "Arab", "CYRILLIC": "Cyrl", "GREEK": "Grek", "HEBREW": "Hebr", "CJK": "Hani",
    "HANGUL": "Hang", "HIRAGANA": "Hira", "KATAKANA": "Kana", "DEVANAGARI": "Deva", "BENGALI": "Beng",
    "ETHIOPIC": "Ethi", "ARMENIAN": "Armn", "GEORGIAN": "Geor", "THAI": "Thai", "KHMER": "Khmr", "MYANMAR": "Mymr",
    "TAMIL": "Taml", "GURMUKHI": "Guru", "THAANA": "Thaa", "LAO": "Laoo",
}  # fmt: skip
"""ISO 15924, by the first word of a letter's name in Unicode."""
SCRIPTS: Final = tuple(sorted(set(_SCRIPTS.values())))


@lru_cache(maxsize=4096)
def fold_name(text: str) -> tuple[str, ...]:
    """The forms of a name: its parts in small Latin letters, sorted; first without accents, then as zones write them.

    MalformedError where no letter is left.
    """
    plain = _parts(anyascii(text.translate(_APOSTROPHES)))
    if not plain:
        raise MalformedError(_("The name has no letter."), where="name")
    spelt = unicodedata.normalize("NFC", text).lower().translate(_LETTERS)
    written = _parts(anyascii(spelt.translate(_APOSTROPHES)))
    return (plain,) if written in ("", plain) else (plain, written)


def fold_all(names: Iterable[str]) -> tuple[str, ...]:
    """The forms of several names, each once; a name without a letter has none."""
    found: dict[str, None] = {}
    for name in names:
        try:
            found |= dict.fromkeys(fold_name(name))
        except MalformedError:
            continue
    return tuple(found)


def script_of(text: str) -> str:
    """The script of a text's first letter, by ISO 15924; empty where it has none that is known."""
    for each in text:
        if each.isalpha():
            return _SCRIPTS.get(unicodedata.name(each, "").partition(" ")[0], "")
    return ""


def _parts(text: str) -> str:
    text = text.translate(_APOSTROPHES).lower()
    return " ".join(sorted("".join(each if each.isalnum() else " " for each in text).split()))
