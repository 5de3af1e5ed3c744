"""Messages as the API shows them: what the exchange keeps, in the forms of ``message_wire``."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from comity.act import Act, Session
from comity.api.faces import records_said_to
from comity.api.message_wire import (
    AlertShown,
    AttachmentShown,
    DeliveryShort,
    DeliveryShown,
    MessageShort,
    MessageShown,
    ReceiptShown,
)
from comity.api.message_words import IN_TITLES, STATE_SENTENCES, headline, state_word
from comity.api.problems import speak_rules
from comity.exchange.delivery import Delivery, DeliveryState
from comity.exchange.message import AlertedHit, Attachment, Message
from comity.exchange.reading import Listed, OpenedMessage
from comity.exchange.receipt import Receipt
from comity.node import Node
from comity.rules.wording import Wording
from comity.shown.forms import form_shown
from comity.shown.threads import form_of_message
from comity.shown.wording import level_title, purpose_title
from comity.texts import _

_ENDED = (DeliveryState.ANSWERED, DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN)


def deliveries_shown(
    node: Node, deliveries: Iterable[Delivery], receipts: Sequence[Receipt]
) -> tuple[DeliveryShown, ...]:
    """What became of a message at each recipient, with what was signed about it."""
    return tuple(
        DeliveryShown(
            recipient=each.recipient,
            state=each.state.value,
            word=state_word(each.state.value),
            sentence=_(STATE_SENTENCES[each.state.value]),
            attempts=each.attempts,
            receipts=tuple(_receipt(node, one) for one in receipts if one.recipient == each.recipient),
        )
        for each in deliveries
    )


def listed(node: Node, line: Listed, now: datetime, *, is_answered: bool) -> MessageShort:
    """One line of a list; ``is_answered``: of what came in, whether somebody here has answered it."""
    message, head = line.message, line.message.head
    state = in_state(message, is_answered=is_answered)
    return MessageShort(
        id=message.id,
        kind=head.kind,
        is_outgoing=message.is_outgoing,
        is_reply=line.is_reply,
        sender=head.sender,
        recipients=tuple(each.member for each in head.recipients),
        sent_at=head.sent_at,
        kept_at=message.kept_at,
        answer_by=head.answer_by,
        is_overdue=is_overdue(message, line.deliveries, now, is_answered=is_answered),
        urgency=head.urgency,
        handling=head.handling,
        subject=line.subject,
        headline=headline(node.knowledge.rulebook().wording, head.kind, line.subject, head.handling, line.form),
        attachments=line.attachments,
        state=state,
        word=_(IN_TITLES[state]) if state else "",
        officer=message.officer,
        opened_at=message.opened_at,
        opened_by=message.opened_by,
        deliveries=tuple(
            DeliveryShort(each.recipient, each.state.value, state_word(each.state.value)) for each in line.deliveries
        ),
        form=line.form.form if line.form else "",
    )


def shown(
    node: Node, session: Session, opened: OpenedMessage, act: Act[Any], thread: Sequence[OpenedMessage],
    *, is_answered: bool,
) -> MessageShown:  # fmt: skip
    """One message of a ``thread`` that ``act`` has opened."""
    message, text, head = opened.message, opened.text, opened.message.head
    wording = node.knowledge.rulebook().wording
    is_fresh = opened.is_fresh
    state = in_state(message, is_answered=is_answered)
    state = "opened" if is_fresh and state == "unopened" else state
    receipts = node.messages.receipts(session, message.id) if message.is_outgoing else ()
    return MessageShown(
        id=message.id,
        kind=head.kind,
        is_outgoing=message.is_outgoing,
        reply_to=opened.reply_to,
        sender=head.sender,
        recipients=tuple(each.member for each in head.recipients),
        sent_at=head.sent_at,
        kept_at=message.kept_at,
        expires_at=head.expires_at,
        answer_by=head.answer_by,
        urgency=head.urgency,
        handling=head.handling,
        handling_title=level_title(wording, head.handling),
        subject=text.subject,
        headline=_("Withheld")
        if opened.withheld_by
        else headline(wording, head.kind, text.subject, head.handling, text.form),
        text=text.text,
        attachments=tuple(attachment_shown(node, each) for each in text.attachments),
        alert=_alert(wording, text.alert, head.sender) if text.alert else None,
        state=state,
        word=_(IN_TITLES[state]) if state else "",
        officer=message.officer,
        was_unopened=is_fresh,
        opened_at=act.at if is_fresh else message.opened_at,
        opened_by=act.actor.officer if is_fresh else message.opened_by,
        deliveries=deliveries_shown(node, opened.deliveries, receipts),
        form=form_of_message(
            opened, thread, act.at, node.config.code, wording, say_record=records_said_to(node, session)
        ),
        withheld_by=speak_rules(node, opened.withheld_by),
    )


def attachment_shown(node: Node, attachment: Attachment) -> AttachmentShown:
    """A file of a message, and how much of it is here; its key stays here."""
    arrived, of = node.messages.arrived(attachment.blob)
    is_here = arrived == of and (of > 0 or attachment.size == 0)
    return AttachmentShown(attachment.name, attachment.size, attachment.media, attachment.blob, arrived, of, is_here)


def in_state(message: Message, *, is_answered: bool) -> str:
    """Where a message stands that came in: ``unopened``, ``opened`` or ``answered``; empty for one sent from here."""
    if message.is_outgoing:
        return ""
    if is_answered:
        return "answered"
    return "opened" if message.opened_at else "unopened"


def is_overdue(message: Message, deliveries: Iterable[Delivery], now: datetime, *, is_answered: bool) -> bool:
    """Whether an answer that was asked for is late: ours to what came in, or somebody's to what was sent."""
    by = message.head.answer_by
    if by is None or now < by:
        return False
    return any(each.state not in _ENDED for each in deliveries) if message.is_outgoing else not is_answered


def _receipt(node: Node, receipt: Receipt) -> ReceiptShown:
    return ReceiptShown(
        step=receipt.step,
        by=receipt.by,
        at=receipt.at,
        entry=receipt.entry,
        rules=speak_rules(node, receipt.rules) if receipt.step in ("refused", "later") else (),
        rulebook=receipt.rulebook,
    )


def _alert(wording: Wording, alert: AlertedHit, keeper: str) -> AlertShown:
    return AlertShown(
        record=alert.record,
        register=alert.register,
        asker=alert.asker,
        purpose=alert.purpose,
        purpose_title=purpose_title(wording, alert.purpose),
        keeper=keeper,
        entry=alert.entry,
        at=alert.at,
        post=alert.post,
        sentence=" ".join(form_shown(alert.filled(), wording, sender=keeper, recipient="").sentences),
    )
