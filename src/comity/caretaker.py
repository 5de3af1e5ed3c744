"""The caretaker: looks at everything that is stored, a little at a time, for as long as the node runs.

One thing after the other is compared with what signed or named it; what was changed is noted, health names it, and the
mender fetches again what somebody else has. After an end that nobody ordered the first round goes faster.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

import structlog

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.config import Config
from comity.damage import LOST, Damage, DamagedError, Damages, Kind, is_of_machine, text_of
from comity.errors import ComityError, UnavailableError
from comity.exchange.blob import Manifest, parse_manifest
from comity.exchange.delivery import RETRY_S_MAX, UNDERWAY, Delivery
from comity.holding import Holding
from comity.ids import BatchId, BlobId, RegisterName
from comity.keyring import Keyring
from comity.knowledge import Knowledge
from comity.ledger.checkpoint import VerifierKey, origin_of
from comity.limits import CARE_AGAIN_S, CARE_BYTES, CARE_ROUND_S
from comity.peer.attachments import damage_of
from comity.peer.carried import Carried
from comity.peer.exporting import Exporter
from comity.peer.mending import Mender, want_again
from comity.registers.consigning import CONSIGN
from comity.store import blobs, deliveries, entries
from comity.store.paging import go_through
from comity.store.schema import all_tables
from comity.store.store import Store
from comity.texts import _
from comity.tiles.kept import Step, check_messages, check_receipts
from comity.tiles.kept_catalogue import Catalogued, check_catalogue
from comity.tiles.kept_held import HeldLooked, check_held
from comity.tiles.kept_records import check_batches
from comity.tiles.listing import check_list
from comity.tiles.reading import LedgerReader, describe
from comity.tiles.restoring import Restorer
from comity.tiles.roll import Roll
from comity.tiles.verify import Finding, walk_log
from comity.waiting import WaitingAct

_HURRY: Final = 16  # times as much a step, after an end that nobody ordered
_TABLE_COST_BYTES: Final = 10_000
_PUT_OFF_MAX: Final = timedelta(seconds=2 * RETRY_S_MAX)  # a clock may be a little behind
_ROW_COST_BYTES: Final = 4_000  # of a row that is compared with its entry

_CLEARED_ONE_BY_ONE: Final = ("batch", "attachment")
"""What is fetched again is damaged until it is here whole."""

_FOUND_WITH: Final[Mapping[Kind, tuple[Kind, ...]]] = MappingProxyType(
    {"catalogue": ("file",), "directory": ("repository", "root")}
)
"""What is looked at on the way, beside what a check is named after."""

_log = structlog.get_logger(__name__)


class Stored(NamedTuple):
    """What a node has stored, and by which keys it is judged.

    ``recover`` tells the store of what the ledger's files have and it does not know; ``on_restored`` hears of each
    register of which something was put back.
    """

    config: Config
    store: Store
    ledger: LedgerReader
    verifier: VerifierKey
    files: BatchFiles
    chunks: ChunkFiles
    roll: Roll
    keyring: Keyring
    holding: Holding
    knowledge: Knowledge
    exporter: Exporter
    carried: Carried
    recover: Callable[[], None]
    on_restored: Callable[[RegisterName], None]


_Walking = Generator[Step, None, dict[str, Damage]]


class Caretaker:
    """A node has one. One thread calls ``go_on``."""

    def __init__(
        self,
        stored: Stored,
        mender: Mender,
        damages: Damages,
        clock: Callable[[], datetime],
        *,
        is_hurried: bool = False,
    ) -> None:
        self._stored = stored
        self._mender = mender
        self._damages = damages
        self._clock = clock
        self._step_bytes = CARE_BYTES * (_HURRY if is_hurried else 1)
        self._credit = 0
        self._round: Iterator[int] | None = None
        self._checks: dict[Kind, Callable[[], Iterator[Step]]] = {
            "segment": self._check_segment,
            "database": self._check_database,
            "list": self._check_list,
            "catalogue": self._check_catalogue,
            "officer": self._check_officers,
            "entry": self._check_pending,
            "message": self._check_messages,
            "receipt": self._check_receipts,
            "delivery": self._check_deliveries,
            "held": self._check_held,
            "batch": self._check_batches,
            "attachment": self._check_attachments,
            "directory": self._check_directory,
            "ledger": self._check_ledger,
        }
        self._ended_at: datetime | None = None
        self._left_out: set[Kind] = set()  # what could not be looked at in this round
        self._compared_since = ""  # the loss after which the catalogue was compared, and nothing was missing

    def look_first(self) -> None:
        """Before anybody is answered: what was damaged or lost is known, and what can be is put back at once."""
        for damage in (*self._stored.store.damaged, *self._of_loss()):
            self._damages.note(damage)
        if not self._stored.store.lost.text:
            return
        with suppress(ComityError):  # the ledger's own background work says it
            self._stored.recover()
        for _cost in self._go_through("catalogue", self._check_catalogue):
            pass

    def go_on(self) -> None:
        """Look at as much as one step has, between two rounds at nothing; and go on with what is to be mended."""
        self._look_on()
        if not self._stored.keyring.is_locked:  # what is asked for is signed
            self._mender.go_round()

    def _look_on(self) -> None:
        if self._round is None:
            if self._is_pausing():
                return
            self._round = self._go_round()
        self._credit = min(self._credit + self._step_bytes, self._step_bytes)
        while self._credit > 0:
            try:
                self._credit -= next(self._round)
            except StopIteration:
                self._round, self._credit, self._step_bytes = None, 0, CARE_BYTES
                self._ended_at = self._clock()
                return

    def _is_pausing(self) -> bool:
        pause_s = CARE_AGAIN_S if self._damages.all() else CARE_ROUND_S
        ended_at = self._ended_at
        # A clock that was put back ends the pause.
        return ended_at is not None and ended_at <= self._clock() < ended_at + timedelta(seconds=pause_s)

    def check_all(self) -> tuple[Damage, ...]:
        """A whole round, now, in the caller's thread: everything that is damaged."""
        for _cost in self._go_round():
            pass
        return self._damages.all()

    def _go_round(self) -> Iterator[int]:
        self._left_out.clear()
        for kind, check in self._checks.items():
            yield from self._go_through(kind, check)
        self._forget_doubt()

    def _go_through(self, kind: Kind, check: Callable[[], Iterator[Step]]) -> Iterator[int]:
        found: list[Damage] = []
        try:
            for step in check():
                if isinstance(step, Damage):
                    found.append(step)
                    self._damages.note(step)
                else:
                    yield step
        except Exception as error:  # noqa: BLE001 - whatever it was, what stands behind it is looked at too
            # No directory yet, keys locked, or bytes of a form that nobody foresaw.
            self._left_out.add(kind)
            if not (isinstance(error, UnavailableError) or is_of_machine(error)):
                _log.error("caretaker.stopped", kind=kind, code=getattr(error, "code", type(error).__name__))
                self._damages.note(Damage(kind, "", text_of(error)))
            return
        self._report(kind, found)
        self._damages.clear(kind, "")
        for each in (kind, *_FOUND_WITH.get(kind, ())):
            if each not in _CLEARED_ONE_BY_ONE:
                self._damages.replace(each, [damage for damage in found if damage.kind == each])
        if kind == "catalogue":
            self._note_comparison(found)
        yield _ROW_COST_BYTES

    def _note_comparison(self, found: list[Damage]) -> None:
        """What the catalogue lacks is not known any more after a restart: that it was so is remembered until then."""
        lost = self._stored.store.lost
        if found:
            lost.note(_("Its catalogue was not what the ledger and its files say."))
        else:
            self._compared_since = lost.text

    def _forget_doubt(self) -> None:
        """A whole round has found nothing else: what was found has been put back."""
        lost = self._stored.store.lost
        others = [each for each in self._damages.all() if (each.kind, each.name) != ("database", LOST)]
        if lost.text and not (others or self._left_out):
            lost.forget_doubt()
            if not lost.text:
                self._damages.clear("database", LOST)

    def _report(self, kind: Kind, found: list[Damage]) -> None:
        if found:
            _log.warning("caretaker.found", kind=kind, count=len(found))

    # What is looked at, kind by kind

    def _check_database(self) -> Iterator[Step]:
        store = self._stored.store
        store.lost.refresh()
        for table in (each.name for each in all_tables()):
            found = store.check_table(table)
            if found.is_damaged:
                yield Damage("database", table, found.wrong)
            elif found.is_mended:
                self._stored.roll.begin_anew()  # it may have been read by an index that lacked an entry
            yield _TABLE_COST_BYTES
        yield from self._of_loss()

    def _of_loss(self) -> Iterator[Damage]:
        """What was lost; and until the catalogue was compared, that it may lack something."""
        text = self._stored.store.lost.text
        if text:
            yield Damage("database", LOST, text)
        if text not in ("", self._compared_since):
            yield Damage("catalogue", LOST, _("It has not been compared with the ledger and its files since."))

    def _check_officers(self) -> Iterator[Step]:
        roll = self._stored.roll
        held = self._stored.store.read_rows(roll.list_officers)
        yield from (Damage("officer", each.name, each.damage) for each in held if each.damage)
        yield from roll.find_missing(held)
        yield _TABLE_COST_BYTES

    def _check_messages(self) -> Iterator[Step]:
        stored = self._stored
        stored.keyring.verify_unlocked()
        return check_messages(stored.store, stored.ledger, stored.knowledge.directory(), stored.keyring.storage_key())

    def _check_receipts(self) -> Iterator[Step]:
        return check_receipts(self._stored.store, self._stored.ledger, self._stored.knowledge.directory())

    def _check_held(self) -> Iterator[Step]:
        stored = self._stored
        stored.keyring.verify_unlocked()
        return check_held(HeldLooked(stored.store, stored.ledger, stored.holding, self._wrong_with_files))

    def _wrong_with_files(self, act: WaitingAct) -> str:
        """Whether the lots that a held act would enter are whole."""
        if act.kind != CONSIGN.name:
            return ""
        stored = self._stored
        for lot, manifest in stored.holding.body_of(act, CONSIGN).lots:
            is_whole = not any(stored.files.verify(BatchId(lot.batch), stored.knowledge.find_wrong))
            if not is_whole or stored.chunks.look(BlobId(lot.blob), manifest).bad_count:
                return _("The records that it would enter are missing, or were changed.")
        return ""

    def _check_deliveries(self) -> Iterator[Step]:
        store, now = self._stored.store, self._clock()
        store.write_rows(partial(deliveries.hasten_strays, now=now, later=now + _PUT_OFF_MAX))
        for name, recipient, read in go_through(store, deliveries.list_all_deliveries, ("", ""), itemgetter(0, 1)):
            place = f"{name} to {recipient}"
            if read is None:
                yield Damage("delivery", place, _("Its row cannot be read any more."))
            elif read.state in UNDERWAY:
                yield from self._check_delivery(place, read)
                yield len(read.body)
            yield _ROW_COST_BYTES // 10

    def _check_delivery(self, place: str, delivery: Delivery) -> Iterator[Damage]:
        try:
            if self._stored.carried.put_right(delivery) != delivery:
                yield Damage("delivery", place, _("What waits to be sent was changed, and was put right."))
        except DamagedError as error:
            yield error.damage

    def _check_catalogue(self) -> Iterator[Step]:
        stored = self._stored
        if stored.store.lost.text:
            stored.ledger.verify_told()
        restorer = Restorer(stored.store, stored.files, stored.knowledge.find_wrong, stored.on_restored)
        directory, own = stored.knowledge.directory(), stored.config.code
        lost_before_s = stored.store.lost.before_s
        return check_catalogue(
            Catalogued(stored.store, stored.ledger, stored.files, directory, own, restorer, lost_before_s)
        )

    def _check_batches(self) -> Iterator[Step]:
        stored = self._stored
        stored.knowledge.directory()  # before there is one, nothing can be judged
        clear = partial(self._damages.clear, "batch")
        return check_batches(stored.store, stored.files, stored.knowledge.find_wrong, clear)

    def _check_attachments(self) -> Iterator[Step]:
        """Chunks that are missing or were changed are removed and wanted again; who gave up on a blob stays so."""
        store, now = self._stored.store, self._clock()
        store.write_rows(partial(blobs.hasten_strays, now=now, later=now + _PUT_OFF_MAX))
        for name, data, expires_at in go_through(store, blobs.list_whole, "", itemgetter(0)):
            found, size = self._check_blob(name, data, was_given_up=expires_at is not None and expires_at < now)
            yield from found
            yield size
        for name, data in store.read_rows(blobs.list_wanted):
            yield from self._check_wanted(name, data)
        named = self._stored.store.read_rows(blobs.names)
        for damage in self._damages.all():
            if damage.kind == "attachment" and damage.name not in named:
                self._damages.clear("attachment", damage.name)

    def _check_blob(self, name: BlobId, data: bytes, *, was_given_up: bool) -> tuple[tuple[Damage, ...], int]:
        try:
            manifest: Manifest = parse_manifest(data, name)
        except ComityError as error:
            return (Damage("attachment", name, error.message),), len(data)
        looked = self._stored.chunks.look(name, manifest)
        self._stored.chunks.forget_lost(name, looked)
        if len(looked.missing) == len(manifest.chunks) or (looked.missing and was_given_up):
            return (), len(data)  # what it held is elsewhere now, or it never came
        if looked.changed or (looked.missing and not self._is_wanted(name)):  # or it was wanted since, and is coming
            want_again(self._stored.store, self._stored.chunks, name, looked, self._clock())
            return (self._damage_of(name, looked.bad_count, len(manifest.chunks)),), manifest.size
        if looked.missing:
            return (), manifest.size
        self._damages.clear("attachment", name)
        return (), manifest.size

    def _check_wanted(self, name: BlobId, data: bytes) -> Iterator[Step]:
        """What was found damaged, in this run or before, and has not come again; or is whole by other means."""
        chunks, is_known = self._stored.chunks, self._damages.has("attachment", name)
        if not (chunks.was_lost(name) or is_known):
            return
        with contextlib.suppress(ComityError):  # the puller hears of it
            manifest = parse_manifest(data, name)
            if not is_known:
                yield self._damage_of(name, len(chunks.missing(name, manifest)), len(manifest.chunks))
                return
            looked = chunks.look(name, manifest)
            yield manifest.size
            chunks.forget_lost(name, looked)
            if not looked.bad_count:
                self._damages.clear("attachment", name)

    def _damage_of(self, name: BlobId, bad: int, of: int) -> Damage:
        return damage_of(name, self._stored.store.read_rows(partial(blobs.list_holders, name=name)), bad, of)

    def _is_wanted(self, name: BlobId) -> bool:
        return self._stored.store.read_rows(lambda connection: blobs.is_wanted(connection, name))

    def _check_ledger(self) -> Iterator[Step]:
        folder = self._stored.config.path("data") / "ledger"
        for period in sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
            first = yield from self._walk(period)
            if first:  # the sequencer may have been at work: what is damaged is so still
                second = yield from self._walk(period)
                yield from (each for name, each in first.items() if name in second)

    def _walk(self, period: str) -> _Walking:
        stored = self._stored
        found: dict[str, Damage] = {}
        origin = origin_of(stored.config.network, stored.config.code, period)
        for step in walk_log(stored.config.path("data") / "ledger" / period, stored.verifier, origin):
            if isinstance(step, Finding):
                if step.is_broken:
                    place = f"{period}/{step.file}" + (f" {step.index}" if step.index is not None else "")
                    found[place] = Damage("ledger", place, describe(period, step))
            else:
                yield step
        return found

    def _check_list(self) -> Iterator[Step]:
        """What the database says of the entries, by which they are listed and found."""
        stored = self._stored
        for step in check_list(stored.store, stored.config.path("data") / "ledger"):
            if isinstance(step, Damage):
                stored.roll.begin_anew()  # it may have been read by a list that lacked an entry
            yield step

    def _check_directory(self) -> Iterator[Step]:
        knowledge, exporter = self._stored.knowledge, self._stored.exporter
        if knowledge.damage is not None:
            yield knowledge.damage
        if (kept := knowledge.check_rulebook()) is not None:
            yield kept
        if (known := knowledge.check_known()) is not None:
            yield known
        knowledge.is_to_put_back = True
        if (root := knowledge.check_root()) is not None:
            yield root  # by it nothing else of the directory can be judged
            return
        for damage in exporter.check() if knowledge.held is not None else ():
            knowledge.read_anew()
            yield damage
        yield _TABLE_COST_BYTES

    def _check_pending(self) -> Iterator[Step]:
        for number in self._stored.store.read_rows(entries.list_unreadable):
            yield Damage("entry", str(number), _("It waits for the ledger and cannot be read any more."))
        yield _TABLE_COST_BYTES

    def _check_segment(self) -> Iterator[Step]:
        for place in self._stored.store.segment.set_aside:
            yield Damage("segment", place, _("Entries of reads were changed before they came into the ledger."))
        yield _ROW_COST_BYTES
