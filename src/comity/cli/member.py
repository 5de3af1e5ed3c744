"""How a bureau becomes a member: it asks, holders admit it, it speaks for itself, the secretariat lets its node in."""

import secrets as entropy
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from comity.cli.bureau import (
    node_key_file,
    own_bureau,
    own_succession,
    published,
    read_draft,
    read_key_file,
    read_request,
    unlock,
)
from comity.cli.drafts import write_and_tell
from comity.cli.folder import delegation_path, read_file
from comity.cli.making import Passphrases, new_bureau, verify_new
from comity.cli.secrets import (
    NODE_PASSPHRASE,
    OFFLINE_PASSPHRASE,
    OfflinePassphraseFile,
    PassphraseFile,
    Profile,
    ask_passphrase,
)
from comity.cli.speech import ask_first, say, say_field, when
from comity.enrolment import DELEGATION_KEY, NODE_KEYS, describe_own, issue_pass
from comity.errors import InputError
from comity.ids import parse_member_code
from comity.limits import FORMER_KEYS_MAX
from comity.members import ceremony
from comity.members.ceremony import Draft, describe_member
from comity.members.directory import parse_directory
from comity.members.keys import Keys, add_sealing_key, destroy_sealing_keys, open_keys, parse_keys, replace_key
from comity.members.member import Bureau
from comity.members.roles import ROOT, TARGETS, member_role
from comity.members.succession import Succession, no_succession
from comity.peer.repository import write_durably
from comity.signer import Signer
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("How a bureau becomes a member, or leaves."))

_STATED_KEYS: Final = ("signing", "ledger", "broker")  # of every bureau; its sealing key has a number

Own = Annotated[Path, typer.Argument(help=_("The bureau's own folder."))]
Secretariat = Annotated[Path, typer.Argument(help=_("The secretariat's folder."))]
Delegation = Annotated[
    Path | None, typer.Option(help=_("The delegation key; else <folder>-delegation.json beside it."))
]


@app.command("request")
def make_request(
    folder: Own,
    *,
    network: Annotated[str, typer.Option(help=_("The network's name."))],
    code: Annotated[str, typer.Option(help=_("The member's code: two to eight capital letters or digits."))],
    title: Annotated[str, typer.Option(help=_("What the member is called."))],
    desk: Annotated[str, typer.Option(help=_("How its duty desk is reached, by night too."))],
    country: Annotated[
        list[str] | None, typer.Option(help=_("An issuing state it answers for; once for each."))
    ] = None,
    delegation: Delegation = None,
    passphrase_file: PassphraseFile = None,
    delegation_passphrase_file: OfflinePassphraseFile = None,
    profile: Profile = "standard",
) -> None:
    """At the bureau: make its keys and the request that goes to the secretariat."""
    kept = delegation_path(folder, delegation)
    verify_new(folder, kept)
    made = new_bureau(
        NODE_KEYS,
        Passphrases(
            ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE, is_new=True),
            ask_passphrase(str(kept), delegation_passphrase_file, OFFLINE_PASSPHRASE, is_new=True),
        ),
        network=network, code=code, title=title, countries=country or (), desk=desk, profile=profile,
    )  # fmt: skip
    made.write(folder, kept)
    say(_("Written: {path}").format(path=folder / "request.json"))
    say_field(_("words"), made.request.words)
    say(_("Send the request; read the words to every key holder over another way."))
    say(_("Put {path} into a safe: it speaks for this member.").format(path=kept))


@app.command("admit")
def admit(
    folder: Secretariat,
    request: Annotated[Path, typer.Argument(help=_("The request that the bureau sent."))],
    *,
    recover: Annotated[bool, typer.Option(help=_("It is a member already; its delegation key was lost."))] = False,
) -> None:
    """At the secretariat: draft the list of members with this bureau, for the holders to sign."""
    asked, held = read_request(request), published(folder)
    make = ceremony.recover if recover else ceremony.admit
    draft = make(held.draft(TARGETS), asked, datetime.now(UTC))
    write_and_tell(folder / f"admit-{asked.code}.draft", draft)
    say(_("The holders sign once the bureau itself has read them the request's words."))


