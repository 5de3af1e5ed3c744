"""One lot by itself, as its source makes it and its keeper reads it: the lots of a file may be done side by side."""

from collections.abc import Sequence
from typing import NamedTuple

from comity.errors import MalformedError, UntrustedError
from comity.ids import MemberCode, RegisterName
from comity.registers.batch import Salted, parse_batch, salt_records, verify_records
from comity.registers.entering import Summary
from comity.registers.record import read_written
from comity.registers.register import known_by
from comity.registers.registry import get_register
from comity.texts import _

FoundBy = tuple[tuple[bytes, ...], str]
"""What an index has to know of one record: its keys, and the text of its audience."""


class LotContent(NamedTuple):
    """What rules look at in a lot, and what each of its records is found by, in their order."""

    summary: Summary
    found_by: tuple[FoundBy, ...]


class LotDraft(NamedTuple):
    """Records that are to travel together, in their canonical bytes, each with a fresh salt."""

    register: RegisterName
    source: MemberCode
    records: Sequence[bytes]
    salts: Sequence[bytes]


class SaltedLot(NamedTuple):
    """A lot to be signed, what rules look at in it, and by what its records are known again, in their order."""

    salted: Salted
    summary: Summary
    known_by: tuple[bytes, ...]


def salt_lot(draft: LotDraft) -> SaltedLot:
    """All that is done to a lot at its source before it is signed; MalformedError for another register or source."""
    summary, register, known = Summary(), get_register(draft.register), []
    for record in map(read_written, draft.records):
        summary.add(record)
        known.append(known_by(register, record.fields))
    if summary.registers != {draft.register} or summary.sources != {draft.source}:
        raise MalformedError(_("A lot has records of one register and source."), where="record")
    return SaltedLot(salt_records(draft.records, draft.salts), summary, tuple(known))


def read_lot(data: bytes) -> LotContent:
    """Judge a batch file whose signed head somebody has verified: all that hangs on that signature.

    Errors as for ``verify_records``; UntrustedError too where a record was erased, since nobody enters those.
    """
    batch = parse_batch(data)
    summary, found_by = Summary(), []
    for record in verify_records(batch, is_new=True):
        if record is None:
            raise UntrustedError(_("A record of a lot was erased."), where=batch.id)
        summary.add(record)
        summary.signed_at.add(batch.head.entered_at)
        found_by.append((record.keys, record.audience))
    return LotContent(summary, tuple(found_by))


def found_by(records: Sequence[bytes]) -> tuple[FoundBy, ...]:
    """What records that this node has written are found by."""
    return tuple((record.keys, record.audience) for record in map(read_written, records))
