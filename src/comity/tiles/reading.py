"""Reading a node's own ledger: lists, single entries with their proofs, and the verification of all of it."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from comity.damage import UNREADABLE, Damage, raise_if_of_machine, text_of
from comity.errors import (
    CorruptError,
    InputError,
    MalformedError,
    TooLargeError,
    UnavailableError,
    UnknownError,
)
from comity.evidence import ProvedEntry
from comity.gate import EntryContent, parse_content
from comity.ids import EntryId, MemberCode
from comity.ledger.checkpoint import VerifierKey, origin_of
from comity.ledger.entry import Entry, parse_leaf, verify_entry
from comity.ledger.proof import ConsistencyProof
from comity.limits import EVIDENCE_ITEMS_MAX
from comity.registers.about import keys_about
from comity.store import entries as rows
from comity.store.catalogue import LedgerRows
from comity.texts import _
from comity.tiles.contents import Contents
from comity.tiles.durable import read_at_least
from comity.tiles.log import BUNDLE_BYTES, Erased, TileLog, parse_bundle
from comity.tiles.paths import TILE_WIDTH, bundle_path
from comity.tiles.verify import Finding, verify_log

PAGE_MAX = 500
"""Entries in one list."""
_INDEX_DIGITS = 15
_ROUNDING = timedelta(milliseconds=1)  # of a time in the database
_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}")


class EntryRow(msgspec.Struct, frozen=True):
    """One line of a list. ``content`` is None where it was erased, or where ``damage`` says that it was changed."""

    id: EntryId
    period: str
    index: int
    kind: str
    at: datetime
    content: EntryContent | None
    damage: str = ""


class OfEach(NamedTuple):
    """Pages of entries, each with whose acts they are; not ``is_whole`` where some of them cannot be read."""

    pages: tuple[tuple[str, "EntryPage"], ...]
    is_whole: bool


class EntryPage(msgspec.Struct, frozen=True):
    """A list, the newest first; ``older`` is where to go on (``period.index``), None at the end.

    ``damaged`` says why entries may be missing.
    """

    entries: tuple[EntryRow, ...]
    older: str | None
    damaged: tuple[Damage, ...] = ()


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
    """Entries with what proves them: the signed checkpoint of each of their periods.

    ``damaged`` are those that were sought and cannot be proved any more.
    """

    checkpoints: dict[str, str]
    entries: tuple[ProvedEntry, ...]
    damaged: tuple[Damage, ...] = ()


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


class LooseEntries:
    """The entries of a period whose tree cannot be opened: each is judged by its own name and commitment alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents = Contents(folder)

    def entry(self, index: int) -> Entry | Erased:
        """The entry at ``index``; what it raises where its own bytes cannot be read is of any kind."""
        number, place = divmod(index, TILE_WIDTH)
        leaf = parse_bundle(read_at_least(self._folder, bundle_path(number), place + 1, BUNDLE_BYTES), place + 1)[place]
        content = self._contents.read(index)
        return Erased(leaf) if content is None else Entry(leaf, *content)


_Logs = dict[str, TileLog | LooseEntries]


