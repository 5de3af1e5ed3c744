"""The catalogue, compared with the ledger, with what sources signed, and with the files that lie there."""

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple, Protocol

from sqlalchemy import Connection

from comity.blobs.batch_files import BatchFiles
from comity.damage import UNREADABLE, Damage, text_of
from comity.exchange.signed import find_wrong_signature, parse_signed
from comity.gate import EntryContent, parse_content
from comity.ids import BatchId, MemberCode, RecordId, RegisterName
from comity.members.directory import Directory
from comity.registers.catalogue import CatalogueEntry
from comity.registers.consignment import Consignment, ConsignmentState, KeptConsignment, consignment_name
from comity.store import batches, consignments, entries
from comity.store.catalogue import Rows
from comity.store.paging import go_through
from comity.texts import N_, _
from comity.tiles.kept import ENTRY_COST_BYTES, Step, contents_of
from comity.tiles.reading import LedgerReader

_ROW_COST_BYTES: Final = 500
_HEAD_COST_BYTES: Final = 8_000  # of a row whose file is opened for what its source signed
_BRING_CONSIGNMENTS: Final = ("record.consign", "record.amend", "consignment.accept", "consignment.take")
_NOT_SIGNED: Final = N_("It is not what its source has signed.")
_PENDING_MAX: Final = 10_000  # entries that wait for the ledger and are read for what they name


class KnownBatch(NamedTuple):
    """What the ledger, or what a source signed, says of a batch; a position is 0 where it does not say."""

    register: RegisterName
    source: MemberCode
    records: int
    position: int = 0
    own_position: int = 0
    entered_at: datetime | None = None  # None where the batch's own head says it


class KnownRemoval(NamedTuple):
    """A record that its source took out, or that was over, and when."""

    register: RegisterName
    source: MemberCode
    at: datetime


class Restores(Protocol):
    """Puts back what the catalogue has lost; each says in words what became of it."""

    def put_back(self, batch: BatchId, known: KnownBatch) -> str:
        """A batch that an act or a consignment has brought in."""

    def correct_time(self, batch: BatchId, entered_at: datetime) -> str:
        """When a batch was entered, as its source signed it."""

    def take_out_again(self, record: RecordId, known: KnownRemoval) -> str:
        """A record that its source took out."""


class Catalogued(NamedTuple):
    """What is compared. ``lost_before_s`` is when the database lost something, seconds since 1970; 0 for never."""

    rows: Rows
    ledger: LedgerReader
    files: BatchFiles
    directory: Directory
    own: MemberCode
    restores: Restores
    lost_before_s: float = 0.0


class _Begun(NamedTuple):
    """How far the catalogue had come when the comparison began, and what acts named that were not in the ledger yet.

    What came later is left to the next round. Unless ``knows_pending``, what nothing names may be named there.
    """

    batch: int
    removal: int
    pending: dict[str, KnownBatch]
    ended: dict[str, KnownRemoval]
    knows_pending: bool


class _Signed(NamedTuple):
    """What consignments say: batches that came in, records that went out, batches of those under way, their names.

    ``unproved`` are the names of those that are signed by a key that nobody is known by.
    """

    batches: dict[str, KnownBatch]
    removed: dict[str, KnownRemoval]
    underway: set[str]
    names: dict[str, ConsignmentState | None]
    unproved: set[str]


def check_catalogue(compared: Catalogued) -> Iterator[Step]:
    """Compare what brings records in and what hides them with the acts that did so.

    1. Every consignment is what its source has signed, and each that an act has entered is here. Where the key is one
       that nobody is known by, it is as good that an act names it: its name is the hash of all its bytes.
    2. Every batch is named by an act, or by a consignment that was taken, with the same register, source, count and
       place; its time is the one that was signed.
    3. Every batch so named is in the catalogue. One that is not is put back.
    4. Where the database has lost something, every file that is older than that is of a batch that is named.
    5. Every record taken out is so by its own source or at its end, and every one that is to be is.
    """
    begun = compared.rows.read_rows(partial(_begin, own=compared.own))
    signed = yield from _read_consignments(compared)
    named = signed.batches | begun.pending
    for kind in ("record.enter", "batch.accept"):
        for content in contents_of(compared.ledger, kind):
            named.update(_named_by(content, compared.own))
            yield ENTRY_COST_BYTES
    yield from _compare_consignments(compared, signed)
    yield from _compare_batches(compared, named, signed.underway, begun)
    removed = signed.removed | begun.ended
    for content in contents_of(compared.ledger, "record.expire"):
        removed.update(_ended_by(content))
        yield ENTRY_COST_BYTES
    yield from _compare_removed(compared, removed, begun)


