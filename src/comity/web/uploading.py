"""Forms with files: what was typed is kept in memory, each file goes to the node as it comes, encrypted at once.

Nothing of a file lies on this machine in clear, and no more of it than a chunk is in memory. Who is signed in is known
from the request's headers before anything is read: files of nobody are read past, so that what was typed beside them
can still be carried through signing in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any, TypeAlias

import anyio.to_thread
import msgspec
from litestar.exceptions import ClientException
from multipart import (  # type: ignore[import-untyped]  # it has no types; Litestar brings it
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from comity.act import Session
from comity.api.given import Call
from comity.api.problems import BodyTooLargeError, refuse
from comity.api.streams import Upload
from comity.errors import ComityError, InputError, MalformedError, TooLargeError, UnauthenticatedError
from comity.limits import (
    ATTACHMENT_BYTES,
    BODY_BYTES,
    ENVELOPE_BLOBS_MAX,
    FIELD_CHARS,
    FORM_FIELDS_MAX,
)
from comity.peer.brought import FileForm
from comity.texts import _
from comity.web.forms import Form, SentFile, read_form, verify_same_origin
from comity.web.front import Front

KIND = "multipart/form-data"
BOUNDARY_CHARS = 200  # RFC 2046 allows 70
LOST = "lost"
"""The field that names files which were read past because nobody was signed in any more."""

Fields: TypeAlias = Mapping[str, Sequence[str]]
Attach: TypeAlias = Callable[[str, str, Iterator[bytes], Fields], str]
"""Name, media type and bytes of a file, and what was typed before it, to the name by which the node keeps it.

