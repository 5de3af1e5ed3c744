"""The pages of held acts: those that wait, what each would do, and the words of others."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from comity.act import Session
from comity.api.given import Call
from comity.api.held import list_of, shown_of
from comity.api.problems import problem_of, released
from comity.api.wire import Problem
from comity.errors import ComityError, UnauthenticatedError
from comity.gate import Outcome
from comity.members.held import HeldWanted
from comity.plug import FacePart, OfferedPage
from comity.texts import N_
from comity.web.desk import Seat, Sheet
from comity.web.front import WAITING, Front, go, place_of
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

_KIND = "held"


@get("/held", opt={"kind": "held.list"}, sync_to_thread=True)
def show_held(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """One's own acts that are held, and those that one may release; where none waits, those that are over."""
    is_over = request.query_params.get("over") == "1"
    before = place_of(request.query_params.get("before", ""))
    held = list_of(front.node, outcome := front.node.held.list(seat.session, HeldWanted(not is_over, before)))
    is_none_open = not (is_over or before or held.acts or held.damaged)
    if is_none_open:
        held = list_of(front.node, outcome := front.node.held.list(seat.session, HeldWanted(is_open=False)))
    return front.page(
        request, seat, "held.html", held=held, is_over=is_over or is_none_open, is_none_open=is_none_open,
        before=before,
        entry=outcome.entry, verdict=outcome.verdict,
    )  # fmt: skip


@get("/held/{act:str}", opt={"kind": "held.show"}, sync_to_thread=True)
def show_act(request: Call, act: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """One held act, with all that would be done, and what was said of it; before a release once more, in short."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    outcome = front.node.held.show(seat.session, act)
    shown = shown_of(front.node, outcome)
    typed = sheet.typed if sheet and sheet.typed.get("act") == shown.id else {}
    others = [each.held.id for each in front.waiting(seat) if each.held.id != shown.id]
    return front.page(
        request, seat, "held_act.html", act=shown, problem=sheet.problem if sheet else None,
        look=typed.get("look", ""), reason=typed.get("reason", ""), following=others[0] if others else "",
        rules=[(number, front.node.sentence(number)) for number in shown.rules],
        entry=outcome.entry, verdict=outcome.verdict,
    )  # fmt: skip


@post("/held/{act:str}/release", opt={"kind": "held.release"}, sync_to_thread=True)
def release(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Say once more what would be done, or release it: with the last word that it takes it is done.

    It is released where what was looked at last still holds: as many have released it as had then.
    """
    reason = form.text("reason").strip()
    look = _look_of(front, seat, act)
    if reason and look and form.text("looked") != look:
        request.state.verdict = "none"
        return _show_again(act, seat, {"act": act, "reason": reason, "look": look}, None)
    return _say(request, act, reason, seat, front, front.node.held.release)


@post("/held/{act:str}/refuse", opt={"kind": "held.refuse"}, sync_to_thread=True)
def refuse(request: Call, act: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Do not release it, or take one's own back."""
    return _say(request, act, form.text("reason").strip(), seat, front, front.node.held.refuse)


Say = Callable[[Session, str, str], Outcome[Any]]


def _look_of(front: Front, seat: Seat, act: str) -> str:
    """What a release is about that the officer may give now: the act, and how many have released it; else empty."""
    found = (each for each in front.waiting(seat, is_fresh=True) if each.held.id == act)
    return next((f"{each.held.id} {each.released}" for each in found), "")


def _say(request: Call, act: str, reason: str, seat: Seat, front: Front, say: Say) -> Response[str]:
    """Say a word on the act, and show the act again, with what kept the word from being said."""
    problem = None
    try:
        released(say(seat.session, act, reason))
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        problem = problem_of(error, front.node)
    return _show_again(act, seat, {"act": act, "reason": reason if problem else ""}, problem)


def _show_again(act: str, seat: Seat, typed: dict[str, str], problem: Problem | None) -> Response[str]:
    return go(f"/held/{act}?sheet={seat.desk.keep(Sheet(_KIND, typed, now(), problem))}")


PART: Final = FacePart(
    (show_held, show_act, release, refuse),
    offers=(OfferedPage(50, "/held", N_("Held"), WAITING),),
)
