"""The page for entering records: typed, previewed with who will see them, entered, followed."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.given import Call
from comity.api.problems import problem_of
from comity.api.records import batch_answer
from comity.api.wire import Problem, RuleSpoke
from comity.api.words import next_step
from comity.audience import Audience
from comity.errors import ComityError, InputError, UnauthenticatedError
from comity.ids import BatchId
from comity.limits import FORM_ROWS_MAX
from comity.node import Node
from comity.peer.entering import EntryForm
from comity.registers.register import Register, parse_fields
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.texts import _
from comity.web.desk import Seat, Sheet, fingerprint
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

ROWS = 3
REGISTER = TRAVEL_DOCUMENTS
HANDLINGS = ("official-use", "restricted", "confidential")
AROUND = {"audience": "all", "handling": "official-use", "instruction": "hold", "expires_on": "", "lawful": ""}


@get("/enter", sync_to_thread=True)
def show_enter(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form, filled as it was sent, with what is wrong or who will see it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "enter")
    typed = AROUND | dict(sheet.typed if sheet else {})
    return front.page(
        request,
        seat,
        "enter.html",
        sheet=sheet,
        typed=typed,
        rows=range(1, rows_of(typed) + 1),
        rows_max=FORM_ROWS_MAX,
        register=REGISTER,
        handlings=HANDLINGS,
        is_gone=sheet is None and "sheet" in request.query_params,
        problem=sheet.problem if sheet else None,
        faults=sheet.more.get("faults", {}) if sheet else {},
        preview=sheet.more.get("preview") if sheet else None,
        seen=fingerprint(sheet.typed) if sheet else "",
        done=seat.desk.done("enter"),
    )


@post("/enter", opt={"kind": "record.enter"}, sync_to_thread=True)
def enter(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Add rows, preview, or enter; each leads to a sheet."""
    typed = form.typed()
    typed["rows"] = str(rows_of(typed))
    sheet = Sheet("enter", typed, now())
    step = form.text("step")
    request.state.verdict = "none"
    if step == "more":
        typed["rows"] = str(min(rows_of(typed) + ROWS, FORM_ROWS_MAX))
    else:
        _prepare(front.node, sheet)
        # What was changed after the preview is previewed again: nobody enters what they have not seen.
        if step == "enter" and sheet.problem is None and form.text("seen") == fingerprint(typed):
            return _enter(request, front, seat, sheet)
    return go(f"/enter?sheet={seat.desk.keep(sheet)}")


@get("/entered/{batch:str}", sync_to_thread=True)
def show_entered(request: Call, batch: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """What became of a batch."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "enter")
    is_same = sheet is not None and sheet.result is not None and sheet.result.batch == batch
    found = front.node.find_entered(seat.session, BatchId(batch))
    at_first = sheet.result.record if sheet and is_same else None
    return front.page(request, seat, "entered.html", batch=batch_answer(front.node, found), record=at_first)


def rows_of(typed: Mapping[str, str]) -> int:
    """How many rows the form has."""
    text = typed.get("rows", "")
    return max(1, min(int(text), FORM_ROWS_MAX)) if text.isascii() and text.isdigit() and len(text) < ROWS else ROWS


def records_of(register: Register, typed: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """The rows in which something was typed, by number; a kind or loss alone is nothing typed."""
    found = {}
    for row in range(1, rows_of(typed) + 1):
        fields = {field.name: typed.get(f"{field.name}-{row}", "").strip() for field in register.fields}
        if any(text for name, text in fields.items() if not register.get_field(name).choices):
            found[row] = fields
    return found


def _prepare(node: Node, sheet: Sheet) -> None:
    """Find what is wrong in the form; where nothing is, say who will see it."""
    records = records_of(REGISTER, sheet.typed)
    faults: dict[str, str] = {}
    for row, fields in records.items():
        try:
            parse_fields(REGISTER, fields, now())
        except InputError as error:
            faults |= {f"{name}-{row}": text for name, text in split_problems(error).items()}
    try:
        sheet.more["preview"] = preview_of(node, Audience.parse(sheet.typed.get("audience", "")), len(records))
    except InputError as error:
        faults["audience"] = error.message
    sheet.more["faults"] = faults
    if not records:
        sheet.problem = Problem(
            code="malformed",
            message=_("There is no record to enter."),
            next_step=_("Fill in at least one row: number, country, type and kind of loss."),
        )
    elif faults:
        sheet.problem = Problem(
            code="malformed",
            message=_("Nothing was entered. Fields that need correcting: {count}.").format(count=len(faults)),
            next_step=_("They are marked below."),
        )
    if sheet.problem:
        sheet.more.pop("preview", None)


def split_problems(error: InputError) -> dict[str, str]:
    """Each field's own problem, out of an error that names several: ``where`` lists them, the text has all."""
    names = error.where.split(", ")
    starts = [(error.message.find(f"{name}: "), name) for name in names]
    found = sorted((start, name) for start, name in starts if start >= 0)
    if not found:
        return dict.fromkeys(names, error.message)
    ends = [start for start, _name in found[1:]] + [len(error.message)]
    return {
        name: error.message[start + len(name) + 2 : end].strip() for (start, name), end in zip(found, ends, strict=True)
    }


def preview_of(node: Node, audience: Audience, count: int) -> dict[str, Any]:
    """Who will and will not see what is entered, among the members that there are."""
    listings = node.directory().listings
    own = node.config.code
    return {
        "count": count,
        "audience": audience,
        "seeing": [code for code in sorted(listings) if audience.includes(code) or code == own],
        "not_seeing": [code for code in sorted(listings) if not audience.includes(code) and code != own],
        "unknown": [code for code in audience.members if code not in listings],
    }


def _enter(request: Call, front: Front, seat: Seat, sheet: Sheet) -> Response[str]:
    node, typed = front.node, sheet.typed
    form = EntryForm(
        register=REGISTER.name,
        records=list(records_of(REGISTER, typed).values()),
        is_lawful=typed.get("lawful") == "1",
        audience=typed.get("audience", ""),
        handling=typed.get("handling", ""),
        instruction=typed.get("instruction", "hold"),
        expires_on=typed.get("expires_on", ""),
    )
    sheet.more.pop("preview", None)
    try:
        entered = node.enter(seat.session, form)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "failed"
        sheet.problem = problem_of(error, node)
        return go(f"/enter?sheet={seat.desk.keep(sheet)}")
    if entered.batch is None and entered.verdict is not None:
        rules = entered.verdict.rules
        request.state.verdict = entered.verdict.outcome
        sheet.problem = Problem(
            code="refused",
            message=_("Refused by the rulebook."),
            rules=tuple(RuleSpoke(rule, node.sentence(rule)) for rule in rules),
            next_step=next_step(rules),
            entry=entered.entry or "",
        )
        return go(f"/enter?sheet={seat.desk.keep(sheet)}")
    request.state.verdict = "allowed"
    sheet.result = batch_answer(node, entered)
    return go(f"/entered/{entered.batch}?sheet={seat.desk.keep(sheet)}")
