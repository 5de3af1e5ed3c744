"""The ground of all tables. Each noun's stand in its own file; migrations make them, and a test compares the two.

Times are seconds since the epoch, UTC: one form for every database, and arithmetic stays exact enough for a bureau.
"""

from typing import Final

from sqlalchemy import MetaData, Table

from comity.capabilities import parts
from comity.plug import StorePart

metadata: Final = MetaData()
"""What a noun's tables are made with. It has those of the files that are loaded: whoever wants them all asks below."""


def whole_schema() -> MetaData:
    """The metadata with every table in it: the parts of the store are loaded first."""
    all_tables()
    return metadata


def all_tables() -> tuple[Table, ...]:
    """Every table of a node, in the nouns' order."""
    return tuple(table for part in parts("store", StorePart) for table in part.tables)
