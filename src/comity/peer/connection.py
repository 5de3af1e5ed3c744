"""One connection to the broker: how it is made, measured and closed, and what of it is ours rather than nats-py's.

What arrives was written by other members. nats-py ends its reading for some of it, so that one short message would cut
a node off: a subject or reply that is not UTF-8, a header that is none, and bytes such as a vertical tab, which the
broker takes for part of a subject and nats-py for the space after it. ``LineClient`` and the two patterns below see to
it that such a message is dropped, and nothing else.
"""

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import nats.errors
import nats.protocol.parser
import structlog
from nats.aio.client import Client

from comity.errors import UnavailableError
from comity.limits import LINE_CONNECT_S, LINE_PONG_S
from comity.texts import _

_log = structlog.get_logger(__name__)

REASON_CHARS: Final = 200  # of an error of nats-py or the broker in our diagnostics
_NO_RESPONDERS: Final = b"NATS/1.0 503\r\n"  # with or without headers behind it
NO_RESPONDERS: Final = {"Status": "503"}
"""The headers of the broker's own word that nobody listens."""
OTHER_HEADERS: Final = {"Status": ""}
"""What stands for any other headers: no node of ours sends any."""

# As the broker reads them: what separates is a space or a tab.
nats.protocol.parser.MSG_RE = re.compile(
    rb"\AMSG[ \t]+([^ \t\r\n]+)[ \t]+([^ \t\r\n]+)[ \t]+(([^ \t\r\n]+)[ \t]+)?(\d+)\r\n"
)
nats.protocol.parser.HMSG_RE = re.compile(
    rb"\AHMSG[ \t]+([^ \t\r\n]+)[ \t]+([^ \t\r\n]+)[ \t]+(([^ \t\r\n]+)[ \t]+)?(\d+)[ \t]+(\d+)\r\n"
)


class LineClient(Client):
    """nats-py's client, for messages that somebody else wrote."""

    unreadable = 0  # messages that were dropped because their subject cannot be read

    async def _process_headers(self, headers: bytes | None) -> dict[str, str] | None:
        """Tell the broker's "nobody listens" from any other headers, and parse neither."""
        if not headers:
            return None
        return NO_RESPONDERS if headers.startswith(_NO_RESPONDERS) else OTHER_HEADERS

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        if subject.isascii() and reply.isascii():
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            self.unreadable += 1


class Access(msgspec.Struct, frozen=True):
    """What lets a node in: its pass, read at each connection so that a renewed one is taken up, and its key."""

    token: Callable[[], str]
    sign: Callable[[bytes], bytes]


class Broker(msgspec.Struct, frozen=True):
    """How to reach the broker.

    ``addresses`` is read at each attempt, so that a broker may move and need not be up yet; ``ca`` is the certificate
    of the network's CA, PEM: nothing else is trusted.
    """

    addresses: Callable[[], Sequence[str]]
    ca: bytes


async def connect(
    client: Client,
    broker: Broker,
    access: Access,
    *,
    inbox: str,
    on_closed: Callable[[], None] = lambda: None,
    on_error: Callable[[Exception], None] = lambda _error: None,
) -> None:
    """Connect once, over TLS 1.3; ``on_closed`` is called when the connection is lost, ``on_error`` for each error.

    OSError, nats.errors.Error, or UnavailableError (no address known, or keys locked) if it fails.
    """
    addresses = broker.addresses()
    if not addresses:
        raise UnavailableError(_("No broker's address is known."), where="broker")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.load_verify_locations(cadata=broker.ca.decode())

    def sign(nonce: str) -> bytes:
        return base64.b64encode(access.sign(nonce.encode()))

    def token() -> bytearray:
        return bytearray(access.token().encode())

    async def closed() -> None:
        on_closed()

    async def failed(error: Exception) -> None:
        on_error(error)
        await report(error)

    async with asyncio.timeout(LINE_CONNECT_S):
        await client.connect(
            servers=list(addresses),
            tls=tls,
            user_jwt_cb=token,
            signature_cb=sign,
            inbox_prefix=inbox,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=int(LINE_CONNECT_S),
            error_cb=failed,
            closed_cb=closed,
        )


async def hang_up(client: Client) -> None:
    """Close a connection in whatever state it is."""
    # nats-py's close() raises AttributeError where TLS has already taken the transport apart and something is still to
    # be written, and AssertionError on a client that never connected; nothing can be done about either.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(1.0):
            await client.close()
    # Nor does it close the plain socket below a handshake that failed.
    transport = client._transport  # noqa: SLF001 - there is no public way to it
    for writer in (getattr(transport, "_io_writer", None), getattr(transport, "_bare_io_writer", None)):
        if writer is not None:
            writer.close()


async def round_trip_ms(client: Client) -> float:
    """Wait until the broker has seen all that was sent before; return how long a round trip takes."""
    # nats-py writes a ping at once, ahead of subscriptions that its flusher has not written yet.
    async with asyncio.timeout(LINE_PONG_S):
        while client.pending_data_size and client.is_connected:  # noqa: ASYNC110 - nats-py has no event for it
            await asyncio.sleep(0.001)
        return 1000 * await client.rtt()


async def report(error: Exception) -> None:
    """Say in the diagnostics what nats-py complains of; a permission that is missing is a fault of ours, and louder."""
    is_denied = "permissions violation" in str(error)
    log = _log.warning if is_denied else _log.debug  # the rest is told once, when the line goes down
    log("line.reported", error=type(error).__name__, reason=str(error)[:REASON_CHARS])
