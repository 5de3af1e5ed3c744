"""``comity bench lookup``: what a check costs over the least that it could cost, and a verdict over a bare look-up.

The reference of a check is one bare NATS round trip over the same broker and two bare SQLite commits of one row each,
durable: what any system must pay that asks another one and keeps a record on both sides.
"""

import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import lmdb

from comity.act import Session
from comity.audience import Audience
from comity.bench.bare import bare_exchange, node_here, open_session
from comity.bench.processor import processor_of
from comity.bench.report import Figure, Report, compare
from comity.demo.cast import CLERK, INSPECTOR, STOLEN_BLANK
from comity.demo.network import DemoNetwork
from comity.ids import BatchId, MemberCode, RegisterName
from comity.index.exact import Index
from comity.index.posting import Entry
from comity.index.reader import Reader
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS

RUNS: Final = 7
CHECKS: Final = 40  # in a run; a minute's limit of sixty is the rulebook's, so runs are spread over officers
KEYS: Final = 200_000
LOOKUPS: Final = 50_000
DOCUMENTS: Final = RegisterName("travel-documents")
ASKERS: Final = 2 * RUNS + 2


def measure_lookup() -> Report:
    """Take both measurements."""
    setting = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": RUNS,
        "checks a run": CHECKS,
        "records in the index": KEYS,
    }
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        figures = _measure_checks(Path(folder)) | _measure_verdicts(Path(folder) / "index.lmdb")
    return Report("lookup", setting, figures)


# A check over the bare reference


def _measure_checks(folder: Path) -> dict[str, Figure]:
    with DemoNetwork(folder / "network") as network:
        network.found()
        network.start_broker()
        passwords = network.give_passwords([CLERK])
        for code in ("GS", "FR"):
            network.start_node(code)
        network.enter_records(passwords[CLERK.name])
        gate = _at_the_gate(network, folder)
        over_http = _over_http(network, folder)
    bare = "one bare NATS round trip and two bare SQLite commits"
    processor = f"processor time, all processes, of {bare}"
    return {
        "check_over_bare": compare(gate.ours_ms, gate.bare_ms, "ms", bare),
        "check_over_http_over_bare": compare(over_http.ours_ms, over_http.bare_ms, "ms", bare),
        "check_cpu_ms": compare(gate.ours_cpu_ms, gate.bare_cpu_ms, "ms", processor),
        "check_over_http_cpu_ms": compare(over_http.ours_cpu_ms, over_http.bare_cpu_ms, "ms", processor),
    }


class _Turns(NamedTuple):
    """Milliseconds a check and a bare exchange, on the clock and of processor, run by run."""

    ours_ms: list[float]
    bare_ms: list[float]
    ours_cpu_ms: list[float]
    bare_cpu_ms: list[float]


def _at_the_gate(network: DemoNetwork, folder: Path) -> _Turns:
    """LT's node in this process, the secretariat's in its own, checks one after the other."""
    with bare_exchange(network, folder, "FR") as reference, node_here(network, "LT") as node:
        sessions = [open_session(node, f"asker-{number}", INSPECTOR.roles) for number in range(ASKERS)]
        terms = {DOCUMENTS: {"number": STOLEN_BLANK, "country": "FRA"}}

        def check(session: Session) -> None:
            checked = node.asker.check(session, terms, purpose="border-control", reference="")
            if checked.registers[0].answer != "hit":
                raise RuntimeError(checked.registers[0].answer)

        return _in_turns(lambda run: lambda: check(sessions[run]), reference)


def _over_http(network: DemoNetwork, folder: Path) -> _Turns:
    """LT's node in its own process too, asked over its API by one client."""
    people = [f"asker-{number}" for number in range(ASKERS)]
    passwords = network.give_named_passwords("LT", people, INSPECTOR.roles)
    network.start_node("LT")
    form = {"number": STOLEN_BLANK, "country": "FRA", "type": "passport", "purpose": "border-control"}
    with (
        httpx.Client(base_url=network.url("LT"), timeout=10.0) as client,
        bare_exchange(network, folder, "FR") as reference,
    ):
        tokens = [
            client.post("/v1/sessions", json={"officer": name, "password": passwords[name]}).json()["token"]
            for name in people
        ]

        def check(token: str) -> None:
            client.post("/v1/queries", json=form, headers={"Authorization": f"Bearer {token}"}).raise_for_status()

        return _in_turns(lambda run: lambda: check(tokens[run]), reference)


