"""Checking one document, person or thing, and reading the record that a hit named."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from comity.api.asked import terms_of
from comity.api.document import words_of
from comity.api.query_wire import AnswerShown, AskedShown, CheckAnswer, HitShown, RecordAnswer, RecordShown
from comity.api.wire import OnRecord
from comity.api.words import answer_word, headline_of, instruction_title, lead_word, silence, value_title
from comity.cli.caller import Caller, CheckDigitsThereError, part
from comity.cli.declared import with_terms
from comity.cli.exits import FINE, REFUSED, UNAVAILABLE
from comity.cli.folder import write_new
from comity.cli.options import AsJson, Authority, Evidence, Node, Purpose, Reference
from comity.cli.speech import say, say_field, say_json, say_rules, when
from comity.errors import InputError
from comity.exchange.forms.confirm_hit import CONFIRM_HIT
from comity.limits import MRZ_CHARS
from comity.registers.question import DISPUTED
from comity.registers.registry import TERMS
from comity.texts import _

_OPTIONS: Final = {
    "mrz": "MRZ", "purpose": "--purpose", "reference": "--reference",
    **{name: term.called for name, term in TERMS.items()},
}  # fmt: skip
"""The API's fields, as they are called here."""

app = typer.Typer(add_completion=False)


def check(
    mrz: Annotated[
        str,
        typer.Argument(
            help=_('The machine-readable zone, its lines on lines or parted by " / "; "-" for standard input.')
        ),
    ] = "",
    *,
    purpose: Purpose = "",
    reference: Reference = "",
    accept_check_digits: Annotated[
        bool, typer.Option("--accept-check-digits", help=_("Check even where check digits do not hold."))
    ] = False,
    evidence: Evidence = None,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
    **said: str,
) -> None:
    """Check a document, a person or a thing.

    Ends with 0 for a hit, whatever else; otherwise 5 if a register did not answer, or was not asked by all that was
    given, 3 if one refused, 0 if every register has nothing. A register that has nothing to do with what was given does
    not count. What is typed beside a zone counts where the zone's own is not there or not sure.
    """
    zone = sys.stdin.read(MRZ_CHARS + 1) if mrz == "-" else mrz
    form = {
        "mrz": "\n".join(line.strip() for line in zone.replace(" / ", "\n").strip().splitlines()),
        **said,
        "purpose": purpose,
        "reference": reference,
        "accept_check_digits": accept_check_digits,
        "with_evidence": evidence is not None,
    }
    with Caller(node, ca) as caller:
        try:
            found = caller.post("/v1/queries", CheckAnswer, form)
        except CheckDigitsThereError as error:
            error.next_step = _("Compare with the document and correct it, or say --accept-check-digits.")
            raise
        except InputError as error:
            error.where = _OPTIONS.get(error.where, error.where)
            raise
    keep_evidence(evidence, found.evidence)
    if as_json:
        say_json(found)
    else:
        _say_check(found)
    raise typer.Exit(_code(found))


app.command("check")(with_terms(check))


