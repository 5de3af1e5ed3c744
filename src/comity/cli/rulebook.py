"""The rulebook in force: to read, and to take as a file that can be changed and amended."""

from pathlib import Path
from typing import Annotated

import typer

from comity.api.rulebook_wire import RulebookShown
from comity.cli.bureau import published
from comity.cli.caller import Caller
from comity.cli.folder import write_new
from comity.cli.options import AsJson, Authority, Node
from comity.cli.rulebook_file import laid_out, rulebook_of, tell_own, tell_rule, tell_words
from comity.cli.speech import say, say_field, say_json
from comity.errors import UnavailableError
from comity.members.roles import RULEBOOK_PATH
from comity.rules.amending import compare
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.rules.taking_over import find_own, take_over
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("The rulebook in force."))

Folder = Annotated[
    Path | None, typer.Option(help=_("The secretariat's folder, instead of a running node: what it publishes."))
]


@app.command("show")
def show(*, folder: Folder = None, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """Say the rules in force, and which of them this node's version cannot apply."""
    if folder is not None:
        _tell(_published(folder))
        return
    with Caller(node, ca) as caller:
        found = caller.get("/v1/rulebook", RulebookShown)
    if as_json:
        say_json(found)
        return
    _tell(rulebook_of(found.file, "rulebook"))
    for rule in found.unread:
        say_field(_("not applied"), f"{rule.number}  {rule.sentence}")
        say_field(_("  refused"), ", ".join(rule.kinds))
    if found.why:
        say(_("This is not the rulebook of the directory. {why}").format(why=found.why))


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help=_("Where to write the rulebook: a new file, JSON."))],
    *,
    folder: Folder = None,
    with_model: Annotated[
        bool,
        typer.Option(
            "--with-model",
            help=_("With what this version's model brings; what the network changed stays."),
        ),
    ] = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Write the rulebook in force to a file, to be changed and drafted: comity ceremony amend."""
    rulebook = _published(folder) if folder is not None else _at_node(node, ca)
    if with_model:
        taken = take_over(rulebook, MODEL_RULEBOOK)
        compare(rulebook, taken)
        rulebook = taken
    write_new(file, laid_out(rulebook))
    say(_("Written: {path}").format(path=file))
    if with_model:
        tell_own(*find_own(rulebook, MODEL_RULEBOOK))


def _published(folder: Path) -> Rulebook:
    return rulebook_of(published(folder).files[RULEBOOK_PATH], str(folder))


def _at_node(node: str, ca: str) -> Rulebook:
    """The directory's rulebook, from a node; UnavailableError where that goes on with an earlier one."""
    with Caller(node, ca) as caller:
        found = caller.get("/v1/rulebook", RulebookShown)
    if found.why:
        raise UnavailableError(
            _("This node goes on with an earlier rulebook. {why}").format(why=found.why),
            where="rulebook",
            next_step=_("Take it from a node with a newer version of Comity."),
        )
    return rulebook_of(found.file, "rulebook")


def _tell(rulebook: Rulebook) -> None:
    say_field(_("rulebook"), f"{rulebook.name} {rulebook.version}")
    say_field(_("hash"), rulebook.hash)
    tell_words(rulebook.wording)
    for rule in map(rulebook.spoken, rulebook.rules):
        say_field(_("rule"), f"{rule.number}  {rule.sentence}")
        tell_rule(rule)
    for each in rulebook.retired:
        say_field(_("retired"), each.number)
