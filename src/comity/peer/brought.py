"""A file of records on its way in: what its officer says of it, how far it has come, and why it cannot be entered."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from comity.bounded import Count, Line, Name, Passage
from comity.formats import Format
from comity.ids import OfficerId
from comity.limits import AUDIENCE_CHARS, COUNT_MAX, FIELD_CHARS, FILE_REPORT_MAX, MAPPING_BYTES
from comity.peer.comparing import Difference
from comity.peer.consigning import Consigned
from comity.plug import RoomPart
from comity.registers.lines import Refusal

Layout = Literal["csv", "un"]
"""How a file is laid out: a table, or the United Nations' consolidated list, which is always a whole one."""


class FileForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer says of a file: ``size`` in bytes, ``columns`` a mapping file, the rest for all records.

    Where ``size`` is None nobody knows it before all has come: then ``Filing.complete`` says so. ``changed_ms``: when
    the file was last changed, as its machine says, in milliseconds since 1970; with name and size it tells a corrected
    file from the one before. ``is_whole``: the file is all that there is, so that what is not in it any more goes out.
    """

    register: Line
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=FIELD_CHARS)]
    size: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)] | None = None  # what is too small or too large is told so
    layout: Layout = "csv"
    columns: Annotated[str, msgspec.Meta(max_length=MAPPING_BYTES)] = ""
    is_whole: bool = False
    audience: Annotated[str, msgspec.Meta(max_length=AUDIENCE_CHARS)] = "all"
    handling: Line = ""
    instruction: Line = ""  # the register's first
    expires_on: Line = ""
    changed_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class BroughtFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file that an officer brings, as it is noted beside its bytes."""

    v: Literal[2] = 2
    id: Name
    officer: OfficerId
    form: FileForm
    begun_at: datetime


class BroughtFileV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in version 1, where a size of 0 stood for one that nobody knew."""

    id: Name
    officer: OfficerId
    form: FileForm
    begun_at: datetime

    def next(self) -> BroughtFile:
        """The same in version 2."""
        form = msgspec.structs.replace(self.form, size=self.form.size or None)
        return BroughtFile(id=self.id, officer=self.officer, form=form, begun_at=self.begun_at)


FILE_NOTE: Final = Format[BroughtFile](
    "file-note", {1: BroughtFileV1, 2: BroughtFile}, raised={1: BroughtFileV1.next}, has_v_from=2
)


class FileReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a file cannot be entered: one problem of the whole, or the first of its refused lines and how many."""

    message: Passage
    next_step: Passage = ""
    where: Passage = ""
    refusals: Annotated[tuple[Refusal, ...], msgspec.Meta(max_length=FILE_REPORT_MAX)] = ()
    count: Count = 0


FILE_REPORT: Final = Format[FileReport]("file-report", {1: FileReport}, has_v_from=2)


class FileStage(StrEnum):
    """How far a file has come on its way to being entered."""

    COMING = "coming"  # bytes are missing
    READING = "reading"
    READ = "read"  # it waits for its officer
    UNUSABLE = "unusable"  # the report says why
    HELD = "held"  # until others release it: the held act says whom it waits for
    NOT_RELEASED = "not-released"  # by those others, or not in time: the held act says why
    ENTERED = "entered"  # what became of it, the consignment says


class FileState(NamedTuple):
    """How far a file has come. ``received`` and ``read`` are bytes, ``records`` those read so far."""

    file: BroughtFile
    stage: FileStage
    received: int = 0
    read: int = 0
    records: int = 0
    difference: Difference | None = None
    report: FileReport | None = None
    consigned: Consigned | None = None
    notes: tuple[str, ...] = ()  # what of the file has no field of its own
    held: str = ""  # what the act is called that is to enter it


PART: Final = RoomPart(kept=(FILE_NOTE, FILE_REPORT))
