"""Messages: what bureaus write to each other, and how a node keeps them."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.bounded import Hash, HashOrNone, Line
from comity.characters import verify_line
from comity.errors import CorruptError, InputError, MalformedError
from comity.exchange.envelope import SALT_BYTES, Head, Plain, Urgency
from comity.exchange.form import NOTE, PASSAGE, Filled
from comity.exchange.forms import form_of
from comity.exchange.forms.hit_alert import HIT_ALERT
from comity.exchange.forms.letter import LETTER
from comity.exchange.signed import Moment, verify_moments
from comity.formats import Format
from comity.ids import EntryId, EnvelopeId, MemberOrNone, OfficerId, RecordId, RegisterName
from comity.limits import (
    ATTACHMENT_BYTES,
    ENVELOPE_BLOBS_MAX,
    FIELD_CHARS,
    FRAME_BYTES,
    MESSAGE_CHARS,
    MESSAGE_DAYS_MAX,
)
from comity.plug import RoomPart
from comity.signer import Entropy
from comity.texts import _

EXPIRY: Final = timedelta(days=MESSAGE_DAYS_MAX)
"""How long a message is tried, and how long a sealing key is kept after it was replaced."""

ANSWER_WITHIN: Final[dict[Urgency, timedelta]] = {each.urgency: each.within for each in LETTER.deadlines}
"""By when an answer to a free message is asked for, the most urgent first."""

_NONCE_BYTES: Final = 12
_NEVER_IN_LINES: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
"""What a subject or a file's name never had, since version 1. ``verify_text`` refuses more of what comes in."""


class Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that goes with a message: ``blob`` names its encrypted bytes, ``key`` (hexadecimal) opens them."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=FIELD_CHARS)]
    media: Line
    size: Annotated[int, msgspec.Meta(ge=0, le=ATTACHMENT_BYTES)]
    blob: Hash
    key: Hash

    def __post_init__(self) -> None:
        if _NEVER_IN_LINES.search(self.name):
            raise ValueError("A file's name is one line.")


ATTACHMENT: Final = Format[Attachment]("attachment", {1: Attachment}, has_v_from=2)
"""As an officer's upload is kept until a message names it; within a text, the text's version covers it."""


class AlertedHit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the source of a record hears of a hit on it: whose query it was, and why; as version 1 of a text has it.

    ``entry`` is the answer in the keeper's ledger; ``at`` and ``post`` are left out where the rulebook strips time and
    place, and ``asker`` is empty where it strips whose query it was.
    """

    record: RecordId
    register: RegisterName
    asker: MemberOrNone
    purpose: Line
    entry: EntryId
    at: Moment | None = None
    post: Line = ""

    def __post_init__(self) -> None:
        verify_moments(self.at)

    def filled(self) -> Filled:
        """The same as a form."""
        said = msgspec.structs.asdict(self) | {"at": self.at.isoformat() if self.at else ""}
        fields = {each.name: said[each.name] for each in HIT_ALERT.fields if said[each.name]}
        return Filled(HIT_ALERT.name, HIT_ALERT.version, fields)


def alerted_of(filled: Filled | None) -> AlertedHit | None:
    """What a form says of a hit; None where it is another form. MalformedError for one that says what none can."""
    if filled is None or filled.form != HIT_ALERT.name:
        return None
    said = {name: filled.fields.get(name, "") for name in AlertedHit.__struct_fields__}
    try:
        return msgspec.convert(said | {"at": said["at"] or None}, AlertedHit)
    except msgspec.ValidationError as error:
        raise MalformedError(_("This is no word of a hit."), where="text") from error


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed, as JSON.

    ``thread`` is the first message's id, empty in the first; ``reply_to`` what it answers; ``form`` is there in all but
    the free message, and then subject and text are empty.

    Evolution: as for ``Head``. Version 1 knew the free message and word of a hit, as ``alert``.
    """

    v: Literal[2]
    subject: Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)]
    text: Annotated[str, msgspec.Meta(max_length=MESSAGE_CHARS)]
    thread: HashOrNone = ""
    reply_to: HashOrNone = ""
    attachments: Annotated[tuple[Attachment, ...], msgspec.Meta(max_length=ENVELOPE_BLOBS_MAX)] = ()
    form: Filled | None = None

    def __post_init__(self) -> None:
        if _NEVER_IN_LINES.search(self.subject):
            raise ValueError("A subject is one line.")

    @property
    def alert(self) -> AlertedHit | None:
        """What it says of a hit, if it is word of one."""
        return alerted_of(self.form)

    def before(self) -> "TextV1":
        """The same in version 1; InputError for a form that it does not know."""
        alert = self.alert
        if self.form is not None and alert is None:
            raise InputError(_("Version 1 of a text does not know this form."), where="form")
        return TextV1(1, self.subject, self.text, self.thread, self.reply_to, self.attachments, alert)


