"""The catalogue of registers, in SQL."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_or

from comity.damage import read_all, read_one, verify_advance
from comity.ids import BatchId, MemberCode, RecordId, RegisterName
from comity.plug import StorePart
from comity.registers.catalogue import CatalogueEntry, Change, RegisterChanged
from comity.store.prepared import Prepared
from comity.store.reaches import find_reach, reach
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.store.view import StoreView

batch = Table(
    "batch",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("register", String, nullable=False),
    Column("position", Integer, nullable=False),  # in its register's catalogue, from 1
    Column("source", String, nullable=False),
    Column("records", Integer, nullable=False),
    Column("entered_at", Float, nullable=False),
    Column(
        "own_position", Integer, nullable=False, server_default="0"
    ),  # among its source's changes to the register, from 1
    Index("batch_place", "register", "position"),
    Index("batch_own", "register", "source", "own_position"),
    sqlite_autoincrement=True,
)

removal = Table(
    "removal",
    metadata,
    Column("record", String, primary_key=True),
    Column("register", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("is_erased", Boolean, nullable=False),  # the bytes go once no index names them any more
    Column("own_position", Integer, nullable=False, server_default="0"),  # as a batch's
    Index("removal_place", "register", "position"),
    Index("removal_own", "register", "source", "own_position"),
)


class Removed(NamedTuple):
    """A record that was taken out of a register by its source; ``row`` counts as they were."""

    record: RecordId
    register: RegisterName
    source: MemberCode
    row: int


_PLACES = union_all(
    select(batch.c.position).where(batch.c.register == bindparam("register")),
    select(removal.c.position).where(removal.c.register == bindparam("register")),
).subquery()
_POSITION = select(func.coalesce(func.max(_PLACES.c.position), 0))
_OWN_PLACES = union_all(
    *(
        select(table.c.own_position).where(
            table.c.register == bindparam("register"), table.c.source == bindparam("source")
        )
        for table in (batch, removal)
    )
).subquery()
_OWN_POSITION = select(func.coalesce(func.max(_OWN_PLACES.c.own_position), 0))
removal_row: ColumnElement[int] = literal_column(
    "rowid"
)  # SQLite numbers the rows of a table that has no number of its own
_NUMBERED = ((batch, batch.c.row), (removal, removal_row))
_BATCH = Prepared(select(batch).where(batch.c.id == bindparam("id")))
_REMOVED = Prepared(select(removal.c.record).where(removal.c.record == bindparam("record")))
_UNERASED = Prepared(
    select(removal.c.record)
    .where(
        removal.c.register == bindparam("register"),
        removal.c.position <= bindparam("through"),
        removal.c.record > bindparam("after"),
        removal.c.is_erased.is_(False),
    )
    .order_by(removal.c.record)
    .limit(bindparam("most"))
)


def _within(table: Table) -> ColumnElement[bool]:
    """The changes of a register behind a position, up to another."""
    is_within = (table.c.position > bindparam("after")) & (table.c.position <= bindparam("last"))
    return (table.c.register == bindparam("register")) & is_within


_BATCHES_OF = Prepared(select(batch.c.position, batch.c.source, batch.c.id).where(_within(batch)).order_by(batch.c.row))
_REMOVALS_OF = Prepared(
    select(removal.c.position, removal.c.source, removal.c.record).where(_within(removal)).order_by(removal.c.record)
)
_REACHED = Prepared(select(reach.c.position, reach.c.audience).where(_within(reach)))


def list_all(connection: Connection, after: int, most: int) -> list[tuple[int, str, CatalogueEntry | None]]:
    """Batches with row and name, the oldest first, from after a row on; None for one that cannot be read."""
    rows = connection.execute(select(batch).where(batch.c.row > after).order_by(batch.c.row).limit(most))
    return [(row.row, row.id, read_one(row, _entry)) for row in rows]


def list_all_removed(connection: Connection, after: str, most: int) -> list[Removed]:
    """Records that were taken out, from after a name on."""
    query = (
        select(removal, removal_row.label("row")).where(removal.c.record > after).order_by(removal.c.record).limit(most)
    )
    return read_all(
        connection.execute(query),
        lambda row: Removed(RecordId(row.record), RegisterName(row.register), MemberCode(row.source), row.row),
    )


def last_rows(connection: Connection) -> tuple[int, int]:
    """The numbers of the last batch's row and of the last row of what was taken out; 0 for none."""
    last = (select(func.coalesce(func.max(row), 0)).select_from(each) for each, row in _NUMBERED)
    batches, removals = (connection.execute(query).scalar_one() for query in last)
    return batches, removals


