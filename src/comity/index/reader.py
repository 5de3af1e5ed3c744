"""Lookups on behalf of a member, which take the same course whatever there is to see."""

from collections.abc import Sequence
from typing import NamedTuple

from comity.audience import Audience
from comity.ids import MemberCode
from comity.index.checked import CHECK_BYTES
from comity.index.crowding import MARK, WIDE, IsMember, choose_read
from comity.index.exact import Index
from comity.index.posting import POSTING_BYTES, Packed, Padded, Posting, unpack
from comity.limits import REACH_MEMBERS_MAX


def _everybody(_source: bytes) -> bool:
    return True


class Found(NamedTuple):
    """What one look found: as of which position, and which records, from the oldest to the newest.

    ``position`` is the reader's own: how many changes of the register had something open to it. ``is_hidden`` says that
    others lie under the key: for the keeper's own ledger, never for the member. ``is_crowded`` says that more than
    these, open to the reader, lie or lay under a key: they were not looked at.
    """

    position: int
    postings: tuple[Posting, ...]
    is_hidden: bool
    is_crowded: bool = False


class _View(NamedTuple):
    """What the reader knows of one snapshot; replaced as a whole, so that threads may share the reader."""

    snapshot: int
    position: int
    known: int  # the highest audience number judged
    mine: frozenset[int]
    tallied: int  # the last position whose tally was read
    counts: dict[int, int]  # changes by their reach, where that includes the reader


class Reader:
    """What one member may see of an index: to be kept and used for many lookups, by any thread.

    Every lookup does the same, whether there is no record, one that the member may not see, or one that it may: one
    descent of each tree, then as many audience tests as a source's records under one key, on dummy postings where there
    are none; a key with more takes a whole number of times as many. ``lookups`` and ``audience_tests`` count them
    (without locks: exact in one thread). After the index has changed, the first lookup learns what is new, whatever it
    asks for.
    """

    def __init__(self, index: Index, member: MemberCode) -> None:
        self._index = index
        self._member = member
        self._padded = Padded(index.postings_max)
        self._view = _View(-1, 0, 0, frozenset(), 0, {})
        self.lookups = 0
        self.audience_tests = 0

    def look(self, key: bytes, is_member: IsMember = _everybody) -> Found:
        """What there is under ``key``, and as of which position of the register.

        What is of no member, by ``is_member``, crowds out nothing. It is asked only of what is open to the reader.
        """
        value, snapshot = self._index.look_up(key)
        view = self._view
        if snapshot != view.snapshot:
            (value,), view = self._look_afresh((key,))
        seen = self._judge(value, view.mine)
        if not seen:
            return Found(view.position, (), value != b"")
        return self._found(view, (seen,), is_member, is_hidden=_is_more(value, seen))

    def look_for_any(self, keys: Sequence[bytes], is_member: IsMember = _everybody) -> Found:
        """As ``look``, for what lies under any of the keys, as of one moment: each record once."""
        values, snapshot = self._index.look_up_many(keys)
        view = self._view
        if snapshot != view.snapshot:
            values, view = self._look_afresh(keys)
        opened = [self._judge(value, view.mine) for value in values]
        return self._found(view, opened, is_member, is_hidden=any(map(_is_more, values, opened)))

    def find(self, key: bytes) -> tuple[Posting, ...]:
        """The records under ``key`` that the member may see."""
        return self.look(key).postings

    def _judge(self, value: bytes, mine: frozenset[int]) -> list[Packed]:
        """What of a key's postings and marks is open."""
        audiences = self._padded.audiences(value)
        self.lookups += 1
        self.audience_tests += len(audiences)
        if mine.isdisjoint(audiences):
            return []
        return [posting for posting in unpack(value[:-CHECK_BYTES]) if posting[0] in mine]

    def _found(self, view: _View, opened: Sequence[list[Packed]], is_member: IsMember, *, is_hidden: bool) -> Found:
        """What is read of what is open under each key: each key has room of its own, so that none crowds another."""
        index, is_crowded = self._index, False
        places: set[tuple[int, int]] = set()
        for under_key in opened:
            read, is_more = choose_read(under_key, index.kept_max, index.get_source, is_member)
            places.update(posting[1:] for posting in read)
            is_crowded = is_crowded or is_more
        postings = tuple([Posting(index.get_batch(batch), offset) for batch, offset in sorted(places)])
        return Found(view.position, postings, is_hidden, is_crowded)

    def _look_afresh(self, keys: Sequence[bytes]) -> tuple[list[bytes], _View]:
        """Values and view of one and the same snapshot, so that an answer never claims a position it did not see."""
        view = self._view
        moment = self._index.look_afresh(keys, view.known, view.tallied)
        mine_now = [number for number, text in moment.audiences if self._is_in(text)]
        fresh = frozenset(number | flags for number in mine_now for flags in (0, MARK, MARK | WIDE))
        known = moment.audiences[-1][0] if moment.audiences else view.known
        mine = view.mine | fresh
        counts = view.counts | {each.audience: each.changes for each in moment.tallied if each.audience in mine}
        self._view = view = _View(
            moment.snapshot, sum(counts.values()), known, mine, moment.state.tallied, counts
        )  # fmt: skip
        return moment.values, view

    def _is_in(self, audience: str) -> bool:
        return Audience.parse(audience, most=REACH_MEMBERS_MAX).includes(self._member)


def _is_more(value: bytes, seen: list[Packed]) -> bool:
    return len(seen) * POSTING_BYTES + CHECK_BYTES < len(value)
