"""The acts on consignments: the source's officer, their arrival at the keeper, the taking of all or nothing."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.exchange.blob import BlobForgotten, BlobKept, BlobShared, BlobWanted, Manifest
from comity.exchange.delivery import DeliveryQueued, new_delivery
from comity.exchange.receipt import Step, receipt_name, sign_receipt
from comity.exchange.signed import sign_for
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BatchId, BlobId, EntryId, MemberCode, RecordId, RegisterName, parse_record_id
from comity.kind import Kind
from comity.members.directory import Freshness
from comity.members.home import Home, Partners
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.registers.catalogue import BatchTaken, CatalogueView, RegisterChanged
from comity.registers.consignment import (
    Consignment,
    ConsignmentKept,
    ConsignmentSettled,
    ConsignmentState,
    ConsignmentView,
    KeptConsignment,
    Lot,
    consignment_name,
)
from comity.registers.entering import Summary, are_past, facts_of_summary, will_be_past
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import N_

_SHORTEST_YEARS: Final = 1 / 366
DELIVERY_DAYS: Final = 30  # as for a batch
FINAL_STEPS: Final[dict[ConsignmentState, Step]] = {
    ConsignmentState.UNDERWAY: "delivered",
    ConsignmentState.ENTERED: "entered",
    ConsignmentState.REFUSED: "turned-down",
}


class ConsigningUnit(UnitOfWork, CatalogueView, ConsignmentView, Protocol):
    """A unit of work that knows catalogue and consignments."""


class PackedLot(NamedTuple):
    """A lot at its source, batch file and blob durable already."""

    lot: Lot
    manifest: Manifest


class Consigning(msgspec.Struct, frozen=True):
    """The body of ``record.consign``: what was read and packed before; what rules look at is in ``summary``."""

    register: RegisterName
    keeper: MemberCode
    lots: tuple[PackedLot, ...]
    removed: tuple[RecordId, ...]
    summary: Summary
    is_lawful: bool
    origin: str = ""  # what the records were read from: a file's name and hash
    file: str = ""  # that file, where it was brought to this node
    replaced: int = 0  # of those removed, how many come in again, out of nobody's sight

    @property
    def names(self) -> tuple[str, ...]:
        """What lies on the disk of it."""
        return tuple(name for each in self.lots for name in (each.lot.batch, each.lot.blob))


class ConsignSeen(NamedTuple):
    """Whether what goes out is the source's own and of that register, and how many records it has there."""

    are_own: bool
    in_force: int


CONSIGN: Final = Kind[Consigning, str](
    "record.consign", Consigning, lambda body: body.names, title=N_("Entering a file of records")
)
"""An officer changes a register by a file; release is the consignment's name."""


class ConsignRecords:
    """What is done for ``CONSIGN``."""

    changes = True
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Consigning], unit: ConsigningUnit) -> ConsignSeen:
        """What goes out, beside what there is."""
        return look_at(act.body, self._home.member, unit)

    def facts(self, act: Act[Consigning], seen: ConsignSeen) -> Facts:
        """Whose records they are, those that come in and those that go out."""
        return facts_of(act, self._home.directory(), **facts_of_consigning(act, act.body, seen, self._home))

    def decide(self, act: Act[Consigning], verdict: Verdict, seen: ConsignSeen) -> Decision[str]:
        """Sign it, and queue it for the keeper, who pulls the lots; a keeper's own is in its register at once."""
        del seen
        return consign(act, act.body, verdict, self._home)


def look_at(consigning: Consigning, source: MemberCode, unit: CatalogueView) -> ConsignSeen:
    """What goes out of a register, beside what there is of its source."""
    removed, register = consigning.removed, consigning.register
    return ConsignSeen(_are_own(removed, source, register, unit), unit.count_in_force(register, source))


