"""Acts that wait: held acts, the words on them and what is due, compared with each other and with the ledger."""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from comity.damage import Damage, DamagedError
from comity.holding import END, Holding
from comity.store import held
from comity.store.due import drop_due, find_due, list_all_due, put_off
from comity.store.paging import go_through
from comity.store.store import Store
from comity.texts import _
from comity.tiles.kept import ENTRY_COST_BYTES, Step, rows_of
from comity.tiles.reading import LedgerReader
from comity.waiting import OPEN, ActPutOff, DueAct, HeldState, WaitingAct, Word

_SAID: Final = {"held.release": "released", "held.refuse": "refused", END.name: "undoable"}
_ROW_COST_BYTES: Final = 1_000


class _Said(NamedTuple):
    """Of which act, who, what: as an entry has it."""

    of: str
    member: str
    officer: str
    said: str


_NOBODY: Final = _Said("", "", "", "")

WrongWithFiles = Callable[[WaitingAct], str]
"""What is wrong with the files on the disk that a held act is about; empty for nothing."""


class HeldLooked(NamedTuple):
    """What is looked at, and by what."""

    store: Store
    ledger: LedgerReader
    holding: Holding
    wrong_with_files: WrongWithFiles


def check_held(looked: HeldLooked) -> Iterator[Step]:
    """Compare the acts that wait with what seals them, with each other, and with the ledger.

    1. Every held act is what was kept, with its body; and the files that one is about which may still be done.
    2. Every word on one is as its entry says, and every word that an entry names is here.
    3. What was released is due, and what waits has its end; what is not so is put right from the held act.
    """
    store, holding = looked.store, looked.holding
    open_acts: list[str] = []
    read = partial(held.list_all, verify=holding.verify_held)
    for _row, found in go_through(store, read, 0, itemgetter(0)):
        if isinstance(found, Damage):
            yield found
            continue
        if found.state in OPEN:
            open_acts.append(found.id)
            if wrong := looked.wrong_with_files(found.act):
                yield Damage("held", found.id, wrong)
        yield len(found.act.body)
    yield from _check_words(store, looked.ledger)
    for name in open_acts:
        if wrong := store.write_rows(partial(_put_due_right, name=name, holding=holding)):
            yield Damage("held", name, wrong)
        yield _ROW_COST_BYTES
    yield from _check_due(store, holding)


def _check_words(store: Store, ledger: LedgerReader) -> Iterator[Step]:
    words: list[Word] = []
    for _row, name, word in go_through(store, held.list_all_words, 0, itemgetter(0)):
        if word is None:
            yield Damage("held", str(name), _("A word on it cannot be read any more."))
        else:
            words.append(msgspec.structs.replace(word, reason=""))
    is_waiting = bool(store.pending(1))
    given = yield from _given(ledger)
    for word in words:
        found = given.get(word.entry, None if is_waiting else _NOBODY)
        if found not in (None, (word.of, word.member, word.officer, word.said)):
            yield Damage("held", word.of, _("A word on it is not what its entry in the ledger says."))
    known = {word.entry for word in words}
    for entry, found in given.items():
        if found and entry not in known and not store.read_rows(partial(held.has_word, entry=entry)):
            yield Damage("held", found.of, _("The ledger names a word on it that is not here."))


def _given(ledger: LedgerReader) -> Generator[int, None, dict[str, _Said | None]]:
    """What was said of held acts, by entry; None where that was erased or damaged."""
    given: dict[str, _Said | None] = {}
    for kind, said in _SAID.items():
        for row in rows_of(ledger, kind):
            content = row.content
            if content is None:
                given[row.id] = None
            elif content.verdict == "allowed" and "kind" in content.detail and (kind != END.name or content.reference):
                given[row.id] = _Said(str(content.detail.get("of")), content.member, content.officer, said)
            yield ENTRY_COST_BYTES
    return given


def _put_due_right(connection: Connection, name: str, holding: Holding) -> str:
    """What was wrong with what is due of a held act: it is put right at once, where the act is what was kept."""
    try:
        found = held.find_held(connection, name, holding.verify_held)
    except DamagedError:
        return ""  # it has been named
    if found is None or found.state not in OPEN:
        return ""
    is_released = found.state is HeldState.RELEASED
    if is_released and held.count_releases(connection, name) < found.releases:
        return _("It counts as released, and the words on it are fewer than it takes.")
    if find_due(connection, found, END.name) is not None:
        return ""
    again = ActPutOff(found.act, found.held_at, name) if is_released else holding.end_again(found)
    put_off(connection, again)
    return _("When it is due was lost or changed, and was put right.")


def _check_due(store: Store, holding: Holding) -> Iterator[Step]:
    """What is due and is not what was put off is performed by nobody, and goes: what is right was put in its place."""
    for row, name, due in go_through(store, list_all_due, 0, itemgetter(0)):
        if wrong := store.write_rows(partial(_drop_if_wrong, row=row, due=due, holding=holding)):
            yield Damage("held", name or str(row), wrong)
        yield _ROW_COST_BYTES


def _drop_if_wrong(connection: Connection, row: int, due: DueAct | None, holding: Holding) -> str:
    if due is not None and _is_right(connection, due, holding):
        return ""
    if not drop_due(connection, row):
        return ""  # it was performed meanwhile
    return _("What was due of it was changed, and was removed.")


def _is_right(connection: Connection, due: DueAct, holding: Holding) -> bool:
    if not due.held:
        return due.act.kind == END.name and holding.is_whole(due.act)
    try:
        found = held.find_held(connection, due.held, holding.verify_held)
    except DamagedError:
        return True  # nothing is done of it, and it is named
    return found is not None and found.state is HeldState.RELEASED and found.act == due.act
