"""The records that this bureau has entered, in SQL: by what they are listed and found.

It follows from batch files and catalogue, and can be made anew from them. What a record says stands in its file alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import insert as insert_or

from comity.damage import read_all
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, record_id
from comity.plug import StorePart
from comity.store.batches import batch, removal, removal_row
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, seconds

own_record = Table(
    "own_record",
    metadata,
    Column("batch", Integer, primary_key=True),  # its row in the catalogue
    Column("place", Integer, primary_key=True),
    Column("register", String, nullable=False),
    Column("status", String, nullable=False),  # a word of the register's; empty where it has none
    Column("ends_at", Float, nullable=False),
    Column("known_by", LargeBinary, nullable=False),  # a hash of what people call it
    Index("own_record_known", "register", "known_by"),
    Index("own_record_newest", "register", "batch", "place"),
    Index("own_record_status", "register", "status", "batch", "place"),
    Index("own_record_status_end", "register", "status", "ends_at", "batch", "place"),
    Index("own_record_end", "register", "ends_at", "batch", "place"),
    sqlite_with_rowid=False,
)

# By what registers find them: hashes, never names.
own_key = Table(
    "own_key",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# How far each register's changes are listed.
own_through = Table(
    "own_through",
    metadata,
    Column("register", String, primary_key=True),
    Column("position", Integer, nullable=False),
    sqlite_with_rowid=False,
)

_RECORDS = Prepared(insert(own_record).prefix_with("OR REPLACE"))  # again after a kill, it is the same
_KEYS = Prepared(insert(own_key).prefix_with("OR IGNORE"))
_FORGET = Prepared(
    delete(own_key).where(
        own_key.c.key == bindparam("key"), own_key.c.batch == bindparam("batch"), own_key.c.place == bindparam("place")
    )
)
_KEY = Prepared(
    select(own_key.c.place).where(
        own_key.c.key == bindparam("key"), own_key.c.batch == bindparam("batch"), own_key.c.place == bindparam("place")
    )
)
_ROW = select(batch.c.row).where(batch.c.id == bindparam("id"))


class OwnRow(NamedTuple):
    """One record of a batch, as it is listed: where it stands, its status, its end, by what it is known and found."""

    place: int
    status: str
    ends_at: datetime
    known_by: bytes
    keys: tuple[bytes, ...]


class OwnKey(NamedTuple):
    """That a record is found by a key: the record by its batch's row and its place there."""

    key: bytes
    batch: int
    place: int


NO_KEY: Final = OwnKey(b"", 0, 0)


class Place(NamedTuple):
    """Where a record stands in the list: by its batch's row and its place there, or by when it ends first."""

    batch: int
    place: int
    ends_at: float


class Listed(NamedTuple):
    """A record in the list."""

    at: Place
    record: RecordId
    register: RegisterName


class Sought(NamedTuple):
    """Which records are wanted: what is None leaves nothing out.

    ``keys``: those that are found by one of these; ``batches``: those that came in one of these; ``known_by``: those
    that are called so. They end behind
    ``ends_after``, and not behind ``ends_by``.
    """

    register: RegisterName
    status: str | None = None
    ends_after: datetime | None = None
    ends_by: datetime | None = None
    keys: tuple[bytes, ...] | None = None
    batches: tuple[BatchId, ...] | None = None
    known_by: tuple[bytes, ...] | None = None


def listed_through(connection: Connection, register: RegisterName) -> int:
    """The position of the last change of a register that is listed; 0 for none."""
    found = connection.execute(select(own_through.c.position).where(own_through.c.register == register))
    return found.scalar_one_or_none() or 0


def note_through(connection: Connection, register: RegisterName, position: int) -> None:
    """All changes up to that position are listed."""
    there = insert_or(own_through).values(register=register, position=position)
    connection.execute(there.on_conflict_do_update(index_elements=["register"], set_={"position": position}))


def put(connection: Connection, register: RegisterName, name: BatchId, found: Sequence[OwnRow]) -> None:
    """List records of a batch that the catalogue has."""
    number = connection.execute(_ROW, {"id": name}).scalar_one()
    _RECORDS.run_many(
        connection,
        ("batch", "place", "register", "status", "ends_at", "known_by"),
        [(number, row.place, register, row.status, seconds(row.ends_at), row.known_by) for row in found],
    )
    keys = sorted((key, number, row.place) for row in found for key in row.keys)
    _KEYS.run_many(connection, ("key", "batch", "place"), keys)


def remove(connection: Connection, name: BatchId, places: Iterable[int]) -> None:
    """List records of a batch no more. What they were found by goes in a round of its own (``list_loose_keys``)."""
    number = connection.execute(_ROW, {"id": name}).scalar_one_or_none()
    connection.execute(delete(own_record).where(own_record.c.batch == number, own_record.c.place.in_(list(places))))


def remove_keys(connection: Connection, found: Sequence[OwnKey]) -> None:
    """Nothing is found by these any more."""
    _FORGET.run_many(connection, ("key", "batch", "place"), found)


