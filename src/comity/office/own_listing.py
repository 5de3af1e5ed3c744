"""Keeping the list of this bureau's own records up with catalogue and batch files, and comparing it with them."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from comity.aside import Aside
from comity.blobs.batch_files import BatchFiles
from comity.ids import BatchId, MemberCode, RecordId, parse_record_id, record_id
from comity.registers.catalogue import CatalogueEntry
from comity.registers.record import Record, read_written
from comity.registers.register import Register, known_by
from comity.registers.registry import REGISTERS, get_register
from comity.store import batches
from comity.store import own_record as rows
from comity.store.own_record import NO_KEY, OwnKey, OwnRow
from comity.store.store import Store

CHANGES_MAX: Final = 64  # changes looked at in one step
PIECE: Final = 2_000  # records listed in one transaction


class OwnListing:
    """A node has one. What cannot be read now is set aside and found again by the comparison, which goes round."""

    def __init__(self, store: Store, files: BatchFiles, member: MemberCode) -> None:
        self._store = store
        self._files = files
        self._member = member
        self._walk: Iterator[BatchId] = iter(())
        self.aside = Aside("own-records")

    def follow(self) -> None:
        """List what this bureau has changed since; then compare one batch with its file."""
        self.aside.begin_round()
        for register in REGISTERS.values():
            while self._follow(register):
                pass
        self._compare_next()

    def _follow(self, register: Register) -> bool:
        """Take up a few changes; whether there are more."""
        name = register.name
        through, last = self._store.read_rows(
            lambda connection: (rows.listed_through(connection, name), batches.position(connection, name))
        )
        if through > last:  # it was changed: what it hides is found by the comparison
            self._store.write_rows(lambda connection: rows.note_through(connection, name, last))
        changes = self._store.read_rows(lambda connection: batches.list_changes(connection, name, through, CHANGES_MAX))
        for change in changes:
            if change.source == self._member:
                for batch in change.batches:
                    self.aside.attempt(batch, partial(self._list_batch, register, batch))
                self._remove(change.removed)
        if changes:
            self._store.write_rows(lambda connection: rows.note_through(connection, name, changes[-1].position))
        return bool(changes)

    def _list_batch(self, register: Register, batch: BatchId) -> None:
        """List what is in a batch, a piece at a time; again is the same."""
        for _start, found in self._read_pieces(register, batch):
            self._store.write_rows(partial(rows.put, register=register.name, name=batch, found=found))

    def _read_pieces(self, register: Register, batch: BatchId) -> Iterator[tuple[int, list[OwnRow]]]:
        """What is to be listed of a batch, in pieces, each with the place at which it begins."""
        gone = self._store.read_rows(lambda connection: batches.list_removed_of(connection, batch))
        start = 0
        while read := self._files.read_records(batch, start, PIECE):
            yield (
                start,
                [
                    _row(register, start + at, read_written(stored.data))
                    for at, stored in enumerate(read)
                    if stored is not None and record_id(batch, start + at) not in gone
                ],
            )
            start += PIECE

    def _remove(self, removed: Iterable[RecordId]) -> None:
        by_batch: dict[BatchId, list[int]] = {}
        for name in removed:
            batch, place = parse_record_id(name)
            by_batch.setdefault(batch, []).append(place)
        for batch, places in by_batch.items():
            for start in range(0, len(places), PIECE):
                self._store.write_rows(partial(rows.remove, name=batch, places=places[start : start + PIECE]))

    def _compare_next(self) -> None:
        """Compare what is listed of one batch with its file, and put it right; behind the last it begins anew."""
        batch = next(self._walk, None)
        if batch is None:
            self._forget_loose_keys()
            self._walk = iter([entry.batch for entry in self._own_batches()])
        else:
            self.aside.attempt(batch, partial(self._compare, batch))

    def _forget_loose_keys(self) -> None:
        """Forget by what records were found that are listed no more: their bytes are erased too."""
        after: OwnKey | None = NO_KEY
        while after is not None:
            find = partial(rows.list_loose_keys, after=after, most=PIECE)
            loose, after = self._store.read_rows(find)
            if loose:
                self._store.write_rows(partial(rows.remove_keys, found=loose))

    def _own_batches(self) -> Iterable[CatalogueEntry]:
        for name in REGISTERS:
            yield from self._store.read_rows(partial(batches.list_batches, register=name, source=self._member))

    def _compare(self, batch: BatchId) -> None:
        held = self._store.read_rows(lambda connection: batches.find_batch(connection, batch))
        if held is None:
            return
        register = get_register(held.register)
        for start, found in self._read_pieces(register, batch):
            right = {row.place: rows.as_listed(register.name, row) for row in found}
            listed = self._store.read_rows(partial(rows.list_rows, name=batch, start=start, stop=start + PIECE))
            wrong = {place for place in {*right, *listed} if right.get(place) != listed.get(place)}
            wrong |= {*self._store.read_rows(partial(rows.list_unfound, name=batch, found=found))}
            if wrong:
                mended = [row for row in found if row.place in wrong]
                self._store.write_rows(partial(rows.put_right, register=register.name, name=batch, places=wrong,
                                               found=mended))  # fmt: skip


def _row(register: Register, place: int, record: Record) -> OwnRow:
    known = known_by(register, record.fields)
    return OwnRow(place, register.status_of(record.fields), record.expires_at, known, record.keys)
