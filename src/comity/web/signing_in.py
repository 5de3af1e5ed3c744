"""Signing in and out, and choosing a password."""

from typing import Final

from litestar import Response, get, post

from comity.act import Session
from comity.api.given import AtDoor, Call
from comity.api.problems import problem_of, status_of, verify_done
from comity.api.wire import Problem
from comity.errors import ComityError, UnauthenticatedError, UnavailableError
from comity.exchange.forms import forms_by_hand
from comity.limits import FORM_FIELDS_MAX, PASSWORD_CHARS
from comity.plug import FacePart
from comity.texts import _
from comity.web.desk import Sheet
from comity.web.front import Front, first_page, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

KEPT = "kept."
"""Before the names of fields that are carried through signing in, so that a session's end loses nothing typed."""

KEEPING = {
    "/check": "check", "/enter": "enter", "/standing": "standing", "/messages/new": "message",
    **{f"/forms/{name}": "form" for name in forms_by_hand()},
}  # fmt: skip
"""Pages whose forms are carried so, and the kind of their sheets."""


def local_path(text: str) -> str:
    """``text`` if it is a path of ours; the first page otherwise, so that no link leads elsewhere."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isascii() and text.isprintable()
    return text if is_ours else "/"


@get("/")
async def first(seat: BySeat, front: AtFront) -> Response[str]:
    """The first page that the officer's roles have a use for."""
    return go(first_page(front, seat))


@get("/sign-in", sync_to_thread=True)
def show_sign_in(request: Call, front: AtFront) -> Response[str]:
    """The form, and what keeps this node from working, if anything does."""
    back_to = local_path(request.query_params.get("next", "/"))
    return sign_in_page(request, front, back_to=back_to)


def sign_in_page(
    request: Call,
    front: Front,
    *,
    back_to: str,
    problem: Problem | None = None,
    name: str = "",
    kept: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    """The form, with what has to be carried through."""
    return front.page(
        request,
        None,
        "sign_in.html",
        status=status,
        back_to=back_to,
        problem=problem,
        name=name,
        kept=kept or {},
        health=front.node.health(),
    )


@post("/sign-in", opt={"kind": "session.open", "needs": ()})
async def sign_in(
    request: Call,
    form: SentForm,
    front: AtFront,
    door: AtDoor,
) -> Response[str]:
    """Sign in, and go on where the officer was."""
    name, back_to = form.text("officer").strip(), local_path(form.text("next"))
    kept = {
        field.removeprefix(KEPT): text
        for field, text in list(form.typed().items())[:FORM_FIELDS_MAX]
        if field.startswith(KEPT)
    }
    try:
        outcome = await door.sign_in(front.node, name, form.text("password")[: PASSWORD_CHARS + 1])
    except (UnauthenticatedError, UnavailableError) as error:
        request.state.verdict = "refused"
        said = problem_of(error, front.node)
        return sign_in_page(request, front, back_to=back_to, problem=said, name=name, kept=kept, status=401)
    session = Session(outcome.given)
    kind = KEEPING.get(back_to)
    if kind and kept:
        again = Problem(code="kept", message=_("What you had typed is still here; nothing was done with it yet."))
        sheet = front.desks.of(session).keep(Sheet(kind, kept, now(), problem=again))
        back_to = f"{back_to}?sheet={sheet}"
    return go(back_to, (front.cookie(outcome.given),))


@post("/sign-out", opt={"kind": "session.close", "needs": ()}, sync_to_thread=True)
def sign_out(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """End the session here and at the node, and forget its desk."""
    del form
    verify_done(front.node.officers.sign_out(seat.session))
    front.desks.clear(seat.session)
    return go("/sign-in", (front.cookie(""),))


@get("/password", sync_to_thread=True)
def show_password(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form for one's own password."""
    return front.page(request, seat, "password.html", problem=None, done=None)


@post("/password", opt={"kind": "password.set", "needs": ()}, sync_to_thread=True)
def choose_password(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Choose it. Passwords are never filled in again."""
    problem, status = None, 422
    try:
        if form.text("password") != form.text("again"):
            problem = Problem(code="malformed", message=_("The two are not the same."), where="again",
                              next_step=_("Type both again."))  # fmt: skip
        else:
            outcome = front.node.officers.choose_password(
                seat.session, form.text("password"), form.text("present")[: PASSWORD_CHARS + 1]
            )
            request.state.verdict = outcome.verdict.outcome
            verify_done(outcome)
            return front.page(request, front.seat_of(seat.session), "password.html", problem=None, done=outcome.entry)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        problem, status = problem_of(error, front.node), status_of(error)
    return front.page(request, seat, "password.html", status=status, problem=problem, done=None)


PART: Final = FacePart((first, show_sign_in, sign_in, sign_out, show_password, choose_password))
