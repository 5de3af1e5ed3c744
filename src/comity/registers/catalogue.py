"""The catalogue of a register: what a node took into it and out of it, in the order in which that happened."""

from datetime import datetime
from typing import Protocol

import msgspec

from comity.ids import BatchId, MemberCode, RecordId, RegisterName


class CatalogueEntry(msgspec.Struct, frozen=True):
    """One batch; ``position`` counts its register's changes from 1, ``own_position`` those of its source alone.

    The first is for this node alone: it counts what others may not know of.
    """

    batch: BatchId
    register: RegisterName
    position: int
    source: MemberCode
    count: int
    entered_at: datetime
    own_position: int


class Change(msgspec.Struct, frozen=True):
    """What a source changed at one position, all of it at once: batches that came in, records that it took out.

    ``reach`` is everybody who could see any of it, empty before that was noted.
    """

    position: int
    source: MemberCode
    batches: tuple[BatchId, ...] = ()
    removed: tuple[RecordId, ...] = ()
    reach: str = ""


class CatalogueView(Protocol):
    """What the acts on records read from a store."""

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""

    def own_position(self, register: RegisterName, source: MemberCode) -> int:
        """How many changes of a register were that source's."""

    def find_batch(self, batch: BatchId) -> CatalogueEntry | None:
        """The batch of that name, if this node holds it."""

    def count_in_force(self, register: RegisterName, source: MemberCode) -> int:
        """How many records of that source the register has, those that have expired too."""

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""

    def find_gone_at(self, record: RecordId) -> datetime | None:
        """When a record went out of its register; None where it did not."""

    def reach_of(self, batch: CatalogueEntry) -> str:
        """The audience of the change that it came with: who could see any of that; empty before it was noted."""


class BatchTaken(msgspec.Struct, frozen=True):
    """A batch, whose file is durable already."""

    batch: BatchId
    count: int
    entered_at: datetime


class RegisterChanged(msgspec.Struct, frozen=True):
    """A change to a register by one source, in whole. The store gives it its position."""

    register: RegisterName
    source: MemberCode
    at: datetime
    batches: tuple[BatchTaken, ...] = ()
    removed: tuple[RecordId, ...] = ()