def facts_of_consigning(act: Act[Any], consigning: Consigning, seen: ConsignSeen, home: Home) -> dict[str, Any]:
    """What rules look at in what an officer changes: whose it is, how much goes out, what comes in."""
    about = facts_of_summary(
        consigning.register, home.member, consigning.summary, home.member, home.directory(), act.at
    )
    taken_out = max(0, len(consigning.removed) - consigning.replaced)
    return _with_removed(about, len(consigning.removed), are_own=seen.are_own) | {
        "channel": Channel.ENTER,
        "is_lawful": consigning.is_lawful,
        "taken_out": taken_out,
        "taken_share": taken_out / max(seen.in_force, 1),
    }


def consign(act: Act[Any], consigning: Consigning, verdict: Verdict, home: Home) -> Decision[str]:
    """Sign a change and queue it for the keeper; release is the consignment's name."""
    lots = tuple(each.lot for each in consigning.lots)
    detail = {
        "register": consigning.register, "keeper": consigning.keeper, "origin": consigning.origin,
        "batches": [lot.batch for lot in lots], "count": sum(lot.count for lot in lots),
        "removed": len(consigning.removed),
    }  # fmt: skip
    if not verdict.is_allowed:
        return Decision(detail=detail)
    consignment = Consignment(1, consigning.register, home.member, lots, consigning.removed, act.at)
    frame = sign_for(consignment, home, consigning.keeper)
    name = consignment_name(frame)
    is_kept_here = consigning.keeper == home.member
    state = ConsignmentState.ENTERED if is_kept_here else ConsignmentState.UNDERWAY
    kept = KeptConsignment(
        name, home.member, consignment.register, frame.encode(), state, act.at, act.actor.officer,
        consigning.file, consigning.origin,
    )  # fmt: skip
    changes: tuple[object, ...] = (ConsignmentKept(kept),)
    if is_kept_here:
        changes += (change_of(consignment),)
    else:
        blobs = [(BlobId(each.lot.blob), each.manifest.encode()) for each in consigning.lots]
        delivery = new_delivery(
            name, "consignment", kept.frame, sender=home.member, to=consigning.keeper, now=act.at,
            expires_at=act.at + timedelta(days=DELIVERY_DAYS),
        )  # fmt: skip
        changes += (
            *(BlobKept(blob, manifest, name) for blob, manifest in blobs),
            *(BlobShared(blob, (consigning.keeper,)) for blob, _manifest in blobs),
            DeliveryQueued(delivery),
        )
    return Decision(release=lambda _entry: name, changes=changes, detail=detail | {"consignment": name})


class ArrivedConsignment(NamedTuple):
    """The body of ``consignment.accept``."""

    frame: Frame
    consignment: Consignment


class ConsignmentSeen(NamedTuple):
    """What a keeper sees of a consignment that comes: whether its source brings it, whether it is here, what waits."""

    is_own: bool
    held: KeptConsignment | None
    waiting: int


ACCEPT: Final = Kind[ArrivedConsignment, bytes](
    "consignment.accept", ArrivedConsignment, title=N_("Hearing of a file of records")
)
"""A consignment has come; its lots are to be pulled. Release is the receipt; None for what is not its source's."""


