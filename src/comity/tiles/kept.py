"""What is kept beside the ledger: messages and receipts, compared with it to the last byte."""

from collections.abc import Generator, Iterator
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from comity.damage import UNREADABLE, Damage, text_of
from comity.exchange.delivery import ReceiptKept
from comity.exchange.envelope import commit, parse_envelope
from comity.exchange.message import Message, get_kept, parse_text
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.signed import find_wrong_signature, parse_signed
from comity.exchange.thread import may_be_filed
from comity.gate import EntryContent
from comity.members.directory import Directory
from comity.store import deliveries, messages
from comity.store.paging import go_through
from comity.store.store import Store
from comity.texts import _
from comity.tiles.reading import EntryRow, LedgerReader

_PAGE: Final = 100
_SAME_S: Final = 1.0  # times are kept as floats
ENTRY_COST_BYTES: Final = 1_000  # of one entry that is read for its content
_DONE: Final = ("allowed", "masked")
_SENT_OR_COME: Final = ("message.send", "message.deliver", "alert.send")


Step = int | Damage
"""Bytes that were looked at, for whoever goes on later, or something damaged."""


class _Put(NamedTuple):
    """What an entry says of a message that it has put here."""

    is_outgoing: bool
    at: datetime
    officer: str


class _Openings(NamedTuple):
    """Who was the first to open a message, and when. ``is_whole``: every such entry can be read."""

    first: dict[str, tuple[datetime, str]]
    is_whole: bool


def check_messages(store: Store, ledger: LedgerReader, directory: Directory, key: bytes | None) -> Iterator[Step]:
    """Compare the messages with the ledger.

    1. Every message's name, signature and text are what its envelope says, and an entry names it.
    2. Every message went the way, at the time and by the officer that its entry says, and is open if an entry opened
       it; what is not so is put back.
    3. Every message that an entry names is here.

    What waits for the tree is left out of the comparison with it; texts are where there is no storage ``key``, since
    this node's keys are locked.
    """
    held: dict[str, list[str]] = {}
    kept: dict[str, Message] = {}
    for name, message, size in _messages(store):
        held[name] = list(_wrong_with(store, message, directory, key))
        if isinstance(message, Message):
            kept[name] = msgspec.structs.replace(message, shell=b"", kept=b"")
        yield size
    strays = store.read_rows(messages.list_in_no_box)
    is_waiting = bool(store.pending(1))
    named = yield from _puts(ledger)
    openings = yield from _openings(ledger)
    for name, wrong in held.items():
        if name not in named and not is_waiting:
            wrong.append(_("no entry of the ledger names it."))
        if name in kept:
            wrong.extend(_put_right(store, kept[name], named.get(name), is_stray=name in strays))
            wrong.extend(_put_opening_right(store, kept[name], openings, is_waiting=is_waiting))
        if wrong:
            yield Damage("message", name, " ".join(wrong))
    for name in sorted(named.keys() - held.keys()):
        if not store.read_rows(partial(messages.has_message, name=name)):
            yield Damage("message", name, _("an entry names it, and it is not here."))


def _puts(ledger: LedgerReader) -> Generator[int, None, dict[str, _Put]]:
    named: dict[str, _Put] = {}
    for kind in _SENT_OR_COME:
        for row, content in _entries_of(ledger, kind):
            officer = content.officer if kind == "message.send" else ""
            for name in _messages_of(content):
                named.setdefault(name, _Put(kind != "message.deliver", row.at, officer))
            yield ENTRY_COST_BYTES
    return named


def _openings(ledger: LedgerReader) -> Generator[int, None, _Openings]:
    first: dict[str, tuple[datetime, str]] = {}
    is_whole = True
    for row in rows_of(ledger, "message.open"):
        content = row.content
        is_whole = is_whole and content is not None
        if content is not None and content.verdict in _DONE:
            is_whole = is_whole and "opened" in content.detail
            for name in content.detail.get("opened", ()):
                first.setdefault(str(name), (row.at, content.officer))
        yield ENTRY_COST_BYTES
    return _Openings(first, is_whole)


def _put_right(store: Store, message: Message, put: _Put | None, *, is_stray: bool) -> Iterator[str]:
    """Which way it went, when and by whom: as its entry says."""
    if put is None:
        return
    is_same = message.is_outgoing is put.is_outgoing and message.officer == put.officer and not is_stray
    if is_same and _is_near(message.kept_at, put.at):
        return
    store.write_rows(
        partial(messages.put_right, name=message.id, is_outgoing=put.is_outgoing, kept_at=put.at, officer=put.officer)
    )
    yield _("which way it went, when or by whom was changed, and was put back from the ledger.")


