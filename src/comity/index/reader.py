"""Lookups on behalf of a member, which take the same course whatever there is to see."""

from collections.abc import Sequence
from typing import NamedTuple

from comity.audience import Audience
from comity.ids import MemberCode
from comity.index.exact import Index
from comity.index.posting import POSTING_BYTES, Padded, Posting


class Found(NamedTuple):
    """What one look found: as of which position, and which records, from the oldest to the newest.

    ``is_hidden`` says that others lie under the key: for the keeper's own ledger, never for the member.
    """

    position: int
    postings: tuple[Posting, ...]
    is_hidden: bool


class _View(NamedTuple):
    """What the reader knows of one snapshot; replaced as a whole, so that threads may share the reader."""

    snapshot: int
    position: int
    known: int  # the highest audience number judged
    mine: frozenset[int]


class Reader:
    """What one member may see of an index: to be kept and used for many lookups, by any thread.

    Every lookup does the same, whether there is no record, one that the member may not see, or one that it may: one
    descent of the tree, then as many audience tests as a key can have postings, on dummy postings where there are none.
    ``lookups`` and ``audience_tests`` count them (without locks: exact in one thread). After the index has changed, the
    first lookup learns the new audiences, whatever it asks for.
    """

    def __init__(self, index: Index, member: MemberCode) -> None:
        self._index = index
        self._member = member
        self._padded = Padded(index.postings_max)
        self._view = _View(-1, 0, 0, frozenset())
        self.lookups = 0
        self.audience_tests = 0

    def look(self, key: bytes) -> Found:
        """What there is under ``key``, and as of which position of the register."""
        value, snapshot = self._index.look_up(key)
        view = self._view
        if snapshot != view.snapshot:
            (value,), view = self._look_afresh((key,))
        return self._judge(value, view)

    def look_many(self, keys: Sequence[bytes]) -> list[Found]:
        """As ``look``, for a list, all of one moment and in the keys' order."""
        values, snapshot = self._index.look_up_many(keys)
        view = self._view
        if snapshot != view.snapshot:
            values, view = self._look_afresh(keys)
        return [self._judge(value, view) for value in values]

    def find(self, key: bytes) -> tuple[Posting, ...]:
        """The records under ``key`` that the member may see."""
        return self.look(key).postings

    def _judge(self, value: bytes, view: _View) -> Found:
        flat = self._padded.unpack(value)
        audiences = flat[::3]
        open_ones = view.mine.intersection(audiences)
        self.lookups += 1
        self.audience_tests += len(audiences)
        if not open_ones:
            return Found(view.position, (), value != b"")
        get_batch = self._index.get_batch
        postings = tuple(
            [Posting(get_batch(flat[i + 1]), flat[i + 2]) for i in self._padded.starts if flat[i] in open_ones]
        )
        return Found(view.position, postings, len(postings) * POSTING_BYTES < len(value))

    def _look_afresh(self, keys: Sequence[bytes]) -> tuple[list[bytes], _View]:
        """Values and view of one and the same snapshot, so that an answer never claims a position it did not see."""
        view = self._view
        moment = self._index.look_afresh(keys, view.known)
        fresh = frozenset(number for number, text in moment.audiences if Audience.parse(text).includes(self._member))
        known = moment.audiences[-1][0] if moment.audiences else view.known
        self._view = view = _View(moment.snapshot, moment.position, known, view.mine | fresh)
        return moment.values, view
