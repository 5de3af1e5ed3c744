"""Settling deliveries: taking in receipts, and ending what ran out of time."""

from datetime import datetime
from functools import partial
from typing import Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.errors import UntrustedError
from comity.exchange.delivery import (
    Delivery,
    DeliveryEvent,
    DeliveryMoved,
    DeliveryQueued,
    DeliveryState,
    DeliveryView,
    ReceiptKept,
    find_next,
    new_delivery,
    retry_at,
)
from comity.exchange.message import EXPIRY
from comity.exchange.receipt import Receipt, Step, receipt_name, sign_receipt, verify_receipt
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import EntryId, MemberCode
from comity.kind import Kind
from comity.members.home import Home, Partners
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import N_

EVENTS: Final[dict[Step, DeliveryEvent]] = {
    "relayed": DeliveryEvent.TAKEN_ON,
    "delivered": DeliveryEvent.ACCEPTED,
    "opened": DeliveryEvent.READ,
    "entered": DeliveryEvent.TAKEN_IN,
    "turned-down": DeliveryEvent.TURNED_DOWN,
    "refused": DeliveryEvent.REJECTED,
    "later": DeliveryEvent.UNANSWERED,
}
"""What each step of a receipt means for its delivery."""

_OF_ALL: Final[tuple[Step, ...]] = ("delivered", "refused", "later")
STEPS: Final[dict[str, tuple[Step, ...]]] = {
    "batch": _OF_ALL,
    "consignment": (*_OF_ALL, "entered", "turned-down"),
    "receipt": (*_OF_ALL, "relayed"),
    "envelope": (*_OF_ALL, "relayed", "opened"),
}
"""What there is to say about each kind of delivery; a receipt that says anything else is for nothing sent from here."""


class SettlingUnit(UnitOfWork, DeliveryView, Protocol):
    """A unit of work that knows the outbox."""


class Taken(msgspec.Struct, frozen=True):
    """The body of ``receipt.take``. ``is_pushed``: it came by itself, and its bringer wants to hear that it is here."""

    frame: Frame
    receipt: Receipt
    is_pushed: bool


class TakeSeen(NamedTuple):
    """What a receipt is about, None for nothing of that name; and whether it is its signer's to give."""

    delivery: Delivery | None
    is_believable: bool


TAKE: Final = Kind[Taken, bytes | Receipt]("receipt.take", Taken, title=N_("Taking a receipt in"))
"""A member says what became of a delivery.

Release is our own receipt for it where it is wanted, which is a refusal for what is about nothing sent from here, else
the receipt itself; None where it is not to be believed.
"""


