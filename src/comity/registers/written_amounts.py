"""Words that stand beside an amount: thousands and more in the languages of Latin script, money."""

import re
from functools import lru_cache
from typing import Final

from anyascii import anyascii
from babel.core import Locale, get_global

from comity.registers.written_dates import LANGUAGES

CURRENCIES: Final = frozenset(get_global("all_currencies")) - {"CHE", "CHW"}  # Swiss numbers of firms begin with CHE
_MONEY: Final = frozenset("RS RP KR KC ZL FT SFR KSH TSH USH".split())  # noqa: SIM905
"""What money is called on both sides of its amount."""
_UNITS: Final = frozenset(  # behind an amount: thousands and more, what languages of programs end with, money
    "K M G T B F D L KR ZL KC FT LEI TL RS LV DIN EURO EUROS TSD MIO MRD MLN MLD BN AM PM "  # noqa: SIM905
    "CR KCR LCR CRORE CRORES LAKH LAKHS LAC LACS".split()
)
_OF: Final = "DE"  # milhões de euros
_CODE: Final = 3  # letters of a currency
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SHORT, _LONG = 2, 5  # letters of a unit that stands behind decimals; of one that makes any number an amount


def is_counted(words: list[str], *, is_behind: bool) -> bool:
    """Whether all words, in capitals, count or name money: behind an amount, or on either side where they are long."""
    said = [word for word in words if word != _OF]
    if not is_behind:
        return bool(said) and all(word in _MONEY or (len(word) >= _LONG and word in _counting()) for word in said)
    return bool(said) and all(map(_is_unit, said))


def _is_unit(word: str) -> bool:
    """Whether a word is a unit, a currency, or both in one: ``MEUR``."""
    unit = word[:-_CODE] if word[-_CODE:] in CURRENCIES else word
    return not unit or unit in _UNITS or unit in _counting()


def is_said_to_be_many(words: list[str]) -> bool:
    """Whether all words count, and one of them in full: 912 million is no document's number."""
    said = [word for word in words if word != _OF]
    return any(len(word) >= _LONG for word in said) and all(word in _counting() for word in said)


@lru_cache(maxsize=1)  # made once, and not before a text has the shape: the words are read from many languages
def _counting() -> frozenset[str]:
    """Thousand, million and more, in full and short; no letter alone."""
    words = {
        anyascii(word).upper()
        for language in (*LANGUAGES, "en_IN", "es_MX")
        for forms in Locale.parse(language).compact_decimal_formats.values()
        for plurals in forms.values()
        for pattern in plurals.values()
        for word in _LETTERS.findall(pattern.pattern)
    }
    return frozenset(word for word in words if word.isalpha() and len(word) >= _SHORT) - {_OF}
