"""The segment: entries of pure reads, made durable in groups before the answers that they record are released."""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from comity.errors import CorruptError, TooLargeError, UnavailableError
from comity.formats import written_by_newer
from comity.ledger.entry import Entry
from comity.limits import SEGMENT_FILE_BYTES, SEGMENT_GROUP_BYTES
from comity.texts import _
from comity.tiles.damaged_groups import SetAside, find_group, is_torn
from comity.tiles.durable import Boundary, make_folder, no_boundary, sync_data, sync_folders
from comity.tiles.groups import HEAD, encode_entry, encode_group, group_at, is_newer, parse_entries

_SUFFIX: Final = ".segment"


class _Ticket:
    """One caller's entries on their way to the disk."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_done = False
        self.failure = ""


class Segment:
    """Files in ``folder``, together one sequence of bytes whose positions only grow, over rotation and restart.

    ``append`` may be called by any number of threads: the first that waits writes what all of them brought with one
    sync. On opening, a torn group at the end, which nobody was told of, is cut off; any other damage raises
    CorruptError, or where the segment ``goes_on`` is set aside, so that all the rest is handed out.
    ``sequenced_through`` is the position that the store recorded: a segment without files begins there.
    """

    def __init__(
        self,
        folder: Path,
        boundary: Boundary = no_boundary,
        *,
        sequenced_through: int = 0,
        file_bytes: int = SEGMENT_FILE_BYTES,
        goes_on: bool = False,
    ) -> None:
        self._folder = folder
        self._goes_on = goes_on
        self._boundary = boundary
        self._file_bytes = file_bytes
        self._turn = threading.Condition()
        self._queue: deque[_Ticket] = deque()
        self._is_led = False
        self._is_dead = False
        make_folder(folder, made_in := set[Path]())
        sync_folders(made_in)
        self._aside = SetAside(folder)
        self._starts = sorted(int(path.stem) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())
        self._end = self._check(sequenced_through)
        if not self._starts or self._end > self._written:
            self._begin_file(self._end if self._starts else sequenced_through)
        else:
            self._file = self._path(self._starts[-1]).open("r+b", buffering=0)
            self._file.truncate(self._end - self._starts[-1])
            sync_data(self._file.fileno())

    @property
    def begin(self) -> int:
        """The position where the oldest file begins."""
        return self._starts[0]

    @property
    def end(self) -> int:
        """The position behind the last durable group."""
        return self._end

    @property
    def set_aside(self) -> tuple[str, ...]:
        """The positions of damaged bytes that were laid aside and still lie there."""
        return self._aside.places

    def _path(self, start: int) -> Path:
        return self._folder / f"{start:020d}{_SUFFIX}"

    def _begin_file(self, start: int) -> None:
        file = self._path(start).open("wb", buffering=0)
        try:
            sync_folders([self._folder])
        except BaseException:
            file.close()
            with suppress(OSError):  # what is appended to the file before it is not to lie behind this one's beginning
                self._path(start).unlink()
            raise
        self._file = file
        self._starts.append(start)
        self._end = start

    def _check(self, sequenced_through: int) -> int:
        """The position behind the last whole group, or behind what was set aside there."""
        end = self._written = 0  # where the last file is to be gone on with
        for i, start in enumerate(self._starts):
            following = self._starts[i + 1] if i + 1 < len(self._starts) else None
            if following is not None and following <= sequenced_through:
                continue
            data = self._path(start).read_bytes()
            end, self._written = self._check_file(start, data, following)
        return end

    def _check_file(self, start: int, data: bytes, following: int | None) -> tuple[int, int]:
        """Where a file's entries end, and its whole groups: the ``following`` one was begun when it was whole."""
        offset = whole = 0
        while True:
            while (group := group_at(data, offset, start + offset)) is not None:
                offset = whole = offset + HEAD.size + len(group)
            if is_newer(data, offset, start + offset):
                raise written_by_newer(self._path(start).name)
            further = find_group(data, offset, start)
            if further is not None:
                self._lay_aside(start, data, offset, further)
                offset = further
                continue
            if following is not None:
                if start + offset != following:
                    self._lay_aside(start, data, offset, following - start)
                return following, following
            if offset == len(data) or is_torn(data[offset:], offset, start + offset):
                return start + offset, start + whole
            self._lay_aside(start, data, offset, len(data))
            return start + len(data), start + whole

    def _lay_aside(self, start: int, data: bytes, offset: int, stop: int) -> None:
        if not self._goes_on:
            raise CorruptError(_("The segment is damaged."), where=f"{self._path(start).name}, offset {offset}")
        self._aside.add(start + offset, start + stop, data[offset:stop])

    def append(self, entries: Sequence[Entry]) -> None:
        """Return when the entries are durable.

        UnavailableError if the disk did not take them: then none of them is kept. TooLargeError past the bounds.
        """
        ticket = _Ticket(b"".join(encode_entry(entry) for entry in entries))
        if len(ticket.data) > SEGMENT_GROUP_BYTES:
            raise TooLargeError(_("These are too many entries for one group."), where="segment")
        if not entries:
            return
        with self._turn:
            self._queue.append(ticket)
        while (group := self._wait(ticket)) is not None:
            self._lead(group)
        if ticket.failure:
            raise UnavailableError(ticket.failure, where="segment", next_step=_("Make room on the disk."))

    def _wait(self, ticket: _Ticket) -> list[_Ticket] | None:
        """Wait for this ticket's outcome, or for the turn to lead: then the group to write, else None."""
        with self._turn:
            self._turn.wait_for(lambda: ticket.is_done or not self._is_led)
            if ticket.is_done:
                return None
            self._is_led = True
            return self._take_group()

    def _take_group(self) -> list[_Ticket]:
        group, room = [], SEGMENT_GROUP_BYTES
        while self._queue and len(self._queue[0].data) <= room:
            group.append(self._queue.popleft())
            room -= len(group[-1].data)
        return group

    def _lead(self, group: list[_Ticket]) -> None:
        failure = "The node is stopping."
        try:
            failure = self._write(b"".join(ticket.data for ticket in group))
        finally:
            with self._turn:
                for ticket in group:
                    ticket.failure, ticket.is_done = failure, True
                self._is_led = False
                self._turn.notify_all()

    def _write(self, entries: bytes) -> str:
        """Write one group; if the disk did not take it, why, with the file as it was before."""
        if self._is_dead:
            return "The segment has to be opened again."
        is_whole = False
        try:
            if self._end - self._starts[-1] >= self._file_bytes:
                self._rotate()
            self._file.seek(self._end - self._starts[-1])
            self._boundary("segment.write")
            group = encode_group(self._end, entries)
            rest = memoryview(group)
            while rest:
                rest = rest[self._file.write(rest) :]
            self._boundary("segment.written")
            sync_data(self._file.fileno())
            self._boundary("segment.synced")
            self._end += len(group)
            is_whole = True
        except OSError:
            is_whole = self._cut_back()
            return "The disk did not take the ledger's entries."
        finally:
            self._is_dead = not is_whole
        return ""

    def _cut_back(self) -> bool:
        """Remove a half-written group; False if the disk does not even do that."""
        try:
            self._file.truncate(self._end - self._starts[-1])
            sync_data(self._file.fileno())
        except OSError:
            return False
        return True

    def _rotate(self) -> None:
        active = self._file
        self._begin_file(self._end)
        active.close()

    def read_from(self, position: int, most: int) -> tuple[list[Entry], int]:
        """The durable entries from ``position`` on, and the position behind them.

        Whole groups, up to ``most`` entries, or one group if that alone has more. ``position`` is one that this
        returned before, or 0; CorruptError if the segment does not reach it or is damaged there.
        """
        end, starts = self._end, list(self._starts)
        if position > end:
            raise CorruptError(_("The segment ends before what was sequenced."), where=f"position {position}")
        found: list[Entry] = []
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            if stop <= position:
                continue
            position = max(position, start)
            with self._path(start).open("rb") as file:
                while position < stop:
                    file.seek(position - start)
                    head = file.read(HEAD.size)
                    length = HEAD.unpack(head)[2] if len(head) == HEAD.size else 0
                    group = group_at(head + file.read(min(length, SEGMENT_GROUP_BYTES)), 0, position)
                    if group is None:
                        position = self._skip(start, position, stop)
                        continue
                    entries = list(parse_entries(group))
                    if found and len(found) + len(entries) > most:
                        return found, position
                    found += entries
                    position += HEAD.size + len(group)
        return found, position

    def _skip(self, start: int, position: int, stop: int) -> int:
        """Where to go on behind damaged bytes, which are set aside; CorruptError where the segment does not go on."""
        if (end := self._aside.end_of(position)) is not None:
            return end
        data = self._path(start).read_bytes()[: stop - start]
        further = find_group(data, position - start, start)
        self._lay_aside(start, data, position - start, stop - start if further is None else further)
        return stop if further is None else start + further

    def drop_through(self, position: int) -> None:
        """Remove what lies before ``position``, once the store has recorded that it is sequenced.

        The file in use is replaced, so that no content stays here longer than it has to. OSError if the disk fails.
        """
        with self._turn:
            while self._is_led:
                self._turn.wait()
            self._is_led = True
        try:
            if self._end > self._starts[-1]:
                self._rotate()
            dropped = [s for s, following in zip(self._starts, self._starts[1:], strict=False) if following <= position]
            for start in dropped:
                self._path(start).unlink(missing_ok=True)
            self._starts = [start for start in self._starts if start not in dropped]
        finally:
            with self._turn:
                self._is_led = False
                self._turn.notify_all()

    def close(self) -> None:
        """Give the file back; the segment is not used afterwards."""
        self._is_dead = True
        self._file.close()
