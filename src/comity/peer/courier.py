"""The courier: carries what waits in the outbox, until each delivery's fate is known.

Each recipient has a lane of its own, so that one who is down, or slow, delays only itself. Who cannot be reached is
tried through the relay, which keeps what is sealed until the recipient is there.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import structlog

from comity.act import Actor, Own, Peer
from comity.aside import Aside
from comity.errors import ComityError, TooLargeError, UnavailableError
from comity.exchange.delivery import (
    Delivery,
    DeliveryEvent,
    DeliveryMoved,
    DeliveryState,
    DeliveryView,
    Leave,
    find_next,
    retry_at,
)
from comity.exchange.receipt import Receipt
from comity.exchange.settling import EXPIRE, TAKE, Ending, Taken
from comity.exchange.signed import COMPLAINT, parse_signed
from comity.gate import Gate, UnitOfWork
from comity.ids import MemberCode
from comity.peer.line import Line, NoAnswer
from comity.signer import Frame

ROUND_MAX: Final = 512  # deliveries looked at in one round
LANE_MAX: Final = 64  # in flight to one recipient: as many as its node answers side by side
THREADS_MAX: Final = 192  # in flight to all; a thread is made when it is needed
DEADLINE_S: Final = 10.0
RELAYED_KINDS: Final = ("envelope", "receipt")

_log = structlog.get_logger(__name__)
T = TypeVar("T")
Place = tuple[str, MemberCode]


class OutboxUnit(UnitOfWork, DeliveryView, Protocol):
    """A unit of work that knows the outbox."""

    def list_deliveries(self, name: str) -> list[Delivery]:
        """The deliveries of one name, by recipient."""


class Outbox(Protocol):
    """The store, as the courier asks it for transactions."""

    def change(self, work: Callable[[OutboxUnit], T]) -> T:
        """Run ``work`` where state may be changed."""

    def read(self, work: Callable[[OutboxUnit], T]) -> T:
        """Run ``work`` on a consistent view."""


class Departures(Protocol):
    """Whether what waits may leave, as ``peer.leaving`` says it."""

    def judge(self, delivery: Delivery) -> Leave:
        """What is to become of a delivery; asked each time before it is carried."""

    def put_right(self, delivery: Delivery) -> Delivery:
        """The delivery as it was queued; DamagedError where it was changed for good."""

    def begin_round(self) -> None:
        """Note what holds now; let what waits for members that are none any more be looked at at once."""


class Courier:
    """One node's courier. It is called in rounds; a crash between sending and noting it leads to sending again.

    With ``own_threads`` deliveries travel side by side; without, one after the other in the caller's thread.
    ``leaving`` is asked about each delivery before it is carried: what holds then decides. ``on_moved`` is called when
    anything's fate has changed; ``signer`` says who signed a frame, before the writer asks.
    """

    def __init__(
        self,
        gate: Gate[Any],
        outbox: Outbox,
        line: Line,
        member: MemberCode,
        relay: MemberCode,
        *,
        clock: Callable[[], datetime],
        signer: Callable[[Frame], MemberCode | None],
        leaving: Departures,
        own_threads: bool = False,
        on_moved: Callable[[], None] = lambda: None,
    ) -> None:
        self._gate = gate
        self._outbox = outbox
        self._line = line
        self._relay = relay if relay != member else None
        self._own = Own(Actor(member, proven=True))
        self._clock = clock
        self._own_threads = own_threads
        self._on_moved = on_moved
        self._signer = signer
        self._leaving = leaving
        self._lock = threading.Lock()
        self._lanes: defaultdict[MemberCode, deque[Delivery]] = defaultdict(deque)
        self._carriers: defaultdict[MemberCode, int] = defaultdict(int)
        self._in_hand: set[Place] = set()
        self._silent: set[MemberCode] = set()  # within this round
        self._away: set[MemberCode] = set()  # until they are heard of
        self._is_ended = False
        self.aside = Aside("courier")

    def go_round(self) -> None:
        """Take up every delivery whose time has come."""
        now = self._clock()
        self._silent.clear()
        self.aside.begin_round()
        self._leaving.begin_round()
        due = self._outbox.read(lambda unit: unit.due_deliveries(now, ROUND_MAX, self.aside.put))
        for delivery in due:
            self._take_up(delivery)
        with self._lock:
            lanes = tuple(self._lanes)
        for recipient in lanes:
            if self._own_threads:
                self._send_carrier(recipient)  # where all were busy when something was put there
            else:
                self._work(recipient)

    def hand_over(self, name: str) -> None:
        """Take up at once what has just been queued under that name; its rounds find it as well, later."""
        if not self._own_threads:
            return
        for delivery in self._outbox.read(lambda unit: unit.list_deliveries(name)):
            if delivery.state is DeliveryState.QUEUED:
                self._take_up(delivery)

    def carry_now(self, name: str, recipient: MemberCode) -> None:
        """Try one delivery in the caller's thread, unless it is in hand already."""
        delivery = self._outbox.read(lambda unit: unit.find_delivery(name, recipient))
        if delivery is None or not self._reserve(delivery):
            return
        try:
            self._carry(delivery)
        finally:
            self._release(delivery)

    def hears(self, member: MemberCode) -> bool:
        """That ``member`` was heard of: whether it had been silent, so that what waits for it is worth a try."""
        with self._lock:
            was_away = member in self._away
            self._away.discard(member)
            self._silent.discard(member)
        return was_away

    def end(self) -> None:
        """Take up nothing more."""
        self._is_ended = True

    # Lanes

    def _take_up(self, delivery: Delivery) -> None:
        if not self._reserve(delivery):
            return
        with self._lock:
            self._lanes[delivery.recipient].append(delivery)
        if self._own_threads:
            self._send_carrier(delivery.recipient)

    def _send_carrier(self, recipient: MemberCode) -> None:
        with self._lock:
            is_wanted = (
                bool(self._lanes.get(recipient))
                and self._carriers[recipient] < LANE_MAX
                and sum(self._carriers.values()) < THREADS_MAX
            )
            if is_wanted:
                self._carriers[recipient] += 1
        if is_wanted:
            threading.Thread(target=self._serve, args=(recipient,), name=f"courier-{recipient}", daemon=True).start()

    def _serve(self, recipient: MemberCode) -> None:
        try:
            self._work(recipient)
        except Exception as error:  # noqa: BLE001 - a thread of ours must not end the lane's other deliveries
            _log.warning("courier.failed", error=type(error).__name__)
        finally:
            with self._lock:
                self._carriers[recipient] -= 1

    def _work(self, recipient: MemberCode) -> None:
        while (delivery := self._next(recipient)) is not None:
            try:
                if not self._is_ended:
                    self._carry_or_set_aside(delivery)
            finally:
                self._release(delivery)

    def _carry_or_set_aside(self, delivery: Delivery) -> None:
        """Carry one; where that fails in a way that nobody foresaw it waits like one that got no answer."""
        try:
            self._carry(delivery)
        except UnavailableError:  # this node cannot do anything now: all wait for the next round
            raise
        except Exception as error:  # noqa: BLE001 - what stands behind it goes on
            self.aside.put(delivery.id, error)
            self._put_off(delivery)
        else:
            self.aside.forget(delivery.id)

    def _next(self, recipient: MemberCode) -> Delivery | None:
        with self._lock:
            lane = self._lanes[recipient]
            if lane:
                return lane.popleft()
            del self._lanes[recipient]
            return None

    def _reserve(self, delivery: Delivery) -> bool:
        with self._lock:
            place = (delivery.id, delivery.recipient)
            if place in self._in_hand:
                return False
            self._in_hand.add(place)
            return True

    def _release(self, delivery: Delivery) -> None:
        with self._lock:
            self._in_hand.discard((delivery.id, delivery.recipient))

    # One delivery

    def _carry(self, delivery: Delivery) -> None:
        if self._clock() >= delivery.expires_at:
            self._end(delivery, DeliveryEvent.RAN_OUT)
            return
        leave = self._leaving.judge(delivery)
        if leave is Leave.GO and not self._can_go(delivery):
            self._put_off(delivery)
            return
        # What was changed is turned away by whoever gets it, or is for nobody: it is looked at before the next time.
        if delivery.attempts or leave is Leave.NEVER:
            delivery = self._leaving.put_right(delivery)
            leave = self._leaving.judge(delivery)
        if leave is Leave.NEVER:
            self._end(delivery, DeliveryEvent.CALLED_OFF)
            return
        if leave is Leave.WAIT or not (self._try(delivery, delivery.recipient) or self._try_relay(delivery)):
            self._put_off(delivery)

    def _end(self, delivery: Delivery, event: DeliveryEvent) -> None:
        self._gate.perform(EXPIRE, self._own, Ending(delivery, event), on=delivery.id)
        self._on_moved()

    def _try(self, delivery: Delivery, by: MemberCode) -> bool:
        """Whether ``by``, the recipient or the relay, gave a receipt that counts."""
        if by in self._silent:
            return False
        try:
            reply = self._line.ask(by, delivery.body, DEADLINE_S, partial(self._is_receipt, delivery, by))
        except TooLargeError:  # it cannot travel and will run out; what waits behind it can
            return False
        if isinstance(reply, NoAnswer):
            self._silent.add(by)
            self._away.add(by)
            return False
        return self._settle(delivery, reply)

    def _try_relay(self, delivery: Delivery) -> bool:
        relay = self._relay_for(delivery)
        return relay is not None and delivery.recipient in self._silent and self._try(delivery, relay)

    def _relay_for(self, delivery: Delivery) -> MemberCode | None:
        is_worth_it = delivery.kind in RELAYED_KINDS and delivery.state is DeliveryState.QUEUED
        return self._relay if is_worth_it and delivery.recipient != self._relay else None

    def _can_go(self, delivery: Delivery) -> bool:
        """Whether somebody is there for it, as far as this round knows: who was silent is not asked again in it."""
        relay = self._relay_for(delivery)
        return delivery.recipient not in self._silent or (relay is not None and relay not in self._silent)

    def _is_receipt(self, delivery: Delivery, by: MemberCode, reply: bytes) -> bool:
        """Whether ``by`` has signed this about that delivery; a complaint says that no receipt will come."""
        try:
            frame, receipt = parse_signed(reply, Receipt)
            signer = self._signer(frame)
        except ComityError:
            return reply.startswith(COMPLAINT)
        is_about = (receipt.of, receipt.recipient, receipt.by) == (delivery.id, delivery.recipient, by)
        return is_about and signer == by

    def _settle(self, delivery: Delivery, reply: bytes) -> bool:
        if reply.startswith(COMPLAINT):
            _log.info("courier.complaint", by=delivery.recipient, about=delivery.kind)
            return False
        frame, receipt = parse_signed(reply, Receipt)
        taken = Taken(frame, receipt, is_pushed=False)
        outcome = self._gate.perform(TAKE, Peer(receipt.by, frame), taken, on=delivery.id)
        self._on_moved()
        return outcome.release is not None

    def _put_off(self, delivery: Delivery) -> None:
        state = find_next(delivery.state, DeliveryEvent.UNANSWERED)
        if state is None:
            return
        again_at = retry_at(delivery.attempts, self._clock())
        moved = DeliveryMoved(delivery.id, delivery.recipient, delivery.state, state, delivery.attempts + 1, again_at)
        self._outbox.change(lambda unit: unit.apply(moved))
