"""A node as a process: keys, line, node and pages, from its start to its end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
import uvicorn

from comity.api.app import create_app
from comity.bounded import Count, Note
from comity.config import LOOPBACK, Config, read_config
from comity.door import make_door, pass_file
from comity.errors import ConfigError, InputError, UnavailableError
from comity.keyring import Keyring
from comity.limits import BODY_BYTES
from comity.lock import hold_folder
from comity.members.keys import parse_keys
from comity.node import Node
from comity.parsing import decode
from comity.peer.broker import read_address
from comity.peer.connection import Access, Broker
from comity.peer.nats_line import NatsLine
from comity.peer.repository import write_durably
from comity.private import keep_private
from comity.texts import _
from comity.traces import trace_places

_log = structlog.get_logger(__name__)

PASSPHRASE: Final = "COMITY_PASSPHRASE"  # noqa: S105 - the name of a variable
_PASSPHRASE_BYTES: Final = 10_000
_GRACE_S: Final = 3


class Address(msgspec.Struct, frozen=True):
    """Where a running node serves its pages: ``address.json`` in its folder."""

    url: Note
    pid: Count


def run_node(path: Path, *, until_stdin_closes: bool = False) -> int:
    """Run the node that the configuration at ``path`` describes until it is told to end; returns its exit code.

    1. The folder is held: a second node on it is refused.
    2. The port is taken, or the start ends with a clear error.
    3. Keys are unlocked where a passphrase is at hand; else health is red until somebody unlocks them.
    4. The line, background work and pages start; SIGTERM, SIGINT or, if wished, the end of standard input stop them.
    """
    config = read_config(path)
    keep_private(config.path("data"))
    speak_to_operators()
    with hold_folder(config.root_folder), _listen(config) as listener:
        keyring = open_keyring(config)
        line = make_line(config, keyring)
        passes = pass_file(config, keyring)
        door = make_door(config, keyring, lambda: make_broker(config), passes)
        door.begin(datetime.now(UTC))
        node = Node(config, keyring, line, passes=passes, door=door)
        try:
            line.start()
            node.start()
            server = _make_server(node, config)
            asyncio.run(_serve(server, config, listener, until_stdin_closes=until_stdin_closes))
        finally:
            line.close()
            node.close()
    return 0


def open_keyring(config: Config) -> Keyring:
    """The node's keys, unlocked if the configuration or the environment has the passphrase."""
    keyring = Keyring(parse_keys(_read(config, "keys")))
    passphrase = os.environ.get(PASSPHRASE, "")
    if config.passphrase_file:
        passphrase = _read(config, "passphrase_file")[:_PASSPHRASE_BYTES].decode(errors="replace").rstrip("\n")
    if passphrase:
        keyring.unlock(passphrase)
    return keyring


def make_line(config: Config, keyring: Keyring) -> NatsLine:
    """The line to the broker that the configuration names, by this node's pass and key."""
    access = Access(
        token=lambda: _read(config, "admission").decode("ascii", errors="replace").strip(),
        sign=keyring.signer("broker").sign,
    )
    return NatsLine(config.code, make_broker(config), access)


def make_broker(config: Config) -> Broker:
    """How to reach the broker: its addresses are looked up at each attempt, since it may come back on another port."""

    def addresses() -> tuple[str, ...]:
        if config.broker:
            return config.broker
        found = read_address(config.path(config.broker_folder))
        return (found.url,) if found else ()

    return Broker(addresses, _read(config, "broker_ca"))


def _read(config: Config, key: str) -> bytes:
    path = config.path(getattr(config, key))
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            _("A file cannot be read: {strerror}.").format(strerror=error.strerror), where=f"{key} = {path}"
        ) from error


class _Server(uvicorn.Server):
    """uvicorn, without its signal handlers: it would raise SIGINT once more after the end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _make_server(node: Node, config: Config) -> _Server:
    has_tls = bool(config.tls_certificate)
    return _Server(
        uvicorn.Config(
            create_app(node),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
            ssl_certfile=config.path(config.tls_certificate) if has_tls else None,
            ssl_keyfile=config.path(config.tls_key) if has_tls else None,
            proxy_headers=False,
        )
    )


async def _serve(server: _Server, config: Config, listener: socket.socket, *, until_stdin_closes: bool) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        # Not every system lets an event loop handle signals.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop)
    if until_stdin_closes:
        _watch_stdin(lambda: loop.call_soon_threadsafe(stop))
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = Address(f"http{'s' * bool(config.tls_certificate)}://{shown}:{port}", os.getpid())
    write_durably(config.path("address.json"), msgspec.json.encode(address))
    _log.info("node.serving", member=config.member, address=address.url)
    await server.serve(sockets=[listener])


def _watch_stdin(stop: Callable[[], object]) -> None:
    def watch() -> None:
        # Not by a buffer: whoever waits in one when the program ends has its lock, and the end is a crash.
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 1):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            stop()

    threading.Thread(target=watch, name="stdin", daemon=True).start()


@contextlib.contextmanager
def _listen(config: Config) -> Iterator[socket.socket]:
    if config.host not in LOOPBACK and not config.tls_certificate:
        raise ConfigError(_("Beyond this machine, pages are served with a certificate only."), where="host")
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # The protocol is named, since asyncio switches Nagle's delay off only where it is: 40 ms an answer otherwise.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with contextlib.closing(listener):
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
            listener.listen(1024)
        except OSError as error:
            raise UnavailableError(
                _("The port cannot be taken: {strerror}.").format(strerror=error.strerror),
                where=f"{config.host}:{config.port}",
                next_step=_("Choose another port in the configuration, or end what listens there."),
            ) from error
        yield listener


def read_node_address(folder: Path) -> Address | None:
    """Where the node on ``folder`` served its pages when it was last started."""
    try:
        return decode((folder / "address.json").read_bytes(), Address, where="address.json", most=BODY_BYTES)
    except (FileNotFoundError, InputError):
        return None


def speak_to_operators(level: int = logging.INFO) -> None:
    """Diagnostics from ``level`` on: one JSON object a line on standard error, without personal data."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it reports every line that TLS closes
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            trace_places,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
