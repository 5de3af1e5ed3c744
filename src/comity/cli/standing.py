"""Measures against a member: graduated, reasoned, dated."""

from typing import Annotated

import typer

from comity.api.wire import Done
from comity.cli.caller import Caller
from comity.cli.options import Authority, Node
from comity.cli.speech import say, say_field
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Measures against a member (secretariat)."))


@app.callback()
def standing() -> None:
    """Measures against a member, at the secretariat."""


@app.command("set")
def set_standing(
    member: Annotated[str, typer.Argument(help=_("The member's code."))],
    channel: Annotated[str, typer.Argument(help=_("query, enter or message."))],
    state: Annotated[str, typer.Argument(help=_("open, review or suspended."))],
    *,
    reason: Annotated[str, typer.Option(help=_("Why, as a sentence for the member."))] = "",
    reference: Annotated[str, typer.Option(help=_("The rule or decision."))] = "",
    until: Annotated[str, typer.Option(help=_("When it ends: 2026-12-01 or 2026-12-01T14:00+02:00."))] = "",
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Take a measure, or lift it (open): in force within a second wherever the line is up."""
    form = {
        "member": member,
        "channel": channel,
        "state": state,
        "reason": reason,
        "reference": reference,
        "until_at": until,
    }
    with Caller(node, ca) as caller:
        done = caller.post("/v1/standing", Done, form)
    say(_("Done: {member}, {channel}: {state}.").format(member=member, channel=channel, state=state))
    say_field(_("entry"), done.entry)
