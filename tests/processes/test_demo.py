"""The demonstration as its user runs it: real processes, a real nats-server, real signals."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from comity.demo.network import MEMBERS, DemoNetwork
from comity.demo.processes import Process
from comity.errors import UnavailableError
from comity.peer.broker import read_address
from comity.runtime import PASSPHRASE, read_node_address

pytestmark = pytest.mark.processes


def comity(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "comity", *arguments]


def test_an_address_that_this_machine_has_not_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    words = comity("demo", "--folder", str(tmp_path / "demo"), "--listen", "192.0.2.1")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "This machine has no such address." in done.stderr
    assert not (tmp_path / "demo").exists()


@contextlib.contextmanager
def demonstration(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """``comity demo`` running, once it has shown its table."""
    process = subprocess.Popen(
        comity("demo", "--folder", str(folder)), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
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


def pids(folder: Path) -> list[int]:
    broker = read_address(folder / "broker")
    nodes = [read_node_address(folder / founder.code) for founder in MEMBERS]
    assert broker is not None
    return [broker.pid, *(node.pid for node in nodes if node is not None)]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def test_the_story_plays_without_a_failure() -> None:
    played = subprocess.run(comity("demo", "--check"), capture_output=True, text=True, timeout=180, check=False)

    last = played.stdout.strip().splitlines()[-1]
    assert last.endswith(" passed, 0 failed"), played.stdout + played.stderr
    assert played.returncode == 0


def test_two_demonstrations_run_side_by_side_and_one_ends_with_its_killed_parent(tmp_path: Path) -> None:
    base = tmp_path / "demo"
    with demonstration(base) as first, demonstration(base) as second:
        beside = base.with_name("demo-2")
        mine, theirs = pids(base), pids(beside)
        assert len({*mine, *theirs}) == 2 * (1 + len(MEMBERS))

        os.kill(first.pid, signal.SIGKILL)

        assert eventually(lambda: not any(map(is_running, mine))), "something outlived its parent"
        assert all(map(is_running, theirs))
        os.kill(second.pid, signal.SIGINT)
        assert second.wait(20) == 0
        assert eventually(lambda: not any(map(is_running, theirs)))


def test_a_second_start_finds_the_same_records(tmp_path: Path) -> None:
    with demonstration(tmp_path) as first:
        os.kill(first.pid, signal.SIGINT)
        assert first.wait(20) == 0
    before = (tmp_path / "GS" / "data" / "batches").iterdir()
    names = sorted(path.name for path in before)

    with demonstration(tmp_path) as second:
        os.kill(second.pid, signal.SIGINT)
        second.wait(20)

    assert sorted(path.name for path in (tmp_path / "GS" / "data" / "batches").iterdir()) == names


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNetwork]:
    with DemoNetwork(tmp_path_factory.mktemp("network"), profile="test") as running:
        running.found()
        running.start()
        yield running


def run_again(network: DemoNetwork, *lines: str, member: str = "LT") -> subprocess.CompletedProcess[str]:
    """A node started with a configuration of its own: the founded one and ``lines``."""
    folder = network.folder / member
    config = folder / "other.toml"
    config.write_text((folder / "node.toml").read_text() + "\n".join(lines))
    return subprocess.run(
        comity("node", "run", str(config)),
        env=os.environ | {PASSPHRASE: network.passphrase(member)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_node_on_a_folder_is_refused(network: DemoNetwork) -> None:
    refused = run_again(network)

    assert refused.returncode == 5
    assert "Another process works on this folder" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_named(network: DemoNetwork) -> None:
    port = network.url("LT").rsplit(":", 1)[1]
    network.nodes["FR"].stop()
    folder = network.folder / "FR"
    config = folder / "other.toml"
    config.write_text((folder / "node.toml").read_text().replace("port = 0", f"port = {port}"))
    refused = subprocess.run(
        comity("node", "run", str(config)), capture_output=True, text=True, timeout=60, check=False
    )
    network.start_node("FR")

    assert refused.returncode == 5
    assert f"127.0.0.1:{port}" in refused.stderr


def test_locked_keys_and_a_full_disk_make_health_red_and_say_what_to_do(network: DemoNetwork) -> None:
    network.nodes["LT"].stop()
    folder = network.folder / "LT"
    config = folder / "other.toml"
    config.write_text((folder / "node.toml").read_text() + "reserve_mb = 1000000000\n")
    locked = Process(
        ("node", "run", str(config), "--until-stdin-closes"), network.folder / "locked.log", {PASSPHRASE: ""}
    )
    locked.start()
    try:
        address = locked.wait_for(lambda: fresh_address(folder, locked.pid), "LT")
        answer = httpx.get(f"{address}/health")
        codes = {problem["code"] for problem in answer.json()["problems"]}
        assert answer.status_code == 503
        assert {"keys-locked", "disk-full"} <= codes

        unlocked = httpx.post(f"{address}/v1/unlock", json={"passphrase": network.passphrase("LT")}, timeout=20)
        assert unlocked.is_success
        assert "keys-locked" not in httpx.get(f"{address}/health").text
    finally:
        locked.stop()
        network.start_node("LT")


def fresh_address(folder: Path, pid: int) -> str | None:
    found = read_node_address(folder)
    return found.url if found and found.pid == pid else None


def test_a_node_that_does_not_start_says_why(network: DemoNetwork) -> None:
    bad = Process(("node", "run", str(network.folder / "nowhere.toml")), network.folder / "bad.log")
    bad.start()

    with pytest.raises(UnavailableError, match="ended at its start"):
        bad.wait_for(lambda: None, "The node")
    bad.stop()
