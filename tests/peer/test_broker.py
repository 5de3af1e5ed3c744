"""The broker's process: starts, ends with its parent, comes back, and says clearly why it cannot start."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from comity.errors import ConfigError, UnavailableError
from comity.ids import MemberCode
from comity.members.nkey import user_name
from comity.peer.broker import read_address, run_broker
from comity.peer.line import NoAnswer, Silence
from comity.peer.nats_line import NatsLine
from tests.peer.conftest import FR, LT, RUN, XX, Network, key_of, until

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("nothing_left_running")]


START_AND_WAIT = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', *sys.argv[1:]], stdin=subprocess.PIPE); time.sleep(60)"
)


def echo(asker: MemberCode, data: bytes) -> bytes:
    return asker.encode() + b" " + data


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_broker_that_was_killed_and_started_again_is_found_by_itself(tmp_path: Path) -> None:
    network = Network(tmp_path)
    heard: list[bytes] = []
    with NatsLine(LT, network.broker, network.access(LT)) as lt, NatsLine(FR, network.broker, network.access(FR)) as fr:
        fr.serve(echo)
        fr.on_nudge(heard.append)
        assert lt.ask(FR, b"too early", 1) == NoAnswer(FR, Silence.LINE_DOWN)
        network.start()
        try:
            assert until(lambda: lt.is_up and fr.is_up)
            assert lt.ask(FR, b"first", 2) == b"LT first"
            address = read_address(tmp_path)
            assert address is not None
            held: list[bytes | NoAnswer] = []
            stuck = threading.Event()
            fr.serve(lambda _asker, data: data if stuck.wait(5) else b"")
            waiting = threading.Thread(target=lambda: held.append(lt.ask(FR, b"in hand", 5)))
            waiting.start()
            os.kill(address.pid, signal.SIGKILL)
            assert until(lambda: not lt.is_up and not fr.is_up, 2.0)
            waiting.join(1.0)
            assert held == [NoAnswer(FR, Silence.LINE_DOWN)]
            stuck.set()
            fr.serve(echo)
            assert network.process is not None
            assert network.process.wait(5) != 0
            assert b"ended by itself" in network.process.communicate()[1]
            network.start()
            again = read_address(tmp_path)
            assert again is not None
            assert again.port == address.port
            assert until(lambda: lt.is_up and fr.is_up)
            assert lt.ask(FR, b"second", 2) == b"LT second"
            assert until(lambda: heard == [b"", b""])
        finally:
            network.stop()


def test_two_networks_run_side_by_side_and_do_not_hear_each_other(network: Network, tmp_path: Path) -> None:
    other = Network(tmp_path, "other")
    other.start()
    try:
        with network.line(LT) as lt, other.line(LT) as lt_there, other.line(FR) as fr_there:
            fr_there.serve(echo)
            assert lt_there.ask(FR, b"?", 2) == b"LT ?"
            assert lt.ask(FR, b"?", 2) == NoAnswer(FR, Silence.NOT_LISTENING)
        with NatsLine(LT, network.broker, other.access(LT)) as stranger:
            assert not until(lambda: stranger.is_up, 0.5)
    finally:
        other.stop()


def test_a_broker_ends_when_its_standard_input_does(tmp_path: Path) -> None:
    network = Network(tmp_path)
    network.start()
    address = read_address(tmp_path)
    assert address is not None
    assert is_listening(address.port)
    network.stop()
    assert network.ended == 0
    assert not is_listening(address.port)


def test_a_broker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    network = Network(tmp_path)
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            START_AND_WAIT,
            RUN,
            str(tmp_path),
        ]
    )
    assert until(lambda: bool(network.addresses()), 10.0)
    address = read_address(tmp_path)
    assert address is not None
    parent.send_signal(signal.SIGKILL)
    parent.wait(5)
    assert until(lambda: not is_listening(address.port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_broker_ends_in_order_when_asked_to(tmp_path: Path, number: signal.Signals) -> None:
    network = Network(tmp_path)
    network.start()
    address = read_address(tmp_path)
    assert address is not None
    assert network.process is not None
    network.process.send_signal(number)
    assert network.process.wait(5) == 0
    assert not is_listening(address.port)
    network.stop()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        Network(tmp_path, port=port)
        with pytest.raises(UnavailableError, match=f"Port {port} on 127.0.0.1 is taken"):
            run_broker(tmp_path, until_stdin_closes=False)


def test_a_second_broker_of_the_same_folder_is_refused(network: Network) -> None:
    with pytest.raises(UnavailableError, match="runs already"):
        run_broker(network.folder, until_stdin_closes=False)


def test_a_folder_without_a_broker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        run_broker(tmp_path, until_stdin_closes=False)


def test_a_configuration_that_nats_server_does_not_take_is_told(tmp_path: Path) -> None:
    Network(tmp_path)
    configuration = tmp_path / "broker.conf"
    configuration.write_text(configuration.read_text().replace("ping_max: 2", "ping_max: many"))
    with pytest.raises(UnavailableError, match=r"did not start.*broker.conf:31"):
        run_broker(tmp_path, until_stdin_closes=False)


def test_nobody_else_on_the_machine_can_read_the_brokers_key(tmp_path: Path) -> None:
    Network(tmp_path)
    assert stat.S_IMODE((tmp_path / "server.key").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.new"))


def test_a_revocation_outlives_the_broker(tmp_path: Path) -> None:
    network = Network(tmp_path)
    network.start()
    try:
        with network.line(XX) as xx, network.line(LT) as lt:
            network.push({user_name(key_of("test node XX").public): network.now}, network.now + timedelta(seconds=1))
            network.stop()
            network.start()
            assert until(lambda: lt.is_up)
            assert not until(lambda: xx.is_up, 1.0)
    finally:
        network.stop()
