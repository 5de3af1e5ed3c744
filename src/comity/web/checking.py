"""The page for checking one document, person or thing: form, answer, and the whole of a record."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post

from comity.api.document import Document, read_document, words_of
from comity.api.doubts import describe_digit
from comity.api.given import Call
from comity.api.ledger import evidence_answer
from comity.api.problems import CheckDigitsError, problem_of
from comity.api.queries import ask_about, fate_of, on_record_of_read, record_shown
from comity.api.words import lead_word, silence
from comity.errors import ComityError, InputError, UnauthenticatedError, UnknownError
from comity.limits import FIELD_CHARS, REFERENCE_CHARS
from comity.node import Node
from comity.peer.asking import Checked, Read
from comity.plug import FacePart, OfferedPage
from comity.registers.mrz import parse_mrz
from comity.registers.question import DISPUTED
from comity.registers.registry import TERMS, subjects
from comity.registers.terms import Term
from comity.shown.wording import next_step
from comity.texts import N_, _
from comity.web.answers import View, fields_of, groups_of, line_of, mark_lines, short_word, shown_of, view_of
from comity.web.asked import confirming_of
from comity.web.desk import Seat, Sheet, Typed
from comity.web.forms import Form
from comity.web.front import Front, go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

BLANK = {"mrz": "", **dict.fromkeys(TERMS, ""), "purpose": "", "reference": ""}

_BESIDE = tuple(TERMS)
"""What is typed beside a zone; with another zone than before, what was not typed anew is the last traveller's."""


class Done(msgspec.Struct, frozen=True):
    """A check that was done: of which document, for what, and what it came to."""

    document: Document
    purpose: str
    reference: str
    checked: Checked