class TextV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in version 1."""

    v: Literal[1]
    subject: Annotated[str, msgspec.Meta(max_length=FIELD_CHARS)]
    text: Annotated[str, msgspec.Meta(max_length=MESSAGE_CHARS)]
    thread: HashOrNone = ""
    reply_to: HashOrNone = ""
    attachments: Annotated[tuple[Attachment, ...], msgspec.Meta(max_length=ENVELOPE_BLOBS_MAX)] = ()
    alert: AlertedHit | None = None

    def __post_init__(self) -> None:
        if _NEVER_IN_LINES.search(self.subject):
            raise ValueError("A subject is one line.")

    def next(self) -> Text:
        """The same in version 2."""
        form = self.alert.filled() if self.alert else None
        return Text(2, self.subject, self.text, self.thread, self.reply_to, self.attachments, form)


TEXT: Final = Format[Text]("text", {1: TextV1, 2: Text}, raised={1: TextV1.next}, lowered={2: Text.before})


class Message(msgspec.Struct, frozen=True):
    """A message as a node keeps it: sent from here (``is_outgoing``) or delivered here.

    ``shell`` is the envelope without wrap and body, the evidence; ``kept`` the salt and text under the node's storage
    key. ``kept_at`` is when it was sent or came in; ``officer`` who sent it, ``opened_by`` who opened it first.
    """

    id: EnvelopeId
    thread: str
    is_outgoing: bool
    head: Head
    shell: bytes
    kept: bytes
    kept_at: datetime
    officer: str = ""
    opened_at: datetime | None = None
    opened_by: str = ""


def parse_text(data: bytes) -> Text:
    """Read a text; MalformedError if this version cannot, be it a member that it does not know."""
    return TEXT.read(data, where="text", most=FRAME_BYTES)


def verify_text(text: Text, head: Head) -> None:
    """Raise MalformedError unless text and head fit: the same blobs in both, word of a hit in an alert and only there.

    And unless every line in it is seen whole, in the order in which it is written. NewerError for a form that this node
    does not know. Who may send a form, and how it is filled in, is the rulebook's to judge.
    """
    if tuple(each.blob for each in text.attachments) != head.blobs:
        raise MalformedError(_("The attachments are not those that the head names."), where="text")
    if (head.kind == HIT_ALERT.head) != (text.form is not None and text.form.form == HIT_ALERT.name):
        raise MalformedError(_("Word of a hit is an alert, and an alert is word of a hit."), where="text")
    lines = [text.subject, *(line for each in text.attachments for line in (each.name, each.media))]
    form = form_of(text.form)
    if text.form is not None:
        if form is LETTER:
            raise MalformedError(_("A free message has no form."), where="text")
        said = text.form.fields
        lines += [said.get(each.name, "") for each in form.fields if each.kind not in (NOTE, PASSAGE)]
    for line in lines:
        verify_line(line, "text")


def keep_text(plain: Plain, storage_key: bytes, name: EnvelopeId, entropy: Entropy) -> bytes:
    """A text under the node's storage key (AES-256-GCM), bound to its message."""
    nonce = entropy(_NONCE_BYTES)
    return nonce + AESGCM(storage_key).encrypt(nonce, plain.salt + plain.text, name.encode())


def get_kept(kept: bytes, storage_key: bytes, name: EnvelopeId) -> Plain:
    """A kept text; CorruptError where its bytes were changed."""
    try:
        opened = AESGCM(storage_key).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise CorruptError(_("The kept text was changed."), where=name) from error
    return Plain(opened[:SALT_BYTES], opened[SALT_BYTES:])


class MessageView(Protocol):
    """What rooms read of the messages that are kept."""

    def find_message(self, name: str) -> Message | None:
        """The message of that name; DamagedError where it is here and cannot be read."""

    def has_message(self, name: str) -> bool:
        """Whether a message of that name was ever kept here, readable or not."""

    def list_thread(self, thread: str, most: int) -> list[Message]:
        """The messages of one thread that can be read, the oldest first."""


# Changes


class MessageKept(msgspec.Struct, frozen=True):
    """A message was sent from here, or has come in."""

    message: Message


class MessageOpened(msgspec.Struct, frozen=True):
    """An officer has opened it; who was first, and when, stays."""

    id: EnvelopeId
    by: OfficerId
    at: datetime


def open_kept(message: Message, storage_key: bytes) -> Text:
    """What a kept message says; the errors of ``get_kept`` and ``parse_text``."""
    return parse_text(get_kept(message.kept, storage_key, message.id).text)


PART: Final = RoomPart(travelling=(TEXT,), kept=(ATTACHMENT,))
