"""Consignments on their way: entered on behalf of officers, taken in by the keeper, settled at their source."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import structlog

from comity.act import Credential, Peer
from comity.aside import Aside
from comity.damage import Damage, read_all, text_of
from comity.errors import ComityError, UnknownError
from comity.exchange.blob import Manifest
from comity.exchange.delivery import Delivery, DeliveryState, retry_at
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed
from comity.gate import Gate, Outcome, UnitOfWork
from comity.ids import BlobId, MemberCode, RecordId
from comity.office.doubles import Doubles
from comity.office.own_list import OwnList
from comity.peer.comparing import Comparison, compare
from comity.peer.leftovers import Leftovers
from comity.peer.packing import Lots, Packed
from comity.registers.consigning import CONSIGN, DELIVERY_DAYS, TAKE, Consigning, Unpacked, settle
from comity.registers.consignment import (
    Consignment,
    ConsignmentState,
    KeptConsignment,
)
from comity.registers.entering import are_past, will_be_past
from comity.registers.own_record import AMEND, Amending, AmendVerb
from comity.registers.record import Record
from comity.registers.register import Register
from comity.store import consignments, deliveries
from comity.store.store import Store
from comity.texts import _

ORIGINS_MAX: Final = 1_000  # of the latest files, among which one is recognised
ROUND_MAX: Final = 50
_SETTLED: Final = {
    DeliveryState.ENTERED: ConsignmentState.ENTERED,
    DeliveryState.REFUSED: ConsignmentState.REFUSED,
    DeliveryState.EXPIRED: ConsignmentState.REFUSED,
    DeliveryState.WITHDRAWN: ConsignmentState.REFUSED,
}

_log = structlog.get_logger(__name__)


class Consigned(NamedTuple):
    """What became of a consignment: ``receipt`` is the keeper's last, once there is one."""

    consignment: KeptConsignment
    content: Consignment
    delivery: Delivery | None
    receipt: Receipt | None


class Consignments(NamedTuple):
    """Some consignments, and what of them is here and cannot be shown."""

    entered: tuple[Consigned, ...]
    damaged: tuple[Damage, ...]


class Change(NamedTuple):
    """What an officer wants to change in a register: what was packed comes in, ``removed`` goes out.

    ``origin`` says for the record where it is from; ``file`` names the file that was brought, if it was one.
    ``replaced`` of those that go out come in again with something changed, and out of nobody's sight.
    """

    register: Register
    packed: Packed
    removed: tuple[RecordId, ...] = ()
    is_lawful: bool = False
    origin: str = ""
    file: str = ""
    replaced: int = 0


class Said(NamedTuple):
    """What is done to own records by a change, why, and what they are called and found by."""

    verb: AmendVerb
    why: str
    names: tuple[str, ...]
    found_by: tuple[str, ...]


class _Again(NamedTuple):
    """What was put off ``times`` times after the first is looked at again then."""

    times: int
    at: datetime


