"""One register's index on a node, kept up with the catalogue: begun anew where it is damaged, silent until it is whole.

"Nothing" is said by nobody but an index that has come as far as the catalogue, has every batch of it, and of which no
damage is known, nor of any of these batches. One that lacks a batch whose file cannot be read gives the hits that it
has.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import structlog

from comity.damage import raise_if_of_machine, text_of
from comity.errors import ComityError, CorruptError
from comity.ids import BatchId, MemberCode, RegisterName, parse_record_id, record_id
from comity.index.comparing import Comparison
from comity.index.contents import Contents
from comity.index.crowding import IsMember
from comity.index.exact import Index
from comity.index.lacking import Lacking
from comity.index.posting import Taken, reach_of
from comity.index.reader import Reader
from comity.index.walking import is_walkable
from comity.limits import FOLLOWED_ENTRIES_MAX, INDEX_ANEW_BYTES
from comity.registers.catalogue import Change
from comity.registers.register import Register
from comity.registers.shelf import Look
from comity.tiles.durable import Boundary

_log = structlog.get_logger(__name__)

Name = TypeVar("Name", bound=str)
Read = TypeVar("Read")
CHANGES_MAX: Final = 100  # changes asked of the catalogue at a time
UNSURE: Final = Look(0, (), is_hidden=False, is_sure=False)
WANTED: Final = ".rebuild"
"""Behind the index's name: a file whose being there asks for the index to be built anew."""


class _Current(NamedTuple):
    """The index as it is now, and what members see of it; replaced as a whole."""

    exact: Index
    readers: dict[MemberCode, Reader]


