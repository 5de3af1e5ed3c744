"""The roll: who is an officer here, as the ledger last said. The database's rows count where they agree with it."""

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from comity.damage import UNREADABLE, Damage
from comity.gate import EntryContent, parse_content
from comity.ledger.entry import Entry, parse_leaf, verify_entry
from comity.members import session
from comity.members.officer import Officer, password_mark
from comity.store import entries, officers
from comity.texts import _
from comity.tiles.reading import LedgerReader

_PAGE: Final = 500


class OnRoll(msgspec.Struct, frozen=True):
    """What the ledger last said of an officer. ``password`` is its mark, None where an older entry did not say it."""

    roles: tuple[str, ...]
    password: str | None
    is_one_time: bool
    is_disabled: bool = False

    def differs_from(self, officer: Officer) -> str:
        """What is another thing in an officer's row; empty where nothing is."""
        if officer.roles != self.roles:
            return _("The roles are not those that the ledger last said.")
        if (officer.disabled_at is not None) != self.is_disabled:
            return _("Whether the officer is disabled is not what the ledger last said.")
        is_used_up = self.is_one_time and not officer.password  # by signing in with it
        if not is_used_up and self.password not in (None, password_mark(officer.password)):
            return _("The password is not the one that the ledger last said was set.")
        if officer.is_one_time != self.is_one_time:
            return _("Whether the password is a one-time one is not what the ledger last said.")
        return ""


class Roll:
    """A node has one. It is read from the ledger once, and further whenever an officer's row does not agree with it."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._said: dict[str, OnRoll] = {}
        self._after = ("", -1)
        self._lock = threading.Lock()

    def judge(self, officer: Officer, connection: Connection) -> Officer:
        """The officer, with ``damage`` where the row is not what the ledger last said; then nobody is let in by it."""
        said = self._said.get(officer.name)
        if said is not None and not said.differs_from(officer):
            return officer
        self.refresh(connection)
        said = self._with_pending(connection).get(officer.name)
        damage = said.differs_from(officer) if said else _("No entry of the ledger names this officer.")
        return msgspec.structs.replace(officer, damage=damage) if damage else officer

    def refresh(self, connection: Connection) -> None:
        """Take in what the ledger has said since."""
        with self._lock:
            while rows := self._ledger.follow_roll(connection, self._after, _PAGE):
                _read(self._said, ((row.kind, row.content) for row in rows))
                self._after = (rows[-1].period, rows[-1].index)

    def begin_anew(self) -> None:
        """Read everything again when it is asked for next: the list of entries may have lacked some until now."""
        with self._lock:
            self._said, self._after = {}, ("", -1)

    def list_officers(self, connection: Connection) -> list[Officer]:
        """All officers, by name, each with ``damage`` where the row is not what the ledger last said."""
        return [self.judge(each, connection) for each in officers.list_officers(connection)]

    def find_missing(self, held: Iterable[Officer]) -> tuple[Damage, ...]:
        """Officers that the ledger names and the database does not."""
        missing = sorted(set(self._said) - {officer.name for officer in held})
        return tuple(Damage("officer", name, _("The ledger names this officer, who is not here.")) for name in missing)

    def _with_pending(self, connection: Connection) -> Mapping[str, OnRoll]:
        said = dict(self._said)
        _read(said, filter(None, map(_content, entries.pending_of_roll(connection))))
        return said


def _content(entry: Entry) -> tuple[str, EntryContent] | None:
    try:
        verify_entry(entry.leaf, entry.salt, entry.content)
        return parse_leaf(entry.leaf).kind, parse_content(entry.content)
    except UNREADABLE:
        return None


def _read(said: dict[str, OnRoll], rows: Iterable[tuple[str, EntryContent | None]]) -> None:
    """Take in what entries say, in their order. One that was damaged or erased says nothing: nobody is let in by it."""
    for kind, content in rows:
        if content is None or content.verdict != "allowed":
            continue
        name = content.officer if kind == session.SET_PASSWORD.name else content.detail.get("officer")
        if name is not None:
            TAKEN[kind](said, str(name), content.detail)


def _create(said: dict[str, OnRoll], name: str, detail: Mapping[str, Any]) -> None:
    """An officer is created once; ``officer.first`` for one who is there gives a one-time password alone."""
    before = said.get(name)
    roles = before.roles if before else tuple(map(str, detail.get("roles", ())))
    is_disabled = before.is_disabled if before else False
    said[name] = OnRoll(roles, _mark(detail), is_one_time=True, is_disabled=is_disabled)


def _set_password(said: dict[str, OnRoll], name: str, detail: Mapping[str, Any], *, is_one_time: bool) -> None:
    if name in said:
        said[name] = msgspec.structs.replace(said[name], password=_mark(detail), is_one_time=is_one_time)


def _disable(said: dict[str, OnRoll], name: str, _detail: Mapping[str, Any]) -> None:
    if name in said:
        said[name] = msgspec.structs.replace(said[name], is_disabled=True)


def _mark(detail: Mapping[str, Any]) -> str | None:
    mark = detail.get("password")
    return str(mark) if mark is not None else None


TAKEN: Final[Mapping[str, Callable[[dict[str, OnRoll], str, Mapping[str, Any]], None]]] = {
    session.CREATE.name: _create,
    session.FIRST.name: _create,
    session.RESET.name: partial(_set_password, is_one_time=True),
    session.DISABLE.name: _disable,
    session.SET_PASSWORD.name: partial(_set_password, is_one_time=False),
}
"""What each of ``session.ON_ROLL`` says of an officer."""
