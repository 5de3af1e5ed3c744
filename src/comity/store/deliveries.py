"""The outbox, in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from comity.exchange.delivery import Delivery, DeliveryMoved, DeliveryQueued, DeliveryState
from comity.ids import MemberCode
from comity.store.schema import delivery
from comity.store.times import at, seconds


def due_deliveries(connection: Connection, now: datetime, most: int) -> list[Delivery]:
    """Queued deliveries whose time has come, oldest first."""
    rows = connection.execute(
        select(delivery)
        .where(delivery.c.state == DeliveryState.QUEUED.value, delivery.c.next_at <= seconds(now))
        .order_by(delivery.c.next_at)
        .limit(most)
    )
    return [_delivery(row) for row in rows]


def find_delivery(connection: Connection, delivery_id: str) -> Delivery | None:
    """The delivery of that id."""
    row = connection.execute(select(delivery).where(delivery.c.id == delivery_id)).one_or_none()
    return None if row is None else _delivery(row)


def count_queued(connection: Connection) -> int:
    """How many deliveries wait."""
    found: int = connection.execute(
        select(func.count()).select_from(delivery).where(delivery.c.state == DeliveryState.QUEUED.value)
    ).scalar_one()
    return found


def queue(connection: Connection, change: DeliveryQueued) -> None:
    """Something is to be delivered."""
    new = change.delivery
    connection.execute(
        insert(delivery).values(
            id=new.id,
            recipient=new.recipient,
            kind=new.kind,
            body=new.body,
            state=new.state.value,
            attempts=new.attempts,
            next_at=seconds(new.next_at),
            expires_at=seconds(new.expires_at),
        )
    )


def move(connection: Connection, change: DeliveryMoved) -> None:
    """A delivery's state after an event, unless its fate is known already; what has its fate needs no body any more."""
    values = {
        "state": change.state.value,
        "attempts": change.attempts,
        "next_at": seconds(change.next_at),
        "receipt": change.receipt,
    }
    if change.state is not DeliveryState.QUEUED:
        values["body"] = b""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == change.id, delivery.c.state == DeliveryState.QUEUED.value)
        .values(values)
    )


def hasten(connection: Connection, now: datetime) -> None:
    """Let everything that waits be tried at once."""
    connection.execute(
        update(delivery)
        .where(delivery.c.state == DeliveryState.QUEUED.value, delivery.c.next_at > seconds(now))
        .values(next_at=seconds(now))
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        MemberCode(row.recipient),
        row.kind,
        row.body,
        DeliveryState(row.state),
        row.attempts,
        at(row.next_at),
        at(row.expires_at),
        row.receipt,
    )
