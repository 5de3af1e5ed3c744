"""The list of entries as it stands in SQL: by which they are found, read place by place, and put right."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select

from comity.store.entries import ledger_about, ledger_entry

_COLUMNS: Final = ("id", "kind", "at", "member", "officer", "purpose", "verdict")


class Listed(NamedTuple):
    """What the list says of one entry, in the order of ``_COLUMNS``, and the keys of what it is about, with its kind.

    Values are as the columns have them: what was changed may be of any type.
    """

    said: tuple[Any, ...]
    about: frozenset[tuple[bytes, str]]


def read_places(connection: Connection, period: str, start: int, stop: int) -> dict[int, Listed]:
    """What the list says of the entries of a period from ``start`` to before ``stop``, by their places."""
    about = defaultdict[int, set[tuple[bytes, str]]](set)
    at_places = ledger_about.c.position.between(start, stop - 1)
    keys = select(ledger_about).where(ledger_about.c.period == period, at_places)
    for row in connection.execute(keys):
        about[row.position].add((row.about, row.kind))
    columns = [ledger_entry.c[name] for name in ("position", *_COLUMNS)]
    rows = connection.execute(
        select(*columns).where(ledger_entry.c.period == period, ledger_entry.c.position.between(start, stop - 1))
    )
    return {place: Listed(tuple(said), frozenset(about[place])) for place, *said in rows}


def put_right(connection: Connection, period: str, held: Mapping[int, Listed], right: Mapping[int, Listed]) -> None:
    """Make the list say what is ``right`` of these places, where ``held`` is what it says.

    An entry whose name stands at another place is left out: the list has each name once.
    """
    for place in right:
        connection.execute(delete(ledger_entry).where(
            ledger_entry.c.period == period, ledger_entry.c.position == place
        ))  # fmt: skip
    for place, entry in right.items():
        here = {"period": period, "position": place}
        values = dict(zip(_COLUMNS, entry.said, strict=True))
        connection.execute(insert(ledger_entry).prefix_with("OR IGNORE").values(**here, **values))
        before = held[place].about if place in held else frozenset[tuple[bytes, str]]()
        for key, kind in before - entry.about:
            connection.execute(delete(ledger_about).where(
                ledger_about.c.about == key, ledger_about.c.kind == kind,
                ledger_about.c.period == period, ledger_about.c.position == place,
            ))  # fmt: skip
        for key, kind in entry.about:
            connection.execute(insert(ledger_about).prefix_with("OR IGNORE").values(about=key, kind=kind, **here))


def list_strays(connection: Connection, sizes: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """Places in the list where the ledger has no entry; ``sizes`` is how many each of its periods has."""
    outside = [
        (ledger_entry.c.period == period) & ~ledger_entry.c.position.between(0, size - 1)
        for period, size in sizes.items()
    ]
    places = select(ledger_entry.c.period, ledger_entry.c.position)
    places = places.where(or_(ledger_entry.c.period.not_in(sizes), *outside))
    places = places.order_by(ledger_entry.c.period.desc(), ledger_entry.c.position.desc()).limit(most)
    return [(row.period, row.position) for row in connection.execute(places)]


def remove(connection: Connection, period: str, place: int) -> None:
    """Take a place out of the list."""
    connection.execute(delete(ledger_entry).where(ledger_entry.c.period == period, ledger_entry.c.position == place))
