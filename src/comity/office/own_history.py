"""What became of an own record: what this bureau did to it and why, and the hits on it of which the bureau was told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from comity.errors import ComityError
from comity.exchange.message import AlertedHit, Message, open_kept
from comity.exchange.reading import OPEN
from comity.ids import EntryId, RecordId, parse_envelope_id
from comity.office.faces import covers
from comity.peer.messenger import Messenger
from comity.registers.own_record import AMEND
from comity.rules.in_force import InForce
from comity.tiles.reading import EntryRow, LedgerReader, ListWanted

READ_MAX: Final = 50
"""How many entries of a kind about one record are looked at, the newest."""
_TOLD: Final = "message.deliver"


class Amended(NamedTuple):
    """What was done to a record: it went, or came in the place of ``before``, or ``after`` came in its place."""

    entry: EntryId
    at: datetime
    officer: str
    verb: str
    why: str
    before: str
    after: str


class HitTold(NamedTuple):
    """A hit on a record, as the keeper has told it; ``message`` is the alert, which has what the rulebook left in."""

    message: str
    told_at: datetime
    hit: AlertedHit | None  # None where the reader's roles do not cover it


class History(NamedTuple):
    """What is known of a record, the newest first; ``has_more``: there is more of it in the ledger."""

    amended: tuple[Amended, ...]
    hits: tuple[HitTold, ...]
    has_more: bool


class Histories:
    """What a node knows of its own records. This is no act: it is read within the one that shows the record."""

    def __init__(self, ledger: LedgerReader, messages: Messenger, rulebook: Callable[[], InForce]) -> None:
        self._ledger = ledger
        self._messages = messages
        self._rulebook = rulebook

    def find(self, record: RecordId, roles: frozenset[str]) -> History:
        """The history of one record, for an officer in these roles."""
        wanted = ListWanted(about=record, verdict="allowed", most=READ_MAX)
        pages = tuple(page for _member, page in self._ledger.list_of_each(wanted, (AMEND.name, _TOLD)).pages)
        entries = [row for page in pages for row in page.entries if row.content is not None]
        entries.sort(key=lambda row: row.at, reverse=True)
        amended = (_amended(row, record) for row in entries if row.kind == AMEND.name)
        hits = (self._told(row, record, roles) for row in entries if row.kind == _TOLD)
        return History(
            tuple(filter(None, amended)), tuple(filter(None, hits)), any(page.older is not None for page in pages)
        )

    def _told(self, row: EntryRow, record: RecordId, roles: frozenset[str]) -> HitTold | None:
        message = self._messages.find(parse_envelope_id(str(_detail(row).get("message", ""))))
        if message is None or message.head.kind != "alert":
            return None
        hit = self._alert(message) if covers(self._rulebook(), roles, OPEN.name, message.head.handling) else None
        return None if hit is not None and hit.record != record else HitTold(message.id, message.kept_at, hit)

    def _alert(self, message: Message) -> AlertedHit | None:
        try:
            return open_kept(message, self._messages.storage_key()).alert
        except ComityError:  # the lists of messages tell of what is damaged
            return None


def _amended(row: EntryRow, record: RecordId) -> Amended | None:
    content, detail = row.content, _detail(row)
    before, after = ([str(each) for each in detail.get(name) or ()] for name in ("records", "into"))
    if content is None or record not in (*before, *after):
        return None
    place = before.index(record) if record in before else after.index(record)
    partner = (after if record in before else before)[place : place + 1]
    other = partner[0] if partner else ""
    return Amended(
        row.id, row.at, content.officer, str(detail.get("verb", "")), str(detail.get("why", "")),
        before="" if record in before else other, after=other if record in before else "",
    )  # fmt: skip


def _detail(row: EntryRow) -> Mapping[str, Any]:
    return row.content.detail if row.content is not None else {}
