"""Acquiring the directory: python-tuf's updater over whatever line there is, and the last good result kept.

The updater only acquires: it raises once anything has expired or the line is cut. What it verified is stored with its
times, serves on, and is judged by ``Directory.judge``.

One thing of python-tuf is private and used here, in ``_trusted``: the set of verified metadata, for the time that it
judges expiry by and for the versions of the roles. The version is pinned for it, and a test watches it.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Targets  # type: ignore[attr-defined] # it exports it without saying so
from tuf.api.serialization import DeserializationError
from tuf.ngclient import (  # type: ignore[attr-defined] # it exports them without saying so
    FetcherInterface,
    Updater,
    UpdaterConfig,
)
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet

from comity.errors import ComityError, CorruptError, MalformedError, NewerError, UnavailableError, UntrustedError
from comity.ids import MemberCode
from comity.limits import (
    BUREAU_BYTES,
    DIRECTORY_BYTES,
    MEMBERS_MAX,
    ROOT_BYTES,
    ROOT_ROTATIONS_MAX,
    SNAPSHOT_BYTES,
    TARGET_BYTES,
    TARGETS_BYTES,
    TIMESTAMP_BYTES,
)
from comity.members.directory import Directory, RoleState, parse_directory, read_directory
from comity.members.key_use import uses_of_root, uses_of_targets, verify_apart
from comity.members.listing import NOTHING_KNOWN, Known
from comity.members.member import parse_members
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
    member_role,
    parse_role,
    raw_key,
    succession_path,
)
from comity.peer.answering import Answerer
from comity.peer.known_keys import NO_MEMORY, Memory
from comity.peer.offer import Offer
from comity.peer.repository import nothing, sync_folder, write_durably
from comity.plug import PeerPart
from comity.texts import _

Fetch = Callable[[str], bytes | None]
"""Asks the secretariat for one published name; None if it has none. Raises UnavailableError without a line."""

_NOT_FOUND: Final = 404
_EXPIRED: Final = "Its role has expired; its bureau has to sign it again."
_SIGNED_BY = re.compile(r"(\S+) was signed by (\d+)/(\d+) keys")
_EVERYBODYS: Final = (ROOT, TARGETS, STANDING, SNAPSHOT, TIMESTAMP)


DIRECTORY: Final = b"comity/1 directory "
"""How a request for a file of the directory begins; after it, the file's name. It is not signed, since a node whose
keys are locked asks too. What is published is for every member to read, carries its own signatures, and serving it is
no act."""


class DirectoryFollower:
    """A node's directory: the last good one, and how to get the next.

    ``root`` is the network's first root, which the bureau got at enrolment. ``held`` is None until there was a line
    once; ``refused`` is why the last refresh failed, or None. ``known`` are the signing keys by which this node knows
    each member: they stand in what is held and in ``memory``, so that neither has them alone. One thread at a time
    calls ``refresh``.
    """

    def __init__(
        self,
        folder: Path,
        trusted_root: bytes,
        fetch: Fetch,
        boundary: Callable[[str], None] = nothing,
        memory: Memory = NO_MEMORY,
    ) -> None:
        """Bring back what was held before the restart, if it can be read."""
        self._folder, self.root, self._fetch, self._boundary = folder, trusted_root, fetch, boundary
        self._memory = memory
        self.held: Directory | None = None
        self.refused: ComityError | None = None
        self.is_taking = False  # the cache is being written
        self.is_doubtful = False  # whether what is kept on disk may not be what was verified
        self.offer = Offer()
        self.known = memory.list_known()
        try:
            self.held = _read_stored(folder / "directory.json", self.known)
        except (CorruptError, NewerError) as error:
            self.refused = error
        else:
            self._know(self.held)

    def refresh(self, now: datetime, offered: Mapping[str, bytes] | None = None) -> Directory:
        """Acquire the present directory, store it and hold it.

        ``offered`` are files by name that a nudge brought; they are taken before the line is asked, and do no harm:
        if what they make is refused, the line is asked for all. UntrustedError or UnavailableError otherwise; then
        ``held`` stays what it was.
        """
        try:
            if offered:
                try:
                    return self._take(now, lambda name: offered.get(name) or self._fetch(name))
                except UntrustedError:
                    pass  # an old or foreign nudge
            return self._take(now, self._fetch)
        except ComityError as error:
            self.refused = error
            raise

    def _take(self, now: datetime, fetch: Fetch) -> Directory:
        held = None if self.is_doubtful else self.held
        self.is_taking = True
        try:
            found = acquire(
                self._folder / "cache", self.root, fetch, now, held=held, before=self.held, known=self.known,
                offer=self.offer,
            )  # fmt: skip
        finally:
            self.is_taking = False
        self._know(found)
        self._boundary("directory.held.before")
        try:
            write_durably(self._folder / "directory.json", found.encode())
        except OSError as error:
            raise UnavailableError(_("The directory could not be stored."), where=str(self._folder)) from error
        self._boundary("directory.held.after")
        self.held, self.refused, self.is_doubtful = found, None, False
        return found

    def _know(self, found: Directory | None) -> None:
        self.known = found.known if found is not None else self.known
        self._memory.remember(self.known)


def acquire(
    folder: Path,
    trusted_root: bytes,
    fetch: Fetch,
    now: datetime,
    *,
    held: Directory | None = None,
    before: Directory | None = None,
    known: Known = NOTHING_KNOWN,
    offer: Offer | None = None,
) -> Directory:
    """Verify the directory that ``fetch`` gives, against ``trusted_root`` and what ``folder`` holds from before.

    1. Every root from the trusted one on is signed by enough holders of the one before it and of itself.
    2. Timestamp, snapshot and targets are signed by the keys of the root, have not expired at ``now``, and none is
       older than before, also across restarts: what shows that is on disk before this returns.
    3. The files named by targets and standing are unaltered.
    4. Each listed member's role is signed by the key that the targets name. One that has expired, is not published yet
       or says what cannot be used concerns that member, nobody else.
    5. Keys of root and targets can be relied on, and none of them stands in two roles.

    ``held``, from the same folder, saves reading again what has not changed; None where the folder is not to be relied
    on. ``before`` is what this node held last, and ``known`` says by which keys it has known each member: they say
    which of two that claim one key has it. ``offer`` is told what is trusted so far. UntrustedError, with the role in
    ``where``, if any of this does not hold; UnavailableError if the line or the disk fails.
    """
    with _plainly():
        try:
            (folder / "targets").mkdir(parents=True, exist_ok=True)
            verify_apart(uses_of_root(parse_role(ROOT, trusted_root, Root).signed), (), ROOT)
            updater = _updater(folder, trusted_root, fetch)
            if offer is not None:
                offer.trusted = _trusted(updater)
            _trusted(updater).reference_time = now
            updater.refresh()
            return _read(updater, now, held, before, known)
        finally:
            _sync(folder)


class _Line(FetcherInterface):
    """Lets python-tuf ask through ``fetch``; sizes are checked by its caller against what was announced."""

    def __init__(self, fetch: Fetch) -> None:
        self._get = fetch

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = self._get(url)
        if data is None:
            raise DownloadHTTPError(url, _NOT_FOUND)
        return iter((data,))


def _updater(folder: Path, trusted_root: bytes, fetch: Fetch) -> Updater:
    config = UpdaterConfig(
        max_root_rotations=ROOT_ROTATIONS_MAX,
        max_delegations=MEMBERS_MAX + 2,
        root_max_length=ROOT_BYTES,
        timestamp_max_length=TIMESTAMP_BYTES,
        snapshot_max_length=SNAPSHOT_BYTES,
        targets_max_length=TARGETS_BYTES,
    )
    return Updater(
        str(folder), "metadata/", str(folder / "targets"), "targets/", _Line(fetch), config, bootstrap=trusted_root
    )


def _trusted(updater: Updater) -> TrustedMetadataSet:
    return updater._trusted_set  # noqa: SLF001 - see the module's text


def _read(
    updater: Updater, now: datetime, unchanged: Directory | None, before: Directory | None, remembered: Known
) -> Directory:
    trusted = _trusted(updater)
    network_uses = (*uses_of_root(trusted.root), *uses_of_targets(trusted.targets))
    verify_apart(network_uses, (), ROOT)
    held = unchanged if unchanged is not None and _is_same_delegator(trusted, unchanged) else None
    files = {path: _file(updater, path, TARGET_BYTES) for path in (MEMBERS_PATH, RULEBOOK_PATH, STANDING_PATH)}
    if reads := _find_reads(updater):
        files[READS_PATH] = reads
    absent, roles = {}, {role: _state(trusted, role) for role in _EVERYBODYS}
    for member in parse_members(files[MEMBERS_PATH]).members:
        role = member_role(member.code)
        if f"{role}.json" not in trusted.snapshot.meta:
            continue  # admitted; its bureau has not signed yet
        known = _known_statement(trusted, held, member.code)
        try:
            if known and held is not None:
                files |= _in_force(known, held.roles[role], now)
                roles[role] = held.roles[role]
            else:
                files |= _statement(updater, member.code)
        except ExpiredMetadataError:
            absent[str(member.code)] = _EXPIRED
        except _MissingError as error:
            absent[str(member.code)] = error.message
        if not known and trusted.get(role) is not None:
            roles[role] = _state(trusted, role)
    first = min(roles[role].expires_at for role in _EVERYBODYS)
    return read_directory(
        files, roles, expires_at=first, verified_at=now, absent=absent, known=held, before=before,
        remembered=remembered, network_uses=network_uses,
    )  # fmt: skip


def _find_reads(updater: Updater) -> bytes | None:
    """What the nodes read, as the online role names it; None where it names nothing, or that is not to be had.

    The role is asked itself: no delegation has this name. Nobody depends on it, and each statement has a signature of
    its own.
    """
    named = cast("Targets", _trusted(updater)[STANDING]).targets.get(READS_PATH)
    if named is None or named.length > TARGET_BYTES:
        return None
    try:
        return Path(updater.find_cached_target(named) or updater.download_target(named)).read_bytes()
    except DownloadHTTPError:
        return None  # a file of evidence by a program that took no notice of it


def _known_statement(trusted: TrustedMetadataSet, held: Directory | None, code: MemberCode) -> dict[str, bytes]:
    """What ``held`` has of a member's role, if it is what is announced now: nothing of it is to be asked for."""
    state = held.roles.get(member_role(code)) if held is not None else None
    if held is None or state is None or bureau_path(code) not in held.files:
        return {}
    paths = (bureau_path(code), succession_path(code))
    is_announced = _is_announced(trusted, member_role(code), state)
    return {path: held.files[path] for path in paths if path in held.files} if is_announced else {}


