"""The outbox and the receipts, in SQL."""

from datetime import UTC, datetime
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
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from comity.damage import OnDamage, read_all, read_one
from comity.exchange.delivery import UNDERWAY, Delivery, DeliveryMoved, DeliveryQueued, DeliveryState, ReceiptKept
from comity.ids import MemberCode
from comity.plug import StorePart
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.store.view import StoreView

delivery = Table(
    "delivery",
    metadata,
    Column("id", String, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("sender", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("delivery_due", "state", "next_at"),
    Index("delivery_waiting", "recipient", "state"),
    Index("delivery_sender", "sender", "state"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("of", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("step", String, nullable=False),
    Column("frame", LargeBinary, nullable=False),  # as it was signed
    Column("at", Float, nullable=False),
    Index("receipt_step", "of", "recipient", "step", unique=True),
)

_UNDERWAY = tuple(state.value for state in UNDERWAY)
_FIND = Prepared(select(delivery).where(delivery.c.id == bindparam("id"), delivery.c.recipient == bindparam("to")))
_LIST = Prepared(select(delivery).where(delivery.c.id == bindparam("id")).order_by(delivery.c.recipient))
_DUE = (
    select(delivery)
    .where(delivery.c.state.in_(_UNDERWAY), delivery.c.next_at <= bindparam("now"))
    .order_by(delivery.c.next_at)
    .limit(bindparam("most"))
)
_QUEUED = select(func.count()).select_from(delivery).where(delivery.c.state == DeliveryState.QUEUED.value)
_WAITING = (
    select(func.count())
    .select_from(delivery)
    .where(delivery.c.sender == bindparam("who"), delivery.c.state.in_(_UNDERWAY))
)
_QUEUE = Prepared(insert(delivery).on_conflict_do_nothing())
_MOVE = update(delivery).where(
    delivery.c.id == bindparam("name"), delivery.c.recipient == bindparam("to"), delivery.c.state == bindparam("before")
)
_GO_ON = Prepared(_MOVE.values(state=bindparam("after"), attempts=bindparam("tries"), next_at=bindparam("then")))
_END = Prepared(
    _MOVE.values(
        state=bindparam("after"), attempts=bindparam("tries"), next_at=bindparam("then"), body=bindparam("nothing")
    )
)
_KEEP_RECEIPT = Prepared(insert(receipt).on_conflict_do_nothing(), "of", "recipient", "step", "frame", "at")


def due_deliveries(
    connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None
) -> list[Delivery]:
    """Deliveries under way whose time has come, those that wait longest first."""
    return read_all(connection.execute(_DUE, {"now": seconds(now), "most": most}), _delivery, on_damage)


def list_waiting(connection: Connection, recipient: MemberCode) -> list[Delivery]:
    """The deliveries to one member that are under way."""
    rows = connection.execute(
        select(delivery).where(delivery.c.recipient == recipient, delivery.c.state.in_(_UNDERWAY))
    )
    return read_all(rows, _delivery)


def find_delivery(connection: Connection, delivery_id: str, recipient: MemberCode) -> Delivery | None:
    """The delivery of that name to that member."""
    row = _FIND.find(connection, {"id": delivery_id, "to": recipient})
    return None if row is None else read_one(row, _delivery)


def list_deliveries(connection: Connection, delivery_id: str) -> list[Delivery]:
    """The deliveries of one name, by recipient."""
    return read_all(_LIST.list(connection, {"id": delivery_id}), _delivery)


def list_receipts(connection: Connection, of: str, on_damage: OnDamage | None = None) -> list[ReceiptKept]:
    """The receipts about one thing, in the order in which they came."""
    rows = connection.execute(select(receipt).where(receipt.c.of == of).order_by(receipt.c.row))
    return read_all(rows, _receipt, on_damage)


def list_all_receipts(connection: Connection, after: int, most: int) -> list[tuple[int, ReceiptKept]]:
    """Receipts with their row, in the order in which they came, from after a row on."""
    rows = connection.execute(select(receipt).where(receipt.c.row > after).order_by(receipt.c.row).limit(most))
    return [(row.row, read_one(row, _receipt) or _unreadable(row)) for row in rows]


def list_all_deliveries(
    connection: Connection, after: tuple[str, str], most: int
) -> list[tuple[str, str, Delivery | None]]:
    """Deliveries with name and recipient, from after these on; None for one that cannot be read."""
    query = select(delivery).where(tuple_(delivery.c.id, delivery.c.recipient) > after)
    rows = connection.execute(query.order_by(delivery.c.id, delivery.c.recipient).limit(most))
    return [(row.id, row.recipient, read_one(row, _delivery)) for row in rows]


def count_queued(connection: Connection) -> int:
    """How many deliveries wait."""
    found: int = connection.execute(_QUEUED).scalar_one()
    return found


def count_waiting(connection: Connection, sender: MemberCode) -> int:
    """How many deliveries of that sender are under way from here."""
    found: int = connection.execute(_WAITING, {"who": sender}).scalar_one()
    return found


def queue(connection: Connection, change: DeliveryQueued) -> None:
    """Something is to be delivered; if it is on its way to that member already, it stays as it is."""
    new = change.delivery
    _QUEUE.run(
        connection,
        {
            "id": new.id,
            "recipient": new.recipient,
            "sender": new.sender,
            "kind": new.kind,
            "body": new.body,
            "state": new.state.value,
            "attempts": new.attempts,
            "next_at": seconds(new.next_at),
            "expires_at": seconds(new.expires_at),
        },
    )


def replace(connection: Connection, before: Delivery, after: Delivery) -> None:
    """Put a delivery in the place of one of which something was changed."""
    connection.execute(delete(delivery).where(delivery.c.id == before.id, delivery.c.recipient == before.recipient))
    queue(connection, DeliveryQueued(after))


def move(connection: Connection, change: DeliveryMoved) -> None:
    """A delivery's state after an event, unless something else moved it; what has arrived needs no body any more."""
    values = {
        "name": change.id,
        "to": change.recipient,
        "before": change.before.value,
        "after": change.state.value,
        "tries": change.attempts,
        "then": seconds(change.next_at),
    }
    if change.state in UNDERWAY:
        _GO_ON.run(connection, values)
    else:
        _END.run(connection, values | {"nothing": b""})


def keep_receipt(connection: Connection, change: ReceiptKept) -> None:
    """A receipt; the first of each step stays."""
    values = {"of": change.of, "recipient": change.recipient, "step": change.step}
    _KEEP_RECEIPT.run(connection, values | {"frame": change.frame, "at": seconds(change.at)})


def correct_receipt(connection: Connection, kept: ReceiptKept) -> None:
    """The time that a receipt says itself."""
    named = tuple_(receipt.c.of, receipt.c.recipient, receipt.c.step) == (kept.of, kept.recipient, kept.step)
    connection.execute(update(receipt).where(named).values(at=seconds(kept.at)))


def hasten(connection: Connection, now: datetime, recipient: MemberCode | None = None) -> None:
    """Let everything that waits, or waits for one member, be tried at once."""
    query = update(delivery).where(delivery.c.state.in_(_UNDERWAY), delivery.c.next_at > seconds(now))
    if recipient is not None:
        query = query.where(delivery.c.recipient == recipient)
    connection.execute(query.values(next_at=seconds(now)))


def hasten_departed(connection: Connection, now: datetime, members: frozenset[MemberCode]) -> None:
    """Let everything that waits for anybody but ``members`` be looked at at once."""
    query = update(delivery).where(delivery.c.state.in_(_UNDERWAY), delivery.c.next_at > seconds(now))
    connection.execute(query.where(delivery.c.recipient.not_in(sorted(members))).values(next_at=seconds(now)))


def hasten_strays(connection: Connection, now: datetime, later: datetime) -> None:
    """Let what waits for a time behind ``later`` be tried at once: nobody puts anything off for that long."""
    query = update(delivery).where(delivery.c.state.in_(_UNDERWAY), delivery.c.next_at > seconds(later))
    connection.execute(query.values(next_at=seconds(now)))


def _receipt(row: Row[Any]) -> ReceiptKept:
    return ReceiptKept(row.of, MemberCode(row.recipient), row.step, row.frame, at(row.at))


def _unreadable(row: Row[Any]) -> ReceiptKept:
    return ReceiptKept(str(row.of), MemberCode(str(row.recipient)), row.step, b"", datetime.fromtimestamp(0, UTC))


def _delivery(row: Row[Any]) -> Delivery | None:
    if row.state == DeliveryState.UNREADABLE:  # nobody stores that
        return None
    return Delivery(
        row.id,
        MemberCode(row.recipient),
        MemberCode(row.sender),
        row.kind,
        row.body,
        DeliveryState(row.state),
        row.attempts,
        at(row.next_at),
        at(row.expires_at),
    )


class StoredDeliveries(StoreView):
    """What acts and couriers read of the outbox."""

    def due_deliveries(self, now: datetime, most: int, on_damage: OnDamage | None = None) -> list[Delivery]:
        """Deliveries under way whose time has come, those that wait longest first."""
        return self._read(due_deliveries, now, most, on_damage)

    def find_delivery(self, delivery_id: str, recipient: MemberCode) -> Delivery | None:
        """The delivery of that name to that member."""
        return self._read(find_delivery, delivery_id, recipient)

    def list_deliveries(self, name: str) -> list[Delivery]:
        """The deliveries of one name, by recipient."""
        return self._read(list_deliveries, name)

    def count_waiting(self, sender: MemberCode) -> int:
        """How many deliveries of that sender are under way from here."""
        return self._read(count_waiting, sender)


PART: Final = StorePart(
    tables=(delivery, receipt),
    changes={DeliveryQueued: queue, DeliveryMoved: move, ReceiptKept: keep_receipt},
    view=StoredDeliveries,
)
