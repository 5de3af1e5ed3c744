"""A batch's file that comes in parts: each is judged by what is known so far, and what does not fit is not taken.

No part is signed. But the table of records must go on where it ended, its hashes lead to the root that the source has
signed, and each record's bytes to its hash: what is not the next part of that very batch shows at once.
"""

from typing import NamedTuple

from comity.errors import ComityError, UntrustedError
from comity.ids import BatchId
from comity.limits import BATCH_PARTS_MAX, CHUNK_BYTES
from comity.registers.batch import (
    PART_COUNT_BYTES,
    PREAMBLE_BYTES,
    ROW_BYTES,
    KeyOf,
    Row,
    hash_record,
    parse_head,
    parse_preamble,
    parse_row,
    root_of,
)
from comity.texts import _


class Gathered(NamedTuple):
    """What was taken so far; every step makes a new one."""

    parts: tuple[bytes, ...] = ()
    total: int = 0  # parts in all; 0 before the first
    rows: tuple[Row, ...] = ()
    is_signed: bool = False  # the head has come, and the table leads to the root that it signs
    judged: int = 0  # records whose bytes were compared with their hash
    rest: bytes = b""  # from the first byte on that could not be judged yet

    @property
    def is_whole(self) -> bool:
        """Whether the last part was taken."""
        return 0 < self.total == len(self.parts)


class Gathering:
    """Gathers the parts of the batch called ``name``; ``key_of`` knows the keys of its source."""

    def __init__(self, name: BatchId, key_of: KeyOf) -> None:
        self._name = name
        self._key_of = key_of

    def fits(self, so_far: Gathered, reply: bytes) -> bool:
        """Whether a reply may be the next part."""
        try:
            self.take(so_far, reply)
        except ComityError:
            return False
        return True

    def take(self, so_far: Gathered, reply: bytes) -> Gathered:
        """What there is with the next part; MalformedError, TooLargeError or UntrustedError where it is not that."""
        total, part = int.from_bytes(reply[:PART_COUNT_BYTES], "big"), reply[PART_COUNT_BYTES:]
        place = len(so_far.parts)
        is_last = place == total - 1
        is_shaped = 0 < len(part) <= CHUNK_BYTES if is_last else len(part) == CHUNK_BYTES
        if not (is_shaped and place < total <= BATCH_PARTS_MAX and so_far.total in (0, total)):
            raise self._wrong()
        taken = so_far._replace(parts=(*so_far.parts, part), total=total, rest=so_far.rest + part)
        taken = self._judge_records(self._judge_table(taken))
        if is_last and (taken.rest or not taken.is_signed or taken.judged != len(taken.rows)):
            raise self._wrong()
        return taken

    def _judge_table(self, so_far: Gathered) -> Gathered:
        """Read the rows that have come, and the head once it is there."""
        if so_far.is_signed or len(so_far.parts[0]) < PREAMBLE_BYTES:
            return so_far
        frame_bytes, records = parse_preamble(so_far.parts[0])
        rest = so_far.rest if so_far.rows else so_far.rest[PREAMBLE_BYTES:]
        rows = list(so_far.rows)
        start = PREAMBLE_BYTES + records * ROW_BYTES + frame_bytes
        expected = rows[-1].start + rows[-1].length if rows else start
        known = min(records - len(rows), len(rest) // ROW_BYTES)
        for place in range(known):
            row = parse_row(rest[place * ROW_BYTES : (place + 1) * ROW_BYTES], len(rows))
            if row.start != expected:
                raise self._wrong()
            expected += row.length
            rows.append(row)
        rest = rest[known * ROW_BYTES :]
        if len(rows) < records or len(rest) < frame_bytes:
            return so_far._replace(rows=tuple(rows), rest=rest)
        if -(-expected // CHUNK_BYTES) != so_far.total:
            raise self._wrong()
        self._verify_head(rest[:frame_bytes], rows)
        return so_far._replace(rows=tuple(rows), rest=rest[frame_bytes:], is_signed=True)

    def _verify_head(self, data: bytes, rows: list[Row]) -> None:
        frame, head = parse_head(data)
        public = self._key_of(head.source, frame.key_id)
        if public is None or head.root != self._name or root_of([row.hash for row in rows]).hex() != self._name:
            raise self._wrong()
        frame.verify(public)

    def _judge_records(self, so_far: Gathered) -> Gathered:
        """Compare the records that have come whole with their hashes."""
        if not so_far.is_signed:
            return so_far
        at, judged = 0, so_far.judged
        while judged < len(so_far.rows) and at + so_far.rows[judged].length <= len(so_far.rest):
            row = so_far.rows[judged]
            data = so_far.rest[at : at + row.length]
            if not row.is_erased and hash_record(row.salt, data) != row.hash:
                raise self._wrong()
            at += row.length
            judged += 1
        return so_far._replace(judged=judged, rest=so_far.rest[at:])

    def _wrong(self) -> UntrustedError:
        return UntrustedError(_("This is not the batch that was asked for."), where=self._name)
