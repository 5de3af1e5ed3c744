"""Reading: the list of messages, and a thread that an officer opens, which each sender hears."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

from comity.act import Act
from comity.damage import UNREADABLE, Damage, DamagedError, read_all, text_of
from comity.exchange.delivery import Delivery, DeliveryQueued, DeliveryState, new_delivery
from comity.exchange.form import Filled
from comity.exchange.message import (
    EXPIRY,
    Attachment,
    Message,
    MessageOpened,
    MessageView,
    Text,
    open_kept,
)
from comity.exchange.receipt import receipt_name, sign_receipt
from comity.exchange.sending import Sealing, Vault
from comity.exchange.thread import find_referred, list_opened
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import EntryId, EnvelopeId, MemberCode, OfficerId
from comity.kind import Kind
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.presence import facts_of, standing_of, worst_standing
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.rules.wording import Wording
from comity.texts import N_, _

Box = Literal["in", "due", "out"]
"""What came in, what of it waits for an answer, what was sent."""
PAGE_MAX = 200


class ReadingUnit(UnitOfWork, MessageView, Protocol):
    """A unit of work that knows the messages and what became of those sent."""

    def list_messages(self, *, is_outgoing: bool, before: int, most: int) -> list[tuple[int, Message | Damage]]:
        """Messages with their rows, the newest first, from before a row; or what is wrong with one of them."""

    def list_deliveries(self, name: str) -> list[Delivery]:
        """The deliveries of one message, by recipient."""


class MessagesWanted(NamedTuple):
    """The body of ``message.list``. ``before`` is where the page before ended, 0 for the first.

    ``names`` are those that wait for an answer: all of the box that is due, and beside a page what it does not have.
    ``sender`` is whose alone of that box.
    """

    box: Box
    before: int = 0
    most: int = 50
    names: tuple[str, ...] = ()
    sender: str = ""


class Listed(NamedTuple):
    """One line of a list. ``subject`` is None at levels that hide it: it is shown when it is opened."""

    message: Message
    subject: str | None
    is_reply: bool
    attachments: int
    deliveries: tuple[Delivery, ...]
    form: Filled | None = None  # as it was filled in, where the subject is shown


class MoreFrom(NamedTuple):
    """How many messages of one sender wait for an answer and are left out; ``is_cut``: at least so many."""

    sender: MemberCode
    waiting: int
    is_cut: bool


class MessagePage(NamedTuple):
    """A list, the newest first, or the most pressing; ``older`` is where to go on, None at the end.

    ``damaged`` are those of this part of the list that cannot be shown. ``pressing`` wait for an answer and are further
    down; ``more`` of the same senders is left out.
    """

    lines: tuple[Listed, ...]
    older: int | None
    damaged: tuple[Damage, ...] = ()
    pressing: tuple[Listed, ...] = ()
    more: tuple[MoreFrom, ...] = ()


class OpenedMessage(NamedTuple):
    """One message of an opened thread, with its text. ``reply_to`` is what it refers to, where that counts.

    ``withheld_by`` are the rules that let this reader open the thread and not this message of it: its text is empty
    then, and it stays unopened; who sent it, and when, is said in its place.
    """

    message: Message
    text: Text
    deliveries: tuple[Delivery, ...]
    reply_to: str = ""
    withheld_by: tuple[str, ...] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether this opening was the first."""
        return not self.withheld_by and not self.message.is_outgoing and self.message.opened_at is None


LIST: Final = Kind[MessagesWanted, MessagePage]("message.list", MessagesWanted, title=N_("Listing messages"))
"""An officer looks at a list of messages."""


class ListMessages:
    """What is done for ``LIST``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[MessagesWanted], unit: ReadingUnit) -> ReadingUnit:
        """The list is read once the verdict lets it be."""
        del act
        return unit

    def facts(self, act: Act[MessagesWanted], unit: ReadingUnit) -> Facts:
        """The officer's role."""
        del unit
        return facts_of(act, self._home.directory())

    def decide(self, act: Act[MessagesWanted], verdict: Verdict, unit: ReadingUnit) -> Decision[MessagePage]:
        """One act, one entry, whatever the length of the list."""
        wanted = act.body
        if not verdict.is_allowed:
            return Decision(detail={"box": wanted.box})
        page = self._page(wanted, unit)
        shown = [line.message.id for line in (*page.lines, *page.pressing)]
        return Decision(release=lambda _entry: page, detail={"box": wanted.box, "messages": shown})

    def _page(self, wanted: MessagesWanted, unit: ReadingUnit) -> MessagePage:
        most = max(1, min(wanted.most, PAGE_MAX))
        is_due, is_outgoing = wanted.box == "due", wanted.box == "out"
        found = [] if is_due else unit.list_messages(is_outgoing=is_outgoing, before=wanted.before, most=most + 1)
        read = [self._listed(message, unit) for _row, message in found[:most]]
        lines = tuple(each for each in read if isinstance(each, Listed))
        on_page = {line.message.id for line in lines}
        beside = tuple(self._named([name for name in wanted.names if name not in on_page], unit))
        older = found[most - 1][0] if len(found) > most else None
        damaged = tuple(each for each in read if isinstance(each, Damage))
        return MessagePage(beside if is_due else lines, older, damaged, () if is_due else beside)

    def _named(self, names: Iterable[str], unit: ReadingUnit) -> Iterator[Listed]:
        """Messages by their names, those that can be read."""
        for message in read_all(names, unit.find_message):
            found = self._listed(message, unit) if message is not None else None
            if isinstance(found, Listed):
                yield found

    def _listed(self, message: Message | Damage, unit: ReadingUnit) -> Listed | Damage:
        return _listed(message, self._vault.storage_key(), self._home.wording(), unit)


