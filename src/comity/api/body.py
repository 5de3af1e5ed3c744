"""Bodies of requests, read as everything from elsewhere is: no longer, deeper or more doubtful than it may be."""

from typing import Any

from litestar import Request

from comity.api.problems import UnreadableBodyError, described
from comity.errors import InputError
from comity.limits import BODY_BYTES
from comity.parsing import decode


class BoundedRequest(Request[Any, Any, Any]):
    """A request whose JSON goes through the one reader; Litestar asks for it here and gives it its form."""

    async def json(self) -> Any:
        """The body's JSON, null where there is none; UnreadableBodyError for what cannot be read."""
        try:
            return decode(await self.body() or b"null", object, where="body", most=self._most())
        except InputError as error:
            raise UnreadableBodyError(error.message, where=error.where, next_step=described()) from error

    def _most(self) -> int:
        """How many bytes its route takes, which has been seen to."""
        most = self.route_handler.resolve_request_max_body_size()
        return most if isinstance(most, int) else BODY_BYTES