class AcceptConsignment:
    """What is done for ``ACCEPT``."""

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[ArrivedConsignment], unit: ConsigningUnit) -> ConsignmentSeen:
        """Whose it is, whether it is here, and how many of that source wait already."""
        frame, consignment = act.body
        is_own = _is_own(act, consignment)
        held = unit.find_consignment(consignment_name(frame)) if is_own else None
        return ConsignmentSeen(is_own, held, unit.count_consignments(consignment.source))

    def facts(self, act: Act[ArrivedConsignment], seen: ConsignmentSeen) -> Facts:
        """Whose it is, how much it announces, and how many of that source wait already."""
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.ENTER,
            gives_to=(act.actor.member,),
            is_proven=seen.is_own,
            is_keeper=self._home.is_secretariat,
            registers=frozenset({act.body.consignment.register}),
            count=act.body.consignment.count,
            waiting_count=seen.waiting,
        )

    def decide(self, act: Act[ArrivedConsignment], verdict: Verdict, seen: ConsignmentSeen) -> Decision[bytes]:
        """Keep it and want its lots, unless it is here already: then say how it stands."""
        arrived, held = act.body, seen.held
        consignment, name = arrived.consignment, consignment_name(arrived.frame)
        is_new = verdict.is_allowed and held is None
        is_passing = self._home.directory().judge(act.at) is Freshness.STALE
        refusal: Step = "later" if is_passing else "refused"
        step = FINAL_STEPS[held.state] if held else "delivered" if is_new else refusal

        def release(entry: EntryId) -> bytes | None:
            if not seen.is_own:
                return None
            receipt = sign_receipt(
                self._home, name, step, recipient=self._home.member, to=act.actor.member, at=act.at, verdict=verdict,
                entry=entry,
            )  # fmt: skip
            return receipt.encode()

        expires_at = act.at + timedelta(days=DELIVERY_DAYS)
        kept = KeptConsignment(
            name, consignment.source, consignment.register, arrived.frame.encode(), ConsignmentState.UNDERWAY, act.at
        )
        changes = (
            ConsignmentKept(kept),
            *(BlobWanted(BlobId(lot.blob), name, consignment.source, act.at, expires_at) for lot in consignment.lots),
        )
        return Decision(
            release=release,
            changes=changes if is_new else (),
            detail={
                "consignment": name, "register": consignment.register, "count": consignment.count,
                "step": step, "again": held is not None,
            },
        )  # fmt: skip


class Unpacked(NamedTuple):
    """The body of ``consignment.take``: what all its lots hold; None where they are not what was signed."""

    frame: Frame
    consignment: Consignment
    summary: Summary | None


class TakeSeen(NamedTuple):
    """How a consignment stands that is to be taken: whether what goes out is its source's, and the source's count."""

    held: KeptConsignment | None
    are_own: bool
    own_position: int


TAKE: Final = Kind[Unpacked, ConsignmentState]("consignment.take", Unpacked, title=N_("Taking a file of records in"))
"""The keeper takes a consignment whose lots have come, and tells its source; release is what became of it."""


class TakeConsignment:
    """What is done for ``TAKE``."""

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Unpacked], unit: ConsigningUnit) -> TakeSeen:
        """How it stands here."""
        frame, consignment, _summary = act.body
        register, source = RegisterName(consignment.register), consignment.source
        return TakeSeen(
            unit.find_consignment(consignment_name(frame)),
            _are_own(consignment.removed, source, register, unit),
            unit.own_position(register, source),
        )

    def facts(self, act: Act[Unpacked], seen: TakeSeen) -> Facts:
        """Everything about the records is looked at again: the keeper trusts no source's node."""
        consignment, summary = act.body.consignment, act.body.summary
        directory = self._home.directory()
        about = facts_of_summary(None, consignment.source, summary or Summary(), act.actor.member, directory, act.at)
        is_whole = summary is not None and summary.registers <= {consignment.register}
        is_timely = are_past(_times_of(act.body), act.at)
        is_own = _is_own(act, consignment)
        about = _with_removed(about, len(consignment.removed), are_own=seen.are_own)
        return facts_of(
            act,
            directory,
            channel=Channel.ENTER,
            gives_to=(act.actor.member,),
            is_proven=is_own,
            is_keeper=self._home.is_secretariat,
            is_lawful=is_own,  # the source's signature is its confirmation
            **(
                about
                | {
                    "registers": about["registers"] | {consignment.register},
                    "is_complete": is_whole and is_timely,
                }
            ),
        )

    def decide(self, act: Act[Unpacked], verdict: Verdict, seen: TakeSeen) -> Decision[ConsignmentState]:
        """All of it or nothing, and the source hears of it; what refuses it and will pass leaves it as it is."""
        consignment, name, held = act.body.consignment, consignment_name(act.body.frame), seen.held
        detail = {"consignment": name, "register": consignment.register, "count": consignment.count}
        is_settled = held is None or held.state is not ConsignmentState.UNDERWAY
        is_early = will_be_past(_times_of(act.body), act.at)
        is_passing = is_early or self._home.directory().judge(act.at) is Freshness.STALE
        if is_settled or (is_passing and not verdict.is_allowed):
            return Decision(detail=detail)
        state = ConsignmentState.ENTERED if verdict.is_allowed else ConsignmentState.REFUSED
        position = seen.own_position + 1 if verdict.is_allowed else 0

        def outbox(entry: EntryId) -> tuple[object, ...]:
            frame = sign_receipt(
                self._home, name, FINAL_STEPS[state], recipient=self._home.member, to=consignment.source, at=act.at,
                verdict=verdict, entry=entry, position=position,
            )  # fmt: skip
            delivery = new_delivery(
                receipt_name(frame), "receipt", frame.encode(), sender=self._home.member, to=consignment.source,
                now=act.at, expires_at=act.at + timedelta(days=DELIVERY_DAYS),
            )  # fmt: skip
            return (DeliveryQueued(delivery),)

        return Decision(
            release=lambda _entry: state,
            changes=settle(name, consignment, state),
            outbox=outbox,
            detail=detail | {"state": state.value, "position": position},
        )


