"""Taking changes into an index, in its writing transaction: durable as a whole or not at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from comity.audience import Audience
from comity.ids import BatchId
from comity.index.checked import seal, unseal
from comity.index.crowding import MARK, WIDE, Kept, crowd, join_marks, marks_of, split
from comity.index.posting import Applied, Packed, Removal, Taken, pack, reach_of, unpack
from comity.index.tables import Tables, Txn, batch_value
from comity.limits import KEY_AUDIENCES_MAX, REACH_MEMBERS_MAX


def audiences_of(changes: Iterable[Taken]) -> dict[str, str]:
    """The canonical form of every audience in these changes; MalformedError or TooLargeError for one that is none."""
    texts = {entry.audience for change in changes for entry in change.entries}
    return {text: str(Audience.parse(text)) for text in texts}


class Taking:
    """One transaction that takes changes in."""

    def __init__(self, txn: Txn, tables: Tables, most: int, audiences: Mapping[str, str]) -> None:
        self._txn = txn
        self._tables = tables
        self._most = most
        self._audiences = audiences
        self._state = tables.state(txn)
        self._batches: dict[int, tuple[BatchId, bytes]] = {}

    def take(self, change: Taken) -> Applied:
        """Take a change in: removals first, then entries in the order of their keys, then the tally of its reach.

        A position that the index has passed is a change that it has: nothing happens.
        """
        if change.position <= self._state.position:
            return Applied()
        removed = self._remove(change.removals)
        texts = dict.fromkeys(each.audience for each in change.entries)
        audiences = {text: self._audience(self._audiences[text]) for text in texts}
        batches = {name: self._batch(name, change) for name in dict.fromkeys(each.batch for each in change.entries)}
        fresh: dict[bytes, Packed] = {}
        shared: dict[bytes, list[Packed]] = {}  # by a key that came before in this change
        for entry in change.entries:
            posting = (audiences[entry.audience], batches[entry.batch], entry.offset)
            if fresh.setdefault(entry.key, posting) is not posting:
                shared.setdefault(entry.key, []).append(posting)
        crowded = [gone for key in self._put_new(fresh) for gone in self._merge(key, [fresh[key]])]
        crowded += [gone for key in sorted(shared) for gone in self._merge(key, shared[key])]
        self._state = self._state._replace(position=change.position)
        self._tally(change)
        return Applied(len(change.entries), removed, tuple(crowded))

    def end(self) -> None:
        """Note how far the index has come."""
        self._tables.put_state(self._txn, self._state)

    def _put_new(self, fresh: dict[bytes, Packed]) -> list[bytes]:
        """Put what stands under a new key, the usual case, in the order of the keys; returns the keys that are not."""
        keys = sorted(fresh)
        with self._txn.cursor(self._tables.keys) as cursor:
            _consumed, added = cursor.putmulti([(key, b"") for key in keys], overwrite=False)
        items = [(key, seal(key, pack((fresh[key],)))) for key in keys]
        with self._txn.cursor(self._tables.postings) as cursor:
            _consumed, put = cursor.putmulti(items, overwrite=False)
        if added == put == len(items):
            return []
        return [key for key, value in items if self._txn.get(key, db=self._tables.postings) != value]

    def _merge(self, key: bytes, postings: list[Packed]) -> Iterator[Removal]:
        """Read, change, write: ``put`` alone would silently replace the other records of this key."""
        there, marks = split(self._stored(key))
        found = {posting[1:]: posting for posting in (*there, *postings)}
        stay = sorted(found.values(), key=lambda posting: posting[1:])
        if len(stay) > min(self._most, KEY_AUDIENCES_MAX):
            kept = crowd(stay, self._most, self._source)
            marks = self._mark(marks, kept)
            stay = kept.stay
            for _audience, batch, offset in (*kept.gone, *kept.whole):
                yield Removal(key, self._known(batch)[0], offset)
        self._txn.put(key, seal(key, pack([*marks, *stay])), db=self._tables.postings)

    def _mark(self, marks: Sequence[Packed], kept: Kept) -> list[Packed]:
        """A key's marks, with what goes now."""
        narrow = [mark for mark in marks if not mark[0] & WIDE]
        joined = join_marks((*narrow, *marks_of(kept.gone)), self._source)
        wide: dict[bytes, list[Packed]] = {}
        for each in (*(mark for mark in marks if mark[0] & WIDE), *kept.whole):
            wide.setdefault(self._source(each[1]), []).append(each)
        return joined + [self._widen(went) for went in wide.values()]

    def _widen(self, went: Sequence[Packed]) -> Packed:
        """One mark of a source for audiences that went as a whole: for everybody who was in any of them."""
        newest = max(went, key=lambda each: each[1:])
        numbers = sorted({each[0] & ~(MARK | WIDE) for each in went})
        texts = (self._tables.audience(self._txn, number) for number in numbers)
        everybody = Audience.union(Audience.parse(text, most=REACH_MEMBERS_MAX) for text in texts)
        return self._audience(str(everybody)) | MARK | WIDE, *newest[1:]

    def _remove(self, removals: Iterable[Removal]) -> int:
        removed = 0
        for removal in sorted(removals, key=lambda each: each.key):
            place = (self._tables.find_number(self._txn, bytes.fromhex(removal.batch)), removal.offset)
            found = self._stored(removal.key)
            left = [each for each in found if each[0] & MARK or each[1:] != place]
            removed += len(found) - len(left)
            if left:
                self._txn.put(removal.key, seal(removal.key, pack(left)), db=self._tables.postings)
            elif found:
                self._txn.delete(removal.key, db=self._tables.postings)
                self._txn.delete(removal.key, db=self._tables.keys)
        return removed

    def _stored(self, key: bytes) -> list[Packed]:
        return stored_under(self._txn, self._tables, key)

    def _source(self, batch: int) -> bytes:
        return self._known(batch)[1]

    def _known(self, batch: int) -> tuple[BatchId, bytes]:
        known = self._batches.get(batch)
        if known is None:
            known = self._batches[batch] = self._tables.batch(self._txn, batch)
        return known

    def _batch(self, name: str, change: Taken) -> int:
        root, last = bytes.fromhex(name), self._state.batches
        number = self._tables.give_number(
            self._txn, self._tables.batch_roots, root, last, batch_value(root, change.source)
        )
        self._state = self._state._replace(batches=max(last, number))
        return number

    def _audience(self, form: str) -> int:
        text, last = form.encode(), self._state.audiences
        number = self._tables.give_number(self._txn, self._tables.audience_texts, text, last, text)
        self._state = self._state._replace(audiences=max(last, number))
        return number

    def _tally(self, change: Taken) -> None:
        reach = Audience.parse(change.reach or reach_of(change.entries, change.removals), most=REACH_MEMBERS_MAX)
        if reach == Audience.nobody():
            return
        self._tables.tally(self._txn, self._audience(str(reach)), change.position)
        self._state = self._state._replace(changes=self._state.changes + 1, tallied=change.position)


def stored_under(txn: Txn, tables: Tables, key: bytes) -> list[Packed]:
    """What stands under a key, marks too; CorruptError where it is not what was stored."""
    stored = txn.get(key, db=tables.postings)
    return [] if stored is None else unpack(unseal(key, stored))
