"""One thread as a page: its messages, what became of each, who an answer would be for, what stands on the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Response

from comity.api.faces import records_said_to, terms_of_record
from comity.api.given import Call
from comity.api.message_words import headline, register_title
from comity.api.problems import speak_rules
from comity.api.wire import OnRecord, RuleSpoke
from comity.exchange.form import FormDeclaration
from comity.exchange.message import ANSWER_WITHIN, Attachment, Message
from comity.exchange.reading import OpenedMessage
from comity.gate import Outcome
from comity.ids import BlobId, MemberCode
from comity.limits import ATTACHMENT_BYTES, ENVELOPE_BLOBS_MAX, FIELD_CHARS
from comity.node import Node
from comity.peer.attachments import Lying
from comity.rules.levels import highest, levels_of
from comity.shown.forms import FormShown, answer_form
from comity.shown.threads import form_of_message
from comity.texts import _
from comity.web.attached import parse_attached
from comity.web.desk import Seat, Sheet
from comity.web.front import Front
from comity.web.letters import Fate, RowState, fates_of, join_names, row_state

REPLY = {"to": "", "subject": "", "text": "", "urgency": "routine", "handling": "", "attached": ""}


@dataclass(frozen=True)
class File:
    """An attachment and how it lies here."""

    attachment: Attachment
    lying: Lying


@dataclass(frozen=True)
class Part:
    """One message of a thread with what of it changes."""

    opened: OpenedMessage
    message: Message
    state: RowState
    fates: tuple[Fate, ...]
    files: tuple[File, ...]
    is_fresh: bool
    form: FormShown | None = None
    look_up: str = ""  # what finds the record that the form is about, as the address of a check
    withheld_by: tuple[RuleSpoke, ...] = ()


def thread_page(request: Call, front: Front, seat: Seat, sheet: Sheet, draft: Sheet | None) -> Response[str]:
    """The thread on a sheet, with the form for an answer: as it was sent, where ``draft`` has one that failed."""
    if sheet.result is None:
        return front.page(request, seat, "thread.html", sheet=sheet, parts=[], answer=None, status=_status(sheet))
    outcome: Outcome[tuple[OpenedMessage, ...]] = sheet.result
    parts = parts_of(front, seat, sheet)
    shown = [each for each in parts if not each.withheld_by]  # the message asked for is
    last = shown[-1].opened
    choices = answer_choices(front.node, last)
    levels = levels_of(front.node.knowledge.rulebook().rulebook, "message.send")
    return front.page(
        request,
        seat,
        "thread.html",
        sheet=sheet,
        parts=parts,
        thread=parts[0].message.thread,
        left_out=front.node.messages.count_thread(parts[0].message.thread) - len(parts),
        last=last,
        refers_to=_refers_to(shown),
        subject=shown[0].form.headline if shown[0].form else _subject(front, shown),
        titles=front.titles(),
        say_record=records_said_to(front.node, seat.session),
        register=register_title,
        choices=choices,
        answer=_answer_of(shown, levels),
        typed=_typed(front, shown, choices, levels) | dict(draft.typed if draft else {}),
        draft=draft,
        problem=draft.problem if draft else None,
        attached=parse_attached(draft.typed["attached"].splitlines() if draft else ()),
        most_files=ENVELOPE_BLOBS_MAX,
        most_bytes=ATTACHMENT_BYTES,
        urgencies=tuple(ANSWER_WITHIN),
        handlings=levels,
        is_secretariat=front.node.is_secretariat,
        damaged=front.node.messages.find_damaged(seat.session, parts[0].message.thread),
        news=[],
        as_of=outcome.act.at,
        record=_record(front.node, outcome, parts),
        sent=_sent(front.node, sheet.more.get("sent")),
    )


def closed_page(request: Call, front: Front, seat: Seat, name: str, *, is_gone: bool) -> Response[str]:
    """What stands where a message was not opened in this session, or so long ago that it is not kept."""
    return front.page(request, seat, "thread_closed.html", name=name, is_gone=is_gone)


def parts_of(front: Front, seat: Seat, sheet: Sheet) -> list[Part]:
    """The thread's messages as they were opened, with their progress as it is now."""
    messages, at, titles = front.node.messages, front.node.now(), front.titles()
    opened: Sequence[OpenedMessage] = sheet.result.release
    answered = messages.answered([each.message.id for each in opened])
    say_record = records_said_to(front.node, seat.session)
    found = []
    for each in opened:
        name = each.message.id
        progress = messages.progress(seat.session, name)
        receipts = messages.receipts(seat.session, name) if each.message.is_outgoing else ()
        files = tuple(File(one, messages.attachments.look(BlobId(one.blob))) for one in each.text.attachments)
        state = row_state(progress.message, progress.deliveries, at, is_answered=name in answered)
        fates = fates_of(progress.deliveries, receipts, titles, front.node.knowledge.rulebook())
        now_at = each._replace(deliveries=progress.deliveries)
        form = form_of_message(now_at, opened, at, front.node.config.code, front.wording, say_record=say_record)
        withheld = speak_rules(front.node, each.withheld_by)
        look_up = _look_up(front, seat, form) if form else ""
        found.append(Part(each, progress.message, state, fates, files, each.is_fresh, form, look_up, withheld))
    return found


