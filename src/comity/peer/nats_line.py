"""The line over NATS.

One asyncio loop in a daemon thread, one NATS connection at a time. It makes each connection anew itself rather than let
nats-py reconnect: nats-py gives up for good after an error like an expired pass, where a node must come back.
"""

import asyncio
import contextlib
import itertools
import random
import re
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Self

import nats.errors
import structlog
from nats.aio.msg import Msg

from comity.errors import MalformedError, TooLargeError
from comity.ids import MemberCode, parse_member_code
from comity.limits import (
    ANSWER_THREADS,
    BUSY_SIGNS_MAX,
    FRAME_BYTES,
    LINE_CONNECT_S,
    LINE_PENDING_BYTES,
    LINE_PENDING_MAX,
    LINE_PING_S,
    LINE_RETRY_S,
    NUDGES_MAX,
)
from comity.peer.allowance import Allowance
from comity.peer.connection import Access, Broker, LineClient, connect, hang_up, report, round_trip_ms
from comity.peer.credentials import NUDGE_DIRECTORY, NUDGES, ask_subject, asks_of, inbox_of, is_reply_subject
from comity.peer.line import Accept, NoAnswer, Silence, anything
from comity.peer.line_threads import LineThreads
from comity.peer.replies import ANSWERED, BUSY, FAILED, Replies
from comity.peer.trouble import trouble_of
from comity.texts import _

_log = structlog.get_logger(__name__)

_FIRST_RETRY_S = 0.1
_TURNED_AWAY = re.compile("authori[sz]|authenticat", re.IGNORECASE)  # nats-server: Authorization Violation, ... Revoked
_WATCH_S = 0.1
_WATCHES_A_PING = round(LINE_PING_S / _WATCH_S)
_PINGS_A_REPORT = 60


