"""The demonstration network."""

import os
from pathlib import Path
from typing import Annotated

import typer

from comity.texts import _

app = typer.Typer(add_completion=False)


@app.command("demo")
def demo(
    *,
    check: Annotated[bool, typer.Option("--check", help=_("Play the story once, check it, and end."))] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help=_("Begin anew: the folder's network is thrown away."))] = False,
    folder: Annotated[
        Path | None, typer.Option(help=_("Where the network lives; else the user's own data folder."))
    ] = None,
    listen: Annotated[
        str, typer.Option(help=_("A new network is reached at this address of this machine: for a second laptop."))
    ] = "127.0.0.1",
    invite: Annotated[
        Path | None, typer.Option(help=_("Write an invitation to the demonstration that runs, and say its code."))
    ] = None,
    join: Annotated[Path | None, typer.Option(help=_("Join a demonstration elsewhere by its invitation."))] = None,
    un: Annotated[
        Path | None,
        typer.Option(help=_("With --check: a copy of the UN Security Council's consolidated list, XML.")),
    ] = None,
) -> None:
    """Start a whole network on this machine: secretariat, bureaus and broker."""
    from comity.demo.story import (  # noqa: PLC0415 - the whole program, for this command alone
        join_demo,
        run_demo,
        send_invitation,
    )

    if invite is not None:
        raise typer.Exit(send_invitation(folder, invite))
    if join is not None:
        raise typer.Exit(join_demo(folder, join, lambda: os.environ.get("COMITY_CODE") or _ask_code()))
    raise typer.Exit(run_demo(folder, check=check, fresh=fresh, listen=listen, un=un))


def _ask_code() -> str:
    code: str = typer.prompt(_("The invitation's code"))
    return code
