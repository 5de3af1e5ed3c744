"""Files that officers bring, part by part, until what is in them has been entered: below a folder of the node's own."""

import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from comity.errors import InputError, TooLargeError, UnavailableError, UnknownError
from comity.texts import _
from comity.tiles.durable import Boundary, make_folder, no_boundary, replace_file, sync_data, sync_folders

_BYTES: Final = "bytes"
_READ_BYTES: Final = 262_144


class OffsetError(InputError):
    """Bytes came for another place than the end of what is here: ``received`` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(
            _("The node has {received} bytes of this file.").format(received=received),
            where="offset",
            next_step=_("Go on from there."),
        )
        self.received = received


class BroughtFiles:
    """Each file has a folder: its bytes, and notes of a few words beside them. Nobody else on the machine reads it."""

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self._folder = folder
        self._boundary = boundary

    def append(self, name: str, offset: int, parts: Iterable[bytes], most: int) -> int:
        """Add what comes to a file's end; how long it is then. What has come stays, whatever ends it.

        OffsetError unless ``offset`` is the end; TooLargeError past ``most``; UnavailableError if the disk refuses.
        """
        path = self._folder / name / _BYTES
        made_in: set[Path] = set()
        try:
            is_new = not path.exists()
            make_folder(path.parent, made_in)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as file:
                held = file.seek(0, os.SEEK_END)
                if offset != held:
                    raise OffsetError(held)
                try:
                    held = _write(file, held, parts, most)
                finally:
                    sync_data(file.fileno())
            sync_folders(made_in | ({path.parent} if is_new else set()))
        except OSError as error:
            raise UnavailableError(_("The disk refused the file."), where="file", next_step=_("Free space.")) from error
        return held

    def empty(self, name: str) -> None:
        """Remove a file's bytes; what is known of it stays."""
        (self._folder / name / _BYTES).unlink(missing_ok=True)

    def size(self, name: str) -> int:
        """How many bytes of a file are here."""
        try:
            return (self._folder / name / _BYTES).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def open(self, name: str, on_read: Callable[[int], None] = lambda _count: None) -> Iterator[io.BufferedReader]:
        """A file's bytes, to be read; ``on_read`` hears of each piece, and what it raises ends the reading.

        UnknownError where the file is gone.
        """
        try:
            with (self._folder / name / _BYTES).open("rb", buffering=0) as file:
                yield io.BufferedReader(_Watched(file, on_read), _READ_BYTES)
        except FileNotFoundError as error:
            raise UnknownError(_("There is no such file any more."), where="file") from error

    def note(self, name: str, kind: str, data: bytes) -> None:
        """Keep something that is to be known of a file; it takes the place of what was there."""
        try:
            made_in: set[Path] = set()
            make_folder(self._folder / name, made_in)
            (self._folder / name).chmod(0o700)
            replace_file(self._folder / name / kind, data, self._boundary)
            sync_folders(made_in)
        except OSError as error:
            raise UnavailableError(_("The disk refused the file."), where="file", next_step=_("Free space.")) from error

    def find_note(self, name: str, kind: str) -> bytes | None:
        """What is known; None for nothing."""
        try:
            return (self._folder / name / kind).read_bytes()
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """All files of which something is here, in order."""
        return sorted(path.name for path in self._folder.glob("*") if path.is_dir())

    def remove(self, name: str) -> None:
        """Remove everything of a file."""
        shutil.rmtree(self._folder / name, ignore_errors=True)


class _Watched(io.RawIOBase):
    """A file whose reading somebody follows."""

    def __init__(self, file: io.FileIO, on_read: Callable[[int], None]) -> None:
        super().__init__()
        self._file = file
        self._on_read = on_read

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: Any) -> int | None:
        """Read into a buffer; how many bytes."""
        count = self._file.readinto(into)
        self._on_read(count or 0)
        return count


def _write(file: BinaryIO, held: int, parts: Iterable[bytes], most: int) -> int:
    for part in parts:
        if held + len(part) > most:
            raise TooLargeError(
                _("The file has more than the {most} bytes that were announced.").format(most=most), where="file"
            )
        rest = memoryview(part)
        while rest:
            rest = rest[file.write(rest) :]
        held += len(part)
    return held
