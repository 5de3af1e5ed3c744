"""Every route of API and pages with every role: whoever may not is told so before anything that was sent is read."""

import json
from typing import Any, Final

import anyio
import pytest

from comity.api.app import create_app
from comity.rules.model import MODEL_RULEBOOK
from tests.api.conftest import Cast

EVERYBODY: Final = ""
STREAM: Final = "a stream that does not end"
FILE, THREAD = "record.consign", "message.list message.send"
TABLE: Final = {
    # The API
    "POST /v1/sessions": EVERYBODY,
    "DELETE /v1/sessions": EVERYBODY,
    "POST /v1/password": EVERYBODY,
    "GET /v1/members": EVERYBODY,
    "GET /v1/rulebook": EVERYBODY,
    "GET /v1/addressees": EVERYBODY,
    "POST /v1/queries": "query.ask",
    "POST /v1/records/{record:str}/read": "record.read",
    "POST /v1/records": "record.enter",
    "GET /v1/batches/{batch:str}": "record.enter",
    "GET /v1/records": "record.list",
    "GET /v1/records/{record:str}": "record.view",
    "POST /v1/records/draft": "record.amend",
    "POST /v1/records/amend": "record.amend",
    "GET /v1/records/changes/{consignment:str}": "record.amend",
    "POST /v1/files": FILE,
    "GET /v1/files": FILE,
    "GET /v1/files/{file:str}": FILE,
    "PATCH /v1/files/{file:str}": FILE,
    "DELETE /v1/files/{file:str}": FILE,
    "POST /v1/files/{file:str}/enter": FILE,
    "GET /v1/consignments": FILE,
    "GET /v1/ledger": "ledger.list",
    "GET /v1/ledger/export": "ledger.export",
    "GET /v1/ledger/growth": "ledger.prove",
    "GET /v1/ledger/records/{record:str}": "ledger.trace",
    "GET /v1/ledger/{entry:str}": "ledger.show",
    "POST /v1/ledger/verify": "ledger.verify",
    "GET /v1/held": "held.list",
    "GET /v1/held/{act:str}": "held.show",
    "POST /v1/held/{act:str}/release": "held.release",
    "POST /v1/held/{act:str}/refuse": "held.refuse",
    "GET /v1/officers": "officer.list",
    "POST /v1/officers": "officer.create",
    "POST /v1/officers/{name:str}/reset": "officer.reset",
    "POST /v1/officers/{name:str}/disable": "officer.disable",
    "POST /v1/standing": "standing.set",
    "POST /v1/directory": "directory.publish",
    "GET /v1/forms": EVERYBODY,
    "POST /v1/forms/confirm-hit": "message.send",
    "POST /v1/forms/hit-answer": "message.send",
    "POST /v1/messages": "message.send",
    "GET /v1/messages": "message.list",
    "POST /v1/messages/{message:str}/open": "message.open",
    "GET /v1/messages/{message:str}/progress": THREAD,
    "POST /v1/messages/{message:str}/evidence": "message.open",
    "GET /v1/messages/{message:str}/attachments/{blob:str}": "attachment.read",
    "POST /v1/attachments": "attachment.add",
    # The operator's
    "GET /v1/openapi.json": EVERYBODY,
    "POST /v1/unlock": EVERYBODY,
    "GET /health": EVERYBODY,
    "GET /metrics": EVERYBODY,
    # Pages: forms without anything in them, and what is one's own, are for whoever is signed in
    "GET /": EVERYBODY,
    "GET /static/{name:str}": EVERYBODY,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "GET /status": EVERYBODY,
    "GET /events": STREAM,
    "GET /standing": EVERYBODY,
    "GET /tour": EVERYBODY,
    "POST /tour/{name:str}": EVERYBODY,
    "GET /check": EVERYBODY,
    "GET /enter": EVERYBODY,
    "GET /messages/new": EVERYBODY,
    "GET /forms/{name:str}": EVERYBODY,
    "POST /check": "query.ask",
    "POST /check/asked": "query.ask",
    "POST /check/read": "record.read",
    "GET /check/evidence": "query.ask",
    "POST /mrz": "query.ask",
    "GET /messages": "message.list",
    "POST /messages/open": "message.open",
    "GET /messages/thread/{name:str}": THREAD,
    "POST /messages/progress": THREAD,
    "POST /messages/attachment": "attachment.read",
    "POST /messages/evidence": "message.open",
    "POST /messages/readers": "message.send",
    "POST /messages/new": "message.send",
    "POST /forms/{name:str}": "message.send",
    "POST /enter": "record.enter",
    "GET /entered/{batch:str}": "record.enter",
    "GET /records": "record.list",
    "GET /records/{record:str}": "record.view",
    "GET /records/change": "record.amend",
    "POST /records/change": "record.amend",
    "GET /records/changes/{consignment:str}": "record.amend",
    "GET /enter/file": FILE,
    "POST /enter/file": FILE,
    "POST /enter/file/begin": FILE,
    "PATCH /enter/file/{file:str}": FILE,
    "GET /enter/file/{file:str}": FILE,
    "POST /enter/file/{file:str}": FILE,
    "GET /enter/file/{file:str}/report.csv": FILE,
    "GET /entered/file/{consignment:str}": FILE,
    "GET /ledger": "ledger.list",
    "GET /ledger/export": "ledger.export",
    "GET /ledger/records/{record:str}": "ledger.trace",
    "GET /ledger/{entry:str}": "ledger.show",
    "POST /ledger/verify": "ledger.verify",
    "GET /ledger/verified": "ledger.verify",
    "GET /held": "held.list",
    "GET /held/{act:str}": "held.show",
    "POST /held/{act:str}/release": "held.release",
    "POST /held/{act:str}/refuse": "held.refuse",
    "GET /officers": "officer.list",
    "POST /officers": "officer.create",
    "POST /officers/{name:str}/reset": "officer.reset",
    "POST /officers/{name:str}/disable": "officer.disable",
    "POST /standing": "standing.set",
}
ROLES: Final = next(rule for rule in MODEL_RULEBOOK.rules if rule.number == "RPD-21.1").values
NOBODYS: Final = {
    "POST /v1/sessions", "DELETE /v1/sessions", "GET /v1/openapi.json", "POST /v1/unlock", "GET /health",
    "GET /metrics", "GET /", "GET /static/{name:str}", "GET /sign-in", "POST /sign-in", "POST /sign-out",
}  # fmt: skip
"""What needs no session: to begin and end one, and what programs of this machine ask for."""
GUARDED: Final = {route: kinds for route, kinds in TABLE.items() if kinds not in {EVERYBODY, STREAM}}


