"""Files of evidence: made of what a node has, and their directory read again wherever they have come to."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from comity.damage import UNREADABLE, Damage, raise_if_of_machine, text_of
from comity.errors import ComityError, UntrustedError
from comity.evidence import EvidenceFile
from comity.ids import MemberCode
from comity.limits import NOTE_CHARS
from comity.members.directory import Directory
from comity.peer.directory import acquire
from comity.texts import _

_COPIES: Final = {"root.json", "root_history/1.root.json"}
"""Of the first root and the latest: who verifies starts at the one and goes on by the others."""
MISSING_NAMED_MAX: Final = 100
_REMEMBERED: Final = 4  # directories: files that are looked at one after another mostly bring the same
_VERSION: Final = re.compile(r"^[0-9]+\.")


class Exporter:
    """Makes files of evidence. ``folder`` is where the node keeps the directory as it was signed."""

    def __init__(
        self, folder: Path, root: Callable[[], bytes], network: str, member: MemberCode,
        directory: Callable[[], Directory], clock: Callable[[], datetime],
        is_changing: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """``is_changing`` says whether the folder is being written: then it is not whole, and not damaged."""
        self._folder = folder
        self._root = root
        self._network = network
        self._member = member
        self._directory = directory
        self._clock = clock
        self._is_changing = is_changing
        self._checked = b""

    def empty(self) -> EvidenceFile:
        """A file that says whose keys there are and nothing else yet."""
        paths = sorted(path for path in self._folder.rglob("*") if path.is_file())
        names = ((path.relative_to(self._folder).as_posix(), path) for path in paths)
        return EvidenceFile(
            v=2,
            network=self._network,
            member=self._member,
            exported_at=self._clock(),
            verified_at=self._directory().verified_at,
            root=self._root(),
            directory={name: path.read_bytes() for name, path in names if name not in _COPIES},
        )

    def check(self) -> Iterator[Damage]:
        """Whether others could read the directory that files of evidence bring; what was read before is so still."""
        file: EvidenceFile | None = None
        try:
            file = self.empty()
            bytes_now = hashlib.sha256(repr(sorted(file.directory.items())).encode()).digest()
            if bytes_now != self._checked:
                directory_of(file, self._root())
            self._checked = bytes_now
        except UNREADABLE as error:
            raise_if_of_machine(error)
            if not self._has_changed_since(file):
                yield Damage("directory", "cache", text_of(error))

    def _has_changed_since(self, file: EvidenceFile | None) -> bool:
        """Whether the folder was written while it was read: the next round looks at it again."""
        try:
            return self._is_changing() or (file is not None and self.empty().directory != file.directory)
        except UNREADABLE:
            return False

    def missing(self, damaged: Iterable[Damage]) -> tuple[str, ...]:
        """How a file says what it ought to have and has not; what does not fit in is counted."""
        said = [str(each)[:NOTE_CHARS] for each in damaged]
        more = len(said) - MISSING_NAMED_MAX
        return tuple(said[:MISSING_NAMED_MAX]) + ((_("and {count} more").format(count=more),) if more > 0 else ())

    def of_frames(self, frames: tuple[bytes, ...]) -> EvidenceFile:
        """Signed statements."""
        return msgspec.structs.replace(self.empty(), frames=frames)


def directory_of(file: EvidenceFile, root: bytes | None = None) -> Directory:
    """The directory that a file brings, verified up to ``root``, or up to its own where none is given.

    UntrustedError where it does not hold. Roles had to be in force when the file's node verified them.
    """
    try:
        found = _verified(tuple(sorted(file.directory.items())), root or file.root, file.verified_at)
    except ComityError as error:
        by = "the root that was given" if root else "its own root"
        raise UntrustedError(
            _("The directory in the file does not hold by {by}: {message}").format(by=by, message=error.message),
            where=error.where or "directory",
        ) from error

    if root is not None and root != file.root:
        raise UntrustedError(_("The root in the file is not the one that was given."), where="root")
    return found


@lru_cache(maxsize=_REMEMBERED)
def _verified(files: tuple[tuple[str, bytes], ...], root: bytes, at: datetime) -> Directory:
    """The directory of these very files as ``root`` and the time ``at`` let it be read: always the same one."""
    given = dict(files)

    def fetch(name: str) -> bytes | None:
        folder, _slash, path = name.partition("/")
        if folder == "metadata":
            is_root = path.endswith(".root.json")
            return given.get(f"root_history/{path}" if is_root else _VERSION.sub("", path, count=1))
        # A target is asked for by its hash before its name, and kept by its path with escaped slashes.
        return given.get("targets/" + _without_hash(path).replace("/", "%2F"))

    with tempfile.TemporaryDirectory(prefix="comity-verify-") as folder:
        return acquire(Path(folder), root, fetch, at)


def _without_hash(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.partition('.')[2]}"
