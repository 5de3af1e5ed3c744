"""Stating: a node tells the secretariat what it reads, after a start and whenever that is not what is published."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from comity.act import Peer
from comity.errors import ComityError, UnavailableError
from comity.exchange.signed import COMPLAINT, LATER
from comity.gate import Gate
from comity.ids import MemberCode
from comity.limits import READS_BYTES
from comity.members.directory import Directory
from comity.members.reads import Reads, Told, is_outdated, parse_told, sign_reads
from comity.members.stating import STATE
from comity.peer.answering import Answerer
from comity.peer.line import Line, NoAnswer
from comity.peer.repository import write_durably
from comity.plug import PeerPart
from comity.signer import Signer, key_id
from comity.texts import _

AGAIN_S: Final = 5.0  # after silence, as for greetings
SHOWN_S: Final = 60.0  # until what was taken shows in the directory
AGAIN_REFUSED_S: Final = 3600.0  # where the secretariat does not take it: by its rulebook, or since it is older
DEADLINE_S: Final = 5.0

_log = structlog.get_logger(__name__)


class Stater:
    """Tells for ``member``'s node; one thread calls ``go_round``. ``formats`` are those of this program, by name."""

    def __init__(
        self,
        gate: Gate[Any],
        folder: Path,
        line: Line,
        signer: Signer,
        member: MemberCode,
        secretariat: MemberCode,
        formats: Callable[[], Mapping[str, int]],
        clock: Callable[[], datetime],
    ) -> None:
        """In ``folder`` the last statement is kept, so that no number is given twice."""
        self._gate, self._path = gate, folder / "reads"
        self._line, self._signer = line, signer
        self._member, self._secretariat = member, secretariat
        self._formats = formats
        self._clock = clock
        self._due_at = clock()
        self._rulebook = b""  # under which it was sent last

    def go_round(self, held: Directory | None) -> None:
        """Tell, if what ``held`` has of this node is not what it reads; UnavailableError while the keys are locked."""
        now = self._clock()
        if held is None or held.find_bureau(self._member, now) is None:
            return
        if now < self._due_at and held.rulebook == self._rulebook:
            return
        published, formats = held.find_told(self._member), dict(self._formats())
        if published is not None and self._is_right(published, formats):
            return
        told = self._statement(published, formats, now)
        self._rulebook = held.rulebook
        self._due_at = now + timedelta(seconds=self._tell(told))

    def _is_right(self, told: Told, formats: Mapping[str, int]) -> bool:
        return told.reads.formats == formats and told.frame.key_id == key_id(self._signer.public)

    def _statement(self, published: Told | None, formats: dict[str, int], now: datetime) -> Told:
        """The one made last, while that is still right; else a new one, with the next number."""
        last = self._last()
        if last is not None and self._is_right(last, formats) and not is_outdated(last, published):
            return last
        number = max((each.reads.number for each in (last, published) if each is not None), default=0) + 1
        told = sign_reads(Reads(1, self._member, number, now, formats), self._signer)
        try:
            write_durably(self._path, told.frame.encode())
        except OSError as error:
            raise UnavailableError(_("What this node reads could not be noted."), where=str(self._path)) from error
        return told

    def _last(self) -> Told | None:
        try:
            with self._path.open("rb") as file:
                told = parse_told(file.read(READS_BYTES + 1))
            told.frame.verify(self._signer.public)
        except (ComityError, OSError):
            return None  # none yet, or damaged: the directory has the number that was published last
        return told if told.reads.member == self._member else None

    def _tell(self, told: Told) -> float:
        """Send it; after how many seconds to look again."""
        if self._member == self._secretariat:
            outcome = self._gate.perform(STATE, Peer(self._member, told.frame), told, on=self._member)
            return SHOWN_S if outcome.verdict.is_allowed else AGAIN_REFUSED_S
        reply = self._line.ask(
            self._secretariat, told.frame.encode(), DEADLINE_S, lambda data: not data or data.startswith(COMPLAINT)
        )
        if isinstance(reply, NoAnswer) or reply == LATER:
            return AGAIN_S
        if reply:
            _log.info("stating.not_taken", complaint=reply[len(COMPLAINT) :][:40].decode("ascii", errors="replace"))
        return AGAIN_REFUSED_S if reply else SHOWN_S


def _state(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    told = parse_told(data)
    outcome = answerer.perform(STATE, line, Peer(line, told.frame), told, on=told.reads.member)
    return answerer.taken("reads", outcome.release)


PART: Final = PeerPart({b"comity/1 reads ": _state})
