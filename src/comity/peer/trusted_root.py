"""The network's first root as it lies on this node's disk, and whether it is the one that the node has followed."""

from collections.abc import Iterator
from pathlib import Path

from tuf.api.metadata import Metadata, Root  # type: ignore[attr-defined] # it exports it without saying so

from comity.damage import Damage, raise_if_of_machine
from comity.peer.directory import is_root
from comity.texts import _


class TrustedRoot:
    """``data`` is the root by which directories are judged: what is on the disk, once nothing is wrong with it.

    ``path`` is its file, called ``name`` among people; ``history`` the folder of the roots followed until now. A root
    that is not theirs is followed no further: else it would stand there in their place.
    """

    def __init__(self, path: Path, name: str, history: Path) -> None:
        self._path, self._name, self._history = path, name, history
        self.data = b""
        self._followed: bytes | None = None  # in this run
        self.damage = self.look()

    def look(self) -> Damage | None:
        """What is wrong with it now; None where nothing is, or where it was put back."""
        try:
            found = self._path.read_bytes()
        except OSError as error:
            raise_if_of_machine(error)
            wrong = _("It is not there, or cannot be read: {why}.").format(why=error.strerror or type(error).__name__)
        else:
            wrong = self._find_wrong(found)
            if not wrong:
                self.data = self._followed = found
        self.damage = Damage("root", self._name, wrong) if wrong else None
        return self.damage

    def _find_wrong(self, found: bytes) -> str:
        if found == self._followed:
            return ""
        if not is_root(found):
            return _("It was changed: it is no root that its own holders have signed.")
        ours = Metadata[Root].from_bytes(found).signed
        if any(each.version == ours.version and each != ours for each in self._known()):
            return _("It was changed: it is not the root that this node has followed until now.")
        return ""

    def _known(self) -> Iterator[Root]:
        """Roots that this node has followed; copies that were changed say nothing, which is said of them elsewhere."""
        for data in (self._followed, *(path.read_bytes() for path in self._history.glob("*.root.json"))):
            if data and is_root(data):
                yield Metadata[Root].from_bytes(data).signed
