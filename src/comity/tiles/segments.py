"""The segment: entries of pure reads, made durable in groups before the answers that they record are released."""

import struct
import threading
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from comity.errors import CorruptError, TooLargeError, UnavailableError
from comity.ledger.entry import SALT_BYTES, Entry
from comity.limits import CONTENT_BYTES, ENTRY_BYTES, SEGMENT_FILE_BYTES, SEGMENT_GROUP_BYTES
from comity.texts import _
from comity.tiles.durable import Boundary, make_folder, no_boundary, sync_data, sync_folders

_MAGIC: Final = b"CSG1"
_HEAD: Final = struct.Struct(">4sQII")  # magic, position, bytes of the group, CRC-32 of position and group
_POSITION: Final = struct.Struct(">Q")
_LEAF: Final = struct.Struct(">H")
_CONTENT: Final = struct.Struct(">I")
_SUFFIX: Final = ".segment"


def encode_group(position: int, entries: bytes) -> bytes:
    """One group at its position in the segment: a head, then entries as ``encode_entry`` writes them.

    Evolution: the magic changes with the form; a segment is emptied by the version that wrote it.
    """
    check = zlib.crc32(entries, zlib.crc32(_POSITION.pack(position)))
    return _HEAD.pack(_MAGIC, position, len(entries), check) + entries


def encode_entry(entry: Entry) -> bytes:
    """Length and bytes of the leaf, 32 bytes of salt, length and bytes of the content; TooLargeError past a bound."""
    if len(entry.leaf) > ENTRY_BYTES or len(entry.content) > CONTENT_BYTES or len(entry.salt) != SALT_BYTES:
        raise TooLargeError(_("An entry passes the ledger's bounds."), where="segment")
    leaf, content = _LEAF.pack(len(entry.leaf)), _CONTENT.pack(len(entry.content))
    return b"".join((leaf, entry.leaf, entry.salt, content, entry.content))


def _parse_entries(data: bytes) -> Iterator[Entry]:
    """The entries of a group whose CRC was right."""
    offset = 0
    while offset < len(data):
        leaf_at = offset + _LEAF.size
        salt_at = leaf_at + _LEAF.unpack_from(data, offset)[0]
        length_at = salt_at + SALT_BYTES
        content_at = length_at + _CONTENT.size
        offset = content_at + _CONTENT.unpack_from(data, length_at)[0]
        yield Entry(data[leaf_at:salt_at], data[salt_at:length_at], data[content_at:offset])


def _group_at(data: bytes, offset: int, position: int) -> bytes | None:
    """The entries of the group that begins at ``offset``; None if there is no whole one for ``position``."""
    if offset + _HEAD.size > len(data):
        return None
    magic, found, length, check = _HEAD.unpack_from(data, offset)
    entries = data[offset + _HEAD.size : offset + _HEAD.size + length]
    if magic != _MAGIC or found != position or len(entries) != length:
        return None
    return entries if check == zlib.crc32(entries, zlib.crc32(_POSITION.pack(position))) else None


class _Ticket:
    """One caller's entries on their way to the disk."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_done = False
        self.failure = ""


class Segment:
    """Files in ``folder``, together one sequence of bytes whose positions only grow, over rotation and restart.

    ``append`` may be called by any number of threads: the first that waits writes what all of them brought with one
    sync. On opening, a torn group at the end, which nobody was told of, is cut off; a damaged group before a whole
    one raises CorruptError. ``sequenced_through`` is the position that the store recorded: nothing below it is
    handed out or written again.
    """

    def __init__(
        self,
        folder: Path,
        boundary: Boundary = no_boundary,
        *,
        sequenced_through: int = 0,
        file_bytes: int = SEGMENT_FILE_BYTES,
    ) -> None:
        self._folder = folder
        self._boundary = boundary
        self._file_bytes = file_bytes
        self._turn = threading.Condition()
        self._queue: deque[_Ticket] = deque()
        self._is_led = False
        self._is_dead = False
        make_folder(folder, made_in := set[Path]())
        sync_folders(made_in)
        self._starts = sorted(int(path.stem) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())
        self._end = self._check(sequenced_through)
        if not self._starts or self._end < sequenced_through:
            self._begin_file(max(self._end, sequenced_through))
        else:
            self._file = self._path(self._starts[-1]).open("r+b", buffering=0)
            self._file.truncate(self._end - self._starts[-1])
            sync_data(self._file.fileno())

    @property
    def end(self) -> int:
        """The position behind the last durable group."""
        return self._end

    def _path(self, start: int) -> Path:
        return self._folder / f"{start:020d}{_SUFFIX}"

    def _begin_file(self, start: int) -> None:
        file = self._path(start).open("wb", buffering=0)
        try:
            sync_folders([self._folder])
        except BaseException:
            file.close()
            raise
        self._file = file
        self._starts.append(start)
        self._end = start

    def _check(self, sequenced_through: int) -> int:
        """The position behind the last whole group."""
        end = 0
        for i, start in enumerate(self._starts):
            is_last = i + 1 == len(self._starts)
            if not is_last and self._starts[i + 1] <= sequenced_through:
                continue
            data = self._path(start).read_bytes()
            end = start + _whole_bytes(data, start, self._path(start).name)
            if not is_last and end != self._starts[i + 1]:  # the next one was begun when this one was whole
                raise CorruptError(
                    _("The segment is damaged."), where=f"{self._path(start).name}, offset {end - start}"
                )
        return end

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
            name = self._path(start).name
            with self._path(start).open("rb") as file:
                while position < stop:
                    file.seek(position - start)
                    head = file.read(_HEAD.size)
                    length = _HEAD.unpack(head)[2] if len(head) == _HEAD.size else 0
                    group = _group_at(head + file.read(min(length, SEGMENT_GROUP_BYTES)), 0, position)
                    if group is None:
                        raise CorruptError(_("The segment is damaged."), where=f"{name}, offset {position - start}")
                    entries = list(_parse_entries(group))
                    if found and len(found) + len(entries) > most:
                        return found, position
                    found += entries
                    position += _HEAD.size + len(group)
        return found, position

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


def _whole_bytes(data: bytes, start: int, name: str) -> int:
    """How many bytes of a file are whole groups; CorruptError if one follows a damaged one."""
    offset = 0
    while (group := _group_at(data, offset, start + offset)) is not None:
        offset += _HEAD.size + len(group)
    further = offset
    while (further := data.find(_MAGIC, further + 1)) >= 0:
        if _group_at(data, further, start + further) is not None:
            raise CorruptError(_("The segment is damaged before its end."), where=f"{name}, offset {offset}")
    return offset
