"""``comity bench enter``: a file of records from its table to where everybody is answered from it.

The references are what any such system must do at least once: the same rows by one bare ``executemany`` into SQLite,
committed durably, and the same keys by bare LMDB puts in one transaction.
"""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import lmdb

from comity.act import Session
from comity.bench.bare import node_here, open_session, wait_until
from comity.bench.processor import processor_of
from comity.bench.report import Figure, Report, compare
from comity.demo.cast import INSPECTOR, REGISTRAR
from comity.demo.network import DemoNetwork
from comity.node import Node
from comity.peer.brought import FileForm, FileStage
from comity.registers.consignment import ConsignmentState
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS

RUNS: Final = 3
LINES: Final = 100_000  # a run, all of them new
PATIENCE_S: Final = 120.0


def measure_enter() -> Report:
    """Take the measurement."""
    setting = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": RUNS,
        "lines a run": LINES,
        "processes": "the source's node, the keeper's node, their workers (one a core, at most four), the broker",
    }
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        return Report("enter", setting, _measure(Path(folder)))


def _measure(folder: Path) -> dict[str, Figure]:
    with DemoNetwork(folder / "network") as network:
        network.found()
        network.start_broker()
        network.start_node("GS")
        with node_here(network, "FR") as node:
            registrar = open_session(node, "registrar", REGISTRAR.roles)
            inspector = open_session(node, "inspector", INSPECTOR.roles)
            mine, rows, puts, cpu, cpu_rows = [], [], [], [], []
            for run in range(RUNS):
                used_s = processor_of(lambda: mine.append(LINES / _enter(node, registrar, inspector, run)))  # noqa: B023 - called at once
                cpu.append(used_s * 1e6 / LINES)
                used_s = processor_of(lambda: rows.append(LINES / _insert(folder / f"bare-{run}.db", run)))  # noqa: B023
                cpu_rows.append(used_s * 1e6 / LINES)
                puts.append(LINES / _put(folder / f"bare-{run}.lmdb", run))
    return {
        "enter_records_per_s": compare(mine, rows, "a second", "one bare executemany into SQLite, durable"),
        "enter_records_per_s_over_lmdb": compare(mine, puts, "a second", "bare LMDB puts in one transaction, durable"),
        "record_cpu_us": compare(cpu, cpu_rows, "us", "processor time, all processes, of one bare executemany"),
    }


def _numbers(run: int) -> Iterator[str]:
    return (f"{run:02d}AB{number:05d}" for number in range(LINES))


def _enter(node: Node, registrar: Session, inspector: Session, run: int) -> float:
    """Seconds from the table's first byte at the source's node until the keeper answers from its last line."""
    lines = "".join(f"{number},FRA,passport,stolen,2026-03-04\n" for number in _numbers(run))
    data = f"number,country,type,loss,theft_date\n{lines}".encode()
    last = list(_numbers(run))[-1]
    begun = time.perf_counter()
    name = node.files.begin(registrar, FileForm(register="travel-documents", name="x.csv", size=len(data))).file.id
    node.files.append(registrar, name, 0, iter([data]))
    wait_until(lambda: node.files.find(registrar, name).stage is FileStage.READ, PATIENCE_S)
    node.files.enter(registrar, name, is_lawful=True)

    def is_entered() -> bool:
        consigned = node.files.find(registrar, name).consigned
        return consigned is not None and consigned.consignment.state is ConsignmentState.ENTERED

    wait_until(is_entered, PATIENCE_S)
    wait_until(lambda: _is_found(node, inspector, last), PATIENCE_S)
    return time.perf_counter() - begun


def _is_found(node: Node, inspector: Session, number: str) -> bool:
    terms = {TRAVEL_DOCUMENTS.name: {"number": number, "country": "FRA"}}
    return node.asker.check(inspector, terms, purpose="border-control", reference="").registers[0].answer == "hit"


def _insert(path: Path, run: int) -> float:
    rows = [(number, "FRA", "passport", "stolen", "2026-03-04") for number in _numbers(run)]
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE record (number PRIMARY KEY, country, type, loss, theft_date)")
        begun = time.perf_counter()
        connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        return time.perf_counter() - begun


def _put(path: Path, run: int) -> float:
    keys: Sequence[bytes] = [
        ask_keys(TRAVEL_DOCUMENTS, {"number": number, "country": "FRA"})[0] for number in _numbers(run)
    ]
    with lmdb.open(str(path), subdir=False, map_size=1 << 30) as environment:
        begun = time.perf_counter()
        with environment.begin(write=True) as txn:
            for key in sorted(keys):
                txn.put(key, b"x" * 12)
        return time.perf_counter() - begun