def list_catalogue(rows: Rows) -> Iterator[tuple[int, str, CatalogueEntry | None]]:
    """Every batch of the catalogue with row and name, the oldest first; None for one that cannot be read."""
    return go_through(rows, batches.list_all, 0, itemgetter(0))


# What names a batch


def _begin(connection: Connection, own: MemberCode) -> _Begun:
    batch, removal = batches.last_rows(connection)
    waiting = entries.pending(connection, _PENDING_MAX + 1)
    named: dict[str, KnownBatch] = {}
    ended: dict[str, KnownRemoval] = {}
    knows_pending = len(waiting) <= _PENDING_MAX
    for _row, entry in waiting[:_PENDING_MAX]:
        try:
            content = parse_content(entry.content)
            if content.kind in ("record.enter", "batch.accept"):
                named.update(_named_by(content, own))
            ended.update(_ended_by(content))
        except UNREADABLE:
            knows_pending = False
    return _Begun(batch, removal, named, ended, knows_pending)


def _named_by(content: EntryContent, own: MemberCode) -> dict[str, KnownBatch]:
    """The batch that an act has brought in."""
    detail = content.detail
    if content.verdict != "allowed" or "batch" not in detail or detail.get("again"):
        return {}
    source = own if content.kind == "record.enter" else MemberCode(content.member)
    count, position, own_position = (int(detail.get(name, 0)) for name in ("count", "position", "own_position"))
    register = RegisterName(str(detail.get("register")))
    return {str(detail["batch"]): KnownBatch(register, source, count, position, own_position)}


def _ended_by(content: EntryContent) -> dict[str, KnownRemoval]:
    """The records that an act has taken out at their end."""
    detail = content.detail
    if content.kind != "record.expire" or content.verdict != "allowed":
        return {}
    register, source = RegisterName(str(detail.get("register"))), MemberCode(str(detail.get("source")))
    known = KnownRemoval(register, source, datetime.fromisoformat(str(detail.get("at"))))
    return dict.fromkeys(map(str, detail.get("records", ())), known)


def _read_consignments(compared: Catalogued) -> Generator[Step, None, _Signed]:
    signed = _Signed({}, {}, set(), {}, set())
    for name, kept in _consignments(compared.rows):
        signed.names[name] = kept.state if kept else None
        consignment = _read_consignment(name, kept, compared.directory)
        if isinstance(consignment, Damage):
            yield consignment
        elif kept is not None:
            _take_up(signed, consignment, kept.state)
            if not _is_proved(kept, compared.directory):
                signed.unproved.add(name)
        yield len(kept.frame) if kept else _ROW_COST_BYTES
    return signed


def _take_up(signed: _Signed, each: Consignment, state: ConsignmentState) -> None:
    if state is ConsignmentState.UNDERWAY:
        signed.underway.update(lot.batch for lot in each.lots)
    elif state is ConsignmentState.ENTERED:
        for lot in each.lots:
            known = KnownBatch(each.register, each.source, lot.count, entered_at=each.entered_at)
            signed.batches[lot.batch] = known
        removal = KnownRemoval(each.register, each.source, each.entered_at)
        signed.removed.update(dict.fromkeys(each.removed, removal))


def _read_consignment(name: str, kept: KeptConsignment | None, directory: Directory) -> Consignment | Damage:
    if kept is None:
        return Damage("file", name, _("Its row cannot be read any more."))
    try:
        frame, consignment = parse_signed(kept.frame, Consignment)
    except UNREADABLE as error:
        return Damage("file", name, text_of(error))
    is_named = (consignment_name(frame), consignment.source, consignment.register) == (name, kept.source, kept.register)
    is_wrong = directory.is_held_key(frame.key_id) and find_wrong_signature(frame, consignment.source, directory)
    if not is_named or is_wrong:
        return Damage("file", name, _(_NOT_SIGNED))
    return consignment


def _is_proved(kept: KeptConsignment, directory: Directory) -> bool:
    frame, consignment = parse_signed(kept.frame, Consignment)
    return not find_wrong_signature(frame, consignment.source, directory)


# The comparison


def _compare_consignments(compared: Catalogued, signed: _Signed) -> Iterator[Step]:
    """Those that an act has entered are here, as entered: with a lost one its batches and removals are lost."""
    held = signed.names
    for content in contents_of(compared.ledger, "consignment.take"):
        yield ENTRY_COST_BYTES
        name = str(content.detail.get("consignment"))
        if content.verdict != "allowed" or content.detail.get("state") != ConsignmentState.ENTERED.value:
            continue
        if name in held and held[name] in (ConsignmentState.ENTERED, None):
            continue
        found = compared.rows.read_rows(partial(consignments.find_consignment, name=name))
        if found is None or found.state is not ConsignmentState.ENTERED:
            text = _(
                "The ledger says that this file of {source} was entered, and it is not: {source} has to enter it again."
            )
            yield Damage("catalogue", name, text.format(source=content.member))
    yield from _find_unproved(compared, signed.unproved)


