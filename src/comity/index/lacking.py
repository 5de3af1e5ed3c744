"""Batches that an index was built without, because their files could not be read; remembered over a restart."""

import re
from pathlib import Path
from typing import Final

from comity.errors import CorruptError, UnavailableError
from comity.ids import BatchId, parse_record_id
from comity.registers.catalogue import Change
from comity.texts import _
from comity.tiles.durable import Boundary, replace_file

_NAMES: Final = re.compile(r"([0-9a-f]{64}\n)*")


class Lacking:
    """Their names, in a file at ``path`` beside the index. While there is one, nobody says "nothing"."""

    def __init__(self, path: Path, boundary: Boundary) -> None:
        self._path = path
        self._boundary = boundary
        self.names: frozenset[BatchId] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names)

    def read(self) -> None:
        """Remember what was noted; CorruptError where that cannot be known any more: the index is begun anew then."""
        try:
            text = self._path.read_text("ascii")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise _unknown() from error
        if not _NAMES.fullmatch(text):
            raise _unknown()
        self.names = frozenset(map(BatchId, text.split()))

    def is_needed_for(self, change: Change) -> bool:
        """Whether a change takes in one of them, or something of one out: then who could see it is not known."""
        return not self.names.isdisjoint((*change.batches, *(parse_record_id(each)[0] for each in change.removed)))

    def add(self, batch: BatchId) -> None:
        """Note one more, durably: before the index goes past it. UnavailableError if the disk refuses."""
        if batch in self.names:
            return
        names = self.names | {batch}
        try:
            replace_file(self._path, "".join(f"{name}\n" for name in sorted(names)).encode(), self._boundary)
        except OSError as error:
            raise UnavailableError(_("The index cannot note what it lacks."), where="index") from error
        self.names = names

    def clear(self) -> None:
        """Forget all: once the index that was built without them is gone."""
        self._path.unlink(missing_ok=True)
        self.names = frozenset()


def _unknown() -> CorruptError:
    return CorruptError(_("It is not known any more which batches an index lacks."), where="index")
