"""The write-ahead file, looked at before SQLite does: it stops at the first frame that does not hold, without a word.

After a clean end there is none. After another the frames of the last commits are there, and at most those of one that
nobody was told of are torn. Where whole frames follow one that does not hold, something that was committed is lost.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HEADER: Final = struct.Struct(">8I")  # magic, version, page size, checkpoint number, two salts, two of checksum
_FRAME: Final = struct.Struct(">6I")  # page, pages after a commit or zero, two salts, two of checksum
_MAGICS: Final = {0x377F0682: "<", 0x377F0683: ">"}  # how the checksums read their words
_PAGE_BYTES_MAX: Final = 65_536
_WORD: Final = 2**32

_Sum = tuple[int, int]


def find_damage(path: Path) -> int | None:
    """The first byte of a frame that does not hold although others follow it; None where nothing is lost.

    Layout and checksum: https://www.sqlite.org/fileformat2.html, section 4.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(data) <= _HEADER.size + _FRAME.size:
        return None
    magic, _version, page_bytes, _number, *rest = _HEADER.unpack_from(data)
    salts, expected = tuple(rest[:2]), (rest[2], rest[3])
    order = _MAGICS.get(magic, "")
    if not order or not 0 < page_bytes <= _PAGE_BYTES_MAX or page_bytes % 8:
        return 0
    total = _checksum(data[: _HEADER.size - 8], (0, 0), order)
    if total != expected:
        return 0
    return _find_bad_frame(data, page_bytes, salts, total, order)


def _find_bad_frame(data: bytes, page_bytes: int, salts: tuple[int, ...], total: _Sum, order: str) -> int | None:
    """The first frame whose chained checksum does not hold, where a later commit than its own was begun."""
    frames = _frames(data, page_bytes)
    for at in frames:
        found = _checksum(data[at : at + 8], total, order)
        found = _checksum(data[at + _FRAME.size : at + _FRAME.size + page_bytes], found, order)
        _page, commit, *said = _FRAME.unpack_from(data, at)
        if (*salts, *found) != tuple(said):
            break
        total = found
    else:
        return None
    # A commit is durable before the next one begins. Other salts are of frames left over from an older generation.
    for following in frames:
        if tuple(_FRAME.unpack_from(data, following)[2:4]) != salts:
            return None
        if commit:
            return at
        commit = _FRAME.unpack_from(data, following)[1]
    return None


def _frames(data: bytes, page_bytes: int) -> Iterator[int]:
    at = _HEADER.size
    while at + _FRAME.size + page_bytes <= len(data):
        yield at
        at += _FRAME.size + page_bytes


def _checksum(data: bytes, before: _Sum, order: str) -> _Sum:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) % _WORD
        second = (second + odd + first) % _WORD
    return first, second
