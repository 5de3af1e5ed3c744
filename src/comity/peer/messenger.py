"""Messages on behalf of officers: through the gate, and at once on their way."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from comity.act import Session
from comity.blobs.chunk_files import ChunkFiles
from comity.characters import verify_line
from comity.damage import Damage, Damages, read_all, text_of
from comity.errors import (
    ComityError,
    CorruptError,
    MalformedError,
    TooLargeError,
    UnavailableError,
    UnknownError,
    UntrustedError,
)
from comity.evidence import ShownMessage
from comity.exchange.attaching import ADD, Uploaded
from comity.exchange.blob import KEY_BYTES, Manifest, parse_manifest
from comity.exchange.delivery import Delivery
from comity.exchange.form import FormDeclaration
from comity.exchange.forms import find_form, newest_read
from comity.exchange.judging import is_answered_by
from comity.exchange.message import (
    ANSWER_WITHIN,
    ATTACHMENT,
    Attachment,
    Message,
    get_kept,
    open_kept,
)
from comity.exchange.reading import (
    LIST,
    OPEN,
    READ_ATTACHMENT,
    AttachmentWanted,
    MessagePage,
    MessagesWanted,
    OpenedMessage,
    follow,
    read_text,
)
from comity.exchange.receipt import Receipt
from comity.exchange.sending import SEND, Sending, Vault, sealing_keys
from comity.exchange.signed import parse_signed
from comity.exchange.thread import is_answer
from comity.gate import Gate, Outcome
from comity.ids import BlobId, EnvelopeId, MemberCode, parse_blob_id, parse_envelope_id, parse_member_code
from comity.limits import (
    ENVELOPE_BLOBS_MAX,
    FIELD_CHARS,
    FRAME_BYTES,
    MESSAGE_CHARS,
    MESSAGES_REMEMBERED_MAX,
    THREAD_MAX,
    UNOPENED_MAX,
)
from comity.members.directory import Directory
from comity.members.officer import Officer
from comity.peer.mending import want_again
from comity.rules.levels import levels_of
from comity.signer import Entropy
from comity.store import deliveries, messages
from comity.store.sharing import list_shared
from comity.store.store import Store
from comity.texts import _

FOLLOWED_BY: Final = ("message.list", "message.send")
"""Whoever may do acts of one of these kinds may see what became of messages."""
_NONCE_BYTES = 12


class MessageForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer fills in; without ``handling``, at the level that protects least.

    ``attachments`` are the names of blobs that the same officer has added.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    urgency: str = "routine"
    handling: str = ""
    reply_to: str = ""
    attachments: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """What became of one message sent from here."""

    message: Message
    deliveries: tuple[Delivery, ...]


class ExportedThread(NamedTuple):
    """What opening a thread gave, and what of it others can verify; ``damaged`` is what of it cannot be shown."""

    outcome: Outcome[tuple[OpenedMessage, ...]]
    messages: tuple[ShownMessage, ...] = ()
    receipts: tuple[bytes, ...] = ()
    damaged: tuple[Damage, ...] = ()


def _withheld(opened: OpenedMessage) -> str:
    head, rules = opened.message.head, ", ".join(opened.withheld_by)
    return _("Sent by {sender}, and withheld from who made this file, by {rules}.").format(
        sender=head.sender, rules=rules
    )


class Officers(Protocol):
    """Who may do what here, as the officers' desk knows it."""

    member: MemberCode

    def who(self, session: Session) -> Officer:
        """Whose session it is; UnauthenticatedError where it is nobody's."""

    def verify_may(self, session: Session, *kinds: str, on: str = "") -> Officer:
        """Whose session it is; RefusedError for whoever may do acts of none of ``kinds``."""

    def find_refusal(self, session: Session, *kinds: str, on: str = "") -> Outcome[Any] | None:
        """That refusal as a value; None for who may."""


