"""The sequencer: moves pending rows and segment entries into the tree, and signs what it then is."""

import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from comity.aside import Aside
from comity.damage import Damage
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
_diagnostics = structlog.get_logger(__name__)


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

    def listed_through(self) -> tuple[str, int]:
        """The period of the last entry of the list, and the number behind its place; ``("", 0)`` for an empty one."""

    def is_listed(self, name: EntryId) -> bool:
        """Whether the list has an entry."""


class Sequencer:
    """Moves entries into the ledger of the current period, in ``folder``: one folder a period.

    An entry is in one of three places: pending, in the log but not recorded by the store, recorded. ``step`` first
    reports what is in the second, which a crash leaves, and recognises it by its leaf; only then does it append.
    Whatever fails in a step may have left anything behind: the next one believes the disk alone, as after a start.
    One thread calls ``step``. ``on_damage`` hears of a mark of the store that was ahead of what it counts.
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
        on_damage: Callable[[Damage], None] = lambda _damage: None,
    ) -> None:
        self._folder = folder
        self._network = network
        self._member = member
        self._signer = signer
        self._pending = pending
        self._segment = segment
        self._boundary = boundary
        self._entropy = entropy
        self._on_damage = on_damage
        self._is_signing = False
        self.aside = Aside("ledger")
        self._log: TileLog | None = None
        self._through = Through("", 0, 0)
        self._is_open = False
        with suppress(CorruptError, UnavailableError, OSError):  # raised again by each step: entries wait until then
            self._open()
            self._is_open = True

    def _open(self) -> None:
        self._log = None
        for period in self.periods()[-1:]:
            log = TileLog(self._folder / period, self._boundary)
            log.discard()
            self._log = log
        mark = self._pending.sequenced_through()
        self._through = through = self._find_through(mark)
        if through != mark:
            self._pending.sequenced([], through)
        if through.segment_position > self._segment.begin:
            self._segment.drop_through(through.segment_position)

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
        with self._opened():
            return self._move_all(now)

    def recover(self) -> None:
        """Tell the store of what is in the log and it does not know; errors as for ``step``."""
        with self._opened():
            self._report_unrecorded()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """What was open stays so only where nothing fails."""
        was_open, self._is_open = self._is_open, False
        try:
            if not was_open:
                self._open()
            yield
        except OSError as error:
            raise UnavailableError(
                _("The disk did not take the ledger."),
                where=str(self._folder),
                next_step=_("Make room on the disk; where there is room, let the node open more files (ulimit -n)."),
            ) from error
        self._is_open = True

    def _move_all(self, now: datetime) -> int:
        """Checkpoints first, since others wait for them: the store is told of what they cover behind them."""
        moved = self._report_unrecorded()
        through = self._through
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
        ordered = self._order(waiting, opening)
        self._boundary("sequence.append")
        places = log.append([each.entry for each in ordered])
        placed = [
            (Placed(each.entry.id, log.folder.name, index, each.leaf.kind, each.leaf.at, each.row), each.entry)
            for index, each in zip(places, ordered, strict=True)
        ]
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
        self._through = through
        self._boundary("sequence.recorded")
        self._segment.drop_through(through.segment_position)

    def _order(self, waiting: list["_Waiting"], opening: Entry | None) -> list["_Waiting"]:
        """Entries in the order of their times, behind the one that opens the period."""
        ordered = sorted(waiting, key=lambda each: each.leaf.at)
        if opening is not None:
            ordered.insert(0, _Waiting(parse_leaf(opening.leaf), None, opening))
        return ordered

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

    # What a crash or a failure left

    def _find_through(self, mark: Through) -> Through:
        """How far the store knows the ledger, and the segment's position behind what is in the tree.

        Mark and list are written by one transaction; that counts which is further and not ahead of the tree. The
        segment's files begin where nobody knew them yet: what was placed of them since is found, not believed.
        """
        places = (mark[:2], self._pending.listed_through())
        known = [place for place in places if place[1] <= self._size_of(place[0])]
        if not known:
            raise CorruptError(_("The ledger is shorter than the store knows it."), where=str(self._folder))
        period, size = max(known)
        names = {entry.id for _period, _index, entry in self._unrecorded(period, size)}
        position = self._position_behind(names)
        if mark[:2] not in known or mark.segment_position > position:
            _diagnostics.error("ledger.mark_ahead", mark=mark, size=size, segment_position=position)
            text = _("It is ahead of the ledger, and was put back to where the ledger is.")
            self._on_damage(Damage("database", "sequenced", text))
        return Through(period, size, position)

    def _size_of(self, period: str) -> int:
        return TileLog(self._folder / period).size if period in self.periods() else 0

    def _unrecorded(self, known: str, size: int) -> Iterator[tuple[str, int, Entry | Erased]]:
        """Period, index and entry of everything published behind the place that the store knows."""
        if self._log is None or (self._log.folder.name, self._log.size) == (known, size):
            return
        for period in self.periods():
            if period >= known:
                log = TileLog(self._folder / period)
                start = size if period == known else 0
                for index, entry in enumerate(log.entries(start, log.size), start):
                    yield period, index, entry

    def _report_unrecorded(self) -> int:
        """Tell the store of entries whose checkpoint was published and whose recording was cut off; how many."""
        through = self._through
        found = list(self._unrecorded(through.period, through.log_size))
        if not found:
            return 0
        rows = {entry.id: number for number, entry in self._pending.pending(len(found) + SEQUENCE_ENTRIES_MAX)}
        placed = []
        for period, index, entry in found:
            leaf = parse_leaf(entry.leaf)
            told = told_of(entry.content) if isinstance(entry, Entry) else Told()
            placed.append(Placed(entry.id, period, index, leaf.kind, leaf.at, rows.get(entry.id), told))
        self._record(placed, Through(placed[-1].period, placed[-1].index + 1, through.segment_position))
        return len(placed)

    def _position_behind(self, names: set[EntryId]) -> int:
        """The segment's position behind the groups that are in the tree already: a group came there whole."""
        position = self._segment.begin
        while True:
            entries, following = self._segment.read_from(position, 1)
            if not entries or not (entries[0].id in names or self._pending.is_listed(entries[0].id)):
                return position
            position = following