_NO_TEXT: Final = Text(2, "", "")
"""In the place of a text that is withheld."""


class ThreadSeen(NamedTuple):
    """What is here of a thread, and where to look for what became of what was sent.

    ``withheld`` are the rules that refuse others of it than the one asked for, by their names.
    """

    messages: tuple[Message, ...]
    unit: ReadingUnit
    withheld: Mapping[EnvelopeId, tuple[str, ...]]

    @property
    def opening(self) -> list[Message]:
        """What is opened of it, if the act is allowed."""
        return [each for each in self.messages if each.id not in self.withheld]


OPEN: Final = Kind[str, tuple[OpenedMessage, ...]]("message.open", str, title=N_("Opening a message"))
"""An officer opens a message, by its name; release is its thread, the oldest first."""


class OpenThread:
    """What is done for ``OPEN``.

    Whether the act is refused is decided by the message asked for. Each other message of the thread is shown, or
    withheld, as it would be itself: so nobody keeps a thread from its readers by a line that they may not read.

    What was not opened before is from now on, and each sender is told so by a signed receipt. What is damaged in the
    thread is left out and stays unopened; DamagedError where that is the message asked for.
    """

    changes = True
    gives_to: GivesTo = "members"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[str], unit: ReadingUnit) -> ThreadSeen:
        """The thread, and what of it this reader may not open."""
        thread = tuple(list_opened(act.body, unit))
        rulebook = self._home.rulebook()
        judged = ((each, rulebook.judge(self._facts(act, (each,), each))) for each in thread if each.id != act.body)
        withheld = {each.id: verdict.rules for each, verdict in judged if verdict.outcome == "refused"}
        return ThreadSeen(thread, unit, withheld)

    def facts(self, act: Act[str], seen: ThreadSeen) -> Facts:
        """Whether it is here, at which level, and how those stand who hear that something was opened."""
        asked = next((each for each in seen.messages if each.id == act.body), None)
        return self._facts(act, seen.opening, asked)

    def _facts(self, act: Act[str], opening: Sequence[Message], asked: Message | None) -> Facts:
        handlings = frozenset({asked.head.handling} if asked else ())
        directory = self._home.directory()
        standing = worst_standing(_unaware(opening), directory, (Channel.MESSAGE,), act.at)
        return facts_of(act, directory, is_known=asked is not None, handlings=handlings, recipient_standing=standing)

    def decide(self, act: Act[str], verdict: Verdict, seen: ThreadSeen) -> Decision[tuple[OpenedMessage, ...]]:
        """Open what may be opened of the thread together: who reads the last has read what it answers."""
        if not verdict.is_allowed:
            return Decision(detail={"message": act.body})
        shown = self._show(act.body, seen)
        fresh = _fresh([each.message for each in shown if not each.withheld_by])
        now, directory = act.at, self._home.directory()

        def outbox(entry: EntryId) -> tuple[object, ...]:
            told = (each for each in fresh if "receipt" not in verdict.hides or _is_there(each, directory, now))
            return tuple(self._receipt(each, act, verdict, entry) for each in told)

        withheld = {each.message.id: each.withheld_by for each in shown if each.withheld_by}
        return Decision(
            release=lambda _entry: shown,
            changes=tuple(MessageOpened(each.id, OfficerId(act.actor.officer), act.at) for each in fresh),
            outbox=outbox,
            detail={
                "messages": [each.message.id for each in shown if not each.withheld_by],
                "opened": [each.id for each in fresh],
                **({"withheld": withheld} if withheld else {}),
            },
        )

    def _show(self, asked: str, seen: ThreadSeen) -> tuple[OpenedMessage, ...]:
        """The thread as it is shown; DamagedError where the message asked for cannot be."""
        key = self._vault.storage_key()
        shown = []
        for each in seen.messages:
            deliveries = _deliveries(each, seen.unit)
            if each.id in seen.withheld:
                shown.append(OpenedMessage(each, _NO_TEXT, deliveries, withheld_by=seen.withheld[each.id]))
                continue
            text = read_text(each, key)
            if isinstance(text, Text):
                shown.append(OpenedMessage(each, text, deliveries, _referred(each, text, seen.unit)))
            elif each.id == asked:
                raise DamagedError(text)
        return tuple(shown)

    def _receipt(self, message: Message, act: Act[str], verdict: Verdict, entry: EntryId) -> DeliveryQueued:
        sender = message.head.sender
        frame = sign_receipt(
            self._home, message.id, "opened", recipient=self._home.member, to=sender, at=act.at, verdict=verdict,
            entry=entry,
        )  # fmt: skip
        delivery = new_delivery(
            receipt_name(frame),
            "receipt",
            frame.encode(),
            sender=self._home.member,
            to=sender,
            now=act.at,
            expires_at=act.at + EXPIRY,
        )
        return DeliveryQueued(delivery)


