"""The batches that this node holds, one file each, every record readable and erasable alone."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final, Literal

import msgspec

from comity.damage import raise_if_of_machine, text_of
from comity.errors import ComityError, CorruptError, InputError, NewerError, UnavailableError, UnknownError
from comity.ids import BatchId, RecordId, record_id
from comity.ledger.merkle import HASH_BYTES
from comity.limits import CHUNK_BYTES, RECORD_BYTES
from comity.registers.batch import (
    ERASED_FLAG,
    PART_COUNT_BYTES,
    PREAMBLE_BYTES,
    ROW_BYTES,
    SALT_BYTES,
    Batch,
    BatchHead,
    Evidence,
    FindWrong,
    Row,
    hash_record,
    parse_batch,
    parse_head,
    parse_preamble,
    parse_row,
    prove_record,
    verify_records,
    verify_root,
)
from comity.signer import Frame
from comity.texts import _
from comity.tiles.durable import Boundary, make_folder, no_boundary, replace_file, sync_data, sync_folders

_SUFFIX: Final = ".batch"


class StoredRecord(msgspec.Struct, frozen=True):
    """A record as its batch keeps it; its bytes were checked against their hash."""

    salt: bytes
    data: bytes


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with a stored batch: ``record`` is None where it concerns the whole file."""

    batch: BatchId
    record: RecordId | None
    text: str


