"""The pages of held acts: those that wait, what each would do, and the words of others."""

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.act_words import act_title
from comity.api.given import Call
from comity.api.held import shown_of
from comity.api.problems import problem_of, released
from comity.errors import ComityError, UnauthenticatedError
from comity.members.held import HeldWanted
from comity.shown.held import held_shown
from comity.web.desk import Sheet
from comity.web.front import go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

_KIND = "held"


@get("/held", opt={"kind": "held.list"}, sync_to_thread=True)
def show_held(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """One's own acts that are held, and those that one may release; below, those that are over."""
    is_over = request.query_params.get("over") == "1"
    outcome = front.node.held.list(seat.session, HeldWanted(is_open=not is_over))
    acts = [
        held_shown(
            each, act_title(each.act.kind), is_own=each.act.actor.officer == seat.officer.name,
            words=front.node.held.words(each),
        )
        for each in released(outcome)
    ]  # fmt: skip
    return front.page(
        request, seat, "held.html", acts=acts, is_over=is_over, entry=outcome.entry, verdict=outcome.verdict
    )


@get("/held/{act:str}", opt={"kind": "held.show"}, sync_to_thread=True)
def show_act(request: Call, act: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """One held act, with all that would be done, and what was said of it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    outcome = front.node.held.show(seat.session, act)
    shown = shown_of(front.node, seat.session, released(outcome))
    return front.page(
        request, seat, "held_act.html", act=shown, sheet=sheet, problem=sheet.problem if sheet else None,
        rules=[(number, front.node.sentence(number)) for number in shown.rules],
        entry=outcome.entry, verdict=outcome.verdict,
    )  # fmt: skip


@post("/held/{act:str}/release", opt={"kind": "held.release"}, sync_to_thread=True)
def release(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Release it: with the last word that it takes it is done."""
    sheet = Sheet(_KIND, form.typed(), now())
    try:
        sheet.result = {"left": released(front.node.held.release(seat.session, act, form.text("reason").strip()))}
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/held/{act}?sheet={seat.desk.keep(sheet)}")


@post("/held/{act:str}/refuse", opt={"kind": "held.refuse"}, sync_to_thread=True)
def refuse(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Do not release it, or take one's own back."""
    sheet = Sheet(_KIND, form.typed(), now())
    try:
        released(front.node.held.refuse(seat.session, act, form.text("reason").strip()))
        sheet.result = {"refused": True}
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/held/{act}?sheet={seat.desk.keep(sheet)}")
