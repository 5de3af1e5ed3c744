"""The time of a face: for the list of the shift and for what is fresh; never for evidence, which the node dates."""

from datetime import UTC, datetime


def now() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)
