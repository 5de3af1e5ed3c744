"""The exact index of one register: one LMDB file, from a key to where its records lie and who may see them.

A projection: all of it can be built again from the batches and the catalogue, and it knows how far it has come. One
writer, in the process that owns the node; any number of reading threads and processes.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import nsmallest
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, TypeAlias, TypeVar

import lmdb

from comity.audience import Audience
from comity.errors import CorruptError, UnavailableError
from comity.ids import BatchId, MemberCode, RegisterName
from comity.index.posting import Applied, Entry, Packed, Removal, pack, pack_one, unpack
from comity.limits import INDEX_MAP_BYTES, INDEX_READERS_MAX, POSTINGS_MAX
from comity.texts import _
from comity.tiles.durable import Boundary, no_boundary

FORMAT: Final = b"comity-index/2"
_NUMBER_BYTES: Final = 4
_POSITION_BYTES: Final = 8
_ROOT_BYTES: Final = 32
_TRIES_MAX: Final = 40  # doublings from the smallest map to more than any disk
_STALE_CODES: Final = (lmdb.CorruptedError, lmdb.InvalidError, lmdb.VersionMismatchError, lmdb.PageNotFoundError)

_Result = TypeVar("_Result")
_Txn: TypeAlias = "lmdb.Transaction[bytes]"


class Moment(NamedTuple):
    """One snapshot of an index: values, its number, its position, and the audiences numbered since."""

    values: list[bytes]
    snapshot: int
    position: int
    audiences: list[tuple[int, str]]


class Index:
    """The index of ``register`` in the file ``path``; with ``readonly`` for another process than the writer's.

    A key keeps ``postings_max`` records; where there are more, the oldest goes of the source that has the most, so that
    no source pushes out another's.

    One ``Index`` a file in one process: LMDB's locks demand it. CorruptError if the file is another register's or no
    index: remove it and build it again.
    """

    def __init__(
        self,
        path: Path,
        register: RegisterName,
        *,
        postings_max: int = POSTINGS_MAX,
        readonly: bool = False,
        map_bytes: int = INDEX_MAP_BYTES,
        boundary: Boundary = no_boundary,
    ) -> None:
        self._where = str(register)
        self.postings_max = postings_max
        self._boundary = boundary
        self._growing = Lock()
        self._grown = 0
        self._batches: dict[int, BatchId] = {}
        self._sources: dict[int, bytes] = {}
        if not readonly:
            path.parent.mkdir(parents=True, exist_ok=True)
        with _explained(self._where):
            self._env = lmdb.open(
                str(path),
                subdir=False,
                readonly=readonly,
                max_dbs=5,
                map_size=max(map_bytes, path.stat().st_size if path.exists() else 0),
                max_readers=INDEX_READERS_MAX,
                max_spare_txns=16,  # reading transactions are used again instead of made anew
                readahead=False,  # keys are hashes: their neighbours on disk are not asked next
            )
            create = not readonly
            self._about = self._env.open_db(b"about", create=create)
            self._postings = self._env.open_db(b"postings", create=create)
            self._audience_texts = self._env.open_db(b"audience-texts", create=create)
            self._batch_roots = self._env.open_db(b"batch-roots", create=create)
            self._numbers = self._env.open_db(b"numbers", create=create)
        self._check_format(register, readonly=readonly)

    def _check_format(self, register: RegisterName, *, readonly: bool) -> None:
        expected = FORMAT + b" " + register.encode()
        found = self.read(lambda txn: txn.get(b"format", db=self._about))
        if found is None and not readonly:
            self._write(lambda txn: txn.put(b"format", expected, db=self._about))
        elif found != expected:
            self.close()
            raise CorruptError(
                _("This is not an index of this version and register."),
                where=self._where,
                next_step=_("Remove the file: it is built again from the batches."),
            )

    @property
    def environment(self) -> lmdb.Environment:
        """LMDB's own handle, for what measures this index against it."""
        return self._env

    def close(self) -> None:
        """Let go of the file."""
        self._env.close()

    @property
    def position(self) -> int:
        """The position of the last change that is in the index; 0 for none."""
        return self.read(self._position)

    def _position(self, txn: _Txn) -> int:
        return int.from_bytes(txn.get(b"position", b"", db=self._about), "big")

    def apply(
        self, position: int, source: MemberCode, entries: Sequence[Entry], removals: Sequence[Removal] = ()
    ) -> Applied:
        """Take a change by ``source`` in, durably and as a whole: removals first, then entries, then the position.

        An entry for a record that is there already replaces its audience. A position that the index has passed is a
        change that it has: nothing happens, so that a follower may start again from anywhere. Keys are written in
        order. MalformedError or TooLargeError for an audience that is none; UnavailableError if the disk refuses.
        """
        texts = {text: str(Audience.parse(text)) for text in {entry.audience for entry in entries}}
        self._boundary("index.apply")
        applied = self._write(lambda txn: self._apply(txn, position, source, entries, removals, texts))
        self._boundary("index.applied")
        return applied

    def clear(self) -> None:
        """Empty the index, to build it again: the position is 0. The numbers given to audiences stay."""

        def empty(txn: _Txn) -> None:
            txn.drop(self._postings, delete=False)
            txn.delete(b"position", db=self._about)

        self._write(empty)

    def _apply(
        self,
        txn: _Txn,
        position: int,
        source: MemberCode,
        entries: Sequence[Entry],
        removals: Sequence[Removal],
        texts: dict[str, str],
    ) -> Applied:
        if position <= self._position(txn):
            return Applied()
        removed = self._remove(txn, removals)
        audiences = {text: self._intern(txn, self._audience_texts, form.encode()) for text, form in texts.items()}
        batches = {name: self._intern_batch(txn, name, source) for name in {entry.batch for entry in entries}}
        fresh: dict[bytes, Packed] = {}
        shared: dict[bytes, list[Packed]] = {}  # by a key that came before in this change
        for entry in entries:
            posting = (audiences[entry.audience], batches[entry.batch], entry.offset)
            if fresh.setdefault(entry.key, posting) is not posting:
                shared.setdefault(entry.key, []).append(posting)
        crowded = [gone for key in self._put_new(txn, fresh) for gone in self._merge(txn, key, [fresh[key]])]
        crowded += [gone for key in sorted(shared) for gone in self._merge(txn, key, shared[key])]
        txn.put(b"position", position.to_bytes(_POSITION_BYTES, "big"), db=self._about)
        return Applied(len(entries), removed, tuple(crowded))

    def _put_new(self, txn: _Txn, fresh: dict[bytes, Packed]) -> list[bytes]:
        """Put what stands under a new key, the usual case, in the order of the keys; returns the keys that are not."""
        items = [(key, pack_one(fresh[key])) for key in sorted(fresh)]
        with txn.cursor(self._postings) as cursor:
            _consumed, added = cursor.putmulti(items, overwrite=False)
        if added == len(items):
            return []
        return [key for key, value in items if txn.get(key, db=self._postings) != value]

    def _merge(self, txn: _Txn, key: bytes, postings: list[Packed]) -> Iterator[Removal]:
        """Read, change, write: ``put`` alone would silently replace the other records of this key."""
        found = {posting[1:]: posting for posting in unpack(txn.get(key, b"", db=self._postings))}
        for posting in postings:
            found[posting[1:]] = posting
        postings = list(found.values())
        if len(postings) > self.postings_max:
            kept = self._choose(txn, postings)
            for place in sorted(set(range(len(postings))).difference(kept)):
                _, batch, offset = postings[place]
                yield Removal(key, self._batch(txn, batch), offset)
            postings = [postings[place] for place in kept]
        txn.put(key, pack(postings), db=self._postings)

    def _choose(self, txn: _Txn, postings: Sequence[Packed]) -> Sequence[int]:
        """Which of too many stay: each source's newest before any source's second newest, and so on."""
        newer: Counter[bytes] = Counter()
        ranked = []
        for place in reversed(range(len(postings))):
            source = self._source(txn, postings[place][1])
            ranked.append((newer[source], -place))
            newer[source] += 1
        return sorted(-place for _, place in nsmallest(self.postings_max, ranked))

    def _remove(self, txn: _Txn, removals: Iterable[Removal]) -> int:
        removed = 0
        for removal in sorted(removals, key=lambda each: each.key):
            number = txn.get(_hash(bytes.fromhex(removal.batch)), b"", db=self._numbers)
            place = (int.from_bytes(number, "big"), removal.offset)
            found = unpack(txn.get(removal.key, b"", db=self._postings))
            left = [posting for posting in found if posting[1:] != place]
            removed += len(found) - len(left)
            if left:
                txn.put(removal.key, pack(left), db=self._postings)
            else:
                txn.delete(removal.key, db=self._postings)
        return removed

    def _intern_batch(self, txn: _Txn, batch: BatchId, source: MemberCode) -> int:
        """A batch's number; beside its root lies whose it is."""
        root = bytes.fromhex(batch)
        return self._intern(txn, self._batch_roots, root, root + source.encode())

    def _intern(self, txn: _Txn, names: "lmdb._Database", name: bytes, value: bytes = b"") -> int:
        """The number of an audience's text or a batch's root, given now if it has none. 0 is never given."""
        found = txn.get(_hash(name), db=self._numbers)
        if found is not None:
            return int.from_bytes(found, "big")
        number = txn.stat(names)["entries"] + 1
        packed = number.to_bytes(_NUMBER_BYTES, "big")
        txn.put(packed, value or name, append=True, db=names)
        txn.put(_hash(name), packed, db=self._numbers)
        return number

    def _list_audiences(self, txn: _Txn, after: int) -> Iterator[tuple[int, str]]:
        with txn.cursor(self._audience_texts) as cursor:
            cursor.set_range((after + 1).to_bytes(_NUMBER_BYTES, "big"))
            for number, text in cursor:
                yield int.from_bytes(number, "big"), text.decode()

    def _batch(self, txn: _Txn, number: int) -> BatchId:
        known = self._batches.get(number)
        if known is None:
            known = self._batches[number] = BatchId(self._root_and_source(txn, number)[:_ROOT_BYTES].hex())
        return known

    def _source(self, txn: _Txn, number: int) -> bytes:
        known = self._sources.get(number)
        if known is None:
            known = self._sources[number] = self._root_and_source(txn, number)[_ROOT_BYTES:]
        return known

    def _root_and_source(self, txn: _Txn, number: int) -> bytes:
        found = txn.get(number.to_bytes(_NUMBER_BYTES, "big"), db=self._batch_roots)
        if found is None:
            raise CorruptError(_("The index names a batch that it does not know."), where=self._where)
        return found

    def look_up(self, key: bytes) -> tuple[bytes, int]:
        """A key's packed postings, empty for none, and the snapshot that they are of."""
        try:
            txn = self._env.begin(self._postings)
            value = txn.get(key, b"")
            snapshot = txn.id()
            txn.abort()
        except lmdb.Error:  # the map may have grown in the middle
            return self.read(lambda txn: (txn.get(key, b"", db=self._postings), txn.id()))
        return value, snapshot

    def look_up_many(self, keys: Sequence[bytes]) -> tuple[list[bytes], int]:
        """As ``look_up``, for all keys in one snapshot and in their order."""
        return self.read(lambda txn: ([txn.get(key, b"", db=self._postings) for key in keys], txn.id()))

    def look_afresh(self, keys: Sequence[bytes], known: int) -> Moment:
        """As ``look_up_many``, with what a reader who knows audiences up to number ``known`` has to learn first."""

        def look(txn: _Txn) -> Moment:
            values = [txn.get(key, b"", db=self._postings) for key in keys]
            return Moment(values, txn.id(), self._position(txn), list(self._list_audiences(txn, known)))

        return self.read(look)

    def get_batch(self, number: int) -> BatchId:
        """The batch of that number; CorruptError if there is none."""
        return self._batches.get(number) or self.read(lambda txn: self._batch(txn, number))

    def read(self, work: Callable[[_Txn], _Result]) -> _Result:
        """Do ``work`` in a reading transaction, again if the map grew meanwhile."""
        for _try in range(_TRIES_MAX):
            grown = self._grown
            try:
                with self._env.begin() as txn:
                    return work(txn)
            except lmdb.MapResizedError:
                self._grow(0)
            except lmdb.Error as error:
                with self._growing:  # wait for a growth that is under way
                    if self._grown == grown:
                        raise _explain(error, self._where) from error
        raise UnavailableError(_("The index grows faster than it can be read."), where=self._where)

    def _write(self, work: Callable[[_Txn], _Result]) -> _Result:
        """Do ``work`` in the writing transaction, again in a map of twice the size where it does not fit."""
        for _try in range(_TRIES_MAX):
            try:
                with self._env.begin(write=True) as txn:
                    return work(txn)
            except lmdb.MapFullError:
                self._grow(2 * self._env.info()["map_size"])
            except lmdb.MapResizedError:
                self._grow(0)
            except lmdb.Error as error:
                raise _explain(error, self._where) from error
        raise UnavailableError(_("The index does not fit on this machine."), where=self._where)

    def _grow(self, map_bytes: int) -> None:
        """Map the file anew, with 0 in the size that it has. Readings under way fail and are done again."""
        with self._growing, _explained(self._where):
            self._env.set_mapsize(map_bytes)
            self._grown += 1


def _hash(name: bytes) -> bytes:
    """Names may be longer than LMDB's keys."""
    return hashlib.sha256(name).digest()


def _explain(error: lmdb.Error, where: str) -> CorruptError | UnavailableError:
    if isinstance(error, _STALE_CODES):
        return CorruptError(
            _("The index cannot be read."),
            where=where,
            next_step=_("Remove the file: it is built again from the batches."),
        )
    return UnavailableError(_("The index cannot be used now."), where=where)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        raise _explain(error, where) from error
