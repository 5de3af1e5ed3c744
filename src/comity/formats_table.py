"""Every format of the program: what is here has its versions for ever, and golden bytes of each in the tests.

What is not here may change at once: busy signs, complaints, chunks and nudges, which nobody signs or keeps.
"""

from typing import Final

from comity.capabilities import parts
from comity.exchange.forms import form_versions
from comity.plug import RoomPart
from comity.registers.registry import stated_registers

_PARTS: Final = parts("room", RoomPart)

TRAVELLING: Final = tuple(each for part in _PARTS for each in part.travelling)
"""What others read. Which versions of it this node reads is what it states."""

KEPT: Final = tuple(each for part in _PARTS for each in part.kept)
"""What a node keeps for itself."""

FORMATS: Final = (*TRAVELLING, *KEPT)


def newest_versions() -> dict[str, int]:
    """The newest version that this program reads of each format that travels, by name; and registers and forms."""
    return {each.name: each.newest for each in TRAVELLING} | stated_registers() | form_versions()