def _in_turns(ours: Callable[[int], Callable[[], None]], reference: Callable[[], None]) -> _Turns:
    """Run by run in turns, so that what disturbs the machine disturbs both."""
    runs = [(*_milliseconds_twice(ours(run)), *_milliseconds_twice(reference)) for run in range(RUNS + 1)]
    ours_ms, ours_cpu_ms, bare_ms, bare_cpu_ms = map(list, zip(*runs[1:], strict=True))  # the first run warms up
    return _Turns(ours_ms, bare_ms, ours_cpu_ms, bare_cpu_ms)


def _milliseconds_twice(act: Callable[[], None]) -> tuple[float, float]:
    """Milliseconds a time on the clock, and of processor."""
    on_the_clock: list[float] = []
    used_s = processor_of(lambda: on_the_clock.append(_milliseconds(act, CHECKS)))
    return on_the_clock[0], used_s * 1000 / CHECKS


def _milliseconds(act: Callable[[], None], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - begun) * 1000 / times


# A verdict over a bare look-up


def _measure_verdicts(path: Path) -> dict[str, Figure]:
    """From typed fields to an audience's verdict, against LMDB's own ``get`` with the key at hand."""
    stored = [f"{number:09d}" for number in range(0, 2 * KEYS, 2)]
    index = Index(path, DOCUMENTS)
    batch = BatchId("0" * 64)
    everyone = str(Audience.everyone())
    fields = [{"number": number, "country": "FRA"} for number in stored]
    source = MemberCode("FR")
    keys = [ask_keys(TRAVEL_DOCUMENTS, each)[0] for each in fields]
    index.apply(1, source, [Entry(key, everyone, batch, offset) for offset, key in enumerate(keys)])
    hidden = [{"number": number, "country": "LTU"} for number in stored[:LOOKUPS]]
    excluded = str(Audience.all_but(MemberCode("LT")))
    keys = [ask_keys(TRAVEL_DOCUMENTS, each)[0] for each in hidden]
    index.apply(2, source, [Entry(key, excluded, batch, KEYS + at) for at, key in enumerate(keys)])
    reader = Reader(index, MemberCode("LT"))
    chosen = random.Random(1).sample(range(KEYS), LOOKUPS)  # noqa: S311 - the same keys each time
    hits = [fields[number] for number in chosen]
    misses = [{"number": f"{int(each['number']) + 1:09d}", "country": "FRA"} for each in hits]
    try:
        figures = {
            "verdict_over_lmdb_hit": _verdicts(index.environment, reader, hits, found=True),
            "verdict_over_lmdb_miss": _verdicts(index.environment, reader, misses, found=False),
            "masked_over_miss": _masked(reader, hidden, misses),
        }
    finally:
        index.close()
    return figures


def _masked(reader: Reader, hidden: Sequence[dict[str, str]], misses: Sequence[dict[str, str]]) -> Figure:
    """What an excluded member could measure: verdicts on records hidden from it, against those on no record.

    All in one order that means nothing, in processor time.
    """
    asked = [*((True, each) for each in hidden), *((False, each) for each in misses)]
    mine, theirs = [], []
    for run in range(RUNS):
        random.Random(run).shuffle(asked)  # noqa: S311 - the same orders each time
        spent = {True: 0, False: 0}
        for is_hidden, each in asked:
            begun = time.thread_time_ns()
            found = reader.find(ask_keys(TRAVEL_DOCUMENTS, each)[0])
            spent[is_hidden] += time.thread_time_ns() - begun
            if found:
                raise RuntimeError(each["number"])
        mine.append(spent[True] / 1000 / len(hidden))
        theirs.append(spent[False] / 1000 / len(misses))
    return compare(mine, theirs, "us of processor", "the same verdict where there is no record")


def _verdicts(environment: lmdb.Environment, reader: Reader, asked: Sequence[dict[str, str]], *, found: bool) -> Figure:
    postings = environment.open_db(b"postings", create=False)
    keys = [ask_keys(TRAVEL_DOCUMENTS, each)[0] for each in asked]

    def ours() -> None:
        for each in asked:
            if bool(reader.find(ask_keys(TRAVEL_DOCUMENTS, each)[0])) != found:
                raise RuntimeError(each["number"])

    def bare() -> None:
        with environment.begin(db=postings) as txn:
            get = txn.get
            for key in keys:
                if (get(key) is not None) != found:
                    raise RuntimeError(key)

    mine, theirs = [], []
    for _ in range(RUNS):
        mine.append(len(asked) / (_milliseconds(ours, 1) / 1000))
        theirs.append(len(asked) / (_milliseconds(bare, 1) / 1000))
    return compare(mine, theirs, "a second", "lmdb get, keys at hand, one transaction")
