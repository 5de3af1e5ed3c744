"""The secretariat's folder of what it publishes: signed metadata and files, under the names that clients ask for.

Names follow the TUF specification with consistent snapshots: ``metadata/3.root.json``, ``metadata/timestamp.json``,
``metadata/5.member-LT.json``, ``targets/members/LT/<sha256>.bureau.json``. Every name but the timestamp's keeps its
bytes for ever, so the renaming of the timestamp is the one moment at which a new state is published.
"""

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tuf.api.metadata import (  # type: ignore[attr-defined] # it exports them without saying so
    Snapshot,
    Targets,
    Timestamp,
)

from comity.errors import ComityError, CorruptError, UnavailableError
from comity.limits import REPOSITORY_VERSIONS_KEPT, TARGET_BYTES
from comity.members.ceremony import Draft
from comity.members.listing import NOTHING_KNOWN, Known
from comity.members.publication import Publication, accept, publish, quiet_until
from comity.members.roles import ROOT, SNAPSHOT, STANDING, TARGETS, TIMESTAMP, form_of, member_role, parse_role
from comity.signer import Signer
from comity.texts import _

TIMESTAMP_NAME = "metadata/timestamp.json"
_NAME = re.compile(
    r"metadata/(?:timestamp|[0-9]{1,9}\.[A-Za-z0-9-]{1,40})\.json"
    r"|targets/(?:members/[A-Z0-9]{2,8}/)?[0-9a-f]{64}\.[a-z-]{1,40}\.json"
)
_ROOT_FILE = re.compile(r"([0-9]{1,9})\.root\.json")


def nothing(name: str) -> None:
    """The boundary of a node that runs: nothing happens there."""
    del name