def _put_opening_right(store: Store, message: Message, openings: _Openings, *, is_waiting: bool) -> Iterator[str]:
    """Whether it was opened, when and by whom: as the first entry that opened it says."""
    opened_at, by = openings.first.get(message.id, (None, ""))
    if opened_at is None and (is_waiting or not openings.is_whole):
        return
    if message.opened_by == by and _is_near(message.opened_at, opened_at):
        return
    before = message.opened_at, message.opened_by
    if store.write_rows(
        partial(messages.put_opening_right, name=message.id, before=before, opened_at=opened_at, by=by)
    ):
        yield _("who opened it and when was changed, and was put back from the ledger.")


def _is_near(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < _SAME_S


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
        why = wrong or _put_time_right(store, receipt)
        if not why and receipt_hash(receipt) not in named and not is_waiting:
            why = _("no entry of the ledger names these bytes.")
        if why:
            yield Damage("receipt", f"of {receipt.of} by {receipt.recipient}", why)


def _put_time_right(store: Store, kept: ReceiptKept) -> str:
    said = parse_signed(kept.frame, Receipt)[1].at
    if _is_near(kept.at, said):
        return ""
    store.write_rows(partial(deliveries.correct_receipt, kept=msgspec.structs.replace(kept, at=said)))
    return _("its time was changed, and was put back from what was signed.")


def receipt_hash(receipt: ReceiptKept) -> str:
    """How entries name a receipt."""
    return receipt_name(parse_signed(receipt.frame, Receipt)[0])


def _wrong_with(store: Store, message: Message | Damage, directory: Directory, key: bytes | None) -> Iterator[str]:
    if isinstance(message, Damage):
        yield message.text
        return
    envelope = parse_envelope(message.shell)
    if envelope.id != message.id or envelope.to not in {each.member for each in message.head.recipients}:
        yield _("head or seals were changed.")
        return
    if wrong := find_wrong_signature(envelope.frame, message.head.sender, directory):
        yield wrong
    try:
        if key is not None:
            plain = get_kept(message.kept, key, message.id)
            if commit(*plain) != message.head.commitment:
                yield _("the text is not the one that was sent.")
            elif not store.read(partial(may_be_filed, message, parse_text(plain.text))):
                yield _("it is filed under another thread.")
    except UNREADABLE as error:
        yield text_of(error)


def _wrong_with_receipt(kept: ReceiptKept, directory: Directory) -> str:
    try:
        frame, receipt = parse_signed(kept.frame, Receipt)
    except UNREADABLE as error:
        return text_of(error)
    if wrong := find_wrong_signature(frame, receipt.by, directory):
        return wrong
    same = (receipt.of, receipt.recipient, receipt.step) == (kept.of, kept.recipient, kept.step)
    return "" if same else _("it is filed under something else.")


def _messages_of(content: EntryContent) -> tuple[str, ...]:
    """The messages that an act has put here."""
    if content.verdict not in _DONE or content.detail.get("again"):
        return ()
    one = content.detail.get("message")
    return (str(one),) if one else tuple(map(str, content.detail.get("messages", ())))


def contents_of(ledger: LedgerReader, kind: str) -> Iterator[EntryContent]:
    """What the entries of a kind say, the oldest first, as far as it was not erased or damaged."""
    return (content for _row, content in _entries_of(ledger, kind))


def _entries_of(ledger: LedgerReader, kind: str) -> Iterator[tuple[EntryRow, EntryContent]]:
    return ((row, row.content) for row in rows_of(ledger, kind) if row.content is not None)


def rows_of(ledger: LedgerReader, kind: str) -> Iterator[EntryRow]:
    """The entries of a kind, the oldest first, also those that were erased or damaged."""
    after = ("", -1)
    while rows := ledger.follow(kind, after, _PAGE):
        yield from rows
        after = (rows[-1].period, rows[-1].index)


def _messages(store: Store) -> Iterator[tuple[str, Message | Damage, int]]:
    for _row, found in go_through(store, messages.list_all, 0, itemgetter(0)):
        if isinstance(found, Damage):
            yield found.name, found, 0
        else:
            yield found.id, found, len(found.shell) + len(found.kept)


def _receipts(store: Store) -> Iterator[ReceiptKept]:
    return (receipt for _row, receipt in go_through(store, deliveries.list_all_receipts, 0, itemgetter(0)))
