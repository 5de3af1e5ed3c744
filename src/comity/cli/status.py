"""How a node is, and who is in the network."""

import typer

from comity.api.wire import HealthShown, MemberList, StandingShown
from comity.api.words import CHANNEL_TITLES, STATE_TITLES
from comity.cli.caller import Caller
from comity.cli.exits import UNAVAILABLE
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import say, say_json, say_table, when
from comity.texts import _

app = typer.Typer(add_completion=False)


@app.command("status")
def status(*, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """Say how a node is, what is wrong and what to do. Ends with 5 while something keeps people from working."""
    with Caller(node, ca) as caller:
        found = caller.health(HealthShown)
        address = caller.node
    if as_json:
        say_json(found)
    else:
        say(_("{node}: all is well.").format(node=address) if found.is_ok else _("{node}: RED.").format(node=address))
        for problem in found.problems:
            say(f"  {'!' if problem.is_red else '-'} {problem.message}", f"    {problem.next_step}")
    if not found.is_ok:
        raise typer.Exit(UNAVAILABLE)


@app.command("members")
def members(*, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """List the members, by the directory as this node verified it, and what each may do."""
    with Caller(node, ca) as caller:
        found = caller.get("/v1/members", MemberList)
    if as_json:
        say_json(found)
        return
    channels = list(CHANNEL_TITLES)
    titles = [_("member"), _("title"), _("countries"), *(_(CHANNEL_TITLES[each]) for each in channels), _("desk")]
    rows = []
    for member in found.members:
        held = {each.channel: _standing(each) for each in member.standing}
        standing = [held.get(each, _(STATE_TITLES[""])) for each in channels]
        rows.append((member.code, member.title, ", ".join(member.countries), *standing, member.absent or member.desk))
    say_table(titles, rows)
    say(_("{network}, verified {time}").format(network=found.network, time=when(found.verified_at)))


def _standing(said: StandingShown) -> str:
    word = _(STATE_TITLES.get(said.state, said.state))
    until = _(" until {time}").format(time=when(said.until_at)) if said.until_at else ""
    return f"{word}{until} ({said.reference})" if said.state not in {"", "open"} else word
