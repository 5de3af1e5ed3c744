"""A stopped node, opened for one act by whoever holds its folder: no line, no background work."""

from pathlib import Path

from comity.cli.folder import read_file
from comity.config import read_config
from comity.errors import InputError
from comity.keyring import Keyring
from comity.lock import hold_folder
from comity.members.keys import parse_keys
from comity.node import Node
from comity.peer.line import DownLine
from comity.texts import _


def give_officer(
    folder: Path, passphrase: str, name: str, title: str, roles: tuple[str, ...], *, profile: str = "standard"
) -> str:
    """A one-time password for an officer, who is created if need be; UnavailableError while the node runs."""
    if not (folder / "root.json").exists():
        raise InputError(
            _("The network's first root is missing."),
            where=str(folder / "root.json"),
            next_step=_("Put what the secretariat sent (pass.jwt, root.json, ca.pem) into the folder first."),
        )
    config = read_config(folder / "node.toml")
    keyring = Keyring(parse_keys(read_file(config.path(config.keys), "The key file")))
    keyring.unlock(passphrase)
    with hold_folder(config.root_folder):
        node = Node(config, keyring, DownLine(), own_threads=False, profile=profile)
        try:
            return node.officers.give(name, title, roles)
        finally:
            node.close()
