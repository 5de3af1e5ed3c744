"""Postings: what the index keeps for a key, and how it is packed."""

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from comity.errors import CorruptError
from comity.ids import BatchId
from comity.texts import _

_POSTING: Final = struct.Struct("<III")  # audience's number, batch's number, offset in the batch
POSTING_BYTES: Final = _POSTING.size

Packed = tuple[int, int, int]
"""A posting by the index's own numbers: audience, batch, offset."""


class Posting(NamedTuple):
    """Where a record lies that a reader may see."""

    batch: BatchId
    offset: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record for the index: its key, the text of its audience, and where it lies."""

    key: bytes
    audience: str
    batch: BatchId
    offset: int


class Removal(msgspec.Struct, frozen=True):
    """A record that leaves the index."""

    key: bytes
    batch: BatchId
    offset: int


class Applied(msgspec.Struct, frozen=True):
    """What a change did. ``crowded`` names records pushed out because too many share their key."""

    added: int = 0
    removed: int = 0
    crowded: tuple[Removal, ...] = ()


def pack(postings: Iterable[Packed]) -> bytes:
    """A key's value: its postings from the oldest to the newest."""
    return b"".join(map(pack_one, postings))


def pack_one(posting: Packed) -> bytes:
    """A key's value with one posting."""
    return _POSTING.pack(*posting)


def unpack(value: bytes) -> list[Packed]:
    """A key's postings; CorruptError if it is no such value."""
    try:
        return list(_POSTING.iter_unpack(value))
    except struct.error as error:
        raise CorruptError(_("The index has a value that it never wrote."), where="index") from error


class Padded:
    """Reads the postings of a register whose keys have up to ``most``, filled up to that with dummies.

    The same work for no posting as for many: audience 0 is nobody's.
    """

    def __init__(self, most: int) -> None:
        self._full = struct.Struct(f"<{3 * most}I")
        self._padding = bytes(POSTING_BYTES * most)
        self.starts = range(0, 3 * most, 3)

    def unpack(self, value: bytes) -> tuple[int, ...]:
        """A key's postings, flat; CorruptError if it is no such value."""
        if len(value) % POSTING_BYTES or len(value) > len(self._padding):
            raise CorruptError(_("The index has a value that it never wrote."), where="index")
        return self._full.unpack(value + self._padding[len(value) :])
