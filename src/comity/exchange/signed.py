"""Signed bodies: what nodes say to each other as frames of one kind each."""

from datetime import datetime
from typing import Annotated, ClassVar, TypeVar

import msgspec

from comity.characters import verify_all_lines
from comity.errors import MalformedError, UnavailableError
from comity.limits import FRAME_BYTES, YEAR_MAX, YEAR_MIN
from comity.parsing import decode
from comity.signer import Frame, Signer, parse_frame, sign_frame
from comity.texts import _

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def verify_moments(*moments: datetime | None) -> None:
    """Raise ValueError for a time at the ends of the calendar, on which no reckoning works; a decoder refuses it."""
    if any(moment is not None and not YEAR_MIN <= moment.year <= YEAR_MAX for moment in moments):
        raise ValueError("A time lies at the ends of the calendar.")


COMPLAINT = b"comity/1 complaint "
"""How an answer begins that is none: after it, the error's code. It is not signed and proves nothing."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that is signed as a frame of kind ``context``.

    Evolution: each has a ``v`` that changes with any member; a node refuses versions that it does not know, so
    recipients learn a version before senders use it.
    """

    context: ClassVar[str]
    tells_of_records: ClassVar[bool] = False
    """Whether it carries texts of others' records: these are shown with numbers for what nobody sees (``characters``),
    and not refused, so that no record keeps an answer about others back."""


Body = TypeVar("Body", bound=Signed)


def sign_body(body: Signed, signer: Signer) -> Frame:
    """Sign a body as the frame of its kind."""
    return sign_frame(signer, body.context, msgspec.json.encode(body))


def parse_body(frame: Frame, form: type[Body], *, is_kept: bool = False) -> Body:
    """Read a frame's body, without judging its signature; MalformedError if it is none.

    Every text in it is one line, but in what tells of records. What was kept before that was asked for is read all the
    same (``is_kept``).
    """
    if frame.context != form.context:
        raise MalformedError(
            _("A frame of kind {context} was expected.").format(context=form.context), where=form.context
        )
    found = decode(frame.body, form, where=form.context, most=FRAME_BYTES)
    if not (is_kept or form.tells_of_records):
        verify_all_lines(frame.body, form.context)
    return found


def parse_signed(data: bytes, form: type[Body]) -> tuple[Frame, Body]:
    """Read a frame and its body, without judging its signature; MalformedError or TooLargeError if it is not that.

    UnavailableError where the other node complains: it has not answered, and says no more than that.
    """
    if data.startswith(COMPLAINT):
        raise UnavailableError(_("The other node could not make use of what was sent."), where=form.context)
    frame = parse_frame(data, form.context)
    return frame, parse_body(frame, form)


def open_signed(data: bytes, form: type[Body], public: bytes) -> Body:
    """Read what ``public`` signed; the errors of ``parse_signed``, or UntrustedError if it did not."""
    frame, body = parse_signed(data, form)
    frame.verify(public)
    return body