def _find_unproved(compared: Catalogued, unproved: set[str]) -> Iterator[Step]:
    """Those of ``unproved`` consignments that no act names: nothing shows that they are what came."""
    left = set(unproved)
    for kind in _BRING_CONSIGNMENTS if unproved else ():
        for content in contents_of(compared.ledger, kind):
            left.discard(str(content.detail.get("consignment")) if content.verdict == "allowed" else "")
            yield ENTRY_COST_BYTES
    yield from (Damage("file", name, _(_NOT_SIGNED)) for name in sorted(left))


def _compare_batches(
    compared: Catalogued, named: Mapping[str, KnownBatch], underway: set[str], begun: _Begun
) -> Iterator[Step]:
    held: set[str] = set()
    for row, name, entry in list_catalogue(compared.rows):
        held.add(name)
        known = named.get(name)
        if entry is None:
            yield Damage("catalogue", name, _("Its row cannot be read any more."))
        elif known is not None:
            if _differs(entry, known):
                yield Damage("catalogue", name, _("The catalogue says something else of this batch than the ledger."))
            elif entry.entered_at != (entered_at := _entered_at(compared, entry, known)):
                yield Damage("catalogue", name, compared.restores.correct_time(entry.batch, entered_at))
        elif row <= begun.batch and begun.knows_pending:
            yield Damage("catalogue", name, _("No act that is on record has brought this batch in."))
        yield _HEAD_COST_BYTES
    # Those whose place is known get it before others come to stand behind them all.
    for name in sorted(named.keys() - held, key=lambda each: (not named[each].position, named[each].position, each)):
        if not _is_held(compared.rows, name):
            yield Damage("catalogue", name, compared.restores.put_back(BatchId(name), named[name]))
    if compared.lost_before_s:
        yield from _find_unnamed(compared, held | underway | named.keys())


def _find_unnamed(compared: Catalogued, known: set[str]) -> Iterator[Step]:
    """Files of batches whose rows and entries are lost, both: a file is there before either names it."""
    for name in compared.files.list_batches():
        yield _ROW_COST_BYTES
        is_older = compared.files.written_at(name) <= compared.lost_before_s
        if name not in known and is_older and not _is_held(compared.rows, name):
            found = compared.files.read_head(name)
            text = _("Its file lies here, and nothing names it any more. {source} has to enter it again.")
            source = found[1].source if found else _("Its source")
            yield Damage("catalogue", name, text.format(source=source))


def _is_held(rows: Rows, name: str) -> bool:
    return rows.read_rows(partial(batches.find_batch, name=BatchId(name))) is not None


def _differs(entry: CatalogueEntry, known: KnownBatch) -> bool:
    said = (entry.register, entry.source, entry.count)
    is_elsewhere = known.position not in (0, entry.position) or known.own_position not in (0, entry.own_position)
    return said != known[:3] or is_elsewhere


def _entered_at(compared: Catalogued, entry: CatalogueEntry, known: KnownBatch) -> datetime:
    """When a batch was entered, as its source signed it; where its file does not say, that is the file's damage."""
    if known.entered_at is not None:
        return known.entered_at
    found = compared.files.read_head(entry.batch)
    if found is None or find_wrong_signature(found[0], found[1].source, compared.directory):
        return entry.entered_at
    return found[1].entered_at


def _compare_removed(compared: Catalogued, named: Mapping[str, KnownRemoval], begun: _Begun) -> Iterator[Step]:
    held: set[str] = set()
    for removed in _removals(compared.rows):
        held.add(removed.record)
        known = named.get(removed.record)
        is_its_own = known is not None and known[:2] == (removed.register, removed.source)
        if not is_its_own and removed.row <= begun.removal:
            text = _("This record is taken out, and its source has not signed that, nor was it over.")
            yield Damage("catalogue", removed.record, text)
        yield _ROW_COST_BYTES
    for record in sorted(named.keys() - held):
        if not compared.rows.read_rows(partial(batches.is_removed, record=RecordId(record))):
            text = compared.restores.take_out_again(RecordId(record), named[record])
            yield Damage("catalogue", record, text)


def _consignments(rows: Rows) -> Iterator[tuple[str, KeptConsignment | None]]:
    return ((name, kept) for _row, name, kept in go_through(rows, consignments.list_all, 0, itemgetter(0)))


def _removals(rows: Rows) -> Iterator[batches.Removed]:
    return go_through(rows, batches.list_all_removed, "", attrgetter("record"))
