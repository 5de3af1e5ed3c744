"""Asking registers, and reading one record that a hit named."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final, TypeVar

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from comity.act import Session
from comity.api.asked import terms_of
from comity.api.confirming import AskedBefore, asked_shown, is_askable, may_ask
from comity.api.document import Document, read_document
from comity.api.given import AtNode, BySession
from comity.api.problems import SIGNED_IN, CheckDigitsError, problems, refuse, speak_rules
from comity.api.query_wire import (
    AnswerShown,
    CheckAnswer,
    HitShown,
    QueryForm,
    ReadForm,
    RecordAnswer,
    RecordShown,
    TermLeftOut,
)
from comity.api.wire import Counterpart, OnRecord
from comity.api.words import (
    answer_word,
    as_reason,
    bound_word,
    caution_word,
    crowded_step,
    crowded_word,
    instruction_title,
    unread_word,
)
from comity.characters import show_line
from comity.ids import parse_record_id
from comity.node import Node
from comity.peer.asking import Checked, Read
from comity.plug import FacePart
from comity.registers.fitting import nothing_said
from comity.registers.question import DISPUTED, Answer, Detail, RegisterAnswer
from comity.registers.registry import TERMS, get_register
from comity.shown.wording import level_title, next_step, purpose_title
from comity.texts import _


@post("/queries", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN), opt={"kind": "query.ask"},
      sync_to_thread=True)  # fmt: skip
def ask(data: JSONBody[QueryForm], node: AtNode, session: BySession) -> CheckAnswer:
    """Ask every register that what is said fits about one document, person or thing.

    200 with an answer for each register, a keeper's refusal and why one was not asked among them; 403 where this
    node's own rulebook refused and nobody was asked; 422 where check digits do not hold and ``accept_check_digits`` is
    false, or no register can be asked.
    """
    document = read_document(mrz=data.mrz, **terms_of(data))
    if document.failing and not data.accept_check_digits:
        raise CheckDigitsError(document.failing)
    reference = node.asker.reference_for(data.purpose, data.reference)
    checked = ask_about(node, session, document, purpose=data.purpose, reference=reference)
    if not checked.verdict.is_allowed:
        raise refuse(checked.verdict, checked.entry)
    answer = _checked(node, session, checked, document, data.purpose, reference)
    return with_evidence(node, answer, checked.frames) if data.with_evidence else answer


def ask_about(node: Node, by: Session, document: Document, *, purpose: str, reference: str) -> Checked:
    """Ask every register that what is said fits; MalformedError where none can be asked."""
    terms, unasked, left_out = document.questions
    return node.asker.check(by, terms, purpose=purpose, reference=reference, unasked=unasked, left_out=left_out)


@post("/records/{record:str}/read", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN, 404),
      opt={"kind": "record.read"}, sync_to_thread=True)  # fmt: skip
def read_record(record: FromPath[str], data: JSONBody[ReadForm], node: AtNode, session: BySession) -> RecordAnswer:
    """Read the whole of one record: an act of its own, with its own purpose and reference."""
    parse_record_id(record)
    reference = node.asker.reference_for(data.purpose, data.reference)
    read = node.asker.read(session, record, purpose=data.purpose, reference=reference)
    if not read.verdict.is_allowed:
        raise refuse(read.verdict, read.released or read.entry)
    shown = read.shown
    answer = RecordAnswer(
        answer=fate_of(read),
        why=shown.why if shown else "",
        found=record_shown(node, record, read),
        record=on_record_of_read(node, read),
    )
    return with_evidence(node, answer, read.frames) if data.with_evidence else answer


Answered = TypeVar("Answered", CheckAnswer, RecordAnswer)


def with_evidence(node: Node, answer: Answered, frames: tuple[bytes, ...]) -> Answered:
    """The answer with the file that proves it."""
    return msgspec.structs.replace(answer, evidence=node.evidence.of_frames(frames).encode())


def _checked(
    node: Node, session: Session, checked: Checked, document: Document, purpose: str, reference: str
) -> CheckAnswer:
    by = f"{checked.answer_by.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if checked.answer_by else ""
    said: dict[str, Any] = dict(document.said)
    records = [hit.record for each in checked.registers for hit in each.hits]
    before = asked_shown(node, session, records)
    return CheckAnswer(
        id=checked.id or "",
        entry=checked.entry,
        asked_at=checked.asked_at,
        answer_by=checked.answer_by,
        purpose=purpose,
        reference=reference,
        answers=tuple(_answer(node, each, checked, by, document.unsure, before) for each in checked.registers),
        why=checked.why,
        record=on_record(node, checked),
        notes=document.notes,
        other_numbers=document.other_numbers,
        purpose_title=purpose_title(node.knowledge.rulebook().wording, purpose),
        **said,
    )


def _answer(
    node: Node,
    answer: RegisterAnswer,
    checked: Checked,
    by: str,
    unsure: tuple[str, ...],
    before: Mapping[str, AskedBefore],
) -> AnswerShown:
    rules, wording = rules_against(answer, checked), node.knowledge.rulebook().wording
    can_ask = bool(answer.hits) and may_ask(node, checked.roles)
    hits = tuple(
        HitShown(
            hit.record,
            hit.source,
            hit.instruction,
            hit.handling,
            _lines(hit.shown),
            hit.entered_at,
            caution_word(hit.instruction),
            level_title(wording, hit.handling),
            instruction_title(hit.instruction, answer.register),
            before[hit.record].asked,
            can_ask and is_askable(node, hit),
            hit.source == node.config.code,
            before[hit.record].cut,
            before[hit.record].unread,
        )
        for hit in answer.hits
    )
    return AnswerShown(
        answer.register,
        answer.answer,
        word_of(answer, checked, by, unsure),
        answer.as_of,
        answer.position,
        hits,
        speak_rules(node, rules),
        step_of(node, answer, checked),
        bound_word(answer),
        where=checked.unasked[answer.register].where if answer.answer == "not-asked" else "",
        unread=answer.unread,
        is_crowded=answer.is_crowded,
        was_meant=was_meant(answer, checked),
        left_out=left_out_of(answer, checked),
    )


def left_out_of(answer: RegisterAnswer, checked: Checked) -> tuple[TermLeftOut, ...]:
    """By which of the terms that were said a register was not asked although it was asked, and what to do."""
    return tuple(
        TermLeftOut(
            term,
            _("{term} not asked ({why})").format(term=as_reason(_(TERMS[term].title)), why=as_reason(problem.message)),
            problem.where,
            problem.next_step,
        )
        for term, problem in checked.left_out.get(answer.register, {}).items()
    )


def is_asked_by_less(answer: RegisterAnswer, checked: Checked, unsure: tuple[str, ...]) -> bool:
    """Whether "nothing" means less than that: a term may be misread, or was not asked."""
    return bool(unsure_of(answer, checked, unsure) or left_out_of(answer, checked))


def was_meant(answer: RegisterAnswer, checked: Checked) -> bool:
    """Whether a register was asked, or could have been: what was said is not about something else."""
    unasked = checked.unasked.get(answer.register)
    return unasked is None or unasked.was_meant


def word_of(answer: RegisterAnswer, checked: Checked, by: str, unsure: tuple[str, ...]) -> str:
    """A register's answer in words, on every face the same; ``by`` is the deadline as it is read there.

    ``unsure`` are the terms that may be misread: "nothing" is said with those that the register was asked by. By what
    it was not asked is said with every word.
    """
    left = (each.word for each in left_out_of(answer, checked))
    return "; ".join((_word_of(answer, checked, by, unsure), *left))


def _word_of(answer: RegisterAnswer, checked: Checked, by: str, unsure: tuple[str, ...]) -> str:
    unasked = checked.unasked.get(answer.register)
    if answer.unread:
        return unread_word(answer.answer, answer.unread)
    if is_crowded_out(answer):
        return crowded_word()
    less = nothing_said(get_register(answer.register), checked.terms.get(answer.register, {}))
    doubts = [
        _("{term} not sure").format(term=as_reason(_(TERMS[term].title))) for term in unsure_of(answer, checked, unsure)
    ]
    return answer_word(
        answer.answer,
        rules=rules_against(answer, checked),
        by=by,
        why=as_reason(unasked.message) if unasked else checked.why,
        nothing="; ".join([_(less), *doubts] if less else doubts),
    )


def unsure_of(answer: RegisterAnswer, checked: Checked, unsure: tuple[str, ...]) -> tuple[str, ...]:
    """The terms that may be misread and that a register was asked by."""
    asked = checked.terms.get(answer.register, {})
    return tuple(term for term in unsure if term in asked)


def step_of(node: Node, answer: RegisterAnswer, checked: Checked) -> str:
    """What the person does next about a register's answer; empty where there is nothing."""
    unasked = checked.unasked.get(answer.register)
    if is_crowded_out(answer):
        return crowded_step(answer.register)
    if unasked:
        return unasked.next_step
    return next_step(node.knowledge.rulebook(), rules_against(answer, checked))


