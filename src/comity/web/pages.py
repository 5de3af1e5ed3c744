"""All pages under one router, with what they share: the form, the seat, errors as pages, files of ours."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import File

from comity.api.auth import needs_of
from comity.api.given import Call
from comity.api.problems import note, path_of, problem_of, status_of
from comity.api.wire import Problem
from comity.capabilities import parts
from comity.errors import UnauthenticatedError
from comity.node import Node
from comity.plug import FacePart
from comity.texts import _
from comity.web.desk import Seat
from comity.web.forms import Form, read_form
from comity.web.front import Front, go
from comity.web.given import SentForm
from comity.web.signing_in import KEEPING, sign_in_page

_STATIC = Path(__file__).parent / "static"
_FILES: Mapping[str, str] = {
    "comity.css": "text/css; charset=utf-8",
    "comity.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@get("/static/{name:str}")
async def static(name: FromPath[str]) -> File:
    """One of the three files that pages load."""
    if name not in _FILES:
        raise NotFoundException
    return File(_STATIC / name, media_type=_FILES[name], content_disposition_type="inline")


async def _front(request: Call) -> Front:
    front: Front = request.app.state.front
    return front


async def _seat(request: Call, form: SentForm) -> Seat:
    """Who is signed in. The form is read before, so that nothing typed is lost where nobody is any more."""
    del form
    front: Front = request.app.state.front
    return await anyio.to_thread.run_sync(front.seat_of, front.session_of(request))


async def verify_role(request: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request pass whose officer may do what the page is for, before anything else of it is read.

    RefusedError for whoever may not. Whoever is nobody any more goes on to sign in, with what was typed.
    """
    kinds = needs_of(handler)
    if not kinds:
        return
    front: Front = request.app.state.front
    with contextlib.suppress(UnauthenticatedError):
        session = front.session_of(request)
        await anyio.to_thread.run_sync(lambda: front.node.officers.verify_may(session, *kinds))


def state(node: Node) -> dict[str, Any]:
    """What the pages keep with the application."""
    return {"front": Front(node)}


def router() -> Router:
    """Every page."""
    return Router(
        "/",
        route_handlers=[static, *(route for part in parts("web", FacePart) for route in part.all())],
        dependencies={"front": Provide(_front), "seat": Provide(_seat), "form": Provide(read_form)},
        exception_handlers={Exception: answer_problem},
        guards=[verify_role],
        include_in_schema=False,
    )


def answer_problem(request: Call, error: Exception) -> Response[str]:
    """An error as a page: to signing in where nobody is, with what was typed; else what is wrong and what to do."""
    front: Front = request.app.state.front
    path = request.scope["path"]
    if isinstance(error, UnauthenticatedError):
        form: Form | None = request.state.get("form")
        if form is not None and path in KEEPING:
            said = Problem(
                code=error.code,
                message=_("Your session has ended. What you typed is kept: sign in and go on."),
            )
            return sign_in_page(request, front, back_to=path, problem=said, kept=form.typed(), status=401)
        if request.method == "GET" and path != "/events":
            query = request.url.query
            back_to = quote(f"{path}?{query}" if query else path)
            return go("/sign-in" if path == "/" else f"/sign-in?next={back_to}")
        return go("/sign-in") if path != "/events" else Response("", status_code=204, media_type="text/plain")
    note(error, path_of(request))
    return front.page(
        request,
        _seat_if_any(request, front),
        "problem.html",
        status=status_of(error),
        problem=problem_of(error, front.node),
    )


def _seat_if_any(request: Call, front: Front) -> Seat | None:
    try:
        return front.seat_of(front.session_of(request))
    except Exception:  # noqa: BLE001 - a page about one error must not end in another
        return None