def _look_up(front: Front, seat: Seat, form: FormShown) -> str:
    named = [each.value for each in form.lines if each.kind == "record" and each.said != each.value]
    terms = terms_of_record(front.node, seat.session, named[0]) if named else {}
    return f"/check?{urlencode(terms)}" if terms else ""


def progress_parts(front: Front, seat: Seat, sheet: Sheet) -> dict[str, Any]:
    """What of a thread's page changes: its messages' progress, and what has come in since."""
    parts = parts_of(front, seat, sheet)
    names = {each.message.id for each in parts}
    thread = parts[0].message.thread
    news = [each for each in front.pulse.unopened() if each.thread == thread and each.id not in names]
    return {"parts": parts, "news": news, "name": sheet.typed["message"]}


@dataclass(frozen=True)
class Answering:
    """The form by which this bureau answers what it was asked in a thread; ``is_given``: it has answered already."""

    form: FormDeclaration
    reply_to: str
    handling: str
    is_given: bool
    said: Mapping[str, str]  # what it says again of what was asked


def _answer_of(parts: Sequence[Part], levels: Sequence[str]) -> Answering | None:
    """What is answered by a form: of what was asked here, what waits, else the last."""
    asked = [each for each in parts if each.form and each.form.answer_with]
    waiting = [each for each in asked if each.form and each.form.state in ("waiting", "overdue")]
    if not asked:
        return None
    found = (waiting or asked)[-1]
    form = answer_form(found.opened.text.form)
    level = highest(levels, (each.message.head.handling for each in parts))
    return (
        Answering(form, found.message.id, level, is_given=not waiting, said=_said_again(form, found)) if form else None
    )


def _said_again(form: FormDeclaration, asked: Part) -> dict[str, str]:
    said = asked.opened.text.form.fields if asked.opened.text.form else {}
    return {each.name: said[each.name] for each in form.fields if each.is_repeated and each.name in said}


@dataclass(frozen=True)
class Choice:
    """Whom an answer goes to, in codes and in the words that say who can read it."""

    to: tuple[MemberCode, ...]
    title: str
    readers: str


def answer_choices(node: Node, last: OpenedMessage) -> list[Choice]:
    """To whom an answer to the thread's last message can go: its sender, or all that it went to.

    None to an alert: the secretariat's node sends it by itself, and nobody there reads an answer.
    """
    head, own = last.message.head, node.config.code
    if head.kind == "alert":
        return []
    everybody = tuple(sorted({head.sender, *(each.member for each in head.recipients)} - {own}))
    if last.message.is_outgoing:
        return [Choice(everybody, _("Write again to {names}").format(names=join_names(everybody)), readers(everybody))]
    found = [Choice((head.sender,), _("Reply to {name}").format(name=head.sender), readers((head.sender,)))]
    if len(everybody) > 1:
        title = _("Reply to all: {names}").format(names=join_names(everybody))
        found.append(Choice(everybody, title, readers(everybody)))
    return found


def readers(codes: Sequence[str]) -> str:
    """Who will be able to read a message, in words."""
    if len(codes) == 1:
        return _("Only the desk of {name}, and yours, can read it.").format(name=codes[0])
    return _("Only the desks of {names}, and yours, can read it.").format(names=join_names(codes))


def _subject(front: Front, parts: Sequence[Part]) -> str:
    head = parts[0].message.head
    text = parts[0].opened.text
    return headline(front.wording, head.kind, text.subject, head.handling, text.form)


def _refers_to(parts: Sequence[Part]) -> str:
    """The message that an answer refers to: what still waits for one from here, else the last."""
    waiting = [each for each in parts if not each.message.is_outgoing and each.state.due is not None]
    return (waiting or parts)[-1].message.id


def _typed(front: Front, parts: Sequence[Part], choices: Sequence[Choice], levels: Sequence[str]) -> dict[str, str]:
    """An answer as it begins: of the same subject and urgency, and no less protected than what it answers."""
    last = parts[-1].opened
    level = highest(levels, (each.message.head.handling for each in parts))
    subject = last.text.subject or _subject(front, parts)[:FIELD_CHARS]
    return REPLY | {
        "to": " ".join(choices[0].to) if choices else "",
        "subject": subject,
        "urgency": last.message.head.urgency,
        "handling": level,
    }


def _record(node: Node, outcome: Outcome[Any], parts: Sequence[Part]) -> OnRecord:
    told = dict.fromkeys(each.message.head.sender for each in parts if each.is_fresh)
    return OnRecord(
        entry=outcome.entry,
        verdict=outcome.verdict.outcome,
        rules=speak_rules(node, outcome.verdict.rules),
        rulebook=outcome.verdict.rulebook,
        told=tuple(_("{name}, that it was opened here").format(name=name) for name in told),
    )


def _sent(node: Node, outcome: Outcome[Any] | None) -> OnRecord | None:
    """What stands on the record about sending, on the page that follows it."""
    if outcome is None:
        return None
    return OnRecord(
        entry=outcome.entry,
        verdict=outcome.verdict.outcome,
        rules=speak_rules(node, outcome.verdict.rules),
        rulebook=outcome.verdict.rulebook,
        told=tuple(outcome.act.body.to),
    )


def _status(sheet: Sheet) -> int:
    return {"refused": 403, "unknown": 404}.get(sheet.problem.code if sheet.problem else "", 422)
