"""Reading a node's own ledger: lists, single entries with their proofs, and the verification of all of it."""

import re
from datetime import datetime
from pathlib import Path

import msgspec

from comity.errors import InputError, MalformedError, TooLargeError, UnknownError
from comity.evidence import ProvedEntry
from comity.gate import EntryContent, parse_content
from comity.ids import EntryId, MemberCode
from comity.ledger.checkpoint import VerifierKey, origin_of
from comity.ledger.entry import Entry, parse_leaf
from comity.ledger.proof import ConsistencyProof
from comity.limits import EVIDENCE_ITEMS_MAX
from comity.registers.about import keys_about
from comity.store import entries as rows
from comity.store.store import Store
from comity.texts import _
from comity.tiles.log import Erased, TileLog
from comity.tiles.verify import Finding, verify_log

PAGE_MAX = 500
"""Entries in one list."""
_INDEX_DIGITS = 15
_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}")


class EntryRow(msgspec.Struct, frozen=True):
    """One line of a list. ``content`` is None where it was erased."""

    id: EntryId
    period: str
    index: int
    kind: str
    at: datetime
    content: EntryContent | None


class EntryPage(msgspec.Struct, frozen=True):
    """A list, the newest first; ``older`` is where to go on (``period.index``), None at the end."""

    entries: tuple[EntryRow, ...]
    older: str | None


class ListWanted(msgspec.Struct, frozen=True):
    """The body of ``ledger.list``: where to go on, how many, and which; what is empty leaves nothing out.

    ``about`` is a person's name, a document's number (with its country), or a record. Entries stand from ``since`` to
    before ``until``.
    """

    before: str = ""
    most: int = 50
    kind: str = ""
    member: str = ""
    officer: str = ""
    purpose: str = ""
    verdict: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def sought(self) -> rows.Sought:
        """As the store is asked; MalformedError for what nothing can be about."""
        about = keys_about(self.about) if self.about.strip() else None
        if about == ():
            raise MalformedError(
                _("Nothing can be about this."), where="about", next_step=_("A name, a number, a record.")
            )
        return rows.Sought(
            self.kind, self.member, self.officer, self.purpose, self.verdict, about, self.since, self.until
        )


class EntryShown(msgspec.Struct, frozen=True):
    """One entry with everything that proves it: leaf and salt in bytes, proof hashes in hexadecimal."""

    row: EntryRow
    leaf: bytes
    salt: bytes | None
    content: bytes | None
    proof: tuple[str, ...]
    size: int
    checkpoint: str


class Exported(msgspec.Struct, frozen=True):
    """Entries with what proves them: the signed checkpoint of each of their periods."""

    checkpoints: dict[str, str]
    entries: tuple[ProvedEntry, ...]


class GrowthWanted(msgspec.Struct, frozen=True):
    """The body of ``ledger.prove``: how long a period's ledger was when somebody last saw it."""

    period: str
    size: int


class Growth(msgspec.Struct, frozen=True):
    """That a period's ledger only grew since: the proof (RFC 6962, 2.1.2), and its present checkpoint."""

    proof: ConsistencyProof
    checkpoint: str


class VerifyReport(msgspec.Struct, frozen=True):
    """What recomputing everything found: ``findings`` name what was changed; empty when nothing was."""

    periods: tuple[str, ...]
    entries: int
    erased: int
    findings: tuple[str, ...]


