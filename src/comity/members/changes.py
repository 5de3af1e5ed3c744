"""What a draft says and what it changes, for those who are to sign it.

A signer sits at a machine without a network and has the draft alone, so the draft brings the version before it. Who
made the draft chose that version: its words are shown beside it, and a holder knows them from the last ceremony. All
that is said is shown, never the changes alone: what a false version before would pass off as old still stands there.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from tuf.api.metadata import Root, Targets  # type: ignore[attr-defined] # it exports them without saying so

from comity.errors import MalformedError
from comity.ids import MemberCode
from comity.members.ceremony import Draft
from comity.members.keys import fingerprint
from comity.members.member import Bureau, Member, Request, parse_bureau, parse_members
from comity.members.publication import verify_contents
from comity.members.roles import (
    MEMBERS_PATH,
    ROOT,
    RULEBOOK_PATH,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    bureau_path,
    count_signatures,
    form_of,
    member_of_role,
    member_role,
    parse_role,
    raw_key,
)
from comity.rules.amending import Amendment, amend
from comity.texts import _


class Change(StrEnum):
    """What became of something since the version before; where there is none, all is new."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    SAME = "same"


class KeyLine(NamedTuple):
    """A key by its fingerprint."""

    change: Change
    words: str


class MemberLine(NamedTuple):
    """A member as listed; ``words`` are those of the request by which its bureau asked for just that."""

    change: Change
    member: Member
    words: str


class Holders(NamedTuple):
    """What a root says: who holds its keys, how many of them sign, and which keys the running secretariat uses."""

    threshold: int
    threshold_before: int | None
    holders: tuple[KeyLine, ...]
    online: tuple[KeyLine, ...]


class Listed(NamedTuple):
    """What targets say: the network's name, every member that is or was listed, and the rulebook by its fingerprint.

    ``amendment`` says what changes in the rulebook, ``rulebook_before`` has the fingerprint of the one before; nothing
    where it stays, or none is before it.
    """

    network: str
    members: tuple[MemberLine, ...]
    rulebook: KeyLine
    rulebook_before: str = ""
    amendment: Amendment | None = None


def describe(draft: Draft) -> Holders | Listed | Bureau:
    """What a draft says, after checking that it says one thing; changes come first.

    MalformedError for a role that no ceremony makes, a version before that is not before it, or a rulebook that changes
    what may not change; what ``publication.verify_contents`` raises for a draft at odds with itself.
    """
    before = draft.before
    if before is not None and (before.role != draft.role or before.version >= draft.version):
        raise MalformedError(_("The version before, which the draft brings, is not before it."), where=draft.role)
    code = member_of_role(draft.role)
    if code is None and draft.role not in {ROOT, TARGETS}:
        raise MalformedError(_("The running secretariat signs this role, not a ceremony."), where=draft.role)
    signed, files = _read(draft)
    if code is not None:
        return parse_bureau(files[bureau_path(code)])
    old, old_files = _read(before) if before is not None else (None, {})
    if draft.role == ROOT:
        return _holders(signed, old)
    return _listed(_list(signed, files), _list(old, old_files) if old is not None else None)


class Signatures(NamedTuple):
    """How many of those who may sign a draft have, and how many it takes; of the next root, or of the one before."""

    have: int
    need: int
    is_by_present: bool


def count(draft: Draft) -> tuple[Signatures, ...]:
    """The signatures that count, by what the draft brings; empty for a role that no holders sign.

    A root is signed by enough of its own holders and, where one is before it, by enough of that one's.
    """
    metadata = parse_role(draft.role, draft.metadata, form_of(draft.role))
    return tuple(
        Signatures(*count_signatures(root, draft.role, metadata), is_present) for root, is_present in _roots(draft)
    )


def is_signer(draft: Draft, public: bytes) -> bool:
    """Whether the raw key ``public`` is one of those whose signature counts, or the draft does not say whose do."""
    roots = [root for root, _is_present in _roots(draft)]
    return not roots or public in {
        raw_key(root.keys[keyid]) for root in roots for keyid in root.roles[draft.role].keyids
    }


def _roots(draft: Draft) -> Iterator[tuple[Root, bool]]:
    """The roots whose holders sign a draft, as it says; True for the one that it replaces."""
    if draft.role == ROOT:
        yield parse_role(ROOT, draft.metadata, Root).signed, False
        if draft.before is not None:
            yield parse_role(ROOT, draft.before.metadata, Root).signed, True
    elif draft.role == TARGETS and draft.root:
        yield parse_role(ROOT, draft.root, Root).signed, False


class _List(NamedTuple):
    """Targets, read: every member with the words of its request, and the rulebook's file."""

    network: str
    members: Mapping[MemberCode, tuple[Member, str]]
    rulebook: bytes


def _read(draft: Draft) -> tuple[Any, Mapping[str, bytes]]:
    """What is signed, and the files that it names."""
    signed = parse_role(draft.role, draft.metadata, form_of(draft.role)).signed
    return signed, verify_contents(draft.role, signed, draft.files)


def _holders(root: Root, before: Root | None) -> Holders:
    return Holders(
        root.roles[ROOT].threshold,
        before.roles[ROOT].threshold if before is not None else None,
        _keys(root, before, ROOT),
        _keys(root, before, SNAPSHOT, TIMESTAMP),
    )


def _keys(root: Root, before: Root | None, *roles: str) -> tuple[KeyLine, ...]:
    said, old = _words(root, roles), _words(before, roles) if before is not None else ()
    lines = [KeyLine(Change.SAME if words in old else Change.NEW, words) for words in said]
    lines += [KeyLine(Change.GONE, words) for words in old if words not in said]
    return tuple(sorted(lines, key=_changes_first))


def _words(root: Root, roles: Iterable[str]) -> tuple[str, ...]:
    keys = (root.keys[keyid] for role in roles for keyid in root.roles[role].keyids)
    return tuple(dict.fromkeys(fingerprint(raw_key(key)) for key in keys))


def _listed(said: _List, before: _List | None) -> Listed:
    old = before.members if before is not None else {}
    lines = [MemberLine(_change(old.get(code), found), *found) for code, found in said.members.items()]
    lines += [MemberLine(Change.GONE, *found) for code, found in old.items() if code not in said.members]
    listed = Listed(
        said.network,
        tuple(sorted(lines, key=_changes_first)),
        KeyLine(_change(before.rulebook if before is not None else None, said.rulebook), fingerprint(said.rulebook)),
    )
    if before is None or before.rulebook == said.rulebook:
        return listed
    return listed._replace(
        rulebook_before=fingerprint(before.rulebook), amendment=amend(before.rulebook, said.rulebook)
    )


def _list(signed: Targets, files: Mapping[str, bytes]) -> _List:
    listed = parse_members(files[MEMBERS_PATH])
    members = {each.code: (each, _request(listed.network, each, signed).words) for each in listed.members}
    return _List(listed.network, members, files[RULEBOOK_PATH])


def _request(network: str, member: Member, signed: Targets) -> Request:
    """The request that would be admitted as just this member."""
    (keyid,) = signed.get_delegated_role(member_role(member.code)).keyids
    key = raw_key(signed.get_key(keyid)).hex()
    return Request(1, network, member.code, member.title, member.countries, key)


def _change(before: object, said: object) -> Change:
    if before is None:
        return Change.NEW
    return Change.SAME if before == said else Change.CHANGED


def _changes_first(line: KeyLine | MemberLine) -> bool:
    return line.change is Change.SAME
