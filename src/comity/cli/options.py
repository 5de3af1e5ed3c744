"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from comity.texts import _

Node = Annotated[str, typer.Option(envvar="COMITY_NODE", help=_("The node's address; else that of the last sign-in."))]
Authority = Annotated[
    str, typer.Option(envvar="COMITY_CA", help=_("A file: the authority that the node's certificate is by."))
]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", help=_("Write a new file that proves this to others: comity verify FILE")),
]
AsJson = Annotated[bool, typer.Option("--json", help=_("The node's answer, as it came."))]
Purpose = Annotated[str, typer.Option(help=_("For which purpose of the rulebook (comity rulebook show)."))]
Reference = Annotated[str, typer.Option(help=_("The case or shift; for some purposes the running shift, without one."))]
