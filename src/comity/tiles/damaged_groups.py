"""Damaged bytes of a segment: told apart from what a cut-off write left, and laid aside for whoever looks into them."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.tiles.durable import replace_file
from comity.tiles.groups import HEAD, MAGIC, POSITION, group_at

_SUFFIX: Final = ".damaged"
_SECTOR_BYTES: Final = 512  # the least that a disk writes or does not


def is_torn(rest: bytes, offset: int, position: int) -> bool:
    """Whether bytes at a file's very end, from ``offset`` on, are of a write that was cut off: nobody was told of it.

    A group is released once it was synced whole, so what was released is as long as its head says, and has no hole
    where a sector was never written. A changed byte makes neither: a head whose length was changed still has the check
    of the entries behind it.
    """
    if len(rest) < HEAD.size:
        return True
    _magic, _position, length, check = HEAD.unpack_from(rest)
    entries = rest[HEAD.size :]
    if check == zlib.crc32(entries, zlib.crc32(POSITION.pack(position))):
        return False  # whole, but for its head
    return length > len(entries) or _has_hole(rest, offset)


def _has_hole(rest: bytes, offset: int) -> bool:
    first = -offset % _SECTOR_BYTES
    sectors = range(first, len(rest) - _SECTOR_BYTES + 1, _SECTOR_BYTES)
    return not any(rest) or any(not any(rest[at : at + _SECTOR_BYTES]) for at in sectors)


def find_group(data: bytes, offset: int, start: int) -> int | None:
    """Where behind ``offset`` the next whole group of a file begins that starts at position ``start``."""
    further = offset
    while (further := data.find(MAGIC, further + 1)) >= 0:
        if group_at(data, further, start + further) is not None:
            return further
    return None


class SetAside:
    """The damaged bytes of one segment, each stretch in a file that is named by its positions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stretches = dict(self._list())

    def _list(self) -> Iterator[tuple[int, int]]:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            first, _dash, last = path.stem.partition("-")
            if first.isdecimal() and last.isdecimal():
                yield int(first), int(last)

    @property
    def places(self) -> tuple[str, ...]:
        """The positions of each stretch that still lies there, ``first-last``."""
        return tuple(f"{first}-{last}" for first, last in self._list())

    def end_of(self, position: int) -> int | None:
        """Where the stretch ends that begins at a position; None for none."""
        return self._stretches.get(position)

    def add(self, position: int, stop: int, data: bytes) -> None:
        """Lay bytes aside, durably; again is nothing new."""
        if self._stretches.get(position) == stop:
            return
        replace_file(self._folder / f"{position:020d}-{stop:020d}{_SUFFIX}", data, lambda _step: None)
        self._stretches[position] = stop
