"""Founding a network in folders, in one go, as the demonstration and the simulator need it.

By hand, as ``docs/operating.md`` tells, each step is a command, done by different people on different machines.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from comity.bounded import Hash
from comity.config import Config, read_config
from comity.config_file import write_config
from comity.enrolment import (
    DIRECTORY_KEY,
    NODE_KEYS,
    SECRETARIAT_KEYS,
    describe_own,
    draft_amended,
    draft_first,
    draft_renewed_root,
    issue_pass,
    open_new,
    plan_broker,
    publish,
    take_in,
)
from comity.errors import UntrustedError
from comity.ids import MemberCode
from comity.limits import MEMBERS_MAX
from comity.members.ceremony import Draft, admit, describe_member, renew_targets, sign
from comity.members.changes import Listed, describe
from comity.members.keys import Keys, make_keys, open_keys, parse_keys
from comity.members.member import Request, parse_bureau, request
from comity.members.publication import Publication
from comity.members.roles import (
    ROOT,
    TARGETS,
    WARNING,
    bureau_path,
    form_of,
    member_of_role,
    member_role,
    parse_role,
    succession_path,
)
from comity.members.succession import parse_succession
from comity.peer.broker import ANY_PORT, write_broker
from comity.peer.certificates import make_ca, new_key
from comity.peer.repository import Repository, write_durably
from comity.rules.amending import Amendment
from comity.rules.rulebook import Rulebook
from comity.signer import Ed25519Signer, Entropy, Signer
from comity.texts import _

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


class Offline(msgspec.Struct, frozen=True):
    """The seeds of the keys that holders and bureaus keep in safes: here they lie in one folder, for lack of people."""

    holders: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=HOLDERS)] = ()
    delegations: Annotated[dict[MemberCode, Hash], msgspec.Meta(max_length=MEMBERS_MAX)] = {}


class Founding:
    """A network being founded in ``folder``, one sub-folder a member, and ``broker`` for the broker.

    ``profile`` is what a passphrase costs to guess (``members.keys.PROFILES``). ``kept`` are the offline keys and the
    passphrases of a network that stands there already, to which members are added while its secretariat is stopped.
    ``rulebook`` is what it begins with, the model organisation's where none is given.
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
        kept: tuple[Offline, Mapping[str, str]] | None = None,
        rulebook: Rulebook | None = None,
    ) -> None:
        """The ceremony: three holders, two of whom sign; the secretariat's node keys; the first directory."""
        self.folder = folder
        self.network = network
        self._now = now
        self._entropy = entropy
        self._profile = profile
        self._secretariat = secretariat.code
        self._rulebook = rulebook
        self.passphrases: dict[str, str] = dict(kept[1]) if kept else {}
        self.offline = kept[0] if kept else Offline(tuple(entropy(32).hex() for _ in range(HOLDERS)))
        self._holders = holders_of(self.offline)
        keys = self._open_keys(secretariat.code) if kept else self._make_keys(secretariat.code, SECRETARIAT_KEYS)
        self._keys: dict[str, Keys] = {secretariat.code: keys}
        self._repository = Repository(self._node_folder(secretariat.code) / "data" / "repository")
        self._before: set[MemberCode] = set(self._listed()) if kept else set()
        if not kept:
            self._begin(secretariat)

    @property
    def _directory_signer(self) -> Signer:
        return self._keys[self._secretariat].signer(DIRECTORY_KEY)

    def join(self, founder: Founder) -> None:
        """A bureau asks, two holders admit it, it signs its own role, and the secretariat publishes and lets it in."""
        code = MemberCode(founder.code)
        self._keys[code] = self._make_keys(code, NODE_KEYS)
        delegation = self._make_delegation(code)
        held = self._repository.publication
        draft = admit(held.draft(TARGETS), self._request(founder, delegation), self._now)
        self._repository.accept(_sign(draft, self._holders), self._now)
        self._speak(founder, delegation)

    def publish(self) -> None:
        """Open every channel to every member that is new, and publish."""
        open_new(self._repository, self._before, self._directory_signer, self._now)
        publish(self._repository, self._directory_signer, self._now)
        root = self._repository.publication.roles[ROOT]
        for code in self._keys.keys() - self._before:
            write_durably(self._node_folder(code) / "root.json", root)
            if self._before:  # the broker stands already
                ca = (self._node_folder(self._secretariat) / "ca.pem").read_bytes()
                write_durably(self._node_folder(code) / "ca.pem", ca)

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
        delegation = self._make_delegation(MemberCode(secretariat.code))
        publics = [holder.public for holder in self._holders]
        asked = self._request(secretariat, delegation)
        for draft in draft_first(asked, publics, THRESHOLD, self._directory_signer.public, self._now, self._rulebook):
            self._repository.accept(_sign(draft, self._holders), self._now)
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

    def _make_delegation(self, code: MemberCode) -> Signer:
        seed = self._entropy(32)
        delegations = {**self.offline.delegations, code: seed.hex()}
        self.offline = msgspec.structs.replace(self.offline, delegations=delegations)
        return Ed25519Signer(seed)

    def _make_keys(self, code: str, names: Sequence[str]) -> Keys:
        passphrase = self._entropy(16).hex()
        data = make_keys(names, passphrase, self._entropy, profile=self._profile)
        write_durably(self._node_folder(code) / "keys.json", data)
        self.passphrases[code] = passphrase
        return open_keys(parse_keys(data), passphrase)

    def _listed(self) -> tuple[MemberCode, ...]:
        return tuple(each.code for each in self._repository.publication.members().members)

    def _open_keys(self, code: str) -> Keys:
        return open_keys(parse_keys((self._node_folder(code) / "keys.json").read_bytes()), self.passphrases[code])

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


