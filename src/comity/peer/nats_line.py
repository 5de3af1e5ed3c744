"""The line over NATS.

One asyncio loop in a daemon thread, one NATS connection at a time. It makes each connection anew itself rather than let
nats-py reconnect: nats-py gives up for good after an error like an expired pass, where a node must come back.
"""

import asyncio
import base64
import contextlib
import itertools
import queue
import random
import re
import secrets
import ssl
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from comity.errors import TooLargeError, UnavailableError
from comity.ids import MemberCode, parse_member_code
from comity.limits import (
    ANSWER_THREADS,
    ANSWERS_MAX,
    ANSWERS_MEMBER_MAX,
    ASK_S,
    ASKS_MAX,
    FRAME_BYTES,
    LINE_CONNECT_S,
    LINE_PING_S,
    LINE_PONG_S,
    LINE_RETRY_S,
    NUDGES_MAX,
)
from comity.peer.credentials import NUDGE_DIRECTORY, NUDGES, ask_subject, asks_of, inbox_of
from comity.peer.line import NoAnswer, Silence
from comity.peer.trouble import trouble_of
from comity.texts import _

_log = structlog.get_logger(__name__)

_ANSWERED, _BUSY, _FAILED = b"+", b"~", b"!"  # an answer's first byte
_NO_RESPONDERS = "503"
_FIRST_RETRY_S = 0.1
_REASON_CHARS = 200
_TURNED_AWAY = re.compile("authori[sz]|authenticat", re.IGNORECASE)  # nats-server: Authorization Violation, ... Revoked
_WATCH_S = 0.1
_WATCHES_A_PING = round(LINE_PING_S / _WATCH_S)


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

    async def report(error: Exception) -> None:
        on_error(error)
        await _report(error)

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
            error_cb=report,
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


async def _report(error: Exception) -> None:
    is_denied = "permissions violation" in str(error)
    log = _log.warning if is_denied else _log.debug  # the rest is told once, when the line goes down
    log("line.reported", error=type(error).__name__, reason=str(error)[:_REASON_CHARS])


def _end_thread() -> None:
    raise SystemExit


class _Workers:
    """Daemon threads, made when needed: a pool of ``concurrent.futures`` would keep a node from ending."""

    def __init__(self, name: str, threads_max: int) -> None:
        self._name, self._threads_max, self._threads = name, threads_max, 0
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, job: Callable[[], None]) -> None:
        """Run ``job`` on one of the threads; called from one thread only."""
        if not self._idle.acquire(blocking=False) and self._threads < self._threads_max:
            self._threads += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except SystemExit:
                return
            except Exception as error:  # noqa: BLE001 - whatever a callback raises, the line goes on
                # No message and no values: they may hold personal data.
                frame = traceback.extract_tb(error.__traceback__)[-1]
                _log.error("line.callback_failed", error=type(error).__name__, at=f"{frame.name}:{frame.lineno}")
            self._idle.release()

    def close(self) -> None:
        """Let the threads end when they have done what they were given."""
        for _thread in range(self._threads):
            self._jobs.put(_end_thread)


class _Parcel(NamedTuple):
    """Something to send in one connection; ``asker`` is set if it answers a question of that member."""

    connection: int
    subject: str
    reply: str
    data: bytes
    asker: str = ""


