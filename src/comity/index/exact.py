"""The exact index of one register: one LMDB file, from a key to where its records lie and who may see them.

A projection: all of it can be built again from the batches and the catalogue, and it knows how far it has come. One
writer, in the process that owns the node; any number of reading threads and processes.
"""

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, TypeVar
from zlib import crc32

import lmdb

from comity.errors import CorruptError, UnavailableError
from comity.formats import newer
from comity.ids import BatchId, MemberCode, RegisterName
from comity.index.checked import CHECK_BYTES, RESIDUE, damaged
from comity.index.crowding import split
from comity.index.posting import POSTING_BYTES, Applied, Entry, Packed, Removal, Taken, unpack
from comity.index.tables import TREES, State, Tables, Tallied, Txn
from comity.index.taking import Taking, audiences_of, stored_under
from comity.limits import INDEX_MAP_BYTES, INDEX_READERS_MAX, KEY_ANSWERS_MAX, POSTINGS_MAX
from comity.texts import _
from comity.tiles.durable import Boundary, no_boundary

_VERSION: Final = 4
FORMAT: Final = b"comity-index/%d" % _VERSION
_WRITTEN: Final = re.compile(rb"comity-index/([0-9]{1,3}) .*", re.DOTALL)
_TRIES_MAX: Final = 40  # doublings from the smallest map to more than any disk
_PASSING: Final = (lmdb.ReadersFullError, lmdb.TlsFullError, lmdb.MemoryError, lmdb.LockError)
_REFUSED: Final = (*_PASSING, lmdb.DiskError, lmdb.ReadonlyError, lmdb.BadValsizeError)
_UNREADABLE: Final = (struct.error, ValueError, MemoryError, OverflowError)  # what a damaged file leads to
_DUMMY: Final = bytes(POSTING_BYTES + CHECK_BYTES)  # what is checked where there is no value

_Result = TypeVar("_Result")


class Moment(NamedTuple):
    """One snapshot of an index: values, its number, its state, and the audiences and tallies since."""

    values: list[bytes]
    snapshot: int
    state: State
    audiences: list[tuple[int, str]]
    tallied: list[Tallied]


