"""How far the secretariat has gone through its ledger to tell sources of hits, and what of it still waits, in SQL."""

from sqlalchemy import Connection, insert, select, update

from comity.exchange.delivery import DeliveryMoved, DeliveryState
from comity.ids import EnvelopeId
from comity.members.measure import AlertsWithdrawn
from comity.registers.alerting import AlertedThrough
from comity.store import deliveries, messages
from comity.store.schema import alerted


def through(connection: Connection) -> AlertedThrough:
    """How far it has gone; before the first entry, what comes before every entry."""
    row = connection.execute(select(alerted)).one_or_none()
    return AlertedThrough("", -1) if row is None else AlertedThrough(row.period, row.position, row.source)


def move(connection: Connection, change: AlertedThrough) -> None:
    """Note it, in the transaction of the act that tells; what was set aside and told late moves nothing back."""
    if _order(change) <= _order(through(connection)):
        return
    values = {"period": change.period, "position": change.index, "source": change.source}
    if not connection.execute(update(alerted).values(values)).rowcount:
        connection.execute(insert(alerted).values(one=1, **values))


def withdraw(connection: Connection, change: AlertsWithdrawn) -> None:
    """End what waits here to tell a member of hits: it was not delivered, and will not be."""
    for waiting in deliveries.list_waiting(connection, change.member):
        message = messages.find_message(connection, EnvelopeId(waiting.id))
        if message is not None and message.is_outgoing and message.head.kind == "alert":
            ended = DeliveryMoved(
                waiting.id, waiting.recipient, waiting.state, DeliveryState.WITHDRAWN, waiting.attempts, waiting.next_at
            )
            deliveries.move(connection, ended)


def _order(place: AlertedThrough) -> tuple[str, int, bool, str]:
    return place.period, place.index, not place.source, place.source
