"""Dates as the United Nations' list gives them, brought to ours; what is said otherwise than we know stays in words."""

import re
from collections.abc import Mapping
from typing import Final

from comity.errors import MalformedError
from comity.registers.births import normalise_partial_date
from comity.registers.fields import normalise_date

_TIME_ZONE: Final = re.compile(r"(?<=-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})$")
_SHAPES: Final = {
    ("EXACT", "date"): "exact", ("EXACT", "year"): "exact", ("", "date"): "exact", ("", "year"): "exact",
    ("APPROXIMATELY", "date"): "around", ("APPROXIMATELY", "year"): "around",
    ("BETWEEN", "from", "to"): "between", ("APPROXIMATELY", "from", "to"): "between",
}  # fmt: skip
"""The precision of a date of birth, by its type and the values given, where we know what they mean."""
_SAID_BY_PRECISION: Final = {
    ("exact", "EXACT"), ("around", "APPROXIMATELY"), ("between", "BETWEEN"), ("unknown", "EXACT"),
}  # fmt: skip


def birth_of(said: Mapping[str, str]) -> dict[str, str]:
    """One date of birth as an entry of the group ``births``.

    ``said`` may have ``type``, ``date``, ``year``, ``from``, ``to`` and ``note``. What does not fit together
    as we know it becomes an unknown date, its words the note: it rules nobody out.
    """
    kind, note = said.get("type", ""), said.get("note", "")
    given = {name: text for name, text in said.items() if name not in ("type", "note")}
    names = sorted(given)
    dates = [_date_of(given[name]) for name in names]
    precision = _SHAPES.get((kind, *names), "unknown")
    if not all(dates) or dates != sorted(dates):
        precision = "unknown"
    values = dict(zip(("from", "to"), dates, strict=False)) if precision != "unknown" else {}
    words = [] if values else [f"{name} {given[name]}" for name in names]
    kept = "" if (precision, kind) in _SAID_BY_PRECISION else kind
    return {"precision": precision, **values, "note": "; ".join(filter(None, (kept, *words, note)))}


def day_of(text: str) -> str:
    """A day in our form, without the time zone that some have behind them; empty where it is none."""
    try:
        return normalise_date(_TIME_ZONE.sub("", text))
    except MalformedError:
        return ""


def _date_of(text: str) -> str:
    """As ``day_of``, of a day, month or year."""
    try:
        return normalise_partial_date(_TIME_ZONE.sub("", text))
    except MalformedError:
        return ""
