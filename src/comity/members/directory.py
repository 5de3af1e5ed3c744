"""The directory as a node holds it: who is in the network, with which keys and standing, and how fresh that is."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import msgspec

from comity.bounded import Count, Line, Note
from comity.damage import UNREADABLE
from comity.errors import CorruptError, NewerError, UntrustedError
from comity.formats import Format
from comity.ids import MemberCode
from comity.limits import DIRECTORY_BYTES, DIRECTORY_FILES_MAX, DIRECTORY_GRACE_S, KNOWN_KEYS_MAX, SKEW_S
from comity.members.key_use import KeyUse, uses_of_list
from comity.members.listing import NOTHING_KNOWN, Known, Listing, join_known, judge_listings, read_listing
from comity.members.member import Bureau, Member, MemberList, parse_bureau, parse_members
from comity.members.reads import Told, encode_reads, find_reads, is_outdated
from comity.members.roles import (
    MEMBERS_PATH,
    READS_PATH,
    RULEBOOK_PATH,
    SNAPSHOT,
    STANDING,
    STANDING_PATH,
    TIMESTAMP,
    WARNING,
    bureau_path,
    member_role,
    succession_path,
)
from comity.members.standing import Channel, Standing, State, Statement, parse_standing
from comity.members.succession import Succession, parse_succession
from comity.plug import RoomPart
from comity.signer import key_id
from comity.texts import _


class RoleState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of a role that was verified, when it expires, and the SHA-256 (hexadecimal) of its metadata.

    The snapshot announces that hash; root, snapshot and timestamp have none here.
    """

    version: Count
    expires_at: datetime
    digest: Line = ""


class Freshness(StrEnum):
    """How far a directory may be relied on: as it is; as it is, and shown; only as the configuration says."""

    FRESH = "fresh"
    IN_GRACE = "in-grace"
    STALE = "stale"


_KnownKeys = Annotated[tuple[Line, ...], msgspec.Meta(max_length=KNOWN_KEYS_MAX)]


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A last good statement that goes on serving, with ``succession.json`` where there is one; both in base64."""

    bureau: Annotated[str, msgspec.Meta(max_length=DIRECTORY_BYTES)]
    succession: Annotated[str, msgspec.Meta(max_length=DIRECTORY_BYTES)]
    expires_at: datetime | None


_Files = msgspec.Meta(max_length=DIRECTORY_FILES_MAX)


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verified directory as its node stores it for itself: JSON, files in base64.

    ``faults`` says by member why its newest statement was not taken, ``kept`` has what serves in its place, and
    ``known`` the signing keys of each member that this node has held, in hexadecimal, the newest last; those of members
    that have left stay. ``check`` is the SHA-256 (hexadecimal) of all this without ``check``; what was stored before
    there was one has none.

    Evolution: members are added with a default; a node that meets a version or a member that it does not know acquires
    anew.
    """

    v: Literal[1]
    verified_at: datetime
    expires_at: datetime
    roles: Annotated[dict[Line, RoleState], _Files]
    absent: Annotated[dict[Line, Note], _Files]
    files: Annotated[dict[Line, Annotated[str, msgspec.Meta(max_length=DIRECTORY_BYTES)]], _Files]
    hash: Line
    faults: Annotated[dict[MemberCode, Note], _Files] = {}
    kept: Annotated[dict[MemberCode, _Kept], _Files] = {}
    known: Annotated[dict[MemberCode, _KnownKeys], _Files] = {}
    check: Line | msgspec.UnsetType = msgspec.UNSET

    def encode(self) -> bytes:
        """The bytes for the disk, with their ``check``."""
        bare = msgspec.json.encode(msgspec.structs.replace(self, check=msgspec.UNSET))
        return msgspec.json.encode(msgspec.structs.replace(self, check=hashlib.sha256(bare).hexdigest()))


STORED: Final = Format[_Stored]("stored-directory", {1: _Stored})