class KeptIndex:
    """The index of ``register`` at ``path``; ``contents`` are the catalogue and the batches that it is built from.

    ``on_damage`` is called, in any thread, when damage was found: the next ``follow`` begins the index anew.
    """

    def __init__(
        self, path: Path, register: Register, contents: Contents, boundary: Boundary, on_damage: Callable[[], None]
    ) -> None:
        self.register = register
        self._path = path
        self._contents = contents
        self._boundary = boundary
        self._on_damage = on_damage
        self._former: list[Index] = []
        self._is_ending = False
        self._damage = ""
        self._is_stuck = False
        self._lacking = Lacking(path.with_suffix(".lacking"), boundary)
        self._comparison = Comparison(register.name, contents)
        self._sources: dict[BatchId, MemberCode] = {}
        self._current = self._open()

    # Look

    def look(self, keys: Sequence[bytes], member: MemberCode, is_member: IsMember) -> Look:
        """What there is under any of the keys for ``member``; where "nothing" cannot be said, that is said.

        What is of no member, by ``is_member``, crowds out nothing.
        """
        index, readers = self._current
        reader = readers.get(member)
        if reader is None:
            reader = readers.setdefault(member, Reader(index, member))
        try:
            found = reader.look(keys[0], is_member) if len(keys) == 1 else reader.look_for_any(keys, is_member)
        except CorruptError as error:
            self._is_damaged(index, error.message)
            return UNSURE
        if self._damage or self._is_behind:
            return UNSURE
        # Of a batch that it lacks something may have been taken out, and could not be read for that.
        # And of one that cannot be read any more nobody knows whether the index has all that it has.
        records = tuple([record_id(*posting) for posting in found.postings if posting.batch not in self._lacking.names])
        is_sure = not (self._is_stuck or self._lacks_of_member(is_member))
        return Look(found.position, records, found.is_hidden, is_sure, found.is_crowded)

    def _lacks_of_member(self, is_member: IsMember) -> bool:
        """Whether something of a member may be there that the index has not: others' records are shown to nobody."""
        sources = map(self._sources.get, self._lacking.names | self._unreadable)
        return any(source is None or is_member(source.encode()) for source in sources)

    def _learn_sources(self) -> None:
        """Whose the batches are of which not everything is in the index: nobody who looks can ask the catalogue."""
        for batch in (self._lacking.names | self._unreadable) - self._sources.keys():
            if source := self._contents.catalogue.find_source(batch):
                self._sources[batch] = source

    @property
    def position(self) -> int:
        """How far it has come; 0 where it cannot say."""
        index = self._current.exact
        try:
            return index.position
        except CorruptError as error:
            self._is_damaged(index, error.message)
            return 0

    @property
    def trouble(self) -> str:
        """What is wrong with it, for its operator; empty if nothing is."""
        is_stuck = self._is_stuck or bool(self._lacking)
        if self._damage or self._is_behind or is_stuck:
            return self._damage or ("stuck" if is_stuck else "behind")
        return "unreadable" if self._unreadable else ""

    @property
    def _unreadable(self) -> set[BatchId]:
        return self._comparison.unreadable

    def _is_damaged(self, index: Index, why: str) -> None:
        if index is self._current.exact and not self._damage:
            self._damage = "damaged"
            _log.error("index.damaged", register=self.register.name, reason=why)
            self._on_damage()

    # Keep up

    def follow(self) -> int:
        """Take in what the catalogue has and the index has not; how many changes were taken.

        Damage is mended by beginning anew. A batch whose file cannot be read is passed over; "nothing" is not said
        until it can, and then the index is begun anew.
        """
        if self._damage or self._wanted.exists() or self._has_come_back():
            self._begin_anew()
        self._comparison.forget_mended()
        taken = 0
        try:
            while not self._is_ending and (fresh := self._list_changes()):
                taken += self._take(fresh)
        except ComityError:
            self._is_stuck = True
            raise
        if not (self._damage or self._is_ending):
            self._is_behind = self._is_stuck = False
        self._learn_sources()
        return taken

    def compare(self) -> None:
        """Compare the next few records with catalogue and batches; a difference is damage."""
        if self._damage or self._is_behind or self._is_stuck or self._lacking or self._is_ending:
            return
        index = self._current.exact
        try:
            found = self._comparison.step(index)
        except CorruptError as error:
            found = [error.message]
        if found:
            self._is_damaged(index, found[0])
        self._learn_sources()

    def close(self, *, gracefully: bool) -> None:
        """Let go of the file. Not gracefully, it is walked through before it is used again."""
        self._is_ending = True
        for index in (*self._former, self._current.exact):
            index.close()
        if gracefully:
            self._in_use.unlink(missing_ok=True)

    def _list_changes(self) -> list[Change]:
        after = self.position
        return [] if self._damage else self._contents.catalogue.list_changes(self.register.name, after, CHANGES_MAX)

    def _take(self, fresh: list[Change]) -> int:
        """Take changes in, as many in one transaction as have not too many entries together."""
        waiting: list[Taken] = []
        taken, count, new = 0, 0, {}
        for change in fresh:
            one = self._prepare(change)
            if not change.reach and not self._lacking.is_needed_for(change):
                new[change.position] = one.reach
            waiting.append(one)
            count += len(one.entries) + len(one.removals)
            if count > FOLLOWED_ENTRIES_MAX or change is fresh[-1]:
                if new:
                    self._contents.catalogue.note_reaches(self.register.name, new)
                taken += self._put(waiting)
                waiting, count, new = [], 0, {}
        return taken

    def _put(self, changes: list[Taken]) -> int:
        index = self._current.exact
        try:
            applied = index.take(changes)
        except CorruptError as error:
            self._is_damaged(index, error.message)
            return 0
        for change, done in zip(changes, applied, strict=True):
            if done.crowded:
                gone = len(done.crowded)
                _log.warning("index.crowded", register=self.register.name, at=change.position, pushed_out=gone)
        return len(changes)

    def _prepare(self, change: Change) -> Taken:
        entries = [entry for batch in change.batches for entry in self._read(batch, self._contents.entries, batch)]
        removals = [
            removal
            for record in change.removed
            for removal in self._read(parse_record_id(record)[0], self._contents.removals, record)
        ]
        reach = change.reach or reach_of(entries, removals)
        return Taken(change.position, change.source, entries, removals, reach)

    def _read(self, batch: BatchId, read: Callable[[Name], list[Read]], name: Name) -> list[Read]:
        """What a batch's file gives; nothing where it cannot be read, which is noted before the index goes past it."""
        try:
            return read(name)
        except ComityError as error:
            raise_if_of_machine(error)
            _log.error("index.lacks", register=self.register.name, batch=batch, code=error.code)
            self._lacking.add(batch)
            return []

    def _has_come_back(self) -> bool:
        """Whether a batch that the index lacks can be read now."""
        for batch in sorted(self._lacking.names):
            with suppress(ComityError):
                self._contents.entries(batch)
                return True
        return False

    # Begin

    def _open(self) -> _Current:
        """The index as it was left; what is of another version, damaged, or ahead of the catalogue is begun anew.

        A newer one too: nothing is lost with an index, and the diagnostics say why it was built again.

        It counts as in use before it is opened: a file that ends this process is not opened so a second time.
        """
        catalogued = self._contents.catalogue.position(self.register.name)
        is_usable = self._path.exists() and not self._wanted.exists() and self._is_usable()
        self._in_use.parent.mkdir(parents=True, exist_ok=True)
        self._in_use.touch()
        index = self._open_kept() if is_usable else None
        if index is not None and index.position > catalogued:
            index.close()
            index = None
        if index is None:
            index = self._make()
        self._is_behind = index.position < catalogued
        return _Current(index, {})

    def _open_kept(self) -> Index | None:
        try:
            self._lacking.read()
            return self._open_file()
        except (ComityError, MemoryError, OverflowError) as error:  # a damaged file may ask for any amount of memory
            _log.warning("index.unusable", register=self.register.name, why=text_of(error))
            return None

    def _make(self) -> Index:
        if self._path.exists():
            _log.warning("index.begun_anew", register=self.register.name)
        for each in (self._path, self._path.with_name(f"{self._path.name}-lock")):
            each.unlink(missing_ok=True)
        self._lacking.clear()
        return self._open_file()

    def _open_file(self) -> Index:
        register = self.register
        return Index(self._path, register.name, postings_max=register.postings_max, boundary=self._boundary)

    def _is_usable(self) -> bool:
        """Whether the file may be opened: after an unclean end somebody else walks through it first.

        A damaged file can end the process that reads it, or never let it go. A small one is built anew instead.
        """
        if not self._in_use.exists():
            return True
        if self._path.stat().st_size <= INDEX_ANEW_BYTES:
            return False
        return is_walkable(self._path, self.register.name)

    def _begin_anew(self) -> None:
        """Build it from nothing. The former file stays open until the end: somebody may be reading it."""
        self._is_behind = True
        self._former.append(self._current.exact)
        self._current = _Current(self._make(), {})
        self._comparison = Comparison(self.register.name, self._contents)
        self._wanted.unlink(missing_ok=True)
        self._damage = ""

    @property
    def _in_use(self) -> Path:
        return self._path.with_suffix(".in-use")

    @property
    def _wanted(self) -> Path:
        return self._path.with_suffix(WANTED)


def ask_anew(folder: Path, register: RegisterName) -> None:
    """Ask for a register's index, in ``folder``, to be built anew: by the running node at once, or at its start."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{register}{WANTED}").touch()
