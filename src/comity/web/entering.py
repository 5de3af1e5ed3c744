"""The page for entering records: typed, previewed with who will see them, entered, followed."""

import re
from collections.abc import Mapping
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.files import sight_of
from comity.api.given import Call
from comity.api.problems import problem_of
from comity.api.records import batch_answer
from comity.api.wire import Problem, RuleSpoke
from comity.errors import ComityError, InputError, UnauthenticatedError
from comity.ids import BatchId, RegisterName
from comity.limits import FORM_ROWS_MAX
from comity.node import Node
from comity.peer.entering import EntryForm, parse_audience
from comity.plug import FacePart, OfferedPage
from comity.registers.columns import gather
from comity.registers.record import RECORD_LEVELS
from comity.registers.register import Register, parse_fields
from comity.registers.registry import REGISTERS
from comity.rules.levels import levels_of
from comity.shown.wording import next_step
from comity.texts import N_, _
from comity.web.desk import Seat, Sheet, fingerprint
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

ROWS = 3
AROUND = {
    "register": next(iter(REGISTERS)), "audience": "all", "handling": "", "instruction": "", "expires_on": "",
    "lawful": "",
}  # fmt: skip
_PLACE = re.compile(r"(\w+)\[0\]\.(\w+)")


@get("/enter", sync_to_thread=True)
def show_enter(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form, filled as it was sent, with what is wrong or who will see it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "enter")
    asked = request.query_params.get("register", AROUND["register"])
    typed = AROUND | {"register": asked} | dict(sheet.typed if sheet else {})
    register = register_of(typed)
    return front.page(
        request,
        seat,
        "enter.html",
        sheet=sheet,
        typed=typed,
        rows=range(1, rows_of(typed) + 1),
        rows_max=FORM_ROWS_MAX,
        register=register,
        registers=tuple(REGISTERS.values()),
        one_of=_names_of(register),
        columns=[
            (name, register.get_field(name), title_of(register, name), is_needed(register, name))
            for name in typed_of(register)
        ],
        handlings=list_levels(front.node),
        is_gone=sheet is None and "sheet" in request.query_params,
        problem=sheet.problem if sheet else None,
        faults=sheet.more.get("faults", {}) if sheet else {},
        preview=sheet.more.get("preview") if sheet else None,
        is_changed=bool(sheet and sheet.more.get("is_changed")),
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
    typed = AROUND | form.typed()  # as the page shows it: what is sent from there says all of this
    typed["rows"] = str(rows_of(typed))
    sheet = Sheet("enter", typed, now())
    step = form.text("step")
    request.state.verdict = "none"
    if step == "more":
        typed["rows"] = str(min(rows_of(typed) + ROWS, FORM_ROWS_MAX))
    else:
        _prepare(front.node, sheet)
        # What was changed after the preview is previewed again: nobody enters what they have not seen.
        if step == "enter" and sheet.problem is None:
            if form.text("seen") == fingerprint(typed):
                return _enter(request, front, seat, sheet)
            sheet.more["is_changed"] = True
    return go(f"/enter?sheet={seat.desk.keep(sheet)}")


@get("/entered/{batch:str}", opt={"needs": ("record.enter",)}, sync_to_thread=True)
def show_entered(request: Call, batch: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """What became of a batch."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "enter")
    is_same = sheet is not None and sheet.result is not None and sheet.result.batch == batch
    found = front.node.records.find(seat.session, BatchId(batch))
    at_first = sheet.result.record if sheet and is_same else None
    return front.page(request, seat, "entered.html", batch=batch_answer(front.node, found), record=at_first)


def list_levels(node: Node) -> tuple[str, ...]:
    """The levels that a record may have: those of the rulebook that a record can say."""
    levels = levels_of(node.knowledge.rulebook().rulebook, "record.enter")
    return tuple(level for level in levels if level in RECORD_LEVELS)


def register_of(typed: Mapping[str, str]) -> Register:
    """The register that a form is for; the first where none of that name is."""
    return REGISTERS.get(RegisterName(typed.get("register", "")), next(iter(REGISTERS.values())))


def typed_of(register: Register) -> tuple[str, ...]:
    """What a row has, by field; of a group the first entry, ``names.family``."""
    return register.typed or tuple(field.name for field in register.fields)


def is_needed(register: Register, name: str) -> bool:
    """Whether a row cannot do without it, alone or as the one field of a group that is needed."""
    field = register.find_field(name)
    return field is not None and field.required


def title_of(register: Register, name: str) -> str:
    """What a column is called: a group of one field by the group's title, which says what it is of."""
    group = next((each for each in register.groups if each.name == name.partition(".")[0]), None)
    return group.title if group is not None and len(group.fields) == 1 else register.get_field(name).title


def said(fields: Mapping[str, str]) -> dict[str, object]:
    """A row as a record says it."""
    return gather({name: text for name, text in fields.items() if text})


def column_of(register: Register, name: str) -> str:
    """The column at which a problem is shown: its own, or the last of its group."""
    column = _PLACE.sub(r"\1.\2", name)
    columns = typed_of(register)
    if column in columns:
        return column
    group = column.partition(".")[0]
    return next((each for each in reversed(columns) if each.startswith(f"{group}.")), columns[0])


def _names_of(register: Register) -> str:
    """By what a record can be known, in words: one of several ways."""
    ways = (_(" and ").join(_(register.get_field(name).title) for name in way) for way in register.named_by)
    return "; ".join(ways)


def rows_of(typed: Mapping[str, str]) -> int:
    """How many rows the form has."""
    text = typed.get("rows", "")
    return max(1, min(int(text), FORM_ROWS_MAX)) if text.isascii() and text.isdigit() and len(text) < ROWS else ROWS


def records_of(register: Register, typed: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """The rows in which something was typed, by number; a kind or loss alone is nothing typed."""
    found = {}
    for row in range(1, rows_of(typed) + 1):
        fields = {name: typed.get(f"{name}-{row}", "").strip() for name in typed_of(register)}
        if any(text for name, text in fields.items() if not register.get_field(name).choices):
            found[row] = fields
    return found


def _prepare(node: Node, sheet: Sheet) -> None:
    """Find what is wrong in the form; where nothing is, say who will see it."""
    register = register_of(sheet.typed)
    records = records_of(register, sheet.typed)
    faults: dict[str, str] = {}
    said_by: list[Mapping[str, str]] = []
    for row, fields in records.items():
        try:
            said_by.append(parse_fields(register, said(fields), now()).fields)
        except InputError as error:
            faults |= {f"{column_of(register, name)}-{row}": text for name, text in split_problems(error).items()}
    try:
        audience = parse_audience(sheet.typed.get("audience", ""), node.directory())
        sheet.more["preview"] = {
            "count": len(records), "audience": audience, "sight": sight_of(node, audience),
            "doubts": node.records.find_doubts(register, said_by),
        }  # fmt: skip
    except InputError as error:
        faults["audience"] = error.message
    sheet.more["faults"] = faults
    if not records:
        sheet.problem = Problem(
            code="malformed",
            message=_("There is no record to enter."),
            next_step=_("Fill in at least one row: what is marked with * is needed."),
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


def _enter(request: Call, front: Front, seat: Seat, sheet: Sheet) -> Response[str]:
    node, typed = front.node, sheet.typed
    register = register_of(typed)
    form = EntryForm(
        register=register.name,
        records=[said(fields) for fields in records_of(register, typed).values()],
        is_lawful=typed.get("lawful") == "1",
        audience=typed.get("audience", ""),
        handling=typed.get("handling", ""),
        instruction=typed.get("instruction", ""),
        expires_on=typed.get("expires_on", ""),
    )
    try:
        entered = node.records.enter(seat.session, form)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        sheet.more.pop("preview", None)
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
            next_step=next_step(node.knowledge.rulebook(), rules),
            entry=entered.entry or "",
        )
        return go(f"/enter?sheet={seat.desk.keep(sheet)}")
    request.state.verdict = "allowed"
    seat.desk.acts.add("record.enter")
    sheet.result = batch_answer(node, entered)
    return go(f"/entered/{entered.batch}?sheet={seat.desk.keep(sheet)}")


PART: Final = FacePart(
    (show_enter, enter, show_entered),
    offers=(OfferedPage(30, "/enter", N_("Enter"), "record.enter"),),
)
