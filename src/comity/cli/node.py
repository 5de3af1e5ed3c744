"""A node: its configuration, its run, its keys."""

from pathlib import Path
from typing import Annotated, Any

import typer

from comity.cli.exits import BROKEN
from comity.cli.options import Authority, Node
from comity.cli.secrets import NODE_PASSPHRASE, PassphraseFile, ask_passphrase
from comity.cli.speech import say
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Configure, run and unlock a node."))


@app.command("config")
def configure(
    folder: Annotated[Path, typer.Argument(help=_("The bureau's folder."))],
    *,
    secretariat: Annotated[str, typer.Option(help=_("The secretariat's member code."))] = "GS",
    broker: Annotated[
        list[str] | None, typer.Option(help=_("A broker's address, tls://host:port; once for each."))
    ] = None,
    broker_folder: Annotated[
        str, typer.Option(help=_("In place of addresses: a broker's folder on this machine."))
    ] = "",
    host: Annotated[
        str, typer.Option(help=_("Where pages are served; beyond this machine with a certificate."))
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("Its port; 0 takes a free one."))] = 0,
    tls_certificate: Annotated[str, typer.Option(help=_("The certificate for pages."))] = "",
    tls_key: Annotated[str, typer.Option(help=_("Its key."))] = "",
    time_zone: Annotated[str, typer.Option(help=_("The bureau's time zone, Europe/Vilnius."))] = "UTC",
    passphrase: Annotated[str, typer.Option("--node-passphrase-file", help=_("For starts without a person."))] = "",
) -> None:
    """Write node.toml, every option explained in it."""
    from comity.cli.bureau import own_bureau  # noqa: PLC0415 - running a node loads what it needs, and no more
    from comity.cli.folder import verify_absent, write_new  # noqa: PLC0415 - as above
    from comity.config import parse_config  # noqa: PLC0415 - as above
    from comity.config_file import write_config  # noqa: PLC0415 - as above

    path, bureau = folder / "node.toml", own_bureau(folder)
    verify_absent(path)
    values: dict[str, Any] = {"network": bureau.network, "member": bureau.code, "secretariat": secretariat}
    values |= {"host": host, "port": port, "time_zone": time_zone}
    given = {
        "broker": broker or [],
        "broker_folder": broker_folder and str(Path(broker_folder).absolute()),
        "tls_certificate": tls_certificate and str(Path(tls_certificate).absolute()),
        "tls_key": tls_key and str(Path(tls_key).absolute()),
        "passphrase_file": passphrase and str(Path(passphrase).absolute()),
    }
    data = write_config(values | {key: value for key, value in given.items() if value}).encode()
    parse_config(data, path)  # what a start would refuse is refused here
    write_new(path, data)
    say(_("Written: {path}").format(path=path))


@app.command("run")
def run(
    config: Annotated[Path, typer.Argument(help=_("The node's configuration: node.toml."))],
    *,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help=_("End when standard input does, as with a parent process."))
    ] = False,
) -> None:
    """Run a node until it is told to end."""
    from comity.runtime import run_node  # noqa: PLC0415 - the whole program, for this command alone

    raise typer.Exit(run_node(config, until_stdin_closes=until_stdin_closes))


@app.command("unlock")
def unlock(*, node: Node = "", ca: Authority = "", passphrase_file: PassphraseFile = None) -> None:
    """Open a running node's keys."""
    from comity.cli.caller import Caller  # noqa: PLC0415 - running a node needs no HTTP client

    with Caller(node, ca) as caller:
        caller.unlock(ask_passphrase(_("the node's keys"), passphrase_file, NODE_PASSPHRASE))
        say(_("The keys are open at {node}.").format(node=caller.node))


@app.command("verify")
def verify(folder: Annotated[Path, typer.Argument(help=_("The secretariat's folder, running or stopped."))]) -> None:
    """Compare batches, catalogue, ledger and indexes, everything at once. Ends with 4 if anything differs."""
    from comity.cli.rebuilding import verify_registers  # noqa: PLC0415 - running a node needs none of it

    findings = verify_registers(folder)
    for finding in findings:
        say(finding)
    if findings:
        say(_("Findings: {count}. What to do: docs/operating.md, section 10.").format(count=len(findings)))
        raise typer.Exit(BROKEN)
    say(_("Batches, catalogue, ledger and indexes agree."))


@app.command("rebuild")
def rebuild(
    folder: Annotated[Path, typer.Argument(help=_("The secretariat's folder, running or stopped."))],
    register: Annotated[str, typer.Argument(help=_("One register; all of them if none is named."))] = "",
) -> None:
    """Build an index anew from the batches, at once or at the node's start. It gives no answers until then."""
    from comity.cli.rebuilding import rebuild as ask  # noqa: PLC0415 - as above

    for name in ask(folder, register):
        say(_("The index of {register} will be built anew.").format(register=name))
