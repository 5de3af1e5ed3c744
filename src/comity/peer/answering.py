"""Answering: what comes over the line becomes an act, whatever it is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from comity.act import Peer
from comity.capabilities import parts
from comity.damage import DamagedError, Damages
from comity.errors import ComityError, MalformedError, TooLargeError, UntrustedError
from comity.exchange.greeting import Greeting
from comity.exchange.receipt import Receipt
from comity.exchange.sending import Vault
from comity.exchange.signed import COMPLAINT
from comity.gate import Gate, Outcome
from comity.ids import BlobId, MemberCode
from comity.kind import Body, Kind, Release
from comity.limits import FRAME_BYTES, SKEW_S
from comity.plug import PeerPart
from comity.signer import Frame
from comity.texts import _

_log = structlog.get_logger(__name__)


class AnsweringHome(NamedTuple):
    """What an answering node has besides its gate and keys."""

    member: MemberCode
    published: Callable[[str], bytes | None]  # a file of the directory, at the secretariat
    chunk: Callable[[BlobId, int, MemberCode], bytes | None]  # if it is here and that member may pull it
    verify_ready: Callable[[], None]  # raises where nothing could be signed
    signer: Callable[[Frame], MemberCode | None]  # verified here and now, so the writer finds it so; raises as above
    clock: Callable[[], datetime]
    hears: Callable[[MemberCode], None]  # a member has been heard of: it signed what came over its own line
    greeted: Callable[[Greeting], bytes]  # a pass to take instead, or nothing
    has_taken: Callable[[str], None]  # a "batch", "consignment", "message", "receipt" or "parcel" has come in


class Answerer:
    """Answers other members' nodes: through the gate, except for the directory's files, chunks and greetings."""

    def __init__(self, gate: Gate[Any], home: AnsweringHome, vault: Vault, damages: Damages | None = None) -> None:
        self.gate = gate
        self.home = home
        self.vault = vault
        self._damages = damages or Damages()
        found = parts("peer", PeerPart)
        self._kinds = {begins: answer for part in found for begins, answer in part.requests.items()}
        self._keyless = {begins: answer for part in found for begins, answer in part.keyless.items()}

    def __call__(self, line: MemberCode, data: bytes) -> bytes:
        """The bytes to send back; what cannot be read is complained about, and blocks nothing behind it."""
        try:
            return self._answer(line, data)
        except ComityError as error:
            if isinstance(error, DamagedError):
                self._damages.note(error.damage)
            _log.info("answering.complained", code=error.code, where=error.where, line=line)
            return COMPLAINT + error.code.encode()

    def _answer(self, line: MemberCode, data: bytes) -> bytes:
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A request has at most {most} bytes.").format(most=FRAME_BYTES), where="request")
        for begins, answer in self._keyless.items():
            if data.startswith(begins):
                return answer(self, line, data)
        self.home.verify_ready()
        for begins, answer in self._kinds.items():
            if data.startswith(begins):
                return answer(self, line, data)
        raise MalformedError(_("This node knows no such request."), where="request")

    def perform(
        self, kind: Kind[Body, Release], line: MemberCode, by: Peer, body: Body, **about: str
    ) -> Outcome[Release]:
        """One act of another member; it counts as heard of where its own line brought what it signed."""
        outcome = self.gate.perform(kind, by, body, **about)
        actor = outcome.act.actor
        if actor.proven and actor.member == line:
            self.home.hears(line)
        return outcome

    def taken(self, what: str, release: bytes | Receipt | None) -> bytes:
        """The receipt for what was taken in, which is taken up now; UntrustedError where nothing was."""
        if not isinstance(release, bytes):
            raise UntrustedError(_("It is not what its sender signed, or is not taken here."), where=what)
        self.home.has_taken(what)
        return release

    def verify_own(self, line: MemberCode, frame: Frame, asker: MemberCode, to: MemberCode, at: datetime) -> None:
        """Raise UntrustedError unless the line's member has just signed this for this node; then it is heard of."""
        if self.home.signer(frame) != line or (asker, to) != (line, self.home.member):
            raise UntrustedError(_("It is not signed by the member that brings it."), where=frame.context)
        if abs((self.home.clock() - at).total_seconds()) > SKEW_S:
            raise UntrustedError(_("It was signed at another time than now."), where=frame.context)
        self.home.hears(line)


def release_of(outcome: Outcome[bytes]) -> bytes:
    """What an act released that answers refusals too."""
    if outcome.release is None:
        raise TypeError(outcome.act.kind)
    return outcome.release
