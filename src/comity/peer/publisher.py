"""The publisher: what the secretariat decided about the directory goes out, signed by its online keys."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
import structlog

from comity.bounded import Line
from comity.errors import ComityError, InputError
from comity.ids import MemberCode
from comity.limits import DIRECTORY_FILES_MAX, FRAME_BYTES
from comity.members.ceremony import parse_draft, set_standing
from comity.members.listing import Known
from comity.members.measure import PublicationAsked
from comity.members.publication import Publication, accept
from comity.members.reads import Told, find_reads, is_outdated, parse_told
from comity.members.roles import READS_PATH, RULEBOOK_PATH, STANDING, STANDING_PATH
from comity.members.standing import NOTHING, STATEMENT, Standing, Statement, open_channels, parse_standing, state
from comity.parsing import decode
from comity.peer.repository import Repository
from comity.signer import Signer
from comity.store.publications import list_asked, settle
from comity.store.store import Store

_NOT_OF_MEMBERS: Final = (STANDING_PATH, RULEBOOK_PATH, READS_PATH)

_log = structlog.get_logger(__name__)


class Nudge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is new in the directory: files by their published names. It proves nothing; its files carry signatures.

    Evolution: ``v`` changes with any member; a node that does not know the version asks the secretariat instead.
    """

    v: Literal[1]
    files: Annotated[dict[Line, bytes], msgspec.Meta(max_length=DIRECTORY_FILES_MAX)]


class Publisher:
    """Publishes at the secretariat. One thread calls ``go_round``.

    ``known`` says by which signing keys this node knows each member, as for ``publication.accept``.
    """

    def __init__(
        self,
        repository: Repository,
        store: Store,
        signer: Signer,
        nudge: Callable[[bytes], None],
        on_members: Callable[[Publication, datetime], None],
        known: Callable[[], Known] = dict,
    ) -> None:
        self._repository = repository
        self._store = store
        self._signer = signer
        self._nudge = nudge
        self._on_members = on_members
        self._known = known
        self._projected: dict[str, bytes] | None = None  # what the broker was told; None after a start

    def verify(self, draft: bytes, now: datetime) -> None:
        """Raise what ``publication.accept`` raises for a draft that cannot be published."""
        accept(self._repository.publication, parse_draft(draft), now, self._known())

    def go_round(self, now: datetime) -> bool:
        """Publish what was asked for and what is about to expire; whether anything is new."""
        asked = self._store.read_rows(list_asked)
        for _, each in asked:
            self._take(each, now)
        fresh = self._repository.publish(now, self._signers())
        self._project(now)
        for row, _ in asked:
            self._store.write_rows(partial(settle, row=row))
        if fresh:
            self._tell(fresh)
        return bool(fresh)

    def _take(self, asked: PublicationAsked, now: datetime) -> None:
        """Take in one change; one that cannot be taken any more is dropped, and said, so that it blocks no other."""
        try:
            if asked.kind == "standing":
                self._state(STATEMENT.read(asked.body, where="standing", most=FRAME_BYTES), now)
            elif asked.kind == "reads":
                self._take_told(parse_told(asked.body), now)
            else:
                before = {member.code for member in self._repository.publication.members().members}
                self._repository.accept(parse_draft(asked.body), now, self._known())
                self._open_new(before, now)
        except (ComityError, ValueError) as error:  # ValueError: what was kept cannot be read any more
            code, where = getattr(error, "code", type(error).__name__), getattr(error, "where", "")
            _log.warning("publisher.dropped", kind=asked.kind, code=code, where=where)

    def _state(self, statement: Statement, now: datetime) -> None:
        self._set(state(self._standing(), statement), now)

    def _take_told(self, told: Told, now: datetime) -> None:
        """What a member's node reads, unless a later statement is published."""
        held = self._reads()
        if held.get(told.reads.member) != told and not is_outdated(told, held.get(told.reads.member)):
            self._set(self._standing(), now, held | {told.reads.member: told})

    def _open_new(self, before: set[MemberCode], now: datetime) -> None:
        """A member that was admitted may use every channel; measures come later and are dated."""
        standing = self._standing()
        for member in self._repository.publication.members().members:
            if member.code not in before:
                standing = open_channels(standing, member.code, now)
        if standing != self._standing():
            self._set(standing, now)

    def _set(self, standing: Standing, now: datetime, reads: Mapping[MemberCode, Told] | None = None) -> None:
        publication = self._repository.publication
        version, members = publication.version(STANDING) + 1, publication.members()
        told = {code: each for code, each in (reads or self._reads()).items() if members.find(code) is not None}
        self._repository.accept(set_standing(standing, version, self._signer, now, told), now)

    def _reads(self) -> dict[MemberCode, Told]:
        return find_reads(self._repository.publication.files.get(READS_PATH))

    def _standing(self) -> Standing:
        data = self._repository.publication.files.get(STANDING_PATH)
        return parse_standing(data) if data else NOTHING

    def _project(self, now: datetime) -> None:
        """Bring the broker's permissions in line with the list of members; correctness does not wait for it."""
        files = self._repository.publication.files
        bureaus = {path: data for path, data in files.items() if path not in _NOT_OF_MEMBERS}
        if bureaus == self._projected:
            return
        try:
            self._on_members(self._repository.publication, now)
        except (ComityError, OSError) as error:
            _log.warning("publisher.broker_not_told", code=getattr(error, "code", type(error).__name__))
        else:
            self._projected = bureaus

    def _tell(self, fresh: Mapping[str, bytes]) -> None:
        data = msgspec.json.encode(Nudge(1, dict(fresh)))
        self._nudge(data if len(data) <= FRAME_BYTES else msgspec.json.encode(Nudge(1, {})))

    def _signers(self) -> dict[str, Signer]:
        return dict.fromkeys(("standing", "snapshot", "timestamp"), self._signer)


def parse_nudge(data: bytes) -> dict[str, bytes]:
    """The files that a nudge offers; none for one that cannot be read: the directory is asked for all the same."""
    if not data:
        return {}
    try:
        return decode(data, Nudge, where="nudge", most=FRAME_BYTES).files
    except InputError:
        return {}
