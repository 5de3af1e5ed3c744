"""What the network's key holders do: make their keys, begin the network, sign drafts, renew."""

import secrets as entropy
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from comity.cli.bureau import node_key_file, published, read_draft, read_key_file, unlock, write_draft
from comity.cli.drafts import tell, write_and_tell
from comity.cli.folder import delegation_path, verify_absent, write_new
from comity.cli.making import Passphrases, new_bureau, verify_new
from comity.cli.rulebook_file import read_rulebook
from comity.cli.secrets import (
    NODE_PASSPHRASE,
    OFFLINE_PASSPHRASE,
    OfflinePassphraseFile,
    PassphraseFile,
    Profile,
    ask_passphrase,
)
from comity.cli.speech import say, say_field
from comity.enrolment import (
    DIRECTORY_KEY,
    HOLDER_KEY,
    SECRETARIAT_KEYS,
    draft_amended,
    draft_first,
    draft_renewed_root,
)
from comity.errors import InputError, MalformedError
from comity.members.ceremony import renew_targets, sign
from comity.members.changes import count, is_signer
from comity.members.keys import fingerprint, make_keys, parse_keys
from comity.members.roles import TARGETS
from comity.signer import parse_public_key
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Key holders: keys, drafts and signatures."))

Holders = Annotated[list[str] | None, typer.Option("--holder", help=_("A holder's public key; once for each."))]


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help=_("Where to write the key file."))],
    *,
    passphrase_file: OfflinePassphraseFile = None,
    profile: Profile = "standard",
) -> None:
    """Make a holder's key in an encrypted file; its public half goes to the secretariat."""
    verify_absent(file)
    passphrase = ask_passphrase(str(file), passphrase_file, OFFLINE_PASSPHRASE, is_new=True)
    data = make_keys([HOLDER_KEY], passphrase, entropy.token_bytes, profile=profile)
    write_new(file, data)
    public = parse_keys(data).public_key(HOLDER_KEY)
    say_field(_("public key"), public.hex())
    say_field(_("fingerprint"), fingerprint(public))
    say(_("Tell the secretariat both; read the fingerprint over another way than the one the key travels."))


@app.command("begin")
def begin_network(  # noqa: PLR0913 - each is an option of the command
    folder: Annotated[Path, typer.Argument(help=_("The secretariat's folder, to be made."))],
    *,
    network: Annotated[str, typer.Option(help=_("The network's name, like a domain: small letters, digits, dots."))],
    desk: Annotated[str, typer.Option(help=_("How the secretariat's duty desk is reached, by night too."))],
    holder: Holders = None,
    threshold: Annotated[int, typer.Option(help=_("How many holders must sign."))] = 2,
    code: Annotated[str, typer.Option(help=_("The secretariat's member code."))] = "GS",
    title: Annotated[str, typer.Option(help=_("What the secretariat is called."))] = "General Secretariat",
    rulebook: Annotated[
        Path | None,
        typer.Option(help=_("The organisation's own rulebook, a JSON file; else the model's.")),
    ] = None,
    passphrase_file: PassphraseFile = None,
    delegation_passphrase_file: OfflinePassphraseFile = None,
    profile: Profile = "standard",
) -> None:
    """Make the secretariat's keys and draft the network's root and list of members, for the holders to sign."""
    publics, own = _publics(holder or ()), read_rulebook(rulebook) if rulebook else None
    delegation = delegation_path(folder, None)
    verify_new(folder, delegation)
    made = new_bureau(
        SECRETARIAT_KEYS,
        Passphrases(
            ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE, is_new=True),
            ask_passphrase(str(delegation), delegation_passphrase_file, OFFLINE_PASSPHRASE, is_new=True),
        ),
        network=network, code=code, title=title, countries=(), desk=desk, profile=profile,
    )  # fmt: skip
    online = parse_keys(made.keys).public_key(DIRECTORY_KEY)
    drafts = draft_first(made.request, publics, threshold, online, datetime.now(UTC), own)
    made.write(folder, delegation)
    for draft in drafts:
        write_and_tell(folder / f"{draft.role}.draft", draft)
    say(_("{count} holders sign both. Each compares the words with the others first.").format(count=threshold))


@app.command("sign")
def sign_draft(
    draft: Annotated[Path, typer.Argument(help=_("The draft that was carried here; it gets the signature."))],
    *,
    key: Annotated[Path, typer.Option(help=_("The key file to sign with."))],
    passphrase_file: OfflinePassphraseFile = None,
) -> None:
    """Sign a draft with a holder's or a bureau's offline key, after reading what it changes and comparing its words."""
    found, file = read_draft(draft), read_key_file(key)
    tell(found)
    if len(file.names) != 1:
        raise InputError(
            _("This is a node's key file, not a holder's."), where=str(key), next_step=_("Give the holder's own.")
        )
    if not is_signer(found, file.public_key(file.names[0])):
        raise InputError(
            _("This key is no holder's of this network: its signature would not count."),
            where=str(key),
            next_step=_("Give the key file of one of the holders named above, or of the root that is in force."),
        )
    if sys.stdin.isatty():  # who calls it from a script has read it before
        typer.confirm(_("Do the words and everything above stand as the others have them? Sign it?"), abort=True)
    opened = unlock(file, ask_passphrase(str(key), passphrase_file, OFFLINE_PASSPHRASE))
    signed = sign(found, opened.signer(file.names[0]))
    write_draft(draft, signed)
    say(_("Signed."))
    for each in count(signed):
        by = _("of the present holders") if each.is_by_present else _("of the holders")
        say_field(_("signed by"), _("{have} {by}, of {need} needed").format(have=each.have, by=by, need=each.need))


@app.command("renew")
def renew(
    folder: Annotated[Path, typer.Argument(help=_("The secretariat's folder."))],
    *,
    holder: Holders = None,
    threshold: Annotated[int, typer.Option(help=_("How many must sign from now on; 0 for as many as now."))] = 0,
) -> None:
    """Draft the next root and list of members: the same for another year, or with other holders."""
    held, now = published(folder), datetime.now(UTC)
    online = node_key_file(folder).public_key(DIRECTORY_KEY)
    root = draft_renewed_root(held, _publics(holder or ()), threshold, online, now)
    targets = msgspec.structs.replace(renew_targets(held.draft(TARGETS), now), root=root.metadata)
    for draft in (root, targets):
        write_and_tell(folder / f"{draft.role}.draft", draft)
    say(_("Enough of the present holders sign; where holders change, enough of the next ones too."))


@app.command("amend")
def amend(
    folder: Annotated[Path, typer.Argument(help=_("The secretariat's folder."))],
    *,
    rulebook: Annotated[Path, typer.Option(help=_("The rulebook that is to come, a JSON file."))],
) -> None:
    """Draft the next list of members with another rulebook, and say which rules come, go and change."""
    held, wanted = published(folder), read_rulebook(rulebook)
    draft = draft_amended(held, wanted, datetime.now(UTC))
    if draft is None:
        say(_("This rulebook is in force already. Nothing was written."))
        return
    write_and_tell(folder / "amend.draft", draft)
    say(_("Holders read every change and sign; then it is published: comity directory publish"))


def _publics(texts: Sequence[str]) -> list[bytes]:
    try:
        return [parse_public_key(text.strip().lower(), "--holder") for text in texts]
    except MalformedError as error:
        raise InputError(
            error.message, where=error.where, next_step=_("Take it from what: comity ceremony key printed.")
        ) from error