def includes(role: str, kinds: str) -> bool:
    """Whether the rulebook's own table lets ``role`` do one of ``kinds``."""
    acts = ROLES[role]
    assert isinstance(acts, list)
    return any(kind in acts or f"{kind.partition('.')[0]}.*" in acts for kind in kinds.split())


class Reader:
    """A caller at the level below any client: ``was_read`` says whether anybody asked for the body."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._token = token
        self.was_read = False

    def __call__(self, route: str, body: bytes = b"{garbage") -> tuple[int, bytes]:
        method, path = route.split(" ")
        for name in ("record", "batch", "file", "entry", "name", "message", "blob", "consignment", "act"):
            path = path.replace(f"{{{name}:str}}", "garbage")
        status, answer, rest = [0], bytearray(), [body]
        self.was_read = False

        async def receive() -> dict[str, Any]:
            self.was_read = True
            return {"type": "http.request", "body": rest.pop() if rest else b"", "more_body": False}

        async def send(message: Any) -> None:
            status[0] = message.get("status", status[0])
            answer.extend(message.get("body", b""))

        headers = {
            "host": "testserver", "sec-fetch-site": "same-origin", "content-type": "application/json",
            "authorization": f"Bearer {self._token}", "cookie": f"comity-lt={self._token}",
            "content-length": str(len(body)),
        }  # fmt: skip
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"offset=0&name=x&number=1&country=LTU",
            "root_path": "", "server": ("testserver", 80), "client": ("testclient", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "state": {},
        }  # fmt: skip
        anyio.run(self._app, scope, receive, send)
        return status[0], bytes(answer)


def size(cast: Cast) -> int:
    """How many entries LT's ledger has, once every one is in it: of this period, as of the whole test."""
    node = cast.network.nodes["LT"]
    node.tick()
    return node._store.sequenced_through().log_size


