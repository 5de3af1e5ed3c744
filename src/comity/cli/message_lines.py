"""Messages as the command line prints them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from comity.api.message_wire import (
    AttachmentShown,
    DeliveryShort,
    DeliveryShown,
    MessageList,
    MessageShort,
    MessageShown,
    SentAnswer,
    ThreadAnswer,
)
from comity.api.message_words import STEP_TITLES, size_word, urgency_title
from comity.cli.speech import say, say_damaged, say_field, say_json, say_rules, say_table, when
from comity.exchange.forms import newest_form
from comity.exchange.reading import Box
from comity.shown.forms import ChoiceDescribed, FormDescribed, FormShown, register_word
from comity.texts import N_, _

SHORT: Final = 12
"""Digits of a message's number in a table: enough to name it by."""
_NOTHING: Final[Mapping[Box, str]] = {
    "in": N_("Nothing has come in yet."),
    "due": N_("Nothing waits for an answer."),
    "out": N_("Nothing was sent from here yet."),
}
_NAMED_MAX: Final = 6  # recipients that a line names; the others are counted


def say_list(found: MessageList, box: Box) -> None:
    """One box as a table, and what waits further down."""
    say_damaged(found.damaged)
    is_sent = box == "out"
    if not found.messages:
        if not found.damaged:
            say(_(_NOTHING[box]))
    else:
        _say_table(found.messages, is_sent=is_sent)
    if found.pressing:
        say("")
        say(_("Further down, and waiting for an answer:"))
        _say_table(found.pressing, is_sent=is_sent)
    for each in found.more:
        say(f"{each.sentence}: comity inbox --due --from {each.sender}")


def _say_table(messages: Iterable[MessageShort], *, is_sent: bool) -> None:
    head = [_("message"), _("sent"), _("to")] if is_sent else [_("message"), _("came"), _("from")]
    titles = [*head, _("urgency"), _("subject"), _("files"), _("state"), _("answer by")]
    say_table(titles, [_row(each) for each in messages])


def say_sent(sent: SentAnswer) -> None:
    """A message that was just sent."""
    say(_("On its way to {names}.").format(names=_names([each.recipient for each in sent.deliveries])))
    say_field(_("message"), sent.id)
    say_field(_("answer by"), when(sent.answer_by))
    say_field(_("entry"), sent.record.entry)
    say_progress(sent.deliveries)


def say_progress(deliveries: Iterable[DeliveryShown]) -> None:
    """Where a message stands at each recipient, with what each has signed about it."""
    for each in deliveries:
        say_field(each.recipient, f"{each.word}. {each.sentence}")
        for receipt in each.receipts:
            step = _(STEP_TITLES[receipt.step]) if receipt.step in STEP_TITLES else receipt.step
            place = _("entry {entry} at {member}").format(entry=receipt.entry, member=receipt.by)
            say_field("", f"{step}, {when(receipt.at)}, {place}")
            say_rules((rule.number, rule.sentence) for rule in receipt.rules)


def say_thread(found: ThreadAnswer) -> None:
    """A thread that was opened, the oldest message first."""
    say_damaged(found.damaged)
    if found.left_out:
        say(_("{count} older messages of this thread are not shown: open one by its number.").format(
            count=found.left_out
        ))  # fmt: skip
    for each in found.messages:
        _say_message(each)
        say("")
    say_field(_("entry"), found.record.entry)
    if found.record.told:
        say_field(_("told"), _("{names}: that it was opened here").format(names=_names(found.record.told)))


def _say_message(message: MessageShown) -> None:
    say(message.headline)
    ends = _("{sender} to {names}").format(sender=message.sender, names=_names(message.recipients))
    say_field(_("message"), message.id)
    say_field(_("from"), f"{ends} ({message.officer})" if message.officer else ends)
    say_field(_("sent"), when(message.sent_at))
    if message.kind != "alert":
        say_field(_("urgency"), urgency_title(message.urgency))
    say_field(_("handling"), message.handling_title or message.handling)
    say_field(_("answer by"), when(message.answer_by))
    if message.withheld_by:
        say_field(_("state"), _("withheld: the rulebook does not let you read it; it stays unopened"))
        say_rules((rule.number, rule.sentence) for rule in message.withheld_by)
    elif not message.is_outgoing:
        say_field(_("state"), f"{message.word}: {message.opened_by}, {when(message.opened_at)}")
    if message.form is not None:
        _say_form(message, message.form)
    # Four spaces: no line of somebody else's text looks like one of ours.
    say(*(f"    {line}" for line in message.text.expandtabs(4).splitlines()))
    for attachment in message.attachments:
        say_field(_("file"), _file(attachment))
    say_progress(message.deliveries)


