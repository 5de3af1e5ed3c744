"""Dates as tables write them, in the languages of Latin script, where a document's number was taken for one."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from anyascii import anyascii
from babel.dates import get_day_names, get_month_names

LANGUAGES: Final = (
    "af", "az", "bs", "ca", "cs", "cy", "da", "de", "de_AT", "en", "es", "et", "eu", "fi", "fr", "fr_CA", "ga", "gl",
    "hr", "hu", "id", "is", "it", "lb", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt_PT", "ro", "sk", "sl",
    "sq", "sr_Latn", "sv", "sw", "tr", "uz",
)  # fmt: skip
_DAY, _MONTHS_NUMBER = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_NTH, _YEAR, _SHORT_YEAR = f"{_DAY}(?:st|nd|rd|th|er)?", "(?:1[89]|2[01])[0-9]{2}", "[0-9]{2}"
_SHORTEST: Final = 2
_APART: Final = "[-./, ]{1,2}(?:de |del |d'|of )?"
_MARKS: Final = " \"'()[]{}<>*~;,."


_WORD: Final = r"([a-z]{2,})\.?"
_WRITTEN: Final = re.compile(
    f"(?:(?P<weekday>[a-z-]{{2,}})\\.?[, ]{{1,2}})?(?:"
    f"{_NTH}{_APART}{_WORD}(?:{_APART}(?:{_YEAR}|{_SHORT_YEAR}))?|{_DAY}{_WORD}{_YEAR}|{_YEAR}{_WORD}{_DAY}"
    f"|{_WORD}{_APART}{_NTH}{_APART}{_YEAR}|{_YEAR}{_APART}{_WORD}{_APART}{_DAY}"
    f"|{_WORD}(?:-{_SHORT_YEAR}|{_APART}{_YEAR})"
    f"|{_YEAR}(?P<a>[-./] ?){_MONTHS_NUMBER}(?P=a){_DAY}"
    f"|{_DAY}(?P<b>[-./] ?){_MONTHS_NUMBER}(?P=b){_YEAR}|{_MONTHS_NUMBER}(?P<c>[-./] ?){_DAY}(?P=c){_YEAR}"
    f"|{_DAY}(?P<d>[-./] ?){_MONTHS_NUMBER}(?P=d){_SHORT_YEAR}|{_MONTHS_NUMBER}(?P<e>[-./] ?){_DAY}(?P=e){_SHORT_YEAR}"
    r")(?:[, ]{1,2}(?P<weekday_behind>[a-z]{2,})\.?)?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(f"{_DAY}([A-Za-z]{{3,}}){_YEAR}|{_YEAR}([A-Za-z]{{3,}}){_DAY}")
_HOUR, _SIXTY = "(?:[01]?[0-9]|2[0-3])", "[0-5][0-9]"
_ZONE: Final = (
    "[AP]M|Z|(?:UTC|GMT)(?:[-+][0-9:]{1,5})?|[-+][0-9]{2}:?[0-9]{2}|(?:[CEWM]E|ME)S?[TZ]|MSK|[ECMP][SD]T|BST|IST"
)
_MACHINES: Final = re.compile(
    f"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])T[0-2][0-9]{_SIXTY}(?:{_SIXTY})?(?:Z|[-+][0-9]{{2}}:?[0-9]{{2}})?"
    f"|{_YEAR}-W[0-5][0-9]-[1-7]|{_HOUR}\\.{_SIXTY}\\.{_SIXTY} ?(?:{_ZONE})|-?[0-9]+ days",
    re.IGNORECASE,
)
"""What machines write: a moment, or a day by its week (ISO 8601), a time between dots with its zone, some days."""
_SHORT_DAY: Final = re.compile(
    f"(?P<weekday>[a-z]{{2,}})(?:\\.,|[.,]) {_DAY}\\. ?{_MONTHS_NUMBER}\\.?"
    f"|{_SHORT_YEAR}\\. {_MONTHS_NUMBER}\\. {_DAY}\\.?",
    re.IGNORECASE,
)
"""A day behind its weekday, without a year; and as Korean has it, with two digits of the year before it."""
_TIME: Final = re.compile(r"[T, ]{1,2}(?:[a-z]{1,4}\.? )?[0-9]{1,2}(?:[:.]| ?h ?)[0-9]{2}(?![0-9]).*", re.IGNORECASE)
"""What stands behind a day: a time, with what its language puts before and behind it."""
_IN_WORDS: Final = re.compile(r"[a-z0-9 .,/'()-]+")
_JOINED: Final = re.compile(r"[a-z][0-9]|[0-9][a-z]")
_TOKENS: Final = re.compile(r"[0-9]+|[a-z]+")
_BETWEEN: Final = frozenset("de del den di of the la le gada ta ko da og ad ce".split())  # noqa: SIM905
"""Small words that languages put between a day, its month and its year; single letters too, where a year is said."""


def is_date(text: str) -> bool:
    """Whether a text is a date as tables write it, with the time or without, be it in marks."""
    said = text.strip(_MARKS)
    if _is_day(said) or _MACHINES.fullmatch(said):
        return True
    return any(_is_day(said[: time.start()].strip(_MARKS)) for time in _TIME.finditer(said))


def is_compact_date(text: str) -> bool:
    """Whether letters and digits alone are a day, a month's name and a year, or a moment: ``02JAN2026``."""
    found = _COMPACT.fullmatch(text)
    if found is not None and (found[1] or found[2]).lower() in months():
        return True
    return _MACHINES.fullmatch(text) is not None


