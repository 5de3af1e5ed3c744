"""The line: how a node puts questions to other members' nodes, and is asked.

``Line`` is what the rest of the program sees: synchronous, called from worker threads. The real one is ``NatsLine`` in
``nats_line.py``.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import msgspec

from comity.errors import ComityError
from comity.ids import MemberCode


class Silence(StrEnum):
    """Why there is no answer."""

    LINE_DOWN = "line-down"  # this node is not connected, or was cut off while it waited
    NOT_LISTENING = "not-listening"  # the other node is not connected
    TOO_LATE = "too-late"  # no answer within the deadline
    BUSY = "busy"  # the other node, or this one, has too many questions in hand
    FAILED = "failed"  # the other node could not make an answer


class NoAnswer(msgspec.Struct, frozen=True):
    """No answer from ``member``: never to be shown as "nothing found"."""

    member: MemberCode
    why: Silence


Accept = Callable[[bytes], bool]
"""Whether bytes that came are the answer that was waited for. It verifies what it can, and raises nothing."""


def anything(data: bytes) -> bool:
    """Take whatever comes first: where nothing can be verified, or only later."""
    del data
    return True


def is_right(verify: Callable[[], object]) -> bool:
    """Whether ``verify`` raises none of our errors."""
    try:
        verify()
    except ComityError:
        return False
    return True


class Line(Protocol):
    """Questions and nudges between nodes."""

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept = anything) -> bytes | NoAnswer:
        """Put a question and wait for its answer; TooLargeError if it has more than FRAME_BYTES.

        Bytes that ``accept`` does not take end no wait: the right answer may still come.
        """

    def serve(self, answer: Callable[[MemberCode, bytes], bytes]) -> None:
        """Answer the questions of others: ``answer(asker, data)`` is called on many threads, and may raise."""

    def nudge(self, data: bytes) -> None:
        """Tell every node that there is something new; best effort, for the secretariat only."""

    def on_nudge(self, callback: Callable[[bytes], None]) -> None:
        """Hear nudges, one at a time; an empty one means that the line was away and anything may be new."""

    @property
    def is_up(self) -> bool:
        """Whether questions can be put now."""

    @property
    def is_turned_away(self) -> bool:
        """Whether the broker is there and does not let this node in: a pass that has expired or was revoked."""

    @property
    def trouble(self) -> str:
        """What keeps the line down, in words; empty where that is not known, or it is up."""

    @property
    def rtt_ms(self) -> float | None:
        """The last measured round trip to the broker; None while the line is down."""


class DownLine:
    """The line of a node that is looked after while it is stopped."""

    is_up = False
    is_turned_away = False
    trouble = ""
    rtt_ms = None

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept = anything) -> NoAnswer:
        """Nobody can be asked."""
        del data, deadline_s, accept
        return NoAnswer(to, Silence.LINE_DOWN)

    def serve(self, answer: Callable[[MemberCode, bytes], bytes]) -> None:
        """Nobody asks."""

    def nudge(self, data: bytes) -> None:
        """Nobody hears."""

    def on_nudge(self, callback: Callable[[bytes], None]) -> None:
        """Nothing is heard."""
