"""Messages and officers' uploads, in SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)

from comity.damage import UNREADABLE, Damage, DamagedError, text_of
from comity.errors import CorruptError, NewerError
from comity.exchange.blob import UploadKept, UploadUsed
from comity.exchange.envelope import parse_envelope
from comity.exchange.message import Message, MessageKept, MessageOpened
from comity.ids import BlobId, EnvelopeId
from comity.plug import StorePart
from comity.signer import key_id
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, at_or_none, seconds
from comity.store.view import StoreView
from comity.texts import _


class Place(NamedTuple):
    """Where in a column something stands, as SQL counts: the first byte is 1."""

    column: str
    at: int
    length: int


WRITER: Final = Place("shell", len("comity/1 envelope ") + 1, len(key_id(b"")))
"""The name of the key that signed a message, in the first line of its envelope, whose form has one length."""

message = Table(
    "message",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("thread", String, nullable=False, index=True),
    Column("is_outgoing", Boolean, nullable=False),
    Column("shell", LargeBinary, nullable=False),  # the envelope without wrap and body: head, seals, signature
    Column("kept", LargeBinary, nullable=False),  # salt and text under the node's storage key
    Column("kept_at", Float, nullable=False),
    Column("officer", String, nullable=False),
    Column("opened_at", Float),
    Column("opened_by", String, nullable=False),
    Index("message_box", "is_outgoing", "row"),
    Index("message_writer", "is_outgoing", text(f"substr({WRITER.column}, {WRITER.at}, {WRITER.length})"), "row"),
    sqlite_autoincrement=True,
)

upload = Table(
    "upload",
    metadata,
    Column("blob", String, primary_key=True),
    Column("officer", String, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)

_KEEP = Prepared(insert(message), "id", "thread", "is_outgoing", "shell", "kept", "kept_at", "officer", "opened_by")
_FIND = Prepared(select(message).where(message.c.id == bindparam("id")))


def find_message(connection: Connection, name: str) -> Message | None:
    """The message of that name; DamagedError where it is here and cannot be read."""
    row = _FIND.find(connection, {"id": name})
    found = None if row is None else read_row(row)
    if isinstance(found, Damage):
        raise DamagedError(found)
    return found


def has_message(connection: Connection, name: str) -> bool:
    """Whether a message of that name was ever kept here, readable or not."""
    return _FIND.find(connection, {"id": name}) is not None


def list_thread(connection: Connection, thread: str, most: int) -> list[Message]:
    """The newest messages of one thread, the oldest of them first."""
    rows = connection.execute(
        select(message).where(message.c.thread == thread).order_by(message.c.row.desc()).limit(most)
    )
    return _readable(rows)[::-1]


def list_messages(
    connection: Connection, *, is_outgoing: bool, before: int, most: int
) -> list[tuple[int, Message | Damage]]:
    """Messages with their rows, the newest first, those before a row, 0 for all; or what is wrong with one of them."""
    query = select(message).where(message.c.is_outgoing == is_outgoing)
    if before:
        query = query.where(message.c.row < before)
    rows = connection.execute(query.order_by(message.c.row.desc()).limit(most))
    return [(row.row, read_row(row)) for row in rows]


def list_unreadable(connection: Connection, thread: str, most: int) -> list[Damage]:
    """What is wrong with those of a thread that cannot be read."""
    rows = connection.execute(
        select(message).where(message.c.thread == thread).order_by(message.c.row.desc()).limit(most)
    )
    return [found for row in rows if isinstance(found := read_row(row), Damage)]


def list_all(connection: Connection, after: int, most: int) -> list[tuple[int, Message | Damage]]:
    """Messages with their rows, the oldest first, from after a row on; or what is wrong with one of them."""
    rows = connection.execute(select(message).where(message.c.row > after).order_by(message.c.row).limit(most))
    return [(row.row, read_row(row)) for row in rows]


def list_with_replies(connection: Connection, names: Sequence[str]) -> tuple[list[Message], list[Message]]:
    """Those of these messages that came in, and what was sent from here in their threads."""
    came = select(message).where(message.c.id.in_(names), message.c.is_outgoing.is_(False))
    threads = came.with_only_columns(message.c.thread)
    sent = select(message).where(message.c.thread.in_(threads), message.c.is_outgoing).order_by(message.c.row)
    return [_message(row) for row in connection.execute(came)], [_message(row) for row in connection.execute(sent)]


def count_thread(connection: Connection, thread: str) -> int:
    """How many messages one thread has here."""
    found: int = connection.execute(
        select(func.count()).select_from(message).where(message.c.thread == thread)
    ).scalar_one()
    return found


def keep(connection: Connection, change: MessageKept) -> None:
    """A message was sent from here, or has come in."""
    new = change.message
    _KEEP.run(
        connection,
        {
            "id": new.id,
            "thread": new.thread,
            "is_outgoing": new.is_outgoing,
            "shell": new.shell,
            "kept": new.kept,
            "kept_at": seconds(new.kept_at),
            "officer": new.officer,
            "opened_by": "",
        },
    )


def open_message(connection: Connection, change: MessageOpened) -> None:
    """An officer has opened it; who was first stays."""
    connection.execute(
        update(message)
        .where(message.c.id == change.id, message.c.opened_at.is_(None))
        .values(opened_at=seconds(change.at), opened_by=change.by)
    )


def list_in_no_box(connection: Connection) -> set[str]:
    """Messages that are neither outgoing nor incoming: no list has them."""
    box = type_coerce(message.c.is_outgoing, Integer)
    rows = connection.execute(select(message.c.id).where(box.is_(None) | box.not_in((0, 1))))
    return {str(name) for name in rows.scalars()}


def put_right(connection: Connection, name: str, *, is_outgoing: bool, kept_at: datetime, officer: str) -> None:
    """Which way a message went, when and by whom, where that was changed."""
    values = {"is_outgoing": is_outgoing, "kept_at": seconds(kept_at), "officer": officer}
    connection.execute(update(message).where(message.c.id == name).values(values))


def put_opening_right(
    connection: Connection, name: str, *, before: tuple[datetime | None, str], opened_at: datetime | None, by: str
) -> bool:
    """Who opened a message and when; False where that is not what it was ``before`` any more."""
    found = find_message(connection, name)
    if found is None or (found.opened_at, found.opened_by) != before:
        return False
    values = {"opened_at": None if opened_at is None else seconds(opened_at), "opened_by": by}
    connection.execute(update(message).where(message.c.id == name).values(values))
    return True


def keep_upload(connection: Connection, change: UploadKept) -> None:
    """A file that no message names yet."""
    connection.execute(
        insert(upload).values(blob=change.blob, officer=change.officer, kept=change.kept, at=seconds(change.at))
    )


def use_upload(connection: Connection, change: UploadUsed) -> None:
    """A message names it now, and has its key."""
    connection.execute(delete(upload).where(upload.c.blob == change.blob))


def find_upload(connection: Connection, blob: BlobId, officer: str) -> bytes | None:
    """An officer's upload under the node's storage key; None where that officer has none of that name."""
    query = select(upload.c.kept).where(upload.c.blob == blob, upload.c.officer == officer)
    found: bytes | None = connection.execute(query).scalar_one_or_none()
    return found


def _readable(rows: Iterable[Row[Any]]) -> list[Message]:
    return [found for row in rows if isinstance(found := read_row(row), Message)]


def read_row(row: Row[Any]) -> Message | Damage:
    """A message, or what is wrong with it: that it was changed, or is of a newer version of this program."""
    try:
        return _message(row)
    except NewerError as error:
        return Damage("message", str(row.id), text_of(error))
    except UNREADABLE:
        return Damage("message", str(row.id), _("The kept envelope was changed."))


def _message(row: Row[Any]) -> Message:
    envelope = parse_envelope(row.shell)
    if envelope.id != row.id:
        raise CorruptError(_("The kept envelope was changed."), where=row.id)
    head = envelope.read_head()
    return Message(
        EnvelopeId(row.id),
        row.thread,
        bool(row.is_outgoing),
        head,
        row.shell,
        row.kept,
        at(row.kept_at),
        row.officer,
        at_or_none(row.opened_at),
        row.opened_by,
    )


class StoredMessages(StoreView):
    """What acts read of the messages that are kept."""

    def find_message(self, name: str) -> Message | None:
        """The message of that name."""
        return self._read(find_message, name)

    def has_message(self, name: str) -> bool:
        """Whether a message of that name was ever kept here, readable or not."""
        return self._read(has_message, name)

    def list_thread(self, thread: str, most: int) -> list[Message]:
        """The messages of one thread, the oldest first."""
        return self._read(list_thread, thread, most)

    def list_messages(self, *, is_outgoing: bool, before: int, most: int) -> list[tuple[int, Message | Damage]]:
        """Messages with their rows, the newest first, from before a row; or what is wrong with one of them."""
        return self._read(list_messages, is_outgoing=is_outgoing, before=before, most=most)


PART: Final = StorePart(
    tables=(message, upload),
    changes={
        MessageKept: keep,
        MessageOpened: open_message,
        UploadKept: keep_upload,
        UploadUsed: use_upload,
    },
    view=StoredMessages,
)
