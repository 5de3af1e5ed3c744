"""Acts that wait, in SQL: those that others are to release, what was said of them, and those that have a time."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from comity.act import Actor
from comity.bounded import Note
from comity.damage import OnDamage, read_all, read_one
from comity.errors import UnknownError
from comity.ids import EntryId, MemberCode
from comity.limits import CONTENT_BYTES
from comity.parsing import decode
from comity.store.schema import due_act, held_act, held_word
from comity.store.times import at, seconds
from comity.texts import _
from comity.waiting import (
    OPEN,
    ActHeld,
    ActPutOff,
    DueAct,
    DueTaken,
    HeldAct,
    HeldMoved,
    HeldState,
    WaitingAct,
    Word,
    WordGiven,
)

_OPEN: Final = tuple(state.value for state in OPEN)


class _About(msgspec.Struct, frozen=True):
    """What an act is about, as a row keeps it."""

    on: Note
    purpose: Note
    reference: Note


def hold(connection: Connection, change: ActHeld) -> None:
    """Keep an act that the rulebook holds."""
    held = change.held
    connection.execute(
        insert(held_act).values(
            **_columns(held.act), id=held.id, mark=held.mark, held_at=seconds(held.held_at), rules=" ".join(held.rules),
            releases=held.releases, ends_at=seconds(held.ends_at), state=held.state.value, entry=held.entry,
        )
    )  # fmt: skip


def move(connection: Connection, change: HeldMoved) -> None:
    """Note how it stands from now on."""
    values: dict[str, Any] = {"state": change.state.value, "entry": change.entry}
    if change.ends_at is not None:
        values |= {"releases": change.releases, "ends_at": seconds(change.ends_at)}
    connection.execute(update(held_act).where(held_act.c.id == change.of).values(values))


def say(connection: Connection, change: WordGiven) -> None:
    """Keep what somebody said of it."""
    word = change.word
    connection.execute(
        insert(held_word).values(
            act=word.of, member=word.member, officer=word.officer, said=word.said, reason=word.reason,
            at=seconds(word.at), entry=word.entry,
        )
    )  # fmt: skip


def put_off(connection: Connection, change: ActPutOff) -> None:
    """Keep an act until its time has come."""
    connection.execute(
        insert(due_act).values(
            **_columns(change.act), at=seconds(change.at), held=change.held, releases=change.releases
        )
    )


def take(connection: Connection, change: DueTaken) -> None:
    """It is performed now; UnknownError where it has been, and with it the transaction ends."""
    if not connection.execute(delete(due_act).where(due_act.c.row == change.row)).rowcount:
        raise UnknownError(_("This act has been performed already."), where="act")


def find_held(connection: Connection, name: str) -> HeldAct | None:
    """The held act of that name, or None."""
    row = connection.execute(select(held_act).where(held_act.c.id == name)).first()
    return None if row is None else read_one(row, _held)


def find_names(connection: Connection, begins: str) -> list[str]:
    """The names of held acts that begin so; two at most."""
    names = select(held_act.c.id).where(held_act.c.id.startswith(begins, autoescape=True)).limit(2)
    return list(connection.execute(names).scalars())


def find_waiting(connection: Connection, mark: str) -> HeldAct | None:
    """The act of that mark that waits to be released."""
    waiting = HeldState.WAITING.value
    row = connection.execute(select(held_act).where(held_act.c.mark == mark, held_act.c.state == waiting)).first()
    return None if row is None else read_one(row, _held)


def list_held(connection: Connection, *, is_open: bool, most: int, on_damage: OnDamage | None = None) -> list[HeldAct]:
    """Held acts, the newest first: those that may still be performed, or those whose fate is known."""
    where = held_act.c.state.in_(_OPEN) if is_open else held_act.c.state.not_in(_OPEN)
    rows = connection.execute(select(held_act).where(where).order_by(held_act.c.row.desc()).limit(most))
    return read_all(rows, _held, on_damage)


def list_words(connection: Connection, name: str) -> list[Word]:
    """What was said of a held act, in the order in which it was."""
    rows = connection.execute(select(held_word).where(held_word.c.act == name).order_by(held_word.c.row))
    return read_all(rows, _word)


def list_due(connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None) -> list[DueAct]:
    """Acts whose time has come, those that wait longest first."""
    rows = connection.execute(
        select(due_act).where(due_act.c.at <= seconds(now)).order_by(due_act.c.at, due_act.c.row).limit(most)
    )
    return read_all(rows, _due, on_damage)


def list_names(connection: Connection) -> set[str]:
    """The blobs and batches that acts speak of which may still be performed."""
    held = connection.execute(select(held_act.c.names).where(held_act.c.state.in_(_OPEN))).scalars()
    due = connection.execute(select(due_act.c.names)).scalars()
    return {name for names in (*held, *due) for name in names.split()}


def _columns(act: WaitingAct) -> dict[str, Any]:
    return {
        "kind": act.kind,
        "actor": msgspec.json.encode(act.actor),
        "body": act.body,
        "about": msgspec.json.encode(_About(act.on, act.purpose, act.reference)),
        "names": " ".join(act.names),
    }


def _act(row: Row[Any]) -> WaitingAct:
    actor = decode(row.actor, Actor, where="actor", most=CONTENT_BYTES)
    about = decode(row.about, _About, where="about", most=CONTENT_BYTES)
    return WaitingAct(row.kind, actor, row.body, about.on, about.purpose, about.reference, tuple(row.names.split()))


def _held(row: Row[Any]) -> HeldAct:
    return HeldAct(
        EntryId(row.id), _act(row), row.mark, at(row.held_at), tuple(row.rules.split()), row.releases, at(row.ends_at),
        HeldState(row.state), row.entry,
    )  # fmt: skip


def _word(row: Row[Any]) -> Word:
    return Word(
        EntryId(row.act), MemberCode(row.member), row.officer, row.said, row.reason, at(row.at), EntryId(row.entry)
    )  # fmt: skip


def _due(row: Row[Any]) -> DueAct:
    return DueAct(row.row, _act(row), at(row.at), row.held, row.releases)