@app.command("remove")
def remove(folder: Secretariat, code: Annotated[str, typer.Argument(help=_("The member's code."))]) -> None:
    """At the secretariat: draft the list of members without this one, for the holders to sign."""
    held = published(folder)
    draft = ceremony.remove(held.draft(TARGETS), parse_member_code(code), datetime.now(UTC))
    write_and_tell(folder / f"remove-{code}.draft", draft)


@app.command("sign")
def sign(
    folder: Own,
    *,
    desk: Annotated[str, typer.Option(help=_("Another way to reach the duty desk."))] = "",
    delegation: Delegation = None,
    passphrase_file: PassphraseFile = None,
    delegation_passphrase_file: OfflinePassphraseFile = None,
) -> None:
    """At the bureau: sign what it says about itself, for another year, with its delegation key."""
    bureau = own_bureau(folder)
    if desk:
        keys = unlock(node_key_file(folder), _ask_node_passphrase(folder, passphrase_file), *_STATED_KEYS)
        bureau = _describe_again(bureau, keys, desk)
    _sign_own(folder, bureau, delegation, delegation_passphrase_file)


@app.command("rotate")
def rotate(
    folder: Own,
    *,
    is_signing: Annotated[
        bool, typer.Option("--signing", help=_("Replace the signing key, not the sealing key."))
    ] = False,
    delegation: Delegation = None,
    passphrase_file: PassphraseFile = None,
    delegation_passphrase_file: OfflinePassphraseFile = None,
) -> None:
    """At the bureau: make a new sealing key and sign it. The key before stays, for what was sealed to it.

    With --signing, make a new signing key instead: the one before signs its successor, and is gone.
    """
    passphrase = _ask_node_passphrase(folder, passphrase_file)
    held = node_key_file(folder)
    if is_signing:
        _rotate_signing(
            folder, unlock(held, passphrase, *_STATED_KEYS), passphrase, delegation, delegation_passphrase_file
        )
        return
    unlock(held, passphrase, *held.sealing_names[:1])
    changed = add_sealing_key(held, passphrase, entropy.token_bytes)
    bureau = own_bureau(folder)
    bureau = _describe_again(bureau, open_keys(parse_keys(changed), passphrase), bureau.desk)
    write_durably(folder / "keys.json", changed)
    _sign_own(folder, bureau, delegation, delegation_passphrase_file)
    say(_("Before that, let the running node have the new key: comity node unlock"))
    say(_("After 30 days, destroy the key before: comity member destroy"))


def _rotate_signing(
    folder: Path, opened: Keys, passphrase: str, delegation: Path | None, delegation_passphrase_file: Path | None
) -> None:
    """Everything that may be refused comes before the first file is written: the key before is gone after that."""
    bureau, former = own_bureau(folder), opened.signer("signing")
    if former.public != bureau.signing_key:
        raise InputError(
            _("The key file's signing key is not the one that bureau.json names."),
            where=str(folder),
            next_step=_("Bring both back from the same copy."),
        )
    by = _delegation_signer(folder, delegation, delegation_passphrase_file)
    changed = replace_key(node_key_file(folder), passphrase, "signing", entropy.token_bytes)
    keys = open_keys(parse_keys(changed), passphrase)
    before = own_succession(folder) or no_succession(bureau.network, bureau.code)
    succession = before.followed_by(former, keys.signer("signing").public)
    named = (*bureau.former, bureau.signing)[-FORMER_KEYS_MAX:]
    following = msgspec.structs.replace(bureau, former=named)
    draft = _draft(folder, _describe_again(following, keys, bureau.desk), by, succession)
    write_durably(folder / "succession.json", succession.encode())
    write_durably(folder / "keys.json", changed)
    _write_own(folder, draft)
    say(_("Once it is published, start the node again: until then others know it by the key before."))


