"""Going through a whole table, page by page."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection

from comity.damage import verify_advance
from comity.store.catalogue import Rows

PAGE: Final = 200

Row_co = TypeVar("Row_co", covariant=True)


class Pages(Protocol[Row_co]):
    """Reads one page of a table, in the order of the rows' places."""

    def __call__(self, connection: Connection, after: Any, most: int) -> Sequence[Row_co]:
        """Up to ``most`` rows behind the place ``after``."""


def go_through(rows: Rows, read: Pages[Row_co], start: Any, place_of: Callable[[Any], Any]) -> Iterator[Row_co]:
    """Everything that ``read`` gives behind ``start``; CorruptError for a page that does not advance."""
    after = start
    while page := rows.read_rows(partial(read, after=after, most=PAGE)):
        places = [place_of(row) for row in page]
        verify_advance(after, places)
        yield from page
        after = places[-1]
