"""The ledger: listed, shown and verified over the API, or verified from a folder's files alone."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from comity.api.wire import EntryEvidence, EntryList, EntryShort, GrowthShown, Verified
from comity.cli.exits import BROKEN
from comity.cli.folder import read_file, write_new
from comity.cli.options import AsJson, Authority, Node
from comity.cli.speech import say, say_damaged, say_field, say_json, say_named, when
from comity.ledger.checkpoint import parse_checkpoint, parse_note
from comity.texts import _

Kind = Annotated[str, typer.Option(help=_("One kind of act: query.ask, record.enter, ..."))]
Member = Annotated[str, typer.Option(help=_("Whose act: a member, for what other bureaus asked here."))]
Officer = Annotated[str, typer.Option(help=_("Whose act: an officer."))]
Purpose = Annotated[str, typer.Option(help=_("For which purpose."))]
Verdict = Annotated[str, typer.Option(help=_("allowed, refused, masked or held."))]
About = Annotated[str, typer.Option(help=_("Whom or what it was about: a name, 'NUMBER COUNTRY', a VIN, a record."))]
Since = Annotated[str, typer.Option(help=_("From here on: 2026-11-23, or with a time."))]
Until = Annotated[str, typer.Option(help=_("Until before this."))]

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("List, show and verify the ledger."))


@app.command("list")
def list_entries(  # noqa: PLR0913 - its options are what is sought
    *,
    before: Annotated[str, typer.Option(help=_("Go on from here: what the list before ended with."))] = "",
    most: Annotated[int, typer.Option(help=_("How many."))] = 50,
    kind: Kind = "",
    member: Member = "",
    officer: Officer = "",
    purpose: Purpose = "",
    verdict: Verdict = "",
    about: About = "",
    since: Since = "",
    until: Until = "",
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """List entries, the newest first. Reading them is an act and an entry too."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - verifying a folder needs no HTTP client

    with Caller(node, ca) as caller:
        found = caller.get(
            "/v1/ledger", EntryList, before=before, most=most, kind=kind, member=member, officer=officer,
            purpose=purpose, verdict=verdict, about=about, since=since, until=until,
        )  # fmt: skip
    if as_json:
        say_json(found)
        return
    say_damaged(found.damaged)
    if not found.entries:
        if found.hint:
            say(found.hint)
        return
    titles = [_("time"), _("kind"), _("verdict"), _("officer"), _("on"), _("purpose"), _("reference"), _("entry")]
    say_named(titles, [(when(each.at), each.kind, *_words(each), each.id) for each in found.entries])
    if found.older:
        say(_("Older: comity ledger list --before {place}").format(place=found.older))


@app.command("export")
def export(  # noqa: PLR0913 - its options are what is sought
    file: Annotated[Path, typer.Argument(help=_("A new file: comity verify FILE says what it proves."))],
    *,
    kind: Kind = "",
    member: Member = "",
    officer: Officer = "",
    purpose: Purpose = "",
    verdict: Verdict = "",
    about: About = "",
    since: Since = "",
    until: Until = "",
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Write entries with what proves each of them to a file for others."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - as above
    from comity.evidence import parse_evidence  # noqa: PLC0415 - it loads the rooms

    with Caller(node, ca) as caller:
        data = caller.fetch(
            "/v1/ledger/export", kind=kind, member=member, officer=officer, purpose=purpose, verdict=verdict,
            about=about, since=since, until=until,
        )  # fmt: skip
    count = len(parse_evidence(data).entries)
    write_new(file, data)
    say(_("Written: {file}, entries: {count}. What it proves: comity verify {file}").format(file=file, count=count))


@app.command("trace")
def trace(
    record: Annotated[str, typer.Argument(help=_("The record, as a hit or an entry names it."))],
    *,
    as_json: AsJson = False,
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Say who could see a record and who has."""
    from comity.cli.caller import Caller, part  # noqa: PLC0415 - as above
    from comity.ledger_desk import Trace  # noqa: PLC0415 - it loads the ledger's code

    with Caller(node, ca) as caller:
        found = caller.get(f"/v1/ledger/records/{part(record)}", Trace)
    if as_json:
        say_json(found)
        return
    say_field(_("register"), found.register)
    say_field(_("source"), found.source)
    say_field(_("audience"), found.audience)
    say_field(_("could see"), " ".join(found.could) or _("unknown: it is not here, or not any more"))
    for each in found.damaged:
        say(each)
    titles = [_("time"), _("member"), _("officer"), _("act"), _("purpose"), _("reference"), _("entry")]
    say_named(titles, [
        (when(each.at), each.member, each.officer, each.kind, each.purpose, each.reference, each.entry)
        for each in found.seen
    ])  # fmt: skip


@app.command("growth")
def growth(
    checkpoint: Annotated[Path, typer.Argument(help=_("A checkpoint of this ledger that you kept earlier."))],
    *,
    key: Annotated[str, typer.Option(help=_("The ledger's verifier key: both checkpoints are by it."))] = "",
    node: Node = "",
    ca: Authority = "",
) -> None:
    """Prove that the ledger only grew since an earlier checkpoint: nothing in it was changed or left out since."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - as above
    from comity.cli.verifying import verify_growth  # noqa: PLC0415 - it loads the ledger's code

    note = read_file(checkpoint, _("The checkpoint"))
    old = parse_checkpoint(parse_note(note).text)
    period = old.origin.rpartition("/")[2]
    with Caller(node, ca) as caller:
        found = caller.get("/v1/ledger/growth", GrowthShown, period=period, size=old.size)
    verify_growth(note, found, key)
    say(_("{origin} had {old} entries and has {new}: the first {old} are the same.").format(
        origin=old.origin, old=found.old_size, new=found.new_size
    ))  # fmt: skip


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
    for name, value in _lines("", found.found.content or {_("content"): _("erased")}):
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
        broken = _("NOT AS IT WAS SIGNED. Findings: {count}.").format(count=len(report.findings))
        say((_("Everything holds: ") + counts) if report.holds else broken)
    if not report.holds:
        raise typer.Exit(BROKEN)


def _lines(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """An entry's content as lines: what stands in something is named behind a dot."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(f"{place}.{name}".lstrip("."), inner)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, each in enumerate(value, 1):
            yield from _lines(f"{place}.{number}", each)
    else:
        yield place, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _words(entry: EntryShort) -> tuple[str, ...]:
    if entry.damage:
        return (_("DAMAGED: {text}").format(text=entry.damage), "", "", "", "")
    content = entry.content or {}
    return tuple(str(content.get(name, "")) for name in ("verdict", "officer", "on", "purpose", "reference"))
