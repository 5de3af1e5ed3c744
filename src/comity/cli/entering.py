"""Entering records of the own country."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from comity.api.wire import BatchAnswer
from comity.bounded import Fields
from comity.cli.caller import Caller
from comity.cli.exits import FINE, REFUSED, UNAVAILABLE
from comity.cli.filing import Word, enter_file
from comity.cli.folder import read_file
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import say, say_field, say_json, say_rules
from comity.errors import InputError, MalformedError
from comity.limits import BATCH_RECORDS_MAX, BODY_BYTES
from comity.parsing import decode
from comity.texts import _

Columns = Annotated[
    Path | None, typer.Option(help=_("A mapping file: how another system's columns and values become fields."))
]
Whole = Annotated[bool, typer.Option("--whole", help=_("The file is all you have: what is not in it goes out."))]
Yes = Annotated[bool, typer.Option("--yes", help=_("Enter a file without being asked."))]

GoingOut = Annotated[
    int, typer.Option(min=0, help=_("How many records a whole list takes out, where that is more than a tenth."))
]

Lawful = Annotated[bool, typer.Option("--lawful", help=_("Your national law allows it; you answer for that."))]
Audience = Annotated[str, typer.Option(help=_("Who may see it: all, or members by code."))]
Handling = Annotated[str, typer.Option(help=_("A level of the rulebook (comity rulebook show); else the register's."))]
Expiry = Annotated[str, typer.Option(help=_("The last day, 2027-11-23; else as long as the register keeps."))]

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Enter records of the own country."))


@app.callback()
def enter() -> None:
    """Enter records of the own country."""


@app.command("travel-documents")
def enter_documents(  # noqa: PLR0913 - its options are the form's fields
    file: Annotated[
        Path | None, typer.Argument(help=_("A table of many, CSV in UTF-8 with a line of titles; else one by options."))
    ] = None,
    *,
    number: Annotated[str, typer.Option(help=_("The document's number."))] = "",
    country: Annotated[str, typer.Option(help=_("The issuing country: your own."))] = "",
    kind: Annotated[str, typer.Option("--type", help=_("passport, identity-card, visa, ..."))] = "",
    loss: Annotated[str, typer.Option(help=_("stolen, stolen-blank, lost, ..."))] = "",
    records: Annotated[str, typer.Option(help=_('Many: a JSON file, or "-", with a list of records by field.'))] = "",
    columns: Columns = None,
    whole: Whole = False,
    yes: Yes = False,
    going_out: GoingOut = 0,
    lawful: Lawful = False,
    audience: Audience = "all",
    handling: Handling = "",
    instruction: Annotated[str, typer.Option(help=_("On a hit: hold, seize, locate or inform."))] = "hold",
    expires_on: Expiry = "",
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Enter stolen, lost or revoked documents: one by options, or a whole file, all of it or nothing.

    They are signed here and delivered to the register's keeper. A file that is cut goes on with the same command.
    """
    one = {"number": number, "country": country, "type": kind, "loss": loss}
    if bool(records) + any(one.values()) + (file is not None) > 1:
        raise InputError(_("Give one record by options or many by a file, not both."), where="--records")
    form: dict[str, Any] = {
        "register": "travel-documents",
        "audience": audience,
        "handling": handling,
        "instruction": instruction,
        "expires_on": expires_on,
    }
    if file is not None:
        form |= {"columns": _read_columns(columns), "is_whole": whole}
        with Caller(node, ca) as caller:
            raise typer.Exit(enter_file(caller, file, form, Word(lawful, yes, going_out), as_json=as_json))
    if columns is not None or whole:
        raise InputError(_("These are said of a file, and none is given."), where="--columns, --whole")
    form |= {
        "records": _read(records) if records else [{name: value for name, value in one.items() if value}],
        "is_lawful": lawful,
    }
    with Caller(node, ca) as caller:
        found = caller.post("/v1/records", BatchAnswer, form)
    if as_json:
        say_json(found)
    else:
        _say(found)
    raise typer.Exit({"refused": REFUSED, "expired": UNAVAILABLE, "withdrawn": UNAVAILABLE}.get(found.delivery, FINE))


@app.command("persons")
def enter_persons(  # noqa: PLR0913 - what can be said of a file
    file: Annotated[Path, typer.Argument(help=_("A list: CSV in UTF-8 with a line of titles, or as --from says."))],
    *,
    layout: Annotated[
        str, typer.Option("--from", help=_("csv, or un: the UN Security Council's consolidated list, XML."))
    ] = "csv",
    columns: Columns = None,
    whole: Whole = False,
    yes: Yes = False,
    going_out: GoingOut = 0,
    lawful: Lawful = False,
    audience: Audience = "all",
    handling: Handling = "",
    instruction: Annotated[str, typer.Option(help=_("On a hit: locate, inform or hold."))] = "inform",
    expires_on: Expiry = "",
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Enter persons from a list, all of it or nothing. Entering a whole list again shows its differences first."""
    form = {
        "register": "persons",
        "layout": layout,
        "columns": _read_columns(columns),
        "is_whole": whole,
        "audience": audience,
        "handling": handling,
        "instruction": instruction,
        "expires_on": expires_on,
    }
    with Caller(node, ca) as caller:
        raise typer.Exit(enter_file(caller, file, form, Word(lawful, yes, going_out), as_json=as_json))


def _say(found: BatchAnswer) -> None:
    say(_("Entered. {word}").format(word=found.word))
    say_field(_("batch"), found.batch)
    if found.record is not None:
        say_field(_("entry"), found.record.entry)
    if found.receipt is not None:
        place = _("entry {entry}, position {position}").format(entry=found.receipt.entry, position=found.position)
        say_field(_("at {member}").format(member=found.receipt.member), place)
        if found.delivery == "refused":
            say_rules((rule.number, rule.sentence) for rule in found.receipt.rules)
    if found.delivery == "queued":
        say(_("  Next: nothing. The node delivers it as soon as the keeper is there."))


def _read_columns(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return read_file(path, _("The mapping file")).decode()
    except UnicodeDecodeError as error:
        raise InputError(_("The mapping file is not UTF-8."), where=str(path)) from error


_Records = Annotated[list[Fields], msgspec.Meta(max_length=BATCH_RECORDS_MAX)]


def _read(name: str) -> list[dict[str, str]]:
    data = sys.stdin.buffer.read(BODY_BYTES) if name == "-" else read_file(Path(name), _("The file of records"))
    try:
        return decode(data, _Records, where=name, most=BODY_BYTES)
    except MalformedError as error:
        raise InputError(
            _("This is no list of records."),
            where=name,
            next_step=_('It begins like [{"number": "19AC45678", "country": "FRA", "type": "passport", ...}].'),
        ) from error
