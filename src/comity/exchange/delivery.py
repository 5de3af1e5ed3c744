"""A delivery: the progress of something signed to one member, from a durable outbox until its fate is known.

``LIFE`` is the whole of it; an event that a state does not know changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from comity.ids import MemberCode

RETRY_S_MIN: Final = 1.0
RETRY_S_MAX: Final = 300.0  # a member that was away for long is tried every five minutes; hearing of it tries at once


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    OPENED = "opened"
    ANSWERED = "answered"
    ENTERED = "entered"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNREADABLE = "unreadable"  # what is stored of it was changed; never stored itself


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    TAKEN_ON = "taken on"  # the relay's signed receipt says that it keeps it for the recipient
    ACCEPTED = "accepted"  # the recipient's signed receipt says that it has it
    READ = "read"  # the recipient's signed receipt says that an officer has opened it
    REPLIED = "replied"  # a reply to it has come from the recipient
    TAKEN_IN = "taken in"  # the keeper's signed receipt says that all of a consignment is in its register
    TURNED_DOWN = "turned down"  # its signed receipt says that nothing of it is
    REJECTED = "rejected"  # the recipient's signed receipt says that its rulebook refused
    UNANSWERED = "unanswered"
    RAN_OUT = "ran out"
    CALLED_OFF = "called off"  # its recipient is no member any more, or may not be told of it any more


_ARRIVALS: Final[dict[DeliveryEvent, DeliveryState]] = {
    DeliveryEvent.ACCEPTED: DeliveryState.DELIVERED,
    DeliveryEvent.READ: DeliveryState.OPENED,
    DeliveryEvent.REPLIED: DeliveryState.ANSWERED,
}
_CHECKED: Final[dict[DeliveryEvent, DeliveryState]] = {
    DeliveryEvent.TAKEN_IN: DeliveryState.ENTERED,
    DeliveryEvent.TURNED_DOWN: DeliveryState.REFUSED,
}

LIFE: Final[dict[DeliveryState, dict[DeliveryEvent, DeliveryState]]] = {
    DeliveryState.QUEUED: {
        **_ARRIVALS,
        **_CHECKED,
        DeliveryEvent.TAKEN_ON: DeliveryState.RELAYED,
        DeliveryEvent.REJECTED: DeliveryState.REFUSED,
        DeliveryEvent.UNANSWERED: DeliveryState.QUEUED,
        DeliveryEvent.RAN_OUT: DeliveryState.EXPIRED,
        DeliveryEvent.CALLED_OFF: DeliveryState.WITHDRAWN,
    },
    DeliveryState.RELAYED: {
        **_ARRIVALS,
        DeliveryEvent.REJECTED: DeliveryState.REFUSED,
        DeliveryEvent.UNANSWERED: DeliveryState.RELAYED,
        DeliveryEvent.RAN_OUT: DeliveryState.EXPIRED,
        DeliveryEvent.CALLED_OFF: DeliveryState.WITHDRAWN,
    },
    DeliveryState.DELIVERED: {
        DeliveryEvent.READ: DeliveryState.OPENED,
        DeliveryEvent.REPLIED: DeliveryState.ANSWERED,
        **_CHECKED,
    },
    DeliveryState.OPENED: {DeliveryEvent.REPLIED: DeliveryState.ANSWERED},
    DeliveryState.ANSWERED: {},
    DeliveryState.ENTERED: {},
    DeliveryState.REFUSED: {},
    # No receipt came in time. One that was signed in time and comes late still says what is so.
    DeliveryState.EXPIRED: {**_ARRIVALS, **_CHECKED},
    DeliveryState.WITHDRAWN: {**_ARRIVALS, **_CHECKED},
    DeliveryState.UNREADABLE: {},
}

UNDERWAY: Final = (DeliveryState.QUEUED, DeliveryState.RELAYED)
"""States in which it is still carried: what the relay has is tried directly too, at the slowest pace."""


class Delivery(msgspec.Struct, frozen=True):
    """One signed thing on its way to ``recipient``; ``body`` is kept as signed and sent again as it is.

    ``id`` is its name: a batch's root, an envelope's id, the hash of a receipt or consignment. ``kind`` is ``batch``,
    ``consignment``, ``envelope`` or ``receipt``; ``sender`` whose it is, which at the relay is not this node.
    """

    id: str
    recipient: MemberCode
    sender: MemberCode
    kind: str
    body: bytes
    state: DeliveryState
    attempts: int
    next_at: datetime
    expires_at: datetime


def find_next(state: DeliveryState, event: DeliveryEvent) -> DeliveryState | None:
    """Where ``event`` leads; None where it changes nothing any more."""
    return LIFE[state].get(event)


def retry_at(attempts: int, now: datetime) -> datetime:
    """When to try again after ``attempts`` without an answer: twice the wait each time, up to five minutes."""
    return now + timedelta(seconds=min(RETRY_S_MIN * 2 ** min(attempts, 16), RETRY_S_MAX))


def new_delivery(
    name: str, kind: str, body: bytes, *, sender: MemberCode, to: MemberCode, now: datetime, expires_at: datetime
) -> Delivery:
    """A delivery that begins now."""
    return Delivery(name, to, sender, kind, body, DeliveryState.QUEUED, 0, now, expires_at)


class DeliveryView(Protocol):
    """What rooms and couriers read of the outbox."""

    def due_deliveries(
        self, now: datetime, most: int, on_damage: Callable[[str, Exception], None] = ...
    ) -> list[Delivery]:
        """Deliveries under way whose time has come, those that wait longest first; of one damaged it is heard."""

    def find_delivery(self, delivery_id: str, recipient: MemberCode) -> Delivery | None:
        """The delivery of that name to that member."""


class Leave(StrEnum):
    """Whether a delivery may leave now: asked each time before it is carried."""

    GO = "go"
    WAIT = "wait"  # it cannot be said now
    NEVER = "never"


# Changes


class DeliveryQueued(msgspec.Struct, frozen=True):
    """Something is to be delivered; if it is on its way to that member already, it stays as it is."""

    delivery: Delivery


class DeliveryMoved(msgspec.Struct, frozen=True):
    """A delivery's state after an event, unless something else has moved it from ``before`` meanwhile."""

    id: str
    recipient: MemberCode
    before: DeliveryState
    state: DeliveryState
    attempts: int
    next_at: datetime


class ReceiptKept(msgspec.Struct, frozen=True):
    """A receipt, as it was signed, beside the delivery that it is about."""

    of: str
    recipient: MemberCode
    step: str
    frame: bytes
    at: datetime
