"""Messages: written, listed, opened, followed; their attachments added and read as streams."""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, Parameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from comity.act import Session
from comity.api.file_names import disposition
from comity.api.given import AtNode, BySession, Call
from comity.api.ledger import evidence_answer
from comity.api.message_wire import (
    Addressee,
    AttachmentAdded,
    MessageList,
    MessageShort,
    MoreWaiting,
    ProgressAnswer,
    SendForm,
    SentAnswer,
    ThreadAnswer,
)
from comity.api.message_words import more_sentence
from comity.api.messages_shown import deliveries_shown, listed, shown
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, released, speak_rules, verify_done
from comity.api.streams import ANY_MEDIA, OfFile, Upload, attachment_too_large
from comity.api.wire import OnRecord, damaged_shown
from comity.errors import ComityError, InputError, MalformedError, TooLargeError, UnknownError
from comity.evidence import EvidenceFile
from comity.exchange.delivery import UNDERWAY
from comity.exchange.reading import PAGE_MAX, Box, Listed, MessagesWanted
from comity.gate import Outcome
from comity.ids import BlobId, EnvelopeId, parse_blob_id, parse_envelope_id
from comity.limits import ATTACHMENT_BODY_BYTES, FIELD_CHARS, NAME_CHARS
from comity.node import Node
from comity.peer.messenger import FOLLOWED_BY, MessageForm
from comity.plug import FacePart
from comity.rules.levels import highest, levels_of
from comity.texts import _

_MEDIA = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")  # RFC 6838, 4.2
_FIELDS: Final = {"member": "to", "message": "reply_to", "blob": "attachments"}
_ROW_MAX: Final = 2**53  # rows of a list: what JSON's readers count exactly

ListedBox = Annotated[Box, Parameter(required=False)]
Sender = Annotated[str, Parameter(max_length=NAME_CHARS, required=False)]
Before = Annotated[int, Parameter(ge=0, le=_ROW_MAX, required=False)]
Most = Annotated[int, Parameter(ge=1, le=PAGE_MAX, required=False)]
Name = Annotated[str, Parameter(min_length=1, max_length=FIELD_CHARS)]


# Writing


@post("/messages", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD, 404), opt={"kind": "message.send"},
      sync_to_thread=True)  # fmt: skip
def send(data: JSONBody[SendForm], node: AtNode, session: BySession) -> SentAnswer:
    """Send a message, sealed to each bureau in ``to``; 404 where one of them, or an attachment, is not known."""
    form = MessageForm(
        to=tuple(data.to),
        subject=data.subject,
        text=data.text,
        urgency=data.urgency,
        handling=data.handling,
        reply_to=data.reply_to,
        attachments=tuple(data.attachments),
    )
    try:
        outcome = node.messages.send(session, form)
    except InputError as error:
        error.where = _FIELDS.get(error.where, error.where)  # by the names of this form
        raise
    return sent_answer(node, session, outcome, released(outcome))


def sent_answer(node: Node, session: Session, outcome: Outcome[EnvelopeId], name: str) -> SentAnswer:
    """What a message that is on its way is told by."""
    progress = node.messages.progress(session, name)
    return SentAnswer(
        id=name,
        answer_by=progress.message.head.answer_by,
        deliveries=deliveries_shown(node, progress.deliveries, node.messages.receipts(session, name)),
        record=on_record_of(node, outcome, told=(each.recipient for each in progress.deliveries)),
    )


@get(
    "/addressees", responses=problems(*SIGNED_IN), opt={"kind": "message.addressees", "needs": ()}, sync_to_thread=True
)
def list_addressees(node: AtNode, session: BySession) -> list[Addressee]:
    """Whom one can write to: every other member that messages can be sealed to."""
    del session
    return [Addressee(code, title) for code, title in node.messages.addressees()]


@post("/attachments", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD), opt={"kind": "attachment.add"},
      request_max_body_size=ATTACHMENT_BODY_BYTES, operation_class=OfFile)  # fmt: skip
async def attach(request: Call, name: Name, node: AtNode, session: BySession) -> AttachmentAdded:
    """Add a file to one's next message: the body is the file itself, encrypted as it comes; at most 50 MB.

    The content type is the file's own; what is none is ``application/octet-stream``.
    """
    upload = Upload(request)
    media = media_of(request.headers.get("content-type", ""))

    def work() -> Outcome[BlobId]:
        return node.messages.attach(session, name, media, upload.parts())

    try:
        outcome = await anyio.to_thread.run_sync(work, limiter=request.app.state.front.uploads)
        blob = released(outcome)
    except TooLargeError as error:
        await upload.read_past()
        raise attachment_too_large() from error
    except ComityError:
        await upload.read_past()
        raise
    return AttachmentAdded(blob, upload.size, outcome.entry)


# Reading


@get("/messages", responses=problems(*SIGNED_IN), opt={"kind": "message.list"}, sync_to_thread=True)
def list_messages(
    node: AtNode, session: BySession, box: ListedBox = "in", before: Before = 0, most: Most = 50, sender: Sender = ""
) -> MessageList:
    """What came in or was sent, the newest first, or what is due, the most pressing first, of all or of one sender.

    Reading the list is an act and an entry too.
    """
    outcome = node.inbox.list(session, MessagesWanted(box, before, most, sender=sender))
    page = released(outcome)
    answered = node.messages.answered([line.message.id for line in (*page.lines, *page.pressing)])

    def shown_of(lines: Iterable[Listed]) -> tuple[MessageShort, ...]:
        return tuple(listed(node, line, outcome.act.at, is_answered=line.message.id in answered) for line in lines)

    more = tuple(MoreWaiting(each.sender, each.waiting, each.is_cut, more_sentence(each)) for each in page.more)
    return MessageList(
        shown_of(page.lines), page.older, outcome.entry, damaged_shown(page.damaged), shown_of(page.pressing), more
    )