def is_crowded_out(answer: RegisterAnswer) -> bool:
    """Whether a register has no answer because too much lies under what it was asked by."""
    return answer.is_crowded and answer.answer == "no-answer"


def rules_against(answer: RegisterAnswer, checked: Checked) -> tuple[str, ...]:
    """The rules by which a register's answer was refused, at home or at its keeper; none otherwise."""
    if answer.answer != "refused":
        return ()
    return checked.answer.rules if checked.answer else checked.verdict.rules


def on_record(node: Node, checked: Checked) -> OnRecord:
    """What stands on the record about a check. The source is told by nobody in this version, and that is said."""
    return OnRecord(
        entry=checked.entry,
        released=checked.released or "",
        verdict=checked.verdict.outcome,
        rules=speak_rules(node, checked.verdict.rules),
        rulebook=checked.verdict.rulebook,
        counterpart=_counterpart(node, checked.answer),
    )


def on_record_of_read(node: Node, read: Read) -> OnRecord:
    """What stands on the record about reading a record."""
    return OnRecord(
        entry=read.entry,
        released=read.released or "",
        verdict=read.verdict.outcome,
        rules=speak_rules(node, read.verdict.rules),
        rulebook=read.verdict.rulebook,
        counterpart=_counterpart(node, read.shown.detail if read.shown else None),
    )


