"""The pages of own records: listed and found, one looked at, and a change looked at before it is done."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.files import consignment_shown
from comity.api.given import Call
from comity.api.own_record import amendment_shown, draft_shown, page_shown, whole_shown
from comity.api.own_record_wire import AmendmentDraft, OwnRecordWhole
from comity.api.problems import problem_of, refuse
from comity.api.wire import Problem
from comity.errors import ComityError, HeldError, UnauthenticatedError
from comity.ids import RegisterName, is_record
from comity.office.own_record import AmendForm
from comity.plug import FacePart, OfferedPage
from comity.registers.columns import gather
from comity.registers.fields import Field
from comity.registers.own_record import OwnWanted
from comity.registers.register import Register
from comity.registers.registry import REGISTERS, get_register
from comity.shown.own_record import VERB_ASKS, VERB_TITLES
from comity.texts import N_, _
from comity.web.desk import Seat, Sheet, fingerprint
from comity.web.entering import list_levels
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

_KIND: Final = "own-record"
_FILTERS: Final = ("search", "status", "file", "ends_from", "ends_by", "order", "after", "gone")
_PAGE: Final = 50
_WAIT_S: Final = 2.0  # for the keeper's receipt: most changes are in force when the page is back
_POLL_S: Final = 0.05
_TYPED: Final = {
    "register": "", "verb": "", "audience": "", "handling": "", "instruction": "", "expires_on": "", "why": "",
    "lawful": "",
}  # fmt: skip
_FIELD: Final = "field:"  # before the name of a record's field in a form
_ENTRIES_MORE: Final = 1  # empty entries of a group, to be filled


class Column(NamedTuple):
    """A field of a record in the form that corrects it."""

    name: str
    title: str
    field: Field
    value: str


@get("/records", opt={"kind": "record.list"}, sync_to_thread=True)
def show_list(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """What this bureau has entered: a page of it, as it is sought."""
    asked = request.query_params
    register = REGISTERS.get(RegisterName(asked.get("register", "")), next(iter(REGISTERS.values())))
    sought = {name: asked.get(name, "").strip() for name in _FILTERS}
    page, problem = None, None
    try:
        page = page_shown(front.node, front.node.own_records.list(seat.session, _wanted(register, sought)))
    except UnauthenticatedError:
        raise
    except ComityError as error:
        problem = problem_of(error, front.node)
    sheet = seat.desk.find(asked.get("sheet", ""), _KIND)
    kept = {name: text for name, text in sought.items() if text and name != "after"}
    return front.page(
        request,
        seat,
        "own_records.html",
        registers=tuple(REGISTERS.values()),
        register=register,
        statuses=_statuses(register),
        sought=sought,
        is_sought=bool(kept),
        newest=urlencode({"register": register.name} | kept),
        page=page,
        problem=problem or (sheet.problem if sheet else None),
        verbs=[(verb, VERB_TITLES[verb]) for verb in ("take-out", "restrict", "prolong")],
    )


def _wanted(register: Register, sought: Mapping[str, str]) -> OwnWanted:
    return OwnWanted(
        register=register.name, search=sought["search"], status=sought["status"], file=sought["file"],
        ends_from=sought["ends_from"], ends_by=sought["ends_by"],
        order="ends-first" if sought["order"] == "ends-first" else "newest", gone=sought["gone"] == "1",
        after=sought["after"], most=_PAGE,
    )  # fmt: skip


def _statuses(register: Register) -> dict[str, str]:
    field = register.find_field(register.status_field)
    return dict(field.choices) if field is not None else {}


@get("/records/{record:str}", opt={"kind": "record.view"}, sync_to_thread=True)
def show_record(request: Call, record: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """The whole of an own record, what was done to it, and the hits on it."""
    whole = whole_shown(front.node, front.node.own_records.view(seat.session, record))
    return front.page(
        request, seat, "own_record.html", whole=whole, shown=whole.shown, register=get_register(whole.shown.register),
        verbs=tuple(VERB_TITLES.items()),
    )  # fmt: skip


@get("/records/change", opt={"needs": ("record.amend",)}, sync_to_thread=True)
def show_change(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """A change before it is done: what it needs, and what it would do."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    if sheet is None:
        return go("/records")
    typed = dict(sheet.typed)
    draft: AmendmentDraft | None = sheet.more.get("draft")
    whole: OwnRecordWhole | None = sheet.more.get("whole")
    return front.page(
        request,
        seat,
        "own_change.html",
        sheet=sheet,
        typed=typed,
        verb=typed["verb"],
        title=VERB_TITLES[typed["verb"]],
        asks=VERB_ASKS,
        records=_records_of(typed),
        draft=draft,
        seen=_seen(typed),
        columns=_columns(whole, typed) if whole is not None else (),
        instructions=get_register(whole.shown.register).instructions if whole is not None else {},
        whole=whole,
        handlings=list_levels(front.node),
        problem=sheet.problem,
    )


