"""Acts that others are to release, in SQL, and what was said of them."""

from collections.abc import Collection
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    true,
    update,
)

from comity.act import Actor
from comity.bounded import Note
from comity.damage import UNREADABLE, Damage, DamagedError, read_all, read_one, text_of
from comity.errors import UnavailableError
from comity.ids import EntryId, MemberCode
from comity.limits import CONTENT_BYTES
from comity.parsing import decode
from comity.plug import StorePart
from comity.store.schema import metadata
from comity.store.times import at, seconds
from comity.store.view import StoreView
from comity.waiting import (
    OPEN,
    ActHeld,
    Concerns,
    HeldAct,
    HeldMoved,
    HeldState,
    VerifyHeld,
    WaitingAct,
    Word,
    WordGiven,
)

# An act that others are to release. It is kept whole: what it is done with lies under the node's storage key.
held_act = Table(
    "held_act",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),  # on, purpose, reference
    Column("names", Text, nullable=False),  # blobs and batches that it speaks of, space between
    Column("mark", String, nullable=False, index=True),
    Column("held_at", Float, nullable=False),
    Column("rules", Text, nullable=False),  # space between
    Column("releases", Integer, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("entry", String, nullable=False),
    sqlite_autoincrement=True,
)

held_word = Table(
    "held_word",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("act", String, nullable=False, index=True),
    Column("member", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("said", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("entry", String, nullable=False),
    sqlite_autoincrement=True,
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
            **columns_of(held.act, held.seal), id=held.id, mark=held.mark, held_at=seconds(held.held_at),
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
    connection: Connection, *, is_open: bool, concerns: Concerns, before: int, most: int, verify: VerifyHeld
) -> list[tuple[int, HeldAct | Damage]]:
    """Held acts that concern somebody with their rows, without their bodies; or what is wrong with one of them.

    The newest first, from before a row, 0 for all. Those that may still be performed, or those whose fate is known; one
    in a state that there is not is in both lists.
    """
    where = held_act.c.state.not_in(_OVER if is_open else _OPEN)
    older = held_act.c.row < before if before else true()
    rows = connection.execute(select(*_LISTED).where(where, older).order_by(held_act.c.row.desc()))
    read = ((int(row.row), _read(row, verify)) for row in rows)
    return list(islice((each for each in read if isinstance(each[1], Damage) or concerns(each[1])), most))


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


def has_word(connection: Connection, entry: str) -> bool:
    """Whether a word is here that this entry gave."""
    return connection.execute(select(held_word.c.row).where(held_word.c.entry == entry)).first() is not None


def count_releases(connection: Connection, name: str) -> int:
    """How many have released a held act, by their words."""
    return len({(word.member, word.officer) for word in list_words(connection, (name,)) if word.said == "released"})


def list_held_names(connection: Connection) -> set[str]:
    """The blobs and batches that held acts speak of which may still be performed."""
    held = connection.execute(select(held_act.c.names).where(held_act.c.state.in_(_OPEN))).scalars()
    return {name for names in held for name in names.split()}


def columns_of(act: WaitingAct, seal: str = "") -> dict[str, Any]:
    """The columns that each act has that waits."""
    return {
        "kind": act.kind,
        "actor": msgspec.json.encode(act.actor),
        "body": act.body,
        "about": msgspec.json.encode(_About(act.on, act.purpose, act.reference, seal)),
        "names": " ".join(act.names),
    }


def act_of(row: Row[Any]) -> WaitingAct:
    """The act that waits in a row."""
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
        EntryId(row.id), act_of(row), row.mark, at(row.held_at), tuple(row.rules.split()), row.releases,
        at(row.ends_at), HeldState(row.state), row.entry,
        decode(row.about, _About, where="about", most=CONTENT_BYTES).seal,
    )  # fmt: skip


def _word(row: Row[Any]) -> Word:
    return Word(
        EntryId(row.act), MemberCode(row.member), row.officer, row.said, row.reason, at(row.at), EntryId(row.entry)
    )  # fmt: skip


class StoredHeld(StoreView):
    """What acts read of those that wait for others."""

    _verify_held: VerifyHeld

    def find_held(self, name: str) -> HeldAct | None:
        """The held act of that name; DamagedError for one that cannot be read any more."""
        return self._read(find_held, name, self._verify_held)

    def list_held(
        self, *, is_open: bool, concerns: Concerns, before: int, most: int
    ) -> list[tuple[int, HeldAct | Damage]]:
        """Held acts that concern somebody with their rows, without bodies, the newest first, from before a row."""
        verify = self._verify_held
        return self._read(list_held, is_open=is_open, concerns=concerns, before=before, most=most, verify=verify)

    def find_waiting(self, mark: str) -> HeldAct | None:
        """The act of that mark that waits to be released."""
        return self._read(find_waiting, mark, self._verify_held)

    def list_words(self, names: Collection[str]) -> list[Word]:
        """What was said of held acts, in the order in which it was."""
        return self._read(list_words, names)


PART: Final = StorePart(
    tables=(held_act, held_word),
    changes={ActHeld: hold, HeldMoved: move, WordGiven: say},
    view=StoredHeld,
)
