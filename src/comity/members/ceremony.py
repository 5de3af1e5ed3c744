"""Ceremonies: how the directory comes to be and changes, as drafts that people carry and sign.

A draft is one role's new metadata with the files that it names. Someone makes it (``begin``, ``admit``, ``remove``,
``amend``, ``describe_member``), those who must sign it (``sign``), and the secretariat's node takes it in
(``publication.accept``). Nothing here reads a clock, a file or a key that was not handed to it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from tuf.api.metadata import (  # type: ignore[attr-defined] # it exports them without saying so
    DelegatedRole,
    Delegations,
    Metadata,
    Role,
    Root,
    TargetFile,
    Targets,
)

from comity.bounded import Line
from comity.errors import InputError, MalformedError, TooLargeError, UnknownError
from comity.formats import Format
from comity.ids import MemberCode
from comity.limits import DIRECTORY_FILES_MAX, MEMBERS_MAX, ROOT_HOLDERS_MAX, TARGET_BYTES
from comity.members.key_use import (
    DELEGATION,
    Ground,
    KeyUse,
    uses_of_bureau,
    uses_of_list,
    uses_of_root,
    uses_of_targets,
    verify_apart,
)
from comity.members.keys import fingerprint
from comity.members.member import Bureau, Member, MemberList, Request, parse_members
from comity.members.reads import Told, encode_reads
from comity.members.roles import (
    MEMBERS_PATH,
    READS_PATH,
    ROOT,
    RULEBOOK_PATH,
    SNAPSHOT,
    STANDING,
    STANDING_PATH,
    TARGETS,
    TIMESTAMP,
    bureau_path,
    expiry,
    form_of,
    member_of_role,
    member_role,
    parse_role,
    sign_metadata,
    succession_path,
    tuf_key,
)
from comity.members.standing import Standing
from comity.members.succession import Succession
from comity.plug import RoomPart
from comity.rules import amending
from comity.signer import Signer
from comity.texts import _

_DRAFT_BYTES = 8 * TARGET_BYTES  # metadata and files, and those of the version before
HOLDERS_MIN: Final = 2  # of whom each signs: no single person admits a member


class OnlineKeys(msgspec.Struct, frozen=True):
    """Raw Ed25519 public keys of the roles that the running secretariat signs; they may be one key."""

    standing: bytes
    snapshot: bytes
    timestamp: bytes

    @classmethod
    def one(cls, public: bytes) -> "OnlineKeys":
        """The same key for all three."""
        return cls(public, public, public)


class Draft(msgspec.Struct, frozen=True):
    """One role's next metadata, signed by none, some or enough, and the files that it names, by path.

    ``before`` is the version that this one follows, ``root`` the one that says who signs it: for the eyes of those who
    sign, see ``members.changes``. Neither is signed, nor trusted by whoever publishes.
    """

    role: str
    metadata: bytes
    files: dict[str, bytes] = {}
    before: "Draft | None" = None
    root: bytes = b""

    @property
    def version(self) -> int:
        """The role's version in this draft."""
        return int(parse_role(self.role, self.metadata, form_of(self.role)).signed.version)

    @property
    def words(self) -> str:
        """The fingerprint of what is signed, which signatures do not change: each signer reads it to the others."""
        signed = parse_role(self.role, self.metadata, form_of(self.role)).signed_bytes
        return fingerprint(hashlib.sha256(signed).digest())

    def encode(self) -> bytes:
        """The draft as one file to carry."""
        before = _carry(self.before) if self.before is not None else None
        root = base64.b64encode(self.root).decode()
        return msgspec.json.encode(_Carried(2, "comity-draft", self.role, _carry(self), before, root)) + b"\n"


_Base64 = Annotated[str, msgspec.Meta(max_length=_DRAFT_BYTES)]


