"""docs/operating.md, executed: what an operator reads is what works."""

import contextlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comity.cli.program import COMMANDS
from comity.config import parse_config
from comity.config_file import write_config
from tests.cli.conftest import Terminal

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operating.md").read_text()
BLOCKS = re.findall(r"```(sh(?: \w+)?)\n(.*?)```", TEXT, re.DOTALL)
UNITS = sorted((ROOT / "packaging" / "systemd").glob("*.service"))
INSTALLED, FOLDERS = "/opt/comity/.venv/bin/comity", "/var/lib/comity/"
PORTS = ("4222", "8440", "8441", "8442")
OWN = "a sentence that only this officer would write"


class Operator:
    """Types the page's commands, with what a person would fill in."""

    def __init__(self, comity: Terminal) -> None:
        self.comity = comity
        self.typed = {"TOMORROW": f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"}
        self.passwords: dict[str, str] = {}
        self._ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))

    def words(self, line: str) -> list[str]:
        for name, value in self.typed.items():
            line = line.replace(f"${name}", value)
        for port, free in self._ports.items():
            line = re.sub(rf"(?<=[: ]){port}\b", free, line)
        program, *words = shlex.split(line)
        assert program == "comity"
        return words

    def do(self, line: str) -> str:
        words = self.words(line)
        if words[0] == "sign-in":
            return self.comity.does(*words, "--password-stdin", typed=self.passwords[words[1]] + "\n")
        if words[0] == "password":
            return self.comity.does(*words, "--password-stdin", typed=f"{OWN} {words[-1]}\n")
        shown = self.comity.does(*words)
        if words[:2] == ["rulebook", "export"]:
            file = Path(words[2])
            file.write_text(file.read_text().replace('"most": 200.0', '"most": 100.0'))
        if words[:2] == ["ceremony", "key"]:
            self.typed[words[2].upper().replace("-", "_").removesuffix(".JSON")] = self.comity.found(
                r"public key +([0-9a-f]{64})"
            )
        if words[:2] == ["officer", "first"]:
            self.passwords[words[3]] = self.comity.found(r"password +(\S+)")
        return shown


def _free_ports(count: int) -> list[str]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(contextlib.closing(socket.socket())) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [str(probe.getsockname()[1]) for probe in probes]


def _lines(kind: str) -> list[str]:
    return [line for found, block in BLOCKS if found == kind for line in block.splitlines() if line]


def test_the_page_builds_a_network_by_hand(comity: Terminal) -> None:
    operator = Operator(comity)
    for line in _lines("sh"):
        operator.do(line)
    assert (comity.folder / "LT" / "node.toml").exists()
    shown = comity.does("directory", "show", "GS")
    assert all(title in shown for title in ("General Secretariat", "Lithuania", "France"))
    comity.does("ledger", "verify", "--folder", "FR")


def test_the_configuration_on_the_page_is_the_one_that_is_written() -> None:
    block = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block is not None
    config = parse_config(block[1].encode(), Path("/node.toml"))
    given = [line.split(" = ")[0] for line in block[1].splitlines() if " = " in line and not line.startswith("#")]
    assert block[1] == write_config({key: getattr(config, key) for key in given})


def test_the_page_names_commands_that_exist() -> None:
    named = set(re.findall(r"`comity ([a-z-]+)", TEXT)) | {
        line.split()[1] for line in TEXT.splitlines() if line.startswith("comity ")
    }
    assert named <= {*COMMANDS, "backup"}


def _of_unit(line: str) -> str:
    """The command with which the page's unit for this service starts it, in the folder that the page names."""
    program, kind, _, path = shlex.split(line)
    (unit,) = (file.read_text() for file in UNITS if file.name.startswith(f"comity-{kind}@"))
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    return str(command).replace("%i", Path(path).parts[0]).replace(INSTALLED, program).replace(FOLDERS, "")


def test_the_units_start_what_the_page_starts() -> None:
    lines = _lines("sh service")
    assert [_of_unit(line) for line in lines] == lines
    assert {line.split()[1] for line in lines} == {file.name.split("@")[0].split("-")[1] for file in UNITS}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line_of_the_units(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace(INSTALLED, f"{sys.executable} -m comity"))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", here],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line for line in found.stderr.splitlines() if unit.name in line] == []
    assert found.returncode == 0


@contextlib.contextmanager
def running(operator: Operator, line: str) -> Iterator[None]:
    """A service of the page as its unit starts and ends it; it ends with this process too."""
    words = operator.words(_of_unit(line))
    log = (operator.comity.folder / f"{words[0]}-{Path(words[2]).parts[0]}.log").open("wb")
    with log, subprocess.Popen(
        [sys.executable, "-m", "comity", *words, "--until-stdin-closes"],
        stdin=subprocess.PIPE, stdout=log, stderr=log,
    ) as process:  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0


def _until(operator: Operator, line: str, said: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        operator.comity(*operator.words(line))
        if said in operator.comity.out:
            return
        time.sleep(0.2)


@pytest.mark.processes
def test_the_whole_page_with_its_processes(comity: Terminal) -> None:
    operator = Operator(comity)
    shown: dict[str, str] = {}
    with contextlib.ExitStack() as services:
        for kind, block in BLOCKS:
            if kind == "sh root":  # what a machine's administrator does, not an operator
                continue
            for line in filter(None, block.splitlines()):
                if kind == "sh service":
                    services.enter_context(running(operator, line))
                    continue
                if line.startswith("comity status"):
                    _until(operator, line, "all is well")
                if line.startswith("comity check"):  # the keeper's index follows its receipt within a second
                    _until(operator, line, ": Hit")
                if line.startswith("comity rulebook show"):  # followed within a second or two
                    _until(operator, line, '"most":100.0')
                shown[line] = operator.do(line)
    checks = [text for line, text in shown.items() if line.startswith("comity check")]
    assert "travel-documents: Hit" in checks[0]
    assert next(text for line, text in shown.items() if line.startswith("comity rulebook show")).count('"most":100.0')
    assert all("Everything holds" in text for line, text in shown.items() if line.startswith("comity ledger verify"))
