"""Both faces as one application: pages and API, with the limits and headers that hold for every answer."""

import asyncio
import importlib.metadata
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread
from litestar import Litestar, Response, Router, get
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from comity.api import health, ledger
from comity.api.auth import signed_in, verify_role
from comity.api.body import BoundedRequest
from comity.api.door import Door
from comity.api.given import Call
from comity.api.health import Metrics
from comity.api.problems import answer_problem
from comity.capabilities import parts
from comity.limits import BODY_BYTES, FACE_THREADS
from comity.node import Node
from comity.plug import FacePart
from comity.web import pages
from comity.web.speech import choose_language

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_KEPT = "max-age=300"


async def _harden(message: Message, scope: Scope) -> None:
    """Give every answer the headers that keep it out of caches, frames and other pages."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["Cache-Control"] = _KEPT if scope["path"].startswith("/static/") else "no-store"
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"


async def _count(message: Message, scope: Scope) -> None:
    """Count the act by the route's kind and what became of it."""
    if message["type"] != "http.response.start":
        return
    handler = scope.get("route_handler")
    kind = handler.opt.get("kind") if handler is not None else None
    if kind:
        metrics: Metrics = scope["litestar_app"].state.metrics
        metrics.count(kind, scope.get("state", {}).get("verdict") or _verdict_of(message["status"]))


def _verdict_of(status: int) -> str:
    return "refused" if status in (401, 403) else "allowed" if status < 400 else "failed"  # noqa: PLR2004 - HTTP's


def _api() -> Router:
    return Router(
        "/v1",
        route_handlers=[route for part in parts("api", FacePart) for route in part.all()],
        dependencies={
            "session": Provide(signed_in, sync_to_thread=False),
            "wanted": Provide(ledger.wanted_of, sync_to_thread=False),
        },
        exception_handlers={Exception: answer_problem},
        guards=[verify_role],
        security=[{"bearer": []}],
    )


@get("/v1/openapi.json", include_in_schema=False, sync_to_thread=True, security=[{}])
def describe(request: Call) -> dict[str, Any]:
    """The OpenAPI document of this API."""
    return request.app.openapi_schema.to_schema()


def _operator() -> Router:
    return Router(
        "/",
        route_handlers=[health.health, health.unlock, health.metrics, describe],
        exception_handlers={Exception: answer_problem},
    )


def _describe() -> OpenAPIConfig:
    bearer_scheme = SecurityScheme(type="http", scheme="bearer", description="The token of POST /v1/sessions.")
    return OpenAPIConfig(
        title="Comity",
        version=importlib.metadata.version("comity"),
        description="Police cooperation between states that do not have to trust each other.",
        use_handler_docstrings=True,
        path="/v1/schema",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"bearer": bearer_scheme}),
    )


def _answer_lost(request: Call, error: Exception) -> Response[Any]:
    """What meets no route: as JSON below /v1, as a page elsewhere."""
    is_api = request.scope["path"].startswith("/v1")
    return answer_problem(request, error) if is_api else pages.answer_problem(request, error)


def _node(state: State) -> Node:
    node: Node = state.node
    return node


def _door(state: State) -> Door:
    door: Door = state.door
    return door


async def _give_threads(_app: Litestar) -> None:
    """Acts wait for other nodes: with the default of six threads on a small machine, six would stop all others."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(FACE_THREADS, thread_name_prefix="face"))
    anyio.to_thread.current_default_thread_limiter().total_tokens = FACE_THREADS


def create_app(node: Node) -> Litestar:
    """The pages and the API of one node."""
    state = State({"node": node, "metrics": Metrics(node), "door": Door(), **pages.state(node)})
    return Litestar(
        [_api(), _operator(), pages.router()],
        dependencies={
            "node": Provide(_node, sync_to_thread=False),
            "door": Provide(_door, sync_to_thread=False),
        },
        state=state,
        on_startup=[_give_threads],
        before_request=choose_language,
        before_send=[_harden, _count],
        exception_handlers={Exception: _answer_lost},
        request_class=BoundedRequest,
        request_max_body_size=BODY_BYTES,
        openapi_config=_describe(),
        logging_config=None,
    )
