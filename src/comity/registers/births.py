"""Dates of birth as far as they are known: which days a record allows, and which a question means.

A record's dates are spans of days. What is not understood has no bounds, so that it rules nobody out.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, date
from typing import Final, NamedTuple

from comity.errors import MalformedError
from comity.registers.fields import Groups
from comity.texts import _

AROUND_YEARS: Final = 2  # "around 1965" may be 1963 to 1967

_PARTIAL: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_BETWEEN_DATES: Final = ","


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


ANY_DAY: Final = Span(date.min, date.max)


def normalise_partial_date(text: str) -> str:
    """A day, a month or a year as ISO 8601 writes it: ``1965-03-01``, ``1965-03`` or ``1965``."""
    found = _PARTIAL.fullmatch(text.strip())
    if found is None:
        raise MalformedError(_("A date is written 1965-03-01, or 1965-03, or 1965."))
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError as error:
        raise MalformedError(_("There is no such day. Leave out what is not known: 1965-03, or 1965.")) from error
    return found[0]


def join_dates(dates: tuple[str, ...]) -> str:
    """Several dates of which one is meant, as a question says them: a zone's year has no century."""
    return _BETWEEN_DATES.join(dates)


def parse_asked(text: str) -> tuple[Span, ...]:
    """What a question's date of birth may be; MalformedError where it is no date.

    Evolution: a question of version 1 says one date or, since zones ask for each century, several between commas.
    """
    try:
        return tuple(_span_of(normalise_partial_date(each)) for each in text.split(_BETWEEN_DATES))
    except MalformedError as error:
        raise MalformedError(
            error.message, where="birth_date",
            next_step=_("Type year, month and day as far as they are known, or leave the date out."),
        ) from error  # fmt: skip


def may_be_born(groups: Groups, asked: str) -> bool:
    """Whether a person may have been born when a question says."""
    if not asked or not groups.get("births"):
        return True
    wanted = parse_asked(asked)
    return any(each.first <= span.last and span.first <= each.last for span in _allowed(groups) for each in wanted)


def allowed_days(groups: Groups) -> tuple[Span, ...]:
    """The days on which a person may have been born, in their order, without gaps between days that follow."""
    joined: list[Span] = []
    for span in sorted(_allowed(groups)) if groups.get("births") else [ANY_DAY]:
        if joined and span.first.toordinal() <= joined[-1].last.toordinal() + 1:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return tuple(joined)


def cover_days(days: tuple[Span, ...], others: tuple[Span, ...]) -> bool:
    """Whether all ``others`` are among ``days``, both as ``allowed_days`` gives them."""
    return all(any(span.first <= each.first and each.last <= span.last for span in days) for each in others)


def birth_line(entry: Mapping[str, str]) -> str:
    """A date of birth as it is known; ``~`` is around."""
    start, end, note = entry.get("from", ""), entry.get("to", ""), entry.get("note", "")
    match entry.get("precision", ""):
        case "between":
            said = f"{start}/{end}"  # as ISO 8601-2 writes an interval
        case "around":
            said = f"~{start}"
        case "unknown" if start:
            said = f"{start}?"  # and one that is not sure
        case _:
            said = start
    return f"{said} ({note})" if said and note else said or note


def _allowed(groups: Groups) -> Iterator[Span]:
    """Each date that a record says, those that belong to one of the names too."""
    yield from map(_span_said, groups.get("births", ()))
    yield from (_span_written(entry["birth"]) for entry in groups.get("names", ()) if "birth" in entry)


def _span_said(entry: Mapping[str, str]) -> Span:
    """The days that one entry can mean. A note can say anything of its date, and nobody has read it."""
    if "from" not in entry or "note" in entry:
        return ANY_DAY
    span = _span_of(entry["from"])
    match entry.get("precision", "exact"):
        case "exact":
            return span
        case "between":
            return Span(span.first, _span_of(entry["to"]).last)
        case "around":
            return Span(_moved(span.first, -AROUND_YEARS), _moved(span.last, AROUND_YEARS))
        case _:
            return ANY_DAY


def _span_written(text: str) -> Span:
    try:
        return _span_of(normalise_partial_date(text))
    except MalformedError:
        return ANY_DAY


def _span_of(text: str) -> Span:
    """The first and the last day of a day, month or year."""
    year, *rest = map(int, text.split("-"))
    match rest:
        case [month, day]:
            return Span(date(year, month, day), date(year, month, day))
        case [month]:
            return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        case _:
            return Span(date(year, 1, 1), date(year, 12, 31))


def _moved(day: date, years: int) -> date:
    """So many years later; of 29 February, the day that leaves out nobody."""
    year = day.year + years
    if not MINYEAR <= year <= MAXYEAR:
        return date.min if years < 0 else date.max
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))
