"""The README's session, executed as it stands: the commands are run, and what they print must be what it shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.demo.cast import CLERK, INSPECTOR_2
from comity.demo.network import DemoNetwork

pytestmark = pytest.mark.processes

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def session() -> list[tuple[str, str]]:
    """Each command of the README's session with the output that is shown below it."""
    block = BLOCK.search(README.read_text())
    assert block is not None
    parts = re.split(r"^\$ (.*)\n", block[1], flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what is shown, where ``...`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.rstrip("\n").split("..."))
    return re.match(pattern, printed, flags=re.DOTALL) is not None


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A demonstration with somebody signed in at LT."""
    folder = tmp_path_factory.mktemp("readme")
    with DemoNetwork(folder / "demo", profile="test") as network:
        network.found()
        passwords = network.give_passwords((CLERK, INSPECTOR_2))
        network.start()
        network.enter_records(passwords[CLERK.name])
        signed_in = os.environ | {"COMITY_SESSION": str(folder / "session.json"), "COMITY_NODE": network.url("LT")}
        subprocess.run(
            [sys.executable, "-m", "comity", "sign-in", INSPECTOR_2.name, "--password-stdin"],
            input=passwords[INSPECTOR_2.name],
            env=signed_in,
            text=True,
            check=True,
            capture_output=True,
        )
        yield signed_in


def test_the_session_is_what_the_program_prints(environment: dict[str, str]) -> None:
    assert session()
    for command, shown in session():
        words = command.split()
        assert words[0] == "comity"
        ran = subprocess.run(
            [sys.executable, "-m", *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert is_as_shown(shown, ran.stdout + ran.stderr), f"{command} printed:\n{ran.stdout}{ran.stderr}"


def test_the_pictures_and_pages_that_it_names_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