def _say_form(message: MessageShown, form: FormShown) -> None:
    """A form as its declaration has it said, and what answers it."""
    say(*(f"    {sentence}" for sentence in form.sentences))
    for line in form.lines:
        first, *more = line.said.expandtabs(4).splitlines()
        say_field(line.title, first)
        say(*(f"    {each}" for each in more))
        if line.kind == "record" and line.said != line.value:
            say(f"    {line.value}")
            say(_("  Next: {step}").format(step=f"comity read {line.value} --purpose ..."))
    say_field(_("answer"), form.word)
    say_field(_("late"), form.late)
    if form.answer_with:
        say(_("  Next: {step}").format(step=_answer_command(form.answer_with, message.id[:SHORT])))
    if message.alert is not None and message.alert.asker:
        say(_("  Next: {step}").format(step=_("comity send {code} --subject ...").format(code=message.alert.asker)))


def _answer_command(name: str, message: str) -> str:
    """The command that answers a form, with the choices that it demands."""
    needed = [each for each in newest_form(name).typed if each.required]
    options = [f"--{each.name} {'|'.join(one.code for one in each.choices) or '...'}" for each in needed]
    return " ".join(["comity form", name, message, *options])


def say_described(forms: Sequence[FormDescribed], *, as_json: bool) -> None:
    """The forms that there are, each with its fields and choices."""
    if as_json:
        say_json(forms)
        return
    for form in forms:
        say(f"{form.name}: {form.title}")
        for field in form.fields:
            needed = _("needed") if field.required else ""
            choices = choices_line(field.choices, ", ")
            say_field(field.name, "; ".join(filter(None, (field.title, choices, needed))))
        if form.deadlines:
            say_field("within", ", ".join(f"{each.code} ({each.title})" for each in form.deadlines))


def choices_line(choices: Sequence[ChoiceDescribed], between: str) -> str:
    """Codes with what they mean; of instructions, in which register."""
    parts = []
    for register, group in groupby(choices, lambda each: each.register):
        said = between.join(f"{each.code} ({each.title})" for each in group)
        parts.append(_("in {register}: {choices}").format(register=register_word(register), choices=said)
                     if register else said)  # fmt: skip
    return between.join(parts)


def _file(attachment: AttachmentShown) -> str:
    shown = f"{attachment.name}, {size_word(attachment.size)}, {attachment.media}"
    if attachment.is_here:
        return shown
    if attachment.of:
        here = _("{arrived} of {of} parts are here; the rest is coming")
        return f"{shown} · {here.format(arrived=attachment.arrived, of=attachment.of)}"
    return f"{shown} · " + _("on its way")


def _row(message: MessageShort) -> Sequence[str]:
    overdue = " " + _("(overdue)") if message.is_overdue else ""
    urgency = _("Hit") if message.kind == "alert" else urgency_title(message.urgency)
    return (
        message.id[:SHORT],
        when(message.kept_at),
        _names(message.recipients) if message.is_outgoing else message.sender,
        urgency,
        message.headline,
        str(message.attachments or ""),
        _states(message.deliveries) if message.is_outgoing else _state(message),
        when(message.answer_by) + overdue,
    )


def _state(message: MessageShort) -> str:
    return f"{message.word} ({message.opened_by})" if message.opened_by else message.word


def _states(deliveries: Sequence[DeliveryShort]) -> str:
    if len(deliveries) <= _NAMED_MAX:
        return ", ".join(f"{each.recipient} {each.word}" for each in deliveries)
    words = dict.fromkeys(each.word for each in deliveries)
    counts = {word: sum(each.word == word for each in deliveries) for word in words}
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _names(codes: Sequence[str]) -> str:
    if len(codes) <= _NAMED_MAX:
        return ", ".join(codes)
    return _("{names} and {count} more").format(names=", ".join(codes[:_NAMED_MAX]), count=len(codes) - _NAMED_MAX)
