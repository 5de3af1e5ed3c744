"""Statements that acts run again and again: built by SQLAlchemy once, run by the driver itself.

SQLAlchemy's own course from a statement to its rows takes five to ten times as long as SQLite does for one row, and all
of it while the writer holds up everybody else.
"""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects.sqlite import dialect

from comity.store.transactions import driver_of


class Prepared:
    """A statement with named parameters; an insertion's are its ``columns``, all those of the table unless given.

    Values go to the driver as they are: integers, strings, bytes, None.
    """

    def __init__(self, statement: Insert | Select[Any] | Update | Delete, *columns: str) -> None:
        compiled = statement.compile(dialect=dialect(paramstyle="named"), column_keys=columns or None)
        self._sql = str(compiled)
        by_place = statement.compile(dialect=dialect(paramstyle="qmark"), column_keys=columns or None)
        self._sql_by_place, self._places = str(by_place), tuple(by_place.positiontup or ())
        # What SQLAlchemy adds by itself, such as an offset of none, and what the statement was built with.
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        names = statement.selected_columns.keys() if isinstance(statement, Select) else ()
        row = namedtuple("row", names)  # type: ignore[misc] # noqa: PYI024 - the columns are known here only
        self._row = row._make

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change rows; how many were."""
        changed: int = self._execute(connection, values).rowcount
        return changed

    def run_many(self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        """Change rows for each of the values, which stand in the order of ``names``, the statement's own."""
        if names != self._places:
            raise TypeError(f"The statement has its parameters as {self._places}.")
        driver_of(connection).executemany(self._sql_by_place, rows)

    def find(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, its columns by name; None where there is none."""
        found = self._execute(connection, values).fetchone()
        return None if found is None else self._row(found)

    def list(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows, their columns by name."""
        return [self._row(each) for each in self._execute(connection, values)]

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        return driver_of(connection).execute(self._sql, {**self._fixed, **values})
