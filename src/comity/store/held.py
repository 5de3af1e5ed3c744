"""Acts that wait, in SQL: those that others are to release, what was said of them, and those that have a time."""

from collections.abc import Collection
from datetime import datetime
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from comity.act import Actor
from comity.bounded import Note
from comity.damage import UNREADABLE, Damage, DamagedError, OnDamage, read_all, read_one, text_of
from comity.errors import CorruptError, UnavailableError, UnknownError
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
    VerifyHeld,
    WaitingAct,
    Word,
    WordGiven,
)

_OPEN: Final = tuple(state.value for state in OPEN)
_OVER: Final = tuple(state.value for state in HeldState if state not in OPEN)
_BEGINS_BYTES: Final = 8
_LISTED: Final = (
    *(column for column in held_act.c if column is not held_act.c.body),
    func.substr(held_act.c.body, 1, _BEGINS_BYTES).label("body"),
)
"""Bodies are large, and a list shows none: how they begin says how the row is judged."""


class _About(msgspec.Struct, frozen=True):
    """What an act is about, as a row keeps it; ``seal`` is that of a held act's row."""

    on: Note
    purpose: Note
    reference: Note
    seal: Note = ""


def hold(connection: Connection, change: ActHeld) -> None:
    """Keep an act that the rulebook holds."""
    held = change.held
    connection.execute(
        insert(held_act).values(
            **_columns(held.act, held.seal), id=held.id, mark=held.mark, held_at=seconds(held.held_at),
            rules=" ".join(held.rules), releases=held.releases, ends_at=seconds(held.ends_at),
            state=held.state.value, entry=held.entry,
        )
    )  # fmt: skip


def move(connection: Connection, change: HeldMoved) -> None:
    """Note how it stands from now on."""
    values: dict[str, Any] = {"state": change.state.value, "entry": change.entry}
    if change.ends_at is not None:
        values |= {"releases": change.releases, "ends_at": seconds(change.ends_at)}
        kept = connection.execute(select(held_act.c.about).where(held_act.c.id == change.of)).scalar_one()
        about = decode(kept, _About, where="about", most=CONTENT_BYTES)
        values["about"] = msgspec.json.encode(msgspec.structs.replace(about, seal=change.seal))
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


def find_held(connection: Connection, name: str, verify: VerifyHeld) -> HeldAct | None:
    """The held act of that name, or None; DamagedError where it is not what was kept."""
    row = connection.execute(select(held_act).where(held_act.c.id == name)).first()
    found = None if row is None else _read(row, verify)
    if isinstance(found, Damage):
        raise DamagedError(found)
    return found


def find_names(connection: Connection, begins: str) -> list[str]:
    """The names of held acts that begin so; two at most."""
    names = select(held_act.c.id).where(held_act.c.id.startswith(begins, autoescape=True)).limit(2)
    return list(connection.execute(names).scalars())


def find_waiting(connection: Connection, mark: str, verify: VerifyHeld) -> HeldAct | None:
    """The act of that mark that waits to be released; None also for one that is not what was kept."""
    waiting = HeldState.WAITING.value
    row = connection.execute(select(held_act).where(held_act.c.mark == mark, held_act.c.state == waiting)).first()
    found = None if row is None else _read(row, verify)
    return found if isinstance(found, HeldAct) else None


def list_held(
    connection: Connection, *, is_open: bool, concerns: Concerns, most: int, verify: VerifyHeld
) -> list[HeldAct | Damage]:
    """Held acts that concern somebody, without their bodies, the newest first; or what is wrong with one of them.

    Those that may still be performed, or those whose fate is known; one in a state that there is not is in both lists.
    """
    where = held_act.c.state.not_in(_OVER if is_open else _OPEN)
    rows = connection.execute(select(*_LISTED).where(where).order_by(held_act.c.row.desc()))
    read = (_read(row, verify) for row in rows)
    return list(islice((each for each in read if isinstance(each, Damage) or concerns(each)), most))


def list_all(
    connection: Connection, after: int, most: int, *, verify: VerifyHeld
) -> list[tuple[int, HeldAct | Damage]]:
    """Held acts with their rows, the oldest first, from after a row on; or what is wrong with one of them."""
    rows = connection.execute(select(held_act).where(held_act.c.row > after).order_by(held_act.c.row).limit(most))
    return [(row.row, _read(row, verify)) for row in rows]


def list_words(connection: Connection, names: Collection[str]) -> list[Word]:
    """What was said of held acts, in the order in which it was."""
    rows = connection.execute(select(held_word).where(held_word.c.act.in_(names)).order_by(held_word.c.row))
    return read_all(rows, _word)


def list_all_words(connection: Connection, after: int, most: int) -> list[tuple[int, str, Word | None]]:
    """What was said of all held acts, with its row and the act; None for what cannot be read any more."""
    rows = connection.execute(select(held_word).where(held_word.c.row > after).order_by(held_word.c.row).limit(most))
    return [(row.row, row.act, read_one(row, _word)) for row in rows]


