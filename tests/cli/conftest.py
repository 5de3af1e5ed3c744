"""The command line, called in this process; a network founded by hand with keys that cost nothing to open."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from comity.api.app import create_app
from comity.cli import app as program
from comity.testing import Network

MAKES_KEYS = {("ceremony", "key"), ("ceremony", "begin"), ("member", "request"), ("officer", "first")}


class Terminal:
    """Calls commands in a folder of its own, as a person at a terminal would, and remembers what they printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0
        self.out = ""
        self.err = ""

    def __call__(self, *words: str, typed: str = "", **env: str | None) -> int:
        """Call ``comity`` with ``words``; the exit code."""
        profile = ("--profile", "test") if tuple(words[:2]) in MAKES_KEYS else ()
        result = CliRunner().invoke(program, [*words, *profile], input=typed, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert "Traceback" not in self.err
        return self.code

    def does(self, *words: str, **more: Any) -> str:
        """Call a command that has to succeed; what it printed."""
        assert self(*words, **more) == 0, self.err
        return self.out

    def found(self, pattern: str) -> str:
        """The first group of ``pattern`` in what was printed last."""
        match = re.search(pattern, self.out)
        assert match is not None, self.out
        return match[1]


@pytest.fixture
def comity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMITY_PASSPHRASE", "what opens the nodes")
    monkeypatch.setenv("COMITY_OFFLINE_PASSPHRASE", "what opens the safe")
    monkeypatch.setenv("COMITY_SESSION", str(tmp_path / "session.json"))
    monkeypatch.delenv("COMITY_NODE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal(tmp_path)


def make_holders(comity: Terminal) -> list[str]:
    """Three holders' key files; the options that name their public keys."""
    options = []
    for number in (1, 2, 3):
        comity.does("ceremony", "key", f"holder-{number}.json")
        options += ["--holder", comity.found(r"public key +([0-9a-f]{64})")]
    return options


def begin(comity: Terminal) -> None:
    """A secretariat with unsigned drafts."""
    holders = make_holders(comity)
    comity.does("ceremony", "begin", "GS", "--network", "model.example", "--desk", "+33 4", *holders)


def sign(comity: Terminal, draft: str, *holders: int) -> None:
    """Holders sign a draft."""
    for number in holders:
        comity.does("ceremony", "sign", draft, "--key", f"holder-{number}.json")


def found(comity: Terminal) -> None:
    """A published network with the secretariat alone."""
    begin(comity)
    for draft in ("GS/root.draft", "GS/targets.draft"):
        sign(comity, draft, 1, 2)
    comity.does("member", "sign", "GS")
    comity.does("directory", "publish", "GS", "GS/root.draft", "GS/targets.draft", "GS/bureau.draft")


def ask(comity: Terminal, code: str = "LT", country: str = "LTU", network: str = "model.example") -> None:
    """A bureau's request."""
    comity.does(
        "member", "request", code, "--network", network, "--code", code, "--title", f"Land {code}",
        "--country", country, "--desk", "+370 5",
    )  # fmt: skip


class Served:
    """A simulated network whose nodes answer HTTP; officers by role, each with a password of their own."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._servers: list[tuple[uvicorn.Server, threading.Thread]] = []
        self.urls = {code: self._serve(code) for code in network.nodes}

    def _serve(self, code: str) -> str:
        app = create_app(self.network.nodes[code])
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        end = time.monotonic() + 10
        while not server.started and time.monotonic() < end:
            time.sleep(0.01)
        self._servers.append((server, thread))
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    def officer(self, comity: Terminal, code: str, name: str, *roles: str) -> None:
        """Sign a new officer in at the terminal."""
        password = self.network.nodes[code].officers.give(name, name.title(), roles)
        comity.does("sign-in", name, "--password-stdin", "--node", self.urls[code], typed=f"{password}\n")

    def close(self) -> None:
        for server, _thread in self._servers:
            server.should_exit = True
        for _server, thread in self._servers:
            thread.join(10)
        for code in tuple(self.network.nodes):
            self.network.stop(code)


@pytest.fixture(scope="module")
def served(founded_with: Callable[..., Network], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A network to talk to; its folder is ``served.network.founding.folder``."""
    found = Served(Network(tmp_path_factory.mktemp("network"), like=founded_with("LT", "FR", "XX")))
    yield found
    found.close()
