"""The pages for files of records: brought with or without script, read, looked at, entered, followed."""

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread
from litestar import Response, get, patch, post
from litestar.di import Provide
from litestar.params import FromPath, FromQuery

from comity.api.file_names import disposition
from comity.api.files import CONSIGN, consignment_shown, file_shown
from comity.api.given import Call
from comity.api.problems import problem_of, refuse, status_of
from comity.api.streams import Upload, file_too_large
from comity.api.wire import Problem
from comity.errors import ComityError, HeldError, MalformedError, UnauthenticatedError
from comity.limits import FILE_BODY_BYTES, FILE_BYTES
from comity.node import Node
from comity.plug import FacePart
from comity.registers.columns import known_columns
from comity.registers.registry import REGISTERS
from comity.texts import _
from comity.web.desk import Seat, Sheet
from comity.web.entering import AROUND, list_levels
from comity.web.forms import verify_same_origin
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now
from comity.web.uploading import file_form, read_brought

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND = "file"
_DIGITS = 20  # more than any number of bytes, records or milliseconds has
LISTED_MAX = 20
TYPED = {
    **AROUND,
    "layout": "csv",
    "handling": "",
    "instruction": "",
    "columns": "",
    "whole": "",
}


@get("/enter/file", opt={"needs": CONSIGN}, sync_to_thread=True)
def show_form(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form for a file, one's files that wait, and what was entered by files."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    node = front.node
    consignments = node.consignments.list(LISTED_MAX)
    return front.page(
        request,
        seat,
        "enter_file.html",
        typed=TYPED | dict(sheet.typed if sheet else {}),
        problem=sheet.problem if sheet else None,
        registers=tuple(REGISTERS.values()),
        columns_of={register.name: known_columns(register) for register in REGISTERS.values()},
        handlings=list_levels(node),
        most_bytes=FILE_BYTES,
        files=[file_shown(node, state) for state in node.files.list(seat.session)],
        entered=[consignment_shown(node, each) for each in consignments.entered],
        damaged=consignments.damaged,
    )


@post("/enter/file", opt={"kind": "file.begin", "needs": CONSIGN}, dependencies={"form": Provide(read_brought)},
      request_max_body_size=FILE_BODY_BYTES, sync_to_thread=True)  # fmt: skip
def bring(request: Call, form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """A file that a browser without script sent in one go; leads to its page, or back with what is wrong."""
    sent = form.files[0] if form.files else None
    if sent and not sent.problem:
        return go(f"/enter/file/{sent.blob}")
    request.state.verdict = "failed"
    sheet = Sheet(_KIND, form.typed(), now())
    if sent and sent.problem:
        sheet.problem = problem_of(sent.problem, front.node)
    else:
        sheet.problem = Problem(code="malformed", message=_("No file was chosen."), next_step=_("Choose one below."))
    return go(f"/enter/file?sheet={seat.desk.keep(sheet)}")


@post("/enter/file/begin", opt={"kind": "file.begin", "needs": CONSIGN}, sync_to_thread=True)
def begin(form: SentForm, seat: BySeat, front: AtFront) -> Response[dict[str, Any]]:
    """Announce a file, for the script: its page and how much of it is here, or what is wrong."""
    try:
        brought = file_form(form.typed(), form.text("name"), _size(form.text("size")), _number(form.text("changed")))
        state = front.node.files.begin(seat.session, brought)
    except ComityError as error:
        return _wrong(error, front.node)
    return Response({"page": f"/enter/file/{state.file.id}", "received": state.received})


def _size(text: str) -> int:
    """The bytes that a script announces; MalformedError where it says no number, which is not the same as none."""
    if not (text.isascii() and text.isdigit()):
        raise MalformedError(_("This cannot be said of a file."), where="size")
    return _number(text)


def _number(text: str) -> int:
    """What was sent as a number; of a longer one than any is, as much as passes every bound."""
    return int(text[:_DIGITS]) if text.isascii() and text.isdigit() else 0


@patch("/enter/file/{file:str}", opt={"kind": "file.append", "needs": CONSIGN}, request_max_body_size=FILE_BODY_BYTES)
async def append(
    request: Call, file: FromPath[str], offset: FromQuery[int], seat: BySeat, front: AtFront
) -> Response[dict[str, Any]]:
    """Add a part, for the script."""
    verify_same_origin(request)
    upload = Upload(request, where="file", too_large=file_too_large)
    files = front.node.files
    try:
        state = await anyio.to_thread.run_sync(
            lambda: files.append(seat.session, file, offset, upload.parts()), limiter=front.uploads
        )
    except ComityError as error:
        await upload.read_past()
        return _wrong(error, front.node)
    return Response({"received": state.received})


@get("/enter/file/{file:str}", opt={"needs": CONSIGN}, sync_to_thread=True)
def show_file(request: Call, file: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """How far a file has come, and what can be done with it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), _KIND)
    return _file_page(request, front, seat, file, sheet)


@post("/enter/file/{file:str}", opt={"kind": "record.consign"}, sync_to_thread=True)
def act_on_file(request: Call, file: FromPath[str], form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Enter a file, or drop it."""
    node, sheet = front.node, Sheet(_KIND, form.typed(), now())
    request.state.verdict = "none"
    if form.text("step") == "drop":
        node.files.drop(seat.session, file)
        return go("/enter/file")
    try:
        outcome = node.files.enter(
            seat.session, file, is_lawful=form.text("lawful") == "1", going_out=_number(form.text("going_out"))
        )
        if outcome is not None and outcome.release is None:
            raise refuse(outcome.verdict, outcome.entry, outcome.held)
    except UnauthenticatedError:
        raise
    except HeldError as error:
        request.state.verdict = "held"
        return go(f"/held/{error.held}")
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, node)
        return go(f"/enter/file/{file}?sheet={seat.desk.keep(sheet)}")
    request.state.verdict = "allowed"
    if outcome is not None:
        sheet.result = file_shown(node, node.files.find(seat.session, file), outcome).record
    return go(f"/enter/file/{file}?sheet={seat.desk.keep(sheet)}")


@get("/enter/file/{file:str}/report.csv", opt={"needs": CONSIGN}, sync_to_thread=True)
def show_report(file: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """The refused lines as a table, to be worked through beside the file."""
    shown = file_shown(front.node, front.node.files.find(seat.session, file))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("line", "fields", "reason"))
    for refusal in shown.report.refusals if shown.report else ():
        table.writerow((refusal.line, refusal.fields, refusal.reason))
    headers = {"Content-Disposition": disposition(f"{shown.name}-refused.csv")}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@get("/entered/file/{consignment:str}", opt={"needs": CONSIGN}, sync_to_thread=True)
def show_consignment(request: Call, consignment: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """What became of a file that this bureau entered."""
    shown = consignment_shown(front.node, front.node.consignments.find(consignment))
    return front.page(request, seat, "file.html", file=None, entered=shown, problem=None, typed={},
                      record=None)  # fmt: skip


def _file_page(request: Call, front: Front, seat: Seat, file: str, sheet: Sheet | None) -> Response[str]:
    node = front.node
    shown = file_shown(node, node.files.find(seat.session, file))
    typed: Mapping[str, str] = sheet.typed if sheet else {}
    return front.page(
        request,
        seat,
        "file.html",
        file=shown,
        entered=shown.consignment,
        problem=sheet.problem if sheet else None,
        typed=typed,
        record=sheet.result if sheet else None,
    )


def _wrong(error: ComityError, node: Node) -> Response[dict[str, Any]]:
    problem = problem_of(error, node)
    said = {"message": problem.message, "next_step": problem.next_step, "code": problem.code}
    return Response(said, status_code=status_of(error))


PART: Final = FacePart((show_form, bring, begin, append, show_file, act_on_file, show_report, show_consignment))
