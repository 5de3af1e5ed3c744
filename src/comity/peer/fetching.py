"""Fetching: what another node gives for a signed question, where the bytes that come need no signature of their own."""

from collections.abc import Callable
from typing import Final

from comity.errors import UnavailableError
from comity.exchange.signed import COMPLAINT, Pen, Signed
from comity.ids import MemberCode
from comity.peer.line import Accept, Line, NoAnswer, anything
from comity.texts import _

DEADLINE_S: Final = 10.0


def fetch(
    line: Line, holder: MemberCode, question: Signed, pen: Pen, accept: Accept = anything,
    on_silence: Callable[[], None] = lambda: None,
) -> bytes:  # fmt: skip
    """What ``holder`` gives; UnavailableError where it does not answer, which ``on_silence`` hears, or complains."""
    frame = pen.sign(question, holder).encode()
    reply = line.ask(holder, frame, DEADLINE_S, lambda data: data.startswith(COMPLAINT) or accept(data))
    if isinstance(reply, NoAnswer):
        on_silence()
        raise UnavailableError(_("No answer: {why}.").format(why=reply.why.value), where=question.context)
    if reply.startswith(COMPLAINT):
        raise UnavailableError(_("It is not there, or not for this member."), where=question.context)
    return reply
