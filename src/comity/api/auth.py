"""Sessions: a name and password become a token, and the token says who asks."""

from typing import Any

import anyio
import anyio.to_thread
from litestar import Request, delete, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from comity.act import Session
from comity.api.problems import problems, refuse
from comity.api.wire import Done, PasswordForm, SignedIn, SignInForm
from comity.errors import InputError, UnauthenticatedError, UnavailableError
from comity.gate import Outcome
from comity.limits import FIELD_CHARS, SIGN_INS_MAX, SIGN_INS_WAITING_MAX
from comity.node import Node
from comity.texts import _


class Door:
    """Lets few passwords be compared at once, so that strangers cannot fill this node's memory and threads."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(SIGN_INS_MAX)

    async def sign_in(self, node: Node, name: str, password: str) -> Outcome:
        """The act; UnauthenticatedError, always in the same words, unless it was allowed.

        What a wrong name, a wrong password and a running wait differ in is on the record, not told to strangers.
        """
        if self._limiter.statistics().tasks_waiting > SIGN_INS_WAITING_MAX:
            raise UnavailableError(_("Too many people sign in at once."), next_step=_("Try again in a moment."))
        try:
            outcome = await anyio.to_thread.run_sync(node.sign_in, name, password, limiter=self._limiter)
        except InputError:
            raise _stranger() from None
        if not outcome.verdict.is_allowed:
            raise _stranger()
        return outcome

    async def unlock(self, node: Node, passphrase: str) -> None:
        """Open the key file; the errors of ``node.unlock``."""
        if self._limiter.statistics().tasks_waiting > SIGN_INS_WAITING_MAX:
            raise UnavailableError(_("Too many people sign in at once."), next_step=_("Try again in a moment."))
        await anyio.to_thread.run_sync(node.unlock, passphrase, limiter=self._limiter)


def _stranger() -> UnauthenticatedError:
    return UnauthenticatedError(
        _("This name and password do not belong together."),
        next_step=_("Type both again; after five wrong passwords, wait a minute. An administrator can reset it."),
    )


def bearer(request: Request[Any, Any, Any]) -> Session:
    """The session that a request claims by its token (RFC 6750); UnauthenticatedError if it claims none."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > FIELD_CHARS or not token.isascii():
        raise UnauthenticatedError(
            _("Nobody is signed in."), next_step=_("Send the token of POST /v1/sessions as Authorization: Bearer.")
        )
    return Session(token.strip())


@post("/sessions", responses=problems(400, 401, 413, 422, 503), opt={"kind": "session.open"}, security=[{}])
async def open_session(data: SignInForm, node: Node, door: Door) -> SignedIn:
    """Sign in; wrong names, wrong passwords and waits all get the same 401."""
    outcome = await door.sign_in(node, data.officer, data.password)
    session = Session(outcome.release)
    must_choose = await anyio.to_thread.run_sync(node.must_choose_password, session)
    return SignedIn(outcome.release, outcome.entry, must_choose)


@delete(
    "/sessions",
    status_code=HTTP_204_NO_CONTENT,
    responses=problems(401, 403, 503),
    opt={"kind": "session.close"},
    sync_to_thread=True,
)
def close_session(node: Node, session: Session) -> None:
    """Sign out: the token is worth nothing from here on."""
    node.sign_out(session)


@post(
    "/password",
    status_code=HTTP_200_OK,
    responses=problems(400, 401, 403, 413, 422, 503),
    opt={"kind": "password.set"},
    sync_to_thread=True,
)
def choose_password(data: PasswordForm, node: Node, session: Session) -> Done:
    """Choose one's own password."""
    outcome = node.choose_password(session, data.password)
    if not outcome.verdict.is_allowed:
        raise refuse(outcome.verdict, outcome.entry)
    return Done(outcome.entry)
