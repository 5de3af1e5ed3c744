"""The ledger's desk: what auditors ask of a node's own ledger, each act through the gate."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from comity.act import Session
from comity.audience import Audience
from comity.blobs.batch_files import BatchFiles
from comity.damage import Damage, Damages
from comity.errors import ComityError
from comity.gate import Done, Gate, Outcome, done
from comity.ids import EntryId, parse_record_id
from comity.kind import Kind
from comity.members.home import Partners
from comity.members.plain import ReadingAct
from comity.plug import RoomPart
from comity.registers.record import parse_record
from comity.texts import N_
from comity.tiles.reading import (
    PAGE_MAX,
    EntryPage,
    EntryShown,
    Exported,
    Growth,
    GrowthWanted,
    LedgerReader,
    ListWanted,
    VerifyReport,
)


class Sight(msgspec.Struct, frozen=True):
    """Somebody who was shown a record: in a hit, or the whole of it."""

    member: str
    officer: str
    at: datetime
    kind: str
    purpose: str
    reference: str
    entry: str


class Trace(msgspec.Struct, frozen=True):
    """Who could see a record and who has, as this node knows.

    ``source`` and what follows are empty where the record is not here, or not any more. ``could`` are the members that
    its audience includes, among those of the directory. ``damaged`` says why some who have may be missing.
    """

    record: str
    source: str = ""
    register: str = ""
    audience: str = ""
    entered_at: datetime | None = None
    expires_at: datetime | None = None
    could: tuple[str, ...] = ()
    seen: tuple[Sight, ...] = ()
    damaged: tuple[str, ...] = ()


_SHOWING: Final = {"query.answer", "record.show", "answer.receive", "record.receive"}
"""Acts by which a record is shown."""


LIST: Final = Kind[ListWanted, EntryPage]("ledger.list", ListWanted, title=N_("Searching the ledger"))
SHOW: Final = Kind[EntryId, EntryShown]("ledger.show", str, title=N_("Reading an entry"))
EXPORT: Final = Kind[ListWanted, Exported]("ledger.export", ListWanted, title=N_("Exporting from the ledger"))
TRACE: Final = Kind[str, Trace]("ledger.trace", str, title=N_("Tracing a record"))
PROVE: Final = Kind[GrowthWanted, Growth]("ledger.prove", GrowthWanted, title=N_("Proving the ledger's growth"))
VERIFY: Final = Kind[None, VerifyReport]("ledger.verify", None, title=N_("Verifying the ledger"))


class LedgerDesk:
    """A node has one, as ``Node.ledger``."""

    def __init__(self, gate: Gate[Any], damages: Damages) -> None:
        self._gate = gate
        self._damages = damages

    def list(self, session: Session, wanted: ListWanted) -> Outcome[EntryPage]:
        """A page of the ledger; release is an EntryPage. MalformedError, before the act, for what nothing is about."""
        _ = wanted.sought
        outcome = self._gate.perform(LIST, session, wanted)
        page = outcome.release
        if page is None:
            return outcome
        for row in page.entries:
            if row.damage:
                self._damages.note(Damage("ledger", f"{row.period}.{row.index}", row.damage))
        return replace(outcome, release=replace(page, damaged=self._damages.of_lists_of_entries()))

    def show(self, session: Session, entry: str) -> Outcome[EntryShown]:
        """One entry; release is an EntryShown."""
        return self._gate.perform(SHOW, session, EntryId(entry), on=entry)

    def trace(self, session: Session, record: str) -> Outcome[Trace]:
        """Who could see a record and who has; release is a Trace. MalformedError for what is no record's name."""
        parse_record_id(record)
        outcome = self._gate.perform(TRACE, session, record, on=record)
        if outcome.release is None:
            return outcome
        damaged = tuple(str(each) for each in self._damages.of_lists_of_entries())
        return replace(outcome, release=replace(outcome.release, damaged=damaged))

    def export(self, session: Session, wanted: ListWanted) -> Outcome[Exported]:
        """Entries with their proofs; release is Exported. MalformedError as for ``list``."""
        _ = wanted.sought
        outcome = self._gate.perform(EXPORT, session, wanted)
        found = outcome.release
        if found is None:
            return outcome
        for damage in found.damaged:
            self._damages.note(damage)
        damaged = (*self._damages.of_lists_of_entries(), *found.damaged)
        return replace(outcome, release=replace(found, damaged=damaged))

    def prove_growth(self, session: Session, wanted: GrowthWanted) -> Outcome[Growth]:
        """That a period only grew; release is Growth."""
        return self._gate.perform(PROVE, session, wanted, on=wanted.period)

    def verify(self, session: Session) -> Outcome[VerifyReport]:
        """Recompute the ledger; release is a VerifyReport."""
        return self._gate.perform(VERIFY, session, None)


class Auditing(Partners, Protocol):
    """Partners of these acts."""

    @property
    def ledger(self) -> LedgerReader:
        """Reads the ledger's files."""

    @property
    def files(self) -> BatchFiles:
        """The batches that are here."""

    @property
    def check_all(self) -> Callable[[], tuple[Damage, ...]]:
        """Looks at all that the node keeps."""


def _acts(partners: Auditing) -> tuple[Done, ...]:
    reader, files, directory = partners.ledger, partners.files, partners.home.directory

    def trace(name: str) -> Trace:
        found = Trace(name, seen=_seen(reader, name))
        try:
            record = parse_record(files.read_record(*parse_record_id(name)).data)
        except ComityError:  # it is not here, or was erased: who has seen it stands in the ledger all the same
            return found
        audience = Audience.parse(record.audience)
        could = tuple(sorted(code for code in directory().listings if audience.includes(code)))
        return Trace(
            name, record.source, record.register, record.audience, record.entered_at, record.expires_at, could,
            found.seen,
        )  # fmt: skip

    def verify(_body: None) -> VerifyReport:
        report = reader.verify()
        # The ledger's own files are in the report already.
        others = tuple(str(damage) for damage in partners.check_all() if damage.kind != "ledger")
        return replace(report, findings=report.findings + others)

    return (
        done(LIST, ReadingAct(directory, reader.list)),
        done(SHOW, ReadingAct(directory, reader.show)),
        done(EXPORT, ReadingAct(directory, reader.export)),
        done(TRACE, ReadingAct(directory, trace)),
        done(PROVE, ReadingAct(directory, reader.prove_growth)),
        done(VERIFY, ReadingAct(directory, verify)),
    )


def _seen(reader: LedgerReader, record: str) -> tuple[Sight, ...]:
    page = reader.list(ListWanted(about=record, most=PAGE_MAX))
    rows = (row for row in page.entries if row.kind in _SHOWING and row.content is not None)
    sights = []
    for row in rows:
        content = row.content
        if content is None or content.verdict != "allowed" or content.detail.get("shown") is False:
            continue
        officer = content.officer or str(content.detail.get("officer", ""))
        sights.append(
            Sight(content.member, officer, row.at, row.kind, content.purpose, content.reference, row.id)
        )  # fmt: skip
    return tuple(sights)


PART: Final = RoomPart((LIST, SHOW, EXPORT, TRACE, PROVE, VERIFY), _acts)