class Messenger:
    """Sends and reads on behalf of officers; ``on_queued`` hears the name of what waits in the outbox."""

    def __init__(
        self,
        gate: Gate[Any],
        store: Store,
        files: ChunkFiles,
        vault: Vault,
        directory: Callable[[], Directory],
        officers: Officers,
        *,
        clock: Callable[[], datetime],
        entropy: Entropy,
        damages: Damages,
        on_queued: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._gate = gate
        self._store = store
        self._files = files
        self._vault = vault
        self._directory = directory
        self._officers = officers
        self._clock = clock
        self._entropy = entropy
        self._on_queued = on_queued
        self._damages = damages
        self._references: dict[str, tuple[str, FormDeclaration | None]] = {}

    # Writing

    def send(self, by: Session, form: MessageForm) -> Outcome[EnvelopeId]:
        """Send a message; release is its name. MalformedError, TooLargeError or UnknownError name what is wrong."""
        return self.post(by, lambda: self._read(form, by), on=form.reply_to)

    def post(self, by: Session, read: Callable[[], Sending], on: str) -> Outcome[EnvelopeId]:
        """Send what ``read`` makes of what an officer typed; ``on`` is what it answers."""
        try:
            body = read()
        except ComityError:
            refused = self._officers.find_refusal(by, SEND.name, on=on)
            if refused is None:
                raise
            return refused  # whoever may send nothing hears of nothing else that is wrong
        outcome = self._gate.perform(SEND, by, body, on=on)
        if outcome.release is not None:
            self._on_queued(outcome.release)
        return outcome

    def lowest_level(self) -> str:
        """The level that protects a message least."""
        return next(iter(levels_of(self._gate.in_force().rulebook, SEND.name)), "")

    def form_for(self, name: str, to: MemberCode) -> FormDeclaration:
        """The newest version of a form that a member's node reads."""
        return newest_read(name, (to,), self._directory())

    def addressees(self) -> tuple[tuple[MemberCode, str], ...]:
        """Whom one may write to: code and title of every other member that messages can be sealed to."""
        directory, now = self._directory(), self._clock()
        codes = tuple(code for code in directory.listings if code != self._officers.member)
        keys = sealing_keys(codes, directory, now)
        found = ((code, directory.find_member(code)) for code in sorted(keys))
        return tuple((code, listing.member.title) for code, listing in found if listing)

    def attach(self, by: Session, name: str, media: str, parts: Iterable[bytes]) -> Outcome[BlobId]:
        """Add an attachment for one's next message; release is the blob's name. TooLargeError past the bound."""
        refused = self._officers.find_refusal(by, "attachment.add")
        if refused is not None:
            return refused  # whoever may add none fills no disk
        shown = PurePath(name.replace("\\", "/")).name.strip()
        if not shown or len(shown) > FIELD_CHARS:
            raise MalformedError(_("An attachment has a name of one line."), where="name")
        verify_line(shown, "name")
        cipher, nonce, key = AESGCM(self._vault.storage_key()), self._entropy(_NONCE_BYTES), self._entropy(KEY_BYTES)
        manifest = self._files.add(parts, key)  # under a fresh key: nobody else names it before this node has
        attachment = Attachment(shown, media[:FIELD_CHARS], manifest.size, manifest.id, key.hex())
        kept = nonce + cipher.encrypt(nonce, msgspec.json.encode(attachment), manifest.id.encode())
        if not manifest.chunks:
            self._files.remove(manifest.id)
            raise MalformedError(_("The file is empty."), where="attachment")
        try:
            outcome = self._gate.perform(ADD, by, Uploaded(manifest, kept), on=manifest.id)
        except Exception:
            self._files.remove(manifest.id)
            raise
        if outcome.release is None:
            self._files.remove(manifest.id)
        return outcome

    # Reading

    def list(self, by: Session, wanted: MessagesWanted) -> Outcome[MessagePage]:
        """A page of one box; release is a ``MessagePage``."""
        outcome = self._gate.perform(LIST, by, wanted, on=wanted.box)
        page = outcome.release
        if page is None:
            return outcome
        for damage in page.damaged:
            self._damages.note(damage)
        damaged = (*self._damages.of_lists_of_messages(), *page.damaged)
        return msgspec.structs.replace(outcome, release=page._replace(damaged=damaged))

    def open(self, by: Session, name: str) -> Outcome[tuple[OpenedMessage, ...]]:
        """Open a message with its thread; release is ``OpenedMessage``s. Each sender of what is new hears of it."""
        outcome = self._gate.perform(OPEN, by, parse_envelope_id(name), on=name)
        self._on_queued("")
        return outcome

    def find_damaged(self, by: Session, thread: str) -> tuple[Damage, ...]:
        """What of a thread is here and cannot be shown. This is no act: nothing of it is shown."""
        self._officers.verify_may(by, "message.open")
        key = self._vault.storage_key()
        unreadable, readable = self._store.read_rows(
            lambda connection: (
                messages.list_unreadable(connection, thread, THREAD_MAX),
                messages.list_thread(connection, thread, THREAD_MAX),
            )
        )
        found = [*unreadable, *(text for each in readable if isinstance(text := read_text(each, key), Damage))]
        for damage in found:
            self._damages.note(damage)
        return tuple(found)

    def export(self, by: Session, name: str) -> ExportedThread:
        """A message's thread as evidence: opening it, what was signed, and the receipts that came for it."""
        outcome = self.open(by, name)
        if outcome.release is None:
            return ExportedThread(outcome)
        key = self._vault.storage_key()
        shown = []
        receipts: list[bytes] = []
        damaged = [*self.find_damaged(by, outcome.release[0].message.thread)]

        def note(row: str, error: Exception) -> None:
            damaged.append(Damage("receipt", row, text_of(error)))

        for each in outcome.release:
            if each.withheld_by:
                damaged.append(Damage("message", each.message.id, _withheld(each)))
                continue
            plain = get_kept(each.message.kept, key, each.message.id)
            shown.append(ShownMessage(each.message.shell, plain.salt, plain.text))
            kept = self._store.read_rows(partial(deliveries.list_receipts, of=each.message.id, on_damage=note))
            receipts += [receipt.frame for receipt in kept]
        return ExportedThread(outcome, tuple(shown), tuple(receipts), tuple(damaged))

    def read_attachment(self, by: Session, message: str, blob: str) -> tuple[Outcome[Attachment], Iterator[bytes]]:
        """An attachment and its bytes; UnavailableError, before the act, while it has not all come.

        UntrustedError where the sender gave it another size in the message.
        """
        refused = self._officers.find_refusal(by, "attachment.read", on=message)
        if refused is not None:
            return refused, iter(())
        name = parse_blob_id(blob)
        manifest = self._whole(name)
        wanted = AttachmentWanted(parse_envelope_id(message), name)
        outcome = self._gate.perform(READ_ATTACHMENT, by, wanted, on=message)
        if outcome.release is None:
            return outcome, iter(())
        if outcome.release.size != manifest.size:  # faces announce it before the first byte
            raise UntrustedError(_("The attachment is not as long as its message says."), where="attachment")
        return outcome, self._files.stream(name, manifest, bytes.fromhex(outcome.release.key))

    def progress(self, by: Session, name: str) -> Progress:
        """What became of a message; UnknownError where there is none of that name here. This is no act."""
        self._officers.verify_may(by, *FOLLOWED_BY)
        message, found = self._store.read_rows(
            lambda connection: (messages.find_message(connection, name), deliveries.list_deliveries(connection, name))
        )
        if message is None:
            raise UnknownError(_("There is no such message here."), where="message")
        return Progress(message, follow(message, found))

    def find(self, name: str) -> Message | None:
        """A message that is here, for what stands beside it on a page; None where it cannot be read."""
        found: list[Message] = self._store.read_rows(
            lambda connection: read_all([name], partial(messages.find_message, connection))
        )
        return found[0] if found else None

    def in_thread(self, thread: str) -> Sequence[Message]:
        """The messages of a thread that can be read, the oldest first; nothing of what they say."""
        return self._store.read_rows(lambda connection: messages.list_thread(connection, thread, THREAD_MAX))

    def verify_follows(self, by: Session) -> None:
        """Raise RefusedError for whoever may not see what became of messages."""
        self._officers.verify_may(by, *FOLLOWED_BY)

    def storage_key(self) -> bytes:
        """The key under which texts are kept; UnavailableError while keys are locked."""
        return self._vault.storage_key()

    def now(self) -> datetime:
        """This node's time."""
        return self._clock()

    def list_progress(self, by: Session, names: Sequence[str]) -> tuple[Progress, ...]:
        """What became of several messages, those that are here; read together, for pages that ask again and again."""
        self._officers.verify_may(by, *FOLLOWED_BY)

        def read(connection: Connection) -> tuple[Progress, ...]:
            found: list[Message] = read_all(names, partial(messages.find_message, connection))
            return tuple(
                Progress(each, follow(each, deliveries.list_deliveries(connection, each.id))) for each in found
            )

        return self._store.read_rows(read)

    def count_queued(self) -> int:
        """How many deliveries wait in the outbox."""
        return self._store.read_rows(deliveries.count_queued)

    def unopened(self) -> tuple[Message, ...]:
        """What has come in and nobody has opened, the newest first, as far as faces count. This is no act.

        Faces show of these what travels in clear, to whom has been shown a list. Each sender has the same share.
        """
        shares = self._store.read_rows(lambda connection: list_shared(connection, UNOPENED_MAX, is_unopened=True))
        found = sorted((each for share in shares for each in share.messages), key=lambda each: each.kept_at)
        return tuple(each for each in reversed(found) if not self._damages.has("message", each.id))

    def answered(self, names: Sequence[str]) -> frozenset[str]:
        """Which of these messages, of those that came in, an officer here has answered. This is no act."""
        came, sent = self._store.read_rows(lambda connection: messages.list_with_replies(connection, names))
        asked: dict[str, Message] = {each.id: each for each in came}
        return frozenset(
            to for each in sent if (to := self._refers_to(each)[0]) in asked and self._is_answer(each, asked[to])
        )

    def _is_answer(self, message: Message, asked: Message) -> bool:
        reply_to, answer = self._refers_to(message)
        return is_answer(reply_to, message.head, asked) and is_answered_by(self._refers_to(asked)[1], answer)

    def count_thread(self, thread: str) -> int:
        """How many messages a thread has here, of which opening shows the newest. This is no act."""
        return self._store.read_rows(lambda connection: messages.count_thread(connection, thread))

    def receipts(self, by: Session, name: str) -> tuple[Receipt, ...]:
        """What recipients, and the relay, have signed about a message sent from here, in the order in which it came."""
        self._officers.verify_may(by, *FOLLOWED_BY)
        kept = self._store.read_rows(lambda connection: deliveries.list_receipts(connection, name))
        return tuple(read_all(kept, lambda each: parse_signed(each.frame, Receipt)[1]))

    def arrived(self, blob: str) -> tuple[int, int]:
        """How many chunks of an attachment are here, and how many there are; (0, 0) while that is not known."""
        data = self._store.read(lambda unit: unit.find_manifest(BlobId(blob)))
        if data is None:
            return 0, 0
        manifest = parse_manifest(data, BlobId(blob))
        total = len(manifest.chunks)
        return total - len(self._files.missing(BlobId(blob), manifest)), total

    def find_chunk(self, blob: BlobId, number: int, asker: MemberCode) -> bytes | None:
        """A chunk for another member's node, if it may pull it."""
        if not self._store.read(lambda unit: unit.may_pull(blob, asker)):
            return None
        return self._files.read(blob, number)

    def _refers_to(self, message: Message) -> tuple[str, FormDeclaration | None]:
        """What a message refers to, and its form; faces ask this again and again, and it never changes."""
        if message.id not in self._references:
            if len(self._references) >= MESSAGES_REMEMBERED_MAX:
                self._references.clear()
            try:
                text = open_kept(message, self._vault.storage_key())
            except CorruptError:
                return "", None
            self._references[message.id] = text.reply_to, find_form(text.form)
        return self._references[message.id]

    def _whole(self, name: BlobId) -> Manifest:
        """The manifest of a blob of which every chunk is here as it should be; UnavailableError else.

        What was changed since it came, or is gone, is pulled anew.
        """
        data = self._store.read(lambda unit: unit.find_manifest(name))
        if data is None:
            raise _is_coming()
        manifest = parse_manifest(data, name)
        looked = self._files.look(name, manifest)
        if looked.bad_count == 0:
            return manifest
        if looked.changed:
            text = _("{count} parts were changed.").format(count=len(looked.changed))
            self._damages.note(Damage("attachment", name, text))
        if want_again(self._store, self._files, name, looked, self._clock()):
            raise _is_coming()
        raise UnavailableError(
            _("Parts of the attachment are missing or were changed, and nobody else is known to have them."),
            where="attachment",
            next_step=_("Bring them back from a backup, or ask the sender to send it again."),
        )

    def _read(self, form: MessageForm, by: Session) -> Sending:
        to = tuple(dict.fromkeys(parse_member_code(code.strip()) for code in form.to if code.strip()))
        if not to:
            raise MalformedError(_("A message is for somebody."), where="to")
        self.verify_readers(to)
        subject, text = form.subject.strip(), form.text.replace("\r\n", "\n").strip()
        if not subject:
            raise MalformedError(_("A message has a subject of one line."), where="subject")
        verify_line(subject, "subject")
        if len(subject) > FIELD_CHARS:
            raise TooLargeError(_("A subject has at most {most} characters.").format(most=FIELD_CHARS), where="subject")
        if not text:
            raise MalformedError(_("A message has a text."), where="text")
        if len(text) > MESSAGE_CHARS:
            raise TooLargeError(
                _("A text has at most {most} characters.").format(most=MESSAGE_CHARS),
                where="text",
                next_step=_("Attach it as a file."),
            )
        if form.urgency not in ANSWER_WITHIN:
            raise MalformedError(
                _("Urgency is one of: {names}.").format(names=", ".join(ANSWER_WITHIN)), where="urgency"
            )
        if len(form.attachments) > ENVELOPE_BLOBS_MAX:
            raise TooLargeError(
                _("A message has at most {most} attachments.").format(most=ENVELOPE_BLOBS_MAX), where="attachments"
            )
        reply_to = parse_envelope_id(form.reply_to) if form.reply_to else ""
        officer = self._officers.who(by).name if form.attachments else ""
        attached = tuple(self._upload(blob, officer) for blob in dict.fromkeys(form.attachments))
        level = form.handling or self.lowest_level()
        return Sending(to, subject, text, form.urgency, level, reply_to, attached)

    def verify_readers(self, to: tuple[MemberCode, ...]) -> None:
        """Raise UnknownError for members that messages cannot be sealed to."""
        directory, now = self._directory(), self._clock()
        missing = sorted(set(to) - set(sealing_keys(to, directory, now)))
        if not missing:
            return
        readers = sorted(sealing_keys(tuple(directory.listings), directory, now))
        raise UnknownError(
            _("{names} cannot read messages: the directory has no key to seal them to.").format(
                names=", ".join(missing)
            ),
            where="to",
            next_step=_("These can: {names}.").format(names=", ".join(readers) or _("nobody yet")),
        )

    def _upload(self, blob: str, officer: str) -> Attachment:
        name = parse_blob_id(blob)
        kept = self._store.read_rows(lambda connection: messages.find_upload(connection, name, officer))
        if kept is None:
            raise UnknownError(
                _("No such attachment was added by you."), where="attachments", next_step=_("Add it again.")
            )
        try:
            plain = AESGCM(self._vault.storage_key()).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], name.encode())
        except InvalidTag as error:
            raise CorruptError(_("The kept attachment was changed."), where="attachments") from error
        return ATTACHMENT.read(plain, where="attachments", most=FRAME_BYTES)


def _is_coming() -> UnavailableError:
    return UnavailableError(
        _("The attachment has not all come yet."),
        where="attachment",
        next_step=_("It goes on by itself; try later."),
    )