def list_due(
    connection: Connection, now: datetime, most: int, on_damage: OnDamage | None = None,
    without: Collection[int] = (), *, verify: VerifyHeld,
) -> list[DueAct]:  # fmt: skip
    """Acts whose time has come, those that wait longest first; of those ``without``, which take up no place, none.

    What others have released is due, whatever its time: its held act says what is done, and the words on it how many
    have released it. Without enough, nothing is.
    """
    is_due = ((due_act.c.at <= seconds(now)) | (due_act.c.held != "")) & due_act.c.row.not_in(without)
    rows = connection.execute(select(due_act).where(is_due).order_by(due_act.c.at, due_act.c.row).limit(most))
    return read_all(rows, lambda row: _due(row, connection, verify), on_damage)


def find_due(connection: Connection, held: HeldAct, end: str) -> DueAct | None:
    """By which due act a held act is done, or is over at its time; None where there is none that is right."""
    is_its = due_act.c.held == held.id if held.state is HeldState.RELEASED else due_act.c.held == ""
    for row in connection.execute(select(due_act).where(is_its)):
        found = read_one(row, _due_of_row)
        if found is None:
            continue
        if held.state is HeldState.RELEASED and found.act == held.act:
            return found
        if held.state is HeldState.WAITING and found.act.kind == end and _is_end_of(found, held):
            return found
    return None


def _is_end_of(due: DueAct, held: HeldAct) -> bool:
    return due.act.on == held.id and due.at <= held.ends_at


def list_all_due(connection: Connection, after: int, most: int) -> list[tuple[int, str, DueAct | None]]:
    """All due acts with their rows and the held acts they do; None for one that cannot be read."""
    rows = connection.execute(select(due_act).where(due_act.c.row > after).order_by(due_act.c.row).limit(most))
    return [(row.row, str(row.held), read_one(row, _due_of_row)) for row in rows]


def drop_due(connection: Connection, row: int) -> bool:
    """Forget a due act that was changed: nobody performs it. False where it is gone already."""
    return bool(connection.execute(delete(due_act).where(due_act.c.row == row)).rowcount)


def has_word(connection: Connection, entry: str) -> bool:
    """Whether a word is here that this entry gave."""
    return connection.execute(select(held_word.c.row).where(held_word.c.entry == entry)).first() is not None


def count_releases(connection: Connection, name: str) -> int:
    """How many have released a held act, by their words."""
    return len({(word.member, word.officer) for word in list_words(connection, (name,)) if word.said == "released"})


def list_names(connection: Connection) -> set[str]:
    """The blobs and batches that acts speak of which may still be performed."""
    held = connection.execute(select(held_act.c.names).where(held_act.c.state.in_(_OPEN))).scalars()
    due = connection.execute(select(due_act.c.names)).scalars()
    return {name for names in (*held, *due) for name in names.split()}


def _columns(act: WaitingAct, seal: str = "") -> dict[str, Any]:
    return {
        "kind": act.kind,
        "actor": msgspec.json.encode(act.actor),
        "body": act.body,
        "about": msgspec.json.encode(_About(act.on, act.purpose, act.reference, seal)),
        "names": " ".join(act.names),
    }


def _act(row: Row[Any]) -> WaitingAct:
    actor = decode(row.actor, Actor, where="actor", most=CONTENT_BYTES)
    about = decode(row.about, _About, where="about", most=CONTENT_BYTES)
    return WaitingAct(row.kind, actor, row.body, about.on, about.purpose, about.reference, tuple(row.names.split()))


def _read(row: Row[Any], verify: VerifyHeld) -> HeldAct | Damage:
    try:
        found = _held(row)
        verify(found)
    except UnavailableError:
        raise  # the node's keys are locked: nothing can be judged
    except UNREADABLE as error:
        return Damage("held", str(row.id), text_of(error))
    return found


def _held(row: Row[Any]) -> HeldAct:
    return HeldAct(
        EntryId(row.id), _act(row), row.mark, at(row.held_at), tuple(row.rules.split()), row.releases, at(row.ends_at),
        HeldState(row.state), row.entry, decode(row.about, _About, where="about", most=CONTENT_BYTES).seal,
    )  # fmt: skip


def _word(row: Row[Any]) -> Word:
    return Word(
        EntryId(row.act), MemberCode(row.member), row.officer, row.said, row.reason, at(row.at), EntryId(row.entry)
    )  # fmt: skip


def _due(row: Row[Any], connection: Connection, verify: VerifyHeld) -> DueAct:
    if not row.held:
        return _due_of_row(row)
    held = find_held(connection, row.held, verify)
    if held is None or held.state is not HeldState.RELEASED or _act(row) != held.act:
        raise CorruptError(_("What is kept of a released act was changed."), where=row.held)
    releases = count_releases(connection, held.id)
    if releases < held.releases:
        raise CorruptError(_("It counts as released, and the words on it are fewer than it takes."), where=held.id)
    return DueAct(row.row, held.act, held.held_at, held.id, releases)


def _due_of_row(row: Row[Any]) -> DueAct:
    return DueAct(row.row, _act(row), at(row.at), row.held, row.releases)


PART: Final = StorePart({ActHeld: hold, HeldMoved: move, WordGiven: say, ActPutOff: put_off, DueTaken: take})
