"""A unit of work: what one act sees of the store, and how its changes reach the tables."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert

from comity.capabilities import parts
from comity.damage import Damage, OnDamage
from comity.exchange.delivery import Delivery
from comity.exchange.message import Message
from comity.ids import BatchId, BlobId, MemberCode, RecordId, RegisterName
from comity.ledger.entry import Entry
from comity.members.officer import (
    Officer,
    OpenSession,
)
from comity.plug import StorePart
from comity.registers.catalogue import CatalogueEntry
from comity.registers.consignment import KeptConsignment
from comity.store import batches, blobs, consignments, deliveries, held, messages, officers
from comity.store.opening import reading_rows
from comity.store.prepared import Prepared
from comity.store.schema import pending_entry
from comity.waiting import Concerns, HeldAct, VerifyHeld, Word

_RECORD = Prepared(insert(pending_entry), "leaf", "salt", "content")
_APPLY: Final[Mapping[type, Callable[[Connection, Any], None]]] = {
    change: apply for part in parts("store", StorePart) for change, apply in part.changes.items()
}

Judge = Callable[[Officer, Connection], Officer]
"""Says of an officer's row, with ``damage``, what of it is not what the ledger last said."""


def believe(officer: Officer, _connection: Connection) -> Officer:
    """Take a row as it is: of a store without a ledger."""
    return officer


class Unit:
    """What the acts of every room read: it is each room's view at once."""

    def __init__(self, connection: Connection, judge: Judge, verify_held: VerifyHeld) -> None:
        self._connection = connection
        self._judge = judge
        self._verify_held = verify_held

    def find_officer(self, name: str) -> Officer | None:
        """The officer of that name, disabled ones included."""
        with reading_rows():
            found = officers.find_officer(self._connection, name)
        return self._judge(found, self._connection) if found else None

    def find_session(self, token_hash: str) -> OpenSession | None:
        """The session whose token has that hash, over or not."""
        with reading_rows():
            found = officers.find_session(self._connection, token_hash)
        if found is None:
            return None
        judged = self._judge(found.officer, self._connection)
        return found if judged is found.officer else msgspec.structs.replace(found, officer=judged)

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""
        with reading_rows():
            return batches.position(self._connection, register)

    def own_position(self, register: RegisterName, source: MemberCode) -> int:
        """How many changes of a register were that source's."""
        with reading_rows():
            return batches.own_position(self._connection, register, source)

    def has_entered(self, batch: BatchId, source: MemberCode) -> bool:
        """Whether a batch of that name is in the catalogue here, and that source's."""
        found = self.find_batch(batch)
        return found is not None and found.source == source

    def find_batch(self, batch: BatchId) -> CatalogueEntry | None:
        """The batch of that name."""
        with reading_rows():
            return batches.find_batch(self._connection, batch)

    def count_in_force(self, register: RegisterName, source: MemberCode) -> int:
        """How many records of that source the register has, those that have expired too."""
        with reading_rows():
            return batches.count_in_force(self._connection, register, source)

    def reach_of(self, batch: CatalogueEntry) -> str:
        """Who could see anything of the change that the batch came with; empty before that was noted."""
        with reading_rows():
            return batches.find_reach(self._connection, batch.register, batch.position)

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""
        with reading_rows():
            return batches.is_removed(self._connection, record)

    def find_consignment(self, name: str) -> KeptConsignment | None:
        """The consignment of that name."""
        with reading_rows():
            return consignments.find_consignment(self._connection, name)

    def count_consignments(self, source: MemberCode) -> int:
        """How many of that source are underway here."""
        with reading_rows():
            return consignments.count_consignments(self._connection, source)

    def due_deliveries(self, now: datetime, most: int, on_damage: OnDamage | None = None) -> list[Delivery]:
        """Deliveries under way whose time has come, those that wait longest first."""
        with reading_rows():
            return deliveries.due_deliveries(self._connection, now, most, on_damage)

    def find_delivery(self, delivery_id: str, recipient: MemberCode) -> Delivery | None:
        """The delivery of that name to that member."""
        with reading_rows():
            return deliveries.find_delivery(self._connection, delivery_id, recipient)

    def list_deliveries(self, name: str) -> list[Delivery]:
        """The deliveries of one name, by recipient."""
        with reading_rows():
            return deliveries.list_deliveries(self._connection, name)

    def count_waiting(self, sender: MemberCode) -> int:
        """How many deliveries of that sender are under way from here."""
        with reading_rows():
            return deliveries.count_waiting(self._connection, sender)

    def find_message(self, name: str) -> Message | None:
        """The message of that name."""
        with reading_rows():
            return messages.find_message(self._connection, name)

    def has_message(self, name: str) -> bool:
        """Whether a message of that name was ever kept here, readable or not."""
        with reading_rows():
            return messages.has_message(self._connection, name)

    def list_thread(self, thread: str, most: int) -> list[Message]:
        """The messages of one thread, the oldest first."""
        with reading_rows():
            return messages.list_thread(self._connection, thread, most)

    def list_messages(self, *, is_outgoing: bool, before: int, most: int) -> list[tuple[int, Message | Damage]]:
        """Messages with their rows, the newest first, from before a row; or what is wrong with one of them."""
        with reading_rows():
            return messages.list_messages(self._connection, is_outgoing=is_outgoing, before=before, most=most)

    def find_held(self, name: str) -> HeldAct | None:
        """The held act of that name; DamagedError for one that cannot be read any more."""
        with reading_rows():
            return held.find_held(self._connection, name, self._verify_held)

    def list_held(self, *, is_open: bool, concerns: Concerns, most: int) -> list[HeldAct | Damage]:
        """Held acts that concern somebody, without bodies, the newest first; or what is wrong with one of them."""
        with reading_rows():
            return held.list_held(
                self._connection, is_open=is_open, concerns=concerns, most=most, verify=self._verify_held
            )

    def find_waiting(self, mark: str) -> HeldAct | None:
        """The act of that mark that waits to be released."""
        with reading_rows():
            return held.find_waiting(self._connection, mark, self._verify_held)

    def list_words(self, names: Collection[str]) -> list[Word]:
        """What was said of held acts, in the order in which it was."""
        with reading_rows():
            return held.list_words(self._connection, names)

    def may_pull(self, blob: BlobId, member: MemberCode) -> bool:
        """Whether the blob is here for that member too."""
        with reading_rows():
            return blobs.may_pull(self._connection, blob, member)

    def find_manifest(self, blob: BlobId) -> bytes | None:
        """The blob's manifest, once it is known here."""
        with reading_rows():
            return blobs.find_manifest(self._connection, blob)


class WritingUnit(Unit):
    """A unit whose changes, pending entry and outbox are one transaction."""

    def apply(self, change: Any) -> None:
        """Change the state."""
        _APPLY[type(change)](self._connection, change)

    def record(self, entry: Entry) -> None:
        """Leave a pending row, which the sequencer moves into the ledger's files."""
        _RECORD.run(self._connection, {"leaf": entry.leaf, "salt": entry.salt, "content": entry.content})


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
