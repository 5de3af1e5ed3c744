"""Salts and contents beside the leaves, one file a bundle, each entry erasable in place."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from comity.errors import CorruptError, UnknownError
from comity.ledger.entry import SALT_BYTES, Entry
from comity.limits import CONTENT_BYTES
from comity.texts import _
from comity.tiles.durable import Boundary, no_boundary, sync_data, sync_folders, write_file
from comity.tiles.paths import TILE_WIDTH, contents_path

KEPT: Final = 0x4B
ERASED: Final = 0x45
_STATE_BYTES: Final = 1
_HEAD: Final = struct.Struct(">BII")  # place in the bundle, bytes of content, CRC-32 of both
_PLACE: Final = struct.Struct(">BI")
HEAD_BYTES: Final = _STATE_BYTES + _HEAD.size
FRAME_BYTES_MIN: Final = HEAD_BYTES + SALT_BYTES


def encode_frame(place: int, salt: bytes, content: bytes) -> bytes:
    """The frame of the entry at ``place`` (0 to 255) of its bundle.

    A frame is one byte of state (``K`` kept, ``E`` erased), one of place in the bundle, four of the content's length,
    four of CRC-32 over place and length, the salt, the content. Numbers are big-endian. Erasing sets the state, then
    zeroes salt and content; the length stays. Evolution: a new state byte; readers refuse those they do not know.
    """
    check = zlib.crc32(_PLACE.pack(place, len(content)))
    return b"".join((bytes((KEPT,)), _HEAD.pack(place, len(content), check), salt, content))


def parse_head(head: bytes, place: int) -> int | None:
    """How many bytes of content follow this frame's salt; None unless it is the head of ``place``."""
    if len(head) != HEAD_BYTES:
        return None
    found, length, check = _HEAD.unpack_from(head, _STATE_BYTES)
    if found != place or length > CONTENT_BYTES or check != zlib.crc32(_PLACE.pack(found, length)):
        return None
    return int(length)


def _walk(file: BinaryIO, stop: int) -> Iterator[tuple[int, int]]:
    """Offset and length of content of the first ``stop`` frames; CorruptError where there is no such frame."""
    offset = 0
    end = file.seek(0, 2)
    for place in range(stop):
        file.seek(offset)
        length = parse_head(file.read(HEAD_BYTES), place)
        if length is None or offset + FRAME_BYTES_MIN + length > end:
            raise CorruptError(_("A contents file is not what was written."), where=f"{file.name}, offset {offset}")
        yield offset, length
        offset += FRAME_BYTES_MIN + length


class Contents:
    """The contents files of one period's folder. Who appends has called ``cut`` since the last crash."""

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self._folder = folder
        self._boundary = boundary

    def _path(self, number: int) -> Path:
        return self._folder / contents_path(number)

    def append(self, start: int, entries: Sequence[Entry], made_in: set[Path]) -> None:
        """Write and sync the contents of entries ``start`` and following; ``made_in`` collects folders to sync."""
        index, stop = start, start + len(entries)
        while index < stop:
            number, place = divmod(index, TILE_WIDTH)
            here = entries[index - start : index - start + TILE_WIDTH - place]
            data = b"".join(encode_frame(place + i, entry.salt, entry.content) for i, entry in enumerate(here))
            write_file(self._path(number), data, made_in, append=place > 0)
            index += len(here)

    def cut(self, size: int) -> None:
        """Remove what a crash left beyond the first ``size`` entries; CorruptError if less than those is there."""
        number, place = divmod(size, TILE_WIDTH)
        if place:
            if not self._path(number).is_file():
                raise CorruptError(_("A contents file is missing."), where=contents_path(number))
            with self._open(number, "r+b") as file:
                *_before, (offset, length) = _walk(file, place)
                file.truncate(offset + FRAME_BYTES_MIN + length)
                sync_data(file.fileno())
            number += 1
        removed: set[Path] = set()
        while (path := self._path(number)).is_file():
            path.unlink()
            removed.add(path.parent)
            number += 1
        sync_folders(removed)

    def read(self, index: int) -> tuple[bytes, bytes] | None:
        """Salt and content of one entry; None if they were erased, UnknownError if there is no such entry."""
        return next(self.read_range(index, index + 1))

    def read_range(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes] | None]:
        """Salts and contents of the entries from ``start`` to before ``stop``; None for each that was erased."""
        while start < stop:
            number, place = divmod(start, TILE_WIDTH)
            here = min(stop - start, TILE_WIDTH - place)
            with self._open(number, "rb") as file:
                frames = list(_walk(file, place + here))[place:]
                for offset, length in frames:
                    file.seek(offset)
                    frame = file.read(FRAME_BYTES_MIN + length)
                    yield None if frame[0] == ERASED else _split(frame)
            start += here

    def erase(self, index: int) -> None:
        """Zero salt and content of one entry, durably. May be repeated, and finishes what a crash interrupted."""
        number, place = divmod(index, TILE_WIDTH)
        with self._open(number, "r+b") as file:
            *_, (offset, length) = _walk(file, place + 1)
            self._boundary("erase.mark")
            for name, at, data in (
                ("erase.marked", offset, bytes((ERASED,))),
                ("erase.zeroed", offset + HEAD_BYTES, bytes(SALT_BYTES + length)),
            ):
                file.seek(at)
                file.write(data)
                file.flush()
                sync_data(file.fileno())
                self._boundary(name)

    def _open(self, number: int, mode: str) -> BinaryIO:
        try:
            return self._path(number).open(mode)  # type: ignore[return-value]  # both modes are binary
        except FileNotFoundError as error:
            raise UnknownError(_("There is no such entry in this period."), where=contents_path(number)) from error


def _split(frame: bytes) -> tuple[bytes, bytes]:
    return frame[HEAD_BYTES:FRAME_BYTES_MIN], frame[FRAME_BYTES_MIN:]
