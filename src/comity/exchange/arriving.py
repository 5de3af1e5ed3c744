"""Arriving: an envelope that comes in is judged, opened, kept and answered by a receipt, once."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

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
from comity.exchange.form import REGISTER
from comity.exchange.forms import find_form
from comity.exchange.forms.hit_alert import HIT_ALERT
from comity.exchange.judging import (
    TEST,
    Asked,
    detail_of_form,
    facts_of_form,
    is_answered_by,
    read_asked,
    written_of,
)
from comity.exchange.message import EXPIRY, Message, MessageKept, MessageView, Text, keep_text, parse_text, verify_text
from comity.exchange.receipt import Step, sign_receipt
from comity.exchange.sending import Sealing, Vault, detail_of_head
from comity.exchange.thread import find_referred, is_answer, thread_of
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BatchId, BlobId, EntryId, MemberCode, is_record, parse_record_id
from comity.kind import Kind
from comity.limits import SKEW_S
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

    def was_entered(self, batch: BatchId, offset: int, register: str, source: MemberCode) -> bool:
        """Whether a record came into the catalogue from that source, in that register, or in any where it is empty."""


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
    form: dict[str, Any]  # facts about the form that it is
    detail: dict[str, Any]  # and what stands on record of it
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
            return DeliverSeen(is_proven, is_held, "", self._facts_of_unread(head, is_held=is_held), {}, ())
        asked = self._asked(text, head, unit)
        form = facts_of_form(written_of(text, head), asked, self._home, is_own_record=self._is_own_record(text, unit))
        thread = thread_of(envelope.id, text, head, unit)
        detail = detail_of_form(text.form, asked)
        return DeliverSeen(is_proven, is_held, thread, form, detail, _answered(text, asked, head, unit))

    def facts(self, act: Act[Arrived], seen: DeliverSeen) -> Facts:
        """Whose it is, for whom, whether in time, and whether it says what its sender committed to."""
        arrived = act.body
        envelope, head = arrived.envelope, arrived.envelope.head
        is_readable = head is not None and envelope.seals is not None
        is_judged = arrived.text is None or self._is_judged(arrived.text, seen)
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.MESSAGE,
            gives_to=(act.actor.member,),
            is_proven=seen.is_proven,
            is_addressee=not is_readable or self._is_for_us(envelope),
            is_readable=is_readable and (arrived.plain is None or arrived.text is not None) and is_judged,
            is_same_text=not is_readable or arrived.plain is not None,
            days_left=_days_left(envelope, act.at),
            # Of what is here already, and of what cannot be read, the level is not the reason to give.
            handlings=frozenset({head.handling} if head and not seen.is_held else ()),
            **seen.form,
        )

    def decide(self, act: Act[Arrived], verdict: Verdict, seen: DeliverSeen) -> Decision[bytes]:
        """Keep it, unless it is here already: then the receipt says the same as the first one did."""
        envelope, is_held = act.body.envelope, seen.is_held
        is_new = verdict.is_allowed and not is_held
        is_early = _will_be_past(envelope.head, act.at)
        is_passing = is_early or self._home.directory().judge(act.at) is Freshness.STALE
        step: Step = "delivered" if is_held or is_new else "later" if is_passing else "refused"

        def release(entry: EntryId) -> bytes | None:
            if not seen.is_proven:
                return None
            receipt = sign_receipt(
                self._home, envelope.id, step, recipient=self._home.member, to=act.actor.member, at=act.at,
                verdict=verdict, entry=entry,
            )  # fmt: skip
            return receipt.encode()

        head = envelope.head
        says = detail_of_head(head.urgency, head.answer_by, head.handling) if head and seen.is_proven else {}
        detail = {"message": envelope.id, "step": step, "again": is_held} | says | seen.detail
        return Decision(
            release=release,
            changes=self._keep(act, seen) if is_new else (),
            detail=detail | {"blobs": head.blobs if head else ()},
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
        if self._home.has_rule(TEST, DELIVER.name):
            return act.actor.proven and is_own
        # A rulebook of before says nothing of it: then what no secretariat sends is no word of a hit at all.
        return act.actor.proven and is_own and (head.kind == "message" or head.sender == self._home.secretariat)

    def _is_judged(self, text: Text, seen: DeliverSeen) -> bool:
        """Whether rules say who may send this form, or it is one that every program knows, and well filled in."""
        if text.form is None or self._home.has_rule(TEST, DELIVER.name) or seen.is_held or not seen.is_proven:
            return True
        form = find_form(text.form)
        return form is not None and form.is_first and bool(seen.form.get("is_well_filled"))

    def _facts_of_unread(self, head: Head | None, *, is_held: bool) -> dict[str, Any]:
        """Of what cannot be read, or is here already: the form is not looked at, but for whose an alert is."""
        is_alert = head is not None and head.kind == HIT_ALERT.head
        may_send = not is_alert or (head is not None and head.sender == self._home.secretariat)
        return {
            "may_send_form": may_send or is_held, "is_well_filled": True, "answers_its_form": True,
            "is_asked_of_source": True,
        }  # fmt: skip

    def _asked(self, text: Text, head: Head, unit: ArrivingUnit) -> Asked | None:
        """What it refers to, with its form; raises where that is damaged and decides whether the answer is taken."""
        referred, form = find_referred(text, head, unit), find_form(text.form)
        if referred is None:
            return None
        is_strict = form is not None and form.sent_by == "whoever-was-asked"
        was_asked = referred.is_outgoing and is_answer(text.reply_to, head, referred)
        return read_asked(referred, self._vault.storage_key(), was_asked=was_asked, is_strict=is_strict)

    def _is_own_record(self, text: Text, unit: ArrivingUnit) -> bool:
        """Whether the record that a form asks its source about was entered from here, in the register that it says.

        One that was taken out since counts: its asker had the hit before, and is to hear that it stands no more.
        """
        form, filled = find_form(text.form), text.form
        record = filled.fields.get(form.asks_source_of, "") if filled and form else ""
        if not is_record(record) or filled is None or form is None:
            return False
        registers = (filled.fields.get(each.name, "") for each in form.fields if each.kind is REGISTER)
        return unit.was_entered(*parse_record_id(record), next(registers, ""), self._home.member)

    def _is_for_us(self, envelope: Envelope) -> bool:
        own = self._home.member
        return (
            envelope.to == own
            and envelope.head is not None
            and any(each.member == own for each in envelope.head.recipients)
        )


def _answered(text: Text, asked: Asked | None, head: Head, unit: ArrivingUnit) -> tuple[DeliveryMoved, ...]:
    """What moves on by an answer: what was sent from here to its writer, if it answers that, by the form for it."""
    if asked is None or not asked.was_asked or not is_answered_by(asked.form, find_form(text.form)):
        return ()
    delivery = unit.find_delivery(asked.message.id, head.sender)
    state = find_next(delivery.state, DeliveryEvent.REPLIED) if delivery else None
    if delivery is None or state is None:
        return ()
    return (DeliveryMoved(delivery.id, delivery.recipient, delivery.state, state, delivery.attempts, delivery.next_at),)


def _days_left(envelope: Envelope, now: datetime) -> float | None:
    """Until it expires, but no less than it has in all: what says that it was sent long ago lasts no longer by that.

    When it was sent is its sender's word, as far back as it has not expired (``docs/threats.md``).
    None where it says that it was sent later than now, or asks for an answer when it is not on its way. A clock that
    is a little ahead is forgiven, as for a question; what waited for long is as good as ever until it expires.
    """
    head = envelope.head
    if head is None:
        return 1.0  # that it cannot be read is the reason to give
    is_answerable = head.answer_by is None or head.sent_at <= head.answer_by <= head.expires_at
    if _is_ahead(head, now) or not is_answerable:
        return None
    left, life = ((head.expires_at - since).total_seconds() / _DAY_S for since in (now, head.sent_at))
    return max(left, life) if left > 0 else left


def _is_ahead(head: Head, now: datetime) -> bool:
    return head.sent_at > now + timedelta(seconds=SKEW_S)


def _will_be_past(head: Head | None, now: datetime) -> bool:
    """Whether it was sent later than now, and will not have been while its sender still tries to deliver it."""
    return head is not None and _is_ahead(head, now) and not _is_ahead(head, now + EXPIRY)


def _acts(partners: Sealing) -> tuple[Done, ...]:
    return (done(DELIVER, DeliverMessage(partners.home, partners.vault)),)


PART: Final = RoomPart((DELIVER,), _acts)
