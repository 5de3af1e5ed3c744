"""The steps by which a network and its members come to be: the founding in one go and the commands by hand share them.

Nothing here reads a clock; what is written goes into folders that the caller names.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from tuf.api.metadata import Root  # type: ignore[attr-defined] # it exports it without saying so

from comity.errors import UnknownError
from comity.ids import MemberCode
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.limits import PASS_S
from comity.members.ceremony import Draft, OnlineKeys, admit, amend, begin, begin_targets, rotate_root, set_standing
from comity.members.keys import Keys
from comity.members.listing import NOTHING_KNOWN, Known
from comity.members.member import Bureau, Post, Request, describe_bureau, parse_bureau
from comity.members.nkey import account_name, user_key, user_name
from comity.members.publication import Publication
from comity.members.roles import (
    ROOT,
    RULEBOOK_PATH,
    STANDING,
    STANDING_PATH,
    TARGETS,
    bureau_path,
    parse_role,
    raw_key,
)
from comity.members.standing import NOTHING, open_channels, parse_standing
from comity.peer.broker import ANY_PORT, BrokerPlan
from comity.peer.certificates import CertificateAuthority, make_server_certificate, new_key
from comity.peer.credentials import Holder, account_claims, member_pass, operator_claims
from comity.peer.repository import Repository
from comity.rules.amending import amend as amend_rulebook
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.signer import Signer
from comity.texts import _

_EVERY_NODE: Final = ("signing", "ledger", "broker", "storage")
NODE_KEYS: Final = (*_EVERY_NODE, "sealing-1")
# The secretariat's node has no sealing key: nothing is addressed to it, its duty desk is a bureau of its own.
SECRETARIAT_KEYS: Final = (*_EVERY_NODE, "directory", "operator", "account", "system-account", "system-user")
DIRECTORY_KEY: Final = "directory"
DELEGATION_KEY: Final = "delegation"
HOLDER_KEY: Final = "holder"
_ORDER: Final = {ROOT: 0, TARGETS: 1, STANDING: 2}


def describe_own(
    network: str,
    code: MemberCode,
    keys: Keys,
    desk: str,
    *,
    posts: tuple[Post, ...] = (),
    former: tuple[bytes, ...] = (),
) -> Bureau:
    """What a bureau says about itself, by its node's opened ``keys``."""
    sealing = keys.present_sealing()
    return describe_bureau(
        network=network,
        code=code,
        signer=keys.signer("signing"),
        sealing=sealing.public if sealing else None,
        ledger=str(VerifierKey(key_name_of(network, code), keys.signer("ledger").public)),
        broker=user_name(keys.signer("broker").public),
        desk=desk,
        posts=posts,
        former=former,
    )


def draft_first(
    secretariat: Request, holders: Sequence[bytes], threshold: int, online: bytes, now: datetime,
    rulebook: Rulebook | None = None,
) -> tuple[Draft, Draft]:  # fmt: skip
    """A new network's root and targets, unsigned, with the secretariat as its first member.

    ``holders`` are the raw public keys of which ``threshold`` sign both, ``online`` the key of the running secretariat.
    Without a ``rulebook`` the network begins with the model organisation's; MalformedError for one that is none, or by
    which somebody could do nothing.
    """
    written = (rulebook or MODEL_RULEBOOK).encode()
    if rulebook is not None:
        amend_rulebook(None, written)
    keys = OnlineKeys.one(online)
    empty = begin_targets(secretariat.network, written, keys, now)
    listed = admit(empty, secretariat, now)
    root = begin(holders, threshold, keys, now)
    return root, Draft(TARGETS, listed.metadata, listed.files, root=root.metadata)


def draft_amended(held: Publication, rulebook: Rulebook, now: datetime) -> Draft | None:
    """The next targets, unsigned, with another rulebook; None where that is the one in force.

    MalformedError where it may not follow that one, see ``rules.amending``.
    """
    before = held.draft(TARGETS)
    written = rulebook.encode()
    return amend(before, written, now) if written != before.files[RULEBOOK_PATH] else None