class BatchFiles:
    """Batch files below ``folder``, as ``<first two digits>/<batch>.batch``; one writer, any number of readers.

    ``reads`` counts the records that were read.
    """

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self._folder = folder
        self._boundary = boundary
        self.reads = 0

    def put(self, batch: Batch) -> None:
        """Make ``batch`` durable, as ``put_file``; UntrustedError unless its hashes give its name."""
        verify_root(batch)
        self.put_file(batch.id, batch.encode())

    def put_file(self, batch: BatchId, data: bytes) -> None:
        """Make a batch's file durable that was just made or verified: before its name is committed anywhere.

        A batch that is here already stays as it is, so that what was erased from it does not come back.
        UnavailableError if the disk refuses.
        """
        path = self._path(batch)
        try:
            made_in: set[Path] = set()
            make_folder(path.parent, made_in)
            if path.exists():
                sync_folders({path.parent})  # a kill may have come between renaming and this
            else:
                replace_file(path, data, self._boundary)
            sync_folders(made_in)
            self._boundary("batch.durable")
        except OSError as error:
            raise UnavailableError(_("The batch could not be stored."), where=batch) from error

    def replace(self, batch: Batch) -> None:
        """Put a verified copy in the place of a batch's file that is missing or was changed."""
        path, made_in = self._path(batch.id), set[Path]()
        try:
            make_folder(path.parent, made_in)
            replace_file(path, batch.encode(), self._boundary)
            sync_folders(made_in)
        except OSError as error:
            raise UnavailableError(_("The batch could not be stored."), where=batch.id) from error

    def read_part(self, batch: BatchId, number: int) -> bytes | None:
        """A part of a batch's file for whoever mends its own, as ``PartQuestion`` says; None where there is none."""
        try:
            with self._open(batch) as file:
                size = file.seek(0, io.SEEK_END)
                file.seek(number * CHUNK_BYTES)
                part = file.read(CHUNK_BYTES)
        except (UnknownError, UnavailableError):
            return None
        return (-(-size // CHUNK_BYTES)).to_bytes(PART_COUNT_BYTES, "big") + part if part else None

    def read_head(self, batch: BatchId) -> tuple[Frame, BatchHead] | None:
        """What a batch's source signed of it, not verified; None where its file is missing or cannot be read."""
        try:
            with self._open(batch) as file:
                frame_bytes, count = parse_preamble(file.read(PREAMBLE_BYTES))
                file.seek(PREAMBLE_BYTES + count * ROW_BYTES)
                frame, head = parse_head(file.read(frame_bytes))
        except ComityError:
            return None
        return (frame, head) if head.root == batch else None

    def written_at(self, batch: BatchId) -> float:
        """When its file was written, in seconds since 1970; 0 where it is missing."""
        try:
            return self._path(batch).stat().st_mtime
        except OSError:
            return 0.0

    def size(self, batch: BatchId) -> int:
        """How many bytes its file has; 0 where it is missing."""
        try:
            return self._path(batch).stat().st_size
        except OSError:
            return 0

    def remove(self, batch: BatchId) -> None:
        """Remove a batch that no catalogue names."""
        self._path(batch).unlink(missing_ok=True)

    def has(self, batch: BatchId) -> bool:
        """Whether the batch is here."""
        return self._path(batch).exists()

    def read_batch(self, batch: BatchId) -> Batch:
        """The whole batch, unverified; UnknownError, or CorruptError if the file cannot be read as one."""
        with self._open(batch) as file:
            try:
                return parse_batch(file.read())
            except ComityError as error:
                raise _unusable(error, batch) from error

    def read_record(self, batch: BatchId, offset: int) -> StoredRecord:
        """One record, by reading nothing but it and its row.

        UnknownError if there is none or it was erased; CorruptError, naming it, if its bytes do not match their hash.
        """
        with self._open(batch) as file:
            return self._read(file, batch, offset)

    def read_records(self, batch: BatchId, start: int, most: int) -> list[StoredRecord | None]:
        """Up to ``most`` records from ``start`` on, each as by ``read_record``; None for one that was erased.

        CorruptError if one was changed; UnknownError if there is no such batch.
        """
        with self._open(batch) as file:
            try:
                _length, count = parse_preamble(file.read(PREAMBLE_BYTES))
                wanted = range(start, min(start + most, count))
                file.seek(PREAMBLE_BYTES + start * ROW_BYTES)
                table = file.read(len(wanted) * ROW_BYTES)
                rows = [
                    parse_row(table[at * ROW_BYTES : (at + 1) * ROW_BYTES], offset) for at, offset in enumerate(wanted)
                ]
            except InputError as error:
                raise _unusable(error, batch) from error
            first, end = (rows[0].start, rows[-1].start + rows[-1].length) if rows else (0, 0)
            file.seek(first)
            data = file.read(end - first) if end - first <= len(rows) * RECORD_BYTES else b""
        return [
            _stored(row, data[row.start - first : row.start - first + row.length], record_id(batch, offset))
            for offset, row in zip(wanted, rows, strict=True)
        ]

    def read_evidence(self, batch: BatchId, offset: int) -> Evidence:
        """One record with what shows another member that its source signed it; errors as for ``read_record``."""
        with self._open(batch) as file:
            record = self._read(file, batch, offset)
            file.seek(0)
            try:
                frame_bytes, count = parse_preamble(file.read(PREAMBLE_BYTES))
                table = file.read(count * ROW_BYTES)
                frame = file.read(frame_bytes)
                _row, head = parse_head(frame)
            except ComityError as error:
                raise _unusable(error, batch) from error
        hashes = [table[start : start + HASH_BYTES] for start in range(0, len(table), ROW_BYTES)]
        if head.root != batch or head.count != count:
            raise CorruptError(_("A batch file's head was changed."), where=batch)
        return Evidence(frame, offset, record.salt, record.data, prove_record(offset, hashes))

    def erase(self, batch: BatchId, offset: int) -> None:
        """Overwrite one record's salt and bytes with zeros, durably; its hash stays. Again is nothing new.

        The mark comes first: after a kill in between the record reads as erased, and erasing it again finishes.
        UnknownError if there is no such record.
        """
        with self._open(batch, "r+b") as file:
            row = self._row(file, batch, offset)
            self._boundary("batch.erase")
            flag_at = PREAMBLE_BYTES + offset * ROW_BYTES + HASH_BYTES
            _overwrite(file, flag_at, bytes((ERASED_FLAG,)))
            sync_data(file.fileno())
            self._boundary("batch.marked")
            _overwrite(file, flag_at + 1, bytes(SALT_BYTES))
            _overwrite(file, row.start, bytes(row.length))
            sync_data(file.fileno())
            self._boundary("batch.erased")

    def list_batches(self, since: float = 0.0) -> Iterator[BatchId]:
        """The names of all batches here, in order; of those written since a time, seconds since 1970."""
        for path in sorted(self._folder.glob(f"??/*{_SUFFIX}")):
            if path.stat().st_mtime >= since:
                yield BatchId(path.name.removesuffix(_SUFFIX))

    def verify_all(self, find_wrong: FindWrong) -> Iterator[Finding]:
        """Check every batch as ``verify_batch`` does, and yield what is wrong, each changed record by name.

        What is erased is no finding; the caller compares ``Batch.records`` with the deletions that it ordered.
        """
        for name in self.list_batches():
            yield from self.verify(name, find_wrong)

    def verify(self, name: BatchId, find_wrong: FindWrong) -> Iterator[Finding]:
        """Check one batch, as ``verify_all``."""
        try:
            batch = self.read_batch(name)
        except (CorruptError, UnknownError, UnavailableError) as error:
            raise_if_of_machine(error)
            yield Finding(name, None, error.message)
            return
        if batch.id != name:
            yield Finding(name, None, "The file holds a batch of another name.")
            return
        changed = False
        for offset, record in enumerate(batch.records):
            if not record.is_erased and hash_record(record.salt, record.data) != record.hash:
                changed = True
                yield Finding(name, record_id(name, offset), "The record was changed.")
        if wrong := find_wrong(batch.frame, batch.head.source):
            yield Finding(name, None, wrong)
        elif not changed:
            try:
                verify_records(batch)
            except ComityError as error:
                yield Finding(name, None, error.message)

    def _path(self, batch: BatchId) -> Path:
        return self._folder / batch[:2] / f"{batch}{_SUFFIX}"

    @contextmanager
    def _open(self, batch: BatchId, mode: Literal["rb", "r+b"] = "rb") -> Iterator[FileIO]:
        try:
            with self._path(batch).open(mode, buffering=0) as file:
                yield file
        except FileNotFoundError as error:
            raise UnknownError(_("There is no such batch here."), where=batch) from error
        except OSError as error:
            raise UnavailableError(_("A batch file could not be read or written."), where=batch) from error

    def _row(self, file: FileIO, batch: BatchId, offset: int) -> Row:
        """The row of one record; UnknownError if the batch is shorter."""
        try:
            _length, count = parse_preamble(file.read(PREAMBLE_BYTES))
            if not 0 <= offset < count:
                raise UnknownError(_("There is no such record."), where=record_id(batch, offset))
            file.seek(PREAMBLE_BYTES + offset * ROW_BYTES)
            return parse_row(file.read(ROW_BYTES), offset)
        except InputError as error:
            raise _unusable(error, record_id(batch, offset)) from error

    def _read(self, file: FileIO, batch: BatchId, offset: int) -> StoredRecord:
        row = self._row(file, batch, offset)
        if row.is_erased:
            raise UnknownError(_("There is no such record."), where=record_id(batch, offset))
        self.reads += 1
        file.seek(row.start)
        return _unchanged(row, file.read(row.length), record_id(batch, offset))


def _unusable(error: ComityError, name: str) -> CorruptError:
    """That a file was changed, or where it is of a newer version, that it is."""
    text = text_of(error) if isinstance(error, NewerError) else _("A batch file was changed: {message}")
    return CorruptError(text.format(message=error.message), where=name)


def _unchanged(row: Row, data: bytes, name: RecordId) -> StoredRecord:
    if hash_record(row.salt, data) != row.hash:
        raise CorruptError(_("A record was changed."), where=name)
    return StoredRecord(row.salt, data)


def _stored(row: Row, data: bytes, name: RecordId) -> StoredRecord | None:
    return None if row.is_erased else _unchanged(row, data, name)


def _overwrite(file: FileIO, start: int, data: bytes) -> None:
    """Put ``data`` at ``start``, all of it: an unbuffered write may stop short."""
    file.seek(start)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
