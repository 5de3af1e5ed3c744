"""A source's whole list against what it has in a register: what is new, what has changed, what is gone."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from comity.audience import Audience
from comity.ids import BatchId, MemberCode, RecordId, parse_record_id, record_id
from comity.limits import GONE_UNASKED_MAX
from comity.registers.batch import Batch
from comity.registers.record import Record, parse_record, read_written
from comity.registers.register import Register, latest_expiry, name_of
from comity.store import batches
from comity.store.store import Store

SAMPLES_MAX: Final = 50  # of each kind of difference, shown by what the record is known by
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGEST_BYTES: Final = 16


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What entering a whole list will change. The names are the first of each kind, as a person knows them.

    ``repeated`` are records of the same as another one: all but one of each go out. ``hidden`` of those that have
    changed are not found, or not seen, any more by all those who found and saw them, or for a shorter time.
    """

    added: int = 0
    changed: int = 0
    hidden: int = 0
    removed: int = 0
    repeated: int = 0
    same: int = 0
    added_names: tuple[str, ...] = ()
    changed_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()

    @property
    def going_out(self) -> int:
        """How many records are taken out and not replaced."""
        return self.removed + self.repeated

    @property
    def held(self) -> int:
        """How many there are now."""
        return self.going_out + self.changed + self.same

    @property
    def is_drastic(self) -> bool:
        """Whether so many go out that a wrong or cut list is likelier than a change: more than a tenth, not a few."""
        return self.going_out > GONE_UNASKED_MAX and 10 * self.going_out > self.held

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.added and not self.changed and not self.removed and not self.repeated


class _Held(NamedTuple):
    digest: bytes
    record: RecordId


class Sight(NamedTuple):
    """By what, by whom and until when a record is found; ``room`` is what its register narrows that by."""

    keys: frozenset[bytes]
    room: Any
    audience: str
    handling: str
    expires_at: datetime

    def hides(self, before: "Sight", register: Register) -> bool:
        """Whether anything is out of anybody's sight that was in it before.

        Which level of handling fewer may see is the organisation's to say: another one counts.
        """
        is_wide = Audience.parse(self.audience).covers(Audience.parse(before.audience))
        is_long = self.expires_at >= before.expires_at
        is_found = self.keys >= before.keys and register.covers(self.room, before.room)
        return not (is_wide and is_long and is_found and self.handling == before.handling)


class Comparison:
    """Compares one file with what is held while it is read.

    It holds 16 + 16 bytes and a name for every record of the source, and of those that have changed who sees them; not
    the records themselves.
    """

    def __init__(
        self, register: Register, held: dict[str, _Held], twice: list[RecordId], read_batch: Callable[[BatchId], Batch]
    ) -> None:
        self._register = register
        self._held = held
        self._repeated = twice  # of what is held twice, one is enough
        self._replaced: dict[RecordId, Sight] = {}
        self._read_batch = read_batch
        self._names: dict[str, list[str]] = {"added": [], "changed": []}
        self._counts = {"added": 0, "changed": 0, "same": 0}

    def changing(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Those of the records that come in."""
        for data in records:
            record = read_written(data)
            name = name_of(self._register, record.fields)
            held = self._held.pop(name, None)
            if held is None:
                self._count("added", name)
            elif held.digest == _digest(self._register, record):
                self._counts["same"] += 1
                continue
            else:
                self._count("changed", name)
                self._replaced[held.record] = sight_of(self._register, record)
            yield data

    def removed(self) -> tuple[RecordId, ...]:
        """Those that go out, once all was read: replaced by another, or not on the list any more."""
        return tuple(sorted([*self._replaced, *self._repeated, *(held.record for held in self._held.values())]))

    def difference(self) -> Difference:
        """What was found, once all was read."""
        return Difference(
            **self._counts,
            hidden=self._count_hidden(),
            removed=len(self._held),
            repeated=len(self._repeated),
            added_names=tuple(self._names["added"]),
            changed_names=tuple(self._names["changed"]),
            removed_names=tuple(sorted(self._held)[:SAMPLES_MAX]),
        )

    def _count_hidden(self) -> int:
        """Of those that have changed, how many are out of somebody's sight; each batch of theirs is read once more."""
        by_batch: dict[BatchId, dict[int, Sight]] = {}
        for name, sight in self._replaced.items():
            batch, offset = parse_record_id(name)
            by_batch.setdefault(batch, {})[offset] = sight
        hidden = 0
        for batch, sights in by_batch.items():
            records = self._read_batch(batch).records
            for at, sight in sights.items():
                before = sight_of(self._register, parse_record(records[at].data))
                hidden += sight.hides(before, self._register)
        return hidden

    def _count(self, what: str, name: str) -> None:
        self._counts[what] += 1
        if len(self._names[what]) < SAMPLES_MAX:
            self._names[what].append(name)


def compare(
    store: Store, read_batch: Callable[[BatchId], Batch], register: Register, source: MemberCode,
    is_wanted: Callable[[Record], bool], now: datetime,
) -> Comparison:  # fmt: skip
    """A comparison with the records of a source that are in force and that ``is_wanted`` picks."""
    entries, gone = store.read_rows(
        lambda connection: (
            batches.list_batches(connection, register.name, source),
            batches.list_removed(connection, register.name, source),
        )
    )
    held: dict[str, _Held] = {}
    twice: list[RecordId] = []
    for entry in entries:
        for offset, salted in enumerate(read_batch(entry.batch).records):
            name = record_id(entry.batch, offset)
            if salted.is_erased or name in gone:
                continue
            record = parse_record(salted.data)
            if record.is_expired(now) or not is_wanted(record):
                continue
            known_by = name_of(register, record.fields)
            if known_by in held:
                twice.append(held[known_by].record)
            held[known_by] = _Held(_digest(register, record), name)
    return Comparison(register, held, twice, read_batch)


def sight_of(register: Register, record: Record) -> Sight:
    """By what, by whom and until when a record of that register is found."""
    room = register.room_of(record.fields, record.groups)
    return Sight(frozenset(record.keys), room, record.audience, record.handling, record.expires_at)


def _digest(register: Register, record: Record) -> bytes:
    """What a record says, whenever it was entered; how long it is kept counts where that was chosen."""
    is_usual = record.expires_at == latest_expiry(register, record.entered_at)
    timeless = msgspec.structs.replace(record, entered_at=_NEVER, expires_at=_NEVER if is_usual else record.expires_at)
    return hashlib.sha256(timeless.encode()).digest()[:_DIGEST_BYTES]