def draft_renewed_root(
    held: Publication, holders: Sequence[bytes], threshold: int, online: bytes, now: datetime
) -> Draft:
    """The next root, unsigned; without ``holders`` it has the present ones, with ``threshold`` 0 the present number."""
    present = parse_role(ROOT, held.roles[ROOT], Root).signed
    role = present.roles[ROOT]
    same = [raw_key(present.keys[keyid]) for keyid in role.keyids]
    return rotate_root(
        held.draft(ROOT), list(holders) or same, threshold or role.threshold, OnlineKeys.one(online), now
    )


def take_in(
    repository: Repository, drafts: Sequence[Draft], signer: Signer, now: datetime, known: Known = NOTHING_KNOWN
) -> tuple[str, ...]:
    """Take in signed drafts, in the order that they need, open every channel to members who are new; who that is.

    ``signer`` is the directory's online key, ``known`` as for ``publication.accept``, whose errors this raises; nothing
    is on disk before ``publish``.
    """
    held = repository.publication
    before = {member.code for member in held.members().members} if TARGETS in held.roles else set[MemberCode]()
    for draft in sorted(drafts, key=lambda each: _ORDER.get(each.role, len(_ORDER))):
        repository.accept(draft, now, known)
    return open_new(repository, before, signer, now)


def open_new(repository: Repository, before: set[MemberCode], signer: Signer, now: datetime) -> tuple[str, ...]:
    """Open every channel to the listed members who are not among those ``before``; returns who they are."""
    held = repository.publication
    standing = parse_standing(held.files[STANDING_PATH]) if STANDING_PATH in held.files else NOTHING
    fresh = tuple(each.code for each in held.members().members if each.code not in before)
    for code in fresh:
        standing = open_channels(standing, code, now)
    if fresh or STANDING not in held.roles:
        repository.accept(set_standing(standing, held.version(STANDING) + 1, signer, now), now)
    return fresh


def publish(repository: Repository, signer: Signer, now: datetime) -> dict[str, bytes]:
    """Sign what is online with the directory's key and publish; returns what is new, by name."""
    return repository.publish(now, dict.fromkeys(("standing", "snapshot", "timestamp"), signer))


def issue_pass(
    account: Signer, held: Publication, code: MemberCode, now: datetime, *, is_secretariat: bool = False
) -> tuple[str, datetime]:
    """What lets a member's node into the broker, for the key that the member itself put in the directory; and its end.

    UnknownError while the directory does not have that key.
    """
    data = held.files.get(bureau_path(code))
    if data is None or held.members().find(code) is None:
        raise UnknownError(
            _("The directory has no key of this member's node."),
            where=code,
            next_step=_("Publish the admission, then the draft that the bureau signed: comity directory publish"),
        )
    holder = Holder(code, user_key(parse_bureau(data).broker), is_secretariat=is_secretariat)
    expires_at = now + timedelta(seconds=PASS_S)
    return member_pass(account, holder, now, expires_at), expires_at


def plan_broker(
    network: str,
    keys: Keys,
    authority: CertificateAuthority,
    now: datetime,
    *,
    names: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int = ANY_PORT,
    revoked: Mapping[str, datetime] | None = None,
) -> BrokerPlan:
    """What the network's broker is made from; ``keys`` are the secretariat's, ``revoked`` whom it lets in no more."""
    operator, account, system = (keys.signer(name) for name in ("operator", "account", "system-account"))
    key = new_key()
    return BrokerPlan(
        operator=operator_claims(operator, system.public, network, now),
        system_account=account_name(system.public),
        accounts={
            account_name(account.public): account_claims(operator, account.public, network, now, revoked),
            account_name(system.public): account_claims(operator, system.public, "system", now),
        },
        certificate=make_server_certificate(authority, key, names, now),
        key=key,
        host=host,
        port=port,
    )
