"""The network's broker: made from the secretariat's keys, run where all bureaus reach it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives import serialization

from comity.cli.bureau import node_key_file, own_bureau, unlock
from comity.cli.folder import read_file, write_new
from comity.cli.secrets import NODE_PASSPHRASE, PassphraseFile, ask_passphrase
from comity.cli.speech import say, say_field, when
from comity.enrolment import SECRETARIAT_KEYS, plan_broker
from comity.errors import UnavailableError
from comity.peer.admissions import read_revoked
from comity.peer.broker import ANY_PORT, run_broker, write_broker
from comity.peer.certificates import CertificateAuthority, expires_at, make_ca, new_key
from comity.peer.repository import write_durably
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Make and run the network's broker."))

Folder = Annotated[Path, typer.Argument(help=_("The broker's folder."))]
_AUTHORITY_KEY: Final = "ca.key"


@app.command("make")
def make(
    folder: Folder,
    *,
    secretariat: Annotated[Path, typer.Option(help=_("The secretariat's folder."))],
    listen: Annotated[
        str, typer.Option(help=_("The address to listen at; 0.0.0.0 for all of the machine's."))
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("The port; -1 takes a free one."), min=ANY_PORT, max=65_535)] = 4222,
    name: Annotated[list[str] | None, typer.Option(help=_("A name bureaus reach it by; once for each."))] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write the broker's folder, or write it anew when its certificate is about to end."""
    bureau, now = own_bureau(secretariat), datetime.now(UTC)
    passphrase = ask_passphrase(str(secretariat / "keys.json"), passphrase_file, NODE_PASSPHRASE)
    keys = unlock(node_key_file(secretariat), passphrase, *SECRETARIAT_KEYS)
    authority = _authority(secretariat, bureau.network, passphrase, now)
    revoked = read_revoked(secretariat / "data" / "broker-users.json")
    plan = plan_broker(bureau.network, keys, authority, now, names=name or (), host=listen, port=port, revoked=revoked)
    write_broker(folder, plan)
    say(_("Written: {path}").format(path=folder))
    say_field(_("certificate"), _("until {time}").format(time=when(expires_at(plan.certificate))))
    say_field(_("authority"), _("until {time}").format(time=when(expires_at(authority.certificate))))


@app.command("run")
def run(
    folder: Folder,
    *,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help=_("End when standard input does, as with a parent process."))
    ] = False,
) -> None:
    """Run the broker until it is told to end."""
    run_broker(folder, until_stdin_closes=until_stdin_closes)


def _authority(folder: Path, network: str, passphrase: str, now: datetime) -> CertificateAuthority:
    """The network's certificate authority, made once; its key lies encrypted under the secretariat's passphrase."""
    path = folder / _AUTHORITY_KEY
    if path.exists():
        certificate = read_file(folder / "ca.pem", _("The authority's certificate"))
        return CertificateAuthority(certificate, _open(read_file(path, _("The authority's key")), passphrase))
    made = make_ca(network, new_key(), now)
    key = serialization.load_pem_private_key(made.key, None)
    encryption = serialization.BestAvailableEncryption(passphrase.encode())
    write_new(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    write_durably(folder / "ca.pem", made.certificate)
    return made


def _open(data: bytes, passphrase: str) -> bytes:
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise UnavailableError(_("The passphrase does not open the authority's key."), where=_AUTHORITY_KEY) from error
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
