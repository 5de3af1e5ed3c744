"""Layouts of files of records: tables, and lists with a layout of their own. What reads each, and compares it."""

from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from comity.blobs.text_files import read_lines
from comity.errors import MalformedError
from comity.peer.brought import FileForm
from comity.registers.columns import Columns, parse_columns
from comity.registers.lines import LineReader
from comity.registers.record import Record, RecordForm
from comity.registers.spread import Spread
from comity.registers.un_list import UN_LIST, UnReader
from comity.texts import _

_PART_BYTES: Final = 65_536
_LISTS: Final = {"un": UN_LIST}
"""Lists that have a layout of their own: their records are known by their name, and others' are left alone."""


class RecordReader(Protocol):
    """Reads one layout. ``notes`` says at its end what an officer should know who enters the file."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the file has no field of its own."""

    def read(self, file: BinaryIO) -> Iterator[bytes]:
        """The records of a file; RefusedFileError or MalformedError where it cannot be entered."""


def is_whole(form: FileForm) -> bool:
    """Whether the file is all that its source has: what is not in it goes out."""
    return form.is_whole or form.layout in _LISTS


def is_compared(form: FileForm, record: Record) -> bool:
    """Whether a record that was entered before is one of those that the file stands for."""
    wanted, of_list = _LISTS.get(form.layout, ""), record.fields.get("list", "")
    return of_list == wanted if wanted else of_list not in _LISTS.values()


def reader_of(form: FileForm, filled_in: RecordForm, countries: tuple[str, ...], spread: Spread) -> RecordReader:
    """What reads a file of that layout; MalformedError where its register, or its columns, cannot be.

    ``filled_in`` is what all of its records have in common, ``countries`` the source's own.
    """
    if form.layout in _LISTS:
        if form.layout not in filled_in.register.lists:
            raise MalformedError(
                _("The register {title} is not entered from such a list.").format(title=_(filled_in.register.title)),
                where="register",
            )
        return _ListOfPersons(UnReader(filled_in))
    columns = parse_columns(form.columns.encode()) if form.columns else Columns()
    return _LinesOfFile(LineReader(filled_in, columns, countries, spread))


class _LinesOfFile:
    """A table as a record reader."""

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader

    @property
    def notes(self) -> tuple[str, ...]:
        return self._reader.notes

    def read(self, file: BinaryIO) -> Iterator[bytes]:
        return self._reader.read(read_lines(file))


class _ListOfPersons:
    """A list in XML as a record reader."""

    def __init__(self, reader: UnReader) -> None:
        self._reader = reader

    @property
    def notes(self) -> tuple[str, ...]:
        return self._reader.notes

    def read(self, file: BinaryIO) -> Iterator[bytes]:
        return self._reader.read(iter(lambda: file.read(_PART_BYTES), b""))
