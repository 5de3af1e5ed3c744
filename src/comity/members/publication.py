"""What the secretariat publishes: the roles and files taken in, and the snapshot and timestamp over them.

A publication is a value. ``accept`` checks a draft before it becomes part of it, ``publish`` checks the whole as every
client will and signs what is online, so that a mistake shows here and not at 196 bureaus.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import (  # type: ignore[attr-defined] # it exports them without saying so
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from comity.errors import InputError, MalformedError, TooLargeError, UntrustedError
from comity.ids import MemberCode
from comity.limits import BUREAU_BYTES, TARGET_BYTES
from comity.members.ceremony import HOLDERS_MIN, Draft
from comity.members.key_use import (
    KeyUse,
    uses_known,
    uses_of_bureau,
    uses_of_list,
    uses_of_root,
    uses_of_targets,
    verify_apart,
)
from comity.members.keys import fingerprint
from comity.members.listing import NOTHING_KNOWN, Known, uses_of_others
from comity.members.member import BUREAU, Bureau, MemberList, parse_bureau, parse_members
from comity.members.reads import parse_reads
from comity.members.roles import (
    MEMBERS_PATH,
    PERIODS,
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
    raw_key,
    sign_metadata,
    succession_path,
    verify_signed,
)
from comity.members.standing import parse_standing
from comity.members.succession import parse_succession
from comity.rules.amending import amend
from comity.signer import Signer
from comity.texts import _


class Publication(msgspec.Struct, frozen=True):
    """Signed metadata by role name, and the files that they name by path; both empty before the first root.

    ``is_whole`` says that every role was verified under the root and targets that are held now.
    """

    roles: Mapping[str, bytes] = {}
    files: Mapping[str, bytes] = {}
    is_whole: bool = False

    def version(self, role: str) -> int:
        """The highest version of ``role`` that was ever published here or taken in; 0 for none."""
        held = [0]
        if role in self.roles:
            held.append(parse_role(role, self.roles[role], form_of(role)).signed.version)
        if SNAPSHOT in self.roles:
            listed = parse_role(SNAPSHOT, self.roles[SNAPSHOT], Snapshot).signed.meta.get(f"{role}.json")
            held.append(listed.version if listed else 0)
        return max(held)

    def members(self) -> MemberList:
        """Who is listed; UntrustedError while there is no list."""
        if MEMBERS_PATH not in self.files:
            raise UntrustedError(_("The directory has no targets yet."), where=TARGETS)
        return parse_members(self.files[MEMBERS_PATH])

    def draft(self, role: str) -> Draft:
        """What is held of a role, for the next version to be made after it; UntrustedError while there is none."""
        if role not in self.roles:
            raise UntrustedError(_("The directory has no {role} yet.").format(role=role), where=role)
        signed = parse_role(role, self.roles[role], form_of(role)).signed
        files = {} if role == ROOT else _named_files(role, signed, self.files)
        return Draft(role, self.roles[role], files, root=b"" if role == ROOT else self.roles.get(ROOT, b""))

    def delegator(self, role: str) -> Root | Targets:
        """Who says which keys sign ``role``; UntrustedError while that is missing."""
        above = ROOT if role in {ROOT, TARGETS, SNAPSHOT, TIMESTAMP} else TARGETS
        if above not in self.roles:
            raise UntrustedError(_("The directory has no {above} yet.").format(above=above), where=role)
        signed: Root | Targets = parse_role(above, self.roles[above], form_of(above)).signed
        return signed


def accept(held: Publication, draft: Draft, now: datetime, known: Known = NOTHING_KNOWN) -> Publication:
    """``held`` with a draft taken in. Taking in the same draft again changes nothing.

    ``known`` are the signing keys by which this node knows each member, those that have left among them: nobody else
    may use these.

    1. Its role is one that the directory has, and its metadata is of that role's kind.
    2. Enough of the right keys signed it; a next root also by enough of the present one's holders.
    3. Its version is higher than any before it (a root's by exactly one), and it has not expired.
    4. Every file that it names is given or held, unaltered, and says what it should; another rulebook changes what may
       change (``rules.amending``).

    UnknownError, UntrustedError, MalformedError or TooLargeError otherwise.
    """
    role = draft.role
    member_of_role(role)
    metadata = parse_role(role, draft.metadata, form_of(role))
    if held.roles.get(role) == draft.metadata:
        return held
    if role in {SNAPSHOT, TIMESTAMP}:
        raise MalformedError(_("This role is made when the directory is published."), where=role)
    if role == ROOT:
        verify_signed(metadata.signed, ROOT, metadata)
    if role != ROOT or ROOT in held.roles:
        verify_signed(held.delegator(role), role, metadata)
    _verify_version(held, role, metadata.signed.version)
    if metadata.signed.is_expired(now):
        raise UntrustedError(_("It has expired."), where=role, next_step=_("Have it made and signed again."))
    files = verify_contents(role, metadata.signed, {**held.files, **draft.files})
    code = member_of_role(role)
    if code is not None:
        _verify_bureau(held, code, files, known)
    else:
        _verify_network(held, role, metadata.signed, files, known)
    is_whole = held.is_whole and role not in {ROOT, TARGETS}
    return Publication({**held.roles, role: draft.metadata}, {**held.files, **files}, is_whole)


def verify_whole(held: Publication, now: datetime) -> None:
    """Raise UntrustedError if a client would refuse what is held, for a reason that publishing does not mend.

    That is: root and targets signed by enough and in time, the standing there, the role of every listed member signed
    by the key that is listed. An expired role of one member stands in nobody else's way.
    """
    for role in (ROOT, TARGETS, STANDING):
        if role not in held.roles:
            raise UntrustedError(_("The directory has no {role} yet.").format(role=role), where=role)
    above = {role: held.delegator(role) for role in (ROOT, TARGETS, STANDING)}
    listed = [member_role(member.code) for member in held.members().members if not held.is_whole]
    for role in (ROOT, TARGETS, STANDING, *(each for each in listed if each in held.roles)):
        metadata = parse_role(role, held.roles[role], form_of(role))
        verify_signed(above.get(role, above[STANDING]), role, metadata)
        if member_of_role(role) is None and metadata.signed.is_expired(now):
            raise UntrustedError(_("It has expired."), where=role, next_step=_("Have it made and signed again."))
        if role != ROOT:
            _named_files(role, metadata.signed, held.files)


def verify_contents(role: str, signed: Any, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that a role names, of those ``given``, after checking that it says what it should and no more.

    A root: the same holders sign it and the list of members, at least two. Targets: the members are those to whose keys
    is delegated. A bureau: its form, and that it delegates nothing. Whether anybody signed is not judged here.
    UntrustedError, MalformedError or TooLargeError otherwise.
    """
    code = member_of_role(role)
    if role == ROOT:
        _verify_holders(signed)
        return {}
    files = _named_files(role, signed, given)
    wanted = {STANDING: {STANDING_PATH}, TARGETS: {MEMBERS_PATH, RULEBOOK_PATH}}
    may = {succession_path(code)} if code is not None else {READS_PATH} if role == STANDING else set()
    named = set(files) - may
    if named != (wanted[role] if code is None else {bureau_path(code)}):
        raise UntrustedError(_("The role does not name exactly the files that it should."), where=role)
    if role == TARGETS:
        _verify_delegations(signed, parse_members(files[MEMBERS_PATH]))
    elif role == STANDING:
        parse_standing(files[STANDING_PATH])
        if READS_PATH in files:
            parse_reads(files[READS_PATH])
    elif signed.delegations is not None:
        raise UntrustedError(_("A member's role delegates nothing."), where=role)
    return files


def publish(held: Publication, signers: Mapping[str, Signer], now: datetime) -> Publication:
    """``held`` with all that is due signed online: ``signers`` has a key for standing, snapshot and timestamp each.

    An online role is signed again when half of its period has passed; snapshot and timestamp also when anything below
    them changed. Publishing what is fresh and unchanged changes nothing. UntrustedError as from ``verify_whole``,
    UnavailableError while a key is locked.
    """
    if STANDING in held.roles and is_due(held, STANDING, now):
        held = _renew_standing(held, signers[STANDING], now)
    verify_whole(held, now)
    held = msgspec.structs.replace(held, is_whole=True)
    held = _publish_snapshot(held, signers[SNAPSHOT], now)
    return _publish_timestamp(held, signers[TIMESTAMP], now)


def is_due(held: Publication, role: str, now: datetime) -> bool:
    """Whether half of the period of an online ``role`` has passed, or it is not there."""
    if role not in held.roles:
        return True
    return now >= _due_at(held, role)


def quiet_until(published: Publication) -> datetime:
    """Until when publishing it again changes nothing, and refuses nothing, unless something was taken in."""
    ends: list[datetime] = [_signed(published, role).expires for role in (ROOT, TARGETS)]
    return min(*ends, *(_due_at(published, role) for role in (STANDING, SNAPSHOT, TIMESTAMP)))


def _due_at(held: Publication, role: str) -> datetime:
    due_at: datetime = _signed(held, role).expires - PERIODS[role] / 2
    return due_at


def _signed(held: Publication, role: str) -> Any:
    return parse_role(role, held.roles[role], form_of(role)).signed


def _verify_version(held: Publication, role: str, version: int) -> None:
    before = held.version(role)
    if version <= before:
        raise UntrustedError(
            _("Its version {version} is not above {before}, which is held.").format(version=version, before=before),
            where=role,
            next_step=_("Make it as version {version}.").format(version=before + 1),
        )
    if role == ROOT and version != before + 1:
        raise UntrustedError(
            _("The next root is version {wanted}, not {version}.").format(wanted=before + 1, version=version),
            where=role,
        )


def _named_files(role: str, signed: Targets, given: Mapping[str, bytes]) -> dict[str, bytes]:
    files = {}
    for path, target in signed.targets.items():
        if path not in given:
            raise UntrustedError(_("A file that the metadata names is missing."), where=f"{role}: {path}")
        if len(given[path]) > TARGET_BYTES:
            raise TooLargeError(
                _("A file of the directory has at most {most} bytes.").format(most=TARGET_BYTES), where=path
            )
        try:
            target.verify_length_and_hashes(given[path])
        except LengthOrHashMismatchError as error:
            raise UntrustedError(_("The file was altered after signing."), where=f"{role}: {path}") from error
        files[path] = given[path]
    return files


def _verify_holders(signed: Root) -> None:
    holders, list_signers = signed.roles[ROOT], signed.roles[TARGETS]
    if (set(holders.keyids), holders.threshold) != (set(list_signers.keyids), list_signers.threshold):
        raise UntrustedError(_("Others than the key holders would sign the list of members."), where=ROOT)
    if holders.threshold < HOLDERS_MIN:
        raise UntrustedError(_("One holder alone could sign."), where=ROOT)
    if set(holders.keyids) & {keyid for role in (SNAPSHOT, TIMESTAMP) for keyid in signed.roles[role].keyids}:
        raise UntrustedError(_("An online key is not a key holder's."), where=ROOT)


def _verify_delegations(signed: Targets, listed: MemberList) -> None:
    roles = (signed.delegations.roles if signed.delegations else None) or {}
    if set(roles) != {STANDING, *(member_role(member.code) for member in listed.members)}:
        raise UntrustedError(_("The list of members and the delegations differ."), where=TARGETS)
    for member in listed.members:
        role = roles[member_role(member.code)]
        keys = [fingerprint(raw_key(signed.get_key(keyid))) for keyid in role.keyids]
        paths = [bureau_path(member.code).replace("bureau.json", "*")]
        if keys != [member.delegation] or role.threshold != 1 or role.paths != paths or not role.terminating:
            raise UntrustedError(_("A delegation is not to the key that is listed."), where=f"{TARGETS}: {member.code}")
    if roles[STANDING].paths != [STANDING_PATH]:
        raise UntrustedError(_("The standing has one file only."), where=TARGETS)


def _verify_bureau(held: Publication, code: MemberCode, files: Mapping[str, bytes], known: Known) -> None:
    """Raise UntrustedError for a bureau that describes itself as another's, or uses a key that is taken."""
    listed, role = held.members(), member_role(code)
    bureau = parse_bureau(files[bureau_path(code)])
    if (bureau.code, bureau.network) != (code, listed.network):
        raise UntrustedError(_("The bureau describes itself as another's."), where=role)
    own = uses_of_bureau(bureau, shown=_shown(bureau, files), known=known.get(code, ()))
    verify_apart(own, _uses_held(held, known), role)


def _verify_network(held: Publication, role: str, signed: Any, files: Mapping[str, bytes], known: Known) -> None:
    """Raise UntrustedError where a root or list gives somebody a key that is taken.

    MalformedError where the rulebook is another, and may not follow the one that is held.
    """
    if role == ROOT:
        verify_apart(uses_of_root(signed), _uses_held(held, known), role)
    elif role == TARGETS:
        uses = [*uses_of_targets(signed), *uses_of_list(parse_members(files[MEMBERS_PATH]))]
        verify_apart(uses, _uses_held(held, known), role)
        rulebook, present = files[RULEBOOK_PATH], held.files.get(RULEBOOK_PATH)
        if rulebook != present:
            amend(present, rulebook)


def _uses_held(held: Publication, known: Known) -> Iterator[KeyUse]:
    """Every key that the directory as it is held names, and those ``known`` of its members and of others before."""
    named = [*_uses_named(held)]
    members = [each.code for each in held.members().members] if TARGETS in held.roles else []
    named += [use for code in members for use in uses_known(code, known.get(code, ()))]
    yield from named
    yield from uses_of_others(known, members, named)


def _uses_named(held: Publication) -> Iterator[KeyUse]:
    if ROOT in held.roles:
        yield from uses_of_root(parse_role(ROOT, held.roles[ROOT], Root).signed)
    if TARGETS not in held.roles:
        return
    yield from uses_of_targets(parse_role(TARGETS, held.roles[TARGETS], Targets).signed)
    listed = held.members()
    yield from uses_of_list(listed)
    for member in listed.members:
        with contextlib.suppress(InputError, UntrustedError):  # one from before keys were checked claims nothing
            data = held.files.get(bureau_path(member.code))
            if data is not None:
                bureau = BUREAU.read(data, where="bureau.json", most=BUREAU_BYTES)
                yield from uses_of_bureau(bureau, shown=_shown(bureau, held.files), known=(), is_held=True)


def _shown(bureau: Bureau, files: Mapping[str, bytes]) -> frozenset[str]:
    """The former keys of a bureau that the succession shows which lies beside it among ``files``."""
    data = files.get(succession_path(bureau.code))
    if data is None:
        return frozenset()
    found = parse_succession(data)
    if (found.code, found.network) != (bureau.code, bureau.network):
        raise UntrustedError(_("The succession is another's."), where=member_role(bureau.code))
    return found.shown(bureau.signing)


def _renew_standing(held: Publication, signer: Signer, now: datetime) -> Publication:
    metadata = parse_role(STANDING, held.roles[STANDING], Targets)
    metadata.signed.version = held.version(STANDING) + 1
    metadata.signed.expires = expiry(STANDING, now)
    return msgspec.structs.replace(held, roles={**held.roles, STANDING: _sign_anew(metadata, signer)})


def _publish_snapshot(held: Publication, signer: Signer, now: datetime) -> Publication:
    before = parse_role(SNAPSHOT, held.roles[SNAPSHOT], Snapshot).signed if SNAPSHOT in held.roles else None
    meta = dict(before.meta) if before else {}  # a role that was removed stays listed: clients refuse a loss
    listed = [member_role(member.code) for member in held.members().members]
    for role in (TARGETS, STANDING, *(each for each in listed if each in held.roles)):
        data, named = held.roles[role], meta.get(f"{role}.json")
        if named is None or (named.hashes or {}).get("sha256") != hashlib.sha256(data).hexdigest():
            version = parse_role(role, data, Targets).signed.version
            meta[f"{role}.json"] = MetaFile.from_data(version, data, ["sha256"])
    if before is not None and before.meta == meta and not is_due(held, SNAPSHOT, now):
        return held
    snapshot = Snapshot(version=held.version(SNAPSHOT) + 1, expires=expiry(SNAPSHOT, now), meta=meta)
    return msgspec.structs.replace(held, roles={**held.roles, SNAPSHOT: _sign_anew(Metadata(snapshot), signer)})


def _publish_timestamp(held: Publication, signer: Signer, now: datetime) -> Publication:
    data = held.roles[SNAPSHOT]
    named = MetaFile.from_data(parse_role(SNAPSHOT, data, Snapshot).signed.version, data, ["sha256"])
    if TIMESTAMP in held.roles:
        before = parse_role(TIMESTAMP, held.roles[TIMESTAMP], Timestamp)
        is_same = before.signed.snapshot_meta == named and not is_due(held, TIMESTAMP, now)
        if is_same and _is_signed(held, before):
            return held
    timestamp = Timestamp(version=held.version(TIMESTAMP) + 1, expires=expiry(TIMESTAMP, now), snapshot_meta=named)
    return msgspec.structs.replace(held, roles={**held.roles, TIMESTAMP: _sign_anew(Metadata(timestamp), signer)})


def _is_signed(held: Publication, metadata: Metadata[Any]) -> bool:
    try:
        verify_signed(held.delegator(TIMESTAMP), TIMESTAMP, metadata)
    except UntrustedError:
        return False  # a new root names another key
    return True


def _sign_anew(metadata: Metadata[Any], signer: Signer) -> bytes:
    metadata.signatures.clear()
    return sign_metadata(metadata, signer)
