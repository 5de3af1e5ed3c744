"""One process at a time works on a node's folder: a lock of the operating system, gone with its process."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.errors import UnavailableError
from comity.texts import _

LOCK: Final = "lock"
_PID_BYTES: Final = 20
_LOCKED_AT: Final = 1 << 30  # on Windows a locked byte cannot be read: far behind the process id

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        os.lseek(handle, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Hold a node's folder until the block ends; the system lets go when the process dies, however it does.

    The file ``lock`` stays and names the last holder's process. UnavailableError if another process holds the folder,
    or there is none.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UnavailableError(
            _("The folder cannot be used: {strerror}.").format(strerror=error.strerror), where=str(folder)
        ) from error
    try:
        try:
            _take(handle)
        except OSError as error:
            raise UnavailableError(
                _("Another process works on this folder: {holder}.").format(holder=_holder(handle)),
                where=str(folder),
                next_step=_("End that process, or ask the running node instead: --node URL."),
            ) from error
        os.lseek(handle, 0, os.SEEK_SET)
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, _PID_BYTES).decode("ascii", errors="replace").strip()
    return f"process {text}" if text.isdecimal() else "its process is not known"


class RunningMarker:
    """A file that is there while a node runs: found at its start, the end before was one that nobody ordered.

    ``was_unclean`` says so; ``began_at`` is then when that run began, in seconds since 1970 as the files' times are.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "running"
        self.was_unclean = self._path.exists()
        self.began_at = self._path.stat().st_mtime if self.was_unclean else 0.0

    def begin(self) -> None:
        """What the run before left is in order now, and this one has begun."""
        self._path.write_bytes(b"")

    def remove(self) -> None:
        """The node has ended in order."""
        self._path.unlink(missing_ok=True)
