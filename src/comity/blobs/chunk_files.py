"""The encrypted chunks of blobs, one file each, as they travel and as they are kept."""

import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from comity.damage import raise_if_of_machine
from comity.errors import CorruptError, UnavailableError
from comity.exchange.blob import Manifest, hash_chunk, open_chunk, seal_chunks, verify_chunk
from comity.ids import BlobId
from comity.limits import CHUNK_BYTES
from comity.texts import _
from comity.tiles.durable import Boundary, make_folder, no_boundary, replace_file, sync_folders, write_file

_UPLOADS: Final = "uploads"
_LOST: Final = ".lost"
"""How an empty file ends that stands for a chunk that was here once."""


class Looked(NamedTuple):
    """Numbers of the chunks of a blob that are not here as they should be."""

    missing: list[int]
    changed: list[int]

    @property
    def bad_count(self) -> int:
        """How many are not whole."""
        return len(self.missing) + len(self.changed)


class ChunkFiles:
    """Chunks below ``folder``, as ``<first two digits>/<blob>/<number>``. A chunk that is there is whole."""

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self._folder = folder
        self._boundary = boundary
        shutil.rmtree(folder / _UPLOADS, ignore_errors=True)  # what a kill left half done

    def add(self, parts: Iterable[bytes], key: bytes) -> Manifest:
        """Encrypt a file that comes in parts, and make it durable; never more than a chunk of it is in memory.

        TooLargeError once it passes the bound, UnavailableError if the disk refuses; then nothing is left of it.
        """
        upload = self._folder / _UPLOADS / secrets.token_hex(8)
        try:
            made_in: set[Path] = set()
            hashes, size = [], 0
            for number, (chunk, count) in enumerate(seal_chunks(parts, key)):
                write_file(upload / str(number), chunk, made_in)
                hashes.append(hash_chunk(chunk))
                size += count
            manifest = Manifest(1, size, CHUNK_BYTES, tuple(hashes))
            make_folder(upload, made_in)
            target = self._of(manifest.id)
            make_folder(target.parent, made_in)
            self._boundary("blob.rename")
            upload.replace(target)
            sync_folders(made_in - {upload, upload.parent} | {target, target.parent})
            self._boundary("blob.renamed")
        except OSError as error:
            raise UnavailableError(
                _("The disk refused the attachment: nothing was kept."), where="attachment", next_step=_("Free space.")
            ) from error
        finally:
            shutil.rmtree(upload, ignore_errors=True)
        return manifest

    def put(self, blob: BlobId, manifest: Manifest, number: int, data: bytes) -> None:
        """Make a chunk durable that was pulled; UntrustedError if it is not what the manifest lists."""
        verify_chunk(manifest, number, data)
        made_in: set[Path] = set()
        make_folder(self._of(blob), made_in)
        try:
            replace_file(self._of(blob) / str(number), data, self._boundary)
        except OSError as error:
            raise UnavailableError(_("The disk refused a chunk."), where="blob") from error
        (self._of(blob) / f"{number}{_LOST}").unlink(missing_ok=True)
        sync_folders(made_in)

    def missing(self, blob: BlobId, manifest: Manifest) -> list[int]:
        """The numbers of the chunks that are not here yet."""
        folder = self._of(blob)
        return [number for number in range(len(manifest.chunks)) if not (folder / str(number)).is_file()]

    def look(self, blob: BlobId, manifest: Manifest) -> Looked:
        """Which chunks are missing, and which are not as the manifest lists them.

        Each is read once: one that comes meanwhile counts as missing or as whole, never as changed.
        """
        looked = Looked([], [])
        for number, expected in enumerate(manifest.chunks):
            if (data := self.read(blob, number)) is None:
                looked.missing.append(number)
            elif hash_chunk(data) != expected:
                looked.changed.append(number)
        return looked

    def lose(self, blob: BlobId, looked: Looked) -> None:
        """Remove chunks that were changed, so that they are pulled again, and note of each that it was here once."""
        if self._of(blob).is_dir():
            for number in (*looked.missing, *looked.changed):
                (self._of(blob) / f"{number}{_LOST}").touch()
        for number in looked.changed:
            (self._of(blob) / str(number)).unlink(missing_ok=True)

    def was_lost(self, blob: BlobId) -> bool:
        """Whether something is missing that was here once; what stands for a chunk that is here counts for nothing."""
        return any(not path.with_suffix("").is_file() for path in self._of(blob).glob(f"*{_LOST}"))

    def forget_lost(self, blob: BlobId, looked: Looked) -> None:
        """Remove what stands for chunks that are whole, or that there never were."""
        kept = {f"{number}{_LOST}" for number in (*looked.missing, *looked.changed)}
        for path in self._of(blob).glob(f"*{_LOST}"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def read(self, blob: BlobId, number: int) -> bytes | None:
        """A chunk as it travels; None where it is not here."""
        try:
            with (self._of(blob) / str(number)).open("rb") as file:
                return file.read(2 * CHUNK_BYTES)
        except OSError as error:
            raise_if_of_machine(error)
            return None

    def stream(self, blob: BlobId, manifest: Manifest, key: bytes) -> Iterator[bytes]:
        """The file, chunk by chunk; CorruptError at one that is missing or was changed."""
        for number, expected in enumerate(manifest.chunks):
            data = self.read(blob, number)
            if data is None or hash_chunk(data) != expected:
                raise CorruptError(_("A chunk of the attachment is missing or was changed."), where=f"chunk {number}")
            yield open_chunk(number, data, key)

    def list_blobs(self, since: float = 0.0) -> Iterator[BlobId]:
        """The names of all blobs of which something is here that was written since a time, seconds since 1970."""
        for path in sorted(self._folder.glob("??/*")):
            if path.stat().st_mtime >= since:
                yield BlobId(path.name)

    def remove(self, blob: BlobId) -> None:
        """Remove what is here of a blob."""
        shutil.rmtree(self._of(blob), ignore_errors=True)

    def _of(self, blob: BlobId) -> Path:
        return self._folder / blob[:2] / blob