def list_removed_of(connection: Connection, batch_id: BatchId) -> set[RecordId]:
    """The records of one batch that were taken out."""
    within = removal.c.record.between(f"{batch_id}.", f"{batch_id}/")  # the character behind the point
    return {RecordId(row.record) for row in connection.execute(select(removal.c.record).where(within))}


def erase_again(connection: Connection, batch_id: BatchId) -> None:
    """What was taken out of a batch is to be erased once more: its file was fetched anew."""
    within = removal.c.record.between(f"{batch_id}.", f"{batch_id}/")
    connection.execute(update(removal).where(within).values(is_erased=False))


def position(connection: Connection, register: RegisterName) -> int:
    """The position of the last change; 0 for none."""
    return int(connection.execute(_POSITION, {"register": register}).scalar_one())


def own_position(connection: Connection, register: RegisterName, source: MemberCode) -> int:
    """How many changes of a register were that source's."""
    return int(connection.execute(_OWN_POSITION, {"register": register, "source": source}).scalar_one())


def count_in_force(connection: Connection, register: RegisterName, source: MemberCode) -> int:
    """How many records of that source the register has: all that came in, but those that went out."""
    entered = select(func.coalesce(func.sum(batch.c.records), 0)).where(
        batch.c.register == register, batch.c.source == source
    )
    gone = select(func.count()).select_from(removal).where(removal.c.register == register, removal.c.source == source)
    found: int = connection.execute(entered).scalar_one() - connection.execute(gone).scalar_one()
    return found


def find_batch(connection: Connection, name: BatchId) -> CatalogueEntry | None:
    """The batch of that name."""
    row = _BATCH.find(connection, {"id": name})
    return None if row is None else read_one(row, _entry)


def is_named(connection: Connection, name: BatchId) -> bool:
    """Whether the catalogue names a batch, readable or not."""
    return _BATCH.find(connection, {"id": name}) is not None


def is_removed(connection: Connection, record: RecordId) -> bool:
    """Whether its source took that record out."""
    return _REMOVED.find(connection, {"record": record}) is not None


def find_gone_at(connection: Connection, record: RecordId) -> datetime | None:
    """When a record went out of its register; None where it did not."""
    found = connection.execute(select(removal.c.at).where(removal.c.record == record)).scalar_one_or_none()
    return None if found is None else at(found)


def list_batches(connection: Connection, register: RegisterName, source: MemberCode) -> list[CatalogueEntry]:
    """All batches of one source in a register, the oldest first."""
    rows = connection.execute(
        select(batch).where(batch.c.register == register, batch.c.source == source).order_by(batch.c.row)
    )
    return read_all(rows, _entry)


def names(connection: Connection) -> set[BatchId]:
    """All batches in the catalogue."""
    return {BatchId(row.id) for row in connection.execute(select(batch.c.id))}


def list_removed(connection: Connection, register: RegisterName, source: MemberCode) -> set[RecordId]:
    """The records of one source that it took out of a register."""
    rows = connection.execute(
        select(removal.c.record).where(removal.c.register == register, removal.c.source == source)
    )
    return {RecordId(row.record) for row in rows}


def list_changes(connection: Connection, register: RegisterName, after: int, most: int) -> list[Change]:
    """Up to ``most`` changes of a register, from the one after position ``after`` on."""
    span = {"register": register, "after": after, "last": after + most}
    batches, removals = _BATCHES_OF.list(connection, span), _REMOVALS_OF.list(connection, span)
    reaches = {row.position: row.audience for row in _REACHED.list(connection, span)}
    came: dict[int, list[BatchId]] = {}
    went: dict[int, list[RecordId]] = {}
    sources: dict[int, MemberCode] = {}
    for row in batches:
        sources[row.position] = MemberCode(row.source)
        came.setdefault(row.position, []).append(BatchId(row.id))
    for row in removals:
        sources[row.position] = MemberCode(row.source)
        went.setdefault(row.position, []).append(RecordId(row.record))
    verify_advance(after, sorted(sources))
    return [
        Change(place, sources[place], tuple(came.get(place, ())), tuple(went.get(place, ())), reaches.get(place, ""))
        for place in sorted(sources)
    ]