class LedgerReader:
    """Reads the ledger in ``folder``, by the projection that the store has of it."""

    def __init__(self, folder: Path, store: LedgerRows, network: str, member: MemberCode, key: VerifierKey) -> None:
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
        logs: _Logs = {}
        listed = tuple(self._row(place, logs) for place in places[:most])
        last = listed[-1] if len(places) > most else None
        return EntryPage(listed, f"{last.period}.{last.index}" if last else None)

    def list_of_each(self, wanted: ListWanted, kinds: Collection[str]) -> OfEach:
        """By member and kind a page of entries about one thing: nobody's many acts take the places of another's."""
        about = wanted.sought.about or ()
        acts = self._store.read_rows(lambda connection: rows.list_acts(connection, about, kinds))
        pages = tuple(
            (member, self.list(msgspec.structs.replace(wanted, kind=kind, member=member)))
            for kind, member in sorted(acts.of)
        )
        is_whole = acts.is_whole and not any(row.damage for _member, page in pages for row in page.entries)
        return OfEach(pages, is_whole)

    def follow_roll(self, connection: Connection, after: tuple[str, int], most: int) -> tuple[EntryRow, ...]:
        """Entries about who is an officer, the oldest first, from after a period and index on."""
        places = rows.follow_roll(connection, after, most)
        logs: _Logs = {}
        return tuple(self._row(place, logs) for place in places)

    def follow(self, kind: str, after: tuple[str, int], most: int) -> tuple[EntryRow, ...]:
        """Entries of one kind, the oldest first, from after a period and index on; one that is damaged says so."""
        places = self._store.read_rows(lambda connection: rows.follow_places(connection, kind, after, most))
        logs: _Logs = {}
        return tuple(self._row(place, logs) for place in places)

    def find_place(self, entry: EntryId) -> rows.EntryPlace | None:
        """Where the entry of that name stands; None while it is pending, or where there is none."""
        return self._store.read_rows(lambda connection: rows.find_place(connection, entry))

    def read_again(self, row: EntryRow) -> EntryRow:
        """An entry that was damaged; CorruptError while it still is."""
        found = self._row(rows.EntryPlace(row.id, row.period, row.index, row.kind, row.at), {})
        if found.damage:
            raise CorruptError(found.damage, where=f"entry {row.id}")
        return found

    def show(self, entry: EntryId) -> EntryShown:
        """One entry; UnknownError where there is none, or where it waits for the tree, less than a second.

        CorruptError where its files were changed: nothing that the ledger did not sign is shown as if it had.
        """
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
        if row.damage:
            raise CorruptError(row.damage, where=f"{place.period}.{place.index}")
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
        logs: _Logs = {}
        entries: list[ProvedEntry] = []
        damaged: list[Damage] = []
        for place in places:
            try:
                entries.append(self._proved(place, logs))
            except UNREADABLE as error:
                raise_if_of_machine(error)
                damaged.append(Damage("ledger", f"{place.period}.{place.index}", text_of(error)))
        notes = {
            period: (log.checkpoint() or b"").decode()
            for period, log in sorted(logs.items())
            if isinstance(log, TileLog)
        }
        return Exported(notes, tuple(entries), tuple(damaged))

    def prove_growth(self, wanted: GrowthWanted) -> Growth:
        """That the ledger only grew; UnknownError where it is not that long, or has no such period."""
        if not _PERIOD.fullmatch(wanted.period) or not (self._folder / wanted.period).is_dir():
            raise UnknownError(_("The ledger has no such period."), where="period")
        log = TileLog(self._folder / wanted.period)
        return Growth(log.consistency(wanted.size, log.size), (log.checkpoint() or b"").decode())

    def _proved(self, place: rows.EntryPlace, logs: _Logs) -> ProvedEntry:
        log = self._log(place.period, logs)
        if isinstance(log, LooseEntries):
            raise CorruptError(_("The period's last tiles are damaged: nothing can be proved."), where=place.period)
        found, proof = _verified(log, place), log.inclusion(place.index, log.size)
        if isinstance(found, Erased):
            return ProvedEntry(place.period, found.leaf, None, None, proof)
        return ProvedEntry(place.period, found.leaf, found.salt, found.content, proof)

    def verify_told(self) -> None:
        """Raise UnavailableError where the ledger's files have entries that the store has not been told of, or not yet.

        It finds entries by what it was told.
        """
        periods = sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []
        through = self._store.sequenced_through()
        if periods and (periods[-1], TileLog(self._folder / periods[-1]).size) != through[:2]:
            raise UnavailableError(
                _("The ledger has entries that the database does not know of."),
                where=str(self._folder),
                next_step=_("Start the node and unlock its keys: it goes on by itself."),
            )

    def checkpoint_at(self) -> datetime | None:
        """The time of the last entry under the last checkpoint."""
        through = self._store.sequenced_through()
        if not through.log_size:
            return None
        try:
            log = TileLog(self._folder / through.period)
            return parse_leaf(log.leaf(through.log_size - 1)).at
        except UNREADABLE:
            return None  # the caretaker names what is wrong

    def verify(self, _body: object = None) -> VerifyReport:
        """Recompute every period from its files."""
        return verify_ledger(self._folder, self._network, self._member, self._key)

    def _row(self, place: rows.EntryPlace, logs: _Logs) -> EntryRow:
        try:
            found = _verified(self._log(place.period, logs), place)
        except UNREADABLE as error:
            raise_if_of_machine(error)
            return EntryRow(place.id, place.period, place.index, place.kind, place.at, None, text_of(error))
        content = _content(found) if isinstance(found, Entry) else None
        return EntryRow(place.id, place.period, place.index, place.kind, place.at, content)

    def _log(self, period: str, logs: _Logs) -> TileLog | LooseEntries:
        """A period's log, opened once for a list; where its tree cannot be, its entries alone."""
        log = logs.get(period)
        if log is None:
            try:
                log = TileLog(self._folder / period)
            except UNREADABLE as error:
                raise_if_of_machine(error)
                log = LooseEntries(self._folder / period)
            logs[period] = log
        return log


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


def _verified(log: TileLog | LooseEntries, place: rows.EntryPlace) -> Entry | Erased:
    """The entry at a place; CorruptError where it is another one than the store knows, or its content was changed."""
    found = log.entry(place.index)
    if found.id != place.id:
        raise CorruptError(_("The entry was changed, or what the database says of it."), where=place.period)
    leaf = parse_leaf(found.leaf)
    if leaf.kind != place.kind or abs(leaf.at - place.at) > _ROUNDING:
        raise CorruptError(_("The database says something else of the entry than the ledger."), where=place.period)
    if isinstance(found, Entry):
        verify_entry(found.leaf, found.salt, found.content)
    return found


def _content(entry: Entry) -> EntryContent | None:
    try:
        return parse_content(entry.content)
    except InputError:
        return None  # not an act: what opens a period


def _place(text: str) -> tuple[str, int] | None:
    period, dot, index = text.rpartition(".")
    return (period, int(index)) if dot and index.isdecimal() and len(index) <= _INDEX_DIGITS else None