class LedgerReader:
    """Reads the ledger in ``folder``, by the projection that the store has of it."""

    def __init__(self, folder: Path, store: Store, network: str, member: MemberCode, key: VerifierKey) -> None:
        self._folder = folder
        self._store = store
        self._network = network
        self._member = member
        self._key = key

    def list(self, wanted: ListWanted) -> EntryPage:
        """A page of entries; those not sequenced yet follow within a second and are not in it."""
        most = max(1, min(wanted.most, PAGE_MAX))
        before, sought = _place(wanted.before), wanted.sought
        places = self._store.read_rows(
            lambda connection: rows.list_places(connection, before=before, most=most + 1, sought=sought)
        )
        logs: dict[str, TileLog] = {}
        listed = tuple(self._row(place, logs) for place in places[:most])
        last = listed[-1] if len(places) > most else None
        return EntryPage(listed, f"{last.period}.{last.index}" if last else None)

    def follow(self, kind: str, after: tuple[str, int], most: int) -> tuple[EntryRow, ...]:
        """Entries of one kind, the oldest first, from after a period and index on."""
        places = self._store.read_rows(lambda connection: rows.follow_places(connection, kind, after, most))
        logs: dict[str, TileLog] = {}
        return tuple(self._row(place, logs) for place in places)

    def show(self, entry: EntryId) -> EntryShown:
        """One entry; UnknownError where there is none, or where it waits for the tree, less than a second."""
        place = self._store.read_rows(lambda connection: rows.find_place(connection, entry))
        if place is None:
            raise UnknownError(
                _("There is no such entry in the ledger, or it is less than a second old."),
                where="entry",
                next_step=_("Try again in a second."),
            )
        log = TileLog(self._folder / place.period)
        found, size = log.entry(place.index), log.size
        row = self._row(place, {place.period: log})
        proof = tuple(step.hex() for step in log.inclusion(place.index, size).hashes)
        checkpoint = (log.checkpoint() or b"").decode()
        if isinstance(found, Erased):
            return EntryShown(row, found.leaf, None, None, proof, size, checkpoint)
        return EntryShown(row, found.leaf, found.salt, found.content, proof, size, checkpoint)

    def export(self, wanted: ListWanted) -> Exported:
        """The newest entries that are sought, with their proofs; TooLargeError where there are more than fit."""
        sought, most = wanted.sought, EVIDENCE_ITEMS_MAX
        places = self._store.read_rows(
            lambda connection: rows.list_places(connection, before=None, most=most + 1, sought=sought)
        )
        if len(places) > most:
            raise TooLargeError(
                _("These are more than {most} entries.").format(most=most),
                where="entries",
                next_step=_("Choose a shorter period."),
            )
        logs: dict[str, TileLog] = {}
        entries = tuple(self._proved(place, logs) for place in places)
        notes = {period: (log.checkpoint() or b"").decode() for period, log in sorted(logs.items())}
        return Exported(notes, entries)

    def prove_growth(self, wanted: GrowthWanted) -> Growth:
        """That the ledger only grew; UnknownError where it is not that long, or has no such period."""
        if not _PERIOD.fullmatch(wanted.period) or not (self._folder / wanted.period).is_dir():
            raise UnknownError(_("The ledger has no such period."), where="period")
        log = TileLog(self._folder / wanted.period)
        return Growth(log.consistency(wanted.size, log.size), (log.checkpoint() or b"").decode())

    def _proved(self, place: rows.EntryPlace, logs: dict[str, TileLog]) -> ProvedEntry:
        log = logs.get(place.period)
        if log is None:
            log = logs[place.period] = TileLog(self._folder / place.period)
        found, proof = log.entry(place.index), log.inclusion(place.index, log.size)
        if isinstance(found, Erased):
            return ProvedEntry(place.period, found.leaf, None, None, proof)
        return ProvedEntry(place.period, found.leaf, found.salt, found.content, proof)

    def checkpoint_at(self) -> datetime | None:
        """The time of the last entry under the last checkpoint."""
        through = self._store.sequenced_through()
        if not through.log_size:
            return None
        log = TileLog(self._folder / through.period)
        return parse_leaf(log.leaf(through.log_size - 1)).at

    def verify(self, _body: object = None) -> VerifyReport:
        """Recompute every period from its files."""
        return verify_ledger(self._folder, self._network, self._member, self._key)

    def _row(self, place: rows.EntryPlace, logs: dict[str, TileLog]) -> EntryRow:
        log = logs.get(place.period)
        if log is None:
            log = logs[place.period] = TileLog(self._folder / place.period)
        found = log.entry(place.index)
        content = _content(found) if isinstance(found, Entry) else None
        return EntryRow(place.id, place.period, place.index, place.kind, place.at, content)


def verify_ledger(folder: Path, network: str, member: MemberCode, key: VerifierKey) -> VerifyReport:
    """Recompute every period of a ledger from its files alone; a running node is not disturbed."""
    periods = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ()
    total = erased = 0
    findings: list[str] = []
    for period in periods:
        for finding in verify_log(folder / period, key, origin_of(network, member, period)):
            if finding.is_broken:
                findings.append(describe(period, finding))
            else:
                erased += 1
        total += TileLog(folder / period).size if not findings else 0
    return VerifyReport(periods, total, erased, tuple(findings))


def describe(period: str, finding: Finding) -> str:
    """A finding as one line: where, which entry, what."""
    entry = f" entry {finding.index}" if finding.index is not None else ""
    name = f" ({finding.entry})" if finding.entry else ""
    return f"{period}/{finding.file}:{entry}{name} {finding.what}: {finding.text}"


def _content(entry: Entry) -> EntryContent | None:
    try:
        return parse_content(entry.content)
    except InputError:
        return None  # not an act: what opens a period


def _place(text: str) -> tuple[str, int] | None:
    period, dot, index = text.rpartition(".")
    return (period, int(index)) if dot and index.isdecimal() and len(index) <= _INDEX_DIGITS else None
