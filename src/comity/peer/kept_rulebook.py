"""The last rulebook that this node could apply, on its disk: what it goes by when the next one is too new for it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from comity.damage import raise_if_of_machine
from comity.errors import CorruptError, UnavailableError
from comity.limits import RULEBOOK_BYTES
from comity.peer.repository import nothing, write_durably
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.written import RulebookError
from comity.texts import _

_HASH_CHARS: Final = 64
_FILE_BYTES: Final = _HASH_CHARS + 1 + RULEBOOK_BYTES


class KeptRulebook:
    """One file in ``folder``: the SHA-256 of a rulebook, hexadecimal, and on the next line its bytes.

    ``found`` is what was kept when the node started. ``damage`` says what was wrong with the file when it was read
    last; empty where nothing was. One thread writes it.
    """

    def __init__(self, folder: Path, boundary: Callable[[str], None] = nothing) -> None:
        """Read what is there; a damaged file is as none."""
        self._path, self._boundary = folder / "rulebook", boundary
        self.damage, self._kept = "", ""
        self._read_last: tuple[bytes, Rulebook | None] = (b"", None)
        self.found = self.check()

    def check(self) -> Rulebook | None:
        """Read the file again; None where there is none, or it is damaged, which ``damage`` then says."""
        try:
            found, self.damage = self._read(), ""
        except CorruptError as error:
            found, self.damage = None, error.message
        self._kept = found.hash if found is not None else ""
        return found

    def keep(self, rulebook: Rulebook) -> None:
        """Keep what this node applies now; UnavailableError if the disk refuses."""
        if rulebook.hash == self._kept:
            return
        data = rulebook.encode()
        self._boundary("rulebook.kept.before")
        try:
            write_durably(self._path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        except OSError as error:
            raise UnavailableError(_("The rulebook could not be stored."), where=str(self._path)) from error
        self._boundary("rulebook.kept.after")
        self._kept, self.damage = rulebook.hash, ""

    def _read(self) -> Rulebook | None:
        """What is kept; None for nothing, CorruptError if it is not what was written."""
        try:
            with self._path.open("rb") as file:
                kept = file.read(_FILE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise_if_of_machine(error)
            raise CorruptError(_("The rulebook that is kept here cannot be read."), where="rulebook") from error
        said, _line, data = kept.partition(b"\n")
        if said != hashlib.sha256(data).hexdigest().encode():
            raise CorruptError(_("The rulebook that is kept here is not what was written."), where="rulebook")
        if kept != self._read_last[0]:
            self._read_last = (kept, self._parse(data))
        return self._read_last[1]

    @staticmethod
    def _parse(data: bytes) -> Rulebook:
        try:
            return parse_rulebook(data)
        except RulebookError as error:  # by a newer program that ran on this folder before
            raise CorruptError(_("The rulebook that is kept here cannot be applied."), where="rulebook") from error
