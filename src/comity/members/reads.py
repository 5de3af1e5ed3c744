"""What a node reads: its signed statement of the newest version of each format, for those who write to it."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from comity.bounded import Count, Name
from comity.characters import verify_all_lines
from comity.errors import InputError
from comity.formats import Format
from comity.ids import MemberCode
from comity.limits import COUNT_MAX, FORMATS_MAX, MEMBERS_MAX, READS_BYTES, TARGET_BYTES, YEAR_MAX, YEAR_MIN
from comity.plug import RoomPart
from comity.signer import Frame, Signer, parse_frame, sign_frame

CONTEXT: Final = "reads"
Version = Annotated[int, msgspec.Meta(ge=1, le=COUNT_MAX)]
_Formats = Annotated[dict[Name, Version], msgspec.Meta(max_length=FORMATS_MAX)]


class Reads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest version that the node of ``member`` reads of each of ``formats``, by name; of others it reads 1.

    Signed with the member's signing key as a frame of kind ``reads``. ``number`` rises with each statement: an older
    one never follows a newer one.

    Evolution: ``v`` changes with any member. It says what its readers need in order to use a newer version of anything,
    so a version 2 is a target of its own beside the first, as for ``MemberList``.
    """

    v: Literal[1]
    member: MemberCode
    number: Count
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    formats: _Formats

    def __post_init__(self) -> None:
        if not YEAR_MIN <= self.at.year <= YEAR_MAX:
            raise ValueError("A time lies at the ends of the calendar.")


READS: Final = Format[Reads]("reads", {1: Reads})


class ReadsList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``reads.json``: each member's latest statement as signed, in the order of their codes.

    The online role ``standing`` names it beside ``standing.json``, as soon as there is a statement. It is believed in
    nothing: readers verify each frame with its member's signing key. Readers from before it take no notice of it.

    Evolution: as for ``Reads``.
    """

    v: Literal[1]
    statements: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=MEMBERS_MAX)]


READS_LIST: Final = Format[ReadsList]("reads-list", {1: ReadsList})


class Told(msgspec.Struct, frozen=True):
    """A statement with the frame that it was signed in; whose signature that is, is verified elsewhere."""

    frame: Frame
    reads: Reads


def sign_reads(reads: Reads, signer: Signer) -> Told:
    """The statement, signed; UnavailableError while the key is locked."""
    return Told(sign_frame(signer, CONTEXT, READS.write(reads, 1)), reads)


def parse_told(data: bytes) -> Told:
    """Read a signed statement without judging its signature; the errors of ``Format.read``."""
    frame = parse_frame(data, CONTEXT, most=READS_BYTES)
    found = READS.read(frame.body, where=CONTEXT, most=READS_BYTES)
    verify_all_lines(frame.body, CONTEXT)
    return Told(frame, found)


def is_outdated(told: Told, held: Told | None) -> bool:
    """Whether a statement of the same member is held that is later, or another of the same number."""
    if held is None or told.frame == held.frame:
        return False
    return told.reads.number <= held.reads.number


def encode_reads(told: Mapping[MemberCode, Told]) -> bytes:
    """The target's bytes: JSON, statements in the order of their members."""
    return READS_LIST.write(ReadsList(1, tuple(told[code].frame.encode() for code in sorted(told))), 1)


def parse_reads(data: bytes) -> dict[MemberCode, Told]:
    """The statements in a ``reads.json``, judging no signature; the errors of ``Format.read`` if it is none.

    A statement that cannot be read here is left out: it concerns its own member alone.
    """
    found: dict[MemberCode, Told] = {}
    for each in READS_LIST.read(data, where="reads.json", most=TARGET_BYTES).statements:
        with contextlib.suppress(InputError):
            told = parse_told(each)
            if not is_outdated(told, found.get(told.reads.member)):
                found[told.reads.member] = told
    return found


def find_reads(data: bytes | None) -> dict[MemberCode, Told]:
    """The same, and none where the file is not there or of no use: then all are written to in the first versions."""
    try:
        return parse_reads(data) if data else {}
    except InputError:
        return {}


PART: Final = RoomPart(travelling=(READS, READS_LIST))