class _Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metadata, and the files that it names by path; both in base64."""

    metadata: _Base64
    files: Annotated[dict[Line, _Base64], msgspec.Meta(max_length=DIRECTORY_FILES_MAX)]


class _Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft's file: JSON.

    Evolution: ``v`` changes when anything here does; readers refuse other versions. Only unfinished ceremonies have
    one: version 1 is read no more.
    """

    v: Literal[2]
    kind: Literal["comity-draft"]
    role: Line
    draft: _Parts
    before: _Parts | None
    root: _Base64


DRAFT: Final = Format[_Carried]("draft", {2: _Carried})


def parse_draft(data: bytes) -> Draft:
    """Read a draft that was carried here, without judging its signatures; MalformedError or TooLargeError."""
    carried = DRAFT.read(data, where="draft", most=_DRAFT_BYTES)
    try:
        before = _parts(carried.role, carried.before) if carried.before is not None else None
        root = base64.b64decode(carried.root, validate=True)
        found = msgspec.structs.replace(_parts(carried.role, carried.draft), before=before, root=root)
    except binascii.Error as error:
        raise MalformedError(_("This is not a draft of version 2."), where="draft") from error
    member_of_role(found.role)
    for each in (found, before):
        if each is not None:
            parse_role(each.role, each.metadata, form_of(each.role))
    if found.root:
        parse_role(ROOT, found.root, Root)
    return found


def begin(holders: Sequence[bytes], threshold: int, online: OnlineKeys, now: datetime) -> Draft:
    """A new network's root, unsigned: ``threshold`` of the raw public keys ``holders`` sign root and targets.

    InputError unless at least two different holders are needed and there are enough of them.
    """
    return _root_draft(Root(version=1, consistent_snapshot=True), holders, threshold, online, now)


def rotate_root(before: Draft, holders: Sequence[bytes], threshold: int, online: OnlineKeys, now: datetime) -> Draft:
    """The root after ``before``, unsigned. Enough holders of the present one *and* of the next one must sign it."""
    root = Root(version=before.version + 1, consistent_snapshot=True)
    return _following(before, _root_draft(root, holders, threshold, online, now))


def begin_targets(network: str, rulebook: bytes, online: OnlineKeys, now: datetime) -> Draft:
    """A new network's top-level targets, unsigned: nobody listed, the rulebook, and the online role ``standing``."""
    standing = DelegatedRole(STANDING, [], 1, terminating=True, paths=[STANDING_PATH])
    targets = Targets(version=1, delegations=Delegations({}, {STANDING: standing}))
    targets.version = 0  # the draft is one further
    targets.add_key(tuf_key(online.standing), STANDING)
    members = MemberList(1, network, ()).encode()
    return _targets_draft(targets, {MEMBERS_PATH: members, RULEBOOK_PATH: rulebook}, now)


def admit(before: Draft, asked: Request, now: datetime) -> Draft:
    """The targets after ``before``, unsigned, with the bureau that ``asked`` as a member whose role its own key signs.

    InputError if it asks for another network or is one already, TooLargeError if the network is full.
    """
    listed, signed = _read_targets(before)
    if asked.network != listed.network:
        raise InputError(_("The request is for another network."), where="network")
    if listed.find(asked.code) is not None:
        raise InputError(
            _("This member is listed already."), where="member", next_step=_("To replace its key, recover it.")
        )
    if len(listed.members) >= MEMBERS_MAX:
        raise TooLargeError(_("A network has at most {most} members.").format(most=MEMBERS_MAX), where="member")
    return _after(before, signed, _list(signed, listed, asked), now)


def recover(before: Draft, asked: Request, now: datetime) -> Draft:
    """The targets after ``before``, unsigned, with the delegation key, title and countries of a member replaced.

    UnknownError if it is no member. Its role counts again once the new key has signed it, which is published with this.
    """
    listed, signed = _read_targets(before)
    if asked.network != listed.network or listed.find(asked.code) is None:
        raise UnknownError(_("This network has no such member."), where="member")
    _withdraw(signed, asked.code)
    return _after(before, signed, _list(signed, _without(listed, asked.code), asked), now)


