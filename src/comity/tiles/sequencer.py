"""The sequencer: moves pending rows and segment entries into the tree, and signs what it then is."""

import os
import re
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec

from comity.aside import Aside
from comity.errors import ComityError, CorruptError, UnavailableError
from comity.ids import EntryId, MemberCode
from comity.ledger.checkpoint import (
    Checkpoint,
    PeriodOpened,
    key_name_of,
    origin_of,
    period_of,
    sign_checkpoint,
)
from comity.ledger.entry import SALT_BYTES, Entry, Leaf, make_entry, parse_entry, parse_leaf
from comity.ledger.merkle import EMPTY_ROOT
from comity.limits import SEQUENCE_ENTRIES_MAX, UNTOLD_CHECKPOINTS_MAX
from comity.registers.about import Told, told_of
from comity.signer import Entropy, Signer
from comity.texts import _
from comity.tiles.durable import Boundary, no_boundary
from comity.tiles.log import Erased, TileLog
from comity.tiles.segments import Segment

_PERIOD: Final = re.compile(r"\d{4}-\d{2}")


class Placed(msgspec.Struct, frozen=True):
    """Where an entry came to stand; ``pending`` is the number of the row that it came from, None from elsewhere.

    ``told`` is what of it is looked for, as far as its content was at hand.
    """

    id: EntryId
    period: str
    index: int
    kind: str
    at: datetime
    pending: int | None
    told: Told = Told()


class Through(NamedTuple):
    """How far the store knows the ledger: period (empty before the first), entries in it, position in the segment."""

    period: str
    log_size: int
    segment_position: int


class _Waiting(NamedTuple):
    """An entry that is to be placed, with its leaf; ``row`` is its pending row, None if it comes from the segment."""

    leaf: Leaf
    row: int | None
    entry: Entry


class _Published(NamedTuple):
    """What one checkpoint covers that the store is still to be told of.

    ``row`` is the last pending row of it, 0 if none is; ``moved`` counts the entries, without one that opens a period.
    """

    placed: list[tuple[Placed, Entry]]
    through: Through
    row: int
    moved: int


class PendingRows(Protocol):
    """What the sequencer asks of the store."""

    def pending(self, most: int, after: int = 0) -> list[tuple[int, Entry]]:
        """Up to ``most`` pending rows with their numbers, the oldest first, from behind row ``after`` on."""

    def sequenced(self, placed: Sequence[Placed], through: Through) -> None:
        """In one transaction: delete the rows placed, insert their projections, record ``through``."""

    def sequenced_through(self) -> Through:
        """What was recorded last; ``Through("", 0, 0)`` before the first time."""


