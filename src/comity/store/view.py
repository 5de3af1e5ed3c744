"""What acts read of the store, noun by noun: each noun's file has its view, and ``unit.py`` makes one of them all."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from comity.store.opening import reading_rows

P = ParamSpec("P")
T = TypeVar("T")


class StoreView:
    """What one act sees of the store; a noun's view is one, with a method for each reading function of its file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _read(self, read: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read rows: CorruptError for those that are of no form that was ever written."""
        with reading_rows():
            return read(self._connection, *args, **kwargs)
