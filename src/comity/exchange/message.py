"""Messages: what bureaus write to each other, and how a node keeps them."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.bounded import Hash, HashOrNone, Line
from comity.characters import verify_line
from comity.errors import CorruptError, MalformedError
from comity.exchange.envelope import SALT_BYTES, Head, Plain, Urgency
from comity.exchange.signed import Moment, verify_moments
from comity.formats import Format
from comity.ids import EntryId, EnvelopeId, MemberOrNone, OfficerId, RecordId, RegisterName
from comity.limits import ATTACHMENT_BYTES, ENVELOPE_BLOBS_MAX, FIELD_CHARS, FRAME_BYTES, MESSAGE_CHARS
from comity.signer import Entropy
from comity.texts import _

EXPIRY: Final = timedelta(days=30)
"""How long a message is tried, and how long a sealing key is kept after it was replaced."""

ANSWER_WITHIN: Final[dict[Urgency, timedelta]] = {
    "immediate": timedelta(hours=1),
    "urgent": timedelta(hours=8),
    "routine": timedelta(days=7),
}
"""By when an answer is asked for, the most urgent first (NCIC hit confirmation; Directive (EU) 2023/977, article 5)."""

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
    """What the source of a record hears of a hit on it: whose query it was, and why.

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


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed, as JSON.

    ``thread`` is the first message's id, empty in the first; ``reply_to`` what it answers; ``alert`` is there in the
    secretariat's word of a hit.

    Evolution: as for ``Head``.
    """

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


TEXT: Final = Format[Text]("text", {1: Text})


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

    And unless every line in it is seen whole, in the order in which it is written. Who may send alerts is judged by the
    head; a hit told of in a message would be anybody's.
    """
    if tuple(each.blob for each in text.attachments) != head.blobs:
        raise MalformedError(_("The attachments are not those that the head names."), where="text")
    if (head.kind == "alert") != (text.alert is not None):
        raise MalformedError(_("Word of a hit is an alert, and an alert is word of a hit."), where="text")
    lines = [text.subject, *(line for each in text.attachments for line in (each.name, each.media))]
    if text.alert is not None:
        lines += [text.alert.purpose, text.alert.post]
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