class TakeReceipt:
    """What is done for ``TAKE``."""

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Taken], unit: SettlingUnit) -> TakeSeen:
        """The delivery that it is about."""
        receipt = act.body.receipt
        delivery = unit.find_delivery(receipt.of, receipt.recipient)
        return TakeSeen(delivery, act.actor.proven and self._is_believable(act.actor.member, receipt))

    def facts(self, act: Act[Taken], seen: TakeSeen) -> Facts:
        """Whose receipt it is, and whether anything of that name went from here to that member."""
        return facts_of(
            act,
            self._home.directory(),
            gives_to=(act.actor.member,),
            gives_on=Channel.MESSAGE,
            is_proven=seen.is_believable,
            is_known=seen.delivery is not None and _is_about(act.body.receipt, seen.delivery),
        )

    def decide(self, act: Act[Taken], verdict: Verdict, seen: TakeSeen) -> Decision[bytes | Receipt]:
        """Move the delivery; at the relay, pass the receipt on to whom it is for."""
        taken, delivery = act.body, seen.delivery
        receipt = taken.receipt
        name = receipt_name(taken.frame)
        detail = {
            "of": receipt.of, "recipient": receipt.recipient, "step": receipt.step, "receipt": name,
            "rules": receipt.rules, "entry": receipt.entry,
        }  # fmt: skip
        if not verdict.is_allowed or delivery is None:
            is_owed = taken.is_pushed and seen.is_believable
            refuse = partial(self._acknowledge, name, "refused", act, verdict)
            return Decision(release=refuse, detail=detail) if is_owed else Decision(detail=detail)
        state = find_next(delivery.state, EVENTS[receipt.step])
        changes: tuple[object, ...] = ()
        if state is not None:
            kept = ReceiptKept(receipt.of, receipt.recipient, receipt.step, taken.frame.encode(), receipt.at)
            changes = (kept, _moved(delivery, state, act.at))
            if delivery.sender != self._home.member and receipt.step in ("delivered", "refused"):
                changes += (self._pass_on(taken, name, delivery, act),)

        def release(entry: EntryId) -> bytes | Receipt:
            return self._acknowledge(name, "delivered", act, verdict, entry) if taken.is_pushed else receipt

        return Decision(release=release, changes=changes, detail=detail | {"again": state is None})

    def _acknowledge(self, name: str, step: Step, act: Act[Taken], verdict: Verdict, entry: EntryId) -> bytes:
        """Our receipt for a receipt; ``refused`` where it is for nothing sent from here: nobody need bring it again."""
        own = sign_receipt(
            self._home, name, step, recipient=self._home.member, to=act.actor.member, at=act.at, verdict=verdict,
            entry=entry,
        )  # fmt: skip
        return own.encode()

    def _is_believable(self, by: MemberCode, receipt: Receipt) -> bool:
        try:
            verify_receipt(receipt, self._home.secretariat)
        except UntrustedError:
            return False
        return receipt.by == by

    def _pass_on(self, taken: Taken, name: str, delivery: Delivery, act: Act[Taken]) -> DeliveryQueued:
        delivery = new_delivery(
            name,
            "receipt",
            taken.frame.encode(),
            sender=self._home.member,  # it is the relay that passes it on: who signed it waits for nothing more
            to=delivery.sender,
            now=act.at,
            expires_at=act.at + EXPIRY,
        )
        return DeliveryQueued(delivery)


def _is_about(receipt: Receipt, delivery: Delivery) -> bool:
    # What one member was told about a batch that it sent, of the same name, says nothing about another's. Of receipts,
    # the relay brings on those of others: theirs is the answer.
    is_ours = delivery.kind == "receipt" or receipt.to == delivery.sender
    return is_ours and receipt.step in STEPS[delivery.kind]


def _moved(delivery: Delivery, state: DeliveryState, now: datetime) -> DeliveryMoved:
    is_relayed = state is DeliveryState.RELAYED
    again_at = retry_at(16 if is_relayed else delivery.attempts, now)  # the relay is at it: trying here can wait
    return DeliveryMoved(delivery.id, delivery.recipient, delivery.state, state, delivery.attempts + 1, again_at)


class Ending(msgspec.Struct, frozen=True):
    """The body of ``delivery.expire``: what is given up, and whether its time is over or it may not leave any more."""

    delivery: Delivery
    event: DeliveryEvent


EXPIRE: Final = Kind[Ending, None]("delivery.expire", Ending, title=N_("Giving a delivery up"))
"""Nobody gave a receipt in time, or it is not to be given to its recipient any more."""


class ExpireDelivery:
    """What is done for ``EXPIRE``."""

    changes = True
    gives_to: GivesTo = "nobody"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Ending], unit: SettlingUnit) -> Delivery | None:
        """How it stands now."""
        return unit.find_delivery(act.body.delivery.id, act.body.delivery.recipient)

    def facts(self, act: Act[Ending], delivery: Delivery | None) -> Facts:
        """The node goes on with what its officer began."""
        del delivery
        return facts_of(act, self._home.directory(), actor="node")

    def decide(self, act: Act[Ending], verdict: Verdict, delivery: Delivery | None) -> Decision[None]:
        """End it, unless its fate has become known meanwhile."""
        ending = act.body
        detail = {"of": ending.delivery.id, "recipient": ending.delivery.recipient, "why": ending.event.value}
        state = find_next(delivery.state, ending.event) if delivery and verdict.is_allowed else None
        if delivery is None or state is None:
            return Decision(detail=detail)
        return Decision(changes=(_moved(delivery, state, act.at),), detail=detail)


def _acts(partners: Partners) -> tuple[Done, ...]:
    return done(TAKE, TakeReceipt(partners.home)), done(EXPIRE, ExpireDelivery(partners.home))


PART: Final = RoomPart((TAKE, EXPIRE), _acts)
