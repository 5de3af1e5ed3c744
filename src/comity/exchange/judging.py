"""What the rulebook is told of a form: who sent it, how it is filled in, and what it answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from comity.damage import UNREADABLE
from comity.exchange.envelope import Head, Urgency
from comity.exchange.form import RECORD, Filled, FormDeclaration, FormField, Instructions, is_well_filled
from comity.exchange.forms import find_form, newest_read
from comity.exchange.forms.letter import LETTER
from comity.exchange.message import Message, Text, open_kept
from comity.ids import MemberCode
from comity.members.home import Home

TEST: Final = "may_send_form"
"""The test by which a rulebook judges who sends which form; one without it is of before there were forms."""


class Asked(NamedTuple):
    """What a form refers to: a message that is here and that its writer is a party of, and which form that is.

    ``was_asked``: the writer was, and answers to who asked. ``form`` is None where it cannot be read; ``record`` is the
    one that it is about, if it is about one; ``said`` is what its fields say.
    """

    message: Message
    form: FormDeclaration | None
    was_asked: bool
    record: str = ""
    said: Mapping[str, str] = MappingProxyType({})


class Written(NamedTuple):
    """A message as its sender wrote it, with what travels of it in clear.

    ``within`` is by when an answer is asked for, from when it was sent; None where none is.
    """

    text: Text
    sender: MemberCode
    recipients: Sequence[MemberCode]
    within: timedelta | None
    urgency: Urgency


def written_of(text: Text, head: Head) -> Written:
    """A message that came in, as it is judged."""
    within = head.answer_by - head.sent_at if head.answer_by is not None else None
    return Written(text, head.sender, [each.member for each in head.recipients], within, head.urgency)


def read_asked(message: Message, storage_key: bytes, *, was_asked: bool, is_strict: bool) -> Asked:
    """A kept message as what another refers to.

    ``is_strict``: what cannot be read raises, since somebody would be refused for good by what it is.
    """
    try:
        text = open_kept(message, storage_key)
    except UNREADABLE:
        if is_strict:
            raise
        return Asked(message, None, was_asked)
    form = find_form(text.form)
    said = text.form.fields if text.form else {}
    return Asked(message, form, was_asked, _record_of(form, text.form), said)


def is_answered_by(asked: FormDeclaration | None, answer: FormDeclaration | None) -> bool:
    """Whether a form answers another; a free message answers whatever has no form of its own for that."""
    wanted = (asked.answered_by if asked else "") or LETTER.name
    return answer is not None and answer.name == wanted


def facts_of_form(written: Written, asked: Asked | None, home: Home, *, is_own_record: bool = True) -> dict[str, Any]:
    """The facts about a form that this node knows, for the rules whose tests are named as they are."""
    form = find_form(written.text.form)
    if form is None:
        return {}
    is_filled = _asks_as_declared(form, written, asked) and _is_well_filled(form, written, home.instructions)
    return {
        "may_send_form": _may_send(form, written.sender, asked, home),
        "is_well_filled": is_filled and _says_as_the_newest(form, written, asked, home),
        "answers_its_form": _answers_its_form(form, written.text.form, asked),
        "is_asked_of_source": not form.asks_source_of or is_own_record,
    }


def detail_of_form(filled: Filled | None, asked: Asked | None = None) -> dict[str, Any]:
    """What an act's entry says of a form: which it is, and the record by which auditors find it.

    That is the record which it, or what it answers, is about.
    """
    form = find_form(filled)
    if form is None or filled is None:
        return {}
    record = _record_of(form, filled) or (asked.record if asked else "")
    version = {"v": form.version} if form.version > 1 else {}
    return {"form": form.name} | version | ({"record": record} if record else {}) | _chosen(form, filled)


def _record_of(form: FormDeclaration | None, filled: Filled | None) -> str:
    if form is None or filled is None:
        return ""
    said = (filled.fields.get(each.name, "") for each in form.fields if each.kind is RECORD)
    return next(filter(None, said), "")


def _chosen(form: FormDeclaration, filled: Filled) -> dict[str, Any]:
    """What was chosen of what the form offers: codes, which hold nothing of a person."""
    names = {name for each in form.fields if each.is_chosen for name in (each.name, each.choices_of_register)}
    chosen = {name: said for name, said in filled.fields.items() if name in names}
    return {"chosen": chosen} if chosen else {}


def _may_send(form: FormDeclaration, sender: MemberCode, asked: Asked | None, home: Home) -> bool:
    match form.sent_by:
        case "any-bureau":
            return True
        case "secretariat":
            return sender == home.secretariat
        case "whoever-was-asked":
            return asked is not None and asked.was_asked


def repeated(form: FormDeclaration, asked: Asked) -> dict[str, str]:
    """What an answer says again of the question that it is for."""
    return {each.name: asked.said[each.name] for each in form.fields if each.is_repeated and each.name in asked.said}


def _answers_its_form(form: FormDeclaration, filled: Filled | None, asked: Asked | None) -> bool:
    if form.sent_by != "whoever-was-asked":
        return True
    if asked is None or asked.form is None or asked.form.answered_by != form.name or filled is None:
        return False
    again = {
        each.name: filled.fields[each.name] for each in form.fields if each.is_repeated and each.name in filled.fields
    }
    return again == repeated(form, asked)


def _is_well_filled(form: FormDeclaration, written: Written, instructions: Instructions) -> bool:
    filled, text = written.text.form, written.text
    if filled is None or form.is_first:
        return filled is None or is_well_filled(form, filled, instructions)
    is_bare = not (text.subject or text.text or text.attachments)
    is_for_whom = not form.is_for_one or len(written.recipients) == 1
    return is_bare and is_for_whom and is_well_filled(form, filled, instructions)


def _says_as_the_newest(form: FormDeclaration, written: Written, asked: Asked | None, home: Home) -> bool:
    """Whether what is chosen means the same in the newest version that its sender reads, by that version's words.

    Senders write an older one for older readers, in words that both have; so it goes round nothing.
    """
    filled = written.text.form
    newest = newest_read(form.name, (written.sender,), home.directory())
    if filled is None or newest.version <= form.version:
        return True
    said = filled.fields | (repeated(newest, asked) if asked else {})
    fields = ((form.find_field(name), newest.find_field(name), code) for name, code in filled.fields.items())
    return all(
        _word(theirs, code, filled.fields, home.instructions) == _word(ours, code, said, home.instructions)
        for theirs, ours, code in fields
        if theirs is not None and ours is not None
    )


def _word(field: FormField, code: str, said: Mapping[str, str], instructions: Instructions) -> str:
    """What a code that was chosen means; empty for what is typed, and for one that there is not."""
    choice = field.find_choice(code, said, instructions)
    return choice.title if choice else ""


def _asks_as_declared(form: FormDeclaration, written: Written, asked: Asked | None) -> bool:
    """Whether an answer is asked for by one of the form's deadlines, and as urgently as that says.

    A free message may ask for none, as one that answers another does. An answer is as urgent as its question.
    """
    if written.within is None and form.name == LETTER.name:
        return True
    if not form.deadlines:
        of_question = asked.message.head.urgency if asked and form.sent_by == "whoever-was-asked" else form.urgency
        return written.within is None and written.urgency in (form.urgency, of_question)
    return any((each.within, each.urgency) == (written.within, written.urgency) for each in form.deadlines)
