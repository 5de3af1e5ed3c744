"""Which blobs are here, wanted, and for whom, in SQL; their chunks are files."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Exists,
    Float,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from comity.damage import OnDamage, read_all
from comity.exchange.blob import BlobForgotten, BlobKept, BlobShared, BlobWanted
from comity.ids import BlobId, MemberCode
from comity.plug import StorePart
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, at_or_none, seconds
from comity.store.view import StoreView

# A blob is wanted while its manifest or a chunk is missing: next_at says when to try again, NULL that nothing is.
# It is here as long as anything names it.
blob = Table(
    "blob",
    metadata,
    Column("id", String, primary_key=True),
    Column("manifest", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, index=True),
    Column("expires_at", Float),
)

blob_name = Table(
    "blob_name",
    metadata,
    Column("blob", String, primary_key=True),
    Column("by", String, primary_key=True),  # the message or consignment that names it; empty for what is not known
    Column("holder", String, nullable=False),  # from whom it is pulled; empty for what was made here
)

blob_reader = Table(
    "blob_reader",
    metadata,
    Column("blob", String, primary_key=True),
    Column("member", String, primary_key=True),
)

_RANKED = (
    select(
        blob.c.id,
        func.row_number().over(partition_by=blob_name.c.holder, order_by=(blob.c.next_at, blob.c.id)).label("place"),
    )
    .select_from(blob.outerjoin(blob_name, and_(blob_name.c.blob == blob.c.id, blob_name.c.holder != "")))
    .where(blob.c.next_at <= bindparam("now"))
    .subquery()
)
_DUE = Prepared(
    select(blob)
    .where(blob.c.id.in_(select(_RANKED.c.id).where(_RANKED.c.place <= bindparam("most"))))
    .order_by(blob.c.next_at, blob.c.id)
)
_HOLDERS = Prepared(
    select(blob_name.c.holder).where(blob_name.c.blob == bindparam("blob"), blob_name.c.holder != "").distinct()
)


class WantedBlob(msgspec.Struct, frozen=True):
    """A blob to be pulled from any of its ``holders``; ``manifest`` once it is known."""

    id: BlobId
    manifest: bytes | None
    holders: tuple[MemberCode, ...]
    attempts: int
    expires_at: datetime


def may_pull(connection: Connection, name: BlobId, member: MemberCode) -> bool:
    """Whether that member may pull it from here."""
    query = select(blob_reader.c.blob).where(blob_reader.c.blob == name, blob_reader.c.member == member)
    return connection.execute(query).first() is not None


def find_manifest(connection: Connection, name: BlobId) -> bytes | None:
    """The blob's manifest, once it is known here."""
    found: bytes | None = connection.execute(select(blob.c.manifest).where(blob.c.id == name)).scalar_one_or_none()
    return found


def names(connection: Connection) -> set[BlobId]:
    """All blobs that something names: here, or wanted."""
    return {BlobId(row.id) for row in connection.execute(select(blob.c.id).union(select(blob_name.c.blob)))}


def is_named(connection: Connection, name: BlobId) -> bool:
    """Whether anything names the blob."""
    rows = select(blob.c.id).where(blob.c.id == name).union(select(blob_name.c.blob).where(blob_name.c.blob == name))
    return connection.execute(rows).first() is not None


def due_blobs(connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None) -> list[WantedBlob]:
    """Blobs to be pulled whose time has come, ``most`` of each holder: nobody keeps another's from being seen."""
    due = _DUE.list(connection, {"now": seconds(now), "most": most})
    return read_all(due, lambda row: _wanted(connection, row), on_damage)


def forget(connection: Connection, change: BlobForgotten) -> None:
    """What named it does no more; nobody may pull what nothing names."""
    connection.execute(delete(blob_name).where(blob_name.c.blob == change.id, blob_name.c.by == change.by))
    for table, column in ((blob_reader, blob_reader.c.blob), (blob, blob.c.id)):
        connection.execute(delete(table).where(column == change.id, ~_is_named_as(change.id)))


def keep(connection: Connection, change: BlobKept) -> None:
    """A blob whose chunks are all here."""
    _put_name(connection, change.id, change.by, "")
    values = {"manifest": change.manifest, "next_at": None, "expires_at": None}
    connection.execute(
        insert(blob)
        .values(id=change.id, attempts=0, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def want(connection: Connection, change: BlobWanted) -> None:
    """A blob is to be pulled, until the latest end that was ever set; what was made here stays as it is.

    One that has come, or was given up, is looked at again.
    """
    _put_name(connection, change.id, change.by, change.holder)
    values = {"attempts": 0, "next_at": seconds(change.now), "expires_at": seconds(change.expires_at)}
    statement = insert(blob).values(id=change.id, **values)
    latest = func.max(func.coalesce(blob.c.expires_at, 0.0), statement.excluded.expires_at)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=values | {"expires_at": latest},
            where=~_is_named_as(change.id, blob_name.c.holder == ""),
        )
    )  # fmt: skip


