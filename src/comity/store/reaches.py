"""Who could see something of each change to a register, in SQL."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, Text, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from comity.ids import RegisterName
from comity.plug import StorePart
from comity.store.schema import metadata

# Who could see something of a change: what was taken out cannot be asked any more once its bytes are gone.
reach = Table(
    "reach",
    metadata,
    Column("register", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("audience", Text, nullable=False),
)


def find_reach(connection: Connection, register: RegisterName, position: int) -> str:
    """Who could see anything of one change; empty before that was noted."""
    where = (reach.c.register == register, reach.c.position == position)
    found: str | None = connection.execute(select(reach.c.audience).where(*where)).scalar_one_or_none()
    return found or ""


def note_reaches(connection: Connection, register: RegisterName, reaches: Mapping[int, str]) -> None:
    """Who could see something of the changes at these positions; what was noted once stays."""
    rows = [{"register": register, "position": place, "audience": text} for place, text in reaches.items()]
    connection.execute(insert_or(reach).on_conflict_do_nothing(), rows)


PART: Final = StorePart(tables=(reach,))