def _times_of(unpacked: Unpacked) -> set[datetime]:
    return {unpacked.consignment.entered_at, *(unpacked.summary.times if unpacked.summary else ())}


def settle(name: str, consignment: Consignment, state: ConsignmentState) -> tuple[object, ...]:
    """What changes, at its source and at the keeper, once the fate of a consignment is known."""
    return (
        ConsignmentSettled(name, state),
        *((change_of(consignment),) if state is ConsignmentState.ENTERED else ()),
        *(BlobForgotten(BlobId(lot.blob), name) for lot in consignment.lots),
    )


def change_of(consignment: Consignment) -> RegisterChanged:
    """What the catalogue takes in once the keeper has said that it is entered."""
    batches = (BatchTaken(BatchId(lot.batch), lot.count, consignment.entered_at) for lot in consignment.lots)
    return RegisterChanged(
        consignment.register, consignment.source, consignment.entered_at, tuple(batches), consignment.removed
    )


def _are_own(removed: tuple[RecordId, ...], source: MemberCode, register: RegisterName, unit: CatalogueView) -> bool:
    """Whether all that goes out is of that source and register: only its source takes a record out."""
    last: dict[BatchId, int] = {}  # the highest offset that is named of each batch
    for batch, offset in map(parse_record_id, removed):
        last[batch] = max(offset, last.get(batch, 0))
    return all(
        (held := unit.find_batch(batch)) is not None
        and (held.source, held.register) == (source, register)
        and offset < held.count
        for batch, offset in last.items()
    )


def _with_removed(about: dict[str, Any], removed: int, *, are_own: bool) -> dict[str, Any]:
    """The facts with what goes out counted in."""
    changed: dict[str, Any] = {"is_source": about["is_source"] is True and are_own, "count": about["count"] + removed}
    if about["retention_years"] is None:  # nothing comes in, and nothing is kept longer than before
        changed |= {"retention_years": _SHORTEST_YEARS}
    return about | changed


def _is_own(act: Act[Any], consignment: Consignment) -> bool:
    return act.actor.proven and act.actor.member == consignment.source


def _acts(partners: Partners) -> tuple[Done, ...]:
    home = partners.home
    return (
        done(CONSIGN, ConsignRecords(home)),
        done(ACCEPT, AcceptConsignment(home)),
        done(TAKE, TakeConsignment(home)),
    )


PART: Final = RoomPart((CONSIGN, ACCEPT, TAKE), _acts)
