"""Officers and their sessions, in SQL."""

from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from comity.damage import read_one
from comity.ids import OfficerId
from comity.limits import SIGN_IN_FAILURES_MAX
from comity.members.officer import (
    Officer,
    OfficerCreated,
    OfficerDisabled,
    OpenSession,
    PasswordSet,
    SessionClosed,
    SessionOpened,
    SignInFailed,
)
from comity.plug import StorePart
from comity.store.prepared import Prepared
from comity.store.schema import metadata
from comity.store.times import at, at_or_none, seconds
from comity.store.view import StoreView
from comity.texts import _

officer = Table(
    "officer",
    metadata,
    Column("name", String, primary_key=True),
    Column("title", Text, nullable=False),
    Column("roles", Text, nullable=False),  # space between
    Column("password", Text, nullable=False),  # Argon2id, PHC string
    Column("is_one_time", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Float),
    Column("disabled_at", Float),
    Column("created_at", Float, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("officer", String, nullable=False, index=True),
    Column("opened_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
)

_OFFICER = Prepared(select(officer).where(officer.c.name == bindparam("name")))
_SESSION = Prepared(
    select(officer, session.c.token_hash, session.c.opened_at, session.c.used_at)
    .join(session, session.c.officer == officer.c.name)
    .where(session.c.token_hash == bindparam("token_hash"))
)


def find_officer(connection: Connection, name: str) -> Officer | None:
    """The officer of that name, disabled ones included; one whose row cannot be read has ``damage``."""
    row = _OFFICER.find(connection, {"name": name})
    return None if row is None else read_one(row, _officer) or _unreadable(row)


def list_officers(connection: Connection) -> list[Officer]:
    """All officers, by name; one whose row cannot be read has ``damage``."""
    rows = connection.execute(select(officer).order_by(officer.c.name))
    return [read_one(row, _officer) or _unreadable(row) for row in rows]


def find_session(connection: Connection, token_hash: str) -> OpenSession | None:
    """The session whose token has that hash, over or not."""
    row = _SESSION.find(connection, {"token_hash": token_hash})
    if row is None:
        return None
    return read_one(row, _session)


def create(connection: Connection, change: OfficerCreated) -> None:
    """An officer is there who was not."""
    new = change.officer
    connection.execute(
        insert(officer).values(
            name=new.name,
            title=new.title,
            roles=" ".join(new.roles),
            password=new.password,
            is_one_time=new.is_one_time,
            failures=0,
            created_at=seconds(change.at),
        )
    )


def disable(connection: Connection, change: OfficerDisabled) -> None:
    """The officer's sessions end, and no new one begins."""
    connection.execute(update(officer).where(officer.c.name == change.name).values(disabled_at=seconds(change.at)))
    connection.execute(delete(session).where(session.c.officer == change.name))


def set_password(connection: Connection, change: PasswordSet) -> None:
    """A password replaces the one before, lifts a wait, and ends the officer's other sessions."""
    connection.execute(delete(session).where(session.c.officer == change.name, session.c.token_hash != change.kept))
    connection.execute(
        update(officer)
        .where(officer.c.name == change.name)
        .values(password=change.password, is_one_time=change.is_one_time, failures=0, failed_at=None)
    )


def count_failure(connection: Connection, change: SignInFailed) -> None:
    """One more wrong password; after a wait that is over the count begins anew."""
    found = find_officer(connection, change.name)
    if found is None:
        return
    failures = 1 if found.failures >= SIGN_IN_FAILURES_MAX else found.failures + 1
    connection.execute(
        update(officer).where(officer.c.name == change.name).values(failures=failures, failed_at=seconds(change.at))
    )


def open_session(connection: Connection, change: SessionOpened) -> None:
    """An officer signed in; a one-time password is used up."""
    connection.execute(
        insert(session).values(
            token_hash=change.token_hash,
            officer=change.name,
            opened_at=seconds(change.at),
            used_at=seconds(change.at),
        )
    )
    connection.execute(update(officer).where(officer.c.name == change.name, officer.c.is_one_time).values(password=""))
    connection.execute(update(officer).where(officer.c.name == change.name).values(failures=0, failed_at=None))


def close_session(connection: Connection, change: SessionClosed) -> None:
    """An officer signed out."""
    connection.execute(delete(session).where(session.c.token_hash == change.token_hash))


def touch_session(connection: Connection, token_hash: str, used_at: float) -> None:
    """A session was used."""
    connection.execute(update(session).where(session.c.token_hash == token_hash).values(used_at=used_at))


def _session(row: Row[tuple[object, ...]]) -> OpenSession:
    return OpenSession(row.token_hash, _officer(row), at(row.opened_at), at(row.used_at))


def _unreadable(row: Row[tuple[object, ...]]) -> Officer:
    return Officer(OfficerId(str(row.name)), "", (), "", False, damage=_("The row cannot be read any more."))


def _officer(row: Row[tuple[object, ...]]) -> Officer:
    return Officer(
        OfficerId(row.name),
        row.title,
        tuple(row.roles.split()),
        row.password,
        bool(row.is_one_time),
        row.failures,
        at_or_none(row.failed_at),
        at_or_none(row.disabled_at),
    )


Judge = Callable[[Officer, Connection], Officer]
"""Says of an officer's row, with ``damage``, what of it is not what the ledger last said."""


def believe(officer: Officer, _connection: Connection) -> Officer:
    """Take a row as it is: of a store without a ledger."""
    return officer


class StoredOfficers(StoreView):
    """What acts read of officers and sessions, judged by the ledger."""

    _judge: Judge

    def find_officer(self, name: str) -> Officer | None:
        """The officer of that name, disabled ones included."""
        found = self._read(find_officer, name)
        return self._judge(found, self._connection) if found else None

    def find_session(self, token_hash: str) -> OpenSession | None:
        """The session whose token has that hash, over or not."""
        found = self._read(find_session, token_hash)
        if found is None:
            return None
        judged = self._judge(found.officer, self._connection)
        return found if judged is found.officer else msgspec.structs.replace(found, officer=judged)


PART: Final = StorePart(
    tables=(officer, session),
    changes={
        OfficerCreated: create,
        OfficerDisabled: disable,
        PasswordSet: set_password,
        SignInFailed: count_failure,
        SessionOpened: open_session,
        SessionClosed: close_session,
    },
    view=StoredOfficers,
)
