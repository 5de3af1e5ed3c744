"""Pending entries, and where those stand that the sequencer has placed, in SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)

from comity.damage import read_all, verify_advance
from comity.ids import EntryId
from comity.ledger.entry import Entry, is_whole
from comity.members.session import ON_ROLL
from comity.plug import StorePart
from comity.rules.verdict import Is
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.tiles.sequencer import Placed, Through

pending_entry = Table(
    "pending_entry",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a row's number is never used again: the sequencer names rows by it
)

sequenced = Table(
    "sequenced",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("period", String, nullable=False),
    Column("log_size", Integer, nullable=False),
    Column("segment_position", Integer, nullable=False),
)

OF_ROLL = text("kind IN ({})".format(", ".join(f"'{kind}'" for kind in ON_ROLL)))
"""Which entries say who is an officer: in these very words, so that the index below is used."""

# A projection of the ledger's files: where an entry stands. It can be made anew from them.
ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", String, nullable=False, unique=True),
    Column("period", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("member", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("verdict", String, nullable=False),
    Index("ledger_entry_officer", "officer"),
    Index("ledger_entry_roll", "period", "position", sqlite_where=OF_ROLL),
    sqlite_with_rowid=False,  # entries come in the order of their places
)

# What entries are about: the keys under which persons, documents and records are found, never their names. Their kinds
# stand here too: of what is asked about often, a few kinds are found without reading all.
ledger_about = Table(
    "ledger_about",
    metadata,
    Column("about", LargeBinary, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

_RECORD = Prepared(insert(pending_entry), "leaf", "salt", "content")
_PENDING = Prepared(
    select(pending_entry)
    .where(pending_entry.c.row > bindparam("after"))
    .order_by(pending_entry.c.row)
    .limit(bindparam("most"))
)
_PLACE = Prepared(insert(ledger_entry).prefix_with("OR IGNORE"))  # told again after a failure, it stands there
_TELL = Prepared(insert(ledger_about).prefix_with("OR IGNORE"))
_LEAVES = tuple(b'{"v":1,"kind":"' + kind.encode() + b'"' for kind in ON_ROLL)  # how their leaves begin
_LEAF = pending_entry.c.leaf
# Each act of an officer asks these two: compiled once, they cost it a tenth less.
_PENDING_OF_ROLL = Prepared(
    select(pending_entry)
    .where(or_(*(func.substr(_LEAF, 1, len(begins)) == begins for begins in _LEAVES)))
    .order_by(pending_entry.c.row)
)
_OF_ROLL = Prepared(
    select(ledger_entry)
    .where(
        OF_ROLL,
        tuple_(ledger_entry.c.period, ledger_entry.c.position)
        > tuple_(bindparam("after_period"), bindparam("after_position")),
    )
    .order_by(ledger_entry.c.period, ledger_entry.c.position)
    .limit(bindparam("most"))
)
_PLACED = ("id", "period", "position", "kind", "at", "member", "officer", "purpose", "verdict")
_FOLLOW = Prepared(
    select(ledger_entry)
    .where(
        ledger_entry.c.kind == bindparam("kind"),
        (ledger_entry.c.period > bindparam("after_period"))
        | (
            (ledger_entry.c.period == bindparam("after_period"))
            & (ledger_entry.c.position > bindparam("after_position"))
        ),
    )
    .order_by(ledger_entry.c.period, ledger_entry.c.position)
    .limit(bindparam("most"))
)
_IS_LISTED: Final[ColumnElement[Any]] = literal_column(
    "coalesce(ledger_entry.kind = ledger_about.kind AND typeof(ledger_entry.at) = 'real' AND ledger_entry.verdict IN "
    + "({}), 0)".format(", ".join(f"'{verdict}'" for verdict in get_args(Is)))
)
"""Whether an entry would be in a list of those about something: of changed rows each is left out without a word."""
_ACTS_ABOUT = Prepared(  # each hit that is shown asks this
    select(ledger_entry.c.member, _IS_LISTED.label("is_listed"))
    .distinct()
    .select_from(
        ledger_about.outerjoin(
            ledger_entry,
            and_(ledger_about.c.period == ledger_entry.c.period, ledger_about.c.position == ledger_entry.c.position),
        )
    )
    .where(ledger_about.c.about == bindparam("about"), ledger_about.c.kind == bindparam("kind"))
)
_DELETE = delete(pending_entry).where(pending_entry.c.row == bindparam("number"))


class EntryPlace(msgspec.Struct, frozen=True):
    """Where an entry stands in the ledger's files."""

    id: EntryId
    period: str
    index: int
    kind: str
    at: datetime


