"""The page of the bureau's officers."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.given import Call
from comity.api.officers import changed, created
from comity.api.problems import problem_of, released
from comity.errors import ComityError, UnauthenticatedError
from comity.plug import FacePart, OfferedPage
from comity.rules.offered import roles_of
from comity.rules.wording import codes_of
from comity.texts import N_
from comity.web.desk import Seat, Sheet
from comity.web.forms import Form
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now


@get("/officers", opt={"kind": "officer.list"}, sync_to_thread=True)
def show_officers(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """Everybody who may sign in; after a change, what came of it. A one-time password is shown this once."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "officers")
    outcome = front.node.officers.list(seat.session)
    officers = released(outcome)
    if sheet is not None and sheet.result:
        seat.desk.drop(sheet.id)
    return front.page(
        request,
        seat,
        "officers.html",
        officers=officers,
        roles=codes_of(roles_of(front.in_force.rulebook)),
        sheet=sheet,
        problem=sheet.problem if sheet else None,
        is_gone=sheet is None and "sheet" in request.query_params,
        entry=outcome.entry,
        verdict=outcome.verdict,
    )


@post("/officers", opt={"kind": "officer.create"}, sync_to_thread=True)
def create(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Create an officer."""
    name = form.text("name").strip()

    def act() -> dict[str, str]:
        title, roles = form.text("title"), form.texts("roles")
        outcome, password = front.node.officers.create(seat.session, name, title, roles)
        return {"what": "created", "name": name, "password": password, "entry": created(outcome)}

    return _do(request, form, seat, front, act)


@post("/officers/{name:str}/reset", opt={"kind": "officer.reset"}, sync_to_thread=True)
def reset(
    request: Call,
    name: FromPath[str],
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Give a new one-time password."""

    def act() -> dict[str, str]:
        outcome, password = front.node.officers.reset(seat.session, name)
        return {"what": "reset", "name": name, "password": password, "entry": changed(outcome)}

    return _do(request, form, seat, front, act)


@post("/officers/{name:str}/disable", opt={"kind": "officer.disable"}, sync_to_thread=True)
def disable(
    request: Call,
    name: FromPath[str],
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """End an officer's sessions; no new one begins."""

    def act() -> dict[str, str]:
        outcome = front.node.officers.disable(seat.session, name)
        return {"what": "disabled", "name": name, "password": "", "entry": changed(outcome)}

    return _do(request, form, seat, front, act)


def _do(request: Call, form: Form, seat: Seat, front: Front, act: Callable[[], dict[str, str]]) -> Response[str]:
    sheet = Sheet("officers", form.typed() | {"roles": " ".join(form.texts("roles"))}, now())
    try:
        sheet.result = act()
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/officers?sheet={quote(seat.desk.keep(sheet))}")


PART: Final = FacePart(
    (show_officers, create, reset, disable),
    offers=(OfferedPage(70, "/officers", N_("Officers"), "officer.list"),),
)
