"""Reading many rows, of which one may be damaged: the others are read all the same."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from sqlalchemy import Row

_log = structlog.get_logger(__name__)
T = TypeVar("T")
_DAMAGED = (ValueError, TypeError, OverflowError, OSError)
"""What damaged values raise where they are used."""
OnDamage = Callable[[str, Exception], None]
"""Hears of a row that cannot be read: its name, and what was raised."""


def say_damage(name: str, error: Exception) -> None:
    """Where nobody else keeps it in mind, the diagnostics have it."""
    _log.error("store.unreadable_row", name=name, reason=type(error).__name__)


def readable(rows: Iterable[Row[Any]], read: Callable[[Row[Any]], T], on_damage: OnDamage = say_damage) -> list[T]:
    """What ``read`` makes of each row that it can read; ``on_damage`` hears of the others, which stay as they are."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except _DAMAGED as error:
            on_damage(f"row {row.id}", error)
    return found
