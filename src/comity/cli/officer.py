"""The bureau's officers: created, reset and disabled by an administrator; the first one by the folder's holder."""

from pathlib import Path
from typing import Annotated

import typer

from comity.api.wire import Done, OfficerShown, OneTime
from comity.cli.options import AsJson, Authority, Node
from comity.cli.secrets import NODE_PASSPHRASE, PassphraseFile, Profile, ask_passphrase
from comity.cli.speech import say, say_field, say_json, say_table, when
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("The bureau's officers."))

Name = Annotated[str, typer.Argument(help=_("The name to sign in with: small letters, digits, dots, hyphens."))]
Title = Annotated[str, typer.Option(help=_("The name to show."))]
Roles = Annotated[
    list[str], typer.Option("--role", help=_("A role of the rulebook (comity rulebook show); once for each."))
]


@app.command("list")
def list_officers(*, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """List everybody who may sign in, and who no longer may."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - the first officer needs no HTTP client

    with Caller(node, ca) as caller:
        found = caller.get("/v1/officers", list[OfficerShown])
    if as_json:
        say_json(found)
        return
    rows = [
        (
            each.name,
            each.title,
            ", ".join(each.roles),
            _("disabled {time}").format(time=when(each.disabled_at)) if each.disabled_at else "",
            _("one-time password") if each.has_one_time_password else "",
            _("DAMAGED: {text}").format(text=each.damage) if each.damage else "",
        )
        for each in found
    ]
    say_table([_("officer"), _("name"), _("roles"), "", "", ""], rows)


@app.command("create")
def create(name: Name, *, title: Title, roles: Roles, node: Node = "", ca: Authority = "") -> None:
    """Create an officer; the one-time password is shown once."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - as above

    with Caller(node, ca) as caller:
        found = caller.post("/v1/officers", OneTime, {"name": name, "title": title, "roles": roles})
    _say_one_time(found.name, found.one_time_password, found.entry)


@app.command("reset")
def reset(name: Name, *, node: Node = "", ca: Authority = "") -> None:
    """Give an officer a new one-time password."""
    from comity.cli.caller import Caller, part  # noqa: PLC0415 - as above

    with Caller(node, ca) as caller:
        found = caller.post(f"/v1/officers/{part(name)}/reset", OneTime)
    _say_one_time(found.name, found.one_time_password, found.entry)


@app.command("disable")
def disable(name: Name, *, node: Node = "", ca: Authority = "") -> None:
    """End an officer's sessions now; no new one begins."""
    from comity.cli.caller import Caller, part  # noqa: PLC0415 - as above

    with Caller(node, ca) as caller:
        done = caller.post(f"/v1/officers/{part(name)}/disable", Done)
    say(_("{name} can no longer sign in.").format(name=name))
    say_field(_("entry"), done.entry)


@app.command("first")
def first(
    folder: Annotated[Path, typer.Argument(help=_("The folder of a stopped node."))],
    name: Name,
    *,
    title: Title,
    roles: Roles,
    passphrase_file: PassphraseFile = None,
    profile: Profile = "standard",
) -> None:
    """Let a first officer in, or in again: for whoever holds a stopped node's folder. It is on record."""
    from comity.cli.stopped import give_officer  # noqa: PLC0415 - it loads the whole node

    passphrase = ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE)
    password = give_officer(folder, passphrase, name, title, tuple(roles), profile=profile)
    _say_one_time(name, password, "")


def _say_one_time(name: str, password: str, entry: str) -> None:
    say_field(_("officer"), name)
    say_field(_("password"), password)
    say_field(_("entry"), entry)
    say(_("It is good for one session and is not shown again."))
