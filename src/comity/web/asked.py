"""On the page of a check, beside a hit: the way to its source, what was asked, and what the source answered."""

from dataclasses import dataclass
from urllib.parse import urlencode

from comity.api.confirming import ASKED_BY, AskedBefore, asked_shown, is_askable
from comity.api.query_wire import AskedShown
from comity.registers.question import Hit
from comity.web.answers import View
from comity.web.desk import Seat
from comity.web.front import Front, is_reader
from comity.web.letters import join_names


@dataclass(frozen=True)
class Confirming:
    """One hit: ``query`` leads to the form that asks its source."""

    source: str
    query: str
    asked: tuple[AskedShown, ...]
    more_from: str
    unread: str
    is_askable: bool
    may_ask: bool
    may_open: bool

    @property
    def is_waiting(self) -> bool:
        """Whether its source was asked, and an answer may still come."""
        return any(each.is_open for each in self.asked)


def confirming_of(front: Front, seat: Seat, view: View | None) -> dict[str, Confirming]:
    """By record, each hit of a check that this officer made: what its source was asked, and who may ask it."""
    if view is None:
        return {}
    entry = view.record.counterpart.entry if view.record.counterpart else ""
    before = asked_shown(front.node, seat.session, [hit.record for row in view.rows for hit in row.hits])
    return {
        hit.record: _confirming(front, seat, row.register, hit, entry, before[hit.record])
        for row in view.rows
        for hit in row.hits
    }


def _confirming(front: Front, seat: Seat, register: str, hit: Hit, entry: str, before: AskedBefore) -> Confirming:
    return Confirming(
        source=hit.source,
        query=urlencode({"to": hit.source, "record": hit.record, "register": register, "entry": entry}),
        asked=before.asked,
        more_from=join_names(before.cut),
        unread=before.unread,
        is_askable=is_askable(front.node, hit),
        may_ask=front.may(seat, ASKED_BY),
        may_open=is_reader(front, seat),
    )
