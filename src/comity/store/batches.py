"""The catalogue of batches, in SQL."""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from comity.ids import BatchId, MemberCode, RegisterName
from comity.registers.catalogue import BatchTaken, CatalogueEntry
from comity.store.schema import batch
from comity.store.times import at, seconds

_POSITION = select(func.coalesce(func.max(batch.c.position), 0)).where(batch.c.register == bindparam("register"))
_BATCH = select(batch).where(batch.c.id == bindparam("id"))


def position(connection: Connection, register: RegisterName) -> int:
    """The position of the last batch taken; 0 for none."""
    found: int = connection.execute(_POSITION, {"register": register}).scalar_one()
    return found


def find_batch(connection: Connection, name: BatchId) -> CatalogueEntry | None:
    """The batch of that name."""
    row = connection.execute(_BATCH, {"id": name}).one_or_none()
    return None if row is None else _entry(row)


def list_batches(connection: Connection, register: RegisterName, after: int, most: int) -> list[CatalogueEntry]:
    """Up to ``most`` batches of a register, from the one after position ``after`` on."""
    rows = connection.execute(
        select(batch)
        .where(batch.c.register == register, batch.c.position > after)
        .order_by(batch.c.position)
        .limit(most)
    )
    return [_entry(row) for row in rows]


def take(connection: Connection, change: BatchTaken) -> None:
    """Put a batch into the catalogue, once."""
    if find_batch(connection, change.batch) is not None:
        return
    connection.execute(
        insert(batch).values(
            id=change.batch,
            register=change.register,
            position=position(connection, change.register) + 1,
            source=change.source,
            records=change.count,
            entered_at=seconds(change.entered_at),
        )
    )


def _entry(row: Row[Any]) -> CatalogueEntry:
    return CatalogueEntry(
        BatchId(row.id),
        RegisterName(row.register),
        row.position,
        MemberCode(row.source),
        row.records,
        at(row.entered_at),
    )
