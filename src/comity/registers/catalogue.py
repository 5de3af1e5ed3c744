"""The catalogue of a register: which batches a node holds, in the order in which it took them."""

from datetime import datetime
from typing import Protocol

import msgspec

from comity.ids import BatchId, MemberCode, RegisterName


class CatalogueEntry(msgspec.Struct, frozen=True):
    """One batch; ``position`` counts from 1 in its register and is what an answer's "as of position P" means."""

    batch: BatchId
    register: RegisterName
    position: int
    source: MemberCode
    count: int
    entered_at: datetime


class CatalogueView(Protocol):
    """What the acts on records read from a store."""

    def position(self, register: RegisterName) -> int:
        """The position of the last batch taken; 0 for none."""

    def find_batch(self, batch: BatchId) -> CatalogueEntry | None:
        """The batch of that name, if this node holds it."""


class BatchTaken(msgspec.Struct, frozen=True):
    """A batch, whose file is durable already, enters the catalogue. The store gives it its position."""

    batch: BatchId
    register: RegisterName
    source: MemberCode
    count: int
    entered_at: datetime
