"""What is kept beside the ledger: messages and receipts, compared with it to the last byte, and held acts."""

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Final

from comity.damage import UNREADABLE, Damage, text_of
from comity.errors import CorruptError
from comity.exchange.delivery import ReceiptKept
from comity.exchange.envelope import commit, parse_envelope
from comity.exchange.message import Message, get_kept, parse_text
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.signed import parse_signed
from comity.gate import EntryContent
from comity.members.directory import Directory
from comity.store import deliveries, held, messages
from comity.store.paging import go_through
from comity.store.store import Store
from comity.texts import _
from comity.tiles.reading import LedgerReader
from comity.waiting import WaitingAct

_PAGE: Final = 100
ENTRY_COST_BYTES: Final = 1_000  # of one entry that is read for its content
_SENT_OR_COME: Final = ("message.send", "message.deliver", "alert.send")


Step = int | Damage
"""Bytes that were looked at, for whoever goes on later, or something damaged."""


def check_messages(store: Store, ledger: LedgerReader, directory: Directory, key: bytes | None) -> Iterator[Step]:
    """Compare the messages with the ledger.

    1. Every message's name, signature and text are what its envelope says, and an entry names it.
    2. Every message that an entry names is here.

    What waits for the tree is left out of the comparison with it; texts are where there is no storage ``key``, since
    this node's keys are locked.
    """
    held: dict[str, list[str]] = {}
    for name, message, size in _messages(store):
        held[name] = list(_wrong_with(message, directory, key))
        yield size
    is_waiting = bool(store.pending(1))
    named: set[str] = set()
    for kind in _SENT_OR_COME:
        for content in contents_of(ledger, kind):
            named.update(_messages_of(content))
            yield ENTRY_COST_BYTES
    for name, wrong in held.items():
        if name not in named and not is_waiting:
            wrong.append(_("no entry of the ledger names it."))
        if wrong:
            yield Damage("message", name, " ".join(wrong))
    for name in sorted(named - held.keys()):
        if not store.read_rows(partial(messages.has_message, name=name)):
            yield Damage("message", name, _("an entry names it, and it is not here."))


def check_receipts(store: Store, ledger: LedgerReader, directory: Directory) -> Iterator[Step]:
    """Every receipt is signed by who gave it, and an entry names its very bytes."""
    held: list[tuple[ReceiptKept, str]] = []
    for receipt in _receipts(store):
        held.append((receipt, _wrong_with_receipt(receipt, directory)))
        yield len(receipt.frame)
    is_waiting = bool(store.pending(1))
    named: set[str] = set()
    for content in contents_of(ledger, "receipt.take"):
        named.add(str(content.detail.get("receipt")))
        yield ENTRY_COST_BYTES
    for receipt, wrong in held:
        why = wrong
        if not why and receipt_hash(receipt) not in named and not is_waiting:
            why = _("no entry of the ledger names these bytes.")
        if why:
            yield Damage("receipt", f"of {receipt.of} by {receipt.recipient}", why)


def check_held(store: Store, verify: Callable[[WaitingAct], None]) -> Iterator[Step]:
    """Every held act, with its body by ``verify``, and every word on one can be read."""
    for _row, found in go_through(store, held.list_all, 0, itemgetter(0)):
        if isinstance(found, Damage):
            yield found
            continue
        try:
            verify(found.act)
        except CorruptError as error:
            yield Damage("held", found.id, text_of(error))
        yield len(found.act.body)
    for _row, name, word in go_through(store, held.list_all_words, 0, itemgetter(0)):
        if word is None:
            yield Damage("held", str(name), _("A word on it cannot be read any more."))


def receipt_hash(receipt: ReceiptKept) -> str:
    """How entries name a receipt."""
    return receipt_name(parse_signed(receipt.frame, Receipt)[0])


def _wrong_with(message: Message | Damage, directory: Directory, key: bytes | None) -> Iterator[str]:
    if isinstance(message, Damage):
        yield message.text
        return
    envelope = parse_envelope(message.shell)
    if envelope.id != message.id or envelope.to not in {each.member for each in message.head.recipients}:
        yield _("head or seals were changed.")
        return
    found = directory.find_former_key(envelope.frame.key_id)
    try:
        if found is None or found[0] != message.head.sender:
            yield _("it is signed by a key that the directory does not know.")
        else:
            envelope.frame.verify(found[1])
        if key is not None:
            plain = get_kept(message.kept, key, message.id)
            if commit(*plain) != message.head.commitment:
                yield _("the text is not the one that was sent.")
            elif message.thread != (parse_text(plain.text).thread or message.id):
                yield _("it is filed under another thread.")
    except UNREADABLE as error:
        yield text_of(error)


def _wrong_with_receipt(kept: ReceiptKept, directory: Directory) -> str:
    try:
        frame, receipt = parse_signed(kept.frame, Receipt)
        found = directory.find_former_key(frame.key_id)
        if found is None or found[0] != receipt.by:
            return _("it is signed by a key that the directory does not know.")
        frame.verify(found[1])
    except UNREADABLE as error:
        return text_of(error)
    same = (receipt.of, receipt.recipient, receipt.step) == (kept.of, kept.recipient, kept.step)
    return "" if same else _("it is filed under something else.")


def _messages_of(content: EntryContent) -> tuple[str, ...]:
    """The messages that an act has put here."""
    if content.verdict not in ("allowed", "masked") or content.detail.get("again"):
        return ()
    one = content.detail.get("message")
    return (str(one),) if one else tuple(map(str, content.detail.get("messages", ())))


def contents_of(ledger: LedgerReader, kind: str) -> Iterator[EntryContent]:
    """What the entries of a kind say, the oldest first, as far as it was not erased or damaged."""
    after = ("", -1)
    while rows := ledger.follow(kind, after, _PAGE):
        yield from (row.content for row in rows if row.content is not None)
        after = (rows[-1].period, rows[-1].index)


def _messages(store: Store) -> Iterator[tuple[str, Message | Damage, int]]:
    for _row, found in go_through(store, messages.list_all, 0, itemgetter(0)):
        if isinstance(found, Damage):
            yield found.name, found, 0
        else:
            yield found.id, found, len(found.shell) + len(found.kept)


def _receipts(store: Store) -> Iterator[ReceiptKept]:
    return (receipt for _row, receipt in go_through(store, deliveries.list_all_receipts, 0, itemgetter(0)))
