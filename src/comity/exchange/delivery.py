"""A delivery: the progress of something signed to one member, from a durable outbox until its fate is known.

``LIFE`` is the whole of it; an event that a state does not know is refused.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from comity.ids import MemberCode

RETRY_S_MIN: Final = 1.0
RETRY_S_MAX: Final = 300.0  # a member that was away for long is tried every five minutes; a nudge tries at once


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    REFUSED = "refused"
    EXPIRED = "expired"


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    ACCEPTED = "accepted"  # the recipient's signed receipt says that it has it
    REJECTED = "rejected"  # the recipient's signed receipt says that its rulebook refused
    UNANSWERED = "unanswered"
    RAN_OUT = "ran out"


LIFE: Final[dict[DeliveryState, dict[DeliveryEvent, DeliveryState]]] = {
    DeliveryState.QUEUED: {
        DeliveryEvent.ACCEPTED: DeliveryState.DELIVERED,
        DeliveryEvent.REJECTED: DeliveryState.REFUSED,
        DeliveryEvent.UNANSWERED: DeliveryState.QUEUED,
        DeliveryEvent.RAN_OUT: DeliveryState.EXPIRED,
    },
    DeliveryState.DELIVERED: {},
    DeliveryState.REFUSED: {},
    DeliveryState.EXPIRED: {},
}


class Delivery(msgspec.Struct, frozen=True):
    """One signed thing on its way to ``recipient``; ``body`` is kept as signed and sent again as it is."""

    id: str
    recipient: MemberCode
    kind: str
    body: bytes
    state: DeliveryState
    attempts: int
    next_at: datetime
    expires_at: datetime
    receipt: bytes | None = None


def next_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """Where ``event`` leads; ValueError for one that cannot happen there."""
    try:
        return LIFE[state][event]
    except KeyError:
        raise ValueError(f"A {state} delivery knows no '{event}'.") from None


def retry_at(attempts: int, now: datetime) -> datetime:
    """When to try again after ``attempts`` without an answer: twice the wait each time, up to five minutes."""
    return now + timedelta(seconds=min(RETRY_S_MIN * 2 ** min(attempts, 16), RETRY_S_MAX))


class DeliveryView(Protocol):
    """What a courier reads from a store."""

    def due_deliveries(self, now: datetime, most: int) -> list[Delivery]:
        """Queued deliveries whose time has come, oldest first."""

    def find_delivery(self, delivery_id: str) -> Delivery | None:
        """The delivery of that id."""


# Changes


class DeliveryQueued(msgspec.Struct, frozen=True):
    """Something is to be delivered."""

    delivery: Delivery


class DeliveryMoved(msgspec.Struct, frozen=True):
    """A delivery's state after an event, when to try again if it is still queued, and the receipt if there is one."""

    id: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    receipt: bytes | None = None
