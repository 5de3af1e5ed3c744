"""What a node keeps in its folder, opened: its store, the files of records, blobs and ledger, and the indexes."""

from collections.abc import Callable

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.config import Config
from comity.damage import Damages
from comity.holding import Holding
from comity.index.shelves import Shelves
from comity.keyring import Keyring
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.lock import RunningMarker
from comity.office.own_list import OwnList
from comity.office.own_listing import OwnListing
from comity.safe import Safe
from comity.signer import Entropy
from comity.store.catalogue import StoredCatalogue
from comity.store.store import Store
from comity.store.transactions import Boundary
from comity.tiles.reading import LedgerReader
from comity.tiles.roll import Roll
from comity.tiles.sequencer import Sequencer


class NodeFolder:
    """A node has one. ``on_shelved`` is called when an index has work; ``damages`` hears of what cannot be read."""

    def __init__(
        self, config: Config, keyring: Keyring, damages: Damages, on_shelved: Callable[[], None], *,
        own_threads: bool, boundary: Boundary, entropy: Entropy,
    ) -> None:  # fmt: skip
        folder, ledger_key = config.path("data"), keyring.signer("ledger")
        self.marker = RunningMarker(folder)
        self.store = Store(folder, own_thread=own_threads, boundary=boundary, reserve_bytes=config.reserve_mb << 20)
        self.files = BatchFiles(folder / "batches", boundary)
        self.chunks = ChunkFiles(folder / "blobs", boundary)
        self.shelves = Shelves(
            folder / "index", self.files, StoredCatalogue(self.store), boundary, damages, on_shelved,
            is_keeper=config.is_secretariat,
        )  # fmt: skip
        self.own_list = OwnList(self.store, self.files, config.code)
        self.own_listing = OwnListing(self.store, self.files, config.code)
        self.verifier = VerifierKey(key_name_of(config.network, config.code), ledger_key.public)
        self.ledger = LedgerReader(folder / "ledger", self.store, config.network, config.code, self.verifier)
        self.sequencer = Sequencer(
            folder / "ledger", config.network, config.code, ledger_key, self.store, self.store.segment, boundary,
            entropy=entropy, on_damage=damages.note,
        )  # fmt: skip
        self.roll = Roll(self.ledger)
        self.store.judge = self.roll.judge
        self.store.on_damage = damages.note
        self.holding = Holding(Safe(keyring.storage_key, entropy), config.code)
        self.store.verify_held = self.holding.verify_held

    @property
    def was_unclean(self) -> bool:
        """Whether the node's last run ended in a crash, or rows were lost."""
        return self.marker.was_unclean or bool(self.store.lost.text)

    def close(self, *, gracefully: bool) -> None:
        """Let go of all of it; the marker of a running node goes only with a graceful end."""
        self.shelves.close(gracefully=gracefully)
        self.store.close()
        if gracefully:
            self.marker.remove()
