"""When the first of what each batch still has is over, in SQL: it follows from the batch files."""

from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Float, Index, Integer, Table, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from comity.ids import BatchId
from comity.plug import StorePart
from comity.store.batches import batch
from comity.store.schema import metadata
from comity.store.times import seconds

batch_end = Table(
    "batch_end",
    metadata,
    Column("batch", Integer, primary_key=True),  # its row in the catalogue
    Column("ends_at", Float),  # empty where nothing of it is left
    Index("batch_end_first", "ends_at"),
)


def list_unknown(connection: Connection, most: int) -> list[BatchId]:
    """Batches of which it is not known yet, the oldest first."""
    query = select(batch.c.id).outerjoin(batch_end, batch_end.c.batch == batch.c.row).where(batch_end.c.batch.is_(None))
    return [BatchId(row.id) for row in connection.execute(query.order_by(batch.c.row).limit(most))]


def list_due(connection: Connection, now: datetime, most: int) -> list[BatchId]:
    """Batches that have something that is over, that which is so for longest first."""
    query = select(batch.c.id).join(batch_end, batch_end.c.batch == batch.c.row)
    query = query.where(batch_end.c.ends_at <= seconds(now)).order_by(batch_end.c.ends_at).limit(most)
    return [BatchId(row.id) for row in connection.execute(query)]


def note_end(connection: Connection, name: BatchId, ends_at: datetime | None) -> None:
    """The first of what a batch still has is over then; None where nothing is left."""
    row = connection.execute(select(batch.c.row).where(batch.c.id == name)).scalar_one_or_none()
    if row is not None:
        value = None if ends_at is None else seconds(ends_at)
        there = insert_or(batch_end).values(batch=row, ends_at=value)
        connection.execute(there.on_conflict_do_update(index_elements=["batch"], set_={"ends_at": value}))


PART: Final = StorePart(tables=(batch_end,))
