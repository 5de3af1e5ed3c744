"""A bureau's own records: listed, looked at, and changed, by their numbers or by what they say."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from comity.api.file_wire import ConsignmentShown
from comity.api.own_record_wire import (
    AmendmentAnswer,
    AmendmentDraft,
    OwnRecordList,
    OwnRecordShown,
    OwnRecordWhole,
    TypedFields,
)
from comity.api.words import instruction_title, value_title
from comity.cli.caller import Caller, part
from comity.cli.exits import FINE, REFUSED
from comity.cli.folder import read_file
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import ask_first, say, say_field, say_json, say_named, say_rules, when
from comity.errors import InputError, UnknownError
from comity.ids import is_record
from comity.limits import BODY_BYTES, OWN_AMENDED_MAX
from comity.parsing import decode
from comity.registers.registry import REGISTERS
from comity.shown.own_record import VERB_TITLES
from comity.texts import _

_FOLLOW_S: Final = 5.0  # how long a change is followed; it goes on by itself
_POLL_S: Final = 0.2
_NAMED: Final = 10

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("This bureau's own records."))

_FIRST: Final = next(iter(REGISTERS))
_REGISTERS: Final = ", ".join(REGISTERS)
Register = Annotated[str, typer.Option(help=_("The register: {names}.").format(names=_REGISTERS))]
Record = Annotated[str, typer.Argument(help=_("Its number among records, or what it says: 19AC45678."))]
Records = Annotated[list[str], typer.Argument(help=_("One or more, by number or by what they say."))]
Why = Annotated[str, typer.Option(help=_("Why, for the record."))]
Yes = Annotated[bool, typer.Option("--yes", help=_("Do it without being asked."))]
Lawful = Annotated[bool, typer.Option("--lawful", help=_("Your national law allows it; you answer for that."))]


@app.command("list")
def list_records(  # noqa: PLR0913 - its options are what a list is filtered by
    register: Register = _FIRST,
    *,
    search: Annotated[str, typer.Option(help=_("A number or a name."))] = "",
    status: Annotated[str, typer.Option(help=_("A word of the register's, such as stolen."))] = "",
    file: Annotated[str, typer.Option(help=_("Those of one file: what entering it was called."))] = "",
    ends_from: Annotated[str, typer.Option(help=_("They end on this day, 2027-11-23, or later."))] = "",
    ends_by: Annotated[str, typer.Option(help=_("They end on this day or earlier."))] = "",
    ends_first: Annotated[bool, typer.Option("--ends-first", help=_("Those that end first before others."))] = False,
    gone: Annotated[bool, typer.Option("--gone", help=_("Those that were taken out, instead."))] = False,
    after: Annotated[str, typer.Option(help=_("Go on from here: what the list before ended with."))] = "",
    most: Annotated[int, typer.Option(min=1, max=100, help=_("How many at a time."))] = 50,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """List what this bureau has entered, the newest first."""
    wanted = {
        "search": search, "status": status, "file": file, "ends_from": ends_from, "ends_by": ends_by,
        "order": "ends-first" if ends_first else "newest", "gone": "true" if gone else "false", "after": after,
    }  # fmt: skip
    with Caller(node, ca) as caller:
        found = caller.get("/v1/records", OwnRecordList, register=register, most=most, **wanted)
    if as_json:
        say_json(found)
        return
    if found.lacks:
        say(found.lacks)
    if found.ending and not ends_by:
        say(_("Records that are over within six months: {count}. Are they still needed?").format(count=found.ending))
        say(_("  Next: comity records list --ends-first --ends-by {day}").format(day=found.ending_by))
    if not found.records:
        say(_("No record is listed."))
        return
    titles = [_("name"), _("status"), _("seen by"), _("entered"), _("ends"), _("state"), _("record")]
    say_named(titles, [_row(each) for each in found.records])
    if found.next:
        say(_("More: the same with --after {place}").format(place=found.next))


def _row(each: OwnRecordShown) -> tuple[str, ...]:
    ends = f"{each.expires_at:%Y-%m-%d}" if each.expires_at else ""
    state = f"{each.word} {when(each.gone_at)}" if each.gone_at else each.word
    return each.name, each.status, each.audience, when(each.entered_at), ends, state, each.id


@app.command("show")
def show(
    record: Record, *, register: Register = "", as_json: AsJson = False, node: Node = "", ca: Authority = ""
) -> None:
    """Show the whole of one, who can see it, what was done to it, and the hits of which this bureau was told."""
    with Caller(node, ca) as caller:
        found = caller.get(f"/v1/records/{part(_find(caller, record, register))}", OwnRecordWhole)
    if as_json:
        say_json(found)
        return
    shown = found.shown
    say(f"{shown.name or shown.id}: {shown.word}")
    say_field(_("record"), shown.id)
    for name, value in found.fields.items():
        say_field(name, value_title(shown.register, name, value))
    for group, entries in found.groups.items():
        for entry in entries:
            words = {name: value_title(shown.register, f"{group}.{name}", value) for name, value in entry.items()}
            say_field(group, " · ".join(f"{name} {value}" for name, value in words.items()))
    if shown.instruction:
        say_field(_("instruction"), instruction_title(shown.instruction, shown.register))
        say_field(_("handling"), shown.handling_title)
        say_field(_("entered"), when(shown.entered_at))
        say_field(_("ends"), when(shown.expires_at))
    say_field(_("taken out"), when(shown.gone_at))
    if found.sight is not None:
        say_field(_("seen by"), ", ".join(found.sight.seeing))
        say_field(_("hidden from"), ", ".join(found.sight.not_seeing))
    for done in found.amended:
        say_field(_("done"), _done_line(done))
    for hit in found.hits:
        who = " · ".join(filter(None, (hit.asker, hit.purpose_title, when(hit.at), hit.post)))
        say_field(_("hit"), f"{when(hit.told_at)}  {who or _('left out, as the rulebook asks')}")
    if found.has_more:
        say(_("There is more of it in the ledger: comity ledger list --about {record}").format(record=shown.id))


def _done_line(done: Any) -> str:
    other = _("it took the place of {record}").format(record=done.before) if done.before else ""
    other = _("{record} is in its place").format(record=done.after) if done.after else other
    return " · ".join(filter(None, (when(done.at), done.officer, done.word, done.why, other)))


@app.command("take-out")
def take_out(
    records: Records, *, register: Register = "", why: Why = "", yes: Yes = False, as_json: AsJson = False,
    node: Node = "", ca: Authority = "",
) -> None:  # fmt: skip
    """Take records out: nobody finds them any more, and their bytes are erased."""
    with Caller(node, ca) as caller:
        _amend(caller, records, register, {"verb": "take-out", "why": why}, yes=yes, as_json=as_json)


@app.command("correct")
def correct(  # noqa: PLR0913 - its options are what can be corrected
    record: Record,
    *,
    said: Annotated[
        list[str] | None, typer.Option("--set", help=_("A field and what it says: number=19AC45679; none to empty it."))
    ] = None,
    fields: Annotated[Path | None, typer.Option(help=_("A JSON file with all fields and groups, instead."))] = None,
    instruction: Annotated[str, typer.Option(help=_("What is to be done on a hit."))] = "",
    handling: Annotated[str, typer.Option(help=_("Another level of the rulebook."))] = "",
    register: Register = "",
    why: Why = "",
    lawful: Lawful = False,
    yes: Yes = False,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Correct a record: another comes in its place, with all that is not said here as it was."""
    with Caller(node, ca) as caller:
        name = _find(caller, record, register)
        held = caller.get(f"/v1/records/{part(name)}", OwnRecordWhole)
        form = {
            "verb": "correct", "fields": _corrected(held, said or [], fields), "instruction": instruction,
            "handling": handling, "why": why, "is_lawful": lawful,
        }  # fmt: skip
        _amend(caller, [name], register, form, yes=yes, as_json=as_json)


