"""The pages of messages: the lists, a thread that was opened, its attachments, and what changes meanwhile.

Opening is an act that its sender hears of, so it is done by a form and shown on a sheet: no browser that fetches ahead
opens anything, and a reload tells nobody twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, get_args
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from comity.api.file_names import disposition
from comity.api.given import Call
from comity.api.ledger import evidence_answer
from comity.api.message_words import URGENCY_TITLES, headline, more_sentence
from comity.api.messages import evidence_of_message
from comity.api.problems import problem_of, released, verify_done
from comity.errors import ComityError, UnauthenticatedError, UnknownError
from comity.exchange.message import Message
from comity.exchange.reading import PAGE_MAX, Box, Listed, MessagesWanted
from comity.ids import parse_envelope_id
from comity.limits import FIELD_CHARS, NAME_CHARS
from comity.peer.messenger import FOLLOWED_BY
from comity.plug import FacePart, OfferedPage
from comity.texts import N_, _
from comity.web.desk import Seat, Sheet
from comity.web.forms import Form
from comity.web.front import READING, Front, go, place_of
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.letters import RowState, row_state
from comity.web.thread import closed_page, progress_parts, thread_page
from comity.web.times import now

MOST = 50
BOXES: Final[tuple[Box, ...]] = get_args(Box)


@get("/messages", opt={"kind": "message.list"}, sync_to_thread=True)
def show_messages(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """What came in, what of it waits for an answer, what was sent: the newest first, what is due by its deadline."""
    params = request.query_params
    box: Box = next((each for each in BOXES if each == params.get("box")), "in")
    before = place_of(params.get("before", ""))
    sender = params.get("from", "")[:NAME_CHARS] if box == "due" else ""
    node = front.node
    outcome = node.inbox.list(seat.session, MessagesWanted(box, before, MOST, sender=sender))
    page = released(outcome)
    at = outcome.act.at
    lines = (*page.lines, *page.pressing)
    answered = node.messages.answered([line.message.id for line in lines])

    def rows(lines: Iterable[Listed]) -> list[tuple[Listed, RowState]]:
        return [(line, _state(line, at, answered)) for line in lines]

    seat.desk.show(line.message.id for line in lines)
    seat.desk.has_list = seat.desk.has_list or box != "out"
    whose = f"&from={quote(sender)}" if sender else ""
    older = f"/messages?box={box}{whose}&before={page.older}" if page.older else ""
    return front.page(
        request,
        seat,
        "messages.html",
        box=box,
        damaged=page.damaged,
        rows=rows(page.lines),
        pressing=rows(page.pressing),
        more=[(each.sender, more_sentence(each)) for each in page.more],
        sender=sender,
        titles=front.titles(),
        headline=partial(headline, front.wording),
        older=older,
        before=before,
        as_of=at,
        news=[],
        entry=outcome.entry,
        verdict=outcome.verdict,
    )


def _state(line: Listed, at: datetime, answered: frozenset[str]) -> RowState:
    return row_state(line.message, line.deliveries, at, is_answered=line.message.id in answered)


# A thread


@post("/messages/open", opt={"kind": "message.open"}, sync_to_thread=True)
def open_message(request: Call, form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Open a message, or the one that is next to be read, with its thread; each sender of what is new hears of it."""
    name = form.text("message") or _next(front, seat)
    if not name:
        return go("/messages")
    parse_envelope_id(name)
    sheet = open_sheet(request, front, seat, name)
    return go(f"/messages/thread/{name}?sheet={seat.desk.keep(sheet)}")


def open_sheet(request: Call, front: Front, seat: Seat, name: str) -> Sheet:
    """The act of opening, on a sheet."""
    sheet = Sheet("thread", {"message": name}, now())
    try:
        outcome = front.node.messages.open(seat.session, name)
        request.state.verdict = outcome.verdict.outcome
        verify_done(outcome)
        sheet.result = outcome
        seat.desk.show(each.message.id for each in outcome.given)
        for each in outcome.given:
            if each.message.id == name:
                seat.desk.take_turn(each.message.head.sender)
    except UnauthenticatedError:
        raise
    except ComityError as error:
        sheet.problem = problem_of(error, front.node)
    return sheet