class Consigner:
    """Enters consignments on behalf of officers, knows what became of them, and goes on with those under way.

    ``on_queued`` hears what waits in the outbox, ``on_changed`` that a register is another one.
    """

    def __init__(
        self,
        gate: Gate[Any],
        store: Store,
        lots: Lots,
        leftovers: Leftovers,
        own: OwnList,
        keeper: MemberCode,
        member: MemberCode,
        *,
        clock: Callable[[], datetime],
        on_queued: Callable[[str], None],
        on_changed: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._store = store
        self._lots = lots
        self._leftovers = leftovers
        self._own = own
        self._keeper = keeper
        self._member = member
        self._clock = clock
        self._on_queued = on_queued
        self._on_changed = on_changed
        self.aside = Aside("intake")
        self._again: dict[str, _Again] = {}  # of what could not be taken yet, as long as the node runs
        self._looked_at = 0  # the row behind which the next round goes on

    def pack(
        self,
        register: Register,
        records: Iterable[bytes],
        on_packed: Callable[[int], None] = lambda _count: None,
        on_known: Callable[[Sequence[bytes]], None] = lambda _known_by: None,
    ) -> Packed:
        """Read records and make them durable in lots that nothing names yet: they are to be consigned or discarded.

        Whatever reading the records raises is raised here, with nothing left behind.
        """
        return self._lots.pack(
            register, records, self._clock(), is_kept_here=self._keeper == self._member, on_packed=on_packed,
            on_known=on_known,
        )  # fmt: skip

    def compare(self, register: Register, is_wanted: Callable[[Record], bool]) -> Comparison:
        """A comparison with those of this bureau's records in force that ``is_wanted`` picks."""
        return compare(self._store, self._lots.read_batch, register, self._member, is_wanted, self._clock())

    def list_underway(self, register: Register) -> tuple[KeptConsignment, ...]:
        """What this bureau has changed in a register that is on its way to the keeper."""
        return tuple(self._store.read(lambda unit: unit.list_consigned(self._member, register.name)))

    def doubles(self, register: Register) -> Doubles:
        """What looks for doubles of records that are entered."""
        return Doubles(self._own, register, self._clock)

    def discard(self, packed: Packed) -> None:
        """Remove what was packed and is not to be entered."""
        self._leftovers.discard(each.lot for each in packed.lots)

    def consign(self, by: Credential, change: Change) -> Outcome[str]:
        """Enter what was packed; release is the consignment's name. Where the rulebook refused it stays packed."""
        return self._queue(self._gate.perform(CONSIGN, by, self._body(change), on=change.register.name))

    def amend(self, by: Credential, change: Change, said: Said) -> Outcome[str]:
        """Change own records; release is the consignment's name. Where the rulebook refused it stays packed."""
        body = Amending(self._body(change), said.verb, said.why, said.names, said.found_by)
        return self._queue(self._gate.perform(AMEND, by, body, on=change.register.name))

    def _body(self, change: Change) -> Consigning:
        return Consigning(
            change.register.name, self._keeper, change.packed.lots, change.removed, change.packed.summary,
            change.is_lawful, change.origin, change.file, change.replaced,
        )  # fmt: skip

    def _queue(self, outcome: Outcome[str]) -> Outcome[str]:
        if outcome.release is not None:
            self._on_queued(outcome.release)
        return outcome

    def find(self, name: str) -> Consigned:
        """What became of a consignment entered here; UnknownError where there is none of that name."""
        kept, delivery = self._store.read(
            lambda unit: (unit.find_consignment(name), unit.find_delivery(name, self._keeper))
        )
        if kept is None or kept.source != self._member:
            raise UnknownError(_("This bureau has entered no such file."), where="consignment")
        receipts = self._store.read_rows(lambda connection: deliveries.list_receipts(connection, name))
        receipt = parse_signed(receipts[-1].frame, Receipt)[1] if receipts else None
        return Consigned(kept, parse_signed(kept.frame, Consignment)[1], delivery, receipt)

    def find_by_file(self, file: str) -> Consigned | None:
        """What became of a file that was brought here; None where it was not entered."""
        kept = self._store.read_rows(lambda connection: consignments.find_by_file(connection, file))
        return None if kept is None else self.find(kept.id)

    def find_record(self, name: RecordId) -> Record:
        """A record of a batch that lies here; UnknownError or CorruptError where it does not, or not whole."""
        return self._lots.read_record(name)

    def list(self, most: int) -> Consignments:
        """Those entered here, the newest first."""
        damaged: list[Damage] = []

        def note(name: str, error: Exception) -> None:
            damaged.append(Damage("file", name.removeprefix("row "), text_of(error)))

        held = self._store.read_rows(
            lambda connection: consignments.list_consignments(connection, self._member, most, note)
        )
        entered = read_all(held, lambda each: self.find(each.id), note)
        return Consignments(tuple(entered), tuple(damaged))

    def list_origins(self, register: Register) -> Sequence[tuple[datetime, str]]:
        """When and from what the latest consignments of this bureau were read that were not refused."""
        return self._store.read_rows(
            lambda connection: consignments.list_origins(connection, self._member, register.name, ORIGINS_MAX)
        )

    def go_round(self) -> None:
        """Look at some under way: the keeper takes each once its lots have come; its source learns its fate.

        The next round goes on behind them, so that those that wait long keep no other from being looked at.
        """
        self.aside.begin_round()
        underway = self._store.read_rows(
            lambda connection: consignments.list_underway(connection, ROUND_MAX, self._looked_at, self.aside.put)
        )
        self._looked_at = underway[-1][0] if len(underway) == ROUND_MAX else 0
        for _row, kept in underway:
            go_on = self._settle if kept.source == self._member else self._take
            self.aside.attempt(kept.id, partial(go_on, kept))

    def _take(self, kept: KeptConsignment) -> None:
        if self._is_put_off(kept.id):
            return
        frame, consignment = parse_signed(kept.frame, Consignment)
        runs_out_at = kept.at + timedelta(days=DELIVERY_DAYS)
        has_run_out = self._clock() >= runs_out_at
        dated = {consignment.entered_at}
        if will_be_past(dated, self._clock()) and not has_run_out:
            self._put_off(kept.id, min(consignment.entered_at, runs_out_at))
            return
        summary = None  # where its date is one that nobody can mean, nothing of it is looked at
        if are_past(dated, self._clock()):
            manifests = self._manifests(consignment)
            if manifests is None and not has_run_out:
                return
            try:
                summary = self._lots.unpack(consignment, manifests, self._clock()) if manifests is not None else None
            except ComityError as error:  # a full disk passes
                _log.warning("intake.waits", code=error.code, where=error.where)
                return
        body = Unpacked(frame, consignment, summary)
        outcome = self._gate.perform(TAKE, Peer(kept.source, frame), body, on=consignment.register)
        if outcome.release is None:  # for what will pass
            times = summary.times if summary else set()
            ahead = max(times) if will_be_past(times, self._clock()) else self._clock()
            self._put_off(kept.id, min(ahead, runs_out_at))
            return
        self._again.pop(kept.id, None)
        self._end(consignment, outcome.release)
        self._on_queued("")

    def _is_put_off(self, name: str) -> bool:
        again = self._again.get(name)
        return again is not None and self._clock() < again.at

    def _put_off(self, name: str, until: datetime) -> None:
        """Look at it again at that time, or after a pause that grows: opening its lots is work, and so is an entry."""
        times = self._again[name].times + 1 if name in self._again else 0
        self._again[name] = _Again(times, max(until, retry_at(times, self._clock())))

    def _manifests(self, consignment: Consignment) -> dict[str, Manifest] | None:
        """The manifests of all lots, once every chunk is here."""
        held = self._store.read(lambda unit: [(lot, unit.find_manifest(BlobId(lot.blob))) for lot in consignment.lots])
        found = {lot.blob: self._lots.find_manifest(lot, data) for lot, data in held}
        whole = {blob: manifest for blob, manifest in found.items() if manifest}
        return whole if len(whole) == len(found) else None

    def _settle(self, kept: KeptConsignment) -> None:
        delivery = self._store.read(lambda unit: unit.find_delivery(kept.id, self._keeper))
        state = _SETTLED.get(delivery.state) if delivery else None
        if state is None:
            return
        _frame, consignment = parse_signed(kept.frame, Consignment)

        def apply(unit: UnitOfWork) -> None:
            for change in settle(kept.id, consignment, state):
                unit.apply(change)

        self._store.change(apply)
        self._end(consignment, state)

    def _end(self, consignment: Consignment, state: ConsignmentState) -> None:
        if state is ConsignmentState.REFUSED:
            self._leftovers.discard(consignment.lots)
        else:
            self._leftovers.discard_blobs(BlobId(lot.blob) for lot in consignment.lots)  # batch files have it now
        self._on_changed()
