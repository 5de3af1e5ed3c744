"""Entering records: the source's officer, the register's keeper, and the receipt that comes back."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.errors import ComityError, TooLargeError
from comity.exchange.delivery import Delivery, DeliveryQueued, new_delivery
from comity.exchange.receipt import Step, sign_receipt
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BatchId, EntryId, MemberCode, RegisterName
from comity.kind import Kind
from comity.limits import FRAME_BYTES, SKEW_S, YEAR_MAX, YEAR_MIN
from comity.members.directory import Directory, Freshness
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.registers.batch import BATCH, SALT_BYTES, Batch, hash_record, make_batch, verify_root
from comity.registers.catalogue import BatchTaken, CatalogueEntry, CatalogueView, RegisterChanged
from comity.registers.countries import issuer_of
from comity.registers.record import Record, parse_record
from comity.registers.registry import get_register
from comity.registers.shelf import Shelf, Shelving
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_, _

DELIVERY_DAYS: Final = 30  # a keeper that is away for longer than this has other troubles than a batch
_DAYS_A_YEAR: Final = 366


class RecordUnit(UnitOfWork, CatalogueView, Protocol):
    """A unit of work that knows the catalogue."""


class Entering(msgspec.Struct, frozen=True):
    """The body of ``record.enter``: records as read from a form or file, for one register and its keeper."""

    register: RegisterName
    keeper: MemberCode
    records: tuple[Record, ...]
    is_lawful: bool


ENTER: Final = Kind[Entering, BatchId]("record.enter", Entering, title=N_("Entering records"))
"""An officer enters records of the own country; release is the batch's name."""


class EnterRecords:
    """What is done for ``ENTER``."""

    changes = True
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home, shelf: Shelf) -> None:
        self._home = home
        self._shelf = shelf

    def look(self, act: Act[Entering], unit: RecordUnit) -> RecordUnit:
        """Whether a batch of that name is here is asked once it has one."""
        del act
        return unit

    def facts(self, act: Act[Entering], unit: RecordUnit) -> Facts:
        """Whose documents they are, how long they are kept, how they may be handled."""
        del unit
        entering, own = act.body, self._home.member
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.ENTER,
            is_lawful=entering.is_lawful,
            **facts_of_records(entering.register, own, entering.records, own, self._home.directory(), act.at),
        )

    def decide(self, act: Act[Entering], verdict: Verdict, unit: RecordUnit) -> Decision[BatchId]:
        """Sign the batch, make its file durable, catalogue it here and queue it for the keeper.

        TooLargeError, before anything is kept, for a batch that no line carries.
        """
        entering = act.body
        detail = {"register": entering.register, "keeper": entering.keeper, "count": len(entering.records)}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        home = self._home
        salts = [home.entropy(SALT_BYTES) for _ in entering.records]
        directory = home.directory()
        version = directory.newest_for(BATCH, directory.listings)  # whoever is shown one of its records reads its head
        batch = make_batch(
            get_register(entering.register), home.member, entering.records, salts, act.at, home.signer, version=version
        )
        delivery = _delivery(batch, entering.keeper, act.at)
        if len(delivery.body) > FRAME_BYTES:
            raise TooLargeError(
                _("A batch has at most {most} bytes on the line.").format(most=FRAME_BYTES),
                where="records",
                next_step=_("Nothing was entered. Enter fewer records at a time."),
            )
        self._shelf.keep(batch)
        changes: tuple[msgspec.Struct, ...] = (_taken(batch, act.at),)
        if entering.keeper != home.member:
            changes += (DeliveryQueued(delivery),)
        return Decision(
            release=lambda _entry: batch.id,
            changes=() if unit.find_batch(batch.id) else changes,
            detail=detail | {"batch": batch.id},
        )


class AcceptSeen(NamedTuple):
    """What a keeper sees of a batch: whether all of it is its source's, what can be read, and whether it is here."""

    is_proven: bool
    records: tuple[Record, ...] | None  # None where not every one can be read
    held: CatalogueEntry | None
    position: int  # that it has or gets, and its source's own count of it
    own_position: int


ACCEPT: Final = Kind[Batch, bytes]("batch.accept", Batch, title=N_("Taking records in"))
"""The keeper takes a source's batch, once; release is the receipt.

What is not shown to be its source's gets no receipt (release is None): it may have been altered on the way, and a
receipt would end its delivery.
"""


