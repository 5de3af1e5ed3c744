"""Forms: a command for each, whose options are made from its declaration."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from comity.cli.caller import Caller
from comity.cli.folder import read_file
from comity.cli.message_lines import choices_line, say_described
from comity.cli.messages import Handling, Wait, find_message, follow_sent, post_sent
from comity.cli.options import AsJson, Authority, Node
from comity.errors import InputError
from comity.exchange.form import FormDeclaration, FormField
from comity.exchange.forms import forms_by_hand, newest_form
from comity.shown.forms import FormDescribed, choices_described
from comity.texts import _

_LONG: Final = ("note", "passage")
"""Kinds of fields whose text may come from a file: ``@remark.txt``."""


def _option_of(field: FormField) -> Any:
    """A field as an option: what it is called, and what may be chosen."""
    said = _(field.title)
    if field.is_chosen:
        said += ": " + choices_line(choices_described(field), "; ")
    if field.kind.name in _LONG:
        said += ". " + _("@FILE reads it from a file.")
    if field.hint:
        said += ". " + _(field.hint)
    return Annotated[str, typer.Option(f"--{field.name.replace('_', '-')}", help=said)]


def _parameters(form: FormDeclaration) -> dict[str, tuple[Any, Any]]:
    """The command's parameters: to whom it goes or what it answers, its fields, and what every message has."""
    found: dict[str, tuple[Any, Any]] = {}
    if form.sent_by == "whoever-was-asked":
        named = typer.Argument(help=_("The message that it answers, by its number's first digits: at least six."))
        found["reply_to"] = (Annotated[str, named], inspect.Parameter.empty)
    else:
        found["to"] = (
            Annotated[str, typer.Argument(help=_("For whom: the code of a member."))],
            inspect.Parameter.empty,
        )
    found |= {each.name: (_option_of(each), "") for each in form.typed}
    if form.deadlines:
        choices = "; ".join(f"{each.code} ({_(each.title)})" for each in form.deadlines)
        found["within"] = (Annotated[str, typer.Option(help=_("When an answer is needed: {choices}.").format(
            choices=choices))], "")  # fmt: skip
    found["handling"] = (Handling, "")
    found["wait"] = (Wait, 0.0)
    return found | {"as_json": (AsJson, False), "node": (Node, ""), "ca": (Authority, "")}


def command_of(form: FormDeclaration) -> Callable[..., None]:
    """The command of a form."""
    parameters = _parameters(form)

    def send(**given: Any) -> None:
        as_json, wait = given.pop("as_json"), given.pop("wait")
        with Caller(given.pop("node"), given.pop("ca")) as caller:
            body = {name: _typed(form, name, str(text)) for name, text in given.items()}
            if "reply_to" in body:
                body["reply_to"] = find_message(caller, body["reply_to"])
            try:
                sent = post_sent(caller, f"/v1/forms/{form.name}", body)
            except InputError as error:
                error.where = ", ".join(_called(form, name) for name in error.where.split(", "))
                raise
            code = follow_sent(caller, sent, wait, as_json=as_json)
        raise typer.Exit(code)

    kind = inspect.Parameter
    send.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            kind(name, kind.POSITIONAL_OR_KEYWORD if name in ("to", "reply_to") else kind.KEYWORD_ONLY,
                 default=default, annotation=annotation)
            for name, (annotation, default) in parameters.items()
        ]
    )  # fmt: skip
    send.__annotations__ = {name: annotation for name, (annotation, _default) in parameters.items()}
    send.__doc__ = ". ".join(filter(None, (_(form.title), _(form.about) if form.about else "")))
    return send


def _typed(form: FormDeclaration, name: str, text: str) -> str:
    field = form.find_field(name)
    if field is None:
        return text.upper() if name == "to" else text
    if field.kind.name in _LONG and text.startswith("@"):
        return read_file(Path(text[1:]), _("The file with the text")).decode(errors="replace")
    return text


def _called(form: FormDeclaration, name: str) -> str:
    """A field of the API as it is called here."""
    is_option = form.find_field(name) is not None or name in ("within", "handling")
    return f"--{name.replace('_', '-')}" if is_option else name


class Forms(TyperGroup):
    """The commands of this group: one for each form, made when it is called, and the list of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the table."""
        return [*super().list_commands(ctx), *forms_by_hand()]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """A command; that of a form is made of its declaration."""
        del ctx
        if cmd_name not in self.commands and cmd_name in forms_by_hand():
            made = typer.Typer(add_completion=False)
            made.command(cmd_name)(command_of(newest_form(cmd_name)))
            command = get_command(made)
            if isinstance(command, TyperCommand):
                command.name = cmd_name
                return command
        found = self.commands.get(cmd_name)
        return found if isinstance(found, (TyperCommand, TyperGroup)) else None


app = typer.Typer(
    cls=Forms, add_completion=False, no_args_is_help=True, help=_("Send a form, such as a question about a hit.")
)


@app.callback()
def form() -> None:
    """Send a form, such as a question about a hit."""


@app.command("list")
def list_forms(*, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """List the forms that the node knows, with their fields and choices."""
    with Caller(node, ca) as caller:
        found = caller.get("/v1/forms", list[FormDescribed])
    say_described(found, as_json=as_json)