class Sequencer:
    """Moves entries into the ledger of the current period, in ``folder``: one folder a period.

    An entry is in one of three places: pending, in the log but not recorded by the store, recorded. ``step`` first
    reports what is in the second, which a crash leaves, and recognises it by its leaf; only then does it append.
    One thread calls ``step``.
    """

    def __init__(
        self,
        folder: Path,
        network: str,
        member: MemberCode,
        signer: Signer,
        pending: PendingRows,
        segment: Segment,
        boundary: Boundary = no_boundary,
        *,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._folder = folder
        self._network = network
        self._member = member
        self._signer = signer
        self._pending = pending
        self._segment = segment
        self._boundary = boundary
        self._entropy = entropy
        self._is_signing = False
        self.aside = Aside("ledger")
        self._log: TileLog | None = None
        self._is_open = False
        with suppress(CorruptError):  # raised again by each step: acts go on, and their entries wait
            self._open()

    def _open(self) -> None:
        for period in self.periods()[-1:]:
            log = TileLog(self._folder / period, self._boundary)
            log.discard()
            self._log = log
        self._is_open = True

    def periods(self) -> list[str]:
        """The periods that have a folder, the oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if _PERIOD.fullmatch(path.name))

    @property
    def log(self) -> TileLog | None:
        """The log of the period that is open; None before the first entry ever."""
        return self._log

    def step(self, now: datetime) -> int:
        """Move what waits, and publish checkpoints over it; how many entries the store was told of.

        With locked keys everything stays where it is, and 0 is returned. UnavailableError if the disk takes no more,
        CorruptError while the ledger's last files are damaged: entries wait where they are, and are durable.
        """
        if not self._is_open:
            self._open()
        try:
            return self._move_all(now)
        except OSError as error:
            self._discard()
            raise UnavailableError(
                _("The disk did not take the ledger."), where=str(self._folder), next_step=_("Make room on the disk.")
            ) from error

    def recover(self) -> None:
        """Tell the store of what is in the log and it does not know; CorruptError as for ``step``."""
        if not self._is_open:
            self._open()
        self._report_unrecorded(self._pending.sequenced_through())

    def _move_all(self, now: datetime) -> int:
        """Checkpoints first, since others wait for them: the store is told of what they cover behind them."""
        through, moved = self._report_unrecorded(self._pending.sequenced_through())
        published: deque[_Published] = deque()
        row = 0
        while True:
            if len(published) < UNTOLD_CHECKPOINTS_MAX and (new := self._publish_more(now, through, row)):
                published.append(new)
                through, row = new.through, max(row, new.row)
                moved += new.moved
                if (
                    new.moved >= SEQUENCE_ENTRIES_MAX // 2
                ):  # as much as either store gives at a time: else there is more
                    continue
            if published:
                self._tell(published.popleft())
            if not published:
                return moved

    def _publish_more(self, now: datetime, through: Through, row: int) -> "_Published | None":
        """The next checkpoint, over what waits behind ``through`` and ``row``; None if nothing does or it cannot be."""
        rows = self._placeable(self._pending.pending(SEQUENCE_ENTRIES_MAX // 2, row))
        read, position = self._segment.read_from(through.segment_position, SEQUENCE_ENTRIES_MAX - len(rows))
        if not (rows or read) or not self._can_sign():
            return None
        log, opening = self._open_period(now)
        waiting = [*rows, *(_Waiting(parse_leaf(entry.leaf), None, entry) for entry in read)]
        placed = self._place(waiting, opening, log)
        self._boundary("sequence.append")
        log.append([entry for _, entry in placed])
        try:
            self._publish(log)
        except UnavailableError:
            self._is_signing = False
            log.discard()
            return None
        self._boundary("sequence.published")
        through = Through(log.folder.name, log.size, position)
        return _Published(placed, through, (rows[-1].row or 0) if rows else 0, len(waiting))

    def _placeable(self, rows: Sequence[tuple[int, Entry]]) -> list["_Waiting"]:
        """Pending rows that say what they are; one that is damaged stays where it is, and keeps no other back."""
        found = []
        for row, entry in rows:
            name = f"row {row}"
            try:
                found.append(_Waiting(parse_entry(entry), row, entry))
            except (ComityError, TypeError):
                self.aside.put(name, CorruptError(_("A pending entry was changed."), where=name))
            else:
                self.aside.forget(name)
        return found

    def _tell(self, published: "_Published") -> None:
        told = [msgspec.structs.replace(row, told=told_of(entry.content)) for row, entry in published.placed]
        self._record(told, published.through)

    def _record(self, placed: Sequence[Placed], through: Through) -> None:
        self._boundary("sequence.record")
        self._pending.sequenced(placed, through)
        self._boundary("sequence.recorded")
        self._segment.drop_through(through.segment_position)

    def _place(self, waiting: list["_Waiting"], opening: Entry | None, log: TileLog) -> list[tuple[Placed, Entry]]:
        """Entries in the order of their times, behind the one that opens the period, with where they will stand."""
        ordered = sorted(waiting, key=lambda each: each.leaf.at)
        if opening is not None:
            ordered.insert(0, _Waiting(parse_leaf(opening.leaf), None, opening))
        period, start = log.folder.name, log.size
        return [
            (Placed(entry.id, period, start + i, leaf.kind, leaf.at, row), entry)
            for i, (leaf, row, entry) in enumerate(ordered)
        ]

    def _open_period(self, now: datetime) -> tuple[TileLog, Entry | None]:
        """The log to append to, and the entry that opens it if it is empty. A clock put back opens no old period."""
        period, previous = period_of(now), self._log
        if previous is None or previous.folder.name < period:
            if previous is not None and not previous.size and previous.folder.is_dir():
                shutil.rmtree(previous.folder)  # begun, and never published: what it held comes to stand here
            self._log = TileLog(self._folder / period, self._boundary)
        assert self._log is not None  # noqa: S101 - for the type checker: it was set above or before
        if self._log.size:
            return self._log, None
        note = None
        for name in self.periods():
            if name < self._log.folder.name:
                note = TileLog(self._folder / name).checkpoint() or note
        content = PeriodOpened(1, note.decode() if note else None).encode()
        return self._log, make_entry("period.opened", now, content, self._entropy(SALT_BYTES))

    def _publish(self, log: TileLog) -> None:
        origin = origin_of(self._network, self._member, log.folder.name)
        checkpoint = Checkpoint(origin, log.end, log.root(log.end))
        log.publish(sign_checkpoint(checkpoint, self._signer, key_name_of(self._network, self._member)))

    def _can_sign(self) -> bool:
        """Whether the key is unlocked, tried on the empty tree so that nothing is written and taken back for it."""
        if not self._is_signing:
            try:
                sign_checkpoint(Checkpoint(self._network, 0, EMPTY_ROOT), self._signer, self._network)
            except UnavailableError:
                return False
            self._is_signing = True
        return True

    def _discard(self) -> None:
        if self._log is not None and self._log.end > self._log.size:
            self._log.discard()

    # What a crash left

    def _unrecorded(self, through: Through) -> Iterator[tuple[str, int, Entry | Erased]]:
        """Period, index and entry of everything published that the store does not know of."""
        if self._log is None or (self._log.folder.name, self._log.size) == through[:2]:
            return
        for period in self.periods():
            if period >= through.period:
                log = TileLog(self._folder / period)
                start = through.log_size if period == through.period else 0
                if start > log.size:
                    raise CorruptError(_("The ledger is shorter than the store knows it."), where=str(log.folder))
                for index, entry in enumerate(log.entries(start, log.size), start):
                    yield period, index, entry

    def _report_unrecorded(self, through: Through) -> tuple[Through, int]:
        """Tell the store of entries whose checkpoint was published and whose recording was cut off."""
        found = list(self._unrecorded(through))
        if not found:
            return through, 0
        names = [entry.id for _, _, entry in found]
        rows = {entry.id: number for number, entry in self._pending.pending(len(found) + SEQUENCE_ENTRIES_MAX)}
        placed = []
        for name, (period, index, entry) in zip(names, found, strict=True):
            leaf = parse_leaf(entry.leaf)
            told = told_of(entry.content) if isinstance(entry, Entry) else Told()
            placed.append(Placed(name, period, index, leaf.kind, leaf.at, rows.get(name), told))
        position = self._position_behind(set(names), through.segment_position)
        through = Through(placed[-1].period, placed[-1].index + 1, position)
        self._record(placed, through)
        return through, len(placed)

    def _position_behind(self, names: set[EntryId], position: int) -> int:
        """The segment's position behind the groups whose entries are in the log already."""
        while True:
            entries, following = self._segment.read_from(position, 1)
            if not entries or not all(entry.id in names for entry in entries):
                return position
            position = following
