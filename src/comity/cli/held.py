"""Acts that wait: what the rulebook holds until others release it."""

from typing import Annotated

import typer

from comity.api.held import HeldList, Said
from comity.cli.caller import Caller, part
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import ask_first, say, say_damaged, say_field, say_json, say_named, when
from comity.shown.held import HeldActShown
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Acts that wait until others release them."))

Act = Annotated[str, typer.Argument(help=_("What the act is called: its first eight digits or more."))]
Over = Annotated[bool, typer.Option("--over", help=_("Those whose fate is known, instead of those that wait."))]
Before = Annotated[int, typer.Option(min=0, help=_("Go on from here: what the list before ended with."))]
Yes = Annotated[bool, typer.Option("--yes", help=_("Release it without being asked."))]
Reason = Annotated[str, typer.Option(help=_("Why, for its author and for auditors."))]


@app.command("list")
def list_held(
    *, over: Over = False, before: Before = 0, as_json: AsJson = False, node: Node = "", ca: Authority = ""
) -> None:
    """List your own held acts and those that you may release, the newest first."""
    with Caller(node, ca) as caller:
        found = caller.get("/v1/held", HeldList, over="true" if over else "false", before=before)
    if as_json:
        say_json(found)
        return
    say_damaged(found.damaged)
    if not found.acts:
        if not found.damaged:
            say(_("No held act that concerns you is over.") if over else _("No act is held that concerns you."))
            if not over:
                say(_("Look at those that are over, and what became of them: comity held list --over"))
        return
    titles = [_("act"), _("what"), _("by"), _("held"), _("lapses"), _("released"), _("state"), _("act number")]
    say_named(titles, [_row(each) for each in found.acts])
    if found.older is not None:
        options = " --over" if over else ""
        say(_("Older: comity held list{options} --before {place}").format(options=options, place=found.older))


def _row(each: HeldActShown) -> tuple[str, ...]:
    by = _("you") if each.is_own else each.officer or each.member
    return (
        each.title, each.gist, by, when(each.held_at), when(each.ends_at), f"{each.released}/{each.releases}",
        each.word, each.id,
    )  # fmt: skip


@app.command("show")
def show(act: Act, *, as_json: AsJson = False, node: Node = "", ca: Authority = "") -> None:
    """Show one, with all that would be done."""
    with Caller(node, ca) as caller:
        found = caller.get(f"/v1/held/{part(act)}", HeldActShown)
    if as_json:
        say_json(found)
        return
    say(f"{found.title}: {found.word}")
    if found.gist:
        say_field(_("what"), found.gist)
    say_field(_("act number"), found.id)
    say_field(_("by"), f"{found.officer} ({found.member})")
    say_field(_("held"), when(found.held_at))
    say_field(_("rules"), ", ".join(found.rules))
    if found.needs:
        lapses = _("If nobody releases it by {time}, it lapses and nothing is done.")
        say_field(_("needs"), found.needs)
        say_field(_("lapses"), lapses.format(time=when(found.ends_at)))
    if found.state == "released":
        tried = _("It is tried until {time}; then it lapses and nothing is done.")
        say_field(_("not done yet"), found.put_off or _("It is about to be tried."))
        say_field(_("lapses"), tried.format(time=when(found.ends_at)))
    for point in found.points:
        say_field(point.title, point.text)
    for word in found.words:
        say(f"  {when(word.at)}  {word.officer} {word.word}{': ' if word.reason else ''}{word.reason}")


@app.command("release")
def release(act: Act, *, reason: Reason = "", yes: Yes = False, node: Node = "", ca: Authority = "") -> None:
    """Release an act of somebody else, saying why; with the last word that it takes it is done, for good."""
    with Caller(node, ca) as caller:
        if not yes and reason.strip():
            _look_again(caller.get(f"/v1/held/{part(act)}", HeldActShown))
        said = caller.post(f"/v1/held/{part(act)}/release", Said, {"reason": reason})
    say(f"{said.word}." if not said.left else _("Released. More are needed: {count}.").format(count=said.left))
    if said.state == "released":
        say(_("Look at why, and until when it is tried: comity held show {act}").format(act=act))
    say_field(_("entry"), said.entry)


def _look_again(found: HeldActShown) -> None:
    """Say what would be done, and go on only where the officer says so."""
    say(f"{found.title}: {found.gist}")
    if found.state == "waiting" and found.releases - found.released <= 1:
        say(_("It is done at once, and cannot be undone."))
    ask_first(
        _("Release it?"),
        unasked=_("Nobody is there to look once more."),
        next_step=_("Look at it (comity held show), then release it with --yes."),
    )


@app.command("refuse")
def refuse(act: Act, *, reason: Reason = "", node: Node = "", ca: Authority = "") -> None:
    """Do not release an act, or take back your own: it is over."""
    with Caller(node, ca) as caller:
        said = caller.post(f"/v1/held/{part(act)}/refuse", Said, {"reason": reason})
    say(_("Refused. Nothing of it is done."))
    say_field(_("entry"), said.entry)