class NatsLine:
    """A line over NATS.

    After ``start`` it connects, and comes back, by itself; use it as a context manager or call ``close``.
    """

    def __init__(self, member: MemberCode, broker: Broker, access: Access) -> None:
        self._member, self._broker, self._access = member, broker, access
        self._answer: Callable[[MemberCode, bytes], bytes] | None = None
        self._nudged: Callable[[bytes], None] | None = None
        self._answering = _Workers(f"answer-{member}", ANSWER_THREADS)
        self._nudging = _Workers(f"nudge-{member}", 1)
        self._in_hand: Counter[str] = Counter()  # by asker; this and the next three belong to the loop
        self._in_hand_total = 0
        self._nudges_waiting = 0
        self._subscribed: set[str] = set()
        self._client: Client | None = None
        self._connection = 0
        self._inbox = ""
        self._waiting: dict[str, queue.SimpleQueue[bytes | Silence]] = {}
        self._numbers = itertools.count()
        self._outgoing: deque[_Parcel] = deque()
        self._is_waking = False
        self._is_up = False
        self._is_turned_away = False
        self._trouble = ""
        self._reported: Exception | None = None
        self._rtt_ms: float | None = None
        self._loop = asyncio.new_event_loop()
        self._wake, self._changed, self._closing = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"line-{member}", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Hang up and end the loop; questions still waiting get LINE_DOWN."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(2 * LINE_CONNECT_S)
            self._answering.close()
            self._nudging.close()
        elif not self._loop.is_closed():
            self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_up(self) -> bool:
        """Whether questions can be put now."""
        client = self._client
        return self._is_up and client is not None and client.is_connected

    @property
    def is_turned_away(self) -> bool:
        """Whether the broker was there when it was last tried, and did not let this node in."""
        return self._is_turned_away

    @property
    def trouble(self) -> str:
        """What kept the line down when it was last tried; empty while it is up."""
        return "" if self.is_up else self._trouble

    @property
    def rtt_ms(self) -> float | None:
        """The last measured round trip to the broker, in milliseconds; None while the line is down."""
        return self._rtt_ms if self.is_up else None

    # What other threads call

    def ask(self, to: MemberCode, data: bytes, deadline_s: float) -> bytes | NoAnswer:
        """Put a question and wait, at most ASK_S; TooLargeError if it has more than FRAME_BYTES."""
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A question has at most {most} bytes.").format(most=FRAME_BYTES), where="question")
        if not self.is_up:
            return NoAnswer(to, Silence.LINE_DOWN)
        if len(self._waiting) >= ASKS_MAX:
            return NoAnswer(to, Silence.BUSY)
        connection, inbox = self._connection, self._inbox
        reply = f"{inbox}{next(self._numbers)}"
        box: queue.SimpleQueue[bytes | Silence] = queue.SimpleQueue()
        self._waiting[reply] = box
        try:
            self._send(_Parcel(connection, ask_subject(to, self._member), reply, data))
            answer = box.get(timeout=min(deadline_s, ASK_S))
        except queue.Empty:
            return NoAnswer(to, Silence.TOO_LATE)
        finally:
            self._waiting.pop(reply, None)
        return NoAnswer(to, answer) if isinstance(answer, Silence) else answer

    def serve(self, answer: Callable[[MemberCode, bytes], bytes]) -> None:
        """Answer the questions of others; what ``answer`` raises is told to the asker as FAILED, without its text."""
        self._answer = answer
        self._subscribe_now()

    def nudge(self, data: bytes) -> None:
        """Tell every node that there is something new; dropped while the line is down, or for want of permission."""
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A nudge has at most {most} bytes.").format(most=FRAME_BYTES), where="nudge")
        self._send(_Parcel(self._connection, NUDGE_DIRECTORY, "", data))

    def on_nudge(self, callback: Callable[[bytes], None]) -> None:
        """Hear nudges, one at a time, and an empty one whenever the line came up."""
        self._nudged = callback
        self._subscribe_now()

    def _send(self, parcel: _Parcel) -> None:
        """Hand a parcel to the loop, and wake it only if nobody else just did."""
        self._outgoing.append(parcel)
        if not self._is_waking:
            self._is_waking = True
            try:
                self._loop.call_soon_threadsafe(self._wake.set)
            except RuntimeError:  # closed: nothing will be sent any more
                self._outgoing.clear()
                if box := self._waiting.get(parcel.reply):
                    box.put(Silence.LINE_DOWN)

    def _subscribe_now(self) -> None:
        client = self._client
        if client is not None and self.is_up:
            done = asyncio.run_coroutine_threadsafe(self._subscribe(client), self._loop)
            with contextlib.suppress(TimeoutError, OSError, nats.errors.Error):  # then it is done when the line is back
                done.result(LINE_CONNECT_S)

    def _answer_one(self, connection: int, asker: str, question: bytes, reply: str) -> None:
        answer = _FAILED
        try:
            if self._answer is not None:
                made = self._answer(parse_member_code(asker), question)
                if len(made) > FRAME_BYTES:
                    raise TooLargeError(
                        _("An answer has at most {most} bytes.").format(most=FRAME_BYTES), where="answer"
                    )
                answer = _ANSWERED + made
        finally:
            self._send(_Parcel(connection, reply, "", answer, asker))

    # What runs in the loop

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # cancels what nats-py leaves behind
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        sending = asyncio.create_task(self._send_all())
        await self._keep_up(asyncio.create_task(self._closing.wait()))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def _keep_up(self, closing: "asyncio.Task[Any]") -> None:
        failures = 0
        while not closing.done():
            client = Client()
            attempt = asyncio.create_task(self._connect(client))
            await asyncio.wait({attempt, closing}, return_when=asyncio.FIRST_COMPLETED)
            attempt.cancel()
            # Whatever nats-py, TLS or a locked key raised: the line comes back.
            (error,) = await asyncio.gather(attempt, return_exceptions=True)
            failures = 1 if self._is_up else failures + 1
            self._trouble = trouble_of(error, self._reported)
            self._is_turned_away = bool(_TURNED_AWAY.search(str(error)))
            if failures == 1 and not closing.done():
                _log.warning("line.down", member=self._member, reason=self._trouble)
            self._let_go()
            await hang_up(client)
            # Spread out, so that a network of nodes does not return to a broker all at once.
            longest_s = min(LINE_RETRY_S, _FIRST_RETRY_S * 2 ** min(failures, 10))
            await asyncio.wait({closing}, timeout=longest_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _connect(self, client: Client) -> None:
        self._connection += 1
        self._inbox = f"{inbox_of(self._member)}.{secrets.token_hex(8)}."
        self._subscribed.clear()
        self._changed.clear()
        self._reported = None
        await connect(
            client, self._broker, self._access, inbox=inbox_of(self._member), on_closed=self._changed.set,
            on_error=self._note_error,
        )  # fmt: skip
        await client.subscribe(f"{self._inbox}*", cb=self._answered)
        await self._subscribe(client)
        await self._hold(client)

    def _note_error(self, error: Exception) -> None:
        self._reported = error

    async def _subscribe(self, client: Client) -> None:
        """Listen for what this node answers and hears; the round trip makes sure that the broker knows."""
        for subject, wanted, callback in (
            (asks_of(self._member), self._answer, self._asked),
            (NUDGES, self._nudged, self._heard),
        ):
            if wanted is not None and subject not in self._subscribed:
                self._subscribed.add(subject)
                await client.subscribe(subject, cb=callback)
        self._rtt_ms = await round_trip_ms(client)

    async def _hold(self, client: Client) -> None:
        """Stay until the connection is lost; a loss that nobody reports shows in the round trip."""
        self._client, self._is_up, self._is_turned_away = client, True, False
        _log.info("line.up", member=self._member)
        self._nudge_one(b"")
        for watch in itertools.count(1):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _WATCH_S)
            if not client.is_connected:  # seen here too, as nats-py may fail before it tells
                break
            if watch % _WATCHES_A_PING == 0:
                self._rtt_ms = await round_trip_ms(client)
        raise ConnectionResetError(str(client.last_error or "The broker hung up."))

    def _let_go(self) -> None:
        self._is_up, self._client = False, None
        for box in list(self._waiting.values()):
            box.put(Silence.LINE_DOWN)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._is_waking = False  # before looking: who appends from here on wakes this again
            for _parcel in range(len(self._outgoing)):
                parcel = self._outgoing.popleft()
                if parcel.asker:
                    self._in_hand[parcel.asker] -= 1
                    self._in_hand_total -= 1
                if self._client is not None and parcel.connection == self._connection:
                    await self._send_one(self._client, parcel)
                elif box := self._waiting.get(parcel.reply):
                    box.put(Silence.LINE_DOWN)
            if self._outgoing:
                self._wake.set()
            await asyncio.sleep(0)  # let what was written go out

    async def _send_one(self, client: Client, parcel: _Parcel) -> None:
        try:
            await client.publish(parcel.subject, parcel.data, reply=parcel.reply)
        except (OSError, nats.errors.Error, AttributeError) as error:
            await _report(error)
            if box := self._waiting.get(parcel.reply):
                box.put(Silence.LINE_DOWN)

    async def _answered(self, message: Msg) -> None:
        box = self._waiting.get(message.subject)
        if box is None:
            return  # too late
        if message.headers and message.headers.get("Status") == _NO_RESPONDERS:
            box.put(Silence.NOT_LISTENING)
        elif message.data[:1] == _ANSWERED:
            box.put(message.data[1:])
        else:
            box.put(Silence.BUSY if message.data == _BUSY else Silence.FAILED)

    async def _asked(self, message: Msg) -> None:
        """Hand a question to a thread at once: nats-py calls this for one message after the other."""
        asker, reply = message.subject.rpartition(".")[2], message.reply
        if not reply:
            return
        self._in_hand[asker] += 1
        self._in_hand_total += 1
        if self._in_hand[asker] > ANSWERS_MEMBER_MAX or self._in_hand_total > ANSWERS_MAX:
            self._send(_Parcel(self._connection, reply, "", _BUSY, asker))
            return
        connection, data = self._connection, message.data
        self._answering.submit(lambda: self._answer_one(connection, asker, data, reply))

    async def _heard(self, message: Msg) -> None:
        self._nudge_one(message.data)

    def _nudge_one(self, data: bytes) -> None:
        if self._nudged is None or self._nudges_waiting >= NUDGES_MAX:
            return
        self._nudges_waiting += 1
        self._nudging.submit(lambda: self._hear(data))

    def _hear(self, data: bytes) -> None:
        try:
            if self._nudged is not None:
                self._nudged(data)
        finally:
            with contextlib.suppress(RuntimeError):  # closed meanwhile
                self._loop.call_soon_threadsafe(self._nudge_done)

    def _nudge_done(self) -> None:
        self._nudges_waiting -= 1
