"""The list of entries, by which they are found, compared with the ledger's files and made anew from them."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from comity.damage import UNREADABLE, Damage, raise_if_of_machine
from comity.errors import CorruptError
from comity.ids import EntryId
from comity.ledger.entry import Entry, parse_leaf, verify_entry
from comity.registers.about import told_of
from comity.store import entries, listed
from comity.store.catalogue import LedgerRows
from comity.store.listed import Listed
from comity.store.times import seconds
from comity.texts import _
from comity.tiles.kept import Step
from comity.tiles.log import Erased, TileLog
from comity.tiles.paths import TILE_WIDTH

_PAGE: Final = 16 * TILE_WIDTH
_STRAYS_MAX: Final = 1_000
_ENTRY_COST_BYTES: Final = 4_000

_log = structlog.get_logger(__name__)


def check_list(store: LedgerRows, folder: Path) -> Iterator[Step]:
    """Compare what the database says of each entry that it was told of with the entry, and put right what differs.

    Of an entry whose own bytes were changed the list is left as it is: that is the ledger's damage. CorruptError where
    the ledger is shorter than the store knows it: then nothing is put right.
    """
    through = store.sequenced_through()
    logs = [TileLog(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    sizes = {log.folder.name: log.size for log in logs}
    if through.log_size > sizes.get(through.period, 0):
        raise CorruptError(_("The ledger is shorter than the store knows it."), where=str(folder))
    yield from _remove_strays(store, folder, sizes)
    for log in logs:
        told = log.size if log.folder.name < through.period else through.log_size
        for start in range(0, told if log.folder.name <= through.period else 0, _PAGE):
            yield from _check_page(store, log, start, min(start + _PAGE, told))


def _check_page(store: LedgerRows, log: TileLog, start: int, stop: int) -> Iterator[Step]:
    period = log.folder.name
    held = store.read_rows(partial(listed.read_places, period=period, start=start, stop=stop))
    right: dict[int, Listed] = {}
    for place, name, entry in zip(range(start, stop), log.names(start, stop), _read(log, start, stop), strict=True):
        yield _ENTRY_COST_BYTES
        if entry is None or entry.id != name:
            continue
        expected = _listed(entry, held.get(place))
        if expected != held.get(place):
            right[place] = expected
    if right:
        _log.warning("list.put_right", period=period, count=len(right), first=min(right))
        store.write_rows(partial(listed.put_right, period=period, held=held, right=right))
    for place, expected in right.items():
        found = store.read_rows(partial(entries.find_place, entry=EntryId(expected.said[0])))
        if found is None or (found.period, found.index) == (period, place):
            text = _("The list said something else than the ledger, and was put right.")
            yield Damage("list", f"{period}.{place}", text)
        elif found.period != period:  # within one period the walk through the ledger says it
            text = _("This entry stands in the ledger twice: at {place} too.")
            yield Damage("list", f"{period}.{place}", text.format(place=f"{found.period}.{found.index}"))


def _read(log: TileLog, start: int, stop: int) -> Iterator[Entry | Erased | None]:
    """Entries that are what they committed to; None for each that is not, or cannot be read."""
    for first in range(start, stop, TILE_WIDTH):
        places = range(first, min(first + TILE_WIDTH, stop))
        try:
            found = list(log.entries(places.start, places.stop))
        except UNREADABLE as error:
            raise_if_of_machine(error)
            yield from (_read_one(log, place) for place in places)
        else:
            yield from (each if _is_whole(each) else None for each in found)


def _read_one(log: TileLog, place: int) -> Entry | Erased | None:
    try:
        found = log.entry(place)
    except UNREADABLE as error:
        raise_if_of_machine(error)
        return None
    return found if _is_whole(found) else None


def _is_whole(entry: Entry | Erased) -> bool:
    try:
        if isinstance(entry, Entry):
            verify_entry(entry.leaf, entry.salt, entry.content)
        parse_leaf(entry.leaf)
    except UNREADABLE:
        return False
    return True


def _listed(entry: Entry | Erased, held: Listed | None) -> Listed:
    """What the list has to say; of an erased entry it goes on saying what its content told."""
    leaf = parse_leaf(entry.leaf)
    said = (entry.id, leaf.kind, seconds(leaf.at))
    if isinstance(entry, Erased) and held is not None:
        return Listed((*said, *held.said[len(said) :]), frozenset((key, leaf.kind) for key, _kind in held.about))
    told = told_of(entry.content if isinstance(entry, Entry) else b"")
    about = frozenset((key, leaf.kind) for key in told.about)
    return Listed((*said, told.member, told.officer, told.purpose, told.verdict), about)


def _remove_strays(store: LedgerRows, folder: Path, sizes: Mapping[str, int]) -> Iterator[Step]:
    """What the list has beyond the ledger. Entries may have come since it was measured, so it is asked again."""
    for period, place in store.read_rows(partial(listed.list_strays, sizes=sizes, most=_STRAYS_MAX)):
        yield _ENTRY_COST_BYTES
        if not _is_there(folder, period, place):
            store.write_rows(partial(listed.remove, period=period, place=place))
            text = _("The list had an entry where the ledger has none, and was put right.")
            yield Damage("list", f"{period}.{place}", text)


def _is_there(folder: Path, period: str, place: object) -> bool:
    is_period = period in {path.name for path in folder.iterdir()}
    return is_period and isinstance(place, int) and 0 <= place < TileLog(folder / period).size