def remove(before: Draft, code: MemberCode, now: datetime) -> Draft:
    """The targets after ``before``, unsigned, without the member ``code``; UnknownError if it is none."""
    listed, signed = _read_targets(before)
    if listed.find(code) is None:
        raise UnknownError(_("This network has no such member."), where="member")
    _withdraw(signed, code)
    return _after(before, signed, _without(listed, code), now)


def amend(before: Draft, rulebook: bytes, now: datetime) -> Draft:
    """The targets after ``before``, unsigned, with another rulebook.

    MalformedError where it may not follow the present one, as from ``amending.amend``.
    """
    amending.amend(before.files[RULEBOOK_PATH], rulebook)
    listed, signed = _read_targets(before)
    amended = msgspec.structs.replace(before, files={**before.files, RULEBOOK_PATH: rulebook})
    return _following(before, _after(amended, signed, listed, now))


def renew_targets(before: Draft, now: datetime) -> Draft:
    """The targets after ``before``, unsigned: the same, for another period."""
    listed, signed = _read_targets(before)
    return _after(before, signed, listed, now)


def describe_member(
    bureau: Bureau, version: int, signer: Signer, now: datetime, succession: Succession | None = None
) -> Draft:
    """A member's role in its next ``version``, saying what ``bureau`` says, signed with its delegation key.

    ``succession`` shows the former keys. UntrustedError where ``signer`` is one of the keys that lie on the node.
    """
    shown = succession.shown(bureau.signing) if succession is not None else frozenset[str]()
    delegation = KeyUse(bureau.code, DELEGATION, fingerprint(signer.public), Ground.LISTED)
    verify_apart(uses_of_bureau(bureau, shown=shown, known=()), [delegation], member_role(bureau.code))
    files = {bureau_path(bureau.code): bureau.encode()}
    if succession is not None and succession.links:
        files[succession_path(bureau.code)] = succession.encode()
    return sign(_file_draft(member_role(bureau.code), version, files, now), signer)


def set_standing(
    standing: Standing, version: int, signer: Signer, now: datetime, reads: Mapping[MemberCode, Told] | None = None
) -> Draft:
    """The role ``standing`` in its next ``version``, signed with its online key ``signer``.

    ``reads`` are the nodes' latest statements of what they read.
    """
    files = {STANDING_PATH: standing.encode()} | ({READS_PATH: encode_reads(reads)} if reads else {})
    return sign(_file_draft(STANDING, version, files, now), signer)


def verify_list_apart(listed: MemberList, signed: Targets, root: bytes) -> None:
    """Raise UntrustedError where a member's delegation key is a holder's or an online one; ``root`` may be missing."""
    uses = [*uses_of_targets(signed), *uses_of_list(listed)]
    if root:
        uses += uses_of_root(parse_role(ROOT, root, Root).signed)
    verify_apart(uses, (), TARGETS)


def sign(draft: Draft, signer: Signer) -> Draft:
    """The draft with one more signature; UnavailableError while the key is locked."""
    metadata = parse_role(draft.role, draft.metadata, form_of(draft.role))
    return msgspec.structs.replace(draft, metadata=sign_metadata(metadata, signer))


def _following(before: Draft, draft: Draft) -> Draft:
    return msgspec.structs.replace(
        draft, before=msgspec.structs.replace(before, before=None, root=b""), root=before.root
    )


def _carry(draft: Draft) -> _Parts:
    files = {path: base64.b64encode(draft.files[path]).decode() for path in sorted(draft.files)}
    return _Parts(base64.b64encode(draft.metadata).decode(), files)


def _parts(role: str, carried: _Parts) -> Draft:
    files = {path: base64.b64decode(text, validate=True) for path, text in carried.files.items()}
    return Draft(role, base64.b64decode(carried.metadata, validate=True), files)


