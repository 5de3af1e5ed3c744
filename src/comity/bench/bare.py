"""What measurements stand on: a node in this process, and the bare broker and database that it is compared with."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from comity.act import Session
from comity.bench.echo import join
from comity.config import read_config
from comity.demo.network import DemoNetwork
from comity.lock import hold_folder
from comity.node import Node
from comity.runtime import PASSPHRASE, make_line, open_keyring


@contextlib.contextmanager
def node_here(network: DemoNetwork, code: str) -> Iterator[Node]:
    """A member's node running in this process, well."""
    config = read_config(network.folder / code / "node.toml")
    os.environ[PASSPHRASE] = network.passphrase(code)
    with hold_folder(config.root_folder):
        keyring = open_keyring(config)
        line = make_line(config, keyring)
        node = Node(config, keyring, line)
        line.start()
        node.start()
        try:
            wait_until(lambda: node.health().is_ok)
            yield node
        finally:
            line.close()
            node.close()


@contextlib.contextmanager
def bare_exchange(
    network: DemoNetwork, folder: Path, instead_of: str, *, payload_bytes: int = 700, at_once: int = 1
) -> Iterator[Callable[[], None]]:
    """Gives one round trip from LT to an echo in a stopped node's place, and one durable row at each end.

    With ``at_once`` it gives so many side by side, whose rows share one commit at each end.
    """
    subject = f"ask.{instead_of}.LT"
    network.nodes[instead_of].stop()
    echo = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "comity.bench.echo", str(network.folder / instead_of / "node.toml"), subject],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {PASSPHRASE: network.passphrase(instead_of)},
    )
    databases = [bare_database(folder / f"bare-{number}-{time.monotonic_ns()}.db") for number in range(2)]
    loop = asyncio.new_event_loop()
    os.environ[PASSPHRASE] = network.passphrase("LT")
    try:
        if echo.stdout is None or not echo.stdout.readline():
            raise RuntimeError("The echo did not start.")
        client = loop.run_until_complete(join(network.folder / "LT" / "node.toml", f"_INBOX.LT.{instead_of}"))
        payload = b"x" * payload_bytes

        async def ask() -> None:
            await asyncio.gather(*(client.request(subject, payload, timeout=5) for _ in range(at_once)))

        def once() -> None:
            loop.run_until_complete(ask())
            for database in databases:
                database.executemany("insert into entry values (?)", [(payload,)] * at_once)
                database.commit()

        yield once
        loop.run_until_complete(client.close())
    finally:
        echo.communicate(timeout=10)
        loop.close()
        for database in databases:
            database.close()


def bare_database(path: Path) -> sqlite3.Connection:
    """A database as durable as a node's."""
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute("create table entry (body blob)")
    return database


def open_session(node: Node, name: str, roles: tuple[str, ...]) -> Session:
    """An officer of that name and those roles, signed in."""
    password = node.officers.give(name, name, roles)
    return Session(node.officers.sign_in(name, password).given)


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for it; TimeoutError if it does not come."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)