@post("/messages/{message:str}/open", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404),
      opt={"kind": "message.open"}, sync_to_thread=True)  # fmt: skip
def open_message(message: FromPath[str], node: AtNode, session: BySession) -> ThreadAnswer:
    """Open a message with its thread: an act, and each sender of what nobody had opened hears of it."""
    name = _parse(parse_envelope_id, message)
    outcome = node.messages.open(session, name)
    _verify_here(node, outcome)
    opened = released(outcome)
    answered = node.messages.answered([each.message.id for each in opened])
    messages = tuple(
        shown(node, session, each, outcome.act, opened, is_answered=each.message.id in answered) for each in opened
    )
    told = dict.fromkeys(each.sender for each in messages if each.was_unopened)
    thread = opened[0].message.thread
    damaged = node.messages.find_damaged(session, thread)
    left_out = max(0, node.messages.count_thread(thread) - len(opened) - len(damaged))
    handling = highest(
        levels_of(node.knowledge.rulebook().rulebook, "message.send"),
        (each.handling for each in messages if not each.withheld_by),
    )
    return ThreadAnswer(
        id=name, handling=handling, messages=messages, left_out=left_out, record=on_record_of(node, outcome, told=told),
        damaged=damaged_shown(damaged),
    )  # fmt: skip


@get("/messages/{message:str}/progress", responses=problems(*SIGNED_IN, 404), sync_to_thread=True,
     opt={"kind": "message.follow", "needs": FOLLOWED_BY})  # fmt: skip
def show_progress(message: FromPath[str], node: AtNode, session: BySession) -> ProgressAnswer:
    """What became of a message at each recipient. This is no act."""
    name = _parse(parse_envelope_id, message)
    progress = node.messages.progress(session, name)
    return ProgressAnswer(
        id=name,
        is_underway=any(each.state in UNDERWAY for each in progress.deliveries),
        deliveries=deliveries_shown(node, progress.deliveries, node.messages.receipts(session, name)),
    )


@post("/messages/{message:str}/evidence", status_code=HTTP_200_OK, media_type=ANY_MEDIA,
      responses=problems(*MAY_BE_HELD, 404), opt={"kind": "message.open"}, sync_to_thread=True)  # fmt: skip
def export_message(message: FromPath[str], node: AtNode, session: BySession) -> Response[bytes]:
    """A message's thread as a file of evidence: it is opened, and what was signed goes into the file with receipts."""
    return evidence_answer(evidence_of_message(node, session, message), "message")


@get("/messages/{message:str}/attachments/{blob:str}", media_type=ANY_MEDIA, responses=problems(*SIGNED_IN, 404),
     opt={"kind": "attachment.read"}, sync_to_thread=True)  # fmt: skip
def read_attachment(message: FromPath[str], blob: FromPath[str], node: AtNode, session: BySession) -> Stream:
    """One attachment as a file to be kept, whatever it says it is; 503 while it has not all come."""
    name, wanted = _parse(parse_envelope_id, message), _parse(parse_blob_id, blob)
    if wanted not in node.messages.progress(session, name).message.head.blobs:
        raise _unknown()
    outcome, parts = node.messages.read_attachment(session, name, wanted)
    _verify_here(node, outcome)
    found = released(outcome)
    return Stream(
        parts,
        media_type=ANY_MEDIA,
        headers={"Content-Disposition": disposition(found.name), "Content-Length": str(found.size)},
    )


# What pages say in the same words


def evidence_of_message(node: Node, session: Session, message: str) -> EvidenceFile:
    """A message's thread as evidence."""
    found = node.messages.export(session, _parse(parse_envelope_id, message))
    _verify_here(node, found.outcome)
    missing = node.evidence.missing(found.damaged)
    empty = node.evidence.empty()
    return msgspec.structs.replace(empty, messages=found.messages, frames=found.receipts, missing=missing)


def on_record_of(node: Node, outcome: Outcome[Any], told: Iterable[str] = ()) -> OnRecord:
    """What stands on the record about an act that was allowed, and who is told of it."""
    return OnRecord(
        entry=outcome.entry,
        verdict=outcome.verdict.outcome,
        rules=speak_rules(node, outcome.verdict.rules),
        rulebook=outcome.verdict.rulebook,
        told=tuple(told),
    )


def media_of(header: str) -> str:
    """A file's media type as its sender gave it, without parameters; ``application/octet-stream`` for what is none."""
    media = header.partition(";")[0].strip().lower()
    return media if _MEDIA.fullmatch(media) else ANY_MEDIA


def _parse(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except MalformedError as error:
        raise _unknown() from error


def _verify_here(node: Node, outcome: Outcome[Any]) -> None:
    """Raise UnknownError where the refusal must not tell whether it is here; RefusedError for a refusal else."""
    if not outcome.verdict.is_allowed and not node.knowledge.rulebook().reveals(outcome.verdict.rules):
        raise _unknown()
    verify_done(outcome)


def _unknown() -> UnknownError:
    return UnknownError(
        _("There is no such message or attachment here."),
        where="message",
        next_step=_("Look for it in the list of messages."),
    )


PART: Final = FacePart(
    (
        send,
        list_addressees,
        attach,
        list_messages,
        open_message,
        show_progress,
        read_attachment,
        export_message,
    )
)
