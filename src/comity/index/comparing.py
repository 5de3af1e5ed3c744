"""Comparing an index with the catalogue and the batches that it was built from, a few records at a time."""

from collections.abc import Iterator

import structlog

from comity.audience import Audience
from comity.damage import raise_if_of_machine, verify_advance
from comity.errors import ComityError, CorruptError, UnknownError
from comity.ids import BatchId, RegisterName, record_id
from comity.index.contents import Contents
from comity.index.crowding import is_pushed_out
from comity.index.exact import Index
from comity.index.posting import Packed
from comity.limits import COMPARE_PAUSED_MAX, COMPARED_MAX
from comity.registers.record import Record
from comity.texts import _

_log = structlog.get_logger(__name__)


class Comparison:
    """Goes round: each record in force is in the index under each of its keys, and nothing else is.

    ``unreadable`` are batches whose files do not give what the catalogue says; they are no fault of the index.
    """

    def __init__(self, register: RegisterName, contents: Contents) -> None:
        self._register = register
        self._contents = contents
        self._pause = 0
        self.unreadable: set[BatchId] = set()
        self._wrong: set[BatchId] = set()  # of those that are being gone through
        self._begin()

    def _begin(self) -> None:
        self._position = 0  # of the last change whose batches were begun
        self._batches: list[BatchId] = []  # to be compared still; the first is under way
        self._offset = 0
        self._key = b""  # the last that was compared
        self._is_through_batches = self._is_through_keys = False

    def step(self, index: Index) -> list[str]:
        """What is different among the next few records and keys; nothing in the pause between two rounds.

        CorruptError where the index itself is not what was stored.
        """
        if self._pause:
            self._pause -= 1
            return []
        found = [*self._compare_records(index), *self._compare_keys(index)]
        if self._is_through_batches and self._is_through_keys:
            self._begin()
            self._pause = COMPARE_PAUSED_MAX
        return found

    def forget_mended(self) -> None:
        """Batches that were damaged and are not known to be any more: they were fetched again."""
        self.unreadable -= {batch for batch in self.unreadable if not self._contents.is_damaged(batch)}

    def go_round(self, index: Index) -> Iterator[str]:
        """Everything that is different, at once; errors as for ``step``."""
        index.verify_names()
        while not self._pause:
            yield from self.step(index)

    # From the batches to the index

    def _compare_records(self, index: Index) -> list[str]:
        found, left = [], COMPARED_MAX
        while left > 0:
            batch = self._next_batch(index)
            if batch is None:
                self._is_through_batches = True
                break
            count, different = self._compare_some(index, batch, left)
            found += different
            left -= max(count, 1)  # a batch is opened, whatever it has
        return found

    def _compare_some(self, index: Index, batch: BatchId, most: int) -> tuple[int, list[str]]:
        """Compare up to ``most`` records of a batch: how many there were, and what is different."""
        try:
            records = self._contents.read_some(batch, self._offset, most)
        except ComityError as error:
            raise_if_of_machine(error)
            self._note(batch, error)
            records = []
        found = []
        for offset, record in enumerate(records, self._offset):
            if record is None:
                if not self._contents.catalogue.is_removed(record_id(batch, offset)):
                    missing = _("A record is missing that nobody took out.")
                    self._note(batch, CorruptError(missing, where=record_id(batch, offset)))
            elif not _is_in(index, batch, offset, record):
                found.append(_("The index does not have the record {record}.").format(record=record_id(batch, offset)))
        self._offset += len(records)
        if len(records) < most:
            if batch not in self._wrong:
                self.unreadable.discard(batch)  # it was mended
            self._wrong.discard(batch)
            self._batches.pop(0)
            self._offset = 0
        return len(records), found

    def _next_batch(self, index: Index) -> BatchId | None:
        """The batch to go on with; None where all that the index has taken were compared."""
        through = index.position
        while not self._batches:
            changes = self._contents.catalogue.list_changes(self._register, self._position, COMPARED_MAX)
            taken = [change for change in changes if change.position <= through]
            if not taken:
                return None
            self._position = taken[-1].position
            self._batches = [batch for change in taken for batch in change.batches]
        return self._batches[0]

    def _note(self, batch: BatchId, error: ComityError) -> None:
        if batch not in self.unreadable:
            _log.error("batch.unreadable", register=self._register, batch=batch, reason=error.message)
            self._contents.on_damage(batch, error)
        self.unreadable.add(batch)
        self._wrong.add(batch)

    # From the index to the batches

    def _compare_keys(self, index: Index) -> list[str]:
        if self._is_through_keys:
            return []
        listed = index.list_postings(self._key, COMPARED_MAX)
        self._is_through_keys = len(listed) < COMPARED_MAX
        verify_advance(self._key, (key for key, _postings in listed))
        if listed:
            self._key = listed[-1][0]
        return [text for key, postings in listed for posting in postings if (text := self._verify(index, key, posting))]

    def _verify(self, index: Index, key: bytes, posting: Packed) -> str:
        audience, number, offset = posting
        batch = index.get_batch(number)
        name = record_id(batch, offset)
        try:
            record = self._contents.read(batch, offset)
        except UnknownError:
            is_gone = self._contents.catalogue.is_removed(name)
            return _("The index has the record {record}, which was taken out.").format(record=name) if is_gone else ""
        except ComityError as error:
            raise_if_of_machine(error)
            self._note(batch, error)
            return ""
        if key in record.keys and index.get_audience(audience) == str(Audience.parse(record.audience)):
            return ""
        return _("The index has the record {record} in a wrong place.").format(record=name)


def _is_in(index: Index, batch: BatchId, offset: int, record: Record) -> bool:
    """Whether the index has a record under each of its keys, or has pushed it out because too many share a key."""
    number, text = index.find_number(bytes.fromhex(batch)), str(Audience.parse(record.audience))
    posting = (index.find_number(text.encode()), number, offset)
    if not number or index.get_batch(number) != batch:
        return False
    return all(
        posting in index.get_postings(key) or is_pushed_out(posting, index.list_marks(key), index.get_source)
        for key in record.keys
    )
