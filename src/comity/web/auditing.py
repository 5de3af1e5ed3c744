"""The ledger's pages: entries, the evidence of one, and verifying the whole."""

import json
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from comity.api.act_words import ACT_TITLES, VERDICTS
from comity.api.given import Call
from comity.api.ledger import evidence_answer, export_of, nothing_word, parse_entry_id, verify_purpose, wanted_of
from comity.api.problems import problem_of, released
from comity.errors import InputError
from comity.ids import is_record
from comity.limits import FIELD_CHARS
from comity.plug import FacePart, OfferedPage
from comity.rules.wording import codes_of
from comity.texts import N_
from comity.web.desk import Sheet
from comity.web.front import go
from comity.web.given import AtFront, BySeat, SentForm
from comity.web.times import now

MOST = 50
SOUGHT = ("kind", "member", "officer", "purpose", "verdict", "about", "since", "until")


@get("/ledger", opt={"kind": "ledger.list"}, sync_to_thread=True)
def show_ledger(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """Entries that are sought, the newest first."""
    before = request.query_params.get("before", "")
    before = before if before.isascii() and len(before) <= len("2026-11.") + 15 else ""
    sought = _sought(request)
    around: dict[str, Any] = {
        "kinds": tuple(ACT_TITLES),
        "purposes": codes_of(front.wording.purposes),
        "verdicts": VERDICTS,
        "sought": sought,
        "before": before,
    }
    query = urlencode({name: text for name, text in sought.items() if text})
    try:
        wanted = wanted_of(before, MOST, **sought)
        verify_purpose(front.node, wanted)
        outcome = front.node.ledger.list(seat.session, wanted)
    except InputError as error:
        return front.page(
            request, seat, "ledger.html", page=None, older="", query=query, record="",
            problem=problem_of(error, front.node), **around,
        )  # fmt: skip
    page = released(outcome)
    nothing = "" if page.entries else nothing_word(front.node, wanted)
    older = f"/ledger?{query}&{urlencode({'before': page.older})}" if page.older else ""
    return front.page(
        request, seat, "ledger.html", page=page, older=older, query=query, problem=None,
        record=sought["about"] if is_record(sought["about"]) else "", entry=outcome.entry, verdict=outcome.verdict,
        nothing=nothing, **around,
    )  # fmt: skip


@get("/ledger/export", opt={"kind": "ledger.export"}, sync_to_thread=True)
def export(request: Call, seat: BySeat, front: AtFront) -> Response[bytes]:
    """The entries that are sought as a file of evidence."""
    return evidence_answer(export_of(front.node, seat.session, wanted_of(**_sought(request))), "ledger")


@get("/ledger/records/{record:str}", opt={"kind": "ledger.trace"}, sync_to_thread=True)
def trace(request: Call, record: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """Who could see a record and who has."""
    outcome = front.node.ledger.trace(seat.session, record)
    return front.page(request, seat, "trace.html", trace=released(outcome), entry=outcome.entry)


@get("/ledger/{entry:str}", opt={"kind": "ledger.show"}, sync_to_thread=True)
def show_entry(request: Call, entry: FromPath[str], seat: BySeat, front: AtFront) -> Response[str]:
    """One entry: the act, its verdict, and what proves it."""
    outcome = front.node.ledger.show(seat.session, parse_entry_id(entry))
    shown = released(outcome)
    content = shown.row.content
    detail = json.dumps(dict(content.detail), indent=2, ensure_ascii=False) if content and content.detail else ""
    rules = [(rule, front.node.sentence(rule)) for rule in (content.rules if content else ())]
    return front.page(
        request, seat, "entry.html", shown=shown, content=content, detail=detail, rules=rules, entry=outcome.entry
    )


@post("/ledger/verify", opt={"kind": "ledger.verify"}, sync_to_thread=True)
def verify(form: SentForm, seat: BySeat, front: AtFront) -> Response[str]:
    """Recompute the whole, and show what was found."""
    del form
    outcome = front.node.ledger.verify(seat.session)
    sheet = Sheet("verify", {}, now(), result=(outcome, released(outcome)))
    return go(f"/ledger/verified?sheet={seat.desk.keep(sheet)}")


@get("/ledger/verified", opt={"needs": ("ledger.verify",)}, sync_to_thread=True)
def show_verified(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """What the last verification of this session found."""
    sheet = seat.desk.find(request.query_params.get("sheet", ""), "verify")
    if sheet is None:
        return go("/ledger")
    outcome, report = sheet.result
    return front.page(request, seat, "verified.html", report=report, outcome=outcome, sheet=sheet)


def _sought(request: Call) -> dict[str, Any]:
    """What an auditor looks for, as it stands in the page's address."""
    return {name: request.query_params.get(name, "")[:FIELD_CHARS].strip() for name in SOUGHT}


PART: Final = FacePart(
    (show_ledger, export, trace, show_entry, verify, show_verified),
    offers=(OfferedPage(60, "/ledger", N_("Ledger"), "ledger.list"),),
)
