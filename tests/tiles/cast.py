"""LT's ledger in these tests: its keys, invented entries, and a store that forgets nothing when it is cut off."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from comity.ids import EntryId, MemberCode
from comity.ledger.checkpoint import Checkpoint, VerifierKey, key_name_of, origin_of, sign_checkpoint
from comity.ledger.entry import Entry, make_entry
from comity.signer import Ed25519Signer
from comity.tiles.durable import no_boundary
from comity.tiles.log import TileLog
from comity.tiles.sequencer import Placed, Through

NETWORK = "model.example"
LT = MemberCode("LT")
SIGNER = Ed25519Signer(b"LT" * 16)
KEY = VerifierKey(key_name_of(NETWORK, LT), SIGNER.public)
PERIOD = "2026-11"
ORIGIN = origin_of(NETWORK, LT, PERIOD)
AT = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class KilledError(BaseException):
    """The process ends here."""


@cache
def entry(number: int, size_bytes: int = 30) -> Entry:
    salt = hashlib.sha256(b"salt %d" % number).digest()
    content = (b"%d " % number).ljust(size_bytes, b".")
    return make_entry("query.asked", AT + timedelta(milliseconds=number), content, salt)


def entries(start: int, stop: int) -> list[Entry]:
    return [entry(number) for number in range(start, stop)]


def publish(log: TileLog) -> None:
    head = Checkpoint(origin_of(NETWORK, LT, log.folder.name), log.end, log.root(log.end))
    log.publish(sign_checkpoint(head, SIGNER, KEY.name))


def grow(log: TileLog, *sizes: int) -> None:
    """Append up to each of these sizes in turn, publishing at each."""
    for size in sizes:
        log.append(entries(log.size, size))
        publish(log)


def kill_at(step: int) -> Callable[[str], None]:
    """A boundary whose ``step``-th call ends the process; it never ends for a step below zero."""
    calls = iter(range(10**9))

    def boundary(name: str) -> None:
        if next(calls) == step:
            raise KilledError(name)

    return boundary


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class Store:
    """Pending rows in memory, committed as a whole or not at all, as SQL does it."""

    def __init__(self) -> None:
        self.rows: dict[int, Entry] = {}
        self.placed: list[Placed] = []
        self.through = Through("", 0, 0)
        self.boundary: Callable[[str], None] = no_boundary
        self._number = 0

    def add(self, *new: Entry) -> None:
        for one in new:
            self._number += 1
            self.rows[self._number] = one

    def pending(self, most: int, after: int = 0) -> list[tuple[int, Entry]]:
        return [(number, entry) for number, entry in self.rows.items() if number > after][:most]

    def sequenced(self, placed: Sequence[Placed], through: Through) -> None:
        self.boundary("store.commit")
        for one in placed:
            if one.pending is not None:
                del self.rows[one.pending]
        self.placed += placed
        self.through = through
        self.boundary("store.committed")

    def sequenced_through(self) -> Through:
        return self.through

    def listed_through(self) -> tuple[str, int]:
        return max(((each.period, each.index + 1) for each in self.placed), default=("", 0))

    def is_listed(self, name: EntryId) -> bool:
        return any(each.id == name for each in self.placed)