def record_pending(connection: Connection, entry: Entry) -> None:
    """Leave a row that the sequencer moves into the ledger's files."""
    _RECORD.run(connection, {"leaf": entry.leaf, "salt": entry.salt, "content": entry.content})


def pending(connection: Connection, most: int, after: int = 0) -> list[tuple[int, Entry]]:
    """Up to ``most`` pending rows with their numbers, the oldest first, from behind row ``after`` on."""
    rows = _PENDING.list(connection, {"after": after, "most": most})
    return [(row.row, Entry(row.leaf, row.salt, row.content)) for row in rows]


def record_placed(connection: Connection, placed: Sequence[Placed], through: Through) -> None:
    """Delete the rows placed, insert their projections, note how far the ledger is known."""
    numbers = [{"number": each.pending} for each in placed if each.pending is not None]
    if numbers:
        connection.execute(_DELETE, numbers)
    if placed:
        _PLACE.run_many(connection, _PLACED, [(
            each.id, each.period, each.index, each.kind, seconds(each.at), each.told.member, each.told.officer,
            each.told.purpose, each.told.verdict,
        ) for each in placed])  # fmt: skip
    about = sorted((key, each.kind, each.period, each.index) for each in placed for key in each.told.about)
    if about:  # in the order of their keys, as the table lies on the disk
        _TELL.run_many(connection, ("about", "kind", "period", "position"), about)
    values = {
        "period": through.period,
        "log_size": through.log_size,
        "segment_position": through.segment_position,
    }
    if not connection.execute(update(sequenced).values(values)).rowcount:
        connection.execute(insert(sequenced).values(one=1, **values))


def through(connection: Connection) -> Through:
    """How far the ledger is known; all zero before the first time, and where it cannot be read any more."""
    row = connection.execute(select(sequenced)).first()
    if row is None or not (_is_place(row.period, row.log_size) and isinstance(row.segment_position, int)):
        return Through("", 0, 0)
    return Through(row.period, row.log_size, row.segment_position)


def listed_through(connection: Connection) -> tuple[str, int]:
    """The period of the last entry of the list, and the number behind its place.

    ``("", 0)`` for an empty list, and where that row cannot be read any more.
    """
    places = select(ledger_entry.c.period, ledger_entry.c.position)
    last = connection.execute(places.order_by(ledger_entry.c.period.desc(), ledger_entry.c.position.desc()).limit(1))
    row = last.first()
    return (row.period, row.position + 1) if row is not None and _is_place(row.period, row.position) else ("", 0)


def find_place(connection: Connection, entry: EntryId) -> EntryPlace | None:
    """Where the entry of that name stands; None while it is pending, or where there is none."""
    row = connection.execute(select(ledger_entry).where(ledger_entry.c.id == entry)).one_or_none()
    return None if row is None else _place(row)


