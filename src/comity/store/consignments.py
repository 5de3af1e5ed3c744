"""Consignments, in SQL."""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from comity.damage import OnDamage, read_all, read_one
from comity.ids import MemberCode, RegisterName
from comity.plug import StorePart
from comity.registers.consignment import (
    ConsignmentKept,
    ConsignmentSettled,
    ConsignmentState,
    KeptConsignment,
)
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.store.view import StoreView

consignment = Table(
    "consignment",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("register", String, nullable=False),
    Column("frame", LargeBinary, nullable=False),  # as it was signed
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("officer", String, nullable=False),
    Column("origin", String),  # what its records were read from
    Column("file", String, unique=True),  # the file that was brought for it: nothing enters one twice
    Index("consignment_state", "state", "source"),
    sqlite_autoincrement=True,
)

_HASH: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_UNDERWAY = ConsignmentState.UNDERWAY.value
_FIND = Prepared(select(consignment).where(consignment.c.id == bindparam("id")))
_LIST_UNDERWAY = Prepared(
    select(consignment)
    .where(consignment.c.state == _UNDERWAY, consignment.c.row > bindparam("after"))
    .order_by(consignment.c.row)
    .limit(bindparam("most"))
)


def find_consignment(connection: Connection, name: str) -> KeptConsignment | None:
    """The consignment of that name."""
    row = _FIND.find(connection, {"id": name})
    return None if row is None else read_one(row, _kept)


def find_by_file(connection: Connection, file: str) -> KeptConsignment | None:
    """The one by which a file that was brought here was entered."""
    row = connection.execute(select(consignment).where(consignment.c.file == file)).first() if file else None
    return None if row is None else read_one(row, _kept)


def list_all(connection: Connection, after: int, most: int) -> list[tuple[int, str, KeptConsignment | None]]:
    """Consignments with row and name, the oldest first, from after a row on; None for one that cannot be read."""
    rows = connection.execute(
        select(consignment).where(consignment.c.row > after).order_by(consignment.c.row).limit(most)
    )
    return [(row.row, row.id, read_one(row, _kept)) for row in rows]


def count_consignments(connection: Connection, source: MemberCode) -> int:
    """How many of that source are underway here."""
    found: int = connection.execute(
        select(func.count())
        .select_from(consignment)
        .where(consignment.c.source == source, consignment.c.state == _UNDERWAY)
    ).scalar_one()
    return found


def list_consigned(connection: Connection, source: MemberCode, register: RegisterName) -> list[KeptConsignment]:
    """Those of one source and register whose fate is not known."""
    where = (consignment.c.source == source, consignment.c.register == register, consignment.c.state == _UNDERWAY)
    return read_all(connection.execute(select(consignment).where(*where).order_by(consignment.c.row)), _kept)


def list_underway(
    connection: Connection, most: int, after: int = 0, on_damage: OnDamage | None = None
) -> list[tuple[int, KeptConsignment]]:
    """Those whose fate is not known, the oldest first, with their row, from after a row on."""
    rows = _LIST_UNDERWAY.list(connection, {"after": after, "most": most})
    return read_all(rows, lambda row: (row.row, _kept(row)), on_damage)


def names_underway(connection: Connection) -> set[str]:
    """Everything that consignments under way name by a hash, batches among it, whether they can be read or not."""
    frames = connection.execute(select(consignment.c.frame).where(consignment.c.state == _UNDERWAY))
    return {found.decode() for row in frames for found in _HASH.findall(row.frame)}


def list_consignments(
    connection: Connection, source: MemberCode, most: int, on_damage: OnDamage | None = None
) -> list[KeptConsignment]:
    """Those of one source, the newest first."""
    rows = connection.execute(
        select(consignment).where(consignment.c.source == source).order_by(consignment.c.row.desc()).limit(most)
    )
    return read_all(rows, _kept, on_damage)


def list_origins(
    connection: Connection, source: MemberCode, register: RegisterName, most: int
) -> list[tuple[datetime, str]]:
    """When and from what those of one source and register were read that were not refused, the newest first."""
    rows = connection.execute(
        select(consignment.c.at, consignment.c.origin)
        .where(
            consignment.c.source == source,
            consignment.c.register == register,
            consignment.c.state != ConsignmentState.REFUSED.value,
        )
        .order_by(consignment.c.row.desc())
        .limit(most)
    )
    return [(at(row.at), row.origin or "") for row in rows]


def keep(connection: Connection, change: ConsignmentKept) -> None:
    """A consignment was signed here, or has come in."""
    new = change.consignment
    connection.execute(
        insert(consignment).values(
            id=new.id,
            source=new.source,
            register=new.register,
            frame=new.frame,
            state=new.state.value,
            at=seconds(new.at),
            officer=new.officer,
            file=new.file or None,
            origin=new.origin,
        )
    )


def settle(connection: Connection, change: ConsignmentSettled) -> None:
    """Its fate is known; once known it stays."""
    connection.execute(
        update(consignment)
        .where(consignment.c.id == change.id, consignment.c.state == _UNDERWAY)
        .values(state=change.state.value)
    )


def _kept(row: Row[Any]) -> KeptConsignment:
    return KeptConsignment(
        row.id,
        MemberCode(row.source),
        RegisterName(row.register),
        row.frame,
        ConsignmentState(row.state),
        at(row.at),
        row.officer,
        row.file or "",
        row.origin or "",
    )


class StoredConsignments(StoreView):
    """What acts read of consignments."""

    def find_consignment(self, name: str) -> KeptConsignment | None:
        """The consignment of that name."""
        return self._read(find_consignment, name)

    def count_consignments(self, source: MemberCode) -> int:
        """How many of that source are underway here."""
        return self._read(count_consignments, source)

    def list_consigned(self, source: MemberCode, register: RegisterName) -> list[KeptConsignment]:
        """Those of that source and register that are underway here."""
        return self._read(list_consigned, source, register)


PART: Final = StorePart(
    tables=(consignment,),
    changes={ConsignmentKept: keep, ConsignmentSettled: settle},
    view=StoredConsignments,
)
