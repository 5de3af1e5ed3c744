"""A stopped node, opened for one act by whoever holds its folder: no line, no background work."""

from collections.abc import Callable
from pathlib import Path

from comity.cli.folder import read_file
from comity.config import read_config
from comity.errors import InputError
from comity.ids import MemberCode
from comity.keyring import Keyring
from comity.lock import hold_folder
from comity.members.keys import parse_keys
from comity.node import Node
from comity.peer.line import NoAnswer, Silence


class DownLine:
    """A line that is down."""

    is_up = False
    rtt_ms = None

    def ask(self, to: MemberCode, data: bytes, deadline_s: float) -> NoAnswer:
        """Nobody can be asked."""
        del data, deadline_s
        return NoAnswer(to, Silence.LINE_DOWN)

    def serve(self, answer: Callable[[MemberCode, bytes], bytes]) -> None:
        """Nobody asks."""

    def nudge(self, data: bytes) -> None:
        """Nobody hears."""

    def on_nudge(self, callback: Callable[[bytes], None]) -> None:
        """Nothing is heard."""


def give_officer(
    folder: Path, passphrase: str, name: str, title: str, roles: tuple[str, ...], *, profile: str = "standard"
) -> str:
    """A one-time password for an officer, who is created if need be; UnavailableError while the node runs."""
    if not (folder / "root.json").exists():
        raise InputError(
            "The network's first root is missing.",
            where=str(folder / "root.json"),
            next_step="Put what the secretariat sent (pass.jwt, root.json, ca.pem) into the folder first.",
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