@dataclass(frozen=True)
class Directory:
    """An immutable view of one verified state of the network.

    ``roles`` has the version and expiry of every role; ``hash`` (SHA-256, hexadecimal) names what is said, whichever
    snapshot says it: two nodes with equal hashes see the same network. ``verified_at`` is when this node last got
    it from the secretariat, ``expires_at`` when the first of the roles expires that concern everybody. ``known`` has
    the signing keys of each member that this node has held, in hexadecimal, the newest last; of those too that left.

    A signing key is one member's for good. Nobody else may state it as its own, or as its former one, also after that
    member has left: it may come back, and what it signed is kept under its name. So a bureau that is admitted under
    another code makes new keys. What it signed under the code of before stays that member's.
    """

    network: str
    roles: Mapping[str, RoleState]
    listings: Mapping[MemberCode, Listing]
    standing: Standing
    rulebook: bytes
    verified_at: datetime
    expires_at: datetime
    hash: str
    files: Mapping[str, bytes] = field(repr=False)
    known: Known = field(repr=False)
    _statements: Mapping[tuple[MemberCode, Channel], Standing] = field(repr=False)
    _keys: Mapping[str, tuple[MemberCode, bytes]] = field(repr=False)
    _former: Mapping[str, tuple[MemberCode, bytes]] = field(repr=False)
    _held: Mapping[tuple[MemberCode, str], bytes] = field(repr=False)
    _told: Mapping[MemberCode, Told] = field(repr=False)

    @property
    def versions(self) -> dict[str, int]:
        """The version of each role."""
        return {role: state.version for role, state in self.roles.items()}

    def judge(self, now: datetime, *, grace_s: float = DIRECTORY_GRACE_S) -> Freshness:
        """How fresh it is at ``now``, with ``grace_s`` seconds in which an expired one still serves.

        A clock that stands before the time of verification measures nothing: stale.
        """
        if now < self.verified_at - timedelta(seconds=SKEW_S):
            return Freshness.STALE
        if now < self.expires_at:
            return Freshness.FRESH
        if now < self.expires_at + timedelta(seconds=grace_s):
            return Freshness.IN_GRACE
        return Freshness.STALE

    def find_member(self, code: MemberCode) -> Listing | None:
        """The member called ``code``; None if it is not in the network, or not any more."""
        return self.listings.get(code)

    def find_bureau(self, code: MemberCode, now: datetime) -> Bureau | None:
        """The bureau of ``code`` while the member's own role is in force."""
        listing = self.listings.get(code)
        if listing is None or listing.expires_at is None or now >= listing.expires_at:
            return None
        return listing.bureau

    def find_signing_key(self, key: str, now: datetime) -> tuple[MemberCode, bytes] | None:
        """Who signs with the key of this id (``signer.key_id``), and the raw public key; None if nobody does now."""
        found = self._keys.get(key)
        return found if found is not None and self.find_bureau(found[0], now) is not None else None

    def find_former_key(self, key: str) -> tuple[MemberCode, bytes] | None:
        """Who signs or signed with the key of this id: for what was signed in the past, never for a new act."""
        return self._keys.get(key) or self._former.get(key)

    def find_held_key(self, code: MemberCode, key: str) -> bytes | None:
        """A member's key of this id, raw, as far as this node ever knew, also where that member has left.

        It is for what the node took in then and keeps: nobody who leaves, or says no more which keys it had, or has one
        of another's as well, makes that look changed. Nothing new is judged by it.
        """
        return self._held.get((code, key))

    def is_held_key(self, key: str) -> bool:
        """Whether anybody signed with the key of this id, as far as this node ever knew."""
        return any(key == each for _code, each in self._held)

    def may_have_forgotten(self, code: MemberCode) -> bool:
        """Whether a member may have had more keys than this node remembers: too many, or it left before any was."""
        known = self.known.get(code)
        return len(known) >= KNOWN_KEYS_MAX if known is not None else code not in self.listings

    def find_told(self, code: MemberCode) -> Told | None:
        """The latest statement of what a member's node reads; None where it has made none."""
        return self._told.get(code)

    def newest_for(self, form: Format[Any], readers: Iterable[MemberCode]) -> int:
        """The newest version of a format that this node writes and all ``readers`` read; 1 for who has said nothing."""
        told = (self._told.get(code) for code in readers)
        return min((form.newest, *(each.reads.formats.get(form.name, 1) if each else 1 for each in told)))

    def not_reading(self, name: str, version: int, readers: Iterable[MemberCode]) -> tuple[MemberCode, ...]:
        """Those of ``readers`` that have not said that they read ``name`` in that version: nobody is taken to."""
        told = ((code, self._told.get(code)) for code in readers)
        return tuple(code for code, each in told if each is None or each.reads.formats.get(name, 0) < version)

    def find_statement(self, code: MemberCode, channel: Channel, now: datetime) -> Statement | None:
        """What the standing says about a listed member on a channel; None means that nothing is allowed."""
        said = self._statements.get((code, channel))
        return said.find(code, channel, now) if said is not None and code in self.listings else None

    def is_open(self, code: MemberCode, channel: Channel, now: datetime) -> bool:
        """Whether a member may use a channel without review: listed, its own role in force, its standing open."""
        said = self.find_statement(code, channel, now)
        return said is not None and said.state is State.OPEN and self.find_bureau(code, now) is not None

    def expiring(self, now: datetime) -> tuple[str, ...]:
        """The roles signed by people that expire within ``roles.WARNING``, or have expired."""
        named = {"root", "targets", *map(member_role, self.listings)}
        return tuple(sorted(role for role in named & set(self.roles) if now >= self.roles[role].expires_at - WARNING))

    @property
    def faults(self) -> Mapping[MemberCode, str]:
        """By member, why its newest statement was not taken."""
        return {code: each.fault for code, each in self.listings.items() if each.fault}

    def encode(self) -> bytes:
        """The bytes that ``parse_directory`` reads: for this node's own disk, they carry no signature."""
        absent = {str(code): each.absent for code, each in self.listings.items() if each.absent}
        kept = {
            code: _Kept(_text(each.bureau), _text(each.succession), each.expires_at)
            for code, each in self.listings.items()
            if each.fault and each.bureau is not None
        }
        files = {path: base64.b64encode(self.files[path]).decode() for path in sorted(self.files)}
        return _Stored(
            1, self.verified_at, self.expires_at, dict(self.roles), absent, files, self.hash, dict(self.faults), kept,
            dict(self.known),
        ).encode()  # fmt: skip


