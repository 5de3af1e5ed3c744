"""Taking changes into an index, in its writing transaction: durable as a whole or not at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from comity.audience import Audience
from comity.ids import BatchId
from comity.index.checked import seal, unseal
from comity.index.crowding import crowd, join_marks
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
        found = {posting[1:]: posting for posting in self._postings(key)}
        found |= {posting[1:]: posting for posting in postings}
        stay = sorted(found.values(), key=lambda posting: posting[1:])
        if len(stay) > min(self._most, KEY_AUDIENCES_MAX):
            kept = crowd(stay, self._most, self._source)
            self._mark(key, kept.marks)
            stay = kept.stay
            for _audience, batch, offset in kept.gone:
                yield Removal(key, self._known(batch)[0], offset)
        self._txn.put(key, seal(key, pack(stay)), db=self._tables.postings)

    def _mark(self, key: bytes, marks: Sequence[Packed]) -> None:
        if marks:
            joined = join_marks((*marks_of(self._txn, self._tables, key), *marks), self._source)
            self._txn.put(key, seal(key, pack(joined)), db=self._tables.crowded)

    def _remove(self, removals: Iterable[Removal]) -> int:
        removed = 0
        for removal in sorted(removals, key=lambda each: each.key):
            place = (self._tables.find_number(self._txn, bytes.fromhex(removal.batch)), removal.offset)
            found = self._postings(removal.key)
            left = [posting for posting in found if posting[1:] != place]
            removed += len(found) - len(left)
            if left:
                self._txn.put(removal.key, seal(removal.key, pack(left)), db=self._tables.postings)
            elif found:
                self._txn.delete(removal.key, db=self._tables.postings)
                self._txn.delete(removal.key, db=self._tables.keys)
        return removed

    def _postings(self, key: bytes) -> list[Packed]:
        return postings_of(self._txn, self._tables, key)

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


def postings_of(txn: Txn, tables: Tables, key: bytes) -> list[Packed]:
    """What stands under a key; CorruptError where it is not what was stored."""
    stored = txn.get(key, db=tables.postings)
    return [] if stored is None else unpack(unseal(key, stored))


def marks_of(txn: Txn, tables: Tables, key: bytes) -> list[Packed]:
    """What was pushed out under a key."""
    stored = txn.get(key, db=tables.crowded)
    return [] if stored is None else unpack(unseal(key, stored))
