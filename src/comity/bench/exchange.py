"""``comity bench exchange``: messages from bureau to bureau, sealed, signed, receipted, on disk at both ends.

The reference is what any system must pay that sends as many bytes and keeps a row on both sides: a bare NATS round trip
over the same broker, and a bare durable SQLite row at each end; with 64 in flight, 64 requests side by side whose rows
share one commit at each end, which is the best that can be done.
"""

import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from comity.act import Session
from comity.bench.bare import bare_exchange, node_here, open_session
from comity.bench.processor import processor_of
from comity.bench.report import Figure, Report, compare
from comity.demo.network import DemoNetwork
from comity.exchange.envelope import SALT_BYTES, Address, Plain, open_envelope, parse_envelope, seal
from comity.exchange.message import Text, keep_text
from comity.ids import MemberCode
from comity.node import Node
from comity.peer.messenger import MessageForm
from comity.sealing import SealingKey
from comity.signer import Ed25519Signer, sign_frame

RUNS: Final = 5
IN_FLIGHT: Final = 64
MESSAGES: Final = 640  # in a run with 64 in flight
ALONE: Final = 60  # in a run with one in flight
SENDERS: Final = 16  # officers' threads, as the pages and the API have them
TEXT: Final = "x" * 1000
ENVELOPE_BYTES: Final = 4_200  # such a message on the line: head, seals, wrap, body
CRYPTO_TIMES: Final = 300
_POLL_S: Final = 0.002  # how often one message alone is looked after
_POLL_MANY_S: Final = 0.02  # with many in flight, looking every 2 ms took a fifth of the sender's time


def measure_exchange() -> Report:
    """Take all measurements on one network."""
    setting = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": RUNS,
        "text": "1 kB, one recipient",
        "in flight": IN_FLIGHT,
        "messages a run": MESSAGES,
    }
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        figures = _measure(Path(folder))
    return Report("exchange", setting, figures)


def _measure(folder: Path) -> dict[str, Figure]:
    with DemoNetwork(folder / "network") as network:
        network.found()
        network.start_broker()
        for code in ("GS", "FR", "DESK"):
            network.start_node(code)
        bare = partial(bare_exchange, network, folder, payload_bytes=ENVELOPE_BYTES)
        with node_here(network, "LT") as node:
            mailer = _Mailer(node, open_session(node, "sender", ("desk",)))
            with bare("DESK", at_once=IN_FLIGHT) as together:
                many = _in_turns(partial(mailer.send, MESSAGES, IN_FLIGHT), together, MESSAGES, IN_FLIGHT)
            network.start_node("DESK")
            with bare("DESK") as alone:
                single = _in_turns(partial(mailer.send, ALONE, 1), alone, ALONE, 1)
    bare_many = f"bare NATS and bare SQLite, {IN_FLIGHT} side by side in one commit"
    a_second = compare(many.ours, many.bare, "a second", bare_many)
    crypto_s = _crypto_s()
    cores = min(2, os.cpu_count() or 1)
    return {
        "messages_per_s": a_second,
        "one_in_flight_per_s": compare(
            single.ours, single.bare, "a second", "bare NATS and two bare SQLite commits, one by one"
        ),
        "message_cpu_ms": compare(
            many.ours_cpu_ms, many.bare_cpu_ms, "ms", f"processor time, all processes: {bare_many}"
        ),
        "share_of_crypto": Figure(crypto_s * a_second.ours / cores, f"of {cores} cores while messages_per_s was taken"),
    }


class _Mailer:
    """Sends messages to FR, and waits until each is receipted."""

    def __init__(self, node: Node, session: Session) -> None:
        self._node = node
        self._session = session

    def send(self, count: int, in_flight: int) -> None:
        """``count`` messages, never more than ``in_flight`` under way."""
        slots = threading.Semaphore(in_flight)
        left = iter(range(count))
        sent = [0]
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                slots.acquire()
                form = MessageForm(to=("FR",), subject="Measured", text=TEXT)
                if self._node.messages.send(self._session, form).release is None:
                    raise RuntimeError("refused")
                with lock:
                    sent[0] += 1

        threads = [threading.Thread(target=work, daemon=True) for _ in range(min(SENDERS, in_flight))]
        for thread in threads:
            thread.start()
        poll_s = _POLL_S if in_flight == 1 else _POLL_MANY_S
        settled = 0
        while settled < count:
            now_settled = sent[0] - self._node.messages.count_queued()
            for _ in range(now_settled - settled):
                slots.release()
            settled = max(settled, now_settled)
            time.sleep(poll_s)


class _Turns(NamedTuple):
    """Messages a second, ours and bare, and milliseconds of processor each, run by run."""

    ours: list[float]
    bare: list[float]
    ours_cpu_ms: list[float]
    bare_cpu_ms: list[float]


def _in_turns(ours: Callable[[], None], reference: Callable[[], None], count: int, at_once: int) -> _Turns:
    """Run by run in turns, so that what disturbs the machine disturbs both."""

    def bare() -> None:
        for _ in range(count // at_once):
            reference()

    runs = [(*_a_second(ours, count), *_a_second(bare, count)) for _ in range(RUNS + 1)]
    mine, mine_cpu_ms, theirs, theirs_cpu_ms = map(list, zip(*runs[1:], strict=True))  # the first run warms up
    return _Turns(mine, theirs, mine_cpu_ms, theirs_cpu_ms)


def _a_second(act: Callable[[], None], count: int) -> tuple[float, float]:
    """How many of ``count`` a second, and milliseconds of processor each."""
    begun = time.perf_counter()
    used_s = processor_of(act)
    return count / (time.perf_counter() - begun), used_s * 1000 / count


def _crypto_s() -> float:
    """Seconds of one core that one message's cryptography takes, at both ends together."""
    signer, key, storage = Ed25519Signer(os.urandom(32)), SealingKey(os.urandom(32)), os.urandom(32)
    text = msgspec.json.encode(Text(2, "Measured", TEXT))
    now = datetime.now(UTC)
    address = Address("message", MemberCode("LT"), now, now + timedelta(days=1), None, "routine", "official-use")
    begun = time.perf_counter()
    for _ in range(CRYPTO_TIMES):
        plain = Plain(os.urandom(SALT_BYTES), text)
        sealed = seal(plain, {MemberCode("FR"): key.public}, address, signer, os.urandom)
        keep_text(plain, storage, sealed.id, os.urandom)
        arrived = parse_envelope(sealed.copies[MemberCode("FR")].encode())
        arrived.frame.verify(signer.public)
        arrived.verify_whole()
        keep_text(open_envelope(arrived, key), storage, sealed.id, os.urandom)
        sign_frame(signer, "receipt", text).verify(signer.public)
    return (time.perf_counter() - begun) / CRYPTO_TIMES
