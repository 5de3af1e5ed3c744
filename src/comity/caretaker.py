"""The caretaker: looks at everything that is stored, a little at a time, for as long as the node runs.

One thing after the other is compared with what signed or named it; what was changed is noted, health names it, and the
mender fetches again what somebody else has. After an end that nobody ordered the first round goes faster.
"""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

import structlog

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.config import Config
from comity.damage import UNREADABLE, Damage, Damages, Kind, text_of
from comity.errors import ComityError, CorruptError, UnavailableError
from comity.exchange.blob import Manifest, parse_manifest
from comity.exchange.message import EXPIRY
from comity.ids import BlobId
from comity.keyring import Keyring
from comity.knowledge import Knowledge
from comity.ledger.checkpoint import VerifierKey, origin_of
from comity.limits import CARE_AGAIN_S, CARE_BYTES, CARE_ROUND_S
from comity.peer.exporting import Exporter
from comity.peer.mending import Mender
from comity.store import blobs, deliveries, entries
from comity.store.schema import metadata
from comity.store.store import Store
from comity.texts import _
from comity.tiles.kept import Step, check_messages, check_receipts
from comity.tiles.kept_records import check_batches, check_catalogue
from comity.tiles.reading import LedgerReader, describe
from comity.tiles.roll import Roll
from comity.tiles.verify import Finding, walk_log

_PAGE: Final = 200
_HURRY: Final = 16  # times as much a step, after an end that nobody ordered
_TABLE_COST_BYTES: Final = 10_000
_ROW_COST_BYTES: Final = 4_000  # of a row that is compared with its entry

_CLEARED_ONE_BY_ONE: Final = ("batch", "attachment")
"""What is fetched again is damaged until it is here whole."""

_log = structlog.get_logger(__name__)