def share(connection: Connection, change: BlobShared) -> None:
    """These members may pull it from here."""
    rows = [{"blob": change.id, "member": member} for member in change.members]
    connection.execute(insert(blob_reader).on_conflict_do_nothing(), rows)


def learn_manifest(connection: Connection, name: BlobId, manifest: bytes) -> None:
    """Note of which chunks a wanted blob is made."""
    connection.execute(update(blob).where(blob.c.id == name).values(manifest=manifest))


def is_wanted(connection: Connection, name: BlobId) -> bool:
    """Whether it is to be pulled, now or later."""
    return (
        connection.execute(select(blob.c.id).where(blob.c.id == name, blob.c.next_at.is_not(None))).first() is not None
    )


def list_holders(connection: Connection, name: BlobId) -> list[MemberCode]:
    """From whom it is pulled, of all that name it; nobody for what was made here."""
    return [MemberCode(each.holder) for each in _HOLDERS.list(connection, {"blob": name})]


def want_again(connection: Connection, name: BlobId, now: datetime, expires_at: datetime) -> bool:
    """A blob of which something was damaged is to be pulled anew; False where nobody else is known to have it."""
    query = update(blob).where(blob.c.id == name, _is_named_as(name, blob_name.c.holder != ""))
    values = {"next_at": seconds(now), "expires_at": seconds(expires_at), "attempts": 0}
    return bool(connection.execute(query.values(values)).rowcount)


def list_whole(connection: Connection, after: str, most: int) -> list[tuple[BlobId, bytes, datetime | None]]:
    """Blobs that are here, or were given up: name, manifest, and until when they were to be pulled."""
    query = select(blob).where(blob.c.id > after, blob.c.manifest.is_not(None), blob.c.next_at.is_(None))
    rows = connection.execute(query.order_by(blob.c.id).limit(most))
    return read_all(rows, lambda row: (BlobId(row.id), bytes(row.manifest), at_or_none(row.expires_at)))


def list_wanted(connection: Connection) -> list[tuple[BlobId, bytes]]:
    """Blobs that are to be pulled and of which it is known what they are made of: name and manifest."""
    query = select(blob).where(blob.c.manifest.is_not(None), blob.c.next_at.is_not(None))
    return read_all(connection.execute(query), lambda row: (BlobId(row.id), bytes(row.manifest)))


def put_off(connection: Connection, wanted: WantedBlob, next_at: datetime | None) -> None:
    """Try again then; None: it is here, or given up. Nothing where it was wanted for longer since it was read."""
    is_same = and_(blob.c.id == wanted.id, blob.c.expires_at == seconds(wanted.expires_at))
    value = seconds(next_at) if next_at else None
    connection.execute(update(blob).where(is_same).values(next_at=value, attempts=blob.c.attempts + 1))


def hasten(connection: Connection, now: datetime) -> None:
    """Let everything that is wanted be tried at once."""
    connection.execute(update(blob).where(blob.c.next_at > seconds(now)).values(next_at=seconds(now)))


def hasten_strays(connection: Connection, now: datetime, later: datetime) -> None:
    """Let what is wanted at a time behind ``later`` be tried at once: nobody puts anything off for that long."""
    connection.execute(update(blob).where(blob.c.next_at > seconds(later)).values(next_at=seconds(now)))


def _wanted(connection: Connection, row: Row[Any]) -> WantedBlob:
    holders = tuple(list_holders(connection, row.id))
    return WantedBlob(BlobId(row.id), row.manifest, holders, row.attempts, at(row.expires_at))


def _put_name(connection: Connection, name: BlobId, by: str, holder: str) -> None:
    connection.execute(insert(blob_name).values(blob=name, by=by, holder=holder).on_conflict_do_nothing())


def _is_named_as(name: BlobId, *how: ColumnElement[bool]) -> Exists:
    return exists().where(blob_name.c.blob == name, *how)


class StoredBlobs(StoreView):
    """What acts read of blobs."""

    def may_pull(self, blob: BlobId, member: MemberCode) -> bool:
        """Whether the blob is here for that member too."""
        return self._read(may_pull, blob, member)

    def find_manifest(self, blob: BlobId) -> bytes | None:
        """The blob's manifest, once it is known here."""
        return self._read(find_manifest, blob)


PART: Final = StorePart(
    tables=(blob, blob_name, blob_reader),
    changes={BlobKept: keep, BlobForgotten: forget, BlobWanted: want, BlobShared: share},
    view=StoredBlobs,
)
