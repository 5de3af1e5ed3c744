"""The command line, called in this process; a network founded by hand with keys that cost nothing to open."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from comity.cli import app

MAKES_KEYS = {("ceremony", "key"), ("ceremony", "begin"), ("member", "request"), ("officer", "first")}


class Terminal:
    """Calls commands in a folder of its own, as a person at a terminal would, and remembers what they printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0
        self.out = ""
        self.err = ""

    def __call__(self, *words: str, typed: str = "", **env: str) -> int:
        """Call ``comity`` with ``words``; the exit code."""
        profile = ("--profile", "test") if tuple(words[:2]) in MAKES_KEYS else ()
        result = CliRunner().invoke(app, [*words, *profile], input=typed, env=env)
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
def comity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMITY_PASSPHRASE", "of the nodes")
    monkeypatch.setenv("COMITY_OFFLINE_PASSPHRASE", "of the safe")
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
