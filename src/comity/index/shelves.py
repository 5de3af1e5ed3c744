"""The shared registers that a node keeps: their indexes, kept up with the catalogue, and their batch files."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from comity.aside import Aside
from comity.audience import Audience
from comity.blobs.batch_files import BatchFiles
from comity.damage import Damage, Damages
from comity.errors import ComityError, CorruptError, MalformedError, UnknownError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, parse_record_id
from comity.index.contents import Catalogue, Contents
from comity.index.kept import UNSURE, KeptIndex
from comity.registers.batch import Batch, Evidence, make_batch
from comity.registers.lots import FoundBy
from comity.registers.record import Record, make_record, parse_record
from comity.registers.registry import REGISTERS
from comity.registers.shelf import IsMember, Look
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import Ed25519Signer
from comity.tiles.durable import Boundary, no_boundary

EVERY_POSITION: Final = 2**62
ERASED_MAX: Final = 500  # records erased in one step


class Shelves:
    """What ``registers.query.Shelf`` asks for, over one index a register in ``folder``.

    ``on_damage`` is called when an index turns out to be damaged: ``follow`` then begins it anew. Who is no keeper is
    asked by nobody, and has no indexes.
    """

    def __init__(
        self,
        folder: Path,
        files: BatchFiles,
        catalogue: Catalogue,
        boundary: Boundary = no_boundary,
        damages: Damages | None = None,
        on_damage: Callable[[], None] = lambda: None,
        *,
        is_keeper: bool = True,
    ) -> None:
        self._files = files
        self._damages = damages or Damages()
        self._contents = Contents(files, catalogue, self._note, self._is_damaged)
        self._indexes = {
            name: KeptIndex(folder / f"{name}.lmdb", register, self._contents, boundary, on_damage)
            for name, register in REGISTERS.items()
            if is_keeper
        }
        self.aside = Aside("erasing")
        self._dummies, self._dummy = BatchFiles(folder / "dummy"), _DUMMY.id
        self._dummies.put(_DUMMY)

    def look_up(self, register: RegisterName, keys: Sequence[bytes], member: MemberCode, is_member: IsMember) -> Look:
        """Look for keys on behalf of ``member``: what is found by any of them, once, as of one moment."""
        index = self._indexes.get(register)
        look = UNSURE
        if index is not None:
            look = index.look(keys, member, lambda source: is_member(MemberCode(source.decode(errors="replace"))))
        return look if self.is_whole else look._replace(is_sure=False)

    @property
    def is_whole(self) -> bool:
        """Whether the catalogue has everything that it should, as far as is known."""
        return self._damages.is_catalogue_whole()

    def look_at(self, record: RecordId) -> tuple[Record, bool]:
        """The record, and True; where it is not here, or was changed, a dummy and False, after the same reading."""
        try:
            return self.get_record(record), True
        except (CorruptError, MalformedError, UnknownError):
            return parse_record(self._dummies.read_record(self._dummy, 0).data), False

    def get_record(self, record: RecordId) -> Record:
        """The record, checked against its hash."""
        return self._contents.read(*parse_record_id(record))

    def get_evidence(self, record: RecordId) -> Evidence:
        """The record with what shows that its source signed it."""
        batch, offset = parse_record_id(record)
        try:
            return self._files.read_evidence(batch, offset)
        except CorruptError as error:
            self._note(batch, error)
            raise

    @property
    def reads(self) -> int:
        """How many records were read, dummies included."""
        return self._files.reads + self._dummies.reads

    @property
    def troubles(self) -> Mapping[str, str]:
        """What is wrong with an index, by its register: ``damaged``, ``behind``, ``stuck`` or ``unreadable``."""
        return {name: index.trouble for name, index in self._indexes.items() if index.trouble}

    def keep(self, batch: Batch) -> None:
        """Make a batch's file durable."""
        self._files.put(batch)

    def learn(self, batch: BatchId, found_by: Sequence[FoundBy]) -> None:
        """Remember what a batch's records are found by: its file was read anyway, and is then not read again."""
        self._contents.learn(batch, found_by)

    def follow(self) -> int:
        """Take changes into the indexes that the catalogue has and they have not; how many were taken.

        What was taken out is erased once no index names it any more. Then a few records are compared. What keeps one
        register from it keeps no other; it is raised when all have had their turn.
        """
        taken, failed = 0, None
        for name, index in self._indexes.items():
            try:
                taken += index.follow()
                self._erase(name, index.position)
                index.compare()
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
        if failed is not None:
            raise failed
        return taken

    def erase(self) -> None:
        """Erase what its source took out, on a node that answers nobody: it has no index to follow."""
        for name in REGISTERS:
            self._erase(name, EVERY_POSITION)

    def close(self, *, gracefully: bool = True) -> None:
        """Let go of the files."""
        for index in self._indexes.values():
            index.close(gracefully=gracefully)

    def _note(self, batch: BatchId, error: ComityError) -> None:
        """A batch has turned out to be damaged: health names it, and it is fetched again."""
        self._damages.note(Damage("batch", batch, error.message))

    def _is_damaged(self, batch: BatchId) -> bool:
        return self._damages.has("batch", batch) or self._damages.is_full("batch")

    def _erase(self, name: RegisterName, through: int) -> None:
        after = ""
        while records := self._contents.catalogue.list_unerased(name, through, after, ERASED_MAX):
            self._contents.catalogue.note_erased([record for record in records if self._erase_record(record)])
            after = records[-1]  # the next round tries again what is set aside

    def _erase_record(self, record: RecordId) -> bool:
        try:
            self._files.erase(*parse_record_id(record))
        except UnknownError:  # its batch never came here
            pass
        except (ComityError, OSError) as error:
            self.aside.put(record, error)
            return False
        self.aside.forget(record)
        return True


def _make_dummy() -> Batch:
    """A record that nobody entered, by a key that nobody has: what is read where there is none."""
    source, entered_at = MemberCode("NOBODY"), datetime(2026, 1, 1, tzinfo=UTC)
    fields = {"number": "X00000000", "country": "UTO", "type": "passport", "loss": "stolen-blank"}
    record = make_record(TRAVEL_DOCUMENTS, source, fields, Audience.everyone(), now=entered_at)
    salt = hashlib.sha256(b"comity dummy").digest()
    return make_batch(TRAVEL_DOCUMENTS, source, [record], [salt], entered_at, Ed25519Signer(salt))


_DUMMY: Final = _make_dummy()