class _Parcel(NamedTuple):
    """Something to send in one connection; ``asker`` is set if it answers a question that this member has in hand."""

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
        self._answering = LineThreads(f"answer-{member}", ANSWER_THREADS)
        self._nudging = LineThreads(f"nudge-{member}", 1)
        self._allowance = Allowance()  # this and the next three belong to the loop
        self._dropped: Counter[str] = Counter()  # what came and was for nothing, by what was wrong
        self._nudges_waiting = 0
        self._subscribed: set[str] = set()
        self._client: LineClient | None = None
        self._connection = 0
        self._replies = Replies(member)
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

    @property
    def dropped(self) -> int:
        """How many messages came and were for nothing: wrong subjects, answers that nobody waits for."""
        return self._dropped.total()

    # What other threads call

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept = anything) -> bytes | NoAnswer:
        """Put a question and wait, at most ASK_S; TooLargeError if it has more than FRAME_BYTES."""
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A question has at most {most} bytes.").format(most=FRAME_BYTES), where="question")
        if not self.is_up:
            return NoAnswer(to, Silence.LINE_DOWN)
        waiting = self._replies.open(to)
        if waiting is None:
            return NoAnswer(to, Silence.BUSY)
        try:
            self._send(_Parcel(self._connection, ask_subject(to, self._member), waiting.subject, data))
            return waiting.wait(deadline_s, accept)
        finally:
            self._replies.close(waiting)
            if waiting.unfit:
                _log.warning("line.unfit_answers", member=to, count=waiting.unfit)

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
                self._replies.lose(parcel.reply)

    def _subscribe_now(self) -> None:
        client = self._client
        if client is not None and self.is_up:
            done = asyncio.run_coroutine_threadsafe(self._subscribe(client), self._loop)
            with contextlib.suppress(TimeoutError, OSError, nats.errors.Error):  # then it is done when the line is back
                done.result(LINE_CONNECT_S)

    def _answer_one(self, connection: int, asker: MemberCode, question: bytes, reply: str) -> None:
        answer = FAILED
        try:
            if self._answer is not None:
                made = self._answer(asker, question)
                if len(made) > FRAME_BYTES:
                    raise TooLargeError(
                        _("An answer has at most {most} bytes.").format(most=FRAME_BYTES), where="answer"
                    )
                answer = ANSWERED + made
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
            client = LineClient()
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

    async def _connect(self, client: LineClient) -> None:
        self._connection += 1
        self._subscribed.clear()
        self._changed.clear()
        self._reported = None
        await connect(
            client, self._broker, self._access, inbox=inbox_of(self._member), on_closed=self._changed.set,
            on_error=self._note_error,
        )  # fmt: skip
        await self._listen(client, f"{inbox_of(self._member)}.*.*", self._answered)
        await self._subscribe(client)
        await self._hold(client)

    def _note_error(self, error: Exception) -> None:
        self._reported = error

    async def _subscribe(self, client: LineClient) -> None:
        """Listen for what this node answers and hears; the round trip makes sure that the broker knows."""
        for subject, wanted, callback in (
            (asks_of(self._member), self._answer, self._asked),
            (NUDGES, self._nudged, self._heard),
        ):
            if wanted is not None and subject not in self._subscribed:
                self._subscribed.add(subject)
                await self._listen(client, subject, callback)
        self._rtt_ms = await round_trip_ms(client)

    async def _listen(self, client: LineClient, subject: str, callback: Callable[[Msg], Awaitable[None]]) -> None:
        await client.subscribe(
            subject, cb=callback, pending_msgs_limit=LINE_PENDING_MAX, pending_bytes_limit=LINE_PENDING_BYTES
        )

    async def _hold(self, client: LineClient) -> None:
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
            if watch % (_WATCHES_A_PING * _PINGS_A_REPORT) == 0:
                self._report_dropped(client)
        raise ConnectionResetError(str(client.last_error or "The broker hung up."))

    def _report_dropped(self, client: LineClient) -> None:
        if self._dropped or client.unreadable:
            _log.warning("line.dropped", member=self._member, unreadable=client.unreadable, **self._dropped)

    def _let_go(self) -> None:
        self._is_up, self._client = False, None
        self._replies.lose_all()

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._is_waking = False  # before looking: who appends from here on wakes this again
            for _parcel in range(len(self._outgoing)):
                parcel = self._outgoing.popleft()
                if parcel.asker:
                    self._allowance.give_back(parcel.asker)
                if self._client is not None and parcel.connection == self._connection:
                    await self._send_one(self._client, parcel)
                else:
                    self._replies.lose(parcel.reply)
            if self._outgoing:
                self._wake.set()
            await asyncio.sleep(0)  # let what was written go out

    async def _send_one(self, client: LineClient, parcel: _Parcel) -> None:
        try:
            await client.publish(parcel.subject, parcel.data, reply=parcel.reply)
        except (OSError, nats.errors.Error, AttributeError) as error:
            await report(error)
            self._replies.lose(parcel.reply)

    async def _answered(self, message: Msg) -> None:
        if not self._replies.take(message.subject, message.headers, message.data):
            self._dropped["answers"] += 1  # too late, or nobody asked

    async def _asked(self, message: Msg) -> None:
        """Hand a question to a thread at once: nats-py calls this for one message after the other.

        Its subject says whose node put it there. Where its answer goes was chosen by that member: an answer goes to
        that member, in this one's name, or nowhere.
        """
        asker, reply = self._asker_of(message.subject), message.reply
        if asker is None or not is_reply_subject(reply, asker, self._member):
            self._dropped["questions"] += 1
        elif self._allowance.take(asker):
            connection, data = self._connection, message.data
            self._answering.submit(lambda: self._answer_one(connection, asker, data, reply))
        elif len(self._outgoing) < BUSY_SIGNS_MAX:
            self._send(_Parcel(self._connection, reply, "", BUSY))
        else:
            self._dropped["busy_signs"] += 1

    def _asker_of(self, subject: str) -> MemberCode | None:
        try:
            asker = parse_member_code(subject.rpartition(".")[2])
        except MalformedError:
            return None
        return asker if subject == ask_subject(self._member, asker) else None

    async def _heard(self, message: Msg) -> None:
        if message.subject == NUDGE_DIRECTORY and len(message.data) <= FRAME_BYTES:
            self._nudge_one(message.data)
        else:
            self._dropped["nudges"] += 1

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