def _root_draft(root: Root, holders: Sequence[bytes], threshold: int, online: OnlineKeys, now: datetime) -> Draft:
    if len(set(holders)) != len(holders) or len(holders) > ROOT_HOLDERS_MAX:
        raise InputError(
            _("The root has up to {most} different key holders.").format(most=ROOT_HOLDERS_MAX), where="holders"
        )
    if not HOLDERS_MIN <= threshold <= len(holders):
        raise InputError(_("At least two holders sign, and not more than there are."), where="threshold")
    if {online.standing, online.snapshot, online.timestamp} & set(holders):
        raise InputError(_("An online key is not a key holder's."), where="holders")
    keys = [tuf_key(public) for public in holders]
    root.expires = expiry(ROOT, now)
    root.roles |= {role: Role([], threshold) for role in (ROOT, TARGETS)}
    for key in keys:
        root.add_key(key, ROOT)
        root.add_key(key, TARGETS)
    root.add_key(tuf_key(online.snapshot), SNAPSHOT)
    root.add_key(tuf_key(online.timestamp), TIMESTAMP)
    return Draft(ROOT, _bytes(root))


def _read_targets(draft: Draft) -> tuple[MemberList, Targets]:
    return parse_members(draft.files[MEMBERS_PATH]), parse_role(TARGETS, draft.metadata, Targets).signed


def _list(signed: Targets, listed: MemberList, asked: Request) -> MemberList:
    """The list with the bureau that ``asked``, to whose key is delegated."""
    role = member_role(asked.code)
    path = bureau_path(asked.code).replace("bureau.json", "*")
    if signed.delegations is None or signed.delegations.roles is None:
        raise MalformedError(_("The targets delegate nothing."), where=TARGETS)
    signed.delegations.roles[role] = DelegatedRole(role, [], 1, terminating=True, paths=[path])
    signed.add_key(tuf_key(asked.delegation_key), role)
    member = Member(asked.code, asked.title, asked.countries, fingerprint(asked.delegation_key))
    return msgspec.structs.replace(listed, members=(*listed.members, member))


def _without(listed: MemberList, code: MemberCode) -> MemberList:
    return msgspec.structs.replace(listed, members=tuple(each for each in listed.members if each.code != code))


def _withdraw(signed: Targets, code: MemberCode) -> None:
    role = member_role(code)
    for keyid in list(signed.get_delegated_role(role).keyids):
        signed.revoke_key(keyid, role)
    if signed.delegations is not None and signed.delegations.roles is not None:
        del signed.delegations.roles[role]


def _after(before: Draft, signed: Targets, listed: MemberList, now: datetime) -> Draft:
    members = listed.encode()
    parse_members(members)
    verify_list_apart(listed, signed, before.root)
    return _following(before, _targets_draft(signed, {**before.files, MEMBERS_PATH: members}, now))


def _targets_draft(signed: Targets, files: dict[str, bytes], now: datetime) -> Draft:
    for path, data in files.items():
        signed.targets[path] = _target(path, data)
    signed.version += 1
    signed.expires = expiry(TARGETS, now)
    return Draft(TARGETS, _bytes(signed), files)


def _file_draft(role: str, version: int, files: dict[str, bytes], now: datetime) -> Draft:
    targets = {path: _target(path, data) for path, data in files.items()}
    return Draft(role, _bytes(Targets(version=version, expires=expiry(role, now), targets=targets)), files)


def _target(path: str, data: bytes) -> TargetFile:
    if len(data) > TARGET_BYTES:
        raise TooLargeError(
            _("A file of the directory has at most {most} bytes.").format(most=TARGET_BYTES), where=path
        )
    return TargetFile.from_data(path, data, ["sha256"])


def _bytes(signed: Any) -> bytes:
    return Metadata(signed).to_bytes()


PART: Final = RoomPart(travelling=(DRAFT,))
