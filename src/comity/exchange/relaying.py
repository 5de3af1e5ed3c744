"""Relaying: the secretariat keeps sealed envelopes and receipts for bureaus that are not there now, and reads none."""

from datetime import datetime
from typing import Final, NamedTuple, Protocol

from comity.act import Act
from comity.exchange.blob import BlobShared, BlobWanted
from comity.exchange.delivery import DeliveryQueued, DeliveryView, new_delivery
from comity.exchange.receipt import sign_receipt
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BlobId, EntryId, MemberCode
from comity.kind import Kind
from comity.members.home import Home, Partners
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_

_DAY_S = 86_400.0


class RelayingUnit(UnitOfWork, DeliveryView, Protocol):
    """A unit of work that knows the outbox and how full it is."""

    def count_waiting(self, sender: MemberCode) -> int:
        """How many deliveries of that sender are under way from here."""


class Parcel(NamedTuple):
    """The body of ``envelope.relay`` and ``receipt.relay``: signed bytes of ``sender`` that are for ``to``."""

    name: str
    kind: str
    sender: MemberCode
    to: MemberCode
    body: bytes
    expires_at: datetime
    blobs: tuple[str, ...] = ()


RELAY_ENVELOPE: Final = Kind[Parcel, bytes]("envelope.relay", Parcel, title=N_("Carrying a message on"))
RELAY_RECEIPT: Final = Kind[Parcel, bytes]("receipt.relay", Parcel, title=N_("Carrying a receipt on"))
"""The secretariat takes something on for a bureau that is not there; release is the relay's receipt.

None where it does not take it on, which is no refusal by the recipient.
"""


class RelayParcel:
    """What is done for ``RELAY_ENVELOPE`` and ``RELAY_RECEIPT``."""

    changes = True
    gives_to: GivesTo = "members"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Parcel], unit: RelayingUnit) -> int:
        """How much of the same member waits here."""
        return unit.count_waiting(act.actor.member)

    def facts(self, act: Act[Parcel], waiting: int) -> Facts:
        """Whose it is, for whom, until when; how much of the same member waits here."""
        parcel = act.body
        directory = self._home.directory()
        return facts_of(
            act,
            directory,
            channel=Channel.MESSAGE,
            gives_to=(parcel.to,),
            is_proven=act.actor.proven and parcel.sender == act.actor.member,
            is_secretariat=self._home.is_secretariat,
            is_addressable=parcel.to != self._home.member and directory.find_bureau(parcel.to, act.at) is not None,
            days_left=(parcel.expires_at - act.at).total_seconds() / _DAY_S,
            waiting_count=waiting,
        )

    def decide(self, act: Act[Parcel], verdict: Verdict, waiting: int) -> Decision[bytes]:
        """Keep it until it is delivered or has expired; pull its attachments, so that the sender may leave too."""
        del waiting
        parcel = act.body
        detail = {"of": parcel.name, "recipient": parcel.to}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        delivery = new_delivery(
            parcel.name, parcel.kind, parcel.body, sender=parcel.sender, to=parcel.to, now=act.at,
            expires_at=parcel.expires_at,
        )  # fmt: skip

        def release(entry: EntryId) -> bytes:
            receipt = sign_receipt(
                self._home, parcel.name, "relayed", recipient=parcel.to, to=parcel.sender, at=act.at, verdict=verdict,
                entry=entry,
            )  # fmt: skip
            return receipt.encode()

        blobs = tuple(BlobId(blob) for blob in parcel.blobs)
        return Decision(
            release=release,
            changes=(
                DeliveryQueued(delivery),
                *(BlobWanted(blob, parcel.name, parcel.sender, act.at, parcel.expires_at) for blob in blobs),
                *(BlobShared(blob, (parcel.to,)) for blob in blobs),
            ),
            detail=detail,
        )


def _acts(partners: Partners) -> tuple[Done, ...]:
    relay = RelayParcel(partners.home)
    return done(RELAY_ENVELOPE, relay), done(RELAY_RECEIPT, relay)


PART: Final = RoomPart((RELAY_ENVELOPE, RELAY_RECEIPT), _acts)
