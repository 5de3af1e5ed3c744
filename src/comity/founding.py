"""Founding a network in folders, in one go, as the demonstration and the simulator need it.

By hand, as ``docs/operating.md`` tells, each step is a command, done by different people on different machines.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from comity.config import Config, read_config
from comity.config_file import write_config
from comity.enrolment import (
    DIRECTORY_KEY,
    NODE_KEYS,
    SECRETARIAT_KEYS,
    describe_own,
    draft_first,
    issue_pass,
    open_new,
    plan_broker,
    publish,
)
from comity.ids import MemberCode
from comity.members.ceremony import Draft, admit, describe_member, sign
from comity.members.keys import Keys, make_keys, open_keys, parse_keys
from comity.members.member import Request, request
from comity.members.roles import ROOT, TARGETS
from comity.peer.broker import ANY_PORT, write_broker
from comity.peer.certificates import make_ca, new_key
from comity.peer.repository import Repository, write_durably
from comity.signer import Ed25519Signer, Entropy, Signer

HOLDERS: Final = 3
THRESHOLD: Final = 2


class Founder(msgspec.Struct, frozen=True, kw_only=True):
    """A member to be founded with. ``web_port`` 0 takes a free one."""

    code: str
    title: str
    countries: tuple[str, ...] = ()
    desk: str
    time_zone: str = "UTC"
    web_port: int = 0
    has_tour: bool = False


class Founding:
    """A network being founded in ``folder``, one sub-folder a member, and ``broker`` for the broker.

    ``profile`` is what a passphrase costs to guess (``members.keys.PROFILES``).
    """

    def __init__(
        self,
        folder: Path,
        network: str,
        secretariat: Founder,
        *,
        now: datetime,
        entropy: Entropy = secrets.token_bytes,
        profile: str = "standard",
    ) -> None:
        """The ceremony: three holders, two of whom sign; the secretariat's node keys; the first directory."""
        self.folder = folder
        self.network = network
        self._now = now
        self._entropy = entropy
        self._profile = profile
        self._secretariat = secretariat.code
        self.passphrases: dict[str, str] = {}
        self._holders = [Ed25519Signer(entropy(32)) for _ in range(HOLDERS)]
        self._keys: dict[str, Keys] = {secretariat.code: self._make_keys(secretariat.code, SECRETARIAT_KEYS)}
        self._repository = Repository(self._node_folder(secretariat.code) / "data" / "repository")
        self._begin(secretariat)

    @property
    def _directory_signer(self) -> Signer:
        return self._keys[self._secretariat].signer(DIRECTORY_KEY)

    def join(self, founder: Founder) -> None:
        """A bureau asks, two holders admit it, it signs its own role, and the secretariat publishes and lets it in."""
        code = MemberCode(founder.code)
        self._keys[code] = self._make_keys(code, NODE_KEYS)
        delegation = Ed25519Signer(self._entropy(32))
        held = self._repository.publication
        draft = admit(held.draft(TARGETS), self._request(founder, delegation), self._now)
        self._repository.accept(self._sign(draft), self._now)
        self._speak(founder, delegation)

    def publish(self) -> None:
        """Open every channel to every member, and publish."""
        open_new(self._repository, set(), self._directory_signer, self._now)
        publish(self._repository, self._directory_signer, self._now)
        root = self._repository.publication.roles[ROOT]
        for code in self._keys:
            write_durably(self._node_folder(code) / "root.json", root)

    def write_broker(self, *, host: str = "127.0.0.1", port: int = ANY_PORT) -> None:
        """The broker's folder: TLS by the network's own authority, one account, claims that can be pushed."""
        ca = make_ca(self.network, new_key(), self._now)
        keys = self._keys[self._secretariat]
        plan = plan_broker(self.network, keys, ca, self._now, names=(host,), host=host, port=port)
        write_broker(self.folder / "broker", plan)
        for code in self._keys:
            write_durably(self._node_folder(code) / "ca.pem", ca.certificate)

    def config(self, code: str) -> Config:
        """The configuration that a member's node was founded with."""
        return read_config(self._node_folder(code) / "node.toml")

    def _begin(self, secretariat: Founder) -> None:
        delegation = Ed25519Signer(self._entropy(32))
        publics = [holder.public for holder in self._holders]
        asked = self._request(secretariat, delegation)
        for draft in draft_first(asked, publics, THRESHOLD, self._directory_signer.public, self._now):
            self._repository.accept(self._sign(draft), self._now)
        self._speak(secretariat, delegation)

    def _request(self, founder: Founder, delegation: Signer) -> Request:
        return request(
            network=self.network, code=founder.code, title=founder.title, countries=founder.countries,
            delegation=delegation.public,
        )  # fmt: skip

    def _speak(self, founder: Founder, delegation: Signer) -> None:
        """A member that is listed says for itself which keys its node has; with that its node can come in."""
        code = MemberCode(founder.code)
        bureau = describe_own(self.network, code, self._keys[code], founder.desk)
        self._repository.accept(describe_member(bureau, 1, delegation, self._now), self._now)
        self._write_node(founder)

    def _sign(self, draft: Draft) -> Draft:
        for holder in self._holders[:THRESHOLD]:
            draft = sign(draft, holder)
        return draft

    def _make_keys(self, code: str, names: Sequence[str]) -> Keys:
        passphrase = self._entropy(16).hex()
        data = make_keys(names, passphrase, self._entropy, profile=self._profile)
        write_durably(self._node_folder(code) / "keys.json", data)
        self.passphrases[code] = passphrase
        return open_keys(parse_keys(data), passphrase)

    def _write_node(self, founder: Founder) -> None:
        folder, code = self._node_folder(founder.code), MemberCode(founder.code)
        account = self._keys[self._secretariat].signer("account")
        held, is_secretariat = self._repository.publication, code == self._secretariat
        token, _ = issue_pass(account, held, code, self._now, is_secretariat=is_secretariat)
        write_durably(folder / "pass.jwt", token.encode())
        values = {
            "network": self.network,
            "member": founder.code,
            "secretariat": self._secretariat,
            "broker_folder": str(self.folder / "broker"),
            "port": founder.web_port,
            "time_zone": founder.time_zone,
            "tour": founder.has_tour,
            "refresh_s": 5.0,
        }
        write_durably(folder / "node.toml", write_config(values).encode())

    def _node_folder(self, code: str) -> Path:
        folder = self.folder / code
        folder.mkdir(parents=True, exist_ok=True)
        return folder
