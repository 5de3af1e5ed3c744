"""Batches that an index was built without, because their files could not be read; remembered over a restart."""

import hashlib
import re
from pathlib import Path
from typing import Final

from comity.errors import CorruptError, UnavailableError
from comity.ids import BatchId, parse_record_id
from comity.registers.catalogue import Change
from comity.texts import _
from comity.tiles.durable import Boundary, replace_file

_NAMES: Final = re.compile(r"((?:[0-9a-f]{64}\n)*)check ([0-9a-f]{64})\n")


class Lacking:
    """Their names, in a file at ``path`` beside the index. While there is one, nobody says "nothing".

    Each line is a name; the last is a check of those before it. An index has such a file from its beginning on, without
    a name as long as it lacks nothing: where the file is gone or was changed, what the index lacks is not known.
    """

    def __init__(self, path: Path, boundary: Boundary) -> None:
        self._path = path
        self._boundary = boundary
        self.names: frozenset[BatchId] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names)

    def read(self) -> None:
        """Remember what was noted; CorruptError where that cannot be known any more: the index is begun anew then."""
        try:
            found = _NAMES.fullmatch(self._path.read_text("ascii"))
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise _unknown() from error
        if found is None or found[2] != _check(found[1]):
            raise _unknown()
        self.names = frozenset(map(BatchId, found[1].split()))

    def is_needed_for(self, change: Change) -> bool:
        """Whether a change takes in one of them, or something of one out: then who could see it is not known."""
        return not self.names.isdisjoint((*change.batches, *(parse_record_id(each)[0] for each in change.removed)))

    def add(self, batch: BatchId) -> None:
        """Note one more, durably: before the index goes past it. UnavailableError if the disk refuses."""
        if batch in self.names:
            return
        self._note(self.names | {batch})

    def clear(self) -> None:
        """Nothing is lacking: the index that was built without them is gone. UnavailableError as for ``add``."""
        self._note(frozenset())

    def _note(self, names: frozenset[BatchId]) -> None:
        text = "".join(f"{name}\n" for name in sorted(names))
        try:
            replace_file(self._path, f"{text}check {_check(text)}\n".encode(), self._boundary)
        except OSError as error:
            raise UnavailableError(_("The index cannot note what it lacks."), where="index") from error
        self.names = names


def _check(text: str) -> str:
    return hashlib.sha256(f"comity/lacking/v1\n{text}".encode()).hexdigest()


def _unknown() -> CorruptError:
    return CorruptError(_("It is not known any more which batches an index lacks."), where="index")
