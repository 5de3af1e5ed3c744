"""Messages between real processes, one of which loses its power between receiving and acknowledging."""

import contextlib
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from comity.demo.cast import WRITER, Person
from comity.demo.network import DemoNetwork
from comity.peer.broker import read_address

pytestmark = pytest.mark.processes

KILLS = 20
READER = Person("FR", "reader", "Reader", ("desk", "auditor"), "")


class Wire:
    """A wire between a node and the broker, whose bytes towards the broker can be held back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._passes = threading.Event()
        self._passes.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tls://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        self._passes.clear()

    def let_go(self) -> None:
        self._passes.set()

    def close(self) -> None:
        self._listener.close()
        self._passes.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                node, _ = self._listener.accept()
                broker = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pump, args=(node, broker, self._passes), daemon=True).start()
                threading.Thread(target=self._pump, args=(broker, node, None), daemon=True).start()

    def _pump(self, source: socket.socket, to: socket.socket, passes: threading.Event | None) -> None:
        with contextlib.suppress(OSError), source, to:
            while data := source.recv(65_536):
                if passes is not None and not passes.is_set():
                    passes.wait()
                    return  # what was held when the power went never arrives
                to.sendall(data)


def eventually(is_so: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.02)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[DemoNetwork]:
    with DemoNetwork(tmp_path, profile="test") as found:
        found.found()
        yield found


@contextlib.contextmanager
def officer(network: DemoNetwork, person: Person, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=network.url(person.member), timeout=15.0) as client:
        token = client.post("/v1/sessions", json={"officer": person.name, "password": password}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def is_here(database: Path, name: str) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        return rows.execute("select 1 from message where id = ?", (name,)).fetchone() is not None


def inbox(reader: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reader.get("/v1/messages", params={"most": 100}).json()["messages"]
    return found


def test_a_recipient_killed_twenty_times_before_it_acknowledges_has_every_message_once(network: DemoNetwork) -> None:
    """The message is durable at FR, its receipt is on the wire, and FR loses power: LT sends again, FR knows it."""
    passwords = network.give_passwords([WRITER, READER])
    network.start_broker()
    for code in ("GS", "LT"):
        network.start_node(code)
    broker = read_address(network.folder / "broker")
    assert broker is not None
    wire = Wire(int(broker.url.rsplit(":", 1)[1]))
    config = network.folder / "FR" / "node.toml"
    config.write_text(re.sub(r"(?m)^broker_folder = .*$", f'broker = ["{wire.address}"]', config.read_text()))
    database = network.folder / "FR" / "data" / "node.db"
    sent = []
    with officer(network, WRITER, passwords[WRITER.name]) as writer:

        def state(name: str) -> str:
            found: str = writer.get(f"/v1/messages/{name}/progress").json()["deliveries"][0]["state"]
            return found

        for number in range(KILLS):
            network.start_node("FR")
            wire.hold()
            form = {"to": ["FR"], "subject": f"Number {number}", "text": "Once."}
            name = writer.post("/v1/messages", json=form).json()["id"]
            sent.append(name)
            eventually(lambda name=name: is_here(database, name), "FR has not received it")  # type: ignore[misc]
            network.nodes["FR"].kill()
            assert state(name) in {"queued", "relayed"}, "it was acknowledged"
            wire.let_go()

        network.start_node("FR")
        for name in sent:
            eventually(lambda name=name: state(name) == "delivered", f"{name} has no receipt")  # type: ignore[misc]
    with officer(network, READER, passwords[READER.name]) as reader:
        assert sorted(each["id"] for each in inbox(reader)) == sorted(sent)
        assert reader.post("/v1/ledger/verify", timeout=60.0).json()["findings"] == []
    wire.close()
