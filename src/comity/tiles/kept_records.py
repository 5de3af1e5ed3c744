"""The files of batches, compared with their hashes and with what sources signed."""

from collections.abc import Callable, Iterator
from typing import Final

from comity.blobs.batch_files import BatchFiles
from comity.damage import Damage
from comity.ids import BatchId, record_id
from comity.registers.batch import FindWrong
from comity.store import batches
from comity.store.store import Store
from comity.texts import _
from comity.tiles.kept import Step
from comity.tiles.kept_catalogue import list_catalogue

_RECORD_COST_BYTES: Final = 2_000  # of a record that is parsed and hashed, beside its bytes


def check_batch(store: Store, files: BatchFiles, batch: BatchId, find_wrong: FindWrong) -> Iterator[Damage]:
    """Every record of a batch's file against its hash, these against its name and signature, and what is erased.

    What is marked as erased without its source having taken it out hides a record.
    """
    wrong = [finding.text for finding in files.verify(batch, find_wrong)]
    if not wrong:
        removed = store.read_rows(lambda connection: batches.list_removed_of(connection, batch))
        erased = {record_id(batch, at) for at, each in enumerate(files.read_batch(batch).records) if each.is_erased}
        if erased - removed:
            wrong.append(_("A record is marked as erased that its source has not taken out."))
    if wrong:
        yield Damage("batch", batch, wrong[0])


def check_batches(
    store: Store, files: BatchFiles, find_wrong: FindWrong, clear: Callable[[BatchId], None]
) -> Iterator[Step]:
    """The file of every batch in the catalogue; ``clear`` hears of each that is whole."""
    for _row, name, entry in list_catalogue(store):
        found = tuple(check_batch(store, files, BatchId(name), find_wrong))
        yield from found
        if not found:
            clear(BatchId(name))
        yield files.size(BatchId(name)) + (entry.count if entry else 0) * _RECORD_COST_BYTES
