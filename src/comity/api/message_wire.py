"""What the API takes and gives about messages, as JSON; it evolves as ``wire`` does.

Ids are 64 hexadecimal digits; times are aware and in ISO 8601. ``word``, ``headline`` and ``sentence`` are in the
language that the request asks for; everything else is for machines too.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from comity.api.wire import DamagedShown, OnRecord, RuleSpoke, Text
from comity.limits import BODY_BYTES, ENVELOPE_BLOBS_MAX, MEMBERS_MAX
from comity.shown.forms import FormShown

_Long = Annotated[str, msgspec.Meta(max_length=BODY_BYTES)]


class SendForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message to be sent. ``to`` are codes of members, ``attachments`` blobs of ``POST /v1/attachments``.

    ``urgency`` is ``immediate``, ``urgent`` or ``routine``; ``handling`` is one of the rulebook's levels, without
    any the one that protects least. How long subject and text may be is said by the answer that refuses them.
    """

    to: Annotated[list[Text], msgspec.Meta(max_length=MEMBERS_MAX)]
    subject: _Long
    text: _Long
    urgency: Text = "routine"
    handling: Text = ""
    reply_to: Text = ""
    attachments: Annotated[list[Text], msgspec.Meta(max_length=ENVELOPE_BLOBS_MAX)] = []


class DeliveryShort(msgspec.Struct, frozen=True):
    """Where a message stands at one recipient.

    ``state`` is ``queued``, ``relayed``, ``delivered``, ``opened``, ``answered``, ``refused`` or ``expired``; or
    ``unreadable`` where it is not known here any more.
    """

    recipient: str
    state: str
    word: str


class ReceiptShown(msgspec.Struct, frozen=True, kw_only=True):
    """What ``by`` has signed about a message: the recipient, or the secretariat that it is ``relayed`` through.

    ``step`` is ``relayed``, ``delivered``, ``opened``, ``refused`` or ``later``; ``entry`` stands in that member's
    ledger.
    """

    step: str
    by: str
    at: datetime
    entry: str
    rules: tuple[RuleSpoke, ...]
    rulebook: str


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """The same with what was signed about it, in the order in which it came; ``sentence`` says what it means."""

    recipient: str
    state: str
    word: str
    sentence: str
    attempts: int
    receipts: tuple[ReceiptShown, ...]


class SentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is on its way. ``answer_by`` is when an answer is asked for; none is by a reply."""

    id: str
    answer_by: datetime | None
    deliveries: tuple[DeliveryShown, ...]
    record: OnRecord


class ProgressAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message sent from here. ``is_underway`` while a recipient has no receipt given yet."""

    id: str
    is_underway: bool
    deliveries: tuple[DeliveryShown, ...]


class MessageShort(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a list.

    ``subject`` is missing for what is confidential, and empty in an alert; ``headline`` says in words what to show.
    ``state`` of what came in is ``unopened``, ``opened`` or ``answered``; of what was sent it is empty, and
    ``deliveries`` have it. ``kept_at`` is when it came in or was sent; ``officer`` who sent it here. ``form`` names the
    form that it is, where the subject is shown; empty for a free message.
    """

    id: str
    kind: str
    is_outgoing: bool
    is_reply: bool
    sender: str
    recipients: tuple[str, ...]
    sent_at: datetime
    kept_at: datetime
    answer_by: datetime | None
    is_overdue: bool
    urgency: str
    handling: str
    subject: str | None
    headline: str
    attachments: int
    state: str
    word: str
    officer: str
    opened_at: datetime | None
    opened_by: str
    deliveries: tuple[DeliveryShort, ...]
    form: str = ""


class MoreWaiting(msgspec.Struct, frozen=True):
    """Of one sender how many more messages wait for an answer than the list has; ``is_cut``: at least so many."""

    sender: str
    count: int
    is_cut: bool
    sentence: str


class MessageList(msgspec.Struct, frozen=True):
    """Messages, the newest first. ``older`` is what ``before`` takes next; ``entry`` is this reading, on record too.

    ``damaged`` are those of this part of the list that cannot be shown. ``pressing`` wait for an answer and are further
    down in the list; of what is due, ``more`` of the same senders is left out.
    """

    messages: tuple[MessageShort, ...]
    older: int | None
    entry: str
    damaged: tuple[DamagedShown, ...] = ()
    pressing: tuple[MessageShort, ...] = ()
    more: tuple[MoreWaiting, ...] = ()


class AttachmentShown(msgspec.Struct, frozen=True):
    """A file of a message. Of its ``of`` chunks ``arrived`` are here; ``of`` is 0 while that is not known.

    ``name`` and ``media`` are what its sender says; ``size`` is in bytes.
    """

    name: str
    size: int
    media: str
    blob: str
    arrived: int
    of: int
    is_here: bool


class AlertShown(msgspec.Struct, frozen=True, kw_only=True):
    """The keeper's word of a hit on a record of this bureau; ``entry`` is the answer in the keeper's ledger.

    ``at`` and ``post``, and ``asker`` too, are left out where the rulebook strips them.
    """

    record: str
    register: str
    asker: str
    purpose: str
    purpose_title: str = ""
    keeper: str
    entry: str
    at: datetime | None
    post: str
    sentence: str


class MessageShown(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was opened, with its text. ``was_unopened``: this opening was the first.

    ``answer_by``, ``state`` and ``headline`` are as in a list; ``alert`` is there in alerts alone. ``form`` is
    there in all but free messages; then subject and text are empty.

    Where ``withheld_by`` has rules, those let this officer open the thread and not this message of it: it has no
    subject, text or attachments here, and stays unopened.
    """

    id: str
    kind: str
    is_outgoing: bool
    reply_to: str
    sender: str
    recipients: tuple[str, ...]
    sent_at: datetime
    kept_at: datetime
    expires_at: datetime
    answer_by: datetime | None
    urgency: str
    handling: str
    handling_title: str = ""
    subject: str
    headline: str
    text: str
    attachments: tuple[AttachmentShown, ...]
    alert: AlertShown | None
    state: str
    word: str
    officer: str
    was_unopened: bool
    opened_at: datetime | None
    opened_by: str
    deliveries: tuple[DeliveryShown, ...]
    form: FormShown | None = None
    withheld_by: tuple[RuleSpoke, ...] = ()


class ThreadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A thread, the oldest message first. ``record.told`` are the senders who hear that it was opened here.

    The message asked for is in it, and the newest others. ``left_out`` counts the older ones, which are opened by their
    own numbers. ``handling`` is the level that protects most, by the rulebook's order, of what is shown. ``damaged``
    are those of the thread that cannot be shown; they stay unopened. What the rulebook withholds stands in its place.
    """

    id: str
    handling: str
    messages: tuple[MessageShown, ...]
    left_out: int = 0
    record: OnRecord
    damaged: tuple[DamagedShown, ...] = ()


class AttachmentAdded(msgspec.Struct, frozen=True):
    """A file that the officer's next message may name. ``size`` is in bytes; ``entry`` is the act, on record."""

    blob: str
    size: int
    entry: str


class Addressee(msgspec.Struct, frozen=True):
    """A member that one can write to."""

    code: str
    title: str