class Sought(msgspec.Struct, frozen=True):
    """Which entries are wanted: what is empty leaves nothing out. ``about`` are keys of which an entry has one.

    ``since`` and ``until`` bound its time, the second excluded.
    """

    kind: str = ""
    member: str = ""
    officer: str = ""
    purpose: str = ""
    verdict: str = ""
    about: tuple[bytes, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


_EVERYTHING = Sought()


def list_places(
    connection: Connection, *, before: tuple[str, int] | None, most: int, sought: Sought = _EVERYTHING
) -> list[EntryPlace]:
    """Up to ``most`` entries that are sought, the newest first, from before a period and index on."""
    query = select(ledger_entry).order_by(ledger_entry.c.period.desc(), ledger_entry.c.position.desc()).limit(most)
    if before is not None:
        period, position = before
        query = query.where(
            (ledger_entry.c.period < period)
            | ((ledger_entry.c.period == period) & (ledger_entry.c.position < position))
        )
    for name in ("kind", "member", "officer", "purpose", "verdict"):
        if wanted := getattr(sought, name):
            query = query.where(ledger_entry.c[name] == wanted)
    if sought.since is not None:
        query = query.where(ledger_entry.c.at >= seconds(sought.since))
    if sought.until is not None:
        query = query.where(ledger_entry.c.at < seconds(sought.until))
    if sought.about is not None:  # by what they are about first: what a ledger has of it is little of the whole
        about = select(ledger_about.c.period, ledger_about.c.position).where(ledger_about.c.about.in_(sought.about))
        if sought.kind:
            about = about.where(ledger_about.c.kind == sought.kind)
        places = about.distinct().subquery()
        query = query.where(places.c.period == ledger_entry.c.period, places.c.position == ledger_entry.c.position)
    return read_all(connection.execute(query), _place)


class Acts(NamedTuple):
    """Kinds of entries, each with whose acts; not ``is_whole`` where rows were changed so that lists lack some."""

    of: set[tuple[str, str]]
    is_whole: bool


def list_acts(connection: Connection, about: tuple[bytes, ...], kinds: Iterable[str]) -> Acts:
    """Of the entries about something of ``about``: of which of these kinds they are, each with whose acts."""
    found = [
        (kind, row)
        for key in about
        for kind in kinds
        for row in _ACTS_ABOUT.list(connection, {"about": key, "kind": kind})
    ]
    return Acts({(kind, str(row.member)) for kind, row in found}, all(row.is_listed for _kind, row in found))


def follow_places(connection: Connection, kind: str, after: tuple[str, int], most: int) -> list[EntryPlace]:
    """Up to ``most`` entries of one kind, the oldest first, from after a period and index on."""
    asked = {"kind": kind, "after_period": after[0], "after_position": after[1], "most": most}
    return _behind(after, read_all(_FOLLOW.list(connection, asked), _place))


def follow_roll(connection: Connection, after: tuple[str, int], most: int) -> list[EntryPlace]:
    """Up to ``most`` entries that say who is an officer, the oldest first, from after a period and index on."""
    period, position = after
    rows = _OF_ROLL.list(connection, {"after_period": period, "after_position": position, "most": most})
    return _behind(after, read_all(rows, _place))


def list_unreadable(connection: Connection) -> list[int]:
    """The numbers of pending rows that are no entries any more."""
    rows = connection.execute(select(pending_entry).order_by(pending_entry.c.row))
    return [row.row for row in rows if not is_whole(Entry(row.leaf, row.salt, row.content))]


def pending_of_roll(connection: Connection) -> list[Entry]:
    """Entries that say who is an officer and wait for the ledger, the oldest first."""
    return [Entry(row.leaf, row.salt, row.content) for row in _PENDING_OF_ROLL.list(connection, {})]


def _is_place(period: object, number: object) -> bool:
    return isinstance(period, str) and isinstance(number, int) and number >= 0


def _behind(after: tuple[str, int], places: list[EntryPlace]) -> list[EntryPlace]:
    verify_advance(after, ((each.period, each.index) for each in places))
    return places


def _place(row: Row[Any]) -> EntryPlace:
    return EntryPlace(EntryId(row.id), row.period, row.position, row.kind, at(row.at))


PART: Final = StorePart(
    tables=(pending_entry, sequenced, ledger_entry, ledger_about),
)
