"""Times in columns: seconds since the epoch."""

from datetime import UTC, datetime


def seconds(at: datetime) -> float:
    """A column's value for an aware time."""
    return at.timestamp()


def at(value: float) -> datetime:
    """The aware time of a column's value."""
    return datetime.fromtimestamp(value, UTC)


def at_or_none(value: float | None) -> datetime | None:
    """The aware time of a column's value that may be missing."""
    return None if value is None else at(value)
