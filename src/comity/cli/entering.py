"""Entering records of the own country: a command for each register, made from what it declares."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from comity.api.wire import BatchAnswer
from comity.bounded import Fields
from comity.cli.caller import Caller
from comity.cli.declared import with_fields
from comity.cli.exits import FINE, REFUSED, UNAVAILABLE
from comity.cli.filing import Word, enter_file
from comity.cli.folder import read_file
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import say, say_field, say_json, say_rules
from comity.errors import InputError, MalformedError
from comity.limits import BATCH_RECORDS_MAX, BODY_BYTES
from comity.parsing import decode
from comity.registers.register import Register
from comity.registers.registry import REGISTERS
from comity.texts import N_, _

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

_OPTIONS: Final = {
    "audience": "audience", "handling": "handling", "instruction": "instruction", "expires_on": "expires_on",
    "is_lawful": "lawful", "is_whole": "whole", "layout": "from", "columns": "columns", "going_out": "going_out",
}  # fmt: skip
"""The API's fields around records, and what they are called here."""
_ONE: Final = "records[0]."
"""What stands before a field of the one record that options give."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Enter records into a register."))


@app.callback()
def enter() -> None:
    """Enter records into a register."""


def _enter(  # noqa: PLR0913 - its options are the form's fields
    register: Register,
    file: Path | None,
    *,
    layout: str = "csv",
    records: str = "",
    columns: Path | None,
    whole: bool,
    word: Word,
    around: dict[str, str],
    as_json: bool,
    caller: Callable[[], Caller],
    one: dict[str, str],
) -> int:
    """Enter one record by options, many from a JSON file, or a whole file; the exit code."""
    if bool(records) + any(one.values()) + (file is not None) > 1:
        raise InputError(_("Give one record by options or many by a file, not both."), where="--records")
    form: dict[str, Any] = {"register": register.name, **around}
    if file is not None:
        form |= {"columns": _read_columns(columns), "is_whole": whole, "layout": layout}
        with caller() as at_node, as_options():
            return enter_file(at_node, file, form, word, as_json=as_json)
    if columns is not None or whole:
        raise InputError(_("These are said of a file, and none is given."), where="--columns, --whole")
    form |= {
        "records": _read(records) if records else [{name: value for name, value in one.items() if value}],
        "is_lawful": word.is_lawful,
    }
    with caller() as at_node, as_options(is_one=not records):
        found = at_node.post("/v1/records", BatchAnswer, form)
    if as_json:
        say_json(found)
    else:
        _say(found)
    return {"refused": REFUSED, "expired": UNAVAILABLE, "withdrawn": UNAVAILABLE}.get(found.delivery, FINE)


def _command_for(register: Register) -> Callable[..., None]:
    """The command that enters records of one register: what can be said depends on what it declares."""
    orders = ", ".join(register.instructions)
    layouts = ", ".join(("csv", *register.lists))

    def enter_records(  # noqa: PLR0913 - its options are the form's fields
        file: Annotated[
            Path | None,
            typer.Argument(
                help=_("A table of many, CSV in UTF-8 with a line of titles.")
                if register.groups
                else _("A table of many, CSV in UTF-8 with a line of titles; else one by options.")
            ),
        ] = None,
        *,
        records: Annotated[
            str, typer.Option(help=_('Many: a JSON file, or "-", with a list of records by field.'))
        ] = "",
        layout: Annotated[
            str, typer.Option("--from", help=_("How a file is laid out: {of}.").format(of=layouts))
        ] = "csv",
        columns: Columns = None,
        whole: Whole = False,
        yes: Yes = False,
        going_out: GoingOut = 0,
        lawful: Lawful = False,
        audience: Audience = "all",
        handling: Handling = "",
        instruction: Annotated[
            str, typer.Option(help=_("On a hit: {orders}.").format(orders=orders))
        ] = register.usual_instruction,
        expires_on: Expiry = "",
        as_json: AsJson = False,
        node: Node = "",
        ca: Authority = "",
        **one: str,
    ) -> None:
        around = {"audience": audience, "handling": handling, "instruction": instruction, "expires_on": expires_on}
        code = _enter(
            register, file, layout=layout, records=records, columns=columns, whole=whole,
            word=Word(lawful, yes, going_out), around=around, as_json=as_json, caller=partial(Caller, node, ca),
            one=one,
        )  # fmt: skip
        raise typer.Exit(code)

    return with_fields(enter_records, register)


_WHAT: Final = N_("Enter records into the register {title}: one by options, or a whole file, all of it or nothing.")
_WHAT_OF_GROUPS: Final = N_("Enter records into the register {title}: by --records, or a whole file, all or nothing.")
_HOW: Final = N_("They are signed here and delivered to its keeper. A file that is cut goes on with the same command.")

for _register in REGISTERS.values():
    _what = _WHAT_OF_GROUPS if _register.groups else _WHAT
    app.command(_register.name, help=f"{_(_what).format(title=_(_register.title))}\n\n{_(_HOW)}")(
        _command_for(_register)
    )


@contextmanager
def as_options(*, is_one: bool = False) -> Iterator[None]:
    """Name what is wrong as it is called here: the API's fields are options, and so are those of one record."""
    try:
        yield
    except InputError as error:
        error.where = ", ".join(_option_for(name, is_one=is_one) for name in error.where.split(", "))
        raise


def _option_for(name: str, *, is_one: bool) -> str:
    field = name.removeprefix(_ONE) if is_one else name
    is_option = field in _OPTIONS or field != name
    return f"--{_OPTIONS.get(field, field).replace('_', '-')}" if is_option else name


def _say(found: BatchAnswer) -> None:
    say(_("Entered. {word}").format(word=found.word))
    for each in found.records:
        say_field(_("record"), f"{each.name}  {each.id}")
    if found.count > len(found.records) > 0:
        say_field("", _("of {count} in all").format(count=found.count))
    say_field(_("seen by"), " ".join(found.seeing))
    say_field(_("hidden from"), " ".join(found.not_seeing))
    say_field(_("batch"), found.batch)
    for note in found.notes:
        say(note)
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


def _read(name: str) -> list[Fields]:
    data = sys.stdin.buffer.read(BODY_BYTES) if name == "-" else read_file(Path(name), _("The file of records"))
    try:
        return decode(data, _Records, where=name, most=BODY_BYTES)
    except MalformedError as error:
        raise InputError(
            _("This is no list of records."),
            where=name,
            next_step=_('It begins like [{"number": "19AC45678", "country": "FRA", "type": "passport", ...}].'),
        ) from error