def _in_force(statement: dict[str, bytes], state: RoleState, now: datetime) -> dict[str, bytes]:
    if now >= state.expires_at:
        raise ExpiredMetadataError(_EXPIRED)
    return statement


def _statement(updater: Updater, code: MemberCode) -> dict[str, bytes]:
    """What a member's role names; ExpiredMetadataError or _MissingError where it cannot be had."""
    own, beside = bureau_path(code), succession_path(code)
    _verify_delegation(_trusted(updater), member_role(code))
    found = {own: _file(updater, own, BUREAU_BYTES)}
    if updater.get_targetinfo(beside) is not None:
        found[beside] = _file(updater, beside, BUREAU_BYTES)
    return found


def _verify_delegation(trusted: TrustedMetadataSet, role: str) -> None:
    """Raise _MissingError where anybody might sign as this member: its delegation key cannot be relied on."""
    targets = trusted.targets
    roles = (targets.delegations.roles if targets.delegations else None) or {}
    try:
        for keyid in roles[role].keyids if role in roles else ():
            raw_key(targets.get_key(keyid))
    except (UntrustedError, ValueError) as error:
        raise _MissingError(_("Its delegation key cannot be relied on."), where=role) from error


def _is_same_delegator(trusted: TrustedMetadataSet, held: Directory) -> bool:
    """Whether ``held`` was read under this very root and these very targets, which say who signs for whom."""
    return all(_state(trusted, role) == held.roles.get(role) for role in (ROOT, TARGETS))