def _counterpart(node: Node, said: Answer | Detail | None) -> Counterpart | None:
    if said is None:
        return None
    return Counterpart(said.keeper, said.entry, said.answered_at, speak_rules(node, said.rules), said.rulebook)


def fate_of(read: Read) -> str:
    """What became of reading a record, in the words of ``RecordAnswer``."""
    if read.shown is None:
        return "refused"
    if read.shown.record is not None:
        return "shown"
    return read.shown.detail.answer if read.shown.detail is not None else "no-answer"


def _lines(fields: Mapping[str, str]) -> dict[str, str]:
    """What a source wrote, with numbers for what nobody sees: it may have been taken in before that was refused."""
    return {name: show_line(text) for name, text in fields.items()}


def record_shown(node: Node, record: str, read: Read) -> RecordShown | None:
    """The record itself, if it was shown; what was shown has been verified against the source's key."""
    found = read.shown.record if read.shown else None
    if read.shown is None or found is None:
        return None
    instruction = DISPUTED if read.shown.is_disputed else found.instruction
    return RecordShown(
        id=record,
        register=found.register,
        source=found.source,
        is_verified=True,
        fields=_lines(found.fields),
        groups={name: [_lines(entry) for entry in entries] for name, entries in found.groups.items()},
        instruction=instruction,
        handling=found.handling,
        audience=found.audience,
        entered_at=found.entered_at,
        expires_at=found.expires_at,
        caution=caution_word(instruction),
        handling_title=level_title(node.knowledge.rulebook().wording, found.handling),
    )


PART: Final = FacePart((ask, read_record))