@pytest.fixture(scope="module")
def app(cast: Cast) -> Any:
    return create_app(cast.network.nodes["LT"])


@pytest.fixture(scope="module")
def callers(cast: Cast, app: Any) -> dict[str, Reader]:
    """An officer of each role."""
    return {role: Reader(app, cast.network.officer("LT", f"one-{role}", role).token) for role in ROLES}


def test_the_table_names_every_route(app: Any) -> None:
    found = {
        f"{method} {route.path}"
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method not in {"OPTIONS", "HEAD"} and not route.path.startswith("/v1/schema")
    }
    assert found == set(TABLE)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", GUARDED)
def test_a_role_is_served_what_the_rulebook_gives_it_and_refused_the_rest_before_anything_is_read(
    cast: Cast, callers: dict[str, Reader], route: str, role: str
) -> None:
    caller, kinds = callers[role], GUARDED[route]
    before = size(cast)
    status, answer = caller(route)
    if includes(role, kinds):
        assert status not in {0, 401, 500}
        assert status != 403 or b"RPD-21.1" not in answer
        return
    assert status == 403
    assert not caller.was_read
    if "/v1/" in route:
        problem = json.loads(answer)
        assert [(rule["number"], bool(rule["sentence"])) for rule in problem["rules"]] == [("RPD-21.1", True)]
        assert problem["entry"]
    else:
        assert b"RPD-21.1" in answer
    assert size(cast) == before + 1, "a refusal is on the record, once"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", [route for route, kinds in TABLE.items() if kinds == EVERYBODY])
def test_what_is_for_everybody_is_refused_to_no_role(cast: Cast, app: Any, route: str, role: str) -> None:
    session = cast.network.officer("LT", f"any-{role}", role)
    status, answer = Reader(app, session.token)(route)
    assert status not in {0, 500}
    assert status != 403 or b"RPD-21.1" not in answer


@pytest.mark.parametrize("token", ["", "0" * 64])
@pytest.mark.parametrize("route", [route for route, kinds in TABLE.items() if route not in NOBODYS and kinds != STREAM])
def test_whoever_has_not_signed_in_is_told_so_before_anything_is_read(
    cast: Cast, app: Any, route: str, token: str
) -> None:
    before = size(cast)
    caller = Reader(app, token)
    status, answer = caller(route) if "/v1/" in route else caller(route, b"")
    if "/v1/" in route:
        assert status == 401, answer
        assert not caller.was_read
    else:  # a page keeps what was typed until somebody has signed in
        assert status in {303, 401}, answer
    assert size(cast) == before


def test_at_the_secretariat_a_draft_is_not_judged_for_whoever_may_not_publish(cast: Cast) -> None:
    for role in ROLES:
        answer = cast.officer("GS", role).post("/v1/directory", {"draft": "Zm9v"})
        assert answer.status_code == (422 if role == "duty" else 403)


def test_looking_at_what_became_of_things_keeps_no_session_alive(cast: Cast, app: Any) -> None:
    network = cast.network
    session = network.officer("LT", "idle", "desk")
    for _ in range(4):
        network.turn(600)
        Reader(app, session.token)("GET /v1/messages/" + "0" * 64 + "/progress")
    assert Reader(app, session.token)("GET /v1/messages")[0] == 401