class Repository:
    """What is published, in ``folder``; one process at a time writes it.

    ``boundary`` is called with a name before and after each durable step.
    """

    def __init__(self, folder: Path, boundary: Callable[[str], None] = nothing) -> None:
        """Read what is there; an empty or missing folder is an empty repository. CorruptError if it is damaged."""
        self._folder = folder
        self._boundary = boundary
        self._publication = read_publication(folder)
        with contextlib.suppress(OSError):
            _sweep(folder)
        self._published = self._publication
        self._quiet_from = self._quiet_until = datetime.min.replace(tzinfo=UTC)  # nothing was published in this run

    @property
    def publication(self) -> Publication:
        """What is held: published, or taken in since."""
        return self._publication

    def accept(self, draft: Draft, now: datetime, known: Known = NOTHING_KNOWN) -> None:
        """Take in a signed draft, as ``publication.accept``; nothing is kept on disk before it is published."""
        self._publication = accept(self._publication, draft, now, known)

    def publish(self, now: datetime, signers: Mapping[str, Signer]) -> dict[str, bytes]:
        """Sign what is due, as ``publication.publish``, and put it on disk; return what is new, by name.

        That is what a nudge carries. If it raises, the folder serves what it served before.
        """
        is_quiet = self._publication is self._published and self._quiet_from <= now < self._quiet_until
        new = self._published if is_quiet else publish(self._publication, signers, now)
        changed = {role: data for role, data in new.roles.items() if self._published.roles.get(role) != data}
        names = names_of(changed, new.files)
        try:
            fresh = {name: data for name, data in names.items() if self.read(name) != data}
            self._write({name: data for name, data in fresh.items() if name != TIMESTAMP_NAME})
            if TIMESTAMP_NAME in fresh:
                self._boundary("directory.published.before")
                write_durably(self._folder / TIMESTAMP_NAME, fresh[TIMESTAMP_NAME])
                self._boundary("directory.published.after")
            self._prune(fresh, set(names))
        except OSError as error:
            raise UnavailableError(
                _("The directory could not be written."), where=str(self._folder), next_step=_("Look at the disk.")
            ) from error
        self._publication = self._published = new
        if not is_quiet:
            self._quiet_from, self._quiet_until = now, quiet_until(new)
        return fresh

    def current(self) -> dict[str, bytes]:
        """All that a newcomer needs but the roots, by name: for one answer instead of two questions for each member."""
        return {name: data for name, data in self._everything().items() if not name.endswith(".root.json")}

    def read(self, name: str) -> bytes | None:
        """The bytes published under ``name``, which may be anything that a peer sent; None if there are none."""
        if not _NAME.fullmatch(name):
            return None
        try:
            with (self._folder / name).open("rb") as file:
                data = file.read(TARGET_BYTES + 1)
        except FileNotFoundError:
            return None
        return data if len(data) <= TARGET_BYTES else None

    def put_back(self) -> tuple[str, ...]:
        """Write again what of the folder is not as it was published; its names. OSError where the disk refuses."""
        damaged = {name: data for name, data in self._everything().items() if self.read(name) != data}
        self._write(damaged)
        return tuple(damaged)

    def _everything(self) -> dict[str, bytes]:
        return names_of(self._published.roles, self._published.files)

    def _write(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            self._boundary(f"directory.file.before {name}")
            write_durably(self._folder / name, data)
            self._boundary(f"directory.file.after {name}")

    def _prune(self, fresh: Mapping[str, bytes], current: set[str]) -> None:
        """Remove old versions of what has just been replaced; roots stay, for nodes that were long away."""
        for name in fresh:
            if name == TIMESTAMP_NAME or name.endswith(".root.json"):
                continue
            place = self._folder / name
            rest = place.name.split(".", 1)[1]
            old = sorted(place.parent.glob(f"*.{rest}"), key=lambda each: each.stat().st_mtime_ns)
            for each in old[:-REPOSITORY_VERSIONS_KEPT]:
                if each.relative_to(self._folder).as_posix() not in current:
                    each.unlink()


def write_durably(path: Path, data: bytes) -> None:
    """Replace the file at ``path`` in one step that survives a crash; OSError if the disk refuses."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)
    draft = path.with_name(f".{path.name}.new")
    # For this node alone: passes, passphrases of a demonstration and encrypted keys go through here.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable, where the system can (Windows does it by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def names_of(roles: Mapping[str, bytes], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Roles and files by the names under which they are published."""
    names = {}
    for role, data in roles.items():
        signed = parse_role(role, data, form_of(role)).signed
        names[TIMESTAMP_NAME if role == TIMESTAMP else f"metadata/{signed.version}.{role}.json"] = data
        if isinstance(signed, Targets):
            for path, target in signed.targets.items():
                names[_target_name(path, target.hashes["sha256"])] = files[path]
    return names


def _target_name(path: str, digest: str) -> str:
    folder, slash, last = path.rpartition("/")
    return f"targets/{folder}{slash}{digest}.{last}"


def read_publication(folder: Path) -> Publication:
    """What the folder's timestamp points to, and the newest root; nothing is changed, so a running node may write.

    Empty where nothing was published; CorruptError if it is damaged.
    """
    metadata = folder / "metadata"
    if not (metadata / "timestamp.json").exists():
        return Publication()
    try:
        roots = [int(match[1]) for each in metadata.iterdir() if (match := _ROOT_FILE.fullmatch(each.name))]
        roles = {
            ROOT: (metadata / f"{max(roots)}.root.json").read_bytes(),
            TIMESTAMP: (metadata / "timestamp.json").read_bytes(),
        }
        named = parse_role(TIMESTAMP, roles[TIMESTAMP], Timestamp).signed.snapshot_meta.version
        roles[SNAPSHOT] = (metadata / f"{named}.snapshot.json").read_bytes()
        meta = parse_role(SNAPSHOT, roles[SNAPSHOT], Snapshot).signed.meta
        files: dict[str, bytes] = {}

        def take(role: str) -> None:
            if f"{role}.json" not in meta:
                return
            roles[role] = (metadata / f"{meta[f'{role}.json'].version}.{role}.json").read_bytes()
            for path, target in parse_role(role, roles[role], Targets).signed.targets.items():
                files[path] = (folder / _target_name(path, target.hashes["sha256"])).read_bytes()

        take(TARGETS)
        take(STANDING)
        for member in Publication(roles, files).members().members:
            take(member_role(member.code))
    except (OSError, ValueError, KeyError, ComityError) as error:
        raise CorruptError(
            _("The folder of the published directory is damaged."),
            where=str(folder),
            next_step=_("Bring it back from the backup; members go on with what they hold meanwhile."),
        ) from error
    return Publication(roles, files)


def _sweep(folder: Path) -> None:
    for left in folder.rglob(".*.new"):  # a write that a crash cut short
        left.unlink()