def list_unerased(
    connection: Connection, register: RegisterName, through: int, after: str, most: int
) -> list[RecordId]:
    """Records taken out up to position ``through`` whose bytes are still there, from behind a name on."""
    asked = {"register": register, "through": through, "after": after, "most": most}
    found = [RecordId(row.record) for row in _UNERASED.list(connection, asked)]
    verify_advance(after, found)
    return found


def note_erased(connection: Connection, records: list[RecordId]) -> None:
    """Their bytes are gone."""
    connection.execute(update(removal).where(removal.c.record.in_(records)).values(is_erased=True))


def change(connection: Connection, change: RegisterChanged) -> None:
    """Put a change into the catalogue; a batch that is here, and a record that is gone, are no change."""
    batches = [each for each in change.batches if find_batch(connection, each.batch) is None]
    if not batches and not change.removed:
        return
    place = position(connection, change.register) + 1
    own_place = own_position(connection, change.register, change.source) + 1
    about = {
        "register": change.register, "position": place, "source": change.source, "own_position": own_place,
    }  # fmt: skip
    rows = [
        {"id": each.batch, "records": each.count, "entered_at": seconds(each.entered_at)} | about for each in batches
    ]
    if rows:
        connection.execute(insert(batch), rows)
    gone = [{"record": each, "at": seconds(change.at), "is_erased": False} | about for each in change.removed]
    if gone:
        connection.execute(insert_or(removal).on_conflict_do_nothing(), gone)


def put_back(connection: Connection, entry: CatalogueEntry) -> bool:
    """Give a batch that was lost its place again, as its act has said it; False where something else has it now."""
    for table in (batch, removal):
        at_place = select(table.c.position).where(
            table.c.register == entry.register, table.c.position == entry.position
        )
        if connection.execute(at_place.limit(1)).first() is not None:
            return False
    own_place = entry.own_position or own_position(connection, entry.register, entry.source) + 1
    values = {
        "id": entry.batch, "register": entry.register, "position": entry.position, "source": entry.source,
        "records": entry.count, "entered_at": seconds(entry.entered_at), "own_position": own_place,
    }  # fmt: skip
    connection.execute(insert(batch).values(values))
    return True


def correct_time(connection: Connection, name: BatchId, entered_at: datetime) -> None:
    """When a batch was entered, as its source signed it."""
    connection.execute(update(batch).where(batch.c.id == name).values(entered_at=seconds(entered_at)))


def _entry(row: Row[Any]) -> CatalogueEntry:
    return CatalogueEntry(
        BatchId(row.id),
        RegisterName(row.register),
        row.position,
        MemberCode(row.source),
        row.records,
        at(row.entered_at),
        row.own_position,
    )


class StoredBatches(StoreView):
    """What acts read of the catalogue."""

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""
        return self._read(position, register)

    def own_position(self, register: RegisterName, source: MemberCode) -> int:
        """How many changes of a register were that source's."""
        return self._read(own_position, register, source)

    def was_entered(self, batch: BatchId, offset: int, register: str, source: MemberCode) -> bool:
        """Whether a record came into the catalogue from that source, in that register, or in any where it is empty."""
        found = self.find_batch(batch)
        if found is None or found.source != source:
            return False
        return register in ("", found.register) and offset < found.count

    def find_batch(self, batch: BatchId) -> CatalogueEntry | None:
        """The batch of that name."""
        return self._read(find_batch, batch)

    def count_in_force(self, register: RegisterName, source: MemberCode) -> int:
        """How many records of that source the register has, those that have expired too."""
        return self._read(count_in_force, register, source)

    def reach_of(self, batch: CatalogueEntry) -> str:
        """Who could see anything of the change that the batch came with; empty before that was noted."""
        return self._read(find_reach, batch.register, batch.position)

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""
        return self._read(is_removed, record)

    def find_gone_at(self, record: RecordId) -> datetime | None:
        """When a record went out of its register; None where it did not."""
        return self._read(find_gone_at, record)


PART: Final = StorePart(
    tables=(batch, removal),
    changes={RegisterChanged: change},
    view=StoredBatches,
)