def _next(front: Front, seat: Seat) -> str:
    """Of what nobody has opened, the one whose answer is due first; then the one that came first.

    Of what is equally urgent senders take turns: nobody's many messages stand before another's. What this officer's
    roles do not cover comes last: it is refused to them, and keeps them from nothing else.
    """
    unopened = front.pulse.unopened()
    covered = {each.head.handling: front.covers(seat, "message.open", each.head.handling) for each in unopened}
    order = sorted(
        unopened,
        key=lambda each: (
            not covered[each.head.handling], tuple(URGENCY_TITLES).index(each.head.urgency),
            seat.desk.turns.get(each.head.sender, 0), each.head.answer_by or each.head.expires_at, each.id,
        ),
    )  # fmt: skip
    return order[0].id if order else ""


@get("/messages/thread/{name:str}", opt={"needs": FOLLOWED_BY}, sync_to_thread=True)
def show_thread(request: Call, name: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """A thread as it was opened on a sheet; without one, the button that opens it."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "thread")
    if sheet is None or sheet.typed["message"] != name:
        with suppress(ComityError):
            return closed_page(request, front, seat, parse_envelope_id(name), is_gone="sheet" in request.query_params)
        raise UnknownError(_("There is no such message here."), next_step=_("Look for it in the list of messages."))
    draft = seat.desk.find(request.query_params.get("draft", ""), "message")
    return thread_page(request, front, seat, sheet, draft)


@post("/messages/attachment", opt={"kind": "attachment.read"}, sync_to_thread=True)
def read_attachment(form: SentForm, seat: BySeat, front: AtFront) -> Stream:
    """One attachment, as a file to keep: it is never shown by this site, whatever it says it is."""
    outcome, parts = front.node.messages.read_attachment(seat.session, form.text("message"), form.text("blob"))
    found = released(outcome)
    headers = {"Content-Disposition": disposition(found.name), "Content-Length": str(found.size)}
    return Stream(parts, media_type="application/octet-stream", headers=headers, status_code=200)


@post("/messages/evidence", status_code=200, opt={"kind": "message.open"}, sync_to_thread=True)
def show_evidence(form: SentForm, seat: BySeat, front: AtFront) -> Response[bytes]:
    """A thread as a file that proves it to others: opened again for that, and the receipts with it."""
    return evidence_answer(evidence_of_message(front.node, seat.session, form.text("message")), "message")


# What changes meanwhile


@post("/messages/progress", opt={"needs": FOLLOWED_BY}, sync_to_thread=True)
def show_progress(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """The parts of a page that have changed, as pieces of it. No act: nothing is said but of what was shown here."""
    sheet = seat.desk.find(form.text("sheet"), "thread")
    parts: dict[str, Any] = {"rows": [], "thread": None, "news": None, "titles": front.titles(), "as_of": None}
    if sheet is not None and sheet.result is not None:
        parts["thread"] = progress_parts(front, seat, sheet)
    elif form.has("since"):
        parts["rows"] = _row_states(front, seat, form.texts("message"))
        parts |= _news_since(front, seat, form)
    text = front.render("_progress.html", parts)
    return Response(text, status_code=200, media_type="text/html; charset=utf-8")


def _row_states(front: Front, seat: Seat, names: Sequence[str]) -> list[RowState]:
    messages, at = front.node.messages, front.node.now()
    shown = [name for name in names[:PAGE_MAX] if seat.desk.has_shown(name)]
    answered = messages.answered(shown)
    found = messages.list_progress(seat.session, shown)
    return [row_state(each.message, each.deliveries, at, is_answered=each.message.id in answered) for each in found]


def _news_since(front: Front, seat: Seat, form: Form) -> dict[str, Any]:
    """What came in since a list was shown, as it travels in clear."""
    try:
        since = datetime.fromisoformat(form.text("since")[:FIELD_CHARS])
    except ValueError:
        return {}
    if since.tzinfo is None or not front.may(seat, READING) or not seat.desk.has_list:
        return {}
    return {"news": news_of(front, since, set(form.texts("message"))), "as_of": since}


def news_of(front: Front, since: datetime, but: set[str], thread: str = "") -> list[Message]:
    """What came in after a time and nobody has opened, but what is on the page; of one thread, or of all.

    One of each sender stands before a second of any: pages name the first few.
    """
    counts: Counter[str] = Counter()
    found = []
    for each in front.pulse.unopened():
        if each.kept_at >= since and each.id not in but and thread in ("", each.thread):
            found.append((counts[each.head.sender], each))
            counts[each.head.sender] += 1
    return [each for _place, each in sorted(found, key=lambda one: one[0])]


PART: Final = FacePart(
    (show_messages, open_message, show_thread, show_progress, read_attachment, show_evidence),
    offers=(OfferedPage(20, "/messages", N_("Messages"), READING),),
)