def read_directory(
    files: Mapping[str, bytes],
    roles: Mapping[str, RoleState],
    *,
    expires_at: datetime,
    verified_at: datetime,
    absent: Mapping[str, str] | None = None,
    known: Directory | None = None,
    before: Directory | None = None,
    remembered: Known = NOTHING_KNOWN,
    network_uses: Iterable[KeyUse] = (),
) -> Directory:
    """Make a directory of verified files by path and roles by name; ``absent`` says why a member's file is missing.

    ``known`` saves checking again the bureaus whose files are the same there. ``before`` is what this node held last:
    whose keys it has known, and which statements go on serving. ``remembered`` are the keys that it knows besides,
    where ``before`` is lost. ``network_uses`` are the keys of root and targets.

    A bureau that does not say what it should, or names a key of others', does so for that member alone: its last good
    statement stays, or where there is none the member is absent. MalformedError or TooLargeError if the files of
    everybody do not have their form, UntrustedError if one of them is missing.
    """
    listed = _read_list(files)
    absent = absent or {}
    said = {
        member.code: _known_listing(known, listed.network, member, files, roles)
        or read_listing(listed.network, member, files, _end(roles, member), absent.get(member.code, ""))
        for member in listed.members
    }
    held, known_by = (before.listings, before.known) if before is not None else ({}, {})
    known_by = join_known(remembered, known_by)
    listings = judge_listings(said, held, known_by, (*network_uses, *uses_of_list(listed)))
    told = before._told if before is not None else {}  # noqa: SLF001 - of the same class
    return _directory(files, roles, listings, known_by, verified_at, expires_at, told)


def parse_directory(data: bytes, remembered: Known = NOTHING_KNOWN) -> Directory:
    """Read a directory that this node stored; ``remembered`` are the keys that it knows besides.

    CorruptError if it is not what was written, NewerError as ``Format``.
    """
    try:
        stored = STORED.read(data, where="directory", most=DIRECTORY_BYTES)
        files = {path: base64.b64decode(text, validate=True) for path, text in stored.files.items()}
        network, listings = _read_list(files).network, {}
        for member in _read_list(files).members:
            said = read_listing(network, member, files, _end(stored.roles, member), stored.absent.get(member.code, ""))
            fault = said.fault or stored.faults.get(member.code, "")
            listings[member.code] = _kept_listing(said, fault, stored.kept.get(member.code)) if fault else said
        known = join_known(remembered, stored.known)
        found = _directory(files, stored.roles, listings, known, stored.verified_at, stored.expires_at)
    except NewerError:
        raise
    except (msgspec.MsgspecError, *UNREADABLE) as error:
        raise CorruptError(_("The stored directory cannot be read."), where="directory") from error
    if found.hash != stored.hash or (stored.check is not msgspec.UNSET and stored.encode() != data):
        raise CorruptError(_("The stored directory is not what was written."), where="directory")
    return found


def _directory(
    files: Mapping[str, bytes],
    roles: Mapping[str, RoleState],
    listings: Mapping[MemberCode, Listing],
    known: Known,
    verified_at: datetime,
    expires_at: datetime,
    told: Mapping[MemberCode, Told] = MappingProxyType({}),
) -> Directory:
    standing = parse_standing(files[STANDING_PATH])
    statements: dict[tuple[MemberCode, Channel], list[Statement]] = {}
    for each in standing.statements:
        statements.setdefault((each.member, each.channel), []).append(each)
    present = [listing.bureau for listing in listings.values() if listing.bureau is not None]
    present_known = {code: _and_present(known.get(code, ()), each.bureau) for code, each in listings.items()}
    known = {**known, **present_known}
    keys = {key_id(bureau.signing_key): (bureau.code, bureau.signing_key) for bureau in present}
    former = _former_keys(listings.values(), known)
    told = _latest_told(find_reads(files.get(READS_PATH)), told, former | keys)
    if told:
        files = {**files, READS_PATH: encode_reads(told)}
    return Directory(
        _read_list(files).network, dict(roles), dict(listings), standing, files[RULEBOOK_PATH], verified_at,
        expires_at, _hash(files, roles), dict(files), known,
        _statements={place: Standing(1, tuple(said)) for place, said in statements.items()},
        _keys=keys, _former=former, _held=_held_keys(known, former), _told=told,
    )  # fmt: skip


