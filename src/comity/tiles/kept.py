"""What is kept beside the ledger, compared with it: messages and receipts, to the last byte."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from comity.errors import ComityError
from comity.exchange.delivery import ReceiptKept
from comity.exchange.envelope import commit, parse_envelope
from comity.exchange.message import Message, get_kept
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.signed import parse_signed
from comity.gate import EntryContent
from comity.members.directory import Directory
from comity.store import deliveries, messages
from comity.store.store import Store
from comity.tiles.reading import LedgerReader

_PAGE: Final = 500
_SENT_OR_COME: Final = ("message.send", "message.deliver", "alert.send")


def verify_kept(store: Store, ledger: LedgerReader, directory: Directory, key: bytes | None) -> tuple[str, ...]:
    """What does not match, a line each.

    1. Every message's name, signature and text are what its envelope says, and an entry names it.
    2. Every message that an entry names is here.
    3. Every receipt is signed by who gave it, and an entry names its very bytes.

    What is younger than the tree, less than a second, is left out of the comparison with it; texts are where there is
    no storage ``key``, since this node's keys are locked.
    """
    named = {name for kind in _SENT_OR_COME for content in _contents(ledger, kind) for name in _messages_of(content)}
    receipts = {str(content.detail.get("receipt")) for content in _contents(ledger, "receipt.take")}
    pending = {entry.id for _, entry in store.pending(1)}
    findings: list[str] = []
    held: set[str] = set()
    for name, message in _messages(store):
        held.add(name)
        findings += (f"message {name}: {text}" for text in _wrong_with(message, directory, key))
        if name not in named and not pending:
            findings.append(f"message {name}: no entry of the ledger names it.")
    findings += (f"message {name}: an entry names it, and it is not here." for name in sorted(named - held))
    for receipt in _receipts(store):
        why = _wrong_with_receipt(receipt, directory)
        if not why and receipt_hash(receipt) not in receipts and not pending:
            why = "no entry of the ledger names these bytes."
        if why:
            findings.append(f"receipt of {receipt.of} by {receipt.recipient}: {why}")
    return tuple(findings)


def receipt_hash(receipt: ReceiptKept) -> str:
    """How entries name a receipt."""
    return receipt_name(parse_signed(receipt.frame, Receipt)[0])


def _wrong_with(message: Message | None, directory: Directory, key: bytes | None) -> Iterator[str]:
    if message is None:
        yield "the kept envelope cannot be read any more."
        return
    envelope = parse_envelope(message.shell)
    if envelope.id != message.id or envelope.to not in {each.member for each in message.head.recipients}:
        yield "head or seals were changed."
        return
    found = directory.find_former_key(envelope.frame.key_id)
    try:
        if found is None or found[0] != message.head.sender:
            yield "it is signed by a key that the directory does not know."
        else:
            envelope.frame.verify(found[1])
        if key is not None and commit(*get_kept(message.kept, key, message.id)) != message.head.commitment:
            yield "the text is not the one that was sent."
    except ComityError as error:
        yield error.message


def _wrong_with_receipt(kept: ReceiptKept, directory: Directory) -> str:
    try:
        frame, receipt = parse_signed(kept.frame, Receipt)
        found = directory.find_former_key(frame.key_id)
        if found is None or found[0] != receipt.by:
            return "it is signed by a key that the directory does not know."
        frame.verify(found[1])
    except ComityError as error:
        return error.message
    same = (receipt.of, receipt.recipient, receipt.step) == (kept.of, kept.recipient, kept.step)
    return "" if same else "it is filed under something else."


def _messages_of(content: EntryContent) -> tuple[str, ...]:
    """The messages that an act has put here."""
    if content.verdict not in ("allowed", "masked") or content.detail.get("again"):
        return ()
    one = content.detail.get("message")
    return (str(one),) if one else tuple(map(str, content.detail.get("messages", ())))


def _contents(ledger: LedgerReader, kind: str) -> Iterator[EntryContent]:
    after = ("", -1)
    while rows := ledger.follow(kind, after, _PAGE):
        yield from (row.content for row in rows if row.content is not None)
        after = (rows[-1].period, rows[-1].index)


def _messages(store: Store) -> Iterator[tuple[str, Message | None]]:
    after = 0
    while rows := store.read_rows(partial(messages.list_all, after=after, most=_PAGE)):
        yield from ((name, message) for _, name, message in rows)
        after = rows[-1][0]


def _receipts(store: Store) -> Iterator[ReceiptKept]:
    after = 0
    while rows := store.read_rows(partial(deliveries.list_all_receipts, after=after, most=_PAGE)):
        yield from (receipt for _, receipt in rows)
        after = rows[-1][0]