class AcceptBatch:
    """What is done for ``ACCEPT``."""

    changes = True
    gives_to: GivesTo = "asker"

    def __init__(self, home: Home, shelf: Shelf) -> None:
        self._home = home
        self._shelf = shelf

    def look(self, act: Act[Batch], unit: RecordUnit) -> AcceptSeen:
        """Whether it is what its source signed, to the last byte; and where it stands, or will, in the catalogue."""
        batch, head = act.body, act.body.head
        is_proven = _is_proven(act)
        held = unit.find_batch(batch.id) if is_proven else None
        if held is not None and held.source != act.actor.member:
            held = None  # whoever signs another member's root learns nothing about it
        if held is not None:
            return AcceptSeen(is_proven, _readable(batch), held, held.position, held.own_position)
        position, own = unit.position(head.register) + 1, unit.own_position(head.register, head.source) + 1
        return AcceptSeen(is_proven, _readable(batch), None, position, own)

    def facts(self, act: Act[Batch], seen: AcceptSeen) -> Facts:
        """Everything about the records is looked at again: the keeper trusts no source's node."""
        head, directory, records = act.body.head, self._home.directory(), seen.records
        is_whole = records is not None and all(
            (record.source, record.register) == (head.source, head.register) for record in records
        )
        about = facts_of_records(None, head.source, records or (), act.actor.member, directory, act.at)
        is_timely = are_past(_times_of(act.body, records), act.at)
        return facts_of(
            act,
            directory,
            channel=Channel.ENTER,
            gives_to=(act.actor.member,),
            is_proven=seen.is_proven,
            is_keeper=self._home.is_secretariat,
            is_lawful=seen.is_proven,  # the source's signature is its confirmation
            **(about | {"registers": about["registers"] | {head.register}, "is_complete": is_whole and is_timely}),
        )

    def decide(self, act: Act[Batch], verdict: Verdict, seen: AcceptSeen) -> Decision[bytes]:
        """Take it, unless it is here already: then the receipt says the same as the first one did."""
        batch, head, held = act.body, act.body.head, seen.held
        is_new = verdict.is_allowed and held is None
        if is_new:
            self._shelf.keep(batch)
        is_taken = held is not None or verdict.is_allowed
        is_early = will_be_past(_times_of(batch, seen.records), act.at)
        is_passing = is_early or self._home.directory().judge(act.at) is Freshness.STALE
        step: Step = "delivered" if is_taken else "later" if is_passing else "refused"

        def release(entry: EntryId) -> bytes | None:
            if not seen.is_proven:
                return None
            receipt = sign_receipt(
                self._home, batch.id, step, recipient=self._home.member, to=act.actor.member, at=act.at,
                verdict=verdict, entry=entry, position=seen.own_position if is_taken else 0,
            )  # fmt: skip
            return receipt.encode()

        return Decision(
            release=release,
            changes=(_taken(batch, act.at),) if is_new else (),
            detail={
                "batch": batch.id,
                "register": head.register,
                "count": head.count,
                "position": seen.position if is_taken else 0,
                "own_position": seen.own_position if is_taken else 0,
                "again": held is not None,
            },
        )


def facts_of_records(
    register: RegisterName | None,
    source: MemberCode,
    records: Sequence[Record],
    actor: MemberCode,
    directory: Directory,
    now: datetime,
) -> dict[str, Any]:
    """What rules look at in records that ``actor`` enters or sends as being of ``source``."""
    summary = Summary()
    for record in records:
        summary.add(record)
    return facts_of_summary(register, source, summary, actor, directory, now)


class Summary(msgspec.Struct):
    """What rules look at in records, however many: it is added up record by record, and none is kept."""

    count: int = 0
    countries: set[str] = set()
    sources: set[MemberCode] = set()
    registers: set[RegisterName] = set()
    handlings: set[str] = set()
    spans: set[tuple[datetime, datetime]] = set()  # a file's records share a few
    signed_at: set[datetime] = set()  # when the batches were signed that they came in
    last: tuple[RegisterName, MemberCode, str, datetime, datetime, str] | None = None  # what the last one was like

    def add(self, record: Record) -> None:
        """Count one more."""
        self.count += 1
        about = (
            record.register, record.source, record.handling, record.entered_at, record.expires_at,
            record.issuing_country,
        )  # fmt: skip
        if about == self.last:  # the usual case in a file
            return
        self.last = about
        if get_register(record.register).entered_by == "issuing-country":
            self.countries.add(record.issuing_country)
        self.sources.add(record.source)
        self.registers.add(record.register)
        self.handlings.add(record.handling)
        self.spans.add((record.entered_at, record.expires_at))

    def join(self, other: "Summary") -> None:
        """Count what another one has counted."""
        self.count += other.count
        self.countries |= other.countries
        self.sources |= other.sources
        self.registers |= other.registers
        self.handlings |= other.handlings
        self.spans |= other.spans
        self.signed_at |= other.signed_at

    @property
    def times(self) -> set[datetime]:
        """Whenever its source says that something of it was entered."""
        return {start for start, _end in self.spans} | self.signed_at


