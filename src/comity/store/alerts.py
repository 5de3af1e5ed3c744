"""How far the secretariat has gone through its ledger to tell sources of hits, and what of it still waits, in SQL."""

from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from comity.exchange.delivery import DeliveryMoved, DeliveryState
from comity.ids import EnvelopeId
from comity.members.measure import AlertsWithdrawn
from comity.plug import StorePart
from comity.registers.alerting import AlertedThrough
from comity.store import deliveries, messages
from comity.store.schema import metadata

# How far the secretariat has gone through its ledger to tell sources of hits.
alerted = Table(
    "alerted",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("period", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", String, nullable=False, server_default=""),  # the last one told of this entry; empty for all
)

BEFORE_ALL: Final = AlertedThrough("", -1)


def through(connection: Connection) -> AlertedThrough:
    """How far it has gone; before the first entry, and where it cannot be read any more, what comes before them all."""
    row = connection.execute(select(alerted)).first()
    if row is None or not (isinstance(row.period, str) and isinstance(row.position, int)):
        return BEFORE_ALL
    return AlertedThrough(row.period, row.position, str(row.source))


def move(connection: Connection, change: AlertedThrough) -> None:
    """Note it, in the transaction of the act that tells; what was set aside and told late moves nothing back."""
    if order_of(change) <= order_of(through(connection)):
        return
    values = {"period": change.period, "position": change.index, "source": change.source}
    if not connection.execute(update(alerted).values(values)).rowcount:
        connection.execute(insert(alerted).values(one=1, **values))


def put_back(connection: Connection, place: AlertedThrough) -> None:
    """Begin from a place again, whatever was noted: that was damaged."""
    connection.execute(delete(alerted))
    connection.execute(insert(alerted).values(one=1, period=place.period, position=place.index, source=place.source))


def withdraw(connection: Connection, change: AlertsWithdrawn) -> None:
    """End what waits here to tell a member of hits: it was not delivered, and will not be."""
    for waiting in deliveries.list_waiting(connection, change.member):
        message = messages.find_message(connection, EnvelopeId(waiting.id))
        if message is not None and message.is_outgoing and message.head.kind == "alert":
            ended = DeliveryMoved(
                waiting.id, waiting.recipient, waiting.state, DeliveryState.WITHDRAWN, waiting.attempts, waiting.next_at
            )
            deliveries.move(connection, ended)


def order_of(place: AlertedThrough) -> tuple[str, int, bool, str]:
    """What places are compared by: of one entry the last source, and then all, come last."""
    return place.period, place.index, not place.source, place.source


PART: Final = StorePart(
    tables=(alerted,),
    changes={AlertedThrough: move, AlertsWithdrawn: withdraw},
)
