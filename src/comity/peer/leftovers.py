"""Leftovers: files that one thing brought and nothing else names.

Batch files and chunks whose names others know are removed here only.
"""

from collections.abc import Iterable
from typing import Final

import structlog
from sqlalchemy import Connection

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.errors import ComityError
from comity.exchange.signed import parse_signed
from comity.ids import BatchId, BlobId
from comity.registers.consignment import Consignment, Lot
from comity.store import batches, blobs, consignments, due
from comity.store.store import Store

SWEPT_MAX: Final = 100_000  # more consignments than can be under way

_log = structlog.get_logger(__name__)


class Leftovers:
    """Removes files that nothing names any more.

    A member may name whatever it likes, also what others brought. So whoever is done with a thing says so here, and the
    catalogue, the consignments under way and whatever names blobs are asked whether they need it. They are asked, and
    files are removed, in a turn of the writer: nobody begins to name a thing in between.
    """

    def __init__(self, store: Store, files: BatchFiles, chunks: ChunkFiles) -> None:
        self._store = store
        self._files = files
        self._chunks = chunks

    def discard(self, lots: Iterable[Lot]) -> None:
        """Remove the batches and blobs of lots that are not to be entered."""
        lots = tuple(lots)

        def remove(connection: Connection) -> None:
            waiting = consignments.names_underway(connection) | due.list_names(connection)
            for lot in lots:
                batch = BatchId(lot.batch)
                if batch not in waiting and not batches.is_named(connection, batch):
                    self._files.remove(batch)
            self._remove_blobs(connection, (BlobId(lot.blob) for lot in lots))

        self._store.write_rows(remove)

    def discard_named(self, names: Iterable[str]) -> None:
        """Remove the batches and blobs that an act spoke of which is not performed."""
        names = tuple(names)

        def remove(connection: Connection) -> None:
            waiting = consignments.names_underway(connection) | due.list_names(connection)
            for name in names:
                if name not in waiting and not batches.is_named(connection, BatchId(name)):
                    self._files.remove(BatchId(name))
            self._remove_blobs(connection, map(BlobId, names))

        self._store.write_rows(remove)

    def discard_blobs(self, names: Iterable[BlobId]) -> None:
        """Remove what is here of blobs."""
        names = tuple(names)
        self._store.write_rows(lambda connection: self._remove_blobs(connection, names))

    def sweep(self, began_at: float) -> None:
        """Remove files that no transaction came to name; to be called before anything else goes on.

        They were written by the run that began at ``began_at`` and was cut off. What is older was named once: if the
        database does not any more, it is the database that was damaged. Nothing is removed while a consignment under
        way cannot be read: it may name them.
        """
        unread: list[str] = []
        named, blob_names, lots, underway = self._store.read_rows(
            lambda connection: (
                batches.names(connection), blobs.names(connection) | due.list_names(connection),
                consignments.names_underway(connection) | due.list_names(connection),
                consignments.list_underway(connection, SWEPT_MAX, on_damage=lambda name, _error: unread.append(name)),
            )
        )  # fmt: skip
        for _row, kept in underway:
            try:
                parse_signed(kept.frame, Consignment)
            except ComityError:
                unread.append(kept.id)
        if unread:
            _log.error("leftovers.not_swept", unread=unread)
            return
        for batch in self._files.list_batches(began_at):
            if batch not in named and batch not in lots:
                self._files.remove(batch)
        for blob in self._chunks.list_blobs(began_at):
            if blob not in blob_names:
                self._chunks.remove(blob)

    def _remove_blobs(self, connection: Connection, names: Iterable[BlobId]) -> None:
        waiting = due.list_names(connection)
        for name in names:
            if name not in waiting and not blobs.is_named(connection, name):
                self._chunks.remove(name)
