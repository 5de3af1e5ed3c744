"""The ledger: its entries, the evidence of one, and verifying the whole."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from litestar.status_codes import HTTP_200_OK

from comity.act import Session
from comity.api.act_words import ACT_TITLES, VERDICTS
from comity.api.asked import ways_word
from comity.api.file_names import disposition
from comity.api.given import AtNode, BySession
from comity.api.problems import SIGNED_IN, problems, released, to_builtins
from comity.api.streams import ANY_MEDIA
from comity.api.wire import EntryEvidence, EntryList, EntryShort, GrowthShown, Verified, damaged_shown
from comity.errors import MalformedError, UnknownError
from comity.evidence import EvidenceFile
from comity.ids import MemberCode, parse_member_code
from comity.ledger_desk import Trace
from comity.limits import FIELD_CHARS, LEDGER_PAGE_MAX
from comity.node import Node
from comity.plug import FacePart
from comity.rules.wording import codes_of
from comity.texts import _
from comity.tiles.reading import (
    EntryRow,
    GrowthWanted,
    ListWanted,
)

_ENTRY = re.compile(r"[0-9a-f]{64}")

Before = Annotated[str, Parameter(pattern=r"^([0-9]{4}-[0-9]{2}\.[0-9]{1,15})?$", required=False)]
Most = Annotated[int, Parameter(ge=1, le=LEDGER_PAGE_MAX, required=False)]
Period = Annotated[str, Parameter(pattern=r"^[0-9]{4}-[0-9]{2}$")]
Size = Annotated[int, Parameter(ge=0, le=2**53)]
Time = Annotated[str, Parameter(max_length=40, required=False)]
Wanted: TypeAlias = NamedDependency[ListWanted]
Kind = Annotated[str, Parameter(max_length=FIELD_CHARS, required=False)]


def wanted_of(
    before: Before = "",
    most: Most = 50,
    kind: Kind = "",
    member: Kind = "",
    officer: Kind = "",
    purpose: Kind = "",
    verdict: Kind = "",
    about: Kind = "",
    since: Time = "",
    until: Time = "",
) -> ListWanted:
    """Which entries: of a kind, member, officer, purpose, verdict; about what; from ``since`` to before ``until``.

    ``about`` is a person's name, a document's number (with its country behind a space) or a record. MalformedError for
    a kind or verdict that there is not, and for a time that is none.
    """
    _verify_one_of(kind, tuple(ACT_TITLES), "kind")
    _verify_one_of(verdict, VERDICTS, "verdict")
    if member:
        parse_member_code(member)
    from_at, until_at = _time(since, "since"), _time(until, "until")
    if from_at and until_at and from_at >= until_at:
        raise MalformedError(_("Nothing lies from there to before that."), where="since, until")
    return ListWanted(before, most, kind, member, officer, purpose, verdict, about, from_at, until_at)


def verify_purpose(node: Node, wanted: ListWanted) -> None:
    """Raise MalformedError for a purpose that the rulebook has no words for."""
    _verify_one_of(wanted.purpose, codes_of(node.knowledge.rulebook().wording.purposes), "purpose")


def _verify_one_of(said: str, choices: tuple[str, ...], where: str) -> None:
    if said and said not in choices:
        raise MalformedError(
            _("There is none of this name."),
            where=where,
            next_step=_("It is one of: {names}.").format(names=", ".join(choices)),
        )


@get("/ledger", responses=problems(*SIGNED_IN), opt={"kind": "ledger.list"}, sync_to_thread=True)
def list_entries(
    node: AtNode,
    session: BySession,
    wanted: Wanted,
) -> EntryList:
    """Entries that are sought, the newest first. Reading them is an act and an entry too."""
    verify_purpose(node, wanted)
    outcome = node.ledger.list(session, wanted)
    page = released(outcome)
    hint = "" if page.entries or page.damaged else nothing_word(node, wanted)
    shown = tuple(_short(row) for row in page.entries)
    return EntryList(shown, page.older, outcome.entry, hint, damaged_shown(page.damaged))


def nothing_word(node: Node, wanted: ListWanted) -> str:
    """That nothing fits, and what in the search may be why: in an audit a false "nothing" is the worst answer."""
    said = [_("Nothing is on record that fits.")]
    if wanted.member and node.directory().find_member(MemberCode(wanted.member)) is None:
        said.append(_("No member is called {member} now.").format(member=wanted.member))
    if wanted.about.strip():
        said.append(
            _("Give all that it is found by, as it is written (19AC45678 FRA): a record, or {ways}.").format(
                ways=ways_word()
            )
        )
    if wanted.officer:
        said.append(_("Officers are sought by the name with which they sign in."))
    return " ".join(said)


@get("/ledger/export", media_type=ANY_MEDIA, responses=problems(*SIGNED_IN), opt={"kind": "ledger.export"},
     sync_to_thread=True)  # fmt: skip
def export_entries(node: AtNode, session: BySession, wanted: Wanted) -> Response[bytes]:
    """Entries that are sought as a file of evidence, with what proves each: ``comity verify`` reads it."""
    return evidence_answer(export_of(node, session, wanted), "ledger")


@get("/ledger/growth", responses=problems(*SIGNED_IN, 404), opt={"kind": "ledger.prove"}, sync_to_thread=True)
def prove_growth(node: AtNode, session: BySession, period: Period, size: Size) -> GrowthShown:
    """That the ledger of a period only grew since it had ``size`` entries."""
    outcome = node.ledger.prove_growth(session, GrowthWanted(period, size))
    found = released(outcome)
    steps = tuple(step.hex() for step in found.proof.hashes)
    return GrowthShown(found.proof.old_size, found.proof.new_size, steps, found.checkpoint, outcome.entry)


@get("/ledger/records/{record:str}", responses=problems(*SIGNED_IN), opt={"kind": "ledger.trace"}, sync_to_thread=True)
def trace_record(record: FromPath[str], node: AtNode, session: BySession) -> Trace:
    """Who could see a record and who has, as this node knows; its source and keeper know most."""
    return released(node.ledger.trace(session, record))


@get("/ledger/{entry:str}", responses=problems(*SIGNED_IN, 404), opt={"kind": "ledger.show"}, sync_to_thread=True)
def show_entry(entry: FromPath[str], node: AtNode, session: BySession) -> EntryEvidence:
    """One entry with its evidence: what it commits to, and the proof that it stands in the tree."""
    outcome = node.ledger.show(session, parse_entry_id(entry))
    shown = released(outcome)
    return EntryEvidence(
        found=_short(shown.row),
        leaf=shown.leaf,
        salt=shown.salt,
        content=shown.content,
        proof=shown.proof,
        size=shown.size,
        checkpoint=shown.checkpoint,
        entry=outcome.entry,
    )


@post("/ledger/verify", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN), opt={"kind": "ledger.verify"},
      sync_to_thread=True)  # fmt: skip
def verify_ledger(node: AtNode, session: BySession) -> Verified:
    """Read the whole ledger of this node and check every hash, proof and signature in it."""
    outcome = node.ledger.verify(session)
    report = released(outcome)
    return Verified(not report.findings, report.periods, report.entries, report.erased, report.findings, outcome.entry)


def export_of(node: Node, session: Session, wanted: ListWanted) -> EvidenceFile:
    """Entries that are sought as evidence."""
    verify_purpose(node, wanted)
    found = released(node.ledger.export(session, wanted))
    missing = node.evidence.missing(found.damaged)
    empty = node.evidence.empty()
    return msgspec.structs.replace(empty, checkpoints=found.checkpoints, entries=found.entries, missing=missing)


def evidence_answer(file: EvidenceFile, name: str) -> Response[bytes]:
    """A file of evidence, to be kept."""
    at = f"{file.exported_at:%Y%m%d-%H%M%S}"
    headers = {"Content-Disposition": disposition(f"{file.member}-{name}-{at}.evidence.json")}
    return Response(file.encode(), media_type=ANY_MEDIA, headers=headers)


def _time(text: str, where: str) -> datetime | None:
    """A day or time; a day begins at midnight, UTC."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(_("A time is written 2026-11-23 or 2026-11-23T14:30Z."), where=where) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def parse_entry_id(text: str) -> str:
    """``text`` if it can name an entry; UnknownError otherwise, as for one that is not here."""
    if not _ENTRY.fullmatch(text):
        raise UnknownError(_("There is no such entry in the ledger."), where="entry")
    return text


def _short(row: EntryRow) -> EntryShort:
    content = to_builtins(row.content) if row.content else None
    return EntryShort(row.id, row.period, row.index, row.kind, row.at, content, row.damage)


PART: Final = FacePart((list_entries, export_entries, prove_growth, trace_record, show_entry, verify_ledger))
