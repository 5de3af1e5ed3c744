"""Whether what waits may leave now: asked before each attempt to carry it, so that what holds then decides."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from comity.act import Act, Actor
from comity.errors import ComityError, UnavailableError
from comity.exchange.delivery import Delivery, Leave
from comity.exchange.envelope import parse_envelope
from comity.exchange.message import AlertedHit, open_kept
from comity.exchange.sending import Vault, sealing_keys
from comity.ids import MemberCode
from comity.index.shelves import Shelves
from comity.limits import ALERTS_KNOWN_MAX
from comity.members.home import Home
from comity.members.presence import worst_standing
from comity.members.standing import Channel
from comity.peer.alerter import hits_of
from comity.peer.carried import Carried
from comity.registers.alerting import SEND, Alerting, alert_facts, tells_no_more
from comity.rules.in_force import InForce
from comity.store import deliveries
from comity.store.store import Store
from comity.tiles.reading import LedgerReader

_ENVELOPE: Final = "envelope"


class _Made(NamedTuple):
    """Names of deliveries that tell what one rulebook lets be told, the newest last."""

    rulebook: str
    names: dict[str, None]


class Leaving:
    """Judges what waits in one node's outbox.

    Nothing leaves for a member that is in the directory no more. Word of a hit leaves for a source only where the
    rulebook lets it be told as much today: while it waits, measures begin, end and come back, and rulebooks are
    amended. Where that cannot be found out now, it waits.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        ledger: LedgerReader,
        shelves: Shelves,
        vault: Vault,
        rulebook: Callable[[], InForce],
        clock: Callable[[], datetime],
        carried: Carried,
    ) -> None:
        self._home = home
        self._store = store
        self._ledger = ledger
        self._shelves = shelves
        self._vault = vault
        self._rulebook = rulebook
        self._clock = clock
        self.put_right = carried.put_right
        self._made, self._lock = _Made("", {}), threading.Lock()
        self._members: frozenset[MemberCode] = frozenset()  # when it was last looked who is gone

    def judge(self, delivery: Delivery) -> Leave:
        """What is to become of a delivery; UnavailableError while this node has no directory."""
        to, directory, now = delivery.recipient, self._home.directory(), self._clock()
        if directory.find_member(to) is None:
            return Leave.NEVER
        is_open = worst_standing((to,), directory, Channel, now) == "open"
        if (is_open and self._is_as_made(delivery)) or not self._is_alert(delivery):
            return Leave.GO
        if directory.find_bureau(to, now) is None:  # its own role has run out: it may be signed again
            return Leave.WAIT
        rulebook = self._rulebook().rulebook.hash  # before the verdict: a later one is another's
        try:
            may_be_told = self._may_be_told(delivery, now)
        except ComityError:  # keys that are locked, or something that is damaged
            return Leave.WAIT
        if may_be_told and is_open:
            self.note_made((delivery.id,), rulebook)
        return Leave.GO if may_be_told else Leave.NEVER

    def note_made(self, names: Sequence[str], rulebook: str) -> None:
        """Word of hits tells what the rulebook of that hash lets a source be told that is under no measure.

        It need not be judged again as long as that one is in force. Of very many the newest are remembered.
        """
        if rulebook != self._rulebook().rulebook.hash:
            return
        with self._lock:
            if rulebook != self._made.rulebook:
                self._made = _Made(rulebook, {})
            made = self._made.names
            made.update(dict.fromkeys(names))
            for name in tuple(islice(made, max(0, len(made) - ALERTS_KNOWN_MAX))):
                del made[name]

    def begin_round(self) -> None:
        """Note what holds now, before anything is carried.

        What waits for members that are in the directory no more is to be looked at at once, whenever one leaves it:
        else a member that is admitted again between two attempts would be given what is old.
        """
        with suppress(UnavailableError):  # there is no directory yet
            members = frozenset(self._home.directory().listings)
            if members != self._members:
                now = self._clock()
                self._store.write_rows(partial(deliveries.hasten_departed, now=now, members=members))
                self._members = members

    def _is_as_made(self, delivery: Delivery) -> bool:
        """Whether it is known to have been made under the rulebook that is in force: its hash says so, no clock."""
        in_force, made = self._rulebook(), self._made
        return made.rulebook == in_force.rulebook.hash and not in_force.unread and delivery.id in made.names

    def _is_alert(self, delivery: Delivery) -> bool:
        if delivery.kind != _ENVELOPE or delivery.sender != self._home.member:
            return False
        head = parse_envelope(delivery.body).head
        return head is not None and head.kind == "alert"

    def _may_be_told(self, delivery: Delivery, now: datetime) -> bool:
        """Judge the alert as if it were made now, with the hit that it is about."""
        alert = self._open(delivery)
        if alert is None:
            return False
        row = self._ledger.show(alert.entry).row
        if row.content is None:  # erased: nothing shows any more what it may tell
            return False
        hits = [hit for hit in hits_of(row.content, self._shelves) if hit.record == alert.record]
        asker, to = MemberCode(row.content.member), delivery.recipient
        body = Alerting(row.period, row.index, row.id, asker, row.content.post, row.at, to, hits)
        act = Act(SEND.name, Actor(self._home.member, proven=True), now, body, alert.entry, alert.purpose)
        keys = sealing_keys((to,), self._home.directory(), now)
        return tells_no_more(alert, self._rulebook().judge(alert_facts(act, keys, self._home)))

    def _open(self, delivery: Delivery) -> AlertedHit | None:
        message = self._store.read(lambda unit: unit.find_message(delivery.id))
        if message is None:
            return None
        return open_kept(message, self._vault.storage_key()).alert
