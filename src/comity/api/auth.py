"""Sessions: a name and password become a token, and the token says who asks."""

from typing import Any, Final

import anyio
import anyio.to_thread
from litestar import delete, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from comity.act import Session
from comity.api.given import AtDoor, AtNode, BySession, Call
from comity.api.problems import MAY_BE_HELD, problems, verify_done
from comity.api.wire import Done, PasswordForm, SignedIn, SignInForm
from comity.errors import UnauthenticatedError
from comity.limits import FIELD_CHARS
from comity.plug import FacePart
from comity.texts import _


def bearer(request: ASGIConnection[Any, Any, Any, Any]) -> Session:
    """The session that a request claims by its token (RFC 6750); UnauthenticatedError if it claims none."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > FIELD_CHARS or not token.isascii():
        raise UnauthenticatedError(
            _("Nobody is signed in."), next_step=_("Send the token of POST /v1/sessions as Authorization: Bearer.")
        )
    return Session(token.strip())


def signed_in(request: Call) -> Session:
    """The session that a request was let pass with."""
    session: Session = request.state.admitted
    return session


async def verify_role(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request pass whose officer may do what the route is for, before anything else of it is read.

    A route ``needs`` one of these kinds of acts, or where it does not say so its own kind; none means whoever is signed
    in. A route that ``is_open`` asks for nobody. UnauthenticatedError where nobody is signed in, RefusedError for
    whoever may not.
    """
    if handler.opt.get("is_open"):
        return
    session, kinds, officers = bearer(connection), needs_of(handler), connection.app.state.node.officers
    await anyio.to_thread.run_sync(lambda: officers.verify_may(session, *kinds) if kinds else officers.who(session))
    connection.state.admitted = session


def needs_of(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The kinds of acts of which an officer must be able to do one to be served by a route; none for everybody."""
    kind = handler.opt.get("kind", "")
    needs: tuple[str, ...] = handler.opt.get("needs", (kind,) if kind else ())
    return needs


@post(
    "/sessions",
    responses=problems(400, 401, 413, 422, 503),
    opt={"kind": "session.open", "is_open": True},
    security=[{}],
)
async def open_session(data: JSONBody[SignInForm], node: AtNode, door: AtDoor) -> SignedIn:
    """Sign in; wrong names, wrong passwords and waits all get the same 401."""
    outcome = await door.sign_in(node, data.officer, data.password)
    session = Session(outcome.given)
    must_choose = await anyio.to_thread.run_sync(node.officers.must_choose_password, session)
    return SignedIn(outcome.given, outcome.entry, must_choose)


@delete(
    "/sessions",
    status_code=HTTP_204_NO_CONTENT,
    responses=problems(202, 401, 403, 503),
    opt={"kind": "session.close", "needs": ()},
    sync_to_thread=True,
)
def close_session(node: AtNode, session: BySession) -> None:
    """Sign out: the token is worth nothing from here on."""
    verify_done(node.officers.sign_out(session))


@post(
    "/password",
    status_code=HTTP_200_OK,
    responses=problems(*MAY_BE_HELD),
    opt={"kind": "password.set", "needs": ()},
    sync_to_thread=True,
)
def choose_password(data: JSONBody[PasswordForm], node: AtNode, session: BySession) -> Done:
    """Choose one's own password, by showing the present one."""
    outcome = node.officers.choose_password(session, data.password, data.present)
    verify_done(outcome)
    return Done(outcome.entry)


PART: Final = FacePart((open_session, close_session, choose_password))
