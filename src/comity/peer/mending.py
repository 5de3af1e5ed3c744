"""Mending: what was damaged here is fetched again.

Batches come from their source or the keeper, blobs from whoever named them.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from comity.blobs.batch_files import BatchFiles
from comity.blobs.chunk_files import ChunkFiles, Looked
from comity.damage import Damages
from comity.errors import UnavailableError, UnknownError, UntrustedError
from comity.exchange.delivery import retry_at
from comity.exchange.mending import PartQuestion
from comity.exchange.message import EXPIRY
from comity.exchange.signed import Pen
from comity.ids import BatchId, BlobId, MemberCode, record_id
from comity.peer.fetching import fetch
from comity.peer.line import Line
from comity.registers.batch import Batch, KeyOf, parse_batch, verify_batch
from comity.registers.gathering import Gathered, Gathering
from comity.store import batches, blobs
from comity.store.store import Store
from comity.texts import _

ROUND_MAX: Final = 4  # batches of one round, so that what else is looked after goes on

_log = structlog.get_logger(__name__)


class Mender:
    """Goes on with every batch that is known to be damaged, until it is whole again. One thread calls ``go_round``."""

    def __init__(
        self,
        store: Store,
        files: BatchFiles,
        line: Line,
        pen: Pen,
        member: MemberCode,
        keeper: MemberCode,
        damages: Damages,
        key_of: KeyOf,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._files = files
        self._line = line
        self._pen = pen
        self._member = member
        self._keeper = keeper
        self._damages = damages
        self._key_of = key_of
        self._clock = clock
        self._tried: dict[str, tuple[int, datetime]] = {}

    def go_round(self) -> None:
        """Fetch again what is damaged and whose time has come."""
        now = self._clock()
        damaged = [BatchId(each.name) for each in self._damages.all() if each.kind == "batch"]
        due = [name for name in damaged if self._tried.get(name, (0, now))[1] <= now]
        for name in due[:ROUND_MAX]:
            try:
                self._mend(name)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next one is mended
                _log.info("mending.put_off", batch=name, code=getattr(error, "code", type(error).__name__))
                attempts = self._tried.get(name, (0, now))[0]
                self._tried[name] = (attempts + 1, retry_at(attempts, now))
            else:
                self._tried.pop(name, None)

    def _mend(self, name: BatchId) -> None:
        held = self._store.read_rows(partial(batches.find_batch, name=name))
        if held is None:
            raise UnknownError(_("The catalogue does not have this batch."), where=name)
        holder = self._keeper if held.source == self._member else held.source
        if holder == self._member:
            raise UnavailableError(_("Nobody else has this batch."), where=name)
        batch = parse_batch(self._fetch(name, holder))
        self._verify(batch, name)
        self._files.replace(batch)
        # What was taken out, here or there, is erased once more.
        self._store.write_rows(partial(batches.erase_again, batch_id=name))
        self._damages.clear("batch", name)
        _log.info("mending.mended", batch=name, holder=holder)

    def _verify(self, batch: Batch, name: BatchId) -> None:
        """Raise unless it is the very batch, by its source's signature, and nothing in it is hidden."""
        public = self._key_of(batch.head.source, batch.frame.key_id)
        if batch.id != name or public is None:
            raise UntrustedError(_("This is not the batch that was asked for."), where=name)
        verify_batch(batch, public)
        removed = self._store.read_rows(partial(batches.list_removed_of, batch_id=name))
        if any(each.is_erased and record_id(name, at) not in removed for at, each in enumerate(batch.records)):
            raise UntrustedError(_("A record is marked as erased that its source has not taken out."), where=name)

    def _fetch(self, name: BatchId, holder: MemberCode) -> bytes:
        """The batch's file; what is not the next part of it ends no wait."""
        gathering, gathered = Gathering(name, self._key_of), Gathered()
        while not gathered.is_whole:
            question = PartQuestion(1, name, len(gathered.parts), self._member, holder, self._clock())
            reply = fetch(self._line, holder, question, self._pen, partial(gathering.fits, gathered))
            gathered = gathering.take(gathered, reply)
        return b"".join(gathered.parts)


def want_again(store: Store, chunks: ChunkFiles, name: BlobId, looked: Looked, now: datetime) -> bool:
    """Have what is not whole of a blob pulled anew; False where nobody else is known to have it.

    What was changed is removed in the writer's turn, so that whoever pulls sees it as missing. What is still on its way
    is left to the puller.
    """

    def want(connection: Connection) -> bool:
        if not looked.changed and blobs.is_wanted(connection, name):
            return True
        is_wanted = blobs.want_again(connection, name, now, now + EXPIRY)
        if is_wanted:
            chunks.lose(name, looked)
        return is_wanted

    return store.write_rows(want)
