"""Pending entries, and where those stand that the sequencer has placed, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from comity.ids import EntryId
from comity.ledger.entry import Entry
from comity.store.schema import ledger_entry, pending_entry, sequenced
from comity.store.times import at, seconds
from comity.tiles.sequencer import Placed, Through

_DELETE = delete(pending_entry).where(pending_entry.c.row == bindparam("number"))


class EntryPlace(msgspec.Struct, frozen=True):
    """Where an entry stands in the ledger's files."""

    id: EntryId
    period: str
    index: int
    kind: str
    at: datetime


def pending(connection: Connection, most: int) -> list[tuple[int, Entry]]:
    """Up to ``most`` pending rows with their numbers, the oldest first."""
    rows = connection.execute(select(pending_entry).order_by(pending_entry.c.row).limit(most))
    return [(row.row, Entry(row.leaf, row.salt, row.content)) for row in rows]


def record_placed(connection: Connection, placed: Sequence[Placed], through: Through) -> None:
    """Delete the rows placed, insert their projections, note how far the ledger is known."""
    numbers = [{"number": each.pending} for each in placed if each.pending is not None]
    if numbers:
        connection.execute(_DELETE, numbers)
    if placed:
        connection.execute(
            insert(ledger_entry),
            [
                {
                    "id": each.id,
                    "period": each.period,
                    "position": each.index,
                    "kind": each.kind,
                    "at": seconds(each.at),
                }
                for each in placed
            ],
        )
    values = {
        "period": through.period,
        "log_size": through.log_size,
        "segment_position": through.segment_position,
    }
    if not connection.execute(update(sequenced).values(values)).rowcount:
        connection.execute(insert(sequenced).values(one=1, **values))


def through(connection: Connection) -> Through:
    """How far the ledger is known; all zero before the first time."""
    row = connection.execute(select(sequenced)).one_or_none()
    return Through("", 0, 0) if row is None else Through(row.period, row.log_size, row.segment_position)


def find_place(connection: Connection, entry: EntryId) -> EntryPlace | None:
    """Where the entry of that name stands; None while it is pending, or where there is none."""
    row = connection.execute(select(ledger_entry).where(ledger_entry.c.id == entry)).one_or_none()
    return None if row is None else _place(row)


def list_places(connection: Connection, *, before: tuple[str, int] | None, most: int, kind: str) -> list[EntryPlace]:
    """Up to ``most`` entries, the newest first, from before a period and index on; of one kind if it is named."""
    query = select(ledger_entry).order_by(ledger_entry.c.period.desc(), ledger_entry.c.position.desc()).limit(most)
    if before is not None:
        period, position = before
        query = query.where(
            (ledger_entry.c.period < period)
            | ((ledger_entry.c.period == period) & (ledger_entry.c.position < position))
        )
    if kind:
        query = query.where(ledger_entry.c.kind == kind)
    return [_place(row) for row in connection.execute(query)]


def count_pending(connection: Connection) -> int:
    """How many entries wait for the sequencer in the database."""
    found: int = connection.execute(select(func.count()).select_from(pending_entry)).scalar_one()
    return found


def follow_places(connection: Connection, kind: str, after: tuple[str, int], most: int) -> list[EntryPlace]:
    """Up to ``most`` entries of one kind, the oldest first, from after a period and index on."""
    period, position = after
    rows = connection.execute(
        select(ledger_entry)
        .where(
            ledger_entry.c.kind == kind,
            (ledger_entry.c.period > period)
            | ((ledger_entry.c.period == period) & (ledger_entry.c.position > position)),
        )
        .order_by(ledger_entry.c.period, ledger_entry.c.position)
        .limit(most)
    )
    return [_place(row) for row in rows]


def _place(row: Row[Any]) -> EntryPlace:
    return EntryPlace(EntryId(row.id), row.period, row.position, row.kind, at(row.at))
