"""Files of records: announced, brought part by part as streams, read, looked at, and entered by one act."""

from typing import Annotated, Any, Final

import anyio.to_thread
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from comity.api.file_wire import AudienceShown, ConsignmentList, ConsignmentShown, FileEntered, FileShown
from comity.api.given import AtNode, BySession, Call
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, refuse, speak_rules
from comity.api.streams import OfFile, Upload, file_too_large
from comity.api.wire import Counterpart, OnRecord, damaged_shown
from comity.api.words import CONSIGNMENT_TITLES, FILE_TITLES
from comity.audience import Audience
from comity.errors import ComityError
from comity.gate import Outcome
from comity.limits import FILE_BODY_BYTES, FILE_BYTES
from comity.node import Node
from comity.peer.brought import FileForm, FileStage, FileState
from comity.peer.consigning import Consigned
from comity.plug import FacePart
from comity.texts import _

LISTED_MAX = 100
CONSIGN: Final = ("record.consign",)  # what all of this comes before, or follows

Last = Annotated[bool, Parameter(required=False)]
Offset = Annotated[int, Parameter(ge=0, le=FILE_BYTES)]


@post("/files", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD), sync_to_thread=True,
      opt={"kind": "file.begin", "needs": CONSIGN})  # fmt: skip
def begin(data: JSONBody[FileForm], node: AtNode, session: BySession) -> FileShown:
    """Announce a file of records. The same one again is the one begun before: go on where ``received`` says."""
    return file_shown(node, node.files.begin(session, data))


@patch("/files/{file:str}", responses=problems(*MAY_BE_HELD, 404), opt={"kind": "file.append", "needs": CONSIGN},
       request_max_body_size=FILE_BODY_BYTES, operation_class=OfFile)  # fmt: skip
async def append(
    request: Call, file: FromPath[str], offset: Offset, node: AtNode, session: BySession, *, last: Last = False
) -> FileShown:
    """Add the body to a file at ``offset``, which is where it ends so far. Whatever of it has come stays.

    Once all bytes are there the file is read by itself: as many as were announced or, where 0 were, after ``last``.
    """
    upload = Upload(request, where="file", too_large=file_too_large)

    def work() -> FileState:
        state = node.files.append(session, file, offset, upload.parts())
        return node.files.complete(session, file) if last else state

    try:
        state = await anyio.to_thread.run_sync(work, limiter=request.app.state.front.uploads)
    except ComityError:
        await upload.read_past()
        raise
    return file_shown(node, state)


@get("/files", responses=problems(*SIGNED_IN), opt={"kind": "file.list", "needs": CONSIGN}, sync_to_thread=True)
def list_files(node: AtNode, session: BySession) -> list[FileShown]:
    """One's files that are not entered yet."""
    return [file_shown(node, state) for state in node.files.list(session)]


@get(
    "/files/{file:str}",
    responses=problems(*SIGNED_IN, 404),
    opt={"kind": "file.follow", "needs": CONSIGN},
    sync_to_thread=True,
)
def find_file(file: FromPath[str], node: AtNode, session: BySession) -> FileShown:
    """How far a file has come, what it would change, which lines cannot be entered, what became of it."""
    return file_shown(node, node.files.find(session, file))


@post("/files/{file:str}/enter", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404),
      opt={"kind": "record.consign"}, sync_to_thread=True)  # fmt: skip
def enter_file(file: FromPath[str], data: JSONBody[FileEntered], node: AtNode, session: BySession) -> FileShown:
    """Enter a file that was read: all of it or nothing. Again is the same."""
    outcome = node.files.enter(session, file, is_lawful=data.is_lawful, going_out=data.going_out)
    if outcome is not None and outcome.release is None:
        raise refuse(outcome.verdict, outcome.entry, outcome.held)
    return file_shown(node, node.files.find(session, file), outcome)


@delete(
    "/files/{file:str}",
    responses=problems(*SIGNED_IN, 404),
    opt={"kind": "file.drop", "needs": CONSIGN},
    sync_to_thread=True,
)
def drop_file(file: FromPath[str], node: AtNode, session: BySession) -> None:
    """Forget a file that is not to be entered."""
    node.files.drop(session, file)


@get(
    "/consignments",
    responses=problems(*SIGNED_IN),
    opt={"kind": "record.follow", "needs": CONSIGN},
    sync_to_thread=True,
)
def list_consignments(node: AtNode, session: BySession) -> ConsignmentList:
    """What this bureau entered by files, the newest first, and what became of it."""
    node.officers.verify_may(session, *CONSIGN)
    found = node.consignments.list(LISTED_MAX)
    shown = tuple(consignment_shown(node, each) for each in found.entered)
    return ConsignmentList(shown, damaged_shown(found.damaged))


# What pages say in the same words


def file_shown(node: Node, state: FileState, outcome: Outcome[str] | None = None) -> FileShown:
    """A file as faces show it."""
    form, consigned = state.file.form, state.consigned
    return FileShown(
        id=state.file.id,
        name=form.name,
        register=form.register,
        stage=state.stage.value,
        word=_(FILE_TITLES[state.stage.value]),
        size=form.size,
        received=state.received,
        read=state.read,
        records=state.records,
        begun_at=state.file.begun_at,
        audience=form.audience,
        sight=sight_of(node, Audience.parse(form.audience)) if state.stage is FileStage.READ else None,
        difference=state.difference,
        report=state.report,
        consignment=consignment_shown(node, consigned) if consigned else None,
        notes=state.notes,
        held=state.held,
        record=on_record_of(node, outcome) if outcome else None,
    )


def sight_of(node: Node, audience: Audience) -> AudienceShown:
    """Who will and will not see what this bureau enters, among the members that there are."""
    listings, own = node.directory().listings, node.config.code
    return AudienceShown(
        seeing=tuple(code for code in sorted(listings) if audience.includes(code) or code == own),
        not_seeing=tuple(code for code in sorted(listings) if not audience.includes(code) and code != own),
    )


def consignment_shown(node: Node, consigned: Consigned) -> ConsignmentShown:
    """What was entered by a file, and its fate."""
    kept, content, receipt = consigned.consignment, consigned.content, consigned.receipt
    counterpart = receipt and Counterpart(
        receipt.by, receipt.entry, receipt.at, speak_rules(node, receipt.rules), receipt.rulebook
    )
    return ConsignmentShown(
        id=kept.id,
        register=kept.register,
        state=kept.state.value,
        word=_(CONSIGNMENT_TITLES[kept.state.value]),
        count=sum(lot.count for lot in content.lots),
        removed=len(content.removed),
        at=kept.at,
        officer=kept.officer,
        position=receipt.position if receipt else 0,
        receipt=counterpart or None,
    )


def on_record_of(node: Node, outcome: Outcome[Any]) -> OnRecord:
    """What stands here on the record about an act."""
    return OnRecord(
        entry=outcome.entry,
        verdict=outcome.verdict.outcome,
        rules=speak_rules(node, outcome.verdict.rules),
        rulebook=outcome.verdict.rulebook,
    )


PART: Final = FacePart((begin, append, list_files, find_file, enter_file, drop_file, list_consignments))
