"""The secretariat's page of standing: what each member may do, and measures."""

from typing import Final

from litestar import Response, get, post

from comity.api.directory import member_shown, parse_end
from comity.api.given import Call
from comity.api.problems import problem_of, refuse
from comity.api.wire import Problem
from comity.errors import ComityError, UnauthenticatedError
from comity.members.standing import Channel, State
from comity.plug import FacePart, OfferedPage
from comity.texts import N_, _
from comity.web.desk import Sheet, fingerprint
from comity.web.front import go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

BLANK = {"member": "", "channel": "", "state": "", "reason": "", "reference": "", "until_at": ""}


@get("/standing", sync_to_thread=True)
def show_standing(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """Members and channels; the form for a measure, and what it would do before it is done."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "standing")
    directory = front.node.directory()
    at = now()
    members = [member_shown(directory, each, at) for _code, each in sorted(directory.listings.items())]
    return front.page(
        request,
        seat,
        "standing.html",
        members=members,
        channels=[channel.value for channel in Channel],
        states=[state.value for state in State],
        typed=BLANK | dict(sheet.typed if sheet and not sheet.result else {}),
        sheet=sheet,
        problem=sheet.problem if sheet else None,
        preview=sheet.more.get("preview") if sheet else None,
        seen=fingerprint(sheet.typed) if sheet else "",
        is_secretariat=front.node.is_secretariat,
        is_gone=sheet is None and "sheet" in request.query_params,
        verified_at=directory.verified_at,
    )


@post("/standing", opt={"kind": "standing.set"}, sync_to_thread=True)
def set_standing(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Say what the measure will do, or take it."""
    typed = {name: form.text(name).strip() for name in BLANK}
    sheet = Sheet("standing", typed, now())
    request.state.verdict = "none"
    try:
        until_at = parse_end(typed["until_at"], front.node.now())
        if not all(typed[name] for name in ("member", "channel", "state")):
            sheet.problem = Problem(
                code="malformed",
                message=_("Member, channel and state are needed."),
                where="member, channel, state",
                next_step=_("Choose them."),
            )
        elif form.text("step") == "set" and form.text("seen") == fingerprint(typed):
            outcome = front.node.measures.set_standing(
                seat.session,
                typed["member"],
                typed["channel"],
                typed["state"],
                reason=typed["reason"],
                reference=typed["reference"],
                until_at=until_at,
            )
            request.state.verdict = outcome.verdict.outcome
            if outcome.verdict.is_allowed:
                sheet.result = outcome
            else:
                sheet.problem = problem_of(refuse(outcome.verdict, outcome.entry, outcome.held), front.node)
        else:
            listing = front.node.directory().find_member(front.node.knowledge.get_member(typed["member"]))
            sheet.more["preview"] = {"title": listing.member.title if listing else "", "until_at": until_at}
    except UnauthenticatedError:
        raise
    except ComityError as error:
        sheet.problem = problem_of(error, front.node)
    return go(f"/standing?sheet={seat.desk.keep(sheet)}")


PART: Final = FacePart(
    (show_standing, set_standing),
    offers=(OfferedPage(80, "/standing", N_("Standing"), "standing.set", is_secretariats=True),),
)