def _latest_told(
    said: Mapping[MemberCode, Told], held: Mapping[MemberCode, Told], keys: Mapping[str, tuple[MemberCode, bytes]]
) -> dict[MemberCode, Told]:
    """Of each member the latest statement that one of its keys signed: nobody can bring an older one back."""
    found: dict[MemberCode, Told] = {}
    for told in (*held.values(), *said.values()):
        code = told.reads.member
        if _is_signed_by(told, code, keys) and not is_outdated(told, found.get(code)):
            found[code] = told
    return found


def _is_signed_by(told: Told, code: MemberCode, keys: Mapping[str, tuple[MemberCode, bytes]]) -> bool:
    member, public = keys.get(told.frame.key_id, (None, b""))
    if member != code:
        return False
    try:
        told.frame.verify(public)
    except UntrustedError:
        return False
    return True


def _and_present(known: tuple[str, ...], bureau: Bureau | None) -> tuple[str, ...]:
    """The keys that a member is known by, with the present one at their end."""
    if bureau is None:
        return known
    return (*(key for key in known if key != bureau.signing), bureau.signing)[-KNOWN_KEYS_MAX:]


def _read_list(files: Mapping[str, bytes]) -> MemberList:
    missing = {MEMBERS_PATH, RULEBOOK_PATH, STANDING_PATH} - set(files)
    if missing:
        raise UntrustedError(_("The directory is not complete."), where=", ".join(sorted(missing)))
    return parse_members(files[MEMBERS_PATH])


def _end(roles: Mapping[str, RoleState], member: Member) -> datetime | None:
    state = roles.get(member_role(member.code))
    return state.expires_at if state is not None else None


def _kept_listing(said: Listing, fault: str, kept: _Kept | None) -> Listing:
    """A member whose newest statement was not taken, as it was stored."""
    if kept is None:
        return Listing(said.member, None, fault, said.expires_at, fault=fault)
    bureau = parse_bureau(base64.b64decode(kept.bureau, validate=True))
    beside = base64.b64decode(kept.succession, validate=True)
    succession = parse_succession(beside) if beside else None
    return Listing(said.member, bureau, "", kept.expires_at, succession, fault)


def _text(said: Bureau | Succession | None) -> str:
    return base64.b64encode(said.encode()).decode() if said is not None else ""


def _known_listing(
    known: Directory | None,
    network: str,
    member: Member,
    files: Mapping[str, bytes],
    roles: Mapping[str, RoleState],
) -> Listing | None:
    """The listing of ``known`` for a member about whom everything is the same there."""
    listing = known.listings.get(member.code) if known is not None and known.network == network else None
    if known is None or listing is None or listing.bureau is None or listing.fault or listing.member != member:
        return None
    paths, role = (bureau_path(member.code), succession_path(member.code)), member_role(member.code)
    is_same = all(files.get(path) == known.files.get(path) for path in paths)
    is_same = is_same and roles.get(role) == known.roles.get(role)
    return listing if is_same else None


def _former_keys(listings: Iterable[Listing], known: Known) -> dict[str, tuple[MemberCode, bytes]]:
    """Former keys by id: those that a bureau names and that are shown to be its own, or that this node knows it by."""
    found = {}
    for listing in listings:
        code = listing.member.code
        believed = listing.shown | frozenset(known.get(code, ()))
        for text in listing.bureau.former if listing.bureau is not None else ():
            if text in believed:
                public = bytes.fromhex(text)
                found[key_id(public)] = (code, public)
    return found


def _held_keys(known: Known, former: Mapping[str, tuple[MemberCode, bytes]]) -> dict[tuple[MemberCode, str], bytes]:
    """By member and id, every key by which this node has known it, or that it shows to be its own."""
    raw = ((code, bytes.fromhex(text)) for code, keys in known.items() for text in keys)
    return {(code, key_id(public)): public for code, public in (*former.values(), *raw)}


def _hash(files: Mapping[str, bytes], roles: Mapping[str, RoleState]) -> str:
    # Not what nodes read: it says nothing of the network, and programs from before it know nothing of it.
    lines = [f"{path} {hashlib.sha256(files[path]).hexdigest()}" for path in sorted(files) if path != READS_PATH]
    lines += [f"{role} {roles[role].version}" for role in sorted(roles) if role not in {SNAPSHOT, STANDING, TIMESTAMP}]
    return hashlib.sha256("\n".join(["comity/directory/v1", *lines]).encode()).hexdigest()


PART: Final = RoomPart(kept=(STORED,))
