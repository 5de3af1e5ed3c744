"""Files of messages: sent part by part, saved where they harm nothing; large ones with a bar."""

import mimetypes
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from comity.api.file_names import number_name, safe_name
from comity.api.message_wire import AttachmentAdded, AttachmentShown, MessageShown
from comity.cli.bars import Step, bar
from comity.cli.caller import Caller, part
from comity.cli.exits import FINE, code_of
from comity.cli.speech import complain
from comity.errors import ComityError, InputError, TooLargeError, UnavailableError
from comity.limits import ATTACHMENT_BYTES, ENVELOPE_BLOBS_MAX, FIELD_CHARS
from comity.texts import _

_PART_BYTES: Final = 65_536


def verify_files(files: Sequence[Path]) -> None:
    """Raise InputError for what cannot be attached, before anything is sent."""
    if len(files) > ENVELOPE_BLOBS_MAX:
        raise TooLargeError(
            _("A message has at most {count} attachments.").format(count=ENVELOPE_BLOBS_MAX),
            where="--attach",
            next_step=_("Send the others with another message."),
        )
    for file in files:
        if not file.is_file():
            raise InputError(_("This is no file."), where=str(file))
        size = file.stat().st_size
        if not size:
            raise InputError(_("The file is empty."), where=str(file), next_step=_("Leave it out."))
        if size > ATTACHMENT_BYTES:
            raise TooLargeError(
                _("An attachment has at most {most} MB.").format(most=ATTACHMENT_BYTES // 1_000_000),
                where=str(file),
                next_step=_("Split it, or send it another way."),
            )


def send_files(caller: Caller, files: Sequence[Path]) -> list[str]:
    """Add files to one's next message; the names of their blobs."""
    return [_send(caller, file) for file in files]


def save_files(caller: Caller, message: MessageShown, folder: Path, tell: Callable[[Path], None]) -> int:
    """Save a message's attachments as new files below ``folder``; the exit code.

    Names are the sender's, made safe, and never lead out of ``folder``. InputError, before anything is written, if one
    is there already. What cannot be saved is complained of, and the others are saved all the same.
    """
    places = _places(message.attachments, folder)
    code = FINE
    for attachment, place in places:
        try:
            path = f"/v1/messages/{part(message.id)}/attachments/{part(attachment.blob)}"
            with caller.download(path) as parts:
                _write(place, parts, attachment)
        except ComityError as error:
            error.where = str(place)
            complain(error)
            code = code or code_of(error)
        else:
            tell(place)
    return code


def _send(caller: Caller, file: Path) -> str:
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        with bar(file.name, size) as step:
            parts = _counted(iter(lambda: opened.read(_PART_BYTES), b""), step)
            name = safe_name(file.name)[:FIELD_CHARS]
            return caller.upload("/v1/attachments", AttachmentAdded, parts, size=size, media=media, name=name).blob


def _places(attachments: Iterable[AttachmentShown], folder: Path) -> list[tuple[AttachmentShown, Path]]:
    taken: set[str] = set()
    places = []
    for attachment in attachments:
        name = first = safe_name(attachment.name)
        number = 1
        while name.casefold() in taken:  # some file systems know one case only
            number += 1
            name = number_name(first, number)
        taken.add(name.casefold())
        places.append((attachment, folder / name))
    for _attachment, place in places:
        if os.path.lexists(place):
            raise _exists(place)
    return places


def _write(place: Path, parts: Iterable[bytes], attachment: AttachmentShown) -> None:
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise _exists(place) from error
    except OSError as error:
        raise _cannot(error) from error
    try:
        with os.fdopen(handle, "wb") as file, bar(place.name, attachment.size) as step:
            for each in _counted(parts, step):
                file.write(each)
    except BaseException as error:  # half a file is worse than none, whatever stopped it
        place.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot(error) from error
        raise


def _counted(parts: Iterable[bytes], step: Step) -> Iterator[bytes]:
    for each in parts:
        yield each
        step(len(each))


def _exists(place: Path) -> InputError:
    return InputError(
        _("A file of this name is there already and is not overwritten."),
        where=str(place),
        next_step=_("Name another folder: --save."),
    )


def _cannot(error: OSError) -> UnavailableError:
    return UnavailableError(_("The file cannot be written: {why}.").format(why=error.strerror))
