"""The demonstration network."""

from pathlib import Path
from typing import Annotated

import typer

from comity.texts import _

app = typer.Typer()


@app.command("demo")
def demo(
    *,
    check: Annotated[bool, typer.Option("--check", help=_("Play the story once, check it, and end."))] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help=_("Begin anew: the folder's network is thrown away."))] = False,
    folder: Annotated[
        Path | None, typer.Option(help=_("Where the network lives; else the user's own data folder."))
    ] = None,
    un: Annotated[
        Path | None,
        typer.Option(help=_("With --check: a copy of the UN Security Council's consolidated list, XML.")),
    ] = None,
) -> None:
    """Start a whole network on this machine: secretariat, bureaus and broker."""
    from comity.demo.story import run_demo  # noqa: PLC0415 - the whole program, for this command alone

    raise typer.Exit(run_demo(folder, check=check, fresh=fresh, un=un))
