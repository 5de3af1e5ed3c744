"""Real processes that were started carelessly: broker, nodes and commands keep what is theirs to themselves."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.test_modes import open_to_others

pytestmark = [pytest.mark.processes, pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")]


@contextlib.contextmanager
def demonstration(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """``comity demo`` with umask 022, once it has shown its table."""
    words = [sys.executable, "-m", "comity", "demo", "--folder", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True, umask=0o022)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_nothing_of_a_demonstration_is_open_to_others_while_it_runs_and_after(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demonstration(folder) as running:
        assert open_to_others(folder) == []
        os.kill(running.pid, signal.SIGINT)
        assert running.wait(30) == 0
    assert {"broker.conf", "node.db", "broker.log", "keys.json"} <= {path.name for path in folder.rglob("*")}
    assert open_to_others(folder) == []