@app.command("read")
def read(
    record: Annotated[str, typer.Argument(help=_("The record, as the hit named it."))],
    *,
    purpose: Purpose = "",
    reference: Reference = "",
    evidence: Evidence = None,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Read the whole of a record: an act of its own, with its own purpose."""
    with Caller(node, ca) as caller:
        path = f"/v1/records/{part(record)}/read"
        form = {"purpose": purpose, "reference": reference, "with_evidence": evidence is not None}
        found = caller.post(path, RecordAnswer, form)
    keep_evidence(evidence, found.evidence)
    if as_json:
        say_json(found)
    else:
        _say_read(found)
    raise typer.Exit({"refused": REFUSED, "no-answer": UNAVAILABLE}.get(found.answer, FINE))


def keep_evidence(file: Path | None, data: bytes) -> None:
    """Write evidence where it is wanted, as a new file."""
    if file is not None and data:
        write_new(file, data)


def _code(found: CheckAnswer) -> int:
    """A script must not miss a hit because another register was not asked."""
    answers = {each.answer for each in found.answers if each.was_meant}
    if "hit" in answers:
        return FINE
    is_less = any(each.left_out for each in found.answers)
    if is_less or not answers or answers & {"no-answer", "not-asked"}:
        return UNAVAILABLE
    return REFUSED if "refused" in answers else FINE


def _say_check(found: CheckAnswer) -> None:
    hits = tuple((answer.register, hit.instruction) for answer in found.answers for hit in answer.hits)
    if hits:
        say(headline_of(hits))
    for answer in found.answers:
        _say_answer(answer)
    if found.why:
        say(silence(found.why))
    for note in found.notes:
        say(note)
    say("")
    for subject, said in words_of(terms_of(found), found.other_numbers):
        say_field(_(subject.title).lower(), " ".join(text for _term, text in said))
    say_field(_("purpose"), found.purpose_title or found.purpose)
    say_field(_("reference"), found.reference)
    say_field(_("asked"), when(found.asked_at))
    _say_record(found.record)
    if hits:
        is_own = all(hit.is_own for answer in found.answers for hit in answer.hits)
        say(lead_word((instruction for _register, instruction in hits), is_own=is_own))
    _say_steps(found)


def _say_steps(found: CheckAnswer) -> None:
    """What the reader of each hit may do next."""
    entry = found.record.counterpart.entry if found.record.counterpart else ""
    for answer in found.answers:
        for hit in answer.hits:
            if hit.may_ask:
                say(_("  Next: {step}").format(step=_confirm_command(answer.register, hit, entry)))
            elif hit.instruction != DISPUTED and not hit.is_own:
                say(_("Your desk can ask {source} to confirm this hit.").format(source=hit.source))


def _confirm_command(register: str, hit: HitShown, entry: str) -> str:
    """The command that asks the source of a hit's record to confirm it."""
    words = ["comity form", CONFIRM_HIT.name, hit.source, "--record", hit.record, "--register", register]
    return " ".join([*words, *(["--entry", entry] if entry else [])])


def _say_answer(answer: AnswerShown) -> None:
    as_of = _("as of position {position}, {time}").format(position=answer.position, time=when(answer.as_of))
    say(f"{answer.register}: {answer.word}" + (f" · {as_of}" if answer.answer in {"hit", "nothing"} else ""))
    say_rules((rule.number, rule.sentence) for rule in answer.rules)
    if answer.next_step and answer.was_meant:
        say(_("  Next: {step}").format(step=answer.next_step))
    for left in answer.left_out:
        say(_("  Next: {step}").format(step=left.next_step))
    for hit in answer.hits:
        _say_hit(answer.register, hit)
    if answer.bound:
        say(answer.bound)


def _say_hit(register: str, hit: HitShown) -> None:
    say_field(_("record"), hit.record)
    say_field(_("source"), _("{source}, entered {time}").format(source=hit.source, time=when(hit.entered_at)))
    say_field(_("instruction"), hit.instruction_title)
    say_field(_("caution"), hit.caution)
    say_field(_("handling"), hit.handling_title or hit.handling)
    for each in hit.asked:
        say_field(_("asked"), _asked_line(each))
    if hit.asked_unread:
        say_field(_("asked"), hit.asked_unread)
    for name, value in hit.shown.items():
        say_field(name, value_title(register, name, value))


def _asked_line(asked: AskedShown) -> str:
    """What its source was asked before, and what came of it."""
    who = _("{sender} asked {recipient} to confirm, {time}").format(
        sender=asked.sender, recipient=asked.recipient, time=when(asked.sent_at)
    )
    rules = ", ".join(rule.number for rule in asked.rules)
    word = f"{asked.word} ({rules})" if rules else asked.word
    return " · ".join(filter(None, (who, word, " ".join(asked.sentences))))


def _say_read(found: RecordAnswer) -> None:
    if found.found is not None:
        _say_shown(found.found)
    else:
        answer = {"nothing": "nothing", "refused": "refused"}.get(found.answer, "no-answer")
        rules = tuple(rule.number for rule in found.record.rules)
        if found.record.counterpart is not None:
            rules = tuple(rule.number for rule in found.record.counterpart.rules) or rules
        say(silence(found.why) if answer == "no-answer" else answer_word(answer, rules=rules))
    _say_record(found.record)


def _say_shown(record: RecordShown) -> None:
    say(_("{register}, from {source}").format(register=record.register, source=record.source))
    say_field(_("record"), record.id)
    say_field(_("signature"), _("the source's, verified") if record.is_verified else _("NOT VERIFIED"))
    for name, value in record.fields.items():
        say_field(name, value_title(record.register, name, value))
    for group, entries in record.groups.items():
        for entry in entries:
            words = {name: value_title(record.register, f"{group}.{name}", value) for name, value in entry.items()}
            say_field(group, " · ".join(f"{name} {value}" for name, value in words.items()))
    say_field(_("instruction"), instruction_title(record.instruction, record.register))
    say_field(_("caution"), record.caution)
    say_field(_("handling"), record.handling_title or record.handling)
    say_field(_("audience"), record.audience)
    say_field(_("entered"), when(record.entered_at))
    say_field(_("expires"), when(record.expires_at))


def _say_record(record: OnRecord) -> None:
    say_field(_("entry"), record.entry)
    say_field(_("released"), record.released)
    if record.counterpart is not None:
        there = record.counterpart
        say_field(_("at {member}").format(member=there.member), _("entry {entry}").format(entry=there.entry))
