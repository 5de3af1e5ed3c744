"""Fetching: what another node gives for a signed question, where the bytes that come need no signature of their own."""

from collections.abc import Callable
from typing import Final

from comity.errors import CorruptError, UnavailableError
from comity.exchange.signed import COMPLAINT, Pen, Signed
from comity.ids import MemberCode
from comity.peer.line import Accept, Line, NoAnswer, anything
from comity.texts import _

DEADLINE_S: Final = 10.0


def fetch(
    line: Line, holder: MemberCode, question: Signed, pen: Pen, accept: Accept = anything,
    on_silence: Callable[[], None] = lambda: None, on_damaged: Callable[[], None] = lambda: None,
) -> bytes:  # fmt: skip
    """What ``holder`` gives; UnavailableError where it does not answer, or complains.

    ``on_silence`` hears of the former, ``on_damaged`` where it says that what it has is damaged.
    """
    frame = pen.sign(question, holder).encode()
    reply = line.ask(holder, frame, DEADLINE_S, lambda data: data.startswith(COMPLAINT) or accept(data))
    if isinstance(reply, NoAnswer):
        on_silence()
        raise UnavailableError(_("No answer: {why}.").format(why=reply.why.value), where=question.context)
    if reply == COMPLAINT + CorruptError.code.encode():
        on_damaged()
        raise UnavailableError(_("It is damaged there."), where=question.context)
    if reply.startswith(COMPLAINT):
        raise UnavailableError(_("It is not there, or not for this member."), where=question.context)
    return reply
