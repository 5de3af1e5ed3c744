"""Signing in and out, and one's own password."""

from typing import Annotated

import typer

from comity.api.wire import Done
from comity.cli.caller import Caller
from comity.cli.options import Authority, Node
from comity.cli.secrets import ask, read_line
from comity.cli.speech import say, say_field
from comity.errors import InputError
from comity.texts import _

app = typer.Typer(add_completion=False)

FromStdin = Annotated[bool, typer.Option("--password-stdin", help=_("Read the password from standard input."))]


@app.command("sign-in")
def sign_in(
    officer: Annotated[str, typer.Argument(help=_("The officer's name."))],
    *,
    password_stdin: FromStdin = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Sign in at a node; the session is kept for the commands that follow."""
    with Caller(node, ca) as caller:
        password = read_line() if password_stdin else _ask(_("Password of {name}").format(name=officer))
        found = caller.sign_in(officer, password)
        say(_("Signed in at {node} as {name}.").format(node=caller.node, name=officer))
    say_field(_("entry"), found.entry)
    if found.must_choose_password:
        say(_("This was a one-time password. Choose your own now: comity password"))


@app.command("sign-out")
def sign_out(*, node: Node = "", ca: Authority = "") -> None:
    """End the session at a node."""
    with Caller(node, ca) as caller:
        caller.sign_out()
        say(_("Signed out at {node}.").format(node=caller.node))


@app.command("password")
def choose_password(*, password_stdin: FromStdin = False, node: Node = "", ca: Authority = "") -> None:
    """Choose your own password. The present one is asked for, unless you came in by a one-time password.

    On standard input the new one comes first, the present one on the next line.
    """
    with Caller(node, ca) as caller:
        password = read_line() if password_stdin else _ask(_("New password"), is_new=True)
        try:
            done = caller.post("/v1/password", Done, {"password": password})
        except InputError as error:
            if error.where != "present":
                raise
            present = read_line() if password_stdin else _ask(_("Present password"))
            done = caller.post("/v1/password", Done, {"password": password, "present": present})
    say(_("The password is changed."))
    say_field(_("entry"), done.entry)


def _ask(what: str, *, is_new: bool = False) -> str:
    return ask(what, otherwise=_("Give it on standard input with --password-stdin."), is_new=is_new)
