"""Dates as tables write them, in the languages of Latin script, where a document's number was taken for one."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from anyascii import anyascii
from babel.dates import get_day_names, get_month_names

_LANGUAGES: Final = (
    "af", "az", "bs", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id",
    "is", "it", "lb", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "ro", "sk", "sl", "sq", "sr_Latn", "sv", "sw",
    "tr", "uz",
)  # fmt: skip
_DAY, _MONTHS_NUMBER = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_NTH, _YEAR, _SHORT_YEAR = f"{_DAY}(?:st|nd|rd|th|er)?", "(?:1[89]|2[01])[0-9]{2}", "[0-9]{2}"
_SHORTEST: Final = 2
_APART: Final = "[-./, ]{1,2}(?:de |del |d'|of )?"
_MARKS: Final = " \"'()[]{}<>*~;,."


_WORD: Final = r"([a-z]{2,})\.?"
_WRITTEN: Final = re.compile(
    f"(?:(?P<weekday>[a-z-]{{2,}})\\.?[, ]{{1,2}})?(?:"
    f"{_NTH}{_APART}{_WORD}(?:{_APART}(?:{_YEAR}|{_SHORT_YEAR}))?"
    f"|{_WORD}{_APART}{_NTH}{_APART}{_YEAR}|{_YEAR}{_APART}{_WORD}{_APART}{_DAY}"
    f"|{_WORD}(?:-{_SHORT_YEAR}|{_APART}{_YEAR})"
    f"|{_YEAR}(?P<a>[-./]){_MONTHS_NUMBER}(?P=a){_DAY}"
    f"|{_DAY}(?P<b>[-./]){_MONTHS_NUMBER}(?P=b){_YEAR}|{_MONTHS_NUMBER}(?P<c>[-./]){_DAY}(?P=c){_YEAR}"
    f"|{_DAY}(?P<d>[./]){_MONTHS_NUMBER}(?P=d){_SHORT_YEAR}|{_MONTHS_NUMBER}(?P<e>[./]){_DAY}(?P=e){_SHORT_YEAR}"
    r")(?:[T, ]{1,2}[0-9]{1,2}:[0-9]{2}.*)?",
    re.IGNORECASE,
)


def is_date(text: str) -> bool:
    """Whether a text is a date as tables write it, with the time or without, be it in marks."""
    found = _WRITTEN.fullmatch(text.strip(_MARKS))
    if found is None:
        return False
    weekday = found["weekday"]
    month = next((word for word in found.groups() if word and word.isalpha() and word != weekday), "")
    return (not weekday or weekday.lower() in weekdays()) and (not month or month.lower() in months())


@lru_cache(maxsize=1)  # made once, and not before a text has the shape: the names are read from many languages
def months() -> frozenset[str]:
    """The names and short names of months, in small Latin letters; of two letters none, since AG 1950 is a number."""
    return frozenset(name for name in _names_of(get_month_names) if len(name) > _SHORTEST) | {"sept"}


@lru_cache(maxsize=1)  # as above
def weekdays() -> frozenset[str]:
    """The names and short names of the days of the week, likewise."""
    return _names_of(get_day_names)


def _names_of(read: Callable[..., Mapping[Any, str]]) -> frozenset[str]:
    """Names of one word; of others, a language's order of words would be needed too."""
    names = (
        anyascii(str(name)).lower().rstrip(".")
        for language in _LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for name in read(width, context, language).values()
    )
    return frozenset(name for name in names if name.replace("-", "").isalpha() and len(name) > 1)
