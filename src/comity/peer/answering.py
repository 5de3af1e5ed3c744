"""Answering: what comes over the line becomes an act, whatever it is."""

from collections.abc import Callable
from typing import Any, Final

import structlog

from comity.act import Peer
from comity.errors import ComityError, MalformedError, TooLargeError, UntrustedError
from comity.gate import Gate
from comity.ids import MemberCode, parse_query_id, parse_record_id
from comity.limits import FRAME_BYTES
from comity.registers.batch import parse_batch
from comity.registers.detail import Wanted
from comity.registers.query import Asked, verify_question
from comity.registers.question import COMPLAINT, DetailQuestion, Question, parse_body
from comity.signer import parse_frame

_log = structlog.get_logger(__name__)

DIRECTORY: Final = b"comity/1 directory "
"""How a request for a file of the directory begins; after it, the file's name. What is published is for every member to
read, carries its own signatures, and serving it is no act."""


class Answerer:
    """Answers other members' nodes: through the gate, except for the directory's files.

    ``verify_ready`` raises where nothing could be signed; ``on_taken`` is called when a batch has come in.
    """

    def __init__(
        self,
        gate: Gate[Any],
        published: Callable[[str], bytes | None],
        *,
        verify_ready: Callable[[], None] = lambda: None,
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        self._gate = gate
        self._published = published
        self._verify_ready = verify_ready
        self._on_taken = on_taken

    def __call__(self, line: MemberCode, data: bytes) -> bytes:
        """The bytes to send back; what cannot be read is complained about, and blocks nothing behind it."""
        try:
            return self._answer(line, data)
        except ComityError as error:
            _log.info("answering.complained", code=error.code, where=error.where, line=line)
            return COMPLAINT + error.code.encode()

    def _answer(self, line: MemberCode, data: bytes) -> bytes:
        if len(data) > FRAME_BYTES:
            raise TooLargeError(f"A request has at most {FRAME_BYTES} bytes.", where="request")
        if data.startswith(DIRECTORY):
            return self._published(_text(data[len(DIRECTORY) :])) or b""
        self._verify_ready()
        if data.startswith(b"comity-batch/"):
            return self._accept(line, data)
        if data.startswith(b"comity/1 detail "):
            return self._show(line, data)
        return self._look(line, data)

    def _look(self, line: MemberCode, data: bytes) -> bytes:
        frame = parse_frame(data, "query")
        question = parse_body(frame, Question)
        verify_question(question)
        outcome = self._gate.perform(
            "query.answer",
            Peer(line, frame),
            Asked(frame, question),
            on=question.id,
            purpose=question.purpose,
            reference=question.reference,
        )
        return _bytes(outcome.release)

    def _show(self, line: MemberCode, data: bytes) -> bytes:
        frame = parse_frame(data, "detail")
        question = parse_body(frame, DetailQuestion)
        parse_query_id(question.id)
        parse_record_id(question.record)
        outcome = self._gate.perform(
            "record.show",
            Peer(line, frame),
            Wanted(frame, question),
            on=question.record,
            purpose=question.purpose,
            reference=question.reference,
        )
        return _bytes(outcome.release)

    def _accept(self, line: MemberCode, data: bytes) -> bytes:
        batch = parse_batch(data)
        outcome = self._gate.perform("batch.accept", Peer(line, batch.frame), batch, on=batch.id)
        if outcome.release is None:
            raise UntrustedError("The batch is not what its source signed.", where="batch")
        self._on_taken()
        return _bytes(outcome.release)


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError("A file's name is ASCII.", where="directory") from error


def _bytes(release: object) -> bytes:
    if not isinstance(release, bytes):
        raise TypeError("An answer is bytes.")
    return release