@post("/records/change", opt={"kind": "record.amend"}, sync_to_thread=True)
def change(request: Call, form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Begin a change, look at what it would do, or do it; each leads to a sheet."""
    typed, step = _TYPED | form.typed(), form.text("step")
    if typed["verb"] not in VERB_TITLES:
        return go("/records")
    sheet = Sheet(_KIND, typed, now())
    request.state.verdict = "none"
    if not _records_of(typed):
        sheet.problem = Problem(
            code="malformed", message=_("No record was chosen."), next_step=_("Tick those that are meant.")
        )
        return go(f"/records?{urlencode({'register': typed['register'], 'sheet': seat.desk.keep(sheet)})}")
    try:
        if typed["verb"] == "correct":
            sheet.more["whole"] = _whole(front, seat, typed)
        if step in ("preview", "do") or typed["verb"] == "take-out":
            sheet.more["draft"] = draft_shown(front.node, front.node.own_records.draft(seat.session, _form(typed)))
        # What was changed after it was shown is shown again: nobody does what they have not seen.
        if step == "do" and form.text("seen") == _seen(typed):
            return _do(request, front, seat, sheet)
    except UnauthenticatedError:
        raise
    except HeldError as error:
        request.state.verdict = "held"
        return go(f"/held/{error.held}")
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/records/change?sheet={seat.desk.keep(sheet)}")


def _seen(typed: Mapping[str, str]) -> str:
    """What a change would do, by which it is known again; why it is done may be said last."""
    return fingerprint({name: text for name, text in typed.items() if name != "why"})


def _do(request: Call, front: Front, seat: Seat, sheet: Sheet) -> Response[str]:
    """Do it, and wait a moment for the keeper."""
    node = front.node
    outcome = node.own_records.amend(seat.session, _form(sheet.typed))
    if outcome.release is None:
        raise refuse(outcome.verdict, outcome.entry, outcome.held)
    request.state.verdict = "allowed"
    ends_at = time.monotonic() + _WAIT_S
    while amendment_shown(node, outcome).consignment.state == "underway" and time.monotonic() < ends_at:
        time.sleep(_POLL_S)
    sheet.result = amendment_shown(node, outcome)
    return go(f"/records/changes/{outcome.given}?sheet={seat.desk.keep(sheet)}")


@get("/records/changes/{consignment:str}", opt={"needs": ("record.amend",)}, sync_to_thread=True)
def show_done(request: Call, consignment: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """What became of a change."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    done = sheet.result if sheet is not None and sheet.result is not None else None
    became = consignment_shown(front.node, front.node.consignments.find(consignment))
    return front.page(
        request, seat, "own_changed.html", became=became,
        record=done.record if done is not None and done.consignment.id == consignment else None,
        draft=sheet.more.get("draft") if sheet is not None else None,
        title=VERB_TITLES[sheet.typed["verb"]] if sheet is not None else "",
    )  # fmt: skip


def _records_of(typed: Mapping[str, str]) -> list[str]:
    return [each for each in typed.get("record", "").split("\n") if each]


def _whole(front: Front, seat: Seat, typed: Mapping[str, str]) -> OwnRecordWhole | None:
    """The record that is to be corrected, with what it says."""
    [name, *_more] = _records_of(typed)
    return whole_shown(front.node, front.node.own_records.view(seat.session, name)) if is_record(name) else None


def _form(typed: Mapping[str, str]) -> AmendForm:
    fields = {name.removeprefix(_FIELD): text.strip() for name, text in typed.items() if name.startswith(_FIELD)}
    return AmendForm(
        records=_records_of(typed),
        verb=typed["verb"],  # type: ignore[arg-type]  # the desk says which there are
        fields=gather({name: text for name, text in fields.items() if text}),
        audience=typed["audience"],
        handling=typed["handling"],
        instruction=typed["instruction"],
        expires_on=typed["expires_on"],
        why=typed["why"],
        is_lawful=typed["lawful"] == "1",
    )


def _columns(whole: OwnRecordWhole, typed: Mapping[str, str]) -> tuple[Column, ...]:
    """Every field of a record, as it is or as it was typed; of groups each entry, and one more."""
    register = get_register(whole.shown.register)
    return tuple(
        Column(f"{_FIELD}{name}", title, field, typed.get(f"{_FIELD}{name}", value))
        for name, title, field, value in (*_plain(register, whole), *_grouped(register, whole))
    )


def _plain(register: Register, whole: OwnRecordWhole) -> Iterable[tuple[str, str, Field, str]]:
    for field in register.fields:
        yield field.name, _(field.title), field, whole.fields.get(field.name, "")


def _grouped(register: Register, whole: OwnRecordWhole) -> Iterable[tuple[str, str, Field, str]]:
    for group in register.groups:
        entries = whole.groups.get(group.name, [])
        for number in range(1, len(entries) + _ENTRIES_MORE + 1):
            said: Mapping[str, Any] = entries[number - 1] if number <= len(entries) else {}
            place = group.name if number == 1 else f"{group.name}.{number}"
            for field in group.fields:
                title = f"{_(group.title)} {number}: {_(field.title)}"
                yield f"{place}.{field.name}", title, field, said.get(field.name, "")


PART: Final = FacePart(
    (show_list, show_change, change, show_done, show_record),
    offers=(OfferedPage(40, "/records", N_("Our records"), "record.list"),),
)
