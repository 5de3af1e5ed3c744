"""The alerter: at the keeper of the registers, goes through its ledger and tells sources of hits on their records."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec
import structlog

from comity.act import Actor, Own
from comity.aside import Aside
from comity.damage import Damage
from comity.errors import CorruptError, UnavailableError, UnknownError
from comity.gate import EntryContent, Gate
from comity.ids import EntryId, MemberCode, RecordId
from comity.index.shelves import Shelves
from comity.registers.alerting import SEND, AlertedThrough, Alerting
from comity.registers.query import HitMade
from comity.store import alerts
from comity.store.store import Store
from comity.texts import _
from comity.tiles.reading import PAGE_MAX, EntryRow, LedgerReader, ListWanted

ROUND_MAX: Final = 200  # answers looked at in one round
KIND: Final = "query.answer"
_log = structlog.get_logger(__name__)


class Alerter:
    """Follows the ledger in rounds, from where it was; after a kill it goes on there, and tells each hit once.

    An answer that cannot be told of is set aside and tried again, and those behind it go on. Only what keeps the node
    from everything, such as a full disk, makes all of them wait.
    """

    def __init__(
        self,
        gate: Gate[Any],
        store: Store,
        ledger: LedgerReader,
        shelves: Shelves,
        member: MemberCode,
        on_damage: Callable[[Damage], None] = lambda _damage: None,
        on_told: Callable[[], None] = lambda: None,
        on_made: Callable[[Sequence[str], str], None] = lambda _names, _rulebook: None,
    ) -> None:
        """``on_told`` is called after a round that told somebody; ``on_made`` hears what was made by which rulebook."""
        self._on_told = on_told
        self._on_made = on_made
        self._gate = gate
        self._store = store
        self._ledger = ledger
        self._shelves = shelves
        self._own = Own(Actor(member, proven=True))
        self.aside = Aside("alerts", stops_at=(UnavailableError,))
        self._on_damage = on_damage
        self._is_compared = False  # where it goes on, with what its ledger says
        self._again: dict[str, Callable[[], int]] = {}  # by name, what is set aside

    def go_round(self) -> int:
        """Tell of what is new; returns how many alerts were sent."""
        sent = self._tell_all()
        if sent:
            self._on_told()
        return sent

    def _tell_all(self) -> int:
        self.aside.begin_round()
        sent = sum(self._attempt(name, tell) for name, tell in tuple(self._again.items()))
        if not self._is_compared and not self._compare():
            return sent
        through = self._store.read_rows(alerts.through)
        # An answer of which only some sources have been told is looked at once more.
        after = (through.period, through.index - bool(through.source))
        rows = self._ledger.follow(KIND, after, ROUND_MAX)
        for row in rows:
            is_begun = (row.period, row.index) == (through.period, through.index)
            sent += self._attempt(row.id, partial(self._tell, row, through.source if is_begun else ""))
        if rows:
            done = AlertedThrough(rows[-1].period, rows[-1].index)
            self._store.write_rows(partial(alerts.move, change=done))
        return sent

    def _compare(self) -> bool:
        """Put the mark of how far sources were told to where the ledger says that they were, if it is elsewhere.

        The mark names an answer, and comes before none of which the ledger says that a source was told: act and mark
        are one transaction. False while acts wait for the ledger, which may have told somebody.
        """
        mark, told = self._store.read_rows(alerts.through), self._told_through()
        is_mark = mark == alerts.BEFORE_ALL or self._is_answer(mark)
        if not is_mark or alerts.order_of(mark) < alerts.order_of(told):
            if self._store.pending(1):
                return False
            _log.error("alerts.mark_damaged", period=mark.period, position=mark.index)
            self._store.write_rows(partial(alerts.put_back, place=told))
            text = _("How far sources were told of hits was changed; it was put back to what the ledger says.")
            self._on_damage(Damage("database", "alerted", text))
        self._is_compared = True
        return True

    def _is_answer(self, mark: AlertedThrough) -> bool:
        rows = self._ledger.follow(KIND, (mark.period, mark.index - 1), 1)
        return bool(rows) and (rows[0].period, rows[0].index) == (mark.period, mark.index)

    def _told_through(self) -> AlertedThrough:
        """The last answer of which the ledger says that a source was told or that it may not be, and that source."""
        told = alerts.BEFORE_ALL
        for row in self._ledger.list(ListWanted(kind=SEND.name, most=PAGE_MAX)).entries:
            detail = row.content.detail if row.content else {}
            place = self._ledger.find_place(EntryId(str(detail.get("answer"))))
            if place is not None:
                here = AlertedThrough(place.period, place.index, str(detail.get("source")))
                told = max(told, here, key=alerts.order_of)
        return told

    def _tell(self, row: EntryRow, told: str) -> int:
        """Tell the sources behind ``told`` of one answer, each by an act of its own."""
        content = self._ledger.read_again(row).content if row.damage else row.content
        if content is None:
            return 0  # erased
        by_source: dict[MemberCode, list[HitMade]] = defaultdict(list)
        for hit in hits_of(content, self._shelves):
            if hit.source != content.member:
                by_source[hit.source].append(hit)
        return sum(
            self._attempt(f"{row.id} {source}", partial(self._send, row, content, source, by_source[source]))
            for source in sorted(by_source)
            if source > told
        )

    def _attempt(self, name: str, tell: Callable[[], int]) -> int:
        sent = self.aside.attempt(name, tell)
        if self.aside.is_held(name):
            self._again[name] = tell
        else:
            self._again.pop(name, None)
        return sent or 0

    def _send(self, row: EntryRow, content: EntryContent, source: MemberCode, hits: list[HitMade]) -> int:
        body = Alerting(row.period, row.index, row.id, MemberCode(content.member), content.post, row.at, source, hits)
        outcome = self._gate.perform(SEND, self._own, body, on=row.id, purpose=content.purpose)
        sent = outcome.release or ()
        self._on_made(sent, outcome.verdict.rulebook)
        return len(sent)


def hits_of(content: EntryContent, shelves: Shelves) -> list[HitMade]:
    """What an answer showed; its entry says whose it was, but for those of earlier versions."""
    if "hits" in content.detail:
        made = (*content.detail["hits"], *content.detail.get("unshown", ()))
        return msgspec.convert(made, list[HitMade])
    found = (_hit(RecordId(record), shelves) for record in content.detail.get("records", ()))
    return [hit for hit in found if hit is not None]


def _hit(name: RecordId, shelves: Shelves) -> HitMade | None:
    try:
        record = shelves.get_record(name)
    except (CorruptError, UnknownError) as error:  # damaged, or taken out since: nothing says whose it was
        _log.error("a source was not told of a hit", record=name, reason=error.message)
        return None
    return HitMade(name, record.register, record.source, record.handling)