def _corrected(held: OwnRecordWhole, said: list[str], path: Path | None) -> dict[str, Any]:
    """All fields of a record, with what is corrected in them."""
    if path is not None:
        return decode(read_file(path, _("The file of fields")), TypedFields, where=str(path), most=BODY_BYTES)
    corrected: dict[str, Any] = {**held.fields, **held.groups}
    for each in said:
        name, sign, text = each.partition("=")
        if not sign or not name:
            raise InputError(_("A field and what it says have a = between them."), where="--set")
        corrected[name] = text
    return {name: text for name, text in corrected.items() if text}


@app.command("restrict")
def restrict(
    records: Records,
    *,
    audience: Annotated[str, typer.Option(help=_("Who may see it from now on: all, or members by code."))],
    register: Register = "",
    why: Why = "",
    yes: Yes = False,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Change who sees records: others come in their place, for the members that are said."""
    form = {"verb": "restrict", "audience": audience, "why": why}
    with Caller(node, ca) as caller:
        _amend(caller, records, register, form, yes=yes, as_json=as_json)


@app.command("prolong")
def prolong(
    records: Records,
    *,
    why: Annotated[str, typer.Option(help=_("Why they are still needed."))],
    until: Annotated[str, typer.Option(help=_("The last day, 2027-11-23; else as long as the register keeps."))] = "",
    register: Register = "",
    lawful: Lawful = False,
    yes: Yes = False,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Keep records longer, for a stated reason."""
    form = {"verb": "prolong", "expires_on": until, "why": why, "is_lawful": lawful}
    with Caller(node, ca) as caller:
        _amend(caller, records, register, form, yes=yes, as_json=as_json)


def _amend(
    caller: Caller, records: list[str], register: str, form: dict[str, Any], *, yes: bool, as_json: bool
) -> None:
    """Say what will be done, do it, and follow it for a moment."""
    if len(records) > OWN_AMENDED_MAX:
        raise InputError(
            _("At most {most} records are changed at a time.").format(most=OWN_AMENDED_MAX), where="RECORDS"
        )
    form |= {"records": [_find(caller, each, register) for each in records]}
    if not yes:
        _say_draft(caller.post("/v1/records/draft", AmendmentDraft, form), form["verb"])
        ask_first(
            _("Do it?"),
            unasked=_("Nobody is there to be asked."),
            next_step=_("Look at what it would do, and say --yes."),
        )
    done = caller.post("/v1/records/amend", AmendmentAnswer, form)
    became = _follow(caller, done.consignment)
    if as_json:
        say_json(became)
    else:
        _say_done(became, done)
    raise typer.Exit(REFUSED if became.state == "refused" else FINE)


def _follow(caller: Caller, found: ConsignmentShown) -> ConsignmentShown:
    ends_at = time.monotonic() + _FOLLOW_S
    while found.state == "underway" and time.monotonic() < ends_at:
        time.sleep(_POLL_S)
        found = caller.get(f"/v1/records/changes/{part(found.id)}", ConsignmentShown)
    return found


def _say_done(became: ConsignmentShown, done: AmendmentAnswer) -> None:
    text = _("Records that came in: {count}; that went out: {removed}. {word}")
    say(text.format(count=became.count, removed=became.removed, word=became.word))
    say_field(_("change"), became.id)
    say_field(_("entry"), done.record.entry)
    if became.receipt is not None:
        say_field(_("at {member}").format(member=became.receipt.member), became.receipt.entry)
        if became.state == "refused":
            say_rules((rule.number, rule.sentence) for rule in became.receipt.rules)
    if became.state == "underway":
        say(_("  Next: nothing. The keeper takes it as soon as it is there."))


def _say_draft(draft: AmendmentDraft, verb: str) -> None:
    say(_(VERB_TITLES[verb]))
    for each in draft.records[:_NAMED]:
        name = each.before.name or each.before.id
        after = each.after
        becomes = "" if after is None or after.name == each.before.name else f" → {after.name}"
        say(f"  {name}{becomes}")
        if after is not None and after.expires_at != each.before.expires_at:
            say_field(_("ends"), f"{when(each.before.expires_at)} → {when(after.expires_at)}")
        say_field(_("hidden from"), ", ".join(each.losing))
        say_field(_("shown to"), ", ".join(each.gaining))
    if len(draft.records) > _NAMED:
        say(_("and {count} more").format(count=len(draft.records) - _NAMED))


def _find(caller: Caller, said: str, register: str) -> str:
    """A record by its number, or the one that is found by what it says."""
    if is_record(said):
        return said
    found = [
        each.id
        for name in ([register] if register else REGISTERS)
        for each in caller.get("/v1/records", OwnRecordList, register=name, search=said).records
    ]
    if not found:
        raise UnknownError(
            _("This bureau has no record in force that says this."), where=said,
            next_step=_("Look for it: comity records list"),
        )  # fmt: skip
    if len(found) > 1:
        raise InputError(
            _("Several records say this."), where=said,
            next_step=_("Say which by its number: {names}").format(names=", ".join(found[:_NAMED])),
        )  # fmt: skip
    return found[0]
