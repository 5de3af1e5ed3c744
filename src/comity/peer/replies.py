"""Replies: this node's own questions that wait, each under a reply subject of its own."""

import queue
import time
from collections.abc import Mapping

from comity.ids import MemberCode
from comity.limits import ASK_S, ASKS_MAX, REPLIES_MAX
from comity.peer.connection import NO_RESPONDERS
from comity.peer.credentials import reply_subject
from comity.peer.line import Accept, NoAnswer, Silence

ANSWERED, BUSY, FAILED = b"+", b"~", b"!"  # an answer's first byte
_SILENCES: Mapping[bytes, Silence] = {BUSY: Silence.BUSY, FAILED: Silence.FAILED}


class Waiting:
    """One question that waits. Its answer comes at ``subject``, where the broker lets ``to`` alone publish."""

    def __init__(self, to: MemberCode, subject: str) -> None:
        self.to = to
        self.subject = subject
        self.unfit = 0  # answers that did not end the wait
        self._came: queue.SimpleQueue[bytes | Silence] = queue.SimpleQueue()

    def put(self, came: bytes | Silence) -> bool:
        """What came; False where so much waits to be looked at already that it is dropped."""
        if self._came.qsize() >= REPLIES_MAX:
            return False
        self._came.put(came)
        return True

    def wait(self, deadline_s: float, accept: Accept) -> bytes | NoAnswer:
        """The first answer that ``accept`` takes, or why there is none; what it does not take ends no wait."""
        end = time.monotonic() + min(deadline_s, ASK_S)
        while True:
            try:
                came = self._came.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return NoAnswer(self.to, Silence.TOO_LATE)
            if isinstance(came, Silence):
                return NoAnswer(self.to, came)
            if accept(came):
                return came
            self.unfit += 1
            if time.monotonic() >= end:
                return NoAnswer(self.to, Silence.TOO_LATE)


class Replies:
    """The questions of ``member`` that wait, at most ASKS_MAX; asking threads and the line's loop use it."""

    def __init__(self, member: MemberCode) -> None:
        self._member = member
        self._waiting: dict[str, Waiting] = {}

    def open(self, to: MemberCode) -> Waiting | None:
        """A place for the answer of ``to``; None where too many questions wait. ``close`` it afterwards."""
        if len(self._waiting) >= ASKS_MAX:
            return None
        waiting = Waiting(to, reply_subject(self._member, to))
        self._waiting[waiting.subject] = waiting
        return waiting

    def close(self, waiting: Waiting) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(waiting.subject, None)

    def take(self, subject: str, headers: Mapping[str, str] | None, data: bytes) -> bool:
        """Bytes that came at ``subject``; False where nobody waits for them there, or they are no answer of a node."""
        waiting = self._waiting.get(subject)
        if waiting is None:
            return False
        if headers is not None:
            is_brokers = headers == NO_RESPONDERS and not data
            return is_brokers and waiting.put(Silence.NOT_LISTENING)
        if data[:1] == ANSWERED:
            return waiting.put(data[1:])
        silence = _SILENCES.get(data)
        return silence is not None and waiting.put(silence)

    def lose(self, subject: str) -> None:
        """The question whose answer was to come there cannot leave."""
        if waiting := self._waiting.get(subject):
            waiting.put(Silence.LINE_DOWN)

    def lose_all(self) -> None:
        """The line is down: no answer will come."""
        for subject in tuple(self._waiting):
            self.lose(subject)