class AttachmentWanted(NamedTuple):
    """The body of ``attachment.read``: which blob of which message."""

    message: str
    blob: str


READ_ATTACHMENT: Final = Kind[AttachmentWanted, Attachment](
    "attachment.read", AttachmentWanted, title=N_("Reading an attachment")
)
"""An officer reads an attachment; release says by which key the blob's chunks open."""


class ReadAttachment:
    """What is done for ``READ_ATTACHMENT``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[AttachmentWanted], unit: ReadingUnit) -> Message | None:
        """The message; None where it is not here."""
        return unit.find_message(act.body.message)

    def facts(self, act: Act[AttachmentWanted], message: Message | None) -> Facts:
        """Whether the message is here and names it, and at which level."""
        is_known = message is not None and act.body.blob in message.head.blobs
        handlings = frozenset({message.head.handling} if message else ())
        return facts_of(act, self._home.directory(), is_known=is_known, handlings=handlings)

    def decide(self, act: Act[AttachmentWanted], verdict: Verdict, message: Message | None) -> Decision[Attachment]:
        """Take its key out of the text."""
        wanted = act.body
        detail = {"message": wanted.message, "blob": wanted.blob}
        if not verdict.is_allowed or message is None:
            return Decision(detail=detail)
        found = _find_attachment(message, wanted.blob, self._vault)
        return Decision(release=lambda _entry: found, detail=detail)


def _find_attachment(message: Message, blob: str, vault: Vault) -> Attachment | None:
    text = open_kept(message, vault.storage_key())
    return next((each for each in text.attachments if each.blob == blob), None)


def read_text(message: Message, key: bytes) -> Text | Damage:
    """A message's text, or what is wrong with what is kept of it."""
    try:
        text = open_kept(message, key)
    except UNREADABLE as error:
        return Damage("message", message.id, text_of(error))
    # What refers to another message is filed with that one, whichever thread it names itself.
    if message.thread not in (message.id, text.thread) and not text.reply_to:
        return Damage("message", message.id, _("It is filed under another thread."))
    return text


def _listed(message: Message | Damage, key: bytes, wording: Wording, unit: ReadingUnit) -> Listed | Damage:
    if isinstance(message, Damage):
        return message
    text = read_text(message, key)
    if isinstance(text, Damage):
        return text
    subject = None if wording.hides_subject(message.head.handling) else text.subject
    is_reply = _referred(message, text, unit) != ""
    form = text.form if subject is not None else None
    return Listed(message, subject, is_reply, len(text.attachments), _deliveries(message, unit), form)


def _referred(message: Message, text: Text, unit: ReadingUnit) -> str:
    referred = find_referred(text, message.head, unit)
    return "" if referred is None else referred.id


def follow(message: Message, found: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """What became of a message at each of its recipients, of the deliveries ``found`` here; none of one that came in.

    Where what is stored of one cannot be read any more, its state says so.
    """
    if not message.is_outgoing:
        return ()
    known = {each.recipient: each for each in found}
    recipients = sorted(each.member for each in message.head.recipients)
    return tuple(known.get(each) or _unreadable(message, each) for each in recipients)


def _unreadable(message: Message, recipient: MemberCode) -> Delivery:
    head = message.head
    return Delivery(
        message.id, recipient, head.sender, "envelope", b"", DeliveryState.UNREADABLE, 0, head.sent_at, head.expires_at
    )


def _deliveries(message: Message, unit: ReadingUnit) -> tuple[Delivery, ...]:
    return follow(message, unit.list_deliveries(message.id)) if message.is_outgoing else ()


def _fresh(thread: Sequence[Message]) -> list[Message]:
    """What of a thread came in and was not opened."""
    return [each for each in thread if not each.is_outgoing and each.opened_at is None]


def _unaware(thread: Sequence[Message]) -> set[MemberCode]:
    """The senders who hear of it when the thread is opened."""
    return {each.head.sender for each in _fresh(thread)}


def _is_there(message: Message, directory: Directory, now: datetime) -> bool:
    return standing_of(message.head.sender, directory, Channel.MESSAGE, now) != "none"


def _acts(partners: Sealing) -> tuple[Done, ...]:
    home, vault = partners.home, partners.vault
    return (
        done(LIST, ListMessages(home, vault)),
        done(OPEN, OpenThread(home, vault)),
        done(READ_ATTACHMENT, ReadAttachment(home, vault)),
    )


PART: Final = RoomPart((LIST, OPEN, READ_ATTACHMENT), _acts)
