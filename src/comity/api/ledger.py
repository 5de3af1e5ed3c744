"""The ledger: its entries, the evidence of one, and verifying the whole."""

import re
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, Parameter
from litestar.status_codes import HTTP_200_OK

from comity.api.given import AtNode, BySession
from comity.api.problems import SIGNED_IN, problems, released, to_builtins
from comity.api.wire import EntryEvidence, EntryList, EntryShort, Verified
from comity.errors import UnknownError
from comity.limits import FIELD_CHARS, LEDGER_PAGE_MAX
from comity.texts import _
from comity.tiles.reading import EntryPage, EntryRow, EntryShown, ListWanted, VerifyReport

_ENTRY = re.compile(r"[0-9a-f]{64}")

Before = Annotated[str, Parameter(pattern=r"^([0-9]{4}-[0-9]{2}\.[0-9]{1,15})?$", required=False)]
Most = Annotated[int, Parameter(ge=1, le=LEDGER_PAGE_MAX, required=False)]
Kind = Annotated[str, Parameter(max_length=FIELD_CHARS, required=False)]


@get("/ledger", responses=problems(*SIGNED_IN), opt={"kind": "ledger.list"}, sync_to_thread=True)
def list_entries(
    node: AtNode,
    session: BySession,
    before: Before = "",
    most: Most = 50,
    kind: Kind = "",
) -> EntryList:
    """Entries, the newest first, of one kind if it is given. Reading them is an act and an entry too."""
    outcome = node.ledger.list(session, ListWanted(before, most, kind))
    page = released(outcome, EntryPage)
    return EntryList(tuple(_short(row) for row in page.entries), page.older, outcome.entry)


@get("/ledger/{entry:str}", responses=problems(*SIGNED_IN, 404), opt={"kind": "ledger.show"}, sync_to_thread=True)
def show_entry(entry: FromPath[str], node: AtNode, session: BySession) -> EntryEvidence:
    """One entry with its evidence: what it commits to, and the proof that it stands in the tree."""
    outcome = node.ledger.show(session, parse_entry_id(entry))
    shown = released(outcome, EntryShown)
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
    report = released(outcome, VerifyReport)
    return Verified(not report.findings, report.periods, report.entries, report.erased, report.findings, outcome.entry)


def parse_entry_id(text: str) -> str:
    """``text`` if it can name an entry; UnknownError otherwise, as for one that is not here."""
    if not _ENTRY.fullmatch(text):
        raise UnknownError(_("There is no such entry in the ledger."), where="entry")
    return text


def _short(row: EntryRow) -> EntryShort:
    content = to_builtins(row.content) if row.content else None
    return EntryShort(row.id, row.period, row.index, row.kind, row.at, content)
