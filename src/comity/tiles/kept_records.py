"""What is kept of records, compared: catalogue and removals with the ledger and with what sources signed, and files."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

from comity.blobs.batch_files import BatchFiles, KeyOf
from comity.damage import UNREADABLE, Damage, text_of
from comity.exchange.signed import parse_signed
from comity.gate import EntryContent
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, record_id
from comity.members.directory import Directory
from comity.registers.catalogue import CatalogueEntry
from comity.registers.consignment import Consignment, ConsignmentState, KeptConsignment, consignment_name
from comity.store import batches, consignments
from comity.store.store import Store
from comity.texts import _
from comity.tiles.kept import ENTRY_COST_BYTES, Step, contents_of
from comity.tiles.reading import LedgerReader

_PAGE: Final = 100
_ROW_COST_BYTES: Final = 500
_RECORD_COST_BYTES: Final = 2_000  # of a record that is parsed and hashed, beside its bytes


class _Known(NamedTuple):
    """What the ledger, or what a source signed, says of a batch; a position is 0 where it does not say."""

    register: str
    source: str
    records: int
    position: int = 0
    own_position: int = 0


class _Expected(NamedTuple):
    batches: dict[str, _Known]
    removed: dict[str, tuple[RegisterName, MemberCode]]


def check_batch(store: Store, files: BatchFiles, batch: BatchId, key_of: KeyOf) -> Iterator[Damage]:
    """Every record of a batch's file against its hash, these against its name and signature, and what is erased.

    What is marked as erased without its source having taken it out hides a record.
    """
    wrong = [finding.text for finding in files.verify(batch, key_of)]
    if not wrong:
        removed = store.read_rows(partial(batches.list_removed_of, batch_id=batch))
        erased = {record_id(batch, at) for at, each in enumerate(files.read_batch(batch).records) if each.is_erased}
        if erased - removed:
            wrong.append(_("A record is marked as erased that its source has not taken out."))
    if wrong:
        yield Damage("batch", batch, wrong[0])


def check_batches(store: Store, files: BatchFiles, key_of: KeyOf, clear: Callable[[BatchId], None]) -> Iterator[Step]:
    """The file of every batch in the catalogue; ``clear`` hears of each that is whole."""
    for name, entry in _catalogue(store):
        found = tuple(check_batch(store, files, BatchId(name), key_of))
        yield from found
        if not found:
            clear(BatchId(name))
        yield files.size(BatchId(name)) + (entry.count if entry else 0) * _RECORD_COST_BYTES


def check_catalogue(store: Store, ledger: LedgerReader, directory: Directory, own: MemberCode) -> Iterator[Step]:
    """Compare what brings records in and what hides them with the acts that did so.

    1. Every consignment is what its source has signed.
    2. Every batch is named by an act, or by a consignment that was taken, with the same register, source and count.
    3. Every batch so named is in the catalogue.
    4. Every record taken out is so by its own source, and every one that a source took out is.
    """
    taken: list[Consignment] = []
    for name, kept in _consignments(store):
        consignment = _read_consignment(name, kept, directory)
        if isinstance(consignment, Damage):
            yield consignment
        elif kept is not None and kept.state is ConsignmentState.ENTERED:
            taken.append(consignment)
        yield len(kept.frame) if kept else _ROW_COST_BYTES
    is_waiting = bool(store.pending(1))
    expected = _expected_of(taken)
    for kind in ("record.enter", "batch.accept"):
        for content in contents_of(ledger, kind):
            expected.batches.update(_named_by(content, own))
            yield ENTRY_COST_BYTES
    yield from _compare_batches(store, expected.batches, is_waiting=is_waiting)
    yield from _compare_removed(store, expected.removed, is_waiting=is_waiting)


def _expected_of(taken: list[Consignment]) -> _Expected:
    lots = {
        lot.batch: _Known(each.register, each.source, lot.count) for each in taken for lot in each.lots
    }  # fmt: skip
    return _Expected(lots, {record: (each.register, each.source) for each in taken for record in each.removed})


def _named_by(content: EntryContent, own: MemberCode) -> dict[str, _Known]:
    """The batch that an act has brought in."""
    detail = content.detail
    if content.verdict != "allowed" or "batch" not in detail or detail.get("again"):
        return {}
    source = own if content.kind == "record.enter" else content.member
    count, position, own_position = (int(detail.get(name, 0)) for name in ("count", "position", "own_position"))
    return {str(detail["batch"]): _Known(str(detail.get("register")), str(source), count, position, own_position)}


def _compare_batches(store: Store, named: Mapping[str, _Known], *, is_waiting: bool) -> Iterator[Step]:
    held: set[str] = set()
    for name, entry in _catalogue(store):
        held.add(name)
        known = named.get(name)
        if entry is None:
            yield Damage("catalogue", name, _("Its row cannot be read any more."))
        elif known is None and not is_waiting:
            yield Damage("catalogue", name, _("No act that is on record has brought this batch in."))
        elif known is not None and _differs(entry, known):
            yield Damage("catalogue", name, _("The catalogue says something else of this batch than the ledger."))
        yield _ROW_COST_BYTES
    for name in sorted(named.keys() - held):
        if store.read_rows(partial(batches.find_batch, name=BatchId(name))) is None:
            yield Damage("catalogue", name, _("The ledger names this batch, and it is not in the catalogue."))


def _differs(entry: CatalogueEntry, known: _Known) -> bool:
    said = (entry.register, entry.source, entry.count)
    is_elsewhere = known.position not in (0, entry.position) or known.own_position not in (0, entry.own_position)
    return said != known[:3] or is_elsewhere


def _compare_removed(
    store: Store, named: Mapping[str, tuple[RegisterName, MemberCode]], *, is_waiting: bool
) -> Iterator[Step]:
    held: set[str] = set()
    for removed in _removals(store):
        held.add(removed.record)
        if named.get(removed.record) != (removed.register, removed.source) and not is_waiting:
            yield Damage(
                "catalogue", removed.record, _("This record is taken out, and its source has not signed that.")
            )
        yield _ROW_COST_BYTES
    for record in sorted(named.keys() - held):
        if not store.read_rows(partial(batches.is_removed, record=RecordId(record))):
            yield Damage("catalogue", record, _("Its source has taken this record out, and it is not."))


def _read_consignment(name: str, kept: KeptConsignment | None, directory: Directory) -> Consignment | Damage:
    if kept is None:
        return Damage("file", name, _("Its row cannot be read any more."))
    try:
        frame, consignment = parse_signed(kept.frame, Consignment)
        found = directory.find_former_key(frame.key_id)
        if found is not None:
            frame.verify(found[1])
    except UNREADABLE as error:
        return Damage("file", name, text_of(error))
    is_named = (consignment_name(frame), consignment.source, consignment.register) == (name, kept.source, kept.register)
    if found is None or found[0] != consignment.source or not is_named:
        return Damage("file", name, _("It is not what its source has signed."))
    return consignment


def _catalogue(store: Store) -> Iterator[tuple[str, CatalogueEntry | None]]:
    after = 0
    while rows := store.read_rows(partial(batches.list_all, after=after, most=_PAGE)):
        yield from ((name, entry) for _row, name, entry in rows)
        after = rows[-1][0]


def _consignments(store: Store) -> Iterator[tuple[str, KeptConsignment | None]]:
    after = 0
    while rows := store.read_rows(partial(consignments.list_all, after=after, most=_PAGE)):
        yield from ((name, kept) for _row, name, kept in rows)
        after = rows[-1][0]


def _removals(store: Store) -> Iterator[batches.Removed]:
    after = ""
    while rows := store.read_rows(partial(batches.list_all_removed, after=after, most=_PAGE)):
        yield from rows
        after = rows[-1].record
