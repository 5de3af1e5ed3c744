"""``comity verify``: what a file of evidence proves, by whoever has it, with no node and no line."""

from pathlib import Path
from typing import Annotated, Any

import typer

from comity.cli.exits import BROKEN
from comity.cli.folder import read_file
from comity.cli.speech import say, say_json
from comity.errors import UntrustedError
from comity.evidence import Statement, judge, judge_origin, not_proved, parse_evidence
from comity.texts import _

app = typer.Typer(add_completion=False)

_MARKS = {True: "+", False: "x", None: "-"}


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help=_("A file of evidence: exported messages, queries, records, entries."))],
    *,
    root: Annotated[
        Path | None, typer.Option(help=_("The network's first root, root.json, as you got it: else the file's own."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("What is said of each statement, for programs."))] = False,
) -> None:
    """Say in plain words what a file proves and what not. Ends with 4 if anything in it does not hold."""
    from comity.peer.exporting import directory_of  # noqa: PLC0415 - it loads the directory's code

    evidence = parse_evidence(read_file(file, _("The file")))
    statements: list[Statement] = []
    try:
        directory = directory_of(evidence, read_file(root, _("The root")) if root else None)
    except UntrustedError as error:
        statements.append(Statement(holds=False, text=f"{error.message} ({error.where})"))
    else:
        statements += [judge_origin(evidence, directory), *judge(evidence, directory)]
    statements += not_proved(evidence, is_root_given=root is not None)
    holds = all(each.holds is not False for each in statements)
    if as_json:
        say_json(_as_json(statements, holds=holds))
    else:
        _say(statements, holds=holds)
    if not holds:
        raise typer.Exit(BROKEN)


def _say(statements: list[Statement], *, holds: bool) -> None:
    for title, wanted in ((_("Proved:"), True), (_("DOES NOT HOLD:"), False), (_("Not proved:"), None)):
        lines = [each.text for each in statements if each.holds is wanted]
        if lines:
            say(title, *(f"  {_MARKS[wanted]} {line}" for line in lines))
    say(_("Everything signed in this file holds.") if holds else _("Something in this file does not hold."))


def _as_json(statements: list[Statement], *, holds: bool) -> dict[str, Any]:
    names = {True: "proved", False: "broken", None: "not-proved"}
    return {"holds": holds, "statements": [{"is": names[each.holds], "text": each.text} for each in statements]}
