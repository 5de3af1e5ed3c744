"""The page of a form, made from its declaration: prefilled where it was begun, sent, or kept as it was typed."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.confirming import asked_shown
from comity.api.faces import records_said_to
from comity.api.given import Call
from comity.api.problems import problem_of, verify_done
from comity.api.query_wire import AskedShown
from comity.errors import ComityError, InputError, UnauthenticatedError, UnknownError
from comity.exchange.form import FormDeclaration
from comity.exchange.forms import forms_by_hand, newest_form
from comity.ids import is_record
from comity.limits import FIELD_CHARS
from comity.office.forms import FormSent
from comity.plug import FacePart
from comity.rules.levels import levels_of
from comity.texts import _
from comity.web.desk import Seat, Sheet
from comity.web.entering import split_problems
from comity.web.forms import Form
from comity.web.front import Front, go, is_reader
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.messages import open_sheet
from comity.web.times import now

AROUND = ("to", "reply_to", "within", "handling")
"""What is sent beside a form's own fields."""


@get("/forms/{name:str}", sync_to_thread=True)
def show_form(request: Call, name: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """The form: filled as far as the address or the sheet says."""
    form = _form(name)
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "form")
    known = (*AROUND, *(each.name for each in form.fields))
    begun = {each: request.query_params.get(each, "")[:FIELD_CHARS] for each in known}
    typed = dict.fromkeys(known, "") | (dict(sheet.typed) if sheet else begun)
    with suppress(ComityError):
        typed |= front.node.forms.given(form, typed)
    return front.page(
        request,
        seat,
        "form.html",
        status=_status(sheet),
        sheet=sheet,
        problem=sheet.problem if sheet else None,
        is_gone=sheet is None and "sheet" in request.query_params,
        **form_context(front, form, typed, sheet),
        asks_source=form.asks_source_of,
        titles=front.titles(),
        asked=_asked_before(front, seat, form, typed),
        say_record=records_said_to(front.node, seat.session),
    )


@post("/forms/{name:str}", opt={"kind": "message.send"}, sync_to_thread=True)
def send(request: Call, name: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Send it, and show it in its thread; where that fails, go on with it as it was typed."""
    declared = _form(name)
    typed = {each: form.text(each) for each in (*AROUND, *(field.name for field in declared.fields))}
    sheet = Sheet("form", typed, now())
    request.state.verdict = "none"
    try:
        outcome = front.node.forms.send(seat.session, _sent(declared, form))
        verify_done(outcome)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
        sheet.more["faults"] = split_problems(error) if isinstance(error, InputError) and error.where else {}
        return go(f"/forms/{declared.name}?sheet={seat.desk.keep(sheet)}")
    shown = open_sheet(request, front, seat, outcome.given)
    request.state.verdict = outcome.verdict.outcome
    shown.more["sent"] = outcome
    seat.desk.acts.add("message.send")
    return go(f"/messages/thread/{outcome.release}?sheet={seat.desk.keep(shown)}")


def form_context(front: Front, form: FormDeclaration, typed: Mapping[str, str], sheet: Sheet | None) -> dict[str, Any]:
    """What the template of a form's fields needs."""
    return {
        "form": form,
        "typed": typed,
        "faults": sheet.more.get("faults", {}) if sheet else {},
        "is_answer": form.sent_by == "whoever-was-asked",
        "addressees": front.node.messages.addressees(),
        "handlings": levels_of(front.node.knowledge.rulebook().rulebook, "message.send"),
    }


def _asked_before(front: Front, seat: Seat, form: FormDeclaration, typed: Mapping[str, str]) -> list[AskedShown]:
    """What was asked about the same record before, and still waits."""
    record = typed.get(form.asks_source_of, "") if form.asks_source_of else ""
    if not is_record(record) or not is_reader(front, seat):
        return []
    return [each for each in asked_shown(front.node, seat.session, [record])[record].asked if each.is_open]


def _form(name: str) -> FormDeclaration:
    if name not in forms_by_hand():
        raise UnknownError(_("There is no form of this name."), where="form")
    return newest_form(name)


def _sent(declared: FormDeclaration, form: Form) -> FormSent:
    return FormSent(
        form=declared.name,
        fields={each.name: form.text(each.name) for each in declared.fields},
        to=form.text("to"),
        reply_to=form.text("reply_to"),
        within=form.text("within"),
        handling=form.text("handling"),
    )


def _status(sheet: Sheet | None) -> int:
    if sheet is None or sheet.problem is None:
        return 200
    return {"refused": 403, "unknown": 404}.get(sheet.problem.code, 200)


PART: Final = FacePart((show_form, send))
