"""Acts that have a time, in SQL: those that others have released, and the ends of those that wait."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)

from comity.damage import OnDamage, read_all, read_one
from comity.errors import CorruptError, UnknownError
from comity.plug import StorePart
from comity.store.held import act_of, columns_of, count_releases, find_held, list_held_names
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.texts import _
from comity.waiting import ActPutOff, DueAct, DueDropped, DueTaken, HeldAct, HeldState, VerifyHeld

# An act that is performed when its time has come, and is gone from here in the same transaction.
due_act = Table(
    "due_act",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("names", Text, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("held", String, nullable=False),
    sqlite_autoincrement=True,
)


_DUE = Prepared(
    select(due_act)
    .where((due_act.c.at <= bindparam("now")) | (due_act.c.held != ""))
    .order_by(due_act.c.at, due_act.c.row)
    .limit(bindparam("most"))
)


def put_off(connection: Connection, change: ActPutOff) -> None:
    """Keep an act until its time has come."""
    connection.execute(insert(due_act).values(**columns_of(change.act), at=seconds(change.at), held=change.held))


def take(connection: Connection, change: DueTaken) -> None:
    """It is performed now; UnknownError where it has been, and with it the transaction ends."""
    if not connection.execute(delete(due_act).where(due_act.c.row == change.row)).rowcount:
        raise UnknownError(_("This act has been performed already."), where="act")


def drop(connection: Connection, change: DueDropped) -> None:
    """Nothing is done of that held act any more."""
    connection.execute(delete(due_act).where(due_act.c.held == change.held))


def list_due(
    connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None,
    without: Collection[int] = (), *, verify: VerifyHeld,
) -> list[DueAct]:  # fmt: skip
    """Acts whose time has come, those that wait longest first; of those ``without``, which take up no place, none.

    What others have released is due, whatever its time: its held act says what is done, and how many have released it.
    That is as many as it took, of those who could speak then. Without so many words on it, nothing is done.
    """
    due = _DUE.list(connection, {"now": seconds(now), "most": most + len(without)})
    rows = [row for row in due if row.row not in without][:most]
    return read_all(rows, lambda row: _due(row, connection, verify), on_damage)


def find_due(connection: Connection, held: HeldAct, end: str) -> DueAct | None:
    """By which due act a held act is done, or is over at its time; None where there is none that is right."""
    is_its = due_act.c.held == held.id if held.state is HeldState.RELEASED else due_act.c.held == ""
    for row in connection.execute(select(due_act).where(is_its)):
        found = read_one(row, _due_of_row)
        if found is None:
            continue
        if held.state is HeldState.RELEASED and found.act == held.act:
            return found
        if held.state is HeldState.WAITING and found.act.kind == end and _is_end_of(found, held):
            return found
    return None


def _is_end_of(due: DueAct, held: HeldAct) -> bool:
    return due.act.on == held.id and due.at <= held.ends_at


def list_all_due(connection: Connection, after: int, most: int) -> list[tuple[int, str, DueAct | None]]:
    """All due acts with their rows and the held acts they do; None for one that cannot be read."""
    rows = connection.execute(select(due_act).where(due_act.c.row > after).order_by(due_act.c.row).limit(most))
    return [(row.row, str(row.held), read_one(row, _due_of_row)) for row in rows]


def which_are_due(connection: Connection, rows: Collection[int]) -> set[int]:
    """Those of ``rows`` that are still here."""
    return set(connection.execute(select(due_act.c.row).where(due_act.c.row.in_(rows))).scalars())


def drop_due(connection: Connection, row: int) -> bool:
    """Forget a due act that was changed: nobody performs it. False where it is gone already."""
    return bool(connection.execute(delete(due_act).where(due_act.c.row == row)).rowcount)


def list_names(connection: Connection) -> set[str]:
    """The blobs and batches that acts speak of which may still be performed, held ones among them."""
    due = connection.execute(select(due_act.c.names)).scalars()
    return list_held_names(connection) | {name for names in due for name in names.split()}


def _due(row: Row[Any], connection: Connection, verify: VerifyHeld) -> DueAct:
    if not row.held:
        return _due_of_row(row)
    held = find_held(connection, row.held, verify)
    if held is None or held.state is not HeldState.RELEASED or act_of(row) != held.act:
        raise CorruptError(_("What is kept of a released act was changed."), where=row.held)
    if count_releases(connection, held.id) < held.releases:
        raise CorruptError(_("It counts as released, and the words on it are fewer than it takes."), where=held.id)
    return DueAct(row.row, held.act, held.held_at, held.id, held.releases, held.ends_at)


def _due_of_row(row: Row[Any]) -> DueAct:
    return DueAct(row.row, act_of(row), at(row.at), row.held)


PART: Final = StorePart(tables=(due_act,), changes={ActPutOff: put_off, DueTaken: take, DueDropped: drop})
