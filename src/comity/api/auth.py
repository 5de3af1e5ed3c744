"""Sessions: a name and password become a token, and the token says who asks."""

import anyio
import anyio.to_thread
from litestar import delete, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from comity.act import Session
from comity.api.given import AtDoor, AtNode, BySession, Call
from comity.api.problems import problems, refuse
from comity.api.wire import Done, PasswordForm, SignedIn, SignInForm
from comity.errors import UnauthenticatedError
from comity.limits import FIELD_CHARS
from comity.texts import _


def bearer(request: Call) -> Session:
    """The session that a request claims by its token (RFC 6750); UnauthenticatedError if it claims none."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > FIELD_CHARS or not token.isascii():
        raise UnauthenticatedError(
            _("Nobody is signed in."), next_step=_("Send the token of POST /v1/sessions as Authorization: Bearer.")
        )
    return Session(token.strip())


def signed_in(request: Call) -> Session:
    """The session that a request claims, if it is one; UnauthenticatedError before anything else is looked at."""
    session = bearer(request)
    request.app.state.node.officers.who(session)
    return session


@post("/sessions", responses=problems(400, 401, 413, 422, 503), opt={"kind": "session.open"}, security=[{}])
async def open_session(data: JSONBody[SignInForm], node: AtNode, door: AtDoor) -> SignedIn:
    """Sign in; wrong names, wrong passwords and waits all get the same 401."""
    outcome = await door.sign_in(node, data.officer, data.password)
    session = Session(outcome.release)
    must_choose = await anyio.to_thread.run_sync(node.officers.must_choose_password, session)
    return SignedIn(outcome.release, outcome.entry, must_choose)


@delete(
    "/sessions",
    status_code=HTTP_204_NO_CONTENT,
    responses=problems(401, 403, 503),
    opt={"kind": "session.close"},
    sync_to_thread=True,
)
def close_session(node: AtNode, session: BySession) -> None:
    """Sign out: the token is worth nothing from here on."""
    node.officers.sign_out(session)


@post(
    "/password",
    status_code=HTTP_200_OK,
    responses=problems(400, 401, 403, 413, 422, 503),
    opt={"kind": "password.set"},
    sync_to_thread=True,
)
def choose_password(data: JSONBody[PasswordForm], node: AtNode, session: BySession) -> Done:
    """Choose one's own password, by showing the present one."""
    outcome = node.officers.choose_password(session, data.password, data.present)
    if not outcome.verdict.is_allowed:
        raise refuse(outcome.verdict, outcome.entry)
    return Done(outcome.entry)