class Index:
    """The index of ``register`` in the file ``path``; with ``readonly`` for another process than the writer's.

    A key keeps ``kept_max`` records of each source and audience, some times ``postings_max``; of more, the oldest go.
    So nothing pushes out what somebody may see who may not see it itself, and no source pushes out another's.

    One ``Index`` a file in one process: LMDB's locks demand it. CorruptError if the file is another register's or no
    index: remove it and build it again. Whatever is read raises CorruptError where it is not what was stored.
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
        self.kept_max = KEY_ANSWERS_MAX * postings_max
        self._boundary = boundary
        self._growing = Lock()
        self._grown = 0
        self._batches: dict[int, tuple[BatchId, bytes]] = {}
        is_new = not readonly and not path.exists()
        if not readonly:
            path.parent.mkdir(parents=True, exist_ok=True)
        with _explained(self._where):
            self._env = lmdb.open(
                str(path),
                subdir=False,
                readonly=readonly,
                max_dbs=len(TREES),
                map_size=max(map_bytes, path.stat().st_size if path.exists() else 0),
                max_readers=INDEX_READERS_MAX,
                max_spare_txns=16,  # reading transactions are used again instead of made anew
                readahead=False,  # keys are hashes: their neighbours on disk are not asked next
            )
        try:
            with _explained(self._where):
                self._tables = Tables(self._env, create=is_new)
            self._begin(register, is_new=is_new)
        except Exception:
            self.close()
            raise

    def _begin(self, register: RegisterName, *, is_new: bool) -> None:
        expected, about = FORMAT + b" " + register.encode(), self._tables.about
        if is_new:

            def begin(txn: Txn) -> None:
                txn.put(b"format", expected, db=about)
                self._tables.put_state(txn, State())

            self._write(begin)
        elif (found := self.read(lambda txn: txn.get(b"format", db=about))) != expected:
            if (version := _version_of(found)) > _VERSION:
                raise newer(_("an index"), version, _VERSION, self._where)
            raise CorruptError(
                _("This is not an index of this version and register."),
                where=self._where,
                next_step=_("Remove the file: it is built again from the batches."),
            )
        self._least = self.position

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
        return self.read(self._tables.state).position

    def apply(
        self, position: int, source: MemberCode, entries: Sequence[Entry], removals: Sequence[Removal] = ()
    ) -> Applied:
        """Take in one change by ``source``, as by ``take``."""
        return self.take([Taken(position, source, entries, removals)])[0]

    def take(self, changes: Sequence[Taken]) -> list[Applied]:
        """Take changes in, durably, each as a whole, in the order of their positions.

        An entry for a record that is there already replaces its audience. MalformedError or TooLargeError for an
        audience that is none; UnavailableError if the disk refuses.
        """
        audiences = audiences_of(changes)

        def work(txn: Txn) -> list[Applied]:
            taking = Taking(txn, self._tables, self.kept_max, audiences)
            applied = [taking.take(change) for change in changes]
            taking.end()
            return applied

        self._boundary("index.apply")
        applied = self._write(work)
        self._least = max(self._least, *(change.position for change in changes))
        self._boundary("index.applied")
        return applied

    def look_up(self, key: bytes) -> tuple[bytes, int]:
        """A key's value, a check behind its packed postings, empty for none; and the snapshot that it is of.

        The same work for a key that is there as for one that is not.
        """
        tables = self._tables
        try:
            txn = self._env.begin(tables.postings)
            stored = txn.get(key)
            again = txn.get(key, None, tables.keys)
            snapshot = txn.id()
            txn.abort()
            return _confirmed(key, stored, again), snapshot
        except (lmdb.Error, CorruptError):  # the map may have grown in the middle
            return self.read(lambda txn: (self._look(txn, key), txn.id()))

    def look_up_many(self, keys: Sequence[bytes]) -> tuple[list[bytes], int]:
        """As ``look_up``, for all keys in one snapshot and in their order."""
        return self.read(lambda txn: ([self._look(txn, key) for key in keys], txn.id()))

    def look_afresh(self, keys: Sequence[bytes], known: int, tallied: int) -> Moment:
        """As ``look_up_many``, with what a reader has to learn first.

        It knows audiences up to the number ``known``, and tallies up to the position ``tallied``.
        """
        tables = self._tables

        def look(txn: Txn) -> Moment:
            state = tables.state(txn)
            if state.position < self._least:
                raise damaged()
            values = [self._look(txn, key) for key in keys]
            audiences, counts = list(tables.list_audiences(txn, known)), tables.list_tallied(txn, tallied)
            return Moment(values, txn.id(), state, audiences, counts)

        return self.read(look)

    def _look(self, txn: Txn, key: bytes) -> bytes:
        return _confirmed(key, txn.get(key, db=self._tables.postings), txn.get(key, None, self._tables.keys))

    def get_batch(self, number: int) -> BatchId:
        """The batch of that number; CorruptError if there is none."""
        return (self._batches.get(number) or self._learn_batch(number))[0]

    def get_source(self, number: int) -> bytes:
        """The source of the batch of that number; CorruptError if there is none."""
        return (self._batches.get(number) or self._learn_batch(number))[1]

    def _learn_batch(self, number: int) -> tuple[BatchId, bytes]:
        found = self._batches[number] = self.read(lambda txn: self._tables.batch(txn, number))
        return found

    def get_audience(self, number: int) -> str:
        """The text of the audience of that number; CorruptError if there is none."""
        return self.read(lambda txn: self._tables.audience(txn, number))

    def find_number(self, name: bytes) -> int:
        """The number of an audience's text or a batch's root; 0 for none."""
        return self.read(lambda txn: self._tables.find_number(txn, name))

    def get_postings(self, key: bytes) -> list[Packed]:
        """What stands under a key, whoever may see it."""
        return split(unpack(self.look_up(key)[0][:-CHECK_BYTES]))[0]

    def list_marks(self, key: bytes) -> list[Packed]:
        """What was pushed out under a key because too many share it."""
        return split(unpack(self.look_up(key)[0][:-CHECK_BYTES]))[1]

    def list_postings(self, after: bytes, most: int) -> list[tuple[bytes, list[Packed]]]:
        """Up to ``most`` keys behind ``after``, in order, each with its postings; both trees have to agree on each."""
        tables = self._tables

        def look(txn: Txn) -> list[tuple[bytes, list[Packed]]]:
            found: list[tuple[bytes, list[Packed]]] = []
            last = after
            with txn.cursor(tables.postings) as postings, txn.cursor(tables.keys) as keys:
                is_there = postings.set_range(after + b"\0") if after else postings.first()
                if is_there != (keys.set_range(after + b"\0") if after else keys.first()):
                    raise damaged()
                while is_there and len(found) < most:
                    key = postings.key()
                    if keys.key() != key or key <= last:  # who goes on from a key that was changed may never end
                        raise damaged()
                    last = key
                    found.append((key, split(stored_under(txn, tables, key))[0]))
                    is_there = postings.next()
                    if is_there != keys.next():
                        raise damaged()
            return found

        return self.read(look)

    def verify_names(self) -> None:
        """Read every audience and batch that has a number; CorruptError where one is missing or was changed."""
        tables = self._tables

        def look(txn: Txn) -> None:
            state = tables.state(txn)
            for _number, text in tables.list_audiences(txn, 0):
                if not tables.find_number(txn, text.encode()):
                    raise damaged()
            for number in range(1, state.batches + 1):
                if tables.find_number(txn, bytes.fromhex(tables.batch(txn, number)[0])) != number:
                    raise damaged()
            tables.list_tallied(txn, 0)

        self.read(look)

    def read(self, work: Callable[[Txn], _Result]) -> _Result:
        """Do ``work`` in a reading transaction, again if the map grew meanwhile."""
        for _try in range(_TRIES_MAX):
            grown = self._grown
            try:
                with self._env.begin() as txn:
                    return work(txn)
            except lmdb.MapResizedError:
                self._grow(0)
            except (lmdb.Error, CorruptError, *_UNREADABLE) as error:
                with self._growing:  # wait for a growth that is under way
                    if self._grown == grown:
                        raise _explain_reading(error, self._where) from error
        raise damaged()  # it says that it is larger than it is

    def _write(self, work: Callable[[Txn], _Result]) -> _Result:
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
            except _UNREADABLE as error:
                raise damaged() from error
        raise UnavailableError(_("The index does not fit on this machine."), where=self._where)

    def _grow(self, map_bytes: int) -> None:
        """Map the file anew, with 0 in the size that it has. Readings under way fail and are done again."""
        with self._growing, _explained(self._where):
            self._env.set_mapsize(map_bytes)
            self._grown += 1


def _confirmed(key: bytes, stored: bytes | None, again: bytes | None) -> bytes:
    """A key's value, where both trees agree and the check holds; for none, a dummy is checked."""
    is_whole = crc32(key + (stored or _DUMMY)) == RESIDUE
    if stored is None:
        if again is None:
            return b""
    elif again is not None and is_whole:
        return stored
    raise damaged()


def _explain_reading(error: Exception, where: str) -> CorruptError | UnavailableError:
    """Whatever cannot be read in a file that is there is damage, but for what passes."""
    if isinstance(error, _PASSING):
        return UnavailableError(_("The index cannot be used now."), where=where)
    return error if isinstance(error, CorruptError) else damaged()


def _explain(error: lmdb.Error, where: str) -> CorruptError | UnavailableError:
    """As ``_explain_reading``, where a file is opened or written."""
    is_refused = isinstance(error, _REFUSED) or type(error) is lmdb.Error  # the system's own errors
    return UnavailableError(_("The index cannot be used now."), where=where) if is_refused else damaged()


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        raise _explain(error, where) from error


def _version_of(written: bytes | None) -> int:
    """Of which version an index says to be; 0 where it says none."""
    match = _WRITTEN.fullmatch(written or b"")
    return int(match[1]) if match else 0
