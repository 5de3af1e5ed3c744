"""Stored bytes with a check over their key and value, so that a changed byte is damage and never another statement."""

from typing import Final
from zlib import crc32

from comity.errors import CorruptError
from comity.texts import _

CHECK_BYTES: Final = 4  # CRC-32: it finds every change of one byte, and of four in a row
RESIDUE: Final = 0x2144DF1C  # the CRC-32 of anything with its own CRC-32 behind it


def seal(key: bytes, value: bytes) -> bytes:
    """What is stored under ``key`` for ``value``."""
    return value + crc32(key + value).to_bytes(CHECK_BYTES, "little")


def unseal(key: bytes, stored: bytes | None) -> bytes:
    """The value again; CorruptError where it is not what was stored under ``key``, or nothing is."""
    if stored is None or crc32(key + stored) != RESIDUE:
        raise damaged()
    return stored[:-CHECK_BYTES]


def damaged() -> CorruptError:
    """What is raised wherever the index is found to be damaged."""
    return CorruptError(
        _("The index is damaged."), where="index", next_step=_("It is built again from the batches by itself.")
    )
