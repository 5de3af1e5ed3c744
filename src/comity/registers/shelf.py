"""The registers that a node keeps, as acts look into them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from comity.exchange.recent import Pace, Seen
from comity.ids import MemberCode, RecordId, RegisterName
from comity.members.home import Partners
from comity.registers.batch import Batch, Evidence
from comity.registers.record import Record

IsMember = Callable[[MemberCode], bool]
"""Whether a source of records is a member still."""


class Look(NamedTuple):
    """What one look into a register's index found for one member.

    ``position`` is the member's own count; ``records`` go from the oldest to the newest. ``is_hidden`` is for this
    node's own ledger only. Unless ``is_sure``, not to have found is not to say that there is nothing; nor where it
    ``is_crowded``: more was open to the member than was looked at.
    """

    position: int
    records: tuple[RecordId, ...]
    is_hidden: bool
    is_sure: bool = True
    is_crowded: bool = False


class Shelf(Protocol):
    """The registers that this node keeps."""

    def look_up(self, register: RegisterName, keys: Sequence[bytes], member: MemberCode, is_member: IsMember) -> Look:
        """Look for keys on behalf of ``member``; the same work is done whatever there is.

        What was entered by whoever ``is_member`` says is none any more crowds out nothing.
        """

    def look_at(self, record: RecordId) -> tuple[Record, bool]:
        """The record, and True; where it is not here, or was changed, a dummy and False, after the same reading."""

    @property
    def is_whole(self) -> bool:
        """Whether this node has all records that it should, as far as it knows: else it says of none that it is not."""

    def get_record(self, record: RecordId) -> Record:
        """The record, checked against its hash; CorruptError if it does not match, UnknownError if it is not here."""

    def get_evidence(self, record: RecordId) -> Evidence:
        """The record with what shows that its source signed it; errors as for ``get_record``."""

    def keep(self, batch: Batch) -> None:
        """Make a batch's file durable; the catalogue decides afterwards whether it counts."""


class Shelving(Partners, Protocol):
    """Partners of acts that ask and answer."""

    @property
    def shelf(self) -> Shelf:
        """The registers' indexes."""

    @property
    def pace(self) -> Pace:
        """How often officers have asked."""

    @property
    def seen(self) -> Seen:
        """The questions that were answered."""