class Stored(NamedTuple):
    """What a node has stored, and by which keys it is judged."""

    config: Config
    store: Store
    ledger: LedgerReader
    verifier: VerifierKey
    files: BatchFiles
    chunks: ChunkFiles
    roll: Roll
    keyring: Keyring
    knowledge: Knowledge
    exporter: Exporter


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
            "officer": self._check_officers,
            "entry": self._check_pending,
            "message": self._check_messages,
            "receipt": self._check_receipts,
            "delivery": self._check_deliveries,
            "catalogue": self._check_catalogue,
            "batch": self._check_batches,
            "attachment": self._check_attachments,
            "directory": self._check_directory,
            "ledger": self._check_ledger,
        }
        self._ended_at: datetime | None = None

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
        for kind, check in self._checks.items():
            found: list[Damage] = []
            try:
                for step in check():
                    if isinstance(step, Damage):
                        found.append(step)
                        self._damages.note(step)
                    else:
                        yield step
            except (UnavailableError, CorruptError) as error:
                # No directory yet, keys locked, or a database that SQLite itself cannot read.
                if isinstance(error, CorruptError):
                    self._damages.note(Damage("database", "node.db", error.message))
                continue
            except UNREADABLE as error:
                self._damages.note(Damage(kind, "", text_of(error)))
                continue
            self._report(kind, found)
            if kind not in _CLEARED_ONE_BY_ONE:
                self._damages.replace(kind, found)
            yield _ROW_COST_BYTES

    def _report(self, kind: Kind, found: list[Damage]) -> None:
        if found:
            _log.warning("caretaker.found", kind=kind, count=len(found))

    # What is looked at, kind by kind

    def _check_database(self) -> Iterator[Step]:
        stored = self._stored
        if stored.store.damage:
            yield Damage("database", "node.db", stored.store.damage)
        for table in metadata.tables:
            for wrong in self._stored.store.check_table(table):
                yield Damage("database", table, wrong)
            yield _TABLE_COST_BYTES

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

    def _check_deliveries(self) -> Iterator[Step]:
        after = ("", "")
        while rows := self._stored.store.read_rows(partial(deliveries.list_all_deliveries, after=after, most=_PAGE)):
            for name, recipient, read in rows:
                if read is None:
                    yield Damage("delivery", f"{name} to {recipient}", _("Its row cannot be read any more."))
                yield _ROW_COST_BYTES // 10
            after = rows[-1][:2]

    def _check_catalogue(self) -> Iterator[Step]:
        return check_catalogue(
            self._stored.store, self._stored.ledger, self._stored.knowledge.directory(), self._stored.config.code
        )

    def _check_batches(self) -> Iterator[Step]:
        stored = self._stored
        stored.knowledge.directory()  # before there is one, nothing can be judged
        clear = partial(self._damages.clear, "batch")
        return check_batches(stored.store, stored.files, stored.knowledge.key_of, clear)

    def _check_attachments(self) -> Iterator[Step]:
        """Chunks that are missing or were changed are removed and wanted again; who gave up on a blob stays so."""
        after, now = "", self._clock()
        while rows := self._stored.store.read_rows(partial(blobs.list_whole, after=after, most=_PAGE)):
            for name, data, expires_at in rows:
                found, size = self._check_blob(name, data, was_given_up=expires_at is not None and expires_at < now)
                yield from found
                yield size
            after = rows[-1][0]
        named = self._stored.store.read_rows(blobs.names)
        for damage in self._damages.all():
            if damage.kind == "attachment" and damage.name not in named:
                self._damages.clear("attachment", damage.name)

    def _check_blob(self, name: BlobId, data: bytes, *, was_given_up: bool) -> tuple[tuple[Damage, ...], int]:
        try:
            manifest: Manifest = parse_manifest(data, name)
        except ComityError as error:
            return (Damage("attachment", name, error.message),), len(data)
        missing = self._stored.chunks.missing(name, manifest)
        if len(missing) == len(manifest.chunks) or (missing and was_given_up):
            return (), len(data)  # what it held is elsewhere now, or it never came
        damaged = self._stored.chunks.damaged(name, manifest)
        if damaged:
            want_again(self._stored.store, self._stored.chunks, name, damaged, self._clock())
            text = _("Of {of} parts, {count} are missing or were changed.")
            text = text.format(of=len(manifest.chunks), count=len(damaged))
            return (Damage("attachment", name, text),), manifest.size
        self._damages.clear("attachment", name)
        return (), manifest.size

    def _check_ledger(self) -> Iterator[Step]:
        folder = self._stored.config.path("data") / "ledger"
        for period in sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
            first = yield from self._walk(period)
            if first:  # the sequencer may have been at work: what is damaged is so still
                second = yield from self._walk(period)
                yield from (each for name, each in first.items() if name in second)
        yield from self._check_projection()

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

    def _check_projection(self) -> Iterator[Step]:
        """What the database says of the entries, by which they are listed, against the entries themselves."""
        after = ("", -1)
        while rows := self._stored.ledger.follow_all(after, _PAGE):
            for row in rows:
                expected = after[1] + 1 if row.period == after[0] else 0
                if row.index != expected:
                    yield Damage("ledger", f"{row.period}.{expected}", _("The list of entries does not have it."))
                if row.damage:
                    yield Damage("ledger", f"{row.period}.{row.index}", row.damage)
                after = (row.period, row.index)
                yield _ROW_COST_BYTES

    def _check_directory(self) -> Iterator[Step]:
        knowledge, exporter = self._stored.knowledge, self._stored.exporter
        if knowledge.damage is not None:
            yield knowledge.damage
        knowledge.is_to_put_back = True
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


def want_again(store: Store, chunks: ChunkFiles, name: BlobId, numbers: list[int], now: datetime) -> bool:
    """Remove chunks that were changed and have them pulled anew; False where nobody else is known to have them."""
    is_wanted = store.write_rows(lambda connection: blobs.want_again(connection, name, now, now + EXPIRY))
    if is_wanted:
        chunks.drop(name, numbers)
    return is_wanted
