"""The ledger: listed, shown and verified over the API, or verified from a folder's files alone."""

import base64
from pathlib import Path
from typing import Annotated

import typer

from comity.api.wire import EntryEvidence, EntryList, EntryShort, Verified
from comity.cli.exits import BROKEN
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import say, say_field, say_json, say_table, when
from comity.texts import _

app = typer.Typer(no_args_is_help=True, help=_("List, show and verify the ledger."))


@app.command("list")
def list_entries(
    *,
    before: Annotated[str, typer.Option(help=_("Go on from here: what the list before ended with."))] = "",
    most: Annotated[int, typer.Option(help=_("How many."))] = 50,
    kind: Annotated[str, typer.Option(help=_("One kind of act: query.ask, record.enter, ..."))] = "",
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """List entries, the newest first. Reading them is an act and an entry too."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - verifying a folder needs no HTTP client

    with Caller(node, ca) as caller:
        found = caller.get("/v1/ledger", EntryList, before=before, most=most, kind=kind)
    if as_json:
        say_json(found)
        return
    titles = [_("time"), _("kind"), _("verdict"), _("officer"), _("on"), _("entry")]
    say_table(titles, [(when(each.at), each.kind, *_words(each), each.id) for each in found.entries])
    if found.older:
        say(_("Older: comity ledger list --before {place}").format(place=found.older))


@app.command("show")
def show_entry(
    entry: Annotated[str, typer.Argument(help=_("The entry: 64 hexadecimal digits."))],
    *,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Show one entry with what proves it."""
    from comity.cli.caller import Caller, part  # noqa: PLC0415 - as above

    with Caller(node, ca) as caller:
        found = caller.get(f"/v1/ledger/{part(entry)}", EntryEvidence)
    if as_json:
        say_json(found)
        return
    say_field(_("entry"), found.found.id)
    say_field(_("kind"), found.found.kind)
    say_field(_("time"), when(found.found.at))
    say_field(_("place"), f"{found.found.period}.{found.found.index}")
    for name, value in (found.found.content or {_("content"): _("erased")}).items():
        say_field(name, value)
    say(_("Evidence:"))
    say_field(_("leaf"), found.leaf.decode(errors="replace"))
    say_field(_("salt"), base64.b64encode(found.salt or b"").decode())
    say_field(_("tree size"), found.size)
    for step in found.proof:
        say_field(_("proof"), step)
    say(*found.checkpoint.splitlines())


@app.command("verify")
def verify(
    *,
    folder: Annotated[
        Path | None, typer.Option(help=_("A node's folder, running or stopped: its files alone."))
    ] = None,
    key: Annotated[str, typer.Option(help=_("The ledger's verifier key, as known elsewhere; else the folder's."))] = "",
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Verify every hash, proof and signature; name each entry and record that was changed. Ends with 4 if any was."""
    if folder is not None:
        from comity.cli.verifying import verify_folder  # noqa: PLC0415 - it loads the whole ledger's code

        report = verify_folder(folder, key)
    else:
        from comity.cli.caller import Caller  # noqa: PLC0415 - as above

        with Caller(node, ca) as caller:
            report = caller.post("/v1/ledger/verify", Verified)
    if as_json:
        say_json(report)
    else:
        for finding in report.findings:
            say(finding)
        periods = ", ".join(report.periods) or "-"
        counts = _("{entries} entries ({erased} erased), periods {periods}").format(
            entries=report.entries, erased=report.erased, periods=periods
        )
        broken = _("NOT AS IT WAS SIGNED: {count} findings.").format(count=len(report.findings))
        say((_("Everything holds: ") + counts) if report.holds else broken)
    if not report.holds:
        raise typer.Exit(BROKEN)


def _words(entry: EntryShort) -> tuple[str, str, str]:
    content = entry.content or {}
    return tuple(str(content.get(name, "")) for name in ("verdict", "officer", "on"))  # type: ignore[return-value] # three
