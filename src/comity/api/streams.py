"""Bodies that are too large for memory: a worker thread pulls them part by part while they come."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.from_thread
from litestar.exceptions import ClientException, HTTPException, InternalServerException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from comity.api.given import Call
from comity.api.problems import BodyTooLargeError
from comity.errors import MalformedError
from comity.limits import ATTACHMENT_BYTES, FILE_BYTES, UPLOAD_STALL_S
from comity.texts import _

ANY_MEDIA: Final = "application/octet-stream"
_TOO_LARGE = 413


@dataclass
class OfFile(Operation):
    """An operation whose body is a file, of any media type."""

    def __post_init__(self) -> None:
        schema = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(content={ANY_MEDIA: OpenAPIMediaType(schema=schema)}, required=True)


def attachment_too_large() -> BodyTooLargeError:
    """What is said of an attachment past the bound."""
    return BodyTooLargeError(
        _("An attachment has at most {most} MB.").format(most=ATTACHMENT_BYTES // 1_000_000),
        where="attachment",
        next_step=_("Split it, or send it another way."),
    )


def file_too_large() -> BodyTooLargeError:
    """What is said of a file of records past the bound."""
    return BodyTooLargeError(
        _("A file has at most {most} MB.").format(most=FILE_BYTES // 1_000_000), where="file", next_step=_("Split it.")
    )


class Upload:
    """One request's body, named ``where`` in errors. ``size`` counts the bytes that have come so far.

    No more than a part of it is in memory: the next one is asked for when the one before has been dealt with, and
    until then the sender's line waits.
    """

    def __init__(
        self,
        request: Call,
        where: str = "attachment",
        too_large: Callable[[], BodyTooLargeError] = attachment_too_large,
    ) -> None:
        self._stream: AsyncIterator[bytes] = request.stream()
        self._where = where
        self._too_large = too_large
        self.size = 0

    def parts(self) -> Iterator[bytes]:
        """The body, pulled from a worker thread of the event loop that serves the request.

        BodyTooLargeError past the route's bound; MalformedError where it is empty, is cut off, or stops coming.
        """
        while part := anyio.from_thread.run(self._pull):
            self.size += len(part)
            yield part
        if not self.size:
            raise MalformedError(_("The file is empty."), where=self._where, next_step=_("Leave it out."))

    async def read_past(self) -> None:
        """Read what is left and forget it: a sender who is still sending would not hear why it was in vain."""
        try:
            while await self._pull():
                pass
        except (BodyTooLargeError, MalformedError, ClientException):
            return

    async def _pull(self) -> bytes:
        try:
            with anyio.fail_after(UPLOAD_STALL_S):
                return await anext(self._stream, b"")
        except TimeoutError as error:
            raise MalformedError(
                _("The file stopped coming."), where=self._where, next_step=_("Send it again.")
            ) from error
        except InternalServerException as error:  # so the framework says that the sender has gone
            raise MalformedError(
                _("The file was cut off."), where=self._where, next_step=_("Send it again.")
            ) from error
        except HTTPException as error:
            if error.status_code == _TOO_LARGE:
                raise self._too_large() from error
            raise
