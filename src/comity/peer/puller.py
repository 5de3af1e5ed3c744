"""Pulling blobs: chunk by chunk, from any who named it or from the relay, resumed where it was cut off.

Each holder has a lane of its own, so that one who is down, slow, or never had what it named delays only itself.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from comity.aside import Aside
from comity.blobs.chunk_files import ChunkFiles
from comity.damage import Damages
from comity.errors import ComityError, UnavailableError
from comity.exchange.blob import BlobQuestion, ChunkQuestion, Manifest, parse_manifest, verify_chunk
from comity.exchange.delivery import retry_at
from comity.exchange.signed import Pen, Signed
from comity.ids import BlobId, MemberCode
from comity.peer.attachments import damage_of
from comity.peer.fetching import fetch
from comity.peer.line import Accept, Line, is_right
from comity.store import blobs
from comity.store.blobs import WantedBlob
from comity.store.store import Store
from comity.texts import _

LANE_MAX: Final = 20  # blobs of one holder that are looked at in one round
LANES_MAX: Final = 64  # side by side, with four chunks each; a thread is made when it is needed
CHUNKS_AT_ONCE: Final = 4  # of one blob that are asked for side by side: a megabyte in memory

_log = structlog.get_logger(__name__)


class _Pause(NamedTuple):
    """A holder was silent ``times`` times after the first, and is asked again then."""

    times: int
    until: datetime


class Puller:
    """Pulls what is wanted, in rounds; ``on_pulled`` is called when a blob has become whole.

    With ``own_threads`` the blobs of different holders come side by side, and some chunks of each; without, one after
    the other in the caller's thread. A holder that gave no answer is left alone for a pause that grows, with all that
    it holds; what the relay has as well comes from there meanwhile.
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
        self._lock = threading.Lock()
        self._lanes: set[MemberCode] = set()  # at work now
        self._pauses: dict[MemberCode, _Pause] = {}
        self.aside = Aside("blobs")

    def hasten(self) -> None:
        """Ask in the next round for what waits: the line is back."""
        with self._lock:
            self._pauses.clear()
        self._store.write_rows(partial(blobs.hasten, now=self._clock()))

    def hears(self, member: MemberCode) -> None:
        """That ``member`` was heard of: it is there, and what is wanted of it anew is asked for at once."""
        with self._lock:
            self._pauses.pop(member, None)

    def go_round(self) -> None:
        """Go on with the blobs whose time has come, some of each holder."""
        now = self._clock()
        self.aside.begin_round()
        due = self._store.read_rows(lambda connection: blobs.due_blobs(connection, now, LANE_MAX, self.aside.put))
        lanes: dict[MemberCode, list[WantedBlob]] = {}
        for wanted in due:
            lanes.setdefault(self._lane_of(wanted), []).append(wanted)
        for holder, lane in lanes.items():
            if not self._own_threads:
                self._work(lane)
            elif self._reserve(holder):
                threading.Thread(target=self._serve, args=(holder, lane), name=f"puller-{holder}", daemon=True).start()

    def end(self) -> None:
        """Ask for nothing more."""
        self._is_ended = True

    # Lanes

    def _lane_of(self, wanted: WantedBlob) -> MemberCode:
        """The first of its holders that is not known to be silent."""
        holders = self._others(wanted.holders) or [self._relay]
        return next((each for each in holders if not self._is_paused(each)), holders[0])

    def _reserve(self, holder: MemberCode) -> bool:
        with self._lock:
            if holder in self._lanes or len(self._lanes) >= LANES_MAX:
                return False
            self._lanes.add(holder)
            return True

    def _serve(self, holder: MemberCode, lane: list[WantedBlob]) -> None:
        try:
            self._work(lane)
        except Exception as error:  # noqa: BLE001 - the next round looks at what it did not get to
            _log.warning("puller.failed", error=type(error).__name__)
        finally:
            with self._lock:
                self._lanes.discard(holder)

    def _work(self, lane: list[WantedBlob]) -> None:
        """Go on with every blob of a lane; one that fails unforeseen waits like one that was not there."""
        silent: set[MemberCode] = set()  # in this round
        for wanted in lane:
            if self._is_ended:
                return
            self.aside.attempt(wanted.id, partial(self._go_on, wanted, silent))
            if self.aside.is_held(wanted.id):
                self._note(wanted, retry_at(wanted.attempts, self._clock()))

    def _is_paused(self, holder: MemberCode) -> bool:
        return self._paused_until(holder) is not None

    def _paused_until(self, holder: MemberCode) -> datetime | None:
        pause = self._pauses.get(holder)
        return pause.until if pause is not None and pause.until > self._clock() else None

    def _pause(self, holder: MemberCode) -> None:
        """Leave a holder that was silent alone for a while, twice as long each time."""
        with self._lock:
            before = self._pauses.get(holder)
            if before is None or before.until <= self._clock():  # chunks side by side are silent together
                times = before.times + 1 if before else 0
                self._pauses[holder] = _Pause(times, retry_at(times, self._clock()))

    def _others(self, holders: Iterable[MemberCode]) -> list[MemberCode]:
        return [each for each in holders if each != self._member]

    # One blob

    def _go_on(self, wanted: WantedBlob, silent: set[MemberCode]) -> None:
        if self._clock() >= wanted.expires_at:
            self._note(wanted, None)
            return
        holders = self._others(dict.fromkeys((*wanted.holders, self._relay)))
        for holder in holders:
            if holder in silent or self._is_paused(holder):
                continue
            try:
                manifest = self._pull(wanted, holder)
            except ComityError as error:
                _log.info("puller.cut", holder=holder, code=error.code)
                if self._is_paused(holder):
                    silent.add(holder)
                continue
            with self._lock:
                self._pauses.pop(holder, None)
            if not self._is_settled(wanted, manifest):
                return
            self._damages.clear("attachment", wanted.id)
            self._on_pulled()
            return
        again_at, pauses = retry_at(wanted.attempts, self._clock()), list(map(self._paused_until, holders))
        ends = [until for until in pauses if until is not None]
        self._note(wanted, max(again_at, min(ends)) if len(ends) == len(pauses) > 0 else again_at)

    def _is_settled(self, wanted: WantedBlob, manifest: Manifest) -> bool:
        """Whether all is here still: in the writer's turn, in which whoever finds a changed chunk removes it."""

        def settle(connection: Connection) -> bool:
            is_whole = not self._files.missing(wanted.id, manifest)
            if is_whole:
                blobs.put_off(connection, wanted, None)
            return is_whole

        return self._store.write_rows(settle)

    def _pull(self, wanted: WantedBlob, holder: MemberCode) -> Manifest:
        """All that is missing; the errors of asking, after which what has come stays."""
        manifest = self._manifest(wanted, holder)
        pull = partial(self._pull_chunk, wanted.id, manifest, holder)
        missing = self._files.missing(wanted.id, manifest)
        if not self._own_threads:
            deque(map(pull, missing), maxlen=0)
            return manifest
        with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:  # the line and the disk are waited for in turns
            deque(pool.map(pull, missing), maxlen=0)
        return manifest

    def _pull_chunk(self, blob: BlobId, manifest: Manifest, holder: MemberCode, number: int) -> None:
        if self._is_ended:
            raise UnavailableError(_("This node is stopping."), where="blob")
        question = ChunkQuestion(1, blob, number, self._member, holder, self._clock())

        def is_it(data: bytes) -> bool:
            return is_right(partial(verify_chunk, manifest, number, data))

        def on_damaged() -> None:
            bad = len(self._files.missing(blob, manifest))
            self._damages.note(damage_of(blob, (holder,), bad, len(manifest.chunks), is_lacking=True))

        self._files.put(blob, manifest, number, self._ask(holder, question, is_it, on_damaged))

    def _manifest(self, wanted: WantedBlob, holder: MemberCode) -> Manifest:
        if wanted.manifest is not None:
            return parse_manifest(wanted.manifest, wanted.id)
        question = BlobQuestion(1, wanted.id, self._member, holder, self._clock())
        data = self._ask(holder, question, lambda data: is_right(partial(parse_manifest, data, wanted.id)))
        manifest = parse_manifest(data, wanted.id)
        self._store.write_rows(lambda connection: blobs.learn_manifest(connection, wanted.id, data))
        return manifest

    def _ask(
        self, holder: MemberCode, question: Signed, is_it: Accept, on_damaged: Callable[[], None] = lambda: None
    ) -> bytes:
        return fetch(self._line, holder, question, self._pen, is_it, partial(self._pause, holder), on_damaged)

    def _note(self, wanted: WantedBlob, next_at: datetime | None) -> None:
        self._store.write_rows(lambda connection: blobs.put_off(connection, wanted, next_at))
