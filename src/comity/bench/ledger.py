"""``comity bench ledger``: how many entries a second become durable, and how soon a checkpoint covers them.

Entries go the way that acts take: those of acts that change state by the writer's group commits from many threads,
those of reads by the segment in groups. The sequencer moves them into the tree all the while, as in a running node.
The references are the same bytes, bare: rows in SQLite by the same number a commit, groups in a file by as many syncs.
"""

import os
import platform
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from comity.act import Act, Actor
from comity.bench.processor import processor_of
from comity.bench.report import Figure, Report, compare
from comity.gate import SALT_BYTES, content_of
from comity.ids import MemberCode
from comity.ledger.entry import Entry, make_entry
from comity.limits import SEQUENCE_S
from comity.rules.model import FIRST_RULEBOOK
from comity.rules.verdict import Verdict
from comity.signer import Ed25519Signer
from comity.store.store import Store
from comity.tiles.durable import sync_data
from comity.tiles.log import TileLog
from comity.tiles.sequencer import Sequencer

RUNS: Final = 3
CHANGES: Final = 10_000  # entries of acts that change state, a run
READS: Final = 60_000  # entries of reads, a run
THREADS: Final = 128  # acts in hand at once: they share commits
GROUP: Final = 64  # reads whose entries share a sync
PACE: Final = 30_000.0  # reads a second while the wait for checkpoints is measured: the goal
NETWORK: Final = "bench"
MEMBER: Final = MemberCode("LT")


def measure_ledger() -> Report:
    """Take the measurement."""
    setting = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": RUNS,
        "entries of changes a run": CHANGES,
        "threads": THREADS,
        "entries of reads a run": READS,
        "reads a group": GROUP,
        "checkpoints": f"with changes as fast as they come, and {PACE:,.0f} reads a second",
        "sequencer": f"beside it, every {SEQUENCE_S} s",
    }
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        return Report("ledger", setting, _measure(Path(folder)))


def _measure(folder: Path) -> dict[str, Figure]:
    changes, rows, reads, syncs, waits = [], [], [], [], []
    change_us, read_us = [], []
    for run in range(RUNS):
        place, entries = folder / str(run), _entries(READS)

        def change(place: Path = place, entries: list[Entry] = entries) -> None:
            with closing(_Watched(place / "changes")) as watched:
                changes.append(CHANGES / _seconds(partial(_change, watched, entries[:CHANGES])))
                waits.append(watched.longest(CHANGES))

        def read(place: Path = place, entries: list[Entry] = entries) -> None:
            with closing(_Watched(place / "reads")) as watched:
                reads.append(READS / _seconds(partial(_read, watched, entries)))

        change_us.append(processor_of(change) * 1e6 / CHANGES)
        rows.append(CHANGES / _seconds(partial(_insert, place / "bare.db", entries[:CHANGES])))
        read_us.append(processor_of(read) * 1e6 / READS)
        with closing(_Watched(place / "paced")) as watched:
            _read(watched, entries, PACE)
            waits.append(watched.longest(READS))
        syncs.append(READS / _seconds(partial(_write, place / "bare.file", entries)))
    return {
        "entries_per_s": compare(changes, rows, "a second", f"bare SQLite rows, {THREADS} a durable commit"),
        "reads_per_s": compare(reads, syncs, "a second", f"the same bytes in a file, {GROUP} entries a sync"),
        "checkpoint_s_max": Figure(max(waits), "s"),
        "change_cpu_us": Figure(statistics.median(change_us), "us"),
        "read_cpu_us": Figure(statistics.median(read_us), "us"),
    }


def _entries(count: int) -> list[Entry]:
    """Entries as a check leaves them."""
    actor = Actor(MEMBER, proven=True, officer="r.kazlauskaite", roles=("inspector",))
    verdict = Verdict("allowed", ("CTY-1.1", "RPD-10.1"), FIRST_RULEBOOK.hash)
    now = datetime.now(UTC)
    act = Act("query.ask", actor, now, None, "", "border-control", "shift 2026-11-23/2")
    terms = {"travel-documents": {"number": "19AC45678", "country": "FRA", "type": "passport"}}
    content = content_of(act, verdict, {"keeper": "GS", "terms": terms, "id": "q-" + "0" * 32})
    return [make_entry("query.ask", now, content, os.urandom(SALT_BYTES)) for _ in range(count)]


class _Watched:
    """A store whose entries are sequenced beside it. ``came`` has when each was durable, in their order."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.came: list[float] = []
        self._covered = 0
        self._longest = 0.0
        self._folder = folder / "ledger"
        self._sequencer = Sequencer(
            self._folder, NETWORK, MEMBER, Ed25519Signer(b"\x01" * 32), self.store, self.store.segment,
            self._published, entropy=os.urandom,
        )  # fmt: skip
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sequence)
        self._thread.start()

    def longest(self, count: int) -> float:
        """How long the one of ``count`` entries waited for a checkpoint that waited longest, seconds."""
        while self._covered < count:
            time.sleep(SEQUENCE_S / 10)
        return self._longest

    def close(self) -> None:
        """Place what is left, and see that nothing is lost."""
        self._ended.set()
        self._thread.join()
        while self._sequencer.step(datetime.now(UTC)):
            pass
        _verify(self._folder)
        self.store.close()

    def _sequence(self) -> None:
        while not self._ended.is_set():
            self._sequencer.step(datetime.now(UTC))
            self._ended.wait(SEQUENCE_S)

    def _published(self, step: str) -> None:
        if step != "sequence.published" or self._sequencer.log is None:
            return
        if self._covered < len(self.came):
            self._longest = max(self._longest, time.perf_counter() - self.came[self._covered])
        self._covered = self._sequencer.log.size - 1  # the first opens the period


def _verify(folder: Path) -> None:
    """Nothing that is measured is lost."""
    size = sum(TileLog(period).size for period in folder.iterdir())
    if size < min(CHANGES, READS):
        raise RuntimeError(size)


def _change(watched: _Watched, entries: list[Entry]) -> None:
    def change(entry: Entry) -> None:
        watched.store.change(lambda unit: unit.record(entry))
        watched.came.append(time.perf_counter())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(change, entries))


def _read(watched: _Watched, entries: list[Entry], pace: float = 0.0) -> None:
    """Append in groups; with ``pace``, so many entries a second at most."""
    begun = time.perf_counter()
    for start in range(0, len(entries), GROUP):
        if pace and (early := begun + start / pace - time.perf_counter()) > 0:
            time.sleep(early)
        group = entries[start : start + GROUP]
        watched.store.segment.append(group)
        watched.came.extend([time.perf_counter()] * len(group))


def _insert(path: Path, entries: list[Entry]) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute("create table entry (leaf blob, salt blob, content blob)")
    for start in range(0, len(entries), THREADS):
        database.execute("begin immediate")
        for entry in entries[start : start + THREADS]:
            database.execute("insert into entry values (?, ?, ?)", (entry.leaf, entry.salt, entry.content))
        database.execute("commit")
    database.close()


def _write(path: Path, entries: list[Entry]) -> None:
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(entries), GROUP):
            file.write(
                b"".join([each.leaf + each.salt + each.content for each in entries[start : start + GROUP]])
            )  # fmt: skip
            sync_data(file.fileno())


def _seconds(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
