"""A unit of work: what one act sees of the store, and how its changes reach the tables."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from comity.capabilities import parts
from comity.ledger.entry import Entry
from comity.plug import StorePart
from comity.store.batches import StoredBatches
from comity.store.blobs import StoredBlobs
from comity.store.consignments import StoredConsignments
from comity.store.deliveries import StoredDeliveries
from comity.store.entries import record_pending
from comity.store.held import StoredHeld
from comity.store.messages import StoredMessages
from comity.store.officers import Judge, StoredOfficers
from comity.waiting import VerifyHeld

_APPLY: Final[Mapping[type, Callable[[Connection, Any], None]]] = {
    change: apply for part in parts("store", StorePart) for change, apply in part.changes.items()
}


class Unit(
    StoredOfficers,
    StoredBatches,
    StoredMessages,
    StoredDeliveries,
    StoredBlobs,
    StoredConsignments,
    StoredHeld,
):
    """What the acts of every room read: every noun's view at once, a line each. A test demands that none is missing."""

    def __init__(self, connection: Connection, judge: Judge, verify_held: VerifyHeld) -> None:
        super().__init__(connection)
        self._judge = judge
        self._verify_held = verify_held


class WritingUnit(Unit):
    """A unit whose changes, pending entry and outbox are one transaction."""

    def apply(self, change: Any) -> None:
        """Change the state."""
        _APPLY[type(change)](self._connection, change)

    def record(self, entry: Entry) -> None:
        """Leave a pending row, which the sequencer moves into the ledger's files."""
        record_pending(self._connection, entry)


class ReadingUnit(Unit):
    """A unit that changes nothing; its entries go to the segment together with those of others."""

    def __init__(self, connection: Connection, judge: Judge, verify_held: VerifyHeld) -> None:
        super().__init__(connection, judge, verify_held)
        self.entries: list[Entry] = []

    def apply(self, change: Any) -> None:
        """Refuse: an act registered as a read may not change anything."""
        raise TypeError(f"A read changes nothing, and {type(change).__name__} is a change.")

    def record(self, entry: Entry) -> None:
        """Keep the entry until the view is closed; the segment makes it durable before the act returns."""
        self.entries.append(entry)
