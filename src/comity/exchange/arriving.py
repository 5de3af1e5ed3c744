"""Arriving: an envelope that comes in is judged, opened, kept and answered by a receipt, once."""

from datetime import datetime
from typing import Final, NamedTuple, Protocol

from comity.act import Act
from comity.errors import ComityError
from comity.exchange.blob import BlobWanted
from comity.exchange.delivery import (
    DeliveryEvent,
    DeliveryMoved,
    DeliveryView,
    find_next,
)
from comity.exchange.envelope import Envelope, Head, Plain, open_envelope
from comity.exchange.message import Message, MessageKept, MessageView, Text, keep_text, parse_text, verify_text
from comity.exchange.receipt import Step, sign_receipt
from comity.exchange.sending import Sealing, Vault
from comity.exchange.thread import find_referred, is_answer, thread_of
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BlobId, EntryId
from comity.kind import Kind
from comity.members.directory import Freshness
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_

_DAY_S = 86_400.0


class ArrivingUnit(UnitOfWork, MessageView, DeliveryView, Protocol):
    """A unit of work that knows the messages, and the outbox for what is being answered."""


class Arrived(NamedTuple):
    """The body of ``message.deliver``: an envelope, and what it opens to; None where it does not, or is unreadable."""

    envelope: Envelope
    plain: Plain | None
    text: Text | None


def open_arrived(envelope: Envelope, vault: Vault) -> Arrived:
    """Open what has come, as far as it can be; nothing of it is shown before the gate has let it pass.

    UntrustedError where it was altered on its way, which its sender is not told: it sends it again.
    """
    envelope.verify_whole()
    key = next(
        (each.key for each in (envelope.head.recipients if envelope.head else ()) if each.member == envelope.to), ""
    )
    sealing_key = vault.find_sealing_key(key)
    if sealing_key is None:
        return Arrived(envelope, None, None)
    try:
        plain = open_envelope(envelope, sealing_key)
    except ComityError:
        return Arrived(envelope, None, None)
    try:
        return Arrived(envelope, plain, _read(plain, envelope))
    except ComityError:
        return Arrived(envelope, plain, None)


def _read(plain: Plain, envelope: Envelope) -> Text:
    text = parse_text(plain.text)
    if envelope.head is not None:
        verify_text(text, envelope.head)
    return text


class DeliverSeen(NamedTuple):
    """Whether an envelope is its sender's, whether it is here already, and what it makes of others here."""

    is_proven: bool
    is_held: bool
    thread: str  # that it is filed under, where it can be read
    answered: tuple[DeliveryMoved, ...]


DELIVER: Final = Kind[Arrived, bytes]("message.deliver", Arrived, title=N_("Taking a message in"))
"""An envelope comes in; release is the signed receipt, None for what is not shown to be its sender's."""


class DeliverMessage:
    """What is done for ``DELIVER``."""

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[Arrived], unit: ArrivingUnit) -> DeliverSeen:
        """Whose it is, and where it belongs among the messages that are here."""
        envelope, _plain, text = act.body
        head, is_proven = envelope.head, self._is_proven(act)
        is_held = is_proven and unit.has_message(envelope.id)
        if head is None or text is None or not is_proven or is_held:
            return DeliverSeen(is_proven, is_held, "", ())
        return DeliverSeen(is_proven, is_held, thread_of(envelope.id, text, head, unit), _answered(text, head, unit))

    def facts(self, act: Act[Arrived], seen: DeliverSeen) -> Facts:
        """Whose it is, for whom, whether in time, and whether it says what its sender committed to."""
        arrived = act.body
        envelope, head = arrived.envelope, arrived.envelope.head
        is_readable = head is not None and envelope.seals is not None
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.MESSAGE,
            gives_to=(act.actor.member,),
            is_proven=seen.is_proven,
            is_addressee=not is_readable or self._is_for_us(envelope),
            is_readable=is_readable and (arrived.plain is None or arrived.text is not None),
            is_same_text=not is_readable or arrived.plain is not None,
            days_left=_days_left(envelope, act.at),
        )

    def decide(self, act: Act[Arrived], verdict: Verdict, seen: DeliverSeen) -> Decision[bytes]:
        """Keep it, unless it is here already: then the receipt says the same as the first one did."""
        envelope, is_held = act.body.envelope, seen.is_held
        is_new = verdict.is_allowed and not is_held
        is_passing = self._home.directory().judge(act.at) is Freshness.STALE
        step: Step = "delivered" if is_held or is_new else "later" if is_passing else "refused"

        def release(entry: EntryId) -> bytes | None:
            if not seen.is_proven:
                return None
            receipt = sign_receipt(
                self._home, envelope.id, step, recipient=self._home.member, to=act.actor.member, at=act.at,
                verdict=verdict, entry=entry,
            )  # fmt: skip
            return receipt.encode()

        detail = {"message": envelope.id, "step": step, "again": is_held}
        return Decision(
            release=release,
            changes=self._keep(act, seen) if is_new else (),
            detail=detail | {"blobs": envelope.head.blobs if envelope.head else ()},
        )

    def _keep(self, act: Act[Arrived], seen: DeliverSeen) -> tuple[object, ...]:
        envelope, plain, text = act.body
        head = envelope.head
        if head is None or plain is None or text is None:
            raise TypeError("The rulebook lets no envelope pass that cannot be read.")
        kept = keep_text(plain, self._vault.storage_key(), envelope.id, self._home.entropy)
        message = Message(
            id=envelope.id,
            thread=seen.thread,
            is_outgoing=False,
            head=head,
            shell=envelope.shell(),
            kept=kept,
            kept_at=act.at,
        )
        return (
            MessageKept(message),
            *(BlobWanted(BlobId(blob), envelope.id, head.sender, act.at, head.expires_at) for blob in head.blobs),
            *seen.answered,
        )

    def _is_proven(self, act: Act[Arrived]) -> bool:
        head = act.body.envelope.head
        if head is None:
            return act.actor.proven
        is_own = head.sender == act.actor.member
        # Only the secretariat, which keeps the shared registers, tells of hits.
        return act.actor.proven and is_own and (head.kind == "message" or head.sender == self._home.secretariat)

    def _is_for_us(self, envelope: Envelope) -> bool:
        own = self._home.member
        return (
            envelope.to == own
            and envelope.head is not None
            and any(each.member == own for each in envelope.head.recipients)
        )


def _answered(text: Text, head: Head, unit: ArrivingUnit) -> tuple[DeliveryMoved, ...]:
    """What moves on by an answer: what was sent from here to its writer, if it answers that."""
    asked = find_referred(text, head, unit)
    if asked is None or not asked.is_outgoing or not is_answer(text.reply_to, head, asked):
        return ()
    delivery = unit.find_delivery(asked.id, head.sender)
    state = find_next(delivery.state, DeliveryEvent.REPLIED) if delivery else None
    if delivery is None or state is None:
        return ()
    return (DeliveryMoved(delivery.id, delivery.recipient, delivery.state, state, delivery.attempts, delivery.next_at),)


def _days_left(envelope: Envelope, now: datetime) -> float | None:
    head = envelope.head
    if head is None:
        return 1.0  # that it cannot be read is the reason to give
    return (head.expires_at - now).total_seconds() / _DAY_S


def _acts(partners: Sealing) -> tuple[Done, ...]:
    return (done(DELIVER, DeliverMessage(partners.home, partners.vault)),)


PART: Final = RoomPart((DELIVER,), _acts)
