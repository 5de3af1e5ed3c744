"""The small trees that an index's file has, and what is stored in each; every value carries a check.

::

    about           format; state
    postings        key -> postings, and marks of what was pushed out
    keys            every key again: a miss counts only if both trees say so, and one changed byte spoils one of them
    numbers         hash of an audience's text or a batch's root -> its number
    audience-texts  number -> text
    batch-roots     number -> root, source
    tallies         audience's number -> how many changes had that reach, the last of them
    tallied         position of the last of them -> audience's number, how many
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from comity.ids import BatchId, MemberCode
from comity.index.checked import damaged, seal, unseal

if TYPE_CHECKING:
    import lmdb

Txn: TypeAlias = "lmdb.Transaction[bytes]"
Tree: TypeAlias = "lmdb._Database"  # noqa: SLF001 - the only name that its type has

TREES: Final = (
    "about",
    "postings",
    "keys",
    "numbers",
    "audience_texts",
    "batch_roots",
    "tallies",
    "tallied",
)
ROOT_BYTES: Final = 32
_STATE: Final = struct.Struct("<QIIQQ")
_TALLY: Final = struct.Struct("<QQ")
_COUNTED: Final = struct.Struct("<IQ")
_NUMBER: Final = struct.Struct(">I")
_POSITION: Final = struct.Struct(">Q")


class State(NamedTuple):
    """How far an index has come; ``changes`` were tallied, the last of them at ``tallied``."""

    position: int = 0
    audiences: int = 0
    batches: int = 0
    changes: int = 0
    tallied: int = 0


class Tallied(NamedTuple):
    """How many changes had the reach of one audience."""

    audience: int
    changes: int


class Tables:
    """The trees of one file, and the numbers that it gives; what a number stands for never changes."""

    def __init__(self, environment: "lmdb.Environment", *, create: bool) -> None:
        trees = {name: environment.open_db(name.replace("_", "-").encode(), create=create) for name in TREES}
        self.about, self.postings, self.keys = trees["about"], trees["postings"], trees["keys"]
        self.numbers, self.audience_texts = trees["numbers"], trees["audience_texts"]
        self.batch_roots = trees["batch_roots"]
        self.tallies, self.tallied = trees["tallies"], trees["tallied"]

    def state(self, txn: Txn) -> State:
        """How far the index has come; CorruptError where it does not say."""
        return State(*_STATE.unpack(unseal(b"state", txn.get(b"state", db=self.about))))

    def put_state(self, txn: Txn, state: State) -> None:
        """Note how far it has come."""
        txn.put(b"state", seal(b"state", _STATE.pack(*state)), db=self.about)

    def find_number(self, txn: Txn, name: bytes) -> int:
        """The number of an audience's text or a batch's root; 0, which is never given, for none."""
        key = _hash(name)
        stored = txn.get(key, db=self.numbers)
        return 0 if stored is None else int(_NUMBER.unpack(unseal(key, stored))[0])

    def give_number(self, txn: Txn, tree: Tree, name: bytes, last: int, value: bytes) -> int:
        """The number that ``name`` has in ``tree``, which has given ``last`` so far; a new one if it has none."""
        found = self.find_number(txn, name)
        if found:
            return found
        packed, key = _NUMBER.pack(last + 1), _hash(name)
        txn.put(packed, seal(packed, value), append=True, db=tree)
        txn.put(key, seal(key, packed), db=self.numbers)
        return last + 1

    def list_audiences(self, txn: Txn, after: int) -> Iterator[tuple[int, str]]:
        """The audiences numbered after ``after``; CorruptError where one is missing."""
        known = after
        with txn.cursor(self.audience_texts) as cursor:
            rest = cursor if cursor.set_range(_NUMBER.pack(after + 1)) else ()
            for key, stored in rest:
                known += 1
                if key != _NUMBER.pack(known):
                    raise damaged()
                yield known, unseal(key, stored).decode()
        if known != max(after, self.state(txn).audiences):
            raise damaged()

    def audience(self, txn: Txn, number: int) -> str:
        """The text of an audience; CorruptError if there is none of that number."""
        key = _NUMBER.pack(number)
        return unseal(key, txn.get(key, db=self.audience_texts)).decode()

    def batch(self, txn: Txn, number: int) -> tuple[BatchId, bytes]:
        """The batch of that number and its source; CorruptError if there is none."""
        key = _NUMBER.pack(number)
        value = unseal(key, txn.get(key, db=self.batch_roots))
        return BatchId(value[:ROOT_BYTES].hex()), value[ROOT_BYTES:]

    def tally(self, txn: Txn, audience: int, position: int) -> None:
        """Count a change whose reach is that audience."""
        key = _NUMBER.pack(audience)
        stored = txn.get(key, db=self.tallies)
        count, last = (0, 0) if stored is None else _TALLY.unpack(unseal(key, stored))
        if last:
            txn.delete(_POSITION.pack(last), db=self.tallied)
        place = _POSITION.pack(position)
        txn.put(key, seal(key, _TALLY.pack(count + 1, position)), db=self.tallies)
        txn.put(place, seal(place, _COUNTED.pack(audience, count + 1)), append=True, db=self.tallied)

    def list_tallied(self, txn: Txn, after: int) -> list[Tallied]:
        """What was counted since position ``after``; CorruptError where something is missing."""
        found, last, state = [], after, self.state(txn)
        with txn.cursor(self.tallied) as cursor:
            rest = cursor if cursor.set_range(_POSITION.pack(after + 1)) else ()
            for key, stored in rest:
                last = _POSITION.unpack(key)[0]
                found.append(Tallied(*_COUNTED.unpack(unseal(key, stored))))
        if last != max(after, state.tallied) or (not after and sum(each.changes for each in found) != state.changes):
            raise damaged()
        return found


def batch_value(root: bytes, source: MemberCode) -> bytes:
    """What lies under a batch's number: its root, and whose it is."""
    return root + source.encode()


def _hash(name: bytes) -> bytes:
    """Names may be longer than LMDB's keys."""
    return hashlib.sha256(name).digest()
