"""The courier: carries what waits in the outbox, until each delivery's fate is known."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from comity.act import Actor, Own
from comity.errors import TooLargeError
from comity.exchange.delivery import Delivery, DeliveryEvent, DeliveryMoved, next_state, retry_at
from comity.gate import Gate
from comity.ids import MemberCode
from comity.peer.line import Line, NoAnswer
from comity.registers.entering import Receiving, RecordUnit

ROUND_MAX: Final = 50  # deliveries in one round, so that one member's backlog does not hold up the others for long
DEADLINE_S: Final = 10.0

T = TypeVar("T")


class Outbox(Protocol):
    """The store, as the courier asks it for transactions."""

    def change(self, work: Callable[[RecordUnit], T]) -> T:
        """Run ``work`` where state may be changed."""

    def read(self, work: Callable[[RecordUnit], T]) -> T:
        """Run ``work`` on a consistent view."""


class Courier:
    """One node's courier. It is called in rounds; a crash between sending and noting it leads to sending again."""

    def __init__(
        self, gate: Gate[Any], outbox: Outbox, line: Line, member: MemberCode, *, clock: Callable[[], datetime]
    ) -> None:
        self._gate = gate
        self._outbox = outbox
        self._line = line
        self._own = Own(Actor(member, proven=True))
        self._clock = clock

    def go_round(self) -> int:
        """Try every delivery whose time has come; returns how many reached their end."""
        now = self._clock()
        due = self._outbox.read(lambda unit: unit.due_deliveries(now, ROUND_MAX))
        # A member that does not answer is not asked again in this round: one that is down delays only itself.
        silent: set[MemberCode] = set()
        return sum(self._carry(delivery, silent) for delivery in due if delivery.recipient not in silent)

    def _carry(self, delivery: Delivery, silent: set[MemberCode]) -> bool:
        now = self._clock()
        if now >= delivery.expires_at:
            return self._settle(delivery, None)
        try:
            reply = self._line.ask(delivery.recipient, delivery.body, DEADLINE_S)
        except TooLargeError:  # it cannot travel and will run out; what waits behind it can
            self._put_off(delivery, now)
            return False
        if isinstance(reply, NoAnswer):
            silent.add(delivery.recipient)
            self._put_off(delivery, now)
            return False
        return self._settle(delivery, reply)

    def _settle(self, delivery: Delivery, reply: bytes | None) -> bool:
        """What became of it is an act; that nobody answered is none, and is only noted."""
        outcome = self._gate.perform("batch.receipt", self._own, Receiving(delivery, reply), on=delivery.id)
        return reply is None or outcome.release is not None

    def _put_off(self, delivery: Delivery, now: datetime) -> None:
        state = next_state(delivery.state, DeliveryEvent.UNANSWERED)
        moved = DeliveryMoved(delivery.id, state, delivery.attempts + 1, retry_at(delivery.attempts, now))
        self._outbox.change(lambda unit: unit.apply(moved))
