"""The catalogue of a register: what a node took into it and out of it, in the order in which that happened."""

from datetime import datetime
from typing import Protocol

import msgspec

from comity.ids import BatchId, MemberCode, RecordId, RegisterName


class CatalogueEntry(msgspec.Struct, frozen=True):
    """One batch; ``position`` counts its register's changes from 1 and is what "as of position P" means."""

    batch: BatchId
    register: RegisterName
    position: int
    source: MemberCode
    count: int
    entered_at: datetime


class Change(msgspec.Struct, frozen=True):
    """What a source changed at one position, all of it at once: batches that came in, records that it took out."""

    position: int
    source: MemberCode
    batches: tuple[BatchId, ...] = ()
    removed: tuple[RecordId, ...] = ()


class CatalogueView(Protocol):
    """What the acts on records read from a store."""

    def position(self, register: RegisterName) -> int:
        """The position of the last change; 0 for none."""

    def find_batch(self, batch: BatchId) -> CatalogueEntry | None:
        """The batch of that name, if this node holds it."""

    def is_removed(self, record: RecordId) -> bool:
        """Whether its source took that record out."""


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