def _is_announced(trusted: TrustedMetadataSet, role: str, state: RoleState) -> bool:
    """Whether the snapshot announces exactly the metadata that was verified before, so that nothing is to be asked."""
    return bool(state.digest) and _digest(trusted, role) == state.digest


def _state(trusted: TrustedMetadataSet, role: str) -> RoleState:
    return RoleState(trusted[role].version, trusted[role].expires, _digest(trusted, role))


def _digest(trusted: TrustedMetadataSet, role: str) -> str:
    announced = trusted.snapshot.meta.get(f"{role}.json")
    return (announced.hashes or {}).get("sha256", "") if announced is not None else ""


class _MissingError(UntrustedError):
    """A file that the role should name and does not, or that is longer than such a file may be."""


def _file(updater: Updater, path: str, most: int) -> bytes:
    named = updater.get_targetinfo(path)
    if named is None:
        raise _MissingError(_("The role that should name this file does not."), where=path)
    if named.length > most:
        raise _MissingError(_("Such a file has at most {most} bytes.").format(most=most), where=path)
    place = updater.find_cached_target(named) or updater.download_target(named)
    return Path(place).read_bytes()


@contextmanager
def _plainly() -> Iterator[None]:
    """Errors of python-tuf and of the disk in our words."""
    try:
        yield
    except ComityError:
        raise
    except (RepositoryError, DownloadError) as error:
        if isinstance(error.__cause__, ComityError):
            raise error.__cause__ from error
        raise _in_our_words(error) from error
    except OSError as error:
        raise UnavailableError(
            _("The directory could not be kept on disk."), next_step=_("Look at the disk.")
        ) from error


