"""The alerter: at the keeper of the registers, goes through its ledger and tells sources of hits on their records."""

from typing import Any, Final

import structlog

from comity.act import Actor, Own
from comity.errors import CorruptError
from comity.gate import Gate
from comity.ids import MemberCode, RecordId
from comity.index.shelves import Shelves
from comity.registers.alerting import Alerting, HitMade
from comity.store import alerts
from comity.store.store import Store
from comity.tiles.reading import EntryRow, LedgerReader

ROUND_MAX: Final = 200  # answers looked at in one round
KIND: Final = "query.answer"
_log = structlog.get_logger(__name__)


class Alerter:
    """Follows the ledger in rounds, from where it was; after a kill it goes on there, and tells each hit once."""

    def __init__(
        self, gate: Gate[Any], store: Store, ledger: LedgerReader, shelves: Shelves, member: MemberCode
    ) -> None:
        self._gate = gate
        self._store = store
        self._ledger = ledger
        self._shelves = shelves
        self._own = Own(Actor(member, proven=True))

    def go_round(self) -> int:
        """Tell of what is new; returns how many alerts were sent."""
        period, index = self._store.read_rows(alerts.through)
        rows = self._ledger.follow(KIND, (period, index), ROUND_MAX)
        sent = sum(self._tell(row) for row in rows)
        if rows:
            last = rows[-1]
            self._store.write_rows(lambda connection: alerts.note(connection, last.period, last.index))
        return sent

    def _tell(self, row: EntryRow) -> int:
        content = row.content
        if content is None:
            return 0  # erased
        answering = (*content.detail.get("records", ()), *content.detail.get("unshown", ()))
        hits = [self._hit(RecordId(record)) for record in answering]
        told = [hit for hit in hits if hit and hit.source != content.member]
        if not told:
            return 0
        body = Alerting(row.period, row.index, row.id, MemberCode(content.member), content.post, row.at, told)
        outcome = self._gate.perform("alert.send", self._own, body, on=row.id, purpose=content.purpose)
        return outcome.release or 0

    def _hit(self, name: RecordId) -> HitMade | None:
        try:
            record = self._shelves.get_record(name)
        except CorruptError as error:  # one damaged record keeps no other source from hearing
            _log.error("a source was not told of a hit", record=name, reason=error.message)
            return None
        return HitMade(name, record.register, record.source, record.handling)
