"""Acts that wait, in SQL: those that others are to release, what was said of them, and those that have a time."""

from collections.abc import Collection
from datetime import datetime
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, literal, select, update

from comity.act import Actor
from comity.bounded import Note
from comity.damage import UNREADABLE, Damage, DamagedError, OnDamage, read_all, read_one, text_of
from comity.errors import UnknownError
from comity.ids import EntryId, MemberCode
from comity.limits import CONTENT_BYTES
from comity.parsing import decode
from comity.plug import StorePart
from comity.store.schema import due_act, held_act, held_word
from comity.store.times import at, seconds
from comity.texts import _
from comity.waiting import (
    OPEN,
    ActHeld,
    ActPutOff,
    Concerns,
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
_OVER: Final = tuple(state.value for state in HeldState if state not in OPEN)
_LISTED: Final = tuple(column for column in held_act.c if column is not held_act.c.body)
"""Bodies are large, and a list shows none."""


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
    """The held act of that name, or None; DamagedError where it cannot be read any more."""
    row = connection.execute(select(held_act).where(held_act.c.id == name)).first()
    found = None if row is None else _read(row)
    if isinstance(found, Damage):
        raise DamagedError(found)
    return found


def find_names(connection: Connection, begins: str) -> list[str]:
    """The names of held acts that begin so; two at most."""
    names = select(held_act.c.id).where(held_act.c.id.startswith(begins, autoescape=True)).limit(2)
    return list(connection.execute(names).scalars())


def find_waiting(connection: Connection, mark: str) -> HeldAct | None:
    """The act of that mark that waits to be released."""
    waiting = HeldState.WAITING.value
    row = connection.execute(select(held_act).where(held_act.c.mark == mark, held_act.c.state == waiting)).first()
    return None if row is None else read_one(row, _held)


def list_held(connection: Connection, *, is_open: bool, concerns: Concerns, most: int) -> list[HeldAct | Damage]:
    """Held acts that concern somebody, without their bodies, the newest first; or what is wrong with one of them.

    Those that may still be performed, or those whose fate is known; one in a state that there is not is in both lists.
    """
    where = held_act.c.state.not_in(_OVER if is_open else _OPEN)
    columns: tuple[Any, ...] = (*_LISTED, literal(b"").label("body"))
    read = map(_read, connection.execute(select(*columns).where(where).order_by(held_act.c.row.desc())))
    return list(islice((each for each in read if isinstance(each, Damage) or concerns(each)), most))


def list_all(connection: Connection, after: int, most: int) -> list[tuple[int, HeldAct | Damage]]:
    """Held acts with their rows, the oldest first, from after a row on; or what is wrong with one of them."""
    rows = connection.execute(select(held_act).where(held_act.c.row > after).order_by(held_act.c.row).limit(most))
    return [(row.row, _read(row)) for row in rows]


def list_words(connection: Connection, names: Collection[str]) -> list[Word]:
    """What was said of held acts, in the order in which it was."""
    rows = connection.execute(select(held_word).where(held_word.c.act.in_(names)).order_by(held_word.c.row))
    return read_all(rows, _word)


def list_all_words(connection: Connection, after: int, most: int) -> list[tuple[int, str, Word | None]]:
    """What was said of all held acts, with its row and the act; None for what cannot be read any more."""
    rows = connection.execute(select(held_word).where(held_word.c.row > after).order_by(held_word.c.row).limit(most))
    return [(row.row, row.act, read_one(row, _word)) for row in rows]


def list_due(
    connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None, without: Collection[int] = ()
) -> list[DueAct]:
    """Acts whose time has come, those that wait longest first; of those ``without``, which take up no place, none."""
    is_wanted = (due_act.c.at <= seconds(now)) & due_act.c.row.not_in(without)
    rows = connection.execute(select(due_act).where(is_wanted).order_by(due_act.c.at, due_act.c.row).limit(most))
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


def _read(row: Row[Any]) -> HeldAct | Damage:
    try:
        return _held(row)
    except UNREADABLE as error:
        return Damage("held", str(row.id), text_of(error))


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


PART: Final = StorePart({ActHeld: hold, HeldMoved: move, WordGiven: say, ActPutOff: put_off, DueTaken: take})
