"""Mending: a batch that was damaged here is fetched again, part by part, from whoever else has it whole."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Final, Literal, Protocol

import msgspec

from comity.act import Act
from comity.bounded import Hash
from comity.exchange.blob import BlobQuestion, BlobView
from comity.exchange.signed import Moment, Signed
from comity.gate import Decision, UnitOfWork
from comity.ids import BatchId, EntryId, MemberCode
from comity.limits import BATCH_FILE_BYTES, CHUNK_BYTES
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict

PARTS_MAX: Final = -(-BATCH_FILE_BYTES // CHUNK_BYTES)

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
    number: Annotated[int, msgspec.Meta(ge=0, le=PARTS_MAX - 1)]
    asker: MemberCode
    holder: MemberCode
    asked_at: Moment


class Catalogued(Protocol):
    """What is looked at in a batch of the catalogue."""

    @property
    def source(self) -> MemberCode:
        """Who entered it."""


class ShownUnit(UnitOfWork, BlobView, Protocol):
    """A unit of work that knows blobs and batches."""

    def find_batch(self, batch: BatchId) -> Catalogued | None:
        """The batch of that name, if this node holds it."""


def show_facts(act: Act, question: BlobQuestion | PartQuestion, home: Home, *, is_addressee: bool) -> Facts:
    """Whose question it is, how old, and whether what it names is for that member."""
    is_own = question.asker == act.actor.member and question.holder == home.member
    return facts_of(
        act,
        home.directory(),
        gives_to=(act.actor.member,),
        gives_on=Channel.MESSAGE,
        is_proven=act.actor.proven and is_own,
        skew_s=(question.asked_at - act.at).total_seconds(),
        is_addressee=is_addressee,
    )


class ShowPart:
    """``blob.show`` of a part of a batch: for its source, and for the keeper, who both have all of it already.

    Release is the part with the number of parts before it; None where it is refused, or not here whole.
    """

    changes = False

    def __init__(self, home: Home, read_part: ReadPart) -> None:
        self._home = home
        self._read_part = read_part

    def facts(self, act: Act, unit: ShownUnit) -> Facts:
        """Whether the batch is the asker's own, or this bureau's own and the asker keeps it."""
        question: PartQuestion = act.body
        held = unit.find_batch(BatchId(question.batch))
        asker = act.actor.member
        is_theirs = held is not None and held.source == asker
        is_kept_there = held is not None and held.source == self._home.member and asker == self._home.secretariat
        return show_facts(act, question, self._home, is_addressee=is_theirs or is_kept_there)

    def decide(self, act: Act, verdict: Verdict, unit: ShownUnit) -> Decision:
        """Read the part."""
        del unit
        question: PartQuestion = act.body
        part = self._read_part(BatchId(question.batch), question.number) if verdict.is_allowed else None

        def release(_entry: EntryId) -> bytes | None:
            return part

        detail = {"batch": question.batch, "part": question.number, "shown": part is not None}
        return Decision(release=release, detail=detail)
