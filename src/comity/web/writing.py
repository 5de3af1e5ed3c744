"""Writing a message: for whom and who can read it, text and files; sent, or kept as it was typed."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import Provide

from comity.api.given import Call
from comity.api.problems import problem_of, verify_done
from comity.api.wire import Problem
from comity.errors import ComityError, UnauthenticatedError
from comity.exchange.message import ANSWER_WITHIN
from comity.limits import ATTACHMENT_BYTES, ENVELOPE_BLOBS_MAX, FIELD_CHARS, UPLOAD_BYTES
from comity.peer.messenger import MessageForm
from comity.plug import FacePart
from comity.rules.levels import levels_of
from comity.texts import _
from comity.web.attached import parse_attached
from comity.web.desk import Seat, Sheet
from comity.web.forms import Form
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.letters import join_names
from comity.web.messages import open_sheet
from comity.web.times import now
from comity.web.uploading import LOST, read_upload

BLANK = {
    "to": "", "subject": "", "text": "", "urgency": "routine", "handling": "", "reply_to": "",
    "attached": "", "thread": "", LOST: "",
}  # fmt: skip
FEW = 12  # with more to write to than these, they are in a box with a filter above it


@get("/messages/new", sync_to_thread=True)
def show_form(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form: empty, for the members that the address names, or as it was sent."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "message")
    begun = {name: request.query_params.get(name, "")[:FIELD_CHARS] for name in ("to", "subject")}
    typed = BLANK | (dict(sheet.typed) if sheet else begun)
    chosen = typed["to"].split()
    listed = front.node.messages.addressees()
    strangers = [(code, "") for code in dict.fromkeys(chosen) if code not in dict(listed)]
    return front.page(
        request,
        seat,
        "message_form.html",
        sheet=sheet,
        typed=typed,
        addressees=[*strangers, *listed],
        chosen=chosen,
        known=dict(listed),
        few=FEW,
        urgencies=tuple(ANSWER_WITHIN),
        handlings=levels_of(front.node.knowledge.rulebook().rulebook, "message.send"),
        attached=parse_attached(typed["attached"].splitlines()),
        lost=typed[LOST].splitlines(),
        most_files=ENVELOPE_BLOBS_MAX,
        most_bytes=ATTACHMENT_BYTES,
        problem=sheet.problem if sheet else None,
        is_preview=bool(sheet and sheet.more.get("preview")),
        is_gone=sheet is None and "sheet" in request.query_params,
        **said_of(front, chosen),
    )


@post("/messages/readers", opt={"needs": ("message.send",)}, sync_to_thread=True)
def show_readers(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Who will be able to read what is being written, as a piece of the page. No act."""
    del seat
    text = front.render("_readers.html", said_of(front, _recipients(form)))
    return Response(text, status_code=200, media_type="text/html; charset=utf-8")


@post(
    "/messages/new",
    opt={"kind": "message.send"},
    dependencies={"form": Provide(read_upload)},
    request_max_body_size=UPLOAD_BYTES,
    sync_to_thread=True,
)
def send(request: Call, form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Send it, once the page has said who can read it; files that came are kept whatever becomes of it."""
    typed = {name: form.text(name) for name in BLANK}
    typed["to"] = " ".join(_recipients(form))
    typed["attached"] = "\n".join(_attached(form))
    typed[LOST] = ""
    sheet = Sheet("message", typed, now())
    request.state.verdict = "none"
    failed = next((file.problem for file in form.files if file.problem), None)
    is_said = bool(typed["reply_to"]) or form.text("seen").split() == typed["to"].split()
    if failed:
        sheet.problem = problem_of(failed, front.node)
    elif not typed["to"]:
        sheet.problem = Problem(code="malformed", message=_("Nobody is chosen to write to."), where="to",
                                next_step=_("Choose at least one bureau."))  # fmt: skip
    elif form.text("step") != "send" or not is_said:
        sheet.more["preview"] = True
    else:
        sent = _send(request, front, seat, sheet)
        if sent:
            return sent
    return go(_back(seat, sheet))


def _send(request: Call, front: Front, seat: Seat, sheet: Sheet) -> Response[str] | None:
    """Send it, and show it in its thread; None where it was not sent and ``sheet`` says why."""
    typed = sheet.typed
    form = MessageForm(
        to=tuple(typed["to"].split()),
        subject=typed["subject"],
        text=typed["text"],
        urgency=typed["urgency"],
        handling=typed["handling"],
        reply_to=typed["reply_to"],
        attachments=tuple(each["blob"] for each in parse_attached(typed["attached"].splitlines())),
    )
    try:
        outcome = front.node.messages.send(seat.session, form)
        verify_done(outcome)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "refused" if error.code == "refused" else "failed"
        sheet.problem = problem_of(error, front.node)
        return None
    shown = open_sheet(request, front, seat, outcome.given)
    request.state.verdict = outcome.verdict.outcome
    shown.more["sent"] = outcome
    seat.desk.acts.add("message.send")
    return go(f"/messages/thread/{outcome.release}?sheet={seat.desk.keep(shown)}")


def _back(seat: Seat, sheet: Sheet) -> str:
    """Where what was not sent is gone on with: below its thread while that is open, else on a page of its own."""
    name = seat.desk.keep(sheet)
    thread = seat.desk.find(sheet.typed["thread"], "thread")
    if thread is not None and thread.result is not None:
        return f"/messages/thread/{thread.typed['message']}?sheet={thread.id}&draft={name}#reply"
    return f"/messages/new?sheet={name}"


def said_of(front: Front, codes: Sequence[str]) -> dict[str, Any]:
    """What the page says about who can read a message to ``codes``."""
    titles, node = front.titles(), front.node
    known = [code for code in codes if code in titles]
    return {
        "seen": " ".join(codes),
        "names": join_names([f"{titles[code]} ({code})" for code in known]),
        "count": len(known),
        "is_to_secretariat": node.config.secretariat_code in known,
        "is_secretariat": node.is_secretariat,
    }


def _recipients(form: Form) -> list[str]:
    """The codes that were chosen: ticks have one each, a choice of an answer all of its own."""
    return list(dict.fromkeys(code for text in form.texts("to") for code in text.split()))


def _attached(form: Form) -> list[str]:
    """What was attached before and is still ticked, and what has just come."""
    before = [line for text in form.texts("attached") for line in text.splitlines()]
    new = [f"{file.blob} {file.size} {file.name[:FIELD_CHARS]}" for file in form.files if file.blob]
    return list(dict.fromkeys(before + new))


PART: Final = FacePart((show_form, show_readers, send))
