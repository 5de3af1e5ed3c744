"""Alerting: the source of a record hears of a hit on it, afterwards, from the keeper's ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from comity.act import Act
from comity.exchange.delivery import DeliveryQueued
from comity.exchange.envelope import Address
from comity.exchange.forms.hit_alert import HIT_ALERT
from comity.exchange.message import EXPIRY, AlertedHit, MessageKept, Text, keep_text
from comity.exchange.sending import Sealing, Vault, is_addressable, keep_sent, queue_copies, seal_text, sealing_keys
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import EntryId, EnvelopeId, MemberCode
from comity.kind import Kind
from comity.members.home import Home
from comity.members.presence import facts_of, worst_standing
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.registers.query import ALERT_CHANNELS, HitMade
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_

_UNNAMED: Final = frozenset({"time", "place"})
"""What a mask strips that does not say what it hides, as in rulebooks of before."""


class Alerting(NamedTuple):
    """The body of ``alert.send``: what one entry of the ledger says of one source's records, and where it stands."""

    period: str
    position: int
    entry: EntryId
    asker: MemberCode
    post: str
    at: datetime
    source: MemberCode
    hits: Sequence[HitMade]


class AlertedThrough(msgspec.Struct, frozen=True):
    """A change: of all entries before this one every source was told, and of this one the sources up to ``source``.

    An empty ``source`` stands for all of them.
    """

    period: str
    index: int
    source: str = ""


SEND: Final = Kind[Alerting, tuple[EnvelopeId, ...]]("alert.send", Alerting, title=N_("Telling a source of a hit"))
"""Sealed alerts go to one source, so that the verdict is about one recipient; release is their names."""


class SendAlerts:
    """What is done for ``SEND``."""

    changes = True
    gives_to: GivesTo = "members"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[Alerting], unit: UnitOfWork) -> dict[MemberCode, bytes]:
        """The source's sealing key, if it has one."""
        del unit
        return sealing_keys((act.body.source,), self._home.directory(), act.at)

    def facts(self, act: Act[Alerting], keys: dict[MemberCode, bytes]) -> Facts:
        """The purpose of the query and the standing of the source decide whether it hears, and how much."""
        return alert_facts(act, keys, self._home)

    def decide(
        self, act: Act[Alerting], verdict: Verdict, keys: dict[MemberCode, bytes]
    ) -> Decision[tuple[EnvelopeId, ...]]:
        """Seal and queue them, and note how far the ledger was gone through: each hit is told once, or refused once."""
        alerting = act.body
        through = AlertedThrough(alerting.period, alerting.position, alerting.source)
        detail = {"answer": alerting.entry, "source": alerting.source}
        if not verdict.is_allowed:
            return Decision(changes=(through,), detail=detail)
        hides = _hidden(verdict)
        changes = [change for hit in alerting.hits for change in self._alert(hit, act, keys, hides)]
        sent = tuple(change.message.id for change in changes if isinstance(change, MessageKept))
        return Decision(
            release=lambda _entry: sent,
            changes=(through, *changes),
            detail=detail | {"messages": sent, "hidden_by": verdict.hidden_by},
        )

    def _alert(
        self, hit: HitMade, act: Act[Alerting], keys: dict[MemberCode, bytes], hides: frozenset[str]
    ) -> tuple[MessageKept | DeliveryQueued, ...]:
        alerting = act.body
        alert = AlertedHit(
            hit.record,
            hit.register,
            MemberCode("") if "asker" in hides else alerting.asker,
            act.purpose,
            alerting.entry,
            None if "time" in hides else alerting.at,
            "" if "place" in hides else alerting.post,
        )
        text = Text(2, "", "", form=alert.filled())
        address = Address("alert", self._home.member, act.at, act.at + EXPIRY, None, HIT_ALERT.urgency, hit.handling)
        sealed, plain = seal_text(text, keys, address, self._home)
        kept = keep_text(plain, self._vault.storage_key(), sealed.id, self._home.entropy)
        return MessageKept(keep_sent(sealed, text, kept, act.at, "")), *queue_copies(sealed, act.at)


def alert_facts(act: Act[Alerting], keys: dict[MemberCode, bytes], home: Home) -> Facts:
    """What decides whether a source hears of hits, and how much.

    The worse of two moments counts: that of the hit, and that of the act.
    """
    alerting = act.body
    source, directory = alerting.source, home.directory()
    was_suspended = any(hit.was_suspended for hit in alerting.hits)
    was_clear = not any(hit.was_under_measure for hit in alerting.hits)
    standing = worst_standing((source,), directory, ALERT_CHANNELS, act.at)
    is_clear = worst_standing((source,), directory, Channel, act.at) == "open"
    return facts_of(
        act,
        directory,
        actor="node",
        is_addressable=is_addressable((source,), home.member, keys),
        recipient_standing="suspended" if was_suspended else standing,
        recipient_is_clear=was_clear and is_clear,
        registers=frozenset(hit.register for hit in alerting.hits),
        statuses=frozenset(hit.status for hit in alerting.hits),
    )


def tells_no_more(alert: AlertedHit, verdict: Verdict) -> bool:
    """Whether an alert that was made earlier tells no more than ``verdict`` lets be told."""
    told = {"asker": bool(alert.asker), "time": alert.at is not None, "place": bool(alert.post)}
    return verdict.is_allowed and not any(told[part] for part in _hidden(verdict) if part in told)


def _hidden(verdict: Verdict) -> frozenset[str]:
    return verdict.hides or (_UNNAMED if verdict.outcome == "masked" else frozenset())


def _acts(partners: Sealing) -> tuple[Done, ...]:
    return (done(SEND, SendAlerts(partners.home, partners.vault)),)


PART: Final = RoomPart((SEND,), _acts)
