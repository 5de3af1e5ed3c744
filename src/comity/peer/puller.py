"""Pulling blobs: chunk by chunk, from any who named it or from the relay, resumed where it was cut off."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from comity.aside import Aside
from comity.blobs.chunk_files import ChunkFiles
from comity.damage import Damages
from comity.errors import ComityError, UnavailableError
from comity.exchange.blob import BlobQuestion, ChunkQuestion, Manifest, parse_manifest, verify_chunk
from comity.exchange.delivery import retry_at
from comity.exchange.signed import Pen, Signed
from comity.ids import BlobId, MemberCode
from comity.peer.fetching import fetch
from comity.peer.line import Accept, Line, is_right
from comity.store import blobs
from comity.store.blobs import WantedBlob
from comity.store.store import Store
from comity.texts import _

ROUND_MAX: Final = 20
CHUNKS_AT_ONCE: Final = 4  # of one blob that are asked for side by side: a megabyte in memory

_log = structlog.get_logger(__name__)


class Puller:
    """Pulls what is wanted, in rounds; ``on_pulled`` is called when a blob has become whole.

    With ``own_threads`` some chunks of a blob come side by side.
    """

    def __init__(
        self,
        store: Store,
        files: ChunkFiles,
        line: Line,
        pen: Pen,
        member: MemberCode,
        relay: MemberCode,
        *,
        clock: Callable[[], datetime],
        own_threads: bool,
        on_pulled: Callable[[], None] = lambda: None,
        damages: Damages | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._line = line
        self._pen = pen
        self._member = member
        self._relay = relay
        self._clock = clock
        self._own_threads = own_threads
        self._on_pulled = on_pulled
        self._damages = damages or Damages()
        self._is_ended = False
        self.aside = Aside("blobs")

    def hasten(self) -> None:
        """Ask in the next round for what waits: the line is back."""
        self._store.write_rows(partial(blobs.hasten, now=self._clock()))

    def go_round(self) -> None:
        """Go on with every blob whose time has come; one that fails unforeseen waits like one that was not there."""
        now = self._clock()
        self.aside.begin_round()
        due = self._store.read_rows(lambda connection: blobs.due_blobs(connection, now, ROUND_MAX, self.aside.put))
        for wanted in due:
            self.aside.attempt(wanted.id, partial(self._go_on, wanted))
            if self.aside.is_held(wanted.id):
                self._note(wanted.id, retry_at(wanted.attempts, self._clock()))

    def end(self) -> None:
        """Ask for nothing more."""
        self._is_ended = True

    def _go_on(self, wanted: WantedBlob) -> None:
        if self._clock() >= wanted.expires_at:
            self._note(wanted.id, None)
            return
        holders = dict.fromkeys((*wanted.holders, self._relay))
        for holder in holders:
            if holder == self._member:
                continue
            try:
                self._pull(wanted, holder)
            except ComityError as error:
                _log.info("puller.cut", holder=holder, code=error.code)
                continue
            self._note(wanted.id, None)
            self._damages.clear("attachment", wanted.id)
            self._on_pulled()
            return
        self._note(wanted.id, retry_at(wanted.attempts, self._clock()))

    def _pull(self, wanted: WantedBlob, holder: MemberCode) -> None:
        """All that is missing; the errors of asking, after which what has come stays."""
        manifest = self._manifest(wanted, holder)
        pull = partial(self._pull_chunk, wanted.id, manifest, holder)
        missing = self._files.missing(wanted.id, manifest)
        if not self._own_threads:
            deque(map(pull, missing), maxlen=0)
            return
        with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:  # the line and the disk are waited for in turns
            deque(pool.map(pull, missing), maxlen=0)

    def _pull_chunk(self, blob: BlobId, manifest: Manifest, holder: MemberCode, number: int) -> None:
        if self._is_ended:
            raise UnavailableError(_("This node is stopping."), where="blob")
        question = ChunkQuestion(1, blob, number, self._member, holder, self._clock())

        def is_it(data: bytes) -> bool:
            return is_right(partial(verify_chunk, manifest, number, data))

        self._files.put(blob, manifest, number, self._ask(holder, question, is_it))

    def _manifest(self, wanted: WantedBlob, holder: MemberCode) -> Manifest:
        if wanted.manifest is not None:
            return parse_manifest(wanted.manifest, wanted.id)
        question = BlobQuestion(1, wanted.id, self._member, holder, self._clock())
        data = self._ask(holder, question, lambda data: is_right(partial(parse_manifest, data, wanted.id)))
        manifest = parse_manifest(data, wanted.id)
        self._store.write_rows(lambda connection: blobs.learn_manifest(connection, wanted.id, data))
        return manifest

    def _ask(self, holder: MemberCode, question: Signed, is_it: Accept) -> bytes:
        return fetch(self._line, holder, question, self._pen, is_it)

    def _note(self, name: BlobId, next_at: datetime | None) -> None:
        self._store.write_rows(lambda connection: blobs.put_off(connection, name, next_at))
