"""A bureau's folder, opened: its keys, what it says about itself, and at the secretariat what is published."""

from pathlib import Path

from comity.cli.folder import read_file
from comity.errors import InputError
from comity.members.ceremony import Draft, parse_draft
from comity.members.keys import KeyFile, Keys, open_keys, parse_keys
from comity.members.member import Bureau, Request, parse_bureau, parse_request
from comity.members.publication import Publication
from comity.members.roles import MEMBERS_PATH
from comity.members.succession import Succession, parse_succession
from comity.peer.repository import read_publication, write_durably
from comity.texts import _


def read_key_file(path: Path) -> KeyFile:
    """A key file, still locked."""
    return parse_keys(read_file(path, "The key file"))


def node_key_file(folder: Path) -> KeyFile:
    """The key file of a folder's node."""
    return read_key_file(folder / "keys.json")


def unlock(file: KeyFile, passphrase: str, *names: str) -> Keys:
    """A key file's keys; InputError, before anything is tried, if it is not the one with the keys ``names``."""
    missing = [name for name in names if name not in file.names]
    if missing:
        raise InputError(
            _("This key file has no key called {missing}.").format(missing=missing[0]),
            where="keys",
            next_step=_("Give the right key file; the secretariat's alone has the network's own keys."),
        )
    return open_keys(file, passphrase)


def own_bureau(folder: Path) -> Bureau:
    """What the folder's bureau says about itself."""
    return parse_bureau(read_file(folder / "bureau.json", "The bureau's own description"))


def own_succession(folder: Path) -> Succession | None:
    """What shows that the folder's bureau's former keys are its own; None where it never replaced its signing key."""
    path = folder / "succession.json"
    return parse_succession(read_file(path, "The succession of keys")) if path.exists() else None


def read_request(path: Path) -> Request:
    """A bureau's request, carried here."""
    return parse_request(read_file(path, "The request"))


def read_draft(path: Path) -> Draft:
    """A draft, carried here."""
    return parse_draft(read_file(path, "The draft"))


def write_draft(path: Path, draft: Draft) -> None:
    """Write a draft, in the place of one before."""
    write_durably(path, draft.encode())


def repository_folder(folder: Path) -> Path:
    """Where the secretariat's folder has what is published."""
    return folder / "data" / "repository"


def published(folder: Path) -> Publication:
    """What the secretariat in ``folder`` publishes; InputError if there is nothing."""
    held = read_publication(repository_folder(folder))
    if MEMBERS_PATH not in held.files:
        raise InputError(
            _("No directory was published from this folder."),
            where=str(folder),
            next_step=_("Give the secretariat's folder, and publish first: comity directory publish"),
        )
    return held
