"""Groups of entries, as a segment keeps them: bytes in, entries out."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from comity.errors import TooLargeError
from comity.ledger.entry import SALT_BYTES, Entry
from comity.limits import CONTENT_BYTES, ENTRY_BYTES
from comity.texts import _

MAGIC: Final = b"CSG1"
HEAD: Final = struct.Struct(">4sQII")  # magic, position, bytes of the group, CRC-32 of position and group
_NEWER: Final = re.compile(rb"CSG[2-9]")
POSITION: Final = struct.Struct(">Q")
_LEAF: Final = struct.Struct(">H")
_CONTENT: Final = struct.Struct(">I")


def encode_group(position: int, entries: bytes) -> bytes:
    """One group at its position in the segment: a head, then entries as ``encode_entry`` writes them.

    Evolution: the digit in the magic rises with the form; a segment is emptied by the version that wrote it, and a
    program that meets a higher digit leaves the folder alone.
    """
    check = zlib.crc32(entries, zlib.crc32(POSITION.pack(position)))
    return HEAD.pack(MAGIC, position, len(entries), check) + entries


def encode_entry(entry: Entry) -> bytes:
    """Length and bytes of the leaf, 32 bytes of salt, length and bytes of the content; TooLargeError past a bound."""
    if len(entry.leaf) > ENTRY_BYTES or len(entry.content) > CONTENT_BYTES or len(entry.salt) != SALT_BYTES:
        raise TooLargeError(_("An entry passes the ledger's bounds."), where="segment")
    leaf, content = _LEAF.pack(len(entry.leaf)), _CONTENT.pack(len(entry.content))
    return b"".join((leaf, entry.leaf, entry.salt, content, entry.content))


def parse_entries(data: bytes) -> Iterator[Entry]:
    """The entries of a group whose CRC was right."""
    offset = 0
    while offset < len(data):
        leaf_at = offset + _LEAF.size
        salt_at = leaf_at + _LEAF.unpack_from(data, offset)[0]
        length_at = salt_at + SALT_BYTES
        content_at = length_at + _CONTENT.size
        offset = content_at + _CONTENT.unpack_from(data, length_at)[0]
        yield Entry(data[leaf_at:salt_at], data[salt_at:length_at], data[content_at:offset])


def group_at(data: bytes, offset: int, position: int) -> bytes | None:
    """The entries of the group that begins at ``offset``; None if there is no whole one for ``position``."""
    if offset + HEAD.size > len(data):
        return None
    magic, found, length, check = HEAD.unpack_from(data, offset)
    entries = data[offset + HEAD.size : offset + HEAD.size + length]
    if magic != MAGIC or found != position or len(entries) != length:
        return None
    return entries if check == zlib.crc32(entries, zlib.crc32(POSITION.pack(position))) else None


def is_newer(data: bytes, offset: int, position: int) -> bool:
    """Whether a group of a newer form begins at ``offset``, and not one of this form whose magic was changed."""
    if not _NEWER.match(data, offset) or offset + HEAD.size > len(data):
        return False
    return group_at(MAGIC + data[offset + len(MAGIC) :], 0, position) is None
