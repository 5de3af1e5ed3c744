"""Every act that a node knows: what no noun brings cannot be done."""

from collections.abc import Callable
from typing import Any, NamedTuple

from comity.blobs.batch_files import BatchFiles
from comity.capabilities import parts
from comity.damage import Damage
from comity.exchange.mending import ReadPart
from comity.exchange.recent import Pace, Seen
from comity.exchange.sending import Vault
from comity.gate import Done
from comity.kind import Kind
from comity.members.held import MayDo
from comity.members.home import Home
from comity.members.officer import Officer
from comity.plug import RoomPart
from comity.registers.own_record import OwnReader
from comity.registers.shelf import Shelf
from comity.tiles.reading import LedgerReader


class Partners(NamedTuple):
    """Whom a node's acts work with. A room says which of them it needs; a test keeps them few."""

    home: Home
    vault: Vault
    shelf: Shelf
    pace: Pace
    seen: Seen
    read_part: ReadPart
    ledger: LedgerReader
    files: BatchFiles
    list_officers: Callable[[], tuple[Officer, ...]]
    check_all: Callable[[], tuple[Damage, ...]]
    may_do: MayDo
    own_records: OwnReader


def acts_of(partners: Partners) -> tuple[Done, ...]:
    """Each kind of act with who does it."""
    return tuple(done for part in parts("room", RoomPart) for done in part.acts(partners))


def all_kinds() -> tuple[Kind[Any, Any], ...]:
    """Each kind of act, without anybody who does it."""
    return tuple(kind for part in parts("room", RoomPart) for kind in part.kinds)