@get("/check", sync_to_thread=True)
def show_check(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """The form, and the answer of the sheet that is asked for."""
    desk = seat.desk
    sheet = desk.find(request.query_params.get("sheet", ""), "check")
    begun = {name: request.query_params.get(name, "")[:FIELD_CHARS] for name in TERMS}
    typed = BLANK | {"purpose": desk.purpose, "reference": desk.reference} | dict(sheet.typed if sheet else begun)
    is_gone = sheet is None and "sheet" in request.query_params
    view = _view(front, sheet)
    return front.page(
        request,
        seat,
        "check.html",
        typed=typed,
        sheet=sheet,
        is_gone=is_gone,
        view=view,
        unread=_unread(sheet),
        reads=[_read_view(front.node, record, read) for record, read in sheet.more.items()] if sheet else [],
        reading=reading_of(str(typed["mrz"])),
        shift=[(each, *short_word(each.result.checked, each.result.document.unsure)) for each in desk.done("check")],
        purposes=front.purposes(),
        from_shift=[each for each in front.purposes() if front.wording.is_from_shift(each)],
        shift_reference=front.node.asker.shift_reference(),
        subjects=subjects().values(),
        said_terms=[name for name in TERMS if typed[name]],
        before=("mrz", *_BESIDE),
        describe=describe_digit,
        fields_of=fields_of,
        groups_of=groups_of,
        shown_of=shown_of,
        line_of=line_of,
        words_of=_words_of,
        asked_of=_asked_of,
        desks=_desks(front.node, view),
        lead=lead_word(view.instructions, is_own=view.is_own(front.node.config.code)) if view else "",
        is_disputed=view is not None and DISPUTED in view.instructions,
        confirming=confirming_of(front, seat, view),
    )


@post("/check", opt={"kind": "query.ask"}, sync_to_thread=True)
def check(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Ask, keep the answer on a sheet, and show it."""
    desk = seat.desk
    left = _left_over(form)
    typed = {name: "" if name in left else form.text(name) for name in BLANK}
    desk.purpose, desk.reference = typed["purpose"][:FIELD_CHARS], typed["reference"].strip()[:REFERENCE_CHARS]
    sheet = Sheet("check", typed, now())
    try:
        sheet.result = _ask(front.node, seat, form, _document(typed, left))
        request.state.verdict = sheet.result.checked.verdict.outcome
    except UnauthenticatedError:
        raise
    except ComityError as error:
        request.state.verdict = "failed"
        sheet.problem = problem_of(error, front.node)
    return go(f"/check?sheet={desk.keep(sheet)}")


def _ask(node: Node, seat: Seat, form: Form, document: Document) -> Done:
    is_accepted = form.text("accept") == "1" or (form.text("accept-before") == "1" and not _is_other_zone(form))
    if document.failing and not is_accepted:
        raise CheckDigitsError(document.failing)
    purpose, reference = form.text("purpose"), form.text("reference")
    if len(reference) > REFERENCE_CHARS:
        raise InputError(_("The reference is too long."), where="reference")
    used = node.asker.reference_for(purpose, reference)
    checked = ask_about(node, seat.session, document, purpose=purpose, reference=used)
    return Done(document, purpose, used, checked)


def _document(typed: Typed, left: dict[str, str]) -> Document:
    """The document that the officer means; what is left of the check before is not asked, and that is said."""
    document = read_document(mrz=typed["mrz"], **{name: typed[name] for name in TERMS})
    if not left:
        return document
    note = _(
        "Left from the check before, and not asked with this zone: {terms}. "
        "Type it again if it belongs to this document."
    )
    terms = ", ".join(f"{_(TERMS[name].title)} {text}" for name, text in left.items())
    return msgspec.structs.replace(document, notes=(*document.notes, note.format(terms=terms)))


def _words_of(document: Document) -> list[list[tuple[Term, str]]]:
    """What was looked for, by what it is about."""
    return [said for _subject, said in words_of(document.said, document.other_numbers)]


def _asked_of(done: Done) -> list[list[tuple[Term, str]]]:
    """As much of it as some register was asked by."""
    asked = {name for terms in done.checked.terms.values() for name in terms}
    return [[each for each in said if each[0].name in asked] for said in _words_of(done.document)]


def _left_over(form: Form) -> dict[str, str]:
    """What was typed for the document before: the zone is another one, and it stands there unchanged."""
    if not _is_other_zone(form):
        return {}
    return {name: text for name in _BESIDE if (text := form.text(name).strip()) and text == _before(form, name)}


def _is_other_zone(form: Form) -> bool:
    """Whether the zone was scanned or typed since the last answer."""
    zone = form.text("mrz").split()
    return bool(zone) and zone != _before(form, "mrz").split()


def _before(form: Form, name: str) -> str:
    return form.text(f"{name}-before").strip()


@post("/check/read", opt={"kind": "record.read"}, sync_to_thread=True)
def read_record(
    request: Call,
    form: SentForm,
    seat: BySeat,
    front: AtFront,
) -> Response[str]:
    """Read the whole of one record of a hit: an act of its own, for the same purpose and case."""
    sheet = seat.desk.find(form.text("sheet"), "check")
    if sheet is None or sheet.result is None:
        return go("/check?sheet=gone")
    done: Done = sheet.result
    record = form.text("record")
    named = {hit.record for each in done.checked.registers for hit in each.hits}
    if record in named and not isinstance(sheet.more.get(record), Read):
        try:
            read = front.node.asker.read(seat.session, record, purpose=done.purpose, reference=done.reference)
            sheet.more[record] = read
            request.state.verdict = read.verdict.outcome
        except UnauthenticatedError:
            raise
        except ComityError as error:
            sheet.more[record] = problem_of(error, front.node)
    return go(f"/check?sheet={sheet.id}#record")


@get("/check/evidence", opt={"needs": ("query.ask",)}, sync_to_thread=True)
def show_evidence(request: Call, seat: BySeat, front: AtFront) -> Response[bytes]:
    """What proves a check of this session, and the records read with it, as a file."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "check")
    if sheet is None or sheet.result is None:
        raise UnknownError(_("What was here is not kept any more."), where="sheet", next_step=_("Look in the ledger."))
    frames = sheet.result.checked.frames
    for read in sheet.more.values():
        frames += read.frames if isinstance(read, Read) else ()
    return evidence_answer(front.node.evidence.of_frames(frames), "check")


@post("/check/asked", status_code=200, opt={"needs": ("query.ask",)}, sync_to_thread=True)
def show_asked(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """What was asked about the hits of a check, as a piece of its page: it changes meanwhile. No act."""
    view = _view(front, seat.desk.find(form.text("sheet"), "check"))
    text = front.render("_asked_now.html", {"confirming": confirming_of(front, seat, view)})
    return Response(text, status_code=200, media_type="text/html; charset=utf-8")


@post("/mrz", opt={"needs": ("query.ask",)}, sync_to_thread=True)
def read_zone(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """What is read of a zone while it is being typed, as a piece of the page. No act: nothing is looked up."""
    del seat
    text = front.render("_reading.html", {"reading": reading_of(form.text("mrz")), "describe": describe_digit})
    return Response(text, status_code=200, media_type="text/html; charset=utf-8")


def reading_of(text: str) -> dict[str, Any] | None:
    """What is read of a zone: its lines with the wrong digits marked, or why it cannot be read."""
    if not text.strip():
        return None
    try:
        zone = parse_mrz(text)
    except InputError as error:
        return {"zone": None, "why": error.message, "failing": (), "lines": []}
    failing = tuple(digit for digit in zone.checks if not digit.holds)
    return {"zone": zone, "why": "", "failing": failing, "lines": mark_lines(zone, failing)}


def _view(front: Front, sheet: Sheet | None) -> View | None:
    if sheet is None or sheet.result is None:
        return None
    done: Done = sheet.result
    return view_of(front.node, done.checked, front.local, done.document.unsure)


def _unread(sheet: Sheet | None) -> str:
    """The field to correct or fill, of those that were filled in or that a zone has, so that all are asked."""
    if sheet is None or sheet.result is None:
        return ""
    done: Done = sheet.result
    unasked = [each.where for each in done.checked.unasked.values() if each.was_meant]
    has_zone = done.document.zone is not None
    wrong = [name for name in unasked if has_zone or name in done.document.wrong or sheet.typed.get(name)]
    lacking = [each.where for left in done.checked.left_out.values() for each in left.values()]
    return next(iter((*wrong, *lacking)), "")


def _desks(node: Node, view: View | None) -> list[tuple[str, str]]:
    """Where people reach those with whom the hits are confirmed, by day and night: of a disputed one not its source."""
    hits = [hit for row in view.rows for hit in row.hits] if view else []
    askable = {node.config.secretariat_code if hit.instruction == DISPUTED else hit.source for hit in hits}
    askable.discard(node.config.code)
    listings = [node.directory().find_member(each) for each in sorted(askable)]
    return [(each.bureau.code, each.bureau.desk) for each in listings if each is not None and each.bureau is not None]


def _read_view(node: Node, record: str, read: Any) -> dict[str, Any]:
    if not isinstance(read, Read):
        return {"id": record, "fate": "failed", "found": None, "record": None, "problem": read, "why": "", "step": ""}
    shown = read.shown
    return {
        "id": record,
        "fate": fate_of(read),
        "found": record_shown(node, record, read),
        "record": on_record_of_read(node, read),
        "problem": None,
        "why": silence(shown.why) if shown else "",
        "step": next_step(node.knowledge.rulebook(), read.verdict.rules),
    }


PART: Final = FacePart(
    (show_check, check, read_record, show_asked, read_zone, show_evidence),
    offers=(OfferedPage(10, "/check", N_("Check"), "query.ask"),),
)
