"""Restoring: what the catalogue has lost is put back from the ledger and from what sources signed."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from comity.blobs.batch_files import BatchFiles
from comity.ids import BatchId, RecordId, RegisterName
from comity.registers.batch import FindWrong
from comity.registers.catalogue import BatchTaken, CatalogueEntry, RegisterChanged
from comity.store import batches
from comity.store.catalogue import Rows
from comity.texts import _
from comity.tiles.kept_catalogue import KnownBatch, KnownRemoval

_UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


class OnlyNames:
    """Puts nothing back: it says what is missing."""

    def put_back(self, _batch: BatchId, _known: KnownBatch) -> str:
        """A batch that an act or a consignment has brought in."""
        return _("The ledger names this batch, and it is not in the catalogue.")

    def correct_time(self, _batch: BatchId, _entered_at: datetime) -> str:
        """When a batch was entered, as its source signed it."""
        return _("The catalogue says another time of this batch than its source.")

    def take_out_again(self, _record: RecordId, _known: KnownRemoval) -> str:
        """A record that its source took out."""
        return _("Its source has taken this record out, and it is not.")


class Restorer:
    """Puts back what it can. ``on_restored`` hears of each register that then has to be taken in anew."""

    def __init__(
        self, rows: Rows, files: BatchFiles, find_wrong: FindWrong, on_restored: Callable[[RegisterName], None]
    ) -> None:
        self._rows = rows
        self._files = files
        self._find_wrong = find_wrong
        self._on_restored = on_restored

    def put_back(self, batch: BatchId, known: KnownBatch) -> str:
        """A batch that an act or a consignment has brought in. Where its file is lost too, that is fetched again."""
        entry = self._entry(batch, known)
        if not self._rows.write_rows(partial(_put_back, entry=entry)):
            text = _("The ledger names this batch; another has its place now. {source} has to enter it again.")
            return text.format(source=known.source)
        _log.warning("catalogue.put_back", batch=batch, register=known.register)
        self._on_restored(known.register)
        return _("It was lost from the catalogue, and has been put back.")

    def correct_time(self, batch: BatchId, entered_at: datetime) -> str:
        """When a batch was entered, as its source signed it."""
        self._rows.write_rows(partial(batches.correct_time, name=batch, entered_at=entered_at))
        _log.warning("catalogue.time_corrected", batch=batch)
        return _("The catalogue said another time of this batch than its source, and was corrected.")

    def take_out_again(self, record: RecordId, known: KnownRemoval) -> str:
        """A record that its source took out, as its consignment says; what became of it."""
        change = RegisterChanged(known.register, known.source, known.at, removed=(record,))
        self._rows.write_rows(partial(batches.change, change=change))
        _log.warning("catalogue.taken_out_again", record=record, register=known.register)
        self._on_restored(known.register)
        return _("That it was taken out was lost from the catalogue, and has been put back.")

    def _entry(self, batch: BatchId, known: KnownBatch) -> CatalogueEntry:
        """What the catalogue had of it. Its time is corrected later where the file that says it is not whole."""
        found = self._files.read_head(batch)
        is_whole = found is not None and not any(self._files.verify(batch, self._find_wrong))
        signed_at = found[1].entered_at if found and is_whole else _UNKNOWN
        return CatalogueEntry(
            batch, known.register, known.position, known.source, known.records, known.entered_at or signed_at,
            known.own_position,
        )  # fmt: skip


def _put_back(connection: Connection, entry: CatalogueEntry) -> bool:
    if batches.find_batch(connection, entry.batch) is not None:
        return True
    if entry.position:
        return batches.put_back(connection, entry)
    taken = BatchTaken(entry.batch, entry.count, entry.entered_at)
    change = RegisterChanged(entry.register, entry.source, entry.entered_at, batches=(taken,))
    batches.change(connection, change)
    return True
