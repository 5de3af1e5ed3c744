"""Alerting: the source of a record hears of a hit on it, afterwards, from the keeper's ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from comity.act import Act
from comity.exchange.delivery import DeliveryQueued
from comity.exchange.envelope import Address
from comity.exchange.message import EXPIRY, AlertedHit, MessageKept, Text, keep_text
from comity.exchange.sending import Vault, is_addressable, keep_sent, queue_copies, seal_text, sealing_keys
from comity.gate import Decision, Handler, UnitOfWork
from comity.ids import EntryId, MemberCode, RecordId, RegisterName
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict


class HitMade(NamedTuple):
    """A record that an answer showed, and whose it is."""

    record: RecordId
    register: RegisterName
    source: MemberCode
    handling: str


class Alerting(NamedTuple):
    """The body of ``alert.send``: what one entry of the ledger says of hits, and where it stands."""

    period: str
    position: int
    entry: EntryId
    asker: MemberCode
    post: str
    at: datetime
    hits: Sequence[HitMade]


class AlertedThrough(msgspec.Struct, frozen=True):
    """A change: sources have been told of all hits up to this entry."""

    period: str
    index: int


class SendAlerts:
    """``alert.send``: one sealed alert to each source; release is how many."""

    changes = True

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def facts(self, act: Act, unit: UnitOfWork) -> Facts:
        """The purpose of the query decides how much a source hears."""
        del unit
        return facts_of(act, self._home.directory(), actor="node", is_addressable=bool(self._addressable(act)))

    def decide(self, act: Act, verdict: Verdict, unit: UnitOfWork) -> Decision:
        """Seal and queue them, and note how far the ledger was gone through: each hit is told once."""
        del unit
        alerting: Alerting = act.body
        through = AlertedThrough(alerting.period, alerting.position)
        detail = {"answer": alerting.entry, "sources": [hit.source for hit in alerting.hits]}
        told = self._addressable(act)
        if not verdict.is_allowed:
            return Decision(changes=(through,), detail=detail)
        is_stripped = verdict.outcome == "masked"
        changes = [
            change
            for hit in alerting.hits
            if hit.source in told
            for change in self._alert(hit, alerting, act, is_stripped=is_stripped)
        ]
        sent = [change.message.id for change in changes if isinstance(change, MessageKept)]
        return Decision(
            release=lambda _entry: len(sent),
            changes=(through, *changes),
            detail=detail | {"messages": sent, "hidden_by": verdict.hidden_by},
        )

    def _addressable(self, act: Act) -> frozenset[MemberCode]:
        """The sources that can be told; one that left the directory since keeps no other from hearing."""
        sources = {hit.source for hit in act.body.hits}
        directory = self._home.directory()
        return frozenset(each for each in sources if is_addressable((each,), self._home.member, directory, act.at))

    def _alert(
        self, hit: HitMade, alerting: Alerting, act: Act, *, is_stripped: bool
    ) -> tuple[MessageKept | DeliveryQueued, ...]:
        alert = AlertedHit(hit.record, hit.register, alerting.asker, act.purpose, alerting.entry)
        if not is_stripped:
            alert = msgspec.structs.replace(alert, at=alerting.at, post=alerting.post)
        text = Text(1, "", "", alert=alert)
        address = Address("alert", self._home.member, act.at, act.at + EXPIRY, None, "immediate", hit.handling)
        keys = sealing_keys((hit.source,), self._home.directory(), act.at)
        sealed, plain = seal_text(text, keys, address, self._home)
        kept = keep_text(plain, self._vault.storage_key(), sealed.id, self._home.entropy)
        return MessageKept(keep_sent(sealed, text, kept, act.at, "")), *queue_copies(sealed, act.at)


def alerting_acts(home: Home, vault: Vault) -> dict[str, Handler[UnitOfWork]]:
    """What this file registers at the gate."""
    return {"alert.send": SendAlerts(home, vault)}