def _is_day(said: str) -> bool:
    said = said.lower()
    return _is_in_figures(said) or _is_short_day(said) or _is_in_words(said)


def _is_short_day(said: str) -> bool:
    found = _SHORT_DAY.fullmatch(said)
    return found is not None and (found["weekday"] is None or found["weekday"] in weekdays())


def _is_in_figures(said: str) -> bool:
    """Whether a text is a day, month and year, or two of them, in an order that tables have."""
    found = _WRITTEN.fullmatch(said)
    if found is None:
        return False
    around = {found["weekday"], found["weekday_behind"]} - {None}
    words = [word for word in found.groups() if word and word.isalpha() and word not in around]
    return all(_is_weekday(word) for word in around) and all(word in months() for word in words)


def _is_in_words(said: str) -> bool:
    """Whether a text says a month by its name with a year, a day, or both, in any order, and nothing more."""
    if not _IN_WORDS.fullmatch(said) or _JOINED.search(said):
        return False
    for name, word in _months_of_words().items():
        said = said.replace(name, word)
    tokens = _TOKENS.findall(said)
    words = [token for token in tokens if token.isalpha() and token not in _BETWEEN]
    match sorted((token for token in tokens if token.isdigit()), key=len):
        case [day, year] if _is_day_number(day) and _is_year(year):
            words = [word for word in words if len(word) > 1]
        case [year] if _is_year(year):
            words = [word for word in words if len(word) > 1]
        case [day] if _is_day_number(day):
            pass
        case _:
            return False
    others = [word for word in words if word not in weekdays()]  # Mawrth is Tuesday and March
    return any(word in months() for word in words) and (not others or (len(others) == 1 and others[0] in months()))


def _is_day_number(text: str) -> bool:
    return re.fullmatch(_DAY, text) is not None


def _is_year(text: str) -> bool:
    return re.fullmatch(_YEAR, text) is not None


@lru_cache(maxsize=1)  # made once, and not before a text has the shape: the names are read from many languages
def months() -> frozenset[str]:
    """The names and short names of months, in small Latin letters; of two letters none, since AG 1950 is a number."""
    return frozenset(name for name in _names_of(get_month_names) if name.isalpha() and len(name) > _SHORTEST) | {"sept"}


@lru_cache(maxsize=1)  # as above
def _months_of_words() -> dict[str, str]:
    """Months whose names have several words, as Irish has them; the first month of all stands for each."""
    return {name: "january" for name in _names_of(get_month_names) if " " in name}


@lru_cache(maxsize=1)  # as above
def weekdays() -> frozenset[str]:
    """The words of the names and short names of the days of the week, likewise; letters alone are none."""
    return frozenset(word for name in _names_of(get_day_names) for word in _TOKENS.findall(name) if len(word) > 1)


def _is_weekday(name: str) -> bool:
    return all(word in weekdays() for word in _TOKENS.findall(name))


def _names_of(read: Callable[..., Mapping[Any, str]]) -> frozenset[str]:
    return frozenset(
        anyascii(str(name)).lower().rstrip(".")
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for name in read(width, context, language).values()
    )
