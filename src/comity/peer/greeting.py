"""Greeting: a node says that it is there, so that what waits for it comes, and its pass is looked after."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from comity.errors import ComityError
from comity.exchange.greeting import Greeting, PassHeld
from comity.exchange.signed import COMPLAINT, LATER, Pen, parse_signed
from comity.ids import MemberCode
from comity.members.publication import Publication
from comity.peer.answering import Answerer
from comity.peer.line import Line, NoAnswer
from comity.peer.passes import PassFile
from comity.plug import PeerPart

GREETING_S: Final = 60.0  # how often, while the line is up: what waits elsewhere is tried again by then
AGAIN_S: Final = 5.0  # after silence: the secretariat may be a moment later up than the line, and a moment later ready
DEADLINE_S: Final = 3.0

_log = structlog.get_logger(__name__)


class Door(Protocol):
    """What keeps the broker's door in line with the directory; the secretariat's node has one."""

    def begin(self, now: datetime) -> None:
        """Look after the own pass before the line comes up with it."""

    def on_members(self, publication: Publication, now: datetime) -> None:
        """The members, or their keys, are others than before."""

    def greet(self, greeting: Greeting) -> bytes:
        """A pass for a member whose own is to be replaced, or nothing; the greeting's signature is verified."""

    def go_round(self, now: datetime) -> None:
        """Do what has become due."""


class NoDoor:
    """Where nobody is let in or kept out: at a bureau."""

    def begin(self, now: datetime) -> None:
        """Nothing is to be done before."""

    def on_members(self, publication: Publication, now: datetime) -> None:
        """Nothing follows from it here."""

    def greet(self, greeting: Greeting) -> bytes:
        """No pass is given here."""
        del greeting
        return b""

    def go_round(self, now: datetime) -> None:
        """Nothing becomes due."""


class Greeter:
    """Greets the secretariat for ``member``'s node: when its line has come up, and each minute."""

    def __init__(
        self,
        line: Line,
        pen: Pen,
        member: MemberCode,
        secretariat: MemberCode,
        passes: PassFile | None,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """``passes`` is where this node's pass lies; None where there is no broker."""
        self._line = line
        self._pen = pen
        self._member = member
        self._secretariat = secretariat
        self._passes = passes
        self._clock = clock
        self._due_at = clock()

    def hasten(self) -> None:
        """Greet in the next round: the line has come up."""
        self._due_at = self._clock()

    def go_round(self) -> None:
        """Greet if it is time, and take the pass that is offered; UnavailableError while the keys are locked."""
        now = self._clock()
        if self._member == self._secretariat or now < self._due_at:
            return
        greeting = Greeting(1, self._member, self._secretariat, now, self._held())
        frame = self._pen.sign(greeting, self._secretariat).encode()
        self._due_at = now + timedelta(seconds=GREETING_S)
        reply = self._line.ask(self._secretariat, frame, DEADLINE_S, self._is_answer)
        if isinstance(reply, NoAnswer) or reply == LATER:
            self._due_at = now + timedelta(seconds=AGAIN_S)
            return
        if self._passes is None or not reply or reply.startswith(COMPLAINT):
            return
        self._passes.take(reply)
        self._due_at = now  # so that the secretariat hears that the pass before it is not needed any more
        _log.info("greeting.pass_renewed", member=self._member)

    def _held(self) -> PassHeld | None:
        try:
            return self._passes.read().held() if self._passes is not None else None
        except ComityError:
            return None  # the line tells what is wrong with it

    def _is_answer(self, reply: bytes) -> bool:
        """Nothing, a complaint, or a pass that can be taken."""
        if not reply or reply.startswith(COMPLAINT):
            return True
        try:
            if self._passes is not None:
                self._passes.verify(reply)
        except ComityError as error:
            _log.warning("greeting.pass_refused", code=error.code)
            return False
        return self._passes is not None


def _greet(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    frame, greeting = parse_signed(data, Greeting)
    answerer.verify_own(line, frame, greeting.member, greeting.to, greeting.at)
    return answerer.home.greeted(greeting)


PART: Final = PeerPart({b"comity/1 greeting ": _greet})
