"""Measurements."""

from typing import Annotated

import typer

from comity.cli.options import AsJson
from comity.texts import _

app = typer.Typer(add_completion=False)


@app.command("bench")
def bench(name: Annotated[str, typer.Argument(help=_("What to measure."))], *, as_json: AsJson = False) -> None:
    """Measure this machine and say against what."""
    from comity.bench.run import run_bench  # noqa: PLC0415 - the whole program, for this command alone

    raise typer.Exit(run_bench(name, as_json=as_json))