def _in_our_words(error: Exception) -> ComityError:
    said = str(error)
    signed = _SIGNED_BY.search(said)
    if isinstance(error, UnsignedMetadataError) and signed is not None:
        if signed[3] == "1":
            return UntrustedError(
                _("A role is signed by somebody else than the key that the directory names."), where=signed[1]
            )
        return UntrustedError(
            _("A role is signed by {have} of {need} needed.").format(have=signed[2], need=signed[3]),
            where=signed[1],
        )
    if isinstance(error, DownloadHTTPError):
        return UnavailableError(_("The secretariat does not have what its directory names."), where=said)
    plain: tuple[tuple[type[Exception], str], ...] = (
        (UnsignedMetadataError, "A role is not signed by the keys that the directory names."),
        (ExpiredMetadataError, "The directory offered has expired."),
        (BadVersionNumberError, "The directory offered is older than the one held, or not the one announced."),
        (LengthOrHashMismatchError, "A file of the directory was altered."),
        (DownloadLengthMismatchError, "A file of the directory is longer than was announced."),
        (DeserializationError, "A role of the directory cannot be read."),
    )
    for kind, text in plain:
        if isinstance(error, kind):
            return UntrustedError(text, where=said[:200])
    if isinstance(error, DownloadError):
        return UnavailableError(_("The directory could not be fetched."), where=said[:200])
    return UntrustedError(_("The directory offered does not hold together."), where=said[:200])


def is_root(data: bytes) -> bool:
    """Whether these are the bytes of a root that its own keys have signed."""
    try:
        found = Metadata[Root].from_bytes(data)
        found.signed.verify_delegate(ROOT, found.signed_bytes, found.signatures)
    except (RepositoryError, DeserializationError, ValueError):
        return False
    return True


def _sync(folder: Path) -> None:
    """Wait for the disk, as python-tuf does not, for what keeps older states out: no crash may bring one back.

    Other files are verified against these whenever they are read, and asked for again if a crash spoilt them.
    """
    roots = folder / "root_history"
    for path in (folder / "timestamp.json", folder / "snapshot.json", *roots.glob("*.json")):
        with contextlib.suppress(FileNotFoundError), path.open("rb+") as file:
            os.fsync(file.fileno())
    for place in (roots, folder):
        if place.exists():
            sync_folder(place)


def _read_stored(path: Path, known: Known) -> Directory | None:
    try:
        with path.open("rb") as file:
            return parse_directory(file.read(DIRECTORY_BYTES + 1), known)
    except FileNotFoundError:
        return None


def _give_file(answerer: Answerer, line: MemberCode, data: bytes) -> bytes:
    del line
    try:
        name = data[len(DIRECTORY) :].decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError(_("A name is ASCII."), where="request") from error
    return answerer.home.published(name) or b""


PART: Final = PeerPart({}, keyless={DIRECTORY: _give_file})
