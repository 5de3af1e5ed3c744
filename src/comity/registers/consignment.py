"""Consignments: what one source changes in a register at a time, in or out as a whole, however much it is.

A file's records travel in lots, each a signed batch in a blob. The keeper pulls them, and takes all of it in one act or
nothing.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Protocol

import msgspec

from comity.bounded import Hash
from comity.exchange.signed import Moment, Signed, parse_signed, verify_moments
from comity.formats import Format
from comity.ids import MemberCode, RecordId, RegisterName
from comity.limits import CONSIGNMENT_LOTS_MAX, CONSIGNMENT_REMOVED_MAX, LOT_RECORDS_MAX
from comity.plug import RoomPart
from comity.registers.registry import get_register
from comity.signer import Frame


class ConsignmentState(StrEnum):
    """Where a consignment stands, at its source and at the keeper."""

    UNDERWAY = "underway"
    ENTERED = "entered"
    REFUSED = "refused"


class ConsignmentEvent(StrEnum):
    """What can happen to a consignment."""

    TAKEN = "taken"  # the keeper's rulebook let all of it pass
    TURNED_DOWN = "turned down"  # it did not, or time ran out


LIFE: Final[dict[ConsignmentState, dict[ConsignmentEvent, ConsignmentState]]] = {
    ConsignmentState.UNDERWAY: {
        ConsignmentEvent.TAKEN: ConsignmentState.ENTERED,
        ConsignmentEvent.TURNED_DOWN: ConsignmentState.REFUSED,
    },
    ConsignmentState.ENTERED: {},
    ConsignmentState.REFUSED: {},
}


class Lot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One batch of a consignment: its name, its number of records, and the blob, with its key, that holds its file."""

    batch: Hash
    count: Annotated[int, msgspec.Meta(ge=1, le=LOT_RECORDS_MAX)]
    blob: Hash
    key: Hash


class Consignment(Signed, frozen=True, forbid_unknown_fields=True):
    """What a source signs about a change as a whole, as a frame of kind ``consignment``.

    ``lots`` come in; ``removed`` names records of the same source that go out. At least one of them has something.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "consignment"

    v: Literal[1]
    register: RegisterName
    source: MemberCode
    lots: Annotated[tuple[Lot, ...], msgspec.Meta(max_length=CONSIGNMENT_LOTS_MAX)]
    removed: Annotated[tuple[RecordId, ...], msgspec.Meta(max_length=CONSIGNMENT_REMOVED_MAX)]
    entered_at: Moment

    def __post_init__(self) -> None:
        verify_moments(self.entered_at)
        get_register(self.register)
        blobs, batches = {lot.blob for lot in self.lots}, {lot.batch for lot in self.lots}
        if not len(self.lots) == len(blobs) == len(batches) or len(set(self.removed)) != len(self.removed):
            raise ValueError("A consignment names something twice.")
        if not self.lots and not self.removed:
            raise ValueError("A consignment changes something.")

    @property
    def count(self) -> int:
        """How many records come in and go out."""
        return sum(lot.count for lot in self.lots) + len(self.removed)


Consignment.format = Format("consignment", {1: Consignment})


def consignment_name(frame: Frame) -> str:
    """How a consignment is named: the SHA-256 of its frame, hexadecimal."""
    return hashlib.sha256(frame.encode()).hexdigest()


class KeptConsignment(msgspec.Struct, frozen=True):
    """A consignment as a node keeps it: at its source, or at the keeper. ``frame`` is as signed."""

    id: str
    source: MemberCode
    register: RegisterName
    frame: bytes
    state: ConsignmentState
    at: datetime
    officer: str = ""  # who entered it; empty at the keeper
    file: str = ""  # the file that was brought for it, if it was one
    origin: str = ""  # what its records were read from: a file's name and hash


class ConsignmentView(Protocol):
    """What the acts on consignments read from a store."""

    def find_consignment(self, name: str) -> KeptConsignment | None:
        """The consignment of that name."""

    def count_consignments(self, source: MemberCode) -> int:
        """How many of that source are underway here."""

    def list_consigned(self, source: MemberCode, register: RegisterName) -> list[KeptConsignment]:
        """Those of that source and register that are underway here."""


def going_out(underway: Iterable[KeptConsignment]) -> set[RecordId]:
    """The records that consignments under way take out."""
    return {record for each in underway for record in parse_signed(each.frame, Consignment)[1].removed}


# Changes


class ConsignmentKept(msgspec.Struct, frozen=True):
    """A consignment was signed here, or has come in."""

    consignment: KeptConsignment


class ConsignmentSettled(msgspec.Struct, frozen=True):
    """Its fate is known."""

    id: str
    state: ConsignmentState


PART: Final = RoomPart(travelling=(Consignment.format,))
