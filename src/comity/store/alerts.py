"""How far the secretariat has gone through its ledger to tell sources of hits, in SQL."""

from sqlalchemy import Connection, insert, select, update

from comity.registers.alerting import AlertedThrough
from comity.store.schema import alerted


def through(connection: Connection) -> tuple[str, int]:
    """The period and index of the last entry that was looked at; before the first, what comes before every entry."""
    row = connection.execute(select(alerted)).one_or_none()
    return ("", -1) if row is None else (row.period, row.position)


def move(connection: Connection, change: AlertedThrough) -> None:
    """Note it in the transaction of the act that tells."""
    note(connection, change.period, change.index)


def note(connection: Connection, period: str, index: int) -> None:
    """Everything up to this entry has been looked at."""
    values = {"period": period, "position": index}
    if not connection.execute(update(alerted).values(values)).rowcount:
        connection.execute(insert(alerted).values(one=1, **values))
