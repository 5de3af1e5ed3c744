"""Under which signing keys this node has known each member, in SQL: also those of members that have left.

The stored directory has it too. Each row has its own hash, so that a changed one is left out, and written again from
there. No row is ever removed for another; a member's key comes in with a ceremony, so they are few.
"""

import hashlib
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Row, String, Table, delete, insert, select

from comity.ids import MemberCode
from comity.limits import KNOWN_KEYS_MAX
from comity.members.listing import Known
from comity.plug import StorePart
from comity.store.schema import metadata

known_key = Table(
    "known_key",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("member", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


def list_known(connection: Connection) -> Known:
    """The newest keys of each member, in the order in which they came; a row that was changed is left out."""
    found: dict[MemberCode, dict[str, None]] = {}
    for each in connection.execute(select(known_key).order_by(known_key.c.row)):
        if _is_sound(each):
            found.setdefault(MemberCode(each.member), {})[each.key.hex()] = None
    return {code: tuple(keys)[-KNOWN_KEYS_MAX:] for code, keys in found.items()}


def remember(connection: Connection, known: Known) -> None:
    """Keep what of ``known`` is not there yet, and drop rows that were changed."""
    rows = connection.execute(select(known_key)).all()
    changed = [each.row for each in rows if not _is_sound(each)]
    held = {(each.member, each.key) for each in rows if _is_sound(each)}
    named = [(code, bytes.fromhex(key)) for code, keys in known.items() for key in keys]
    fresh = [{"member": code, "key": key, "hash": _hash(code, key)} for code, key in named if (code, key) not in held]
    connection.execute(delete(known_key).where(known_key.c.row.in_(changed)))
    if fresh:
        connection.execute(insert(known_key), fresh)


def _is_sound(row: Row[Any]) -> bool:
    return isinstance(row.key, bytes) and row.hash == _hash(row.member, row.key)


def _hash(member: str, key: bytes) -> bytes:
    return hashlib.sha256(f"{member}\n".encode() + key).digest()


PART: Final = StorePart(tables=(known_key,))
