"""``comity bench ledger``: how many entries a second become durable, and how soon a checkpoint covers them.

Entries go the way that acts take: those of acts that change state by the writer's group commits from many threads,
those of reads by the segment in groups. The sequencer moves them into the tree all the while, as in a running node.
The references are the same bytes, bare: rows in SQLite by the same number a commit, groups in a file by as many syncs.
"""

import os
import platform
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from comity.act import Act, Actor
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
        "sequencer": f"beside it, every {SEQUENCE_S} s",
    }
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        return Report("ledger", setting, _measure(Path(folder)))


def _measure(folder: Path) -> dict[str, Figure]:
    changes, rows, reads, syncs, waits = [], [], [], [], []
    for run in range(RUNS):
        place = folder / str(run)
        entries = _entries(CHANGES)
        with _ledger(place / "changes") as (store, waited):
            changes.append(CHANGES / _seconds(lambda: _change(store, entries)))  # noqa: B023 - called at once
            waits.append(waited(CHANGES))
        rows.append(CHANGES / _seconds(lambda: _insert(place / "bare.db", entries)))  # noqa: B023 - as above
        entries = _entries(READS)
        with _ledger(place / "reads") as (store, waited):
            reads.append(READS / _seconds(lambda: _read(store, entries)))  # noqa: B023 - as above
            waits.append(waited(READS))
        syncs.append(READS / _seconds(lambda: _write(place / "bare.file", entries)))  # noqa: B023 - as above
    return {
        "entries_per_s": compare(changes, rows, "a second", f"bare SQLite rows, {THREADS} a durable commit"),
        "reads_per_s": compare(reads, syncs, "a second", f"the same bytes in a file, {GROUP} entries a sync"),
        "checkpoint_s_max": Figure(max(waits), "s"),
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


@contextmanager
def _ledger(folder: Path) -> Iterator[tuple[Store, Callable[[int], float]]]:
    """A store whose entries are sequenced beside; and how long at most so many of them waited for a checkpoint."""
    store = Store(folder)
    sequencer = Sequencer(
        folder / "ledger", NETWORK, MEMBER, Ed25519Signer(b"\x01" * 32), store, store.segment, entropy=os.urandom
    )  # fmt: skip
    waits: list[float] = []
    moved = [0]
    ended = threading.Event()

    def sequence() -> None:
        last = time.perf_counter()
        while not ended.is_set():
            begun = time.perf_counter()
            if count := sequencer.step(datetime.now(UTC)):
                moved[0] += count
                # What was durable just after the round before began waited for this one to end.
                waits.append(time.perf_counter() - last)
            last = begun
            ended.wait(SEQUENCE_S)

    def longest(count: int) -> float:
        while moved[0] < count:
            time.sleep(SEQUENCE_S / 10)
        return max(waits)

    thread = threading.Thread(target=sequence)
    thread.start()
    try:
        yield store, longest
    finally:
        ended.set()
        thread.join()
        while sequencer.step(datetime.now(UTC)):
            pass
        _verify(folder / "ledger")
        store.close()


def _verify(folder: Path) -> None:
    """Nothing that is measured is lost."""
    size = sum(TileLog(period).size for period in folder.iterdir())
    if size < min(CHANGES, READS):
        raise RuntimeError(size)


def _change(store: Store, entries: list[Entry]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda entry: store.change(lambda unit: unit.record(entry)), entries, chunksize=1))


def _read(store: Store, entries: list[Entry]) -> None:
    for start in range(0, len(entries), GROUP):
        store.segment.append(entries[start : start + GROUP])


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
