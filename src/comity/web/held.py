"""The pages of held acts: those that wait, what each would do, and the words of others."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from comity.act import Session
from comity.api.given import Call
from comity.api.held import list_of, shown_of
from comity.api.problems import problem_of, released
from comity.errors import ComityError, UnauthenticatedError
from comity.gate import Outcome
from comity.members.held import HeldWanted
from comity.plug import FacePart
from comity.web.desk import Seat, Sheet
from comity.web.forms import Form
from comity.web.front import Front, go, place_of
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

_KIND = "held"


@get("/held", opt={"kind": "held.list"}, sync_to_thread=True)
def show_held(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """One's own acts that are held, and those that one may release; below, those that are over."""
    is_over = request.query_params.get("over") == "1"
    before = place_of(request.query_params.get("before", ""))
    outcome = front.node.held.list(seat.session, HeldWanted(not is_over, before))
    held = list_of(outcome)
    return front.page(
        request, seat, "held.html", held=held, is_over=is_over, before=before,
        entry=outcome.entry, verdict=outcome.verdict,
    )  # fmt: skip


@get("/held/{act:str}", opt={"kind": "held.show"}, sync_to_thread=True)
def show_act(request: Call, act: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """One held act, with all that would be done, and what was said of it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    outcome = front.node.held.show(seat.session, act)
    shown = shown_of(front.node, outcome)
    return front.page(
        request, seat, "held_act.html", act=shown, sheet=sheet, problem=sheet.problem if sheet else None,
        rules=[(number, front.node.sentence(number)) for number in shown.rules],
        entry=outcome.entry, verdict=outcome.verdict,
    )  # fmt: skip


@post("/held/{act:str}/release", opt={"kind": "held.release"}, sync_to_thread=True)
def release(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Release it: with the last word that it takes it is done."""
    return _say(request, act, form, seat, front, front.node.held.release)


@post("/held/{act:str}/refuse", opt={"kind": "held.refuse"}, sync_to_thread=True)
def refuse(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Do not release it, or take one's own back."""
    return _say(request, act, form, seat, front, front.node.held.refuse)


Say = Callable[[Session, str, str], Outcome[Any]]


def _say(request: Call, act: str, form: Form, seat: Seat, front: Front, say: Say) -> Response[str]:
    """Say a word on the act, and show the act again, with what kept the word from being said."""
    sheet = Sheet(_KIND, form.typed(), now())
    try:
        released(say(seat.session, act, form.text("reason").strip()))
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/held/{act}?sheet={seat.desk.keep(sheet)}")


PART: Final = FacePart((show_held, show_act, release, refuse))