def renew_roles(folder: Path, keys: Keys, offline: Offline, now: datetime) -> tuple[str, ...]:
    """Sign anew what people sign once a year and what ends within a month; which roles that were, all published.

    ``folder`` is the secretariat's published directory, ``keys`` those of its node. UntrustedError where one of the
    offline keys is not the one that counts.
    """
    repository, online = Repository(folder), keys.signer(DIRECTORY_KEY)
    held = repository.publication
    due = tuple(role for role in held.roles if _is_due(held, role, now))
    drafts = _renewed_by_holders(held, offline, online.public, now) if {ROOT, TARGETS} & set(due) else []
    for role in due:
        code = member_of_role(role)
        if code is not None:
            drafts.append(_renewed_by_bureau(held, code, offline, now))
    if drafts:
        take_in(repository, drafts, online, now)
        publish(repository, online, now)
    return due


def amend_rulebook(folder: Path, keys: Keys, offline: Offline, rulebook: Rulebook, now: datetime) -> Amendment | None:
    """Have the holders sign another rulebook, and publish it; what changes, None where it is in force already.

    ``folder`` and ``keys`` as in ``renew_roles``. MalformedError where it may not follow the one in force.
    """
    repository, online = Repository(folder), keys.signer(DIRECTORY_KEY)
    draft = draft_amended(repository.publication, rulebook, now)
    if draft is None:
        return None
    said = describe(draft)
    take_in(repository, [sign_as_holders(draft, offline)], online, now)
    publish(repository, online, now)
    return said.amendment if isinstance(said, Listed) else None


def sign_as_holders(draft: Draft, offline: Offline) -> Draft:
    """The draft, signed by enough of the holders."""
    return _sign(draft, holders_of(offline))


def _is_due(held: Publication, role: str, now: datetime) -> bool:
    """Whether it is a role that people sign, and ends soon."""
    is_peoples = role in {ROOT, TARGETS} or member_of_role(role) is not None
    return is_peoples and bool(parse_role(role, held.roles[role], form_of(role)).signed.expires - now < WARNING)


def _renewed_by_holders(held: Publication, offline: Offline, online: bytes, now: datetime) -> list[Draft]:
    root = draft_renewed_root(held, (), 0, online, now)
    targets = msgspec.structs.replace(renew_targets(held.draft(TARGETS), now), root=root.metadata)
    return [sign_as_holders(draft, offline) for draft in (root, targets)]


def _renewed_by_bureau(held: Publication, code: MemberCode, offline: Offline, now: datetime) -> Draft:
    bureau, shown = parse_bureau(held.files[bureau_path(code)]), held.files.get(succession_path(code))
    seed = offline.delegations.get(code)
    if seed is None:
        raise UntrustedError(_("Nobody here has the key that signs for this member."), where=code)
    version = held.version(member_role(code)) + 1
    succession = parse_succession(shown) if shown is not None else None
    return describe_member(bureau, version, Ed25519Signer(bytes.fromhex(seed)), now, succession)


def holders_of(offline: Offline) -> list[Signer]:
    """What the key holders sign with."""
    return [Ed25519Signer(bytes.fromhex(seed)) for seed in offline.holders]


def _sign(draft: Draft, holders: Sequence[Signer]) -> Draft:
    for holder in holders[:THRESHOLD]:
        draft = sign(draft, holder)
    return draft
