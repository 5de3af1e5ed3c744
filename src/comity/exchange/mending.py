"""Mending: a batch that was damaged here is fetched again, part by part, from whoever else has it whole."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Protocol

import msgspec

from comity.bounded import Hash
from comity.exchange.blob import BlobView
from comity.exchange.signed import Moment, Signed
from comity.formats import Format
from comity.gate import UnitOfWork
from comity.ids import BatchId, MemberCode
from comity.limits import BATCH_PARTS_MAX
from comity.members.home import Home
from comity.plug import RoomPart

ReadPart = Callable[[BatchId, int], bytes | None]
"""Gives a part of a batch's file, behind how many there are; None where it is not here whole."""


class PartQuestion(Signed, frozen=True, forbid_unknown_fields=True):
    """A question for one part of a batch's file, signed as a frame of kind ``part``.

    Its answer is two bytes, big-endian, of how many parts there are, then the part: CHUNK_BYTES, the last one less. It
    needs no signature: the batch's own says whether what the parts make together is what its source signed.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "part"

    v: Literal[1]
    batch: Hash
    number: Annotated[int, msgspec.Meta(ge=0, le=BATCH_PARTS_MAX - 1)]
    asker: MemberCode
    holder: MemberCode
    asked_at: Moment


PartQuestion.format = Format("part", {1: PartQuestion})


class Catalogued(Protocol):
    """What is looked at in a batch of the catalogue."""

    @property
    def source(self) -> MemberCode:
        """Who entered it."""


class ShownUnit(UnitOfWork, BlobView, Protocol):
    """A unit of work that knows blobs and batches."""

    def find_batch(self, batch: BatchId) -> Catalogued | None:
        """The batch of that name, if this node holds it."""


class ShowSeen(NamedTuple):
    """Whether what is asked for is for that member, and what gives it; None where it is not here whole."""

    is_addressee: bool
    read: Callable[[], bytes | None]


class ShowPart:
    """A part of a batch: for its source, and for the keeper, who both have all of it already."""

    def __init__(self, home: Home, read_part: ReadPart) -> None:
        self._home = home
        self._read_part = read_part

    def look(self, question: PartQuestion, asker: MemberCode, unit: ShownUnit) -> ShowSeen:
        """Whether the batch is the asker's own, or this bureau's own and the asker keeps it."""
        name = BatchId(question.batch)
        held = unit.find_batch(name)
        is_theirs = held is not None and held.source == asker
        is_kept_there = held is not None and held.source == self._home.member and asker == self._home.secretariat
        return ShowSeen(is_theirs or is_kept_there, lambda: self._read_part(name, question.number))


PART: Final = RoomPart(travelling=(PartQuestion.format,))
