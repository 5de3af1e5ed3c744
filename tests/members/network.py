"""A small network with known keys, for tests: three holders, the secretariat's online key, and members of the cast."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from comity.ids import CountryCode, MemberCode
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.members import ceremony
from comity.members.ceremony import Draft, OnlineKeys
from comity.members.member import Bureau, Request, describe_bureau
from comity.members.nkey import user_name
from comity.members.publication import Publication
from comity.members.roles import ROOT, TARGETS, member_role
from comity.members.standing import NOTHING, Standing, open_channels
from comity.peer.repository import Repository
from comity.rules.model import MODEL_RULEBOOK
from comity.sealing import SealingKey
from comity.signer import Ed25519Signer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NETWORK = "model.example"
RULEBOOK = MODEL_RULEBOOK.encode()


def code(text: str) -> MemberCode:
    return MemberCode(text)


def key(name: str) -> Ed25519Signer:
    """The key called ``name``, always the same."""
    return Ed25519Signer(hashlib.sha256(f"test key {name}".encode()).digest())


@cache
def sealing_key(name: str) -> SealingKey:
    """The sealing key called ``name``, always the same."""
    return SealingKey(hashlib.sha256(f"test sealing key {name}".encode()).digest())


HOLDERS = [key("holder 1"), key("holder 2"), key("holder 3")]
ONLINE = key("online")
ONLINE_KEYS = OnlineKeys.one(ONLINE.public)
SIGNERS = {"standing": ONLINE, "snapshot": ONLINE, "timestamp": ONLINE}


def ask(member: str, *, network: str = NETWORK, delegation: str = "") -> Request:
    delegation = delegation or f"{member} delegation"
    return Request(1, network, code(member), f"Bureau {member}", (CountryCode(member[:3].strip("0123456789")),),
                   key(delegation).public.hex())  # fmt: skip


def bureau(member: str, *, signing: str = "", desk: str = "desk@example") -> Bureau:
    return describe_bureau(
        network=NETWORK,
        code=code(member),
        signer=key(signing or f"{member} signing"),
        sealing=sealing_key(member).public,
        ledger=str(VerifierKey(key_name_of(NETWORK, code(member)), key(f"{member} ledger").public)),
        broker=user_name(key(f"{member} broker").public),
        desk=desk,
    )


def signed(draft: Draft, holders: Sequence[Ed25519Signer] = HOLDERS[:2]) -> Draft:
    for holder in holders:
        draft = ceremony.sign(draft, holder)
    return draft


def member_draft(
    member: str, version: int = 1, now: datetime = NOW, *, by: str = "", desk: str = "desk@example"
) -> Draft:
    return ceremony.describe_member(bureau(member, desk=desk), version, key(by or f"{member} delegation"), now)


def small(folder: Path) -> "Secretariat":
    """A published network of LT and FR."""
    made = Secretariat(folder)
    made.admit("LT", "FR")
    made.publish()
    return made


class Secretariat:
    """The secretariat's side: a repository, and the ceremonies that fill it."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        self.repository = Repository(folder)
        self.standing: Standing = NOTHING
        self.repository.accept(signed(ceremony.begin([each.public for each in HOLDERS], 2, ONLINE_KEYS, now)), now)
        self.repository.accept(signed(ceremony.begin_targets(NETWORK, RULEBOOK, ONLINE_KEYS, now)), now)

    @property
    def held(self) -> Publication:
        return self.repository.publication

    @property
    def root(self) -> bytes:
        return self.held.roles[ROOT]

    def admit(self, *members: str, now: datetime = NOW, speak: bool = True) -> None:
        for member in members:
            draft = ceremony.admit(self.held.draft(TARGETS), ask(member), now)
            self.repository.accept(signed(draft), now)
            self.standing = open_channels(self.standing, code(member), now)
            if speak:
                version = self.held.version(member_role(code(member))) + 1
                self.repository.accept(member_draft(member, version, now), now)

    def publish(self, now: datetime = NOW) -> dict[str, bytes]:
        version = self.held.version("standing") + 1
        if self.held.files.get("standing.json") != self.standing.encode():
            self.repository.accept(ceremony.set_standing(self.standing, version, ONLINE, now), now)
        return self.repository.publish(now, SIGNERS)