def facts_of_summary(
    register: RegisterName | None,
    source: MemberCode,
    summary: Summary,
    actor: MemberCode,
    directory: Directory,
    now: datetime,
) -> dict[str, Any]:
    """As ``facts_of_records``, of what was added up."""
    listing = directory.find_member(source)
    # A time of entry that lies ahead would lengthen the retention: then it counts from now on.
    latest = now + timedelta(seconds=SKEW_S)
    years = (years_between(start if start <= latest else now, end) for start, end in summary.spans)
    return {
        "registers": frozenset({*summary.registers, *((register,) if register else ())}),
        "count": summary.count,
        "is_issuer": summary.countries <= set(map(issuer_of, listing.member.countries if listing else ())),
        "is_source": source == actor and summary.sources <= {source},
        "is_complete": register is None or summary.registers <= {register},
        "retention_years": max(years, default=None),
        "handlings": frozenset(summary.handlings),
    }


def are_past(times: Iterable[datetime], now: datetime) -> bool:
    """Whether none of the times that a source signed lies ahead of the keeper's, or in a year that none can mean.

    What waited for long is as good as ever. A clock that is a little ahead is forgiven, as for a question.
    """
    latest = now + timedelta(seconds=SKEW_S)
    return all(YEAR_MIN <= each.year <= YEAR_MAX and each <= latest for each in times)


def will_be_past(times: Collection[datetime], now: datetime) -> bool:
    """Whether that is not so now, and will be while the source still tries to deliver it."""
    return not are_past(times, now) and are_past(times, now + timedelta(days=DELIVERY_DAYS))


def _times_of(batch: Batch, records: Iterable[Record] | None) -> set[datetime]:
    return {batch.head.entered_at, *(record.entered_at for record in records or ())}


def years_between(start: datetime, end: datetime) -> float:
    """Calendar years from ``start`` to ``end``: exactly whole from one date to the same date of a later year."""
    months = (end.year - start.year) * 12 + end.month - start.month
    rest = (end.day - start.day) + (end.hour - start.hour) / 24
    return months / 12 + rest / _DAYS_A_YEAR


def _readable(batch: Batch) -> tuple[Record, ...] | None:
    """Every record, if each can be read; erased ones cannot be entered."""
    if any(salted.is_erased for salted in batch.records):
        return None
    try:
        return tuple(parse_record(salted.data, is_new=True) for salted in batch.records)
    except ComityError:
        return None


def _is_proven(act: Act[Batch]) -> bool:
    """Whether the batch is, to its last byte, what the member on whose line it came has signed."""
    batch = act.body
    if not act.actor.proven or act.actor.member != batch.head.source:
        return False
    try:
        verify_root(batch)
    except ComityError:
        return False
    return all(each.is_erased or hash_record(each.salt, each.data) == each.hash for each in batch.records)


def _taken(batch: Batch, now: datetime) -> RegisterChanged:
    head = batch.head
    return RegisterChanged(head.register, head.source, now, (BatchTaken(batch.id, head.count, head.entered_at),))


def _delivery(batch: Batch, keeper: MemberCode, now: datetime) -> Delivery:
    return new_delivery(
        batch.id, "batch", batch.encode(), sender=batch.head.source, to=keeper, now=now,
        expires_at=now + timedelta(days=DELIVERY_DAYS),
    )  # fmt: skip


def _acts(partners: Shelving) -> tuple[Done, ...]:
    home, shelf = partners.home, partners.shelf
    return done(ENTER, EnterRecords(home, shelf)), done(ACCEPT, AcceptBatch(home, shelf))


PART: Final = RoomPart((ENTER, ACCEPT), _acts)
