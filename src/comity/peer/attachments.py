"""Attachments as they lie here: whole, still coming, damaged or given up, each with what to do."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple

from comity.blobs.chunk_files import ChunkFiles
from comity.damage import Damage, DamagedError, Damages
from comity.errors import UnavailableError
from comity.exchange.blob import Manifest, hash_chunk, parse_manifest
from comity.ids import BlobId, MemberCode
from comity.peer.mending import want_again
from comity.store import blobs
from comity.store.store import Store
from comity.texts import _

State = Literal["here", "coming", "damaged", "given-up"]
KIND: Final = "attachment"


class Lying(NamedTuple):
    """How an attachment lies here: ``arrived`` of ``of`` parts, 0 while that is not known; in words, and what to do."""

    state: State
    arrived: int
    of: int
    word: str = ""
    next_step: str = ""


class Attachments:
    """What a node says of the attachments that it has, to officers and to other nodes."""

    def __init__(
        self, store: Store, files: ChunkFiles, damages: Damages, member: MemberCode, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self.files = files
        self._damages = damages
        self._member = member
        self._clock = clock

    def look(self, blob: BlobId) -> Lying:
        """How it lies here, by what is there and what is known of it; nothing is read of its parts."""
        data = self._store.read(lambda unit: unit.find_manifest(blob))
        of = arrived = 0
        if data is not None:
            manifest = parse_manifest(data, blob)
            of = len(manifest.chunks)
            arrived = of - len(self.files.missing(blob, manifest))
        damage = self._damages.find(KIND, blob)
        if damage is None and self.files.was_lost(blob):
            damage = damage_of(blob, self.holders(blob), of - arrived, of)
        if damage is not None:
            return Lying("damaged", arrived, of, _("Damaged here. {what}").format(what=damage.text), damage.next_step)
        if data is not None and arrived == of:
            return Lying("here", arrived, of)
        if not self._is_wanted(blob):
            step = _("Ask {members} to send the file anew.").format(members=_names(self.holders(blob)))
            return Lying("given-up", arrived, of, _("It did not come in time, and is not asked for any more."), step)
        if not of:
            return Lying("coming", 0, 0, _("It is on its way; you can go on meanwhile."))
        word = _("{arrived} of {of} parts are here; the rest is coming.").format(arrived=arrived, of=of)
        return Lying("coming", arrived, of, word)

    def whole(self, blob: BlobId) -> Manifest:
        """The manifest of a blob of which every chunk is here as it should be; UnavailableError else.

        What was changed since it came, or is gone, is pulled anew where somebody else has it.
        """
        data = self._store.read(lambda unit: unit.find_manifest(blob))
        if data is not None:
            manifest = parse_manifest(data, blob)
            looked = self.files.look(blob, manifest)
            if looked.bad_count == 0:
                return manifest
            is_coming = self._is_wanted(blob)
            if looked.changed or not is_coming:
                self._damages.note(damage_of(blob, self.holders(blob), looked.bad_count, len(manifest.chunks)))
                want_again(self._store, self.files, blob, looked, self._clock())
        lying = self.look(blob)
        raise UnavailableError(
            _("The attachment has not all come yet.") if lying.state == "coming" else lying.word,
            where="attachment",
            next_step=lying.next_step or _("It goes on by itself; try later."),
        )

    def chunk(self, blob: BlobId, number: int, asker: MemberCode) -> bytes | None:
        """A chunk for another member's node, if it may pull it; DamagedError where it is not what it was here."""
        if not self._store.read(lambda unit: unit.may_pull(blob, asker)):
            return None
        manifest = self._store.read(lambda unit: unit.find_manifest(blob))
        found = self.files.read(blob, number)
        if manifest is None:
            return found
        hashes = parse_manifest(manifest, blob).chunks
        if not 0 <= number < len(hashes) or (found is not None and hash_chunk(found) == hashes[number]):
            return found
        if found is None and self._is_wanted(blob) and not self.files.was_lost(blob):
            return None  # it has not come here either
        raise DamagedError(damage_of(blob, self.holders(blob), 1, len(hashes)))

    def _is_wanted(self, blob: BlobId) -> bool:
        return self._store.read_rows(partial(blobs.is_wanted, name=blob))

    def holders(self, blob: BlobId) -> list[MemberCode]:
        """From whom it came; nobody for what was made here."""
        return [each for each in self._store.read_rows(partial(blobs.list_holders, name=blob)) if each != self._member]


def damage_of(blob: BlobId, holders: Sequence[MemberCode], bad: int, of: int, *, is_lacking: bool = False) -> Damage:
    """What is wrong with a blob here, and what to do: its end says its own truth.

    ``is_lacking``: whoever it came from has said that its copy is damaged too.
    """
    text = _("One of its {of} parts is missing or was changed.").format(of=of)
    if of == 1:
        text = _("It is missing or was changed.")
    elif bad > 1:
        text = _("{bad} of its {of} parts are missing or were changed.").format(bad=bad, of=of)
    members = _names(holders)
    if not holders:
        step = _("It was sent from here: bring it back from a backup, or send the file anew.")
    elif is_lacking:
        text = " ".join((text, _("The copy at {members} is damaged too.").format(members=members)))
        step = _("Ask {members} to send the file anew.").format(members=members)
    else:
        step = _("It is fetched again from {members} by itself. If that copy is damaged too, ask for the file anew.")
        step = step.format(members=members)
    return Damage(KIND, blob, text, step)


def _names(holders: Sequence[MemberCode]) -> str:
    return ", ".join(holders) or _("its sender")
