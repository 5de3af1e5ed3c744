"""Taking records out at their end: a node looks, batch by batch, for what is over, and nothing is left of it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from comity.act import Actor, Own
from comity.aside import Aside
from comity.blobs.batch_files import BatchFiles
from comity.errors import UnavailableError
from comity.gate import Gate
from comity.ids import BatchId, MemberCode, record_id
from comity.members.directory import Directory, Freshness
from comity.registers.ending import EXPIRE, Ended, Ending
from comity.registers.record import read_written
from comity.store import batches, ends
from comity.store.store import Store

PIECE: Final = 1_000  # records read at once
ACT_MAX: Final = 200  # records that one act takes out
ROUND_MAX: Final = 20  # batches looked at in one round


class Endings:
    """A node has one. Where it does not know for sure what day it is, nothing goes."""

    def __init__(
        self,
        gate: Gate[Any],
        store: Store,
        files: BatchFiles,
        member: MemberCode,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._store = store
        self._files = files
        self._own = Own(Actor(member, proven=True))
        self._directory = directory
        self._clock = clock
        self._walked = 0  # the row of the batch that was looked at again last
        self.aside = Aside("ending", stops_at=(UnavailableError,))

    def go_round(self) -> None:
        """Learn when some batches begin to be over; take out what is."""
        self.aside.begin_round()
        for name in self._store.read_rows(partial(ends.list_unknown, most=ROUND_MAX)):
            self.aside.attempt(name, partial(self._note, name))
        self._look_again()
        if not self._may_end():
            return
        due = self._store.read_rows(partial(ends.list_due, now=self._clock(), most=ROUND_MAX))
        for name in due:
            self.aside.attempt(name, partial(self._end, name))
        if due:
            self._store.fold()

    def _look_again(self) -> None:
        """Learn anew when the next batch begins to be over: what was noted of it may have been changed."""
        found = self._store.read_rows(partial(batches.list_all, after=self._walked, most=1))
        self._walked = found[0][0] if found else 0
        for _row, name, _entry in found:
            self.aside.attempt(name, partial(self._note, BatchId(name)))

    def _may_end(self) -> bool:
        """Whether the rulebook has such acts, and the directory bears this node's clock out."""
        is_ruled = bool(self._gate.in_force().rulebook.rules_asking(EXPIRE.name, "is_over"))
        return is_ruled and self._directory().judge(self._clock()) is Freshness.FRESH

    def _note(self, batch: BatchId) -> None:
        left = (each.ends_at for each in self._read(batch))
        first = min(left, default=None)
        self._store.write_rows(partial(ends.note_end, name=batch, ends_at=first))

    def _end(self, batch: BatchId) -> None:
        held = self._store.read_rows(lambda connection: batches.find_batch(connection, batch))
        if held is None:
            return
        now = self._clock()
        over = [each for each in self._read(batch) if each.ends_at <= now]
        for start in range(0, len(over), ACT_MAX):
            body = Ending(held.register, held.source, tuple(over[start : start + ACT_MAX]))
            self._gate.perform(EXPIRE, self._own, body, on=held.register)
        self._note(batch)

    def _read(self, batch: BatchId) -> Iterable[Ended]:
        """What of a batch is there still, with its end."""
        gone = self._store.read_rows(lambda connection: batches.list_removed_of(connection, batch))
        start = 0
        while read := self._files.read_records(batch, start, PIECE):
            for place, stored in enumerate(read, start):
                if stored is not None and (name := record_id(batch, place)) not in gone:
                    yield Ended(name, read_written(stored.data).expires_at)
            start += PIECE
