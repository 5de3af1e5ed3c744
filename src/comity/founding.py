"""Founding a network in folders, in one go, as the demonstration and the simulator need it.

By hand, as ``docs/operating.md`` tells, each step is a command, done by different people on different machines.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from comity.config import Config, read_config
from comity.ids import MemberCode
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.limits import PASS_S
from comity.members.ceremony import (
    Draft,
    OnlineKeys,
    admit,
    begin,
    begin_targets,
    describe_member,
    set_standing,
    sign,
)
from comity.members.keys import Keys, make_keys, open_keys, parse_keys
from comity.members.member import describe_bureau, request
from comity.members.roles import MEMBERS_PATH, ROOT, STANDING, TARGETS
from comity.members.standing import NOTHING, open_channels
from comity.peer.broker import ANY_PORT, BrokerPlan, write_broker
from comity.peer.certificates import make_ca, make_server_certificate, new_key
from comity.peer.credentials import (
    Holder,
    account_claims,
    account_name,
    member_pass,
    operator_claims,
    user_name,
)
from comity.peer.repository import Repository, write_durably
from comity.rules.model import MODEL_RULEBOOK
from comity.signer import Ed25519Signer, Entropy, Signer

NODE_KEYS: Final = ("signing", "ledger", "broker")
SECRETARIAT_KEYS: Final = (*NODE_KEYS, "directory", "operator", "account", "system-account", "system-user")
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
        self._begin()
        self.join(secretariat)

    @property
    def _directory_signer(self) -> Signer:
        return self._keys[self._secretariat].signer("directory")

    def join(self, founder: Founder) -> None:
        """A bureau asks, two holders admit it, it signs its own role, and the secretariat publishes and lets it in."""
        code = MemberCode(founder.code)
        keys = self._keys.get(code) or self._make_keys(code, NODE_KEYS)
        self._keys[code] = keys
        delegation = Ed25519Signer(self._entropy(32))
        asked = request(
            network=self.network, code=code, title=founder.title, countries=founder.countries,
            delegation=delegation.public,
        )  # fmt: skip
        held = self._repository.publication
        draft = admit(held.roles[TARGETS], held.files[MEMBERS_PATH], asked, self._now)
        self._repository.accept(self._sign(draft), self._now)
        bureau = describe_bureau(
            network=self.network,
            code=code,
            signer=keys.signer("signing"),
            ledger=str(VerifierKey(key_name_of(self.network, code), keys.signer("ledger").public)),
            broker=_user_of(keys),
            desk=founder.desk,
        )
        self._repository.accept(describe_member(bureau, 1, delegation, self._now), self._now)
        self._write_node(founder, keys)

    def publish(self) -> None:
        """Open every channel to every member, and publish."""
        standing = NOTHING
        for member in self._repository.publication.members().members:
            standing = open_channels(standing, member.code, self._now)
        version = self._repository.publication.version(STANDING) + 1
        self._repository.accept(set_standing(standing, version, self._directory_signer, self._now), self._now)
        self._repository.publish(
            self._now, dict.fromkeys(("standing", "snapshot", "timestamp"), self._directory_signer)
        )
        root = self._repository.publication.roles[ROOT]
        for code in self._keys:
            write_durably(self._node_folder(code) / "root.json", root)

    def write_broker(self, *, port: int = ANY_PORT) -> None:
        """The broker's folder: TLS by the network's own authority, one account, claims that can be pushed."""
        keys = self._keys[self._secretariat]
        operator, account, system = (keys.signer(name) for name in ("operator", "account", "system-account"))
        ca = make_ca(self.network, new_key(), self._now)
        key = new_key()
        plan = BrokerPlan(
            operator=operator_claims(operator, system.public, self.network, self._now),
            system_account=account_name(system.public),
            accounts={
                account_name(account.public): account_claims(operator, account.public, self.network, self._now),
                account_name(system.public): account_claims(operator, system.public, "system", self._now),
            },
            certificate=make_server_certificate(ca, key, (), self._now),
            key=key,
            port=port,
        )
        write_broker(self.folder / "broker", plan)
        for code in self._keys:
            write_durably(self._node_folder(code) / "ca.pem", ca.certificate)

    def config(self, code: str) -> Config:
        """The configuration that a member's node was founded with."""
        return read_config(self._node_folder(code) / "node.toml")

    def _begin(self) -> None:
        online = OnlineKeys.one(self._directory_signer.public)
        publics = [holder.public for holder in self._holders]
        drafts = (
            begin(publics, THRESHOLD, online, self._now),
            begin_targets(self.network, MODEL_RULEBOOK.encode(), online, self._now),
        )
        for draft in drafts:
            self._repository.accept(self._sign(draft), self._now)
        empty = set_standing(NOTHING, 1, self._directory_signer, self._now)
        self._repository.accept(empty, self._now)

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

    def _write_node(self, founder: Founder, keys: Keys) -> None:
        folder = self._node_folder(founder.code)
        account = self._keys[self._secretariat].signer("account")
        holder = Holder(
            MemberCode(founder.code), keys.signer("broker").public, is_secretariat=founder.code == self._secretariat
        )
        token = member_pass(account, holder, self._now, self._now + timedelta(seconds=PASS_S))
        write_durably(folder / "pass.jwt", token.encode())
        lines = {
            "network": self.network,
            "member": founder.code,
            "secretariat": self._secretariat,
            "broker_folder": str(self.folder / "broker"),
            "port": founder.web_port,
            "time_zone": founder.time_zone,
            "refresh_s": 5.0,
        }
        text = "".join(f"{key} = {msgspec.json.encode(value).decode()}\n" for key, value in lines.items())
        write_durably(folder / "node.toml", text.encode())

    def _node_folder(self, code: str) -> Path:
        folder = self.folder / code
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _user_of(keys: Keys) -> str:
    return user_name(keys.signer("broker").public)
