"""What the secretariat decided to publish in the directory and has not yet published, in SQL."""

from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
)

from comity.members.measure import PublicationAsked
from comity.plug import StorePart
from comity.store.schema import metadata

publication = Table(
    "publication",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


def ask(connection: Connection, change: PublicationAsked) -> None:
    """Keep what was decided until it is published."""
    connection.execute(insert(publication).values(kind=change.kind, body=change.body))


def list_asked(connection: Connection) -> list[tuple[int, PublicationAsked]]:
    """What waits, in the order in which it was decided, with its row."""
    rows = connection.execute(select(publication).order_by(publication.c.row))
    return [(row.row, PublicationAsked(row.kind, row.body)) for row in rows]


def settle(connection: Connection, row: int) -> None:
    """It is published."""
    connection.execute(delete(publication).where(publication.c.row == row))


PART: Final = StorePart(
    tables=(publication,),
    changes={PublicationAsked: ask},
)
