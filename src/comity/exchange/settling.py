"""Settling deliveries: taking in receipts, and ending what ran out of time."""

from functools import partial
from typing import Final, Protocol

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
from comity.gate import Decision, GivesTo, Handler, UnitOfWork
from comity.ids import EntryId
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame

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


class Taken:
    """The body of ``receipt.take``. ``is_pushed``: it came by itself, and its bringer wants to hear that it is here."""

    def __init__(self, frame: Frame, receipt: Receipt, *, is_pushed: bool) -> None:
        self.frame = frame
        self.receipt = receipt
        self.is_pushed = is_pushed
        self.delivery: Delivery | None = None

    def look(self, unit: SettlingUnit) -> Delivery | None:
        """Look once for the delivery that it is about."""
        self.delivery = unit.find_delivery(self.receipt.of, self.receipt.recipient)
        return self.delivery


class TakeReceipt:
    """``receipt.take``: a member says what became of a delivery. Release is our own receipt for it where it is wanted,
    which is a refusal for what is about nothing sent from here, else the receipt itself; None where it is not to be
    believed.
    """  # noqa: D205 - one sentence

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act, unit: SettlingUnit) -> Facts:
        """Whose receipt it is, and whether anything of that name went from here to that member."""
        taken: Taken = act.body
        delivery = taken.look(unit)
        return facts_of(
            act,
            self._home.directory(),
            gives_to=(act.actor.member,),
            gives_on=Channel.MESSAGE,
            is_proven=act.actor.proven and self._is_believable(act, taken.receipt),
            is_known=delivery is not None and _is_about(taken.receipt, delivery),
        )

    def decide(self, act: Act, verdict: Verdict, unit: SettlingUnit) -> Decision:
        """Move the delivery; at the relay, pass the receipt on to whom it is for."""
        del unit
        taken: Taken = act.body
        receipt = taken.receipt
        name = receipt_name(taken.frame)
        detail = {
            "of": receipt.of, "recipient": receipt.recipient, "step": receipt.step, "receipt": name,
            "rules": receipt.rules, "entry": receipt.entry,
        }  # fmt: skip
        delivery = taken.delivery
        if not verdict.is_allowed or delivery is None:
            is_owed = taken.is_pushed and act.actor.proven and self._is_believable(act, receipt)
            refuse = partial(self._acknowledge, name, "refused", act, verdict)
            return Decision(release=refuse, detail=detail) if is_owed else Decision(detail=detail)
        state = find_next(delivery.state, EVENTS[receipt.step])
        changes: tuple[object, ...] = ()
        if state is not None:
            kept = ReceiptKept(receipt.of, receipt.recipient, receipt.step, taken.frame.encode(), receipt.at)
            changes = (kept, _moved(delivery, state, act))
            if delivery.sender != self._home.member and receipt.step in ("delivered", "refused"):
                changes += (self._pass_on(taken, name, delivery, act),)

        def release(entry: EntryId) -> object:
            return self._acknowledge(name, "delivered", act, verdict, entry) if taken.is_pushed else receipt

        return Decision(release=release, changes=changes, detail=detail | {"again": state is None})

    def _acknowledge(self, name: str, step: Step, act: Act, verdict: Verdict, entry: EntryId) -> bytes:
        """Our receipt for a receipt; ``refused`` where it is for nothing sent from here: nobody need bring it again."""
        own = sign_receipt(
            self._home, name, step, recipient=self._home.member, to=act.actor.member, at=act.at, verdict=verdict,
            entry=entry,
        )  # fmt: skip
        return own.encode()

    def _is_believable(self, act: Act, receipt: Receipt) -> bool:
        try:
            verify_receipt(receipt, self._home.secretariat)
        except UntrustedError:
            return False
        return receipt.by == act.actor.member

    def _pass_on(self, taken: Taken, name: str, delivery: Delivery, act: Act) -> DeliveryQueued:
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


def _moved(delivery: Delivery, state: DeliveryState, act: Act) -> DeliveryMoved:
    is_relayed = state is DeliveryState.RELAYED
    again_at = retry_at(16 if is_relayed else delivery.attempts, act.at)  # the relay is at it: trying here can wait
    return DeliveryMoved(delivery.id, delivery.recipient, delivery.state, state, delivery.attempts + 1, again_at)


class ExpireDelivery:
    """``delivery.expire``: nobody gave a receipt in time. The body is the delivery."""

    changes = True
    gives_to: GivesTo = "nobody"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act, unit: SettlingUnit) -> Facts:
        """The node goes on with what its officer began."""
        del unit
        return facts_of(act, self._home.directory(), actor="node")

    def decide(self, act: Act, verdict: Verdict, unit: SettlingUnit) -> Decision:
        """End it, unless its fate has become known meanwhile."""
        body: Delivery = act.body
        detail = {"of": body.id, "recipient": body.recipient}
        delivery = unit.find_delivery(body.id, body.recipient)
        state = find_next(delivery.state, DeliveryEvent.RAN_OUT) if delivery and verdict.is_allowed else None
        if delivery is None or state is None:
            return Decision(detail=detail)
        return Decision(changes=(_moved(delivery, state, act),), detail=detail)


def settling_acts(home: Home) -> dict[str, Handler[SettlingUnit]]:
    """What this file registers at the gate."""
    return {"receipt.take": TakeReceipt(home), "delivery.expire": ExpireDelivery(home)}