def list_loose_keys(connection: Connection, after: OwnKey, most: int) -> tuple[list[OwnKey], OwnKey | None]:
    """Of up to ``most`` keys behind one, those of records that are not listed; and the last, None at the end."""
    here = tuple_(own_key.c.key, own_key.c.batch, own_key.c.place)
    page = select(own_key).where(here > tuple_(*after)).order_by(*own_key.primary_key.columns).limit(most).subquery()
    of_it = (own_record.c.batch == page.c.batch) & (own_record.c.place == page.c.place)
    rows = connection.execute(
        select(page, own_record.c.place.label("listed"))
        .select_from(page.outerjoin(own_record, of_it))
        .order_by(page.c.key, page.c.batch, page.c.place)
    ).all()
    loose = [OwnKey(row.key, row.batch, row.place) for row in rows if row.listed is None]
    return loose, OwnKey(rows[-1].key, rows[-1].batch, rows[-1].place) if rows else None


def put_right(
    connection: Connection, register: RegisterName, name: BatchId, places: Iterable[int], found: Sequence[OwnRow]
) -> None:
    """What is listed at these places of a batch is what was ``found``."""
    remove(connection, name, places)
    put(connection, register, name, found)


def as_listed(register: RegisterName, row: OwnRow) -> tuple[Any, ...]:
    """A record as ``list_rows`` gives it."""
    return register, row.status, seconds(row.ends_at), row.known_by


def list_records(
    connection: Connection, sought: Sought, *, after: Place | None, most: int, by_end: bool = False
) -> list[Listed]:
    """Up to ``most`` records that are sought and were not taken out, the newest first, from behind a place on.

    ``by_end`` lists first those that end first.
    """
    record = own_record.c
    query = _sought(select(record.batch, record.place, record.ends_at, record.register, batch.c.id), sought)
    if by_end:
        query = query.order_by(record.ends_at, record.batch, record.place)
        if after is not None:
            here = (after.ends_at, after.batch, after.place)
            query = query.where(tuple_(record.ends_at, record.batch, record.place) > tuple_(*here))
    else:
        query = query.order_by(record.batch.desc(), record.place.desc())
        if after is not None:
            query = query.where(tuple_(record.batch, record.place) < tuple_(after.batch, after.place))
    return read_all(connection.execute(query.limit(most)), _listed)


def count_records(connection: Connection, sought: Sought, most: int) -> int:
    """How many records are sought and were not taken out, counted up to ``most``."""
    found = _sought(select(own_record.c.batch), sought).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def list_gone(
    connection: Connection, register: RegisterName, source: MemberCode, *, after: int, most: int
) -> list[tuple[int, RecordId, datetime]]:
    """Up to ``most`` records of a source that went out of a register, the last first, from before a row on; 0: all."""
    query = select(removal_row.label("row"), removal.c.record, removal.c.at).where(
        removal.c.register == register, removal.c.source == source
    )
    if after:
        query = query.where(removal_row < after)
    rows = connection.execute(query.order_by(removal_row.desc()).limit(most))
    return [(row.row, RecordId(row.record), at(row.at)) for row in rows]


def list_rows(connection: Connection, name: BatchId, start: int, stop: int) -> dict[int, tuple[Any, ...]]:
    """What is listed of a batch, by place from ``start`` to before ``stop``: register, status, end, name."""
    number = connection.execute(_ROW, {"id": name}).scalar_one_or_none()
    rows = select(own_record).where(own_record.c.batch == number, own_record.c.place.between(start, stop - 1))
    return {row.place: (row.register, row.status, row.ends_at, row.known_by) for row in connection.execute(rows)}


def list_unfound(connection: Connection, name: BatchId, found: Sequence[OwnRow]) -> list[int]:
    """The places of a batch whose records are not found by all their keys."""
    number = connection.execute(_ROW, {"id": name}).scalar_one_or_none()
    return [
        row.place
        for row in found
        if any(_KEY.find(connection, {"key": key, "batch": number, "place": row.place}) is None for key in row.keys)
    ]


def _sought(query: Select[Any], sought: Sought) -> Select[Any]:
    record = own_record.c
    name = batch.c.id + "." + record.place.cast(String)
    whole = own_record.join(batch, batch.c.row == record.batch)
    if sought.keys is not None:  # what is found by these first: it is little of the whole
        found = select(own_key.c.batch, own_key.c.place).where(own_key.c.key.in_(sought.keys)).distinct().subquery()
        whole = whole.join(found, (found.c.batch == record.batch) & (found.c.place == record.place))
    query = (
        query.select_from(whole)
        .where(record.register == sought.register)
        .where(~select(removal.c.record).where(removal.c.record == name).exists())
    )
    if sought.status is not None:
        query = query.where(record.status == sought.status)
    if sought.ends_after is not None:
        query = query.where(record.ends_at > seconds(sought.ends_after))
    if sought.ends_by is not None:
        query = query.where(record.ends_at <= seconds(sought.ends_by))
    if sought.known_by is not None:
        query = query.where(record.known_by.in_(sought.known_by))
    if sought.batches is not None:
        query = query.where(record.batch.in_(select(batch.c.row).where(batch.c.id.in_(sought.batches))))
    return query


def _listed(row: Row[Any]) -> Listed:
    where = Place(row.batch, row.place, row.ends_at)
    return Listed(where, record_id(BatchId(row.id), row.place), RegisterName(row.register))


PART: Final = StorePart(tables=(own_record, own_key, own_through))
