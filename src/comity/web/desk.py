"""What the pages remember of a session, in memory only: purpose, reference, and the sheets of recent work.

A sheet is what an officer sent and what came of it. Every form leads to one, and the browser is sent to look at it, so
that a reload repeats no act and loses nothing that was typed.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from comity.act import Session
from comity.api.wire import Problem
from comity.limits import DESK_SHEETS_MAX, DESK_SHOWN_MAX, DESKS_MAX
from comity.members.officer import Officer

SHEET_ID_BYTES = 9
Typed = Mapping[str, str]


@dataclass
class Sheet:
    """One form as it was sent, and what came of it: ``problem`` if it was not done, ``result`` otherwise.

    ``more`` is what further acts brought, such as the whole of a record, by its name.
    """

    kind: str
    typed: Typed
    at: datetime
    problem: Problem | None = None
    result: Any = None
    more: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(SHEET_ID_BYTES))


_ASIDE = ("step", "seen", "rows", "lawful")


def fingerprint(typed: Typed) -> str:
    """What a form says, its buttons and the officer's word aside: what was previewed is what may be done."""
    said = sorted((name, text.strip()) for name, text in typed.items() if name not in _ASIDE)
    return hashlib.sha256(repr([pair for pair in said if pair[1]]).encode()).hexdigest()


class Desk:
    """One session's memory."""

    def __init__(self) -> None:
        self.purpose = ""
        self.reference = ""
        self.toured: set[str] = set()  # steps of the demonstration's tour that were begun
        self.acts: set[str] = set()  # kinds of acts that the tour waits for, done in this session
        self.has_list = False  # whether an act has shown this session the messages that come in
        self.turns: dict[str, int] = {}  # of senders: whose message was opened here last has the highest
        self._sheets: OrderedDict[str, Sheet] = OrderedDict()
        self._shown: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, sheet: Sheet) -> str:
        """Remember a sheet; its id. The oldest is forgotten."""
        with self._lock:
            self._sheets[sheet.id] = sheet
            while len(self._sheets) > DESK_SHEETS_MAX:
                self._sheets.popitem(last=False)
        return sheet.id

    def take_turn(self, sender: str) -> None:
        """A message of that sender was opened: others come before the next one."""
        with self._lock:
            self.turns[sender] = max(self.turns.values(), default=0) + 1

    def find(self, sheet_id: str, kind: str) -> Sheet | None:
        """The sheet of that id and kind; None for none, or not any more."""
        with self._lock:
            found = self._sheets.get(sheet_id)
        return found if found is not None and found.kind == kind else None

    def drop(self, sheet_id: str) -> None:
        """Forget a sheet now, such as one with a password."""
        with self._lock:
            self._sheets.pop(sheet_id, None)

    def done(self, kind: str) -> list[Sheet]:
        """Sheets of that kind on which something was done, the latest first."""
        with self._lock:
            return [sheet for sheet in reversed(self._sheets.values()) if sheet.kind == kind and sheet.result]

    def show(self, names: Iterable[str]) -> None:
        """Remember which messages an act has shown here: their progress is shown without a further one."""
        with self._lock:
            for name in names:
                self._shown[name] = None
                self._shown.move_to_end(name)
            while len(self._shown) > DESK_SHOWN_MAX:
                self._shown.popitem(last=False)

    def has_shown(self, name: str) -> bool:
        """Whether that message was shown here."""
        with self._lock:
            return name in self._shown


class Desks:
    """Every session's desk."""

    def __init__(self) -> None:
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: Session) -> Desk:
        """The session's desk, an empty one the first time; the one unused for longest is forgotten."""
        with self._lock:
            desk = self._desks.setdefault(session.token_hash, Desk())
            self._desks.move_to_end(session.token_hash)
            while len(self._desks) > DESKS_MAX:
                self._desks.popitem(last=False)
            return desk

    def clear(self, session: Session) -> None:
        """Forget everything that a session did, as when its officer signs out."""
        with self._lock:
            self._desks.pop(session.token_hash, None)


@dataclass(frozen=True)
class Seat:
    """Who is signed in, and the desk before them."""

    session: Session
    officer: Officer
    desk: Desk
