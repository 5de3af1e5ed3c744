"""What came in, shared among those who wrote it, in SQL: what one member sends takes no place of another's.

A message's writer is known by the key that signed it, which stands at one place of what is kept of its envelope.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, true

from comity.damage import Damage
from comity.exchange.message import Message
from comity.limits import SHARE_MIN
from comity.store.messages import WRITER, message, read_row

_WRITER: Final[ColumnElement[bytes]] = literal_column(f"substr(message.{WRITER.column}, {WRITER.at}, {WRITER.length})")
_CAME: Final = message.c.is_outgoing.is_(False)


class Share(NamedTuple):
    """The newest messages that one key wrote, and whether there are older ones of it."""

    messages: tuple[Message, ...]
    is_cut: bool


def list_shared(connection: Connection, most: int, *, is_unopened: bool = False) -> list[Share]:
    """What came in and can be read, of all or of what nobody has opened: of each key the newest.

    Each has the same share of ``most``, and a few at least; what some do not need of it goes to the others.
    """
    wanted = message.c.opened_at.is_(None) if is_unopened else true()
    found: dict[bytes, list[tuple[int, Message | Damage]]] = {key: [] for key in _writers(connection)}
    more, share = set(found), max(SHARE_MIN, most // max(1, len(found)))
    while more and share:
        for key in sorted(more):
            rows = _of(connection, key, share, wanted, _last(found[key]))
            found[key] += rows
            more -= {key} if len(rows) < share else set()
        share = max(0, most - sum(map(len, found.values()))) // max(1, len(more))
    cut = {key for key in more if _of(connection, key, 1, wanted, _last(found[key]))}
    return [
        Share(tuple(each for _row, each in rows if isinstance(each, Message)), key in cut)
        for key, rows in found.items()
    ]


def list_of_sender(connection: Connection, sender: str, before: int, most: int) -> list[tuple[int, Message | Damage]]:
    """The messages that came in from a member with their rows, the newest first, from before a row; 0 for all."""
    keys = [key for key in _writers(connection) if _sender_of(connection, key) == sender]
    found = [row for key in keys for row in _of(connection, key, most, true(), before)]
    return sorted(found, key=lambda row: row[0], reverse=True)[:most]


def _writers(connection: Connection) -> Iterator[bytes]:
    """The keys that signed what came in; each is one look into the index."""
    last: bytes | None = b""
    while last is not None:
        last = connection.execute(select(func.min(_WRITER)).where(_CAME, last < _WRITER)).scalar()
        if last is not None:
            yield last


def _sender_of(connection: Connection, key: bytes) -> str:
    found = (each for _row, each in _of(connection, key, SHARE_MIN, true()))
    return next((each.head.sender for each in found if isinstance(each, Message)), "")


def _last(rows: list[tuple[int, Message | Damage]]) -> int:
    return rows[-1][0] if rows else 0


def _of(
    connection: Connection, key: bytes, most: int, wanted: ColumnElement[bool], before: int = 0
) -> list[tuple[int, Message | Damage]]:
    older = message.c.row < before if before else true()
    query = select(message).where(_CAME, _WRITER.bool_op("=")(key), wanted, older)
    return [(row.row, read_row(row)) for row in connection.execute(query.order_by(message.c.row.desc()).limit(most))]
