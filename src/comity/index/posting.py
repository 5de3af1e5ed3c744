"""Postings: what the index keeps for a key, and how it is packed."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from comity.audience import Audience
from comity.ids import BatchId, MemberCode
from comity.index.checked import CHECK_BYTES, damaged
from comity.limits import REACH_MEMBERS_MAX

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
    """A record that leaves the index; ``audience`` is who could see it, where that is known."""

    key: bytes
    batch: BatchId
    offset: int
    audience: str = str(Audience.nobody())


class Taken(msgspec.Struct, frozen=True):
    """One change for the index: removals come before entries. ``reach`` is everybody who could see any of it."""

    position: int
    source: MemberCode
    entries: Sequence[Entry]
    removals: Sequence[Removal] = ()
    reach: str = ""


class Applied(msgspec.Struct, frozen=True):
    """What a change did. ``crowded`` names records pushed out because too many of one source share their key."""

    added: int = 0
    removed: int = 0
    crowded: tuple[Removal, ...] = ()


def reach_of(entries: Iterable[Entry], removals: Iterable[Removal]) -> str:
    """The audience of a change: everybody who could see anything of it, before or after."""
    texts = {each.audience for each in entries} | {each.audience for each in removals}
    return str(Audience.union(Audience.parse(text, most=REACH_MEMBERS_MAX) for text in sorted(texts)))


def pack(postings: Sequence[Packed]) -> bytes:
    """A key's postings, from the oldest to the newest."""
    if len(postings) == 1:  # as most keys have
        return _POSTING.pack(*postings[0])
    return b"".join([_POSTING.pack(*posting) for posting in postings])


def unpack(value: bytes) -> list[Packed]:
    """A key's postings; CorruptError if it is no such value."""
    try:
        return list(_POSTING.iter_unpack(value))
    except struct.error as error:
        raise damaged() from error


class Padded:
    """Reads the audiences in a key's value, filled up with dummies to a whole number of times ``most``.

    The same work for no posting as for any number up to ``most``: audience 0 is nobody's.
    """

    def __init__(self, most: int) -> None:
        self._full = struct.Struct("<" + most * "I8x")
        self._bytes = POSTING_BYTES * most

    def audiences(self, value: bytes) -> tuple[int, ...]:
        """The audience of each posting before the value's check."""
        if len(value) <= self._bytes + CHECK_BYTES:
            return self._full.unpack(value[:-CHECK_BYTES].ljust(self._bytes, b"\0"))
        quanta = -(-(len(value) - CHECK_BYTES) // self._bytes)
        padded = value[:-CHECK_BYTES].ljust(quanta * self._bytes, b"\0")
        return tuple([each for part in self._full.iter_unpack(padded) for each in part])