@app.command("destroy")
def destroy(
    folder: Own,
    *,
    passphrase_file: PassphraseFile = None,
    is_sure: Annotated[bool, typer.Option("--yes", help=_("Destroy without being asked."))] = False,
) -> None:
    """At the bureau: destroy the sealing keys before the present one; what is sealed to them stays so for good."""
    passphrase = _ask_node_passphrase(folder, passphrase_file)
    held = node_key_file(folder)
    former = held.sealing_names[1:]
    if not former:
        raise InputError(_("There is no sealing key but the present one."), where="keys")
    if not is_sure:
        lost = _("What was sealed to {names} in the last 30 days is then lost for good.").format(
            names=", ".join(former)
        )
        say(lost)
        ask_first(
            _("Were they replaced 30 days ago or more, and are they to be destroyed?"),
            unasked=lost, next_step=_("Where they were replaced 30 days ago, say --yes."),
        )  # fmt: skip
    write_durably(folder / "keys.json", destroy_sealing_keys(held, passphrase, entropy.token_bytes))
    say(_("Destroyed: {names}. Start the node again, and destroy old copies of the key file too.").format(
        names=", ".join(former)
    ))  # fmt: skip


def _ask_node_passphrase(folder: Path, passphrase_file: Path | None) -> str:
    return ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE)


def _describe_again(bureau: Bureau, keys: Keys, desk: str) -> Bureau:
    former = tuple(bytes.fromhex(key) for key in bureau.former)
    return describe_own(bureau.network, bureau.code, keys, desk, posts=bureau.posts, former=former)


def _sign_own(folder: Path, bureau: Bureau, delegation: Path | None, passphrase_file: Path | None) -> None:
    by = _delegation_signer(folder, delegation, passphrase_file)
    _write_own(folder, _draft(folder, bureau, by, own_succession(folder)))


def _delegation_signer(folder: Path, delegation: Path | None, passphrase_file: Path | None) -> Signer:
    kept = delegation_path(folder, delegation)
    passphrase = ask_passphrase(str(kept), passphrase_file, OFFLINE_PASSPHRASE)
    return unlock(read_key_file(kept), passphrase, DELEGATION_KEY).signer(DELEGATION_KEY)


def _draft(folder: Path, bureau: Bureau, by: Signer, succession: Succession | None) -> Draft:
    return describe_member(bureau, _version(folder, bureau) + 1, by, datetime.now(UTC), succession)


def _write_own(folder: Path, draft: Draft) -> None:
    (bureau,) = (data for path, data in draft.files.items() if path.endswith("/bureau.json"))
    write_durably(folder / "bureau.json", bureau)
    write_and_tell(folder / "bureau.draft", draft)
    say(_("Send it to the secretariat, which publishes it."))


@app.command("pass")
def let_in(
    folder: Secretariat,
    code: Annotated[str, typer.Argument(help=_("The member's code."))],
    *,
    to: Annotated[Path, typer.Option(help=_("The folder in which to put what the bureau gets."))],
    passphrase_file: PassphraseFile = None,
) -> None:
    """At the secretariat: write what lets a member's node in for 90 days: pass, root and certificate."""
    bureau, held = own_bureau(folder), published(folder)
    member = parse_member_code(code)
    root, ca = read_file(folder / "root.json", _("The first root")), read_file(folder / "ca.pem", _("The certificate"))
    passphrase = ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE)
    account = unlock(node_key_file(folder), passphrase, "account").signer("account")
    token, expires_at = issue_pass(account, held, member, datetime.now(UTC), is_secretariat=member == bureau.code)
    for name, data in (("pass.jwt", token.encode()), ("root.json", root), ("ca.pem", ca)):
        write_durably(to / name, data)
    say(_("Written: {path}").format(path=to))
    say_field(_("until"), when(expires_at))
    say_field(_("root"), root_words(root))
    say(_("The bureau puts the files into its folder and compares the root's words over another way."))


def root_words(root: bytes) -> str:
    """The fingerprint of a root: what a bureau compares before it trusts it."""
    return Draft(ROOT, root).words


def _version(folder: Path, bureau: Bureau) -> int:
    """The highest version of the bureau's role that is known here: signed before, or acquired by the node."""
    role, path = member_role(bureau.code), folder / "data" / "directory" / "directory.json"
    found = [0]
    if (folder / "bureau.draft").exists():
        found.append(read_draft(folder / "bureau.draft").version)
    if path.exists():
        found.append(parse_directory(read_file(path, _("The directory"))).versions.get(role, 0))
    return max(found)
