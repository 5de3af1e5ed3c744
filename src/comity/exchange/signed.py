"""Signed bodies: what nodes say to each other as frames of one kind each."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar

import msgspec

from comity.characters import verify_all_lines
from comity.errors import MalformedError, NewerError, UnavailableError, UntrustedError
from comity.formats import Format
from comity.ids import MemberCode
from comity.limits import FRAME_BYTES, YEAR_MAX, YEAR_MIN
from comity.members.directory import Directory
from comity.members.home import Home
from comity.signer import Frame, Signer, parse_frame, sign_frame
from comity.texts import _

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def verify_moments(*moments: datetime | None) -> None:
    """Raise ValueError for a time at the ends of the calendar, on which no reckoning works; a decoder refuses it."""
    for moment in moments:
        if moment is not None and not YEAR_MIN <= moment.year <= YEAR_MAX:
            raise ValueError("A time lies at the ends of the calendar.")


COMPLAINT = b"comity/1 complaint "
"""How an answer begins that is none: after it, the error's code. It is not signed and proves nothing."""

LATER = COMPLAINT + UnavailableError.code.encode()
"""The complaint of a node that cannot answer yet: its keys are locked, or it has no directory. It passes by itself."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that is signed as a frame of kind ``context``, in the versions of its ``format``, which has that name.

    Evolution: each has a ``v`` that changes with any member. Old versions stay readable; a sender uses the newest that
    all its recipients read (``members.reads``).
    """

    context: ClassVar[str]
    format: ClassVar[Format[Any]]
    tells_of_records: ClassVar[bool] = False
    """Whether it carries texts of others' records: these are shown with numbers for what nobody sees (``characters``),
    and not refused, so that no record keeps an answer about others back."""


Body = TypeVar("Body", bound=Signed)


def sign_body(body: Signed, signer: Signer, version: int = 1) -> Frame:
    """Sign a body as the frame of its kind, in that version: the first is what everybody reads (see ``sign_for``).

    InputError where that version cannot say it.
    """
    return sign_frame(signer, body.context, body.format.write(body, version))


def find_wrong_signature(frame: Frame, member: MemberCode, directory: Directory) -> str:
    """Why what is kept here was not signed by ``member``; empty where it was.

    Of a member with more keys than a node remembers, a key that is not among these says nothing: what is kept was
    judged when it came, and its name, which the ledger has, says what it is. Else a member that changes its keys often
    would make all that it ever sent look changed.
    """
    found = directory.find_held_key(member, frame.key_id)
    if found is None:
        return _why_unknown(frame, member, directory)
    try:
        frame.verify(found)
    except UntrustedError as error:
        return error.message
    return ""


def _why_unknown(frame: Frame, member: MemberCode, directory: Directory) -> str:
    if directory.may_have_forgotten(member):
        return ""
    if directory.is_held_key(frame.key_id):
        return _("it is signed by another member's key.")
    return _("it is signed by a key that the directory does not know.")


def sign_for(body: Signed, home: Home, *readers: MemberCode) -> Frame:
    """Sign a body of this node's in the newest version that all ``readers`` read."""
    return Pen(home.signer, home.directory).sign(body, *readers)


class Pen(NamedTuple):
    """What signs for others outside of acts; ``directory`` is None before the first."""

    signer: Signer
    directory: Callable[[], Directory | None]

    def sign(self, body: Signed, *readers: MemberCode) -> Frame:
        """Sign a body in the newest version that all ``readers`` read."""
        directory = self.directory()
        return sign_body(body, self.signer, directory.newest_for(body.format, readers) if directory else 1)


def parse_body(frame: Frame, form: type[Body], *, is_kept: bool = False) -> Body:
    """Read a frame's body, without judging its signature; MalformedError if it is none, NewerError as ``Format.read``.

    Every text in it is one line, but in what tells of records. What was kept before that was asked for is read all the
    same (``is_kept``).
    """
    if frame.context != form.context:
        raise MalformedError(
            _("A frame of kind {context} was expected.").format(context=form.context), where=form.context
        )
    found: Body = form.format.read(frame.body, where=form.context, most=FRAME_BYTES)
    if not (is_kept or form.tells_of_records):
        verify_all_lines(frame.body, form.context)
    return found


def parse_signed(data: bytes, form: type[Body]) -> tuple[Frame, Body]:
    """Read a frame and its body, without judging its signature; MalformedError or TooLargeError if it is not that.

    UnavailableError where the other node complains: it has not answered, and says no more than that.
    """
    if data == COMPLAINT + NewerError.code.encode():
        raise UnavailableError(_("The other node does not read this version yet."), where=form.context)
    if data.startswith(COMPLAINT):
        raise UnavailableError(_("The other node could not make use of what was sent."), where=form.context)
    frame = parse_frame(data, form.context)
    return frame, parse_body(frame, form)


def open_signed(data: bytes, form: type[Body], public: bytes) -> Body:
    """Read what ``public`` signed; the errors of ``parse_signed``, or UntrustedError if it did not."""
    frame, body = parse_signed(data, form)
    frame.verify(public)
    return body