ComityError where it cannot be kept.
"""


async def read_upload(request: Call) -> Form:
    """The form that a page of ours sent, with files or without; read once, by this dependency in ``read_form``'s place.

    TooLargeError where all of it passes UPLOAD_BYTES; ClientException where it is no form.
    """
    return await _read_form(request, _attach_for)


async def read_brought(request: Call) -> Form:
    """The form with a file of records, as ``read_upload`` reads one with attachments."""
    return await _read_form(request, _bring_for)


async def _read_form(request: Call, attach_for: Callable[[Front, Session], Attach]) -> Form:
    kind, _semicolon, options = request.headers.get("content-type", "").partition(";")
    if request.method != "POST" or kind.strip().lower() != KIND:
        return await read_form(request)
    verify_same_origin(request)
    name, _equals, boundary = options.strip().partition("=")
    boundary = boundary.strip('"')
    if name != "boundary" or not boundary or len(boundary) > BOUNDARY_CHARS or not boundary.isascii():
        raise ClientException("not a form")
    front: Front = request.app.state.front
    attach = await anyio.to_thread.run_sync(_attach_of, front, request, attach_for)
    # A thread of its own pulls the body: files are encrypted and written by calls that wait for the disk.
    limiter = front.uploads if attach else front.strangers
    form: Form = await anyio.to_thread.run_sync(partial(_read, _pulled(request), boundary, attach), limiter=limiter)
    request.state.form = form
    return form


def _attach_of(front: Front, request: Call, attach_for: Callable[[Front, Session], Attach]) -> Attach | None:
    """What keeps files; None where nobody is signed in any more."""
    try:
        session = front.session_of(request)
        front.seat_of(session)
    except UnauthenticatedError:
        return None
    return attach_for(front, session)


def _attach_for(front: Front, session: Session) -> Attach:
    def attach(name: str, media: str, parts: Iterator[bytes], _fields: Fields) -> str:
        try:
            outcome = front.node.messages.attach(session, name, media, parts)
        except InputError as error:
            raise _said(error, name) from error
        if outcome.release is None:
            raise refuse(outcome.verdict, outcome.entry, outcome.held)
        return str(outcome.release)

    return attach


def _bring_for(front: Front, session: Session) -> Attach:
    files = front.node.files

    def bring(name: str, _media: str, parts: Iterator[bytes], fields: Fields) -> str:
        form = file_form({key: values[0] for key, values in fields.items()}, name, None)
        begun = files.begin(session, form)
        if begun.received:  # left over from a line that was cut: a browser without script begins anew
            files.drop(session, begun.file.id)
            begun = files.begin(session, form)
        files.append(session, begun.file.id, 0, parts)
        return files.complete(session, begun.file.id).file.id

    return bring


def file_form(typed: Mapping[str, str], name: str, size: int | None, changed_ms: int = 0) -> FileForm:
    """What was typed about a file of records; InputError names what cannot be."""
    about = {key: typed.get(key, "").strip() for key in ("register", "columns", "audience", "handling", "expires_on")}
    shown = PurePath(name.replace("\\", "/")).name.strip()[:FIELD_CHARS]
    try:
        return msgspec.convert(
            {
                **about,
                "instruction": typed.get("instruction", ""),
                "layout": typed.get("layout", "csv"),
                "is_whole": typed.get("whole") == "1",
                "name": shown,
                "size": size,
                "changed_ms": changed_ms,
            },
            FileForm,
        )
    except msgspec.ValidationError as error:
        raise MalformedError(_("This cannot be said of a file."), where="file") from error


class _CutShortError(Exception):
    """The body ended too early or was too long: no fault of the file that was being read, and nothing goes on."""

    def __init__(self, error: ComityError) -> None:
        super().__init__(error.message)
        self.error = error


def _pulled(request: Call) -> Iterator[bytes]:
    try:
        yield from Upload(request).parts()
    except BodyTooLargeError as error:
        raise _CutShortError(
            TooLargeError(
                _("All files of a message together are too large."),
                where="files",
                next_step=_("Go back: what you typed is still there. Send them with several messages."),
            )
        ) from error
    except ComityError as error:
        raise _CutShortError(error) from error


def _read(body: Iterator[bytes], boundary: str, attach: Attach | None) -> Form:
    fields: dict[str, list[str]] = {}
    files: list[SentFile] = []
    room = [BODY_BYTES]
    try:
        with PushMultipartParser(boundary, max_segment_count=FORM_FIELDS_MAX) as parser:
            events = (event for chunk in body for event in parser.parse(chunk))
            for segment in events:
                payload = _payload(events)
                if segment.filename is None:
                    fields.setdefault(segment.name, []).append(_text(payload, room))
                elif not segment.filename:  # a field for files in which none was chosen
                    _pass(payload)
                elif attach is None:
                    _pass(payload)
                    fields.setdefault(LOST, []).append(segment.filename[:FIELD_CHARS])
                else:
                    files.append(_take(segment, payload, attach, fields, len(files)))
    except (MultipartError, UnicodeDecodeError) as error:
        raise ClientException("not a form") from error
    except _CutShortError as cut:
        raise cut.error from cut
    return Form(fields, tuple(files))


def _payload(events: Iterator[Any]) -> Iterator[bytes]:
    """The bytes of one part; the parser says None at its end."""
    for event in events:
        if event is None:
            return
        yield bytes(event)


def _pass(payload: Iterator[bytes]) -> None:
    for _part in payload:
        pass


def _text(payload: Iterator[bytes], room: list[int]) -> str:
    held = bytearray()
    for part in payload:
        room[0] -= len(part)
        if room[0] < 0:
            raise ClientException("too much text")
        held += part
    return held.decode()


def _take(segment: MultipartSegment, payload: Iterator[bytes], attach: Attach, fields: Fields, number: int) -> SentFile:
    """Keep one file; where that fails, read past the rest of it, so that nothing that was typed after it is lost."""
    name, size = str(segment.filename)[:FIELD_CHARS], [0]

    def counted() -> Iterator[bytes]:
        for part in payload:
            size[0] += len(part)
            yield part

    if number >= ENVELOPE_BLOBS_MAX:
        problem: ComityError = TooLargeError(
            _("A message has at most {count} attachments.").format(count=ENVELOPE_BLOBS_MAX), where="files",
            next_step=_("Send the others with another message."),
        )  # fmt: skip
    else:
        try:
            blob = attach(name, str(segment.content_type or ""), counted(), fields)
            return SentFile(name, size[0], blob)
        except UnauthenticatedError:
            raise
        except ComityError as error:
            problem = error
    _pass(payload)
    return SentFile(name, 0, problem=problem)


def _said(error: InputError, name: str) -> InputError:
    """The error in words that name the attachment."""
    if isinstance(error, TooLargeError):
        most = ATTACHMENT_BYTES // 1_000_000
        return TooLargeError(
            _("{name} has more than {most} MB.").format(name=name, most=most), where="files",
            next_step=_("Split it, or send it another way. Everything else is kept."),
        )  # fmt: skip
    if isinstance(error, MalformedError):
        return MalformedError(
            _("A file's name cannot be used."), where="files", next_step=_("Rename it and attach it again.")
        )
    return error
