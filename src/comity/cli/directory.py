"""The directory: what stands in it, and publishing what its holders signed."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from comity.cli.bureau import node_key_file, read_draft, repository_folder, unlock
from comity.cli.folder import read_file
from comity.cli.member import root_words
from comity.cli.secrets import NODE_PASSPHRASE, PassphraseFile, ask_passphrase
from comity.cli.speech import say, say_field, say_table, when
from comity.cli.verifying import known_in
from comity.enrolment import DIRECTORY_KEY, publish, take_in
from comity.errors import InputError, UntrustedError
from comity.lock import hold_folder
from comity.members.ceremony import Draft
from comity.members.directory import parse_directory
from comity.members.publication import Publication
from comity.members.roles import MEMBERS_PATH, ROOT, TARGETS, form_of, parse_role
from comity.peer.repository import Repository, read_publication, write_durably
from comity.texts import _

app = typer.Typer(add_completion=False, no_args_is_help=True, help=_("Show and publish the directory."))

Node = Annotated[str, typer.Option(envvar="COMITY_NODE", help=_("The running node's address."))]
Authority = Annotated[str, typer.Option(envvar="COMITY_CA", help=_("The authority that the node's certificate is by."))]
_TRIES: Final = 16
_PAUSE_S: Final = 0.25


@app.command("publish")
def publish_drafts(
    paths: Annotated[
        list[Path],
        typer.Argument(help=_("A stopped secretariat's folder, then drafts; for a running one, drafts alone.")),
    ],
    *,
    node: Node = "",
    ca: Authority = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Publish drafts that enough people have signed. Members who are new may use every channel."""
    folder = paths[0] if paths[0].is_dir() else None
    drafts = [read_draft(path) for path in (paths[1:] if folder else paths)]
    if not drafts:
        raise InputError(_("There is no draft to publish."), where="PATHS", next_step=_("Name the signed drafts."))
    if folder is None:
        _publish_at(node, ca, drafts)
    else:
        _publish_in(folder, drafts, passphrase_file)


@app.command("show")
def show(folder: Annotated[Path, typer.Argument(help=_("A node's folder, running or stopped."))]) -> None:
    """Show what a folder holds of the directory, and the words of its first root."""
    if (folder / "root.json").exists():
        say_field(_("first root"), root_words(read_file(folder / "root.json", _("The first root"))))
    held = read_publication(repository_folder(folder))
    if MEMBERS_PATH in held.files:
        _show_published(held)
        return
    path = folder / "data" / "directory" / "directory.json"
    if not path.exists():
        say(_("No directory is here yet: the node acquires it when it runs."))
        return
    directory = parse_directory(read_file(path, _("The directory")))
    say_field(_("network"), directory.network)
    say_field(_("verified"), when(directory.verified_at))
    roles = [(name, str(state.version), when(state.expires_at)) for name, state in directory.roles.items()]
    say_table([_("role"), _("version"), _("until")], sorted(roles))
    members = [(each.member.code, each.member.title, each.absent or "-") for each in directory.listings.values()]
    say_table([_("member"), _("title"), _("absent")], sorted(members))


def _publish_in(folder: Path, drafts: list[Draft], passphrase_file: Path | None) -> None:
    with hold_folder(folder):
        passphrase = ask_passphrase(str(folder / "keys.json"), passphrase_file, NODE_PASSPHRASE)
        signer = unlock(node_key_file(folder), passphrase, DIRECTORY_KEY).signer(DIRECTORY_KEY)
        repository, now = Repository(repository_folder(folder)), datetime.now(UTC)
        fresh = take_in(repository, drafts, signer, now, known_in(folder))
        published = publish(repository, signer, now)
        if not (folder / "root.json").exists():
            write_durably(folder / "root.json", repository.publication.roles[ROOT])
    say(_("Published: {count} new files.").format(count=len(published)))
    for code in fresh:
        say_field(_("admitted"), code)
    say_field(_("first root"), root_words(read_file(folder / "root.json", _("The first root"))))


def _publish_at(node: str, ca: str, drafts: list[Draft]) -> None:
    from comity.cli.caller import Caller  # noqa: PLC0415 - an HTTP client is not loaded to publish in a folder

    with Caller(node, ca) as caller:
        for draft in sorted(drafts, key=lambda each: each.role not in {ROOT, TARGETS}):
            for left in reversed(range(_TRIES)):
                try:
                    entry = caller.publish(draft.encode())
                    break
                except UntrustedError:
                    if not left:
                        raise
                    time.sleep(_PAUSE_S)  # what it builds on may have been published a moment ago
            say(_("Published: {role}, version {version}.").format(role=draft.role, version=draft.version))
            say_field(_("entry"), entry)


def _show_published(held: Publication) -> None:
    listed = held.members()
    say_field(_("network"), listed.network)
    roles = []
    for name, data in sorted(held.roles.items()):
        signed = parse_role(name, data, form_of(name)).signed
        roles.append((name, str(signed.version), when(signed.expires)))
    say_table([_("role"), _("version"), _("until")], roles)
    members = [(each.code, each.title, ", ".join(each.countries), each.delegation) for each in listed.members]
    say_table([_("member"), _("title"), _("countries"), _("delegation key")], members)
