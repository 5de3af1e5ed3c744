"""The points of an act that waits: what it would be done with, as whoever releases it sees it."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from comity.characters import show_line
from comity.ids import RecordId
from comity.texts import _

NAMES_MAX: Final = 50
"""How many of the records that would go out, or come in, are named."""

NameOf = Callable[[RecordId], str]
"""A record as a person knows it; its own name where it cannot be read."""


class PointShown(msgspec.Struct, frozen=True):
    """One line of what would be done: ``title`` says what of it."""

    title: str
    text: str


Points = Callable[[Any, NameOf], Iterable[PointShown]]
"""Makes the points of a body. What of it they leave out is not shown: bodies hold hashes of passwords and tokens."""


class FieldPoints(msgspec.Struct, frozen=True):
    """Points that are fields of the body, as they stand there: how each is called; of an empty name, all of it."""

    titles: Mapping[str, str]

    def __call__(self, body: Any, _name: NameOf) -> list[PointShown]:
        """Those of the fields that say anything."""
        shown = ((title, getattr(body, field) if field else body) for field, title in self.titles.items())
        return [PointShown(_(title), show_line(in_words(value))) for title, value in shown if value]


def in_words(value: object) -> str:
    """A field's value as a line; of several, with a comma between."""
    if isinstance(value, set):
        return ", ".join(sorted(map(str, value)))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


def and_more(count: int) -> str:
    """How many there are behind those that are named."""
    return _("and {count} more").format(count=count - NAMES_MAX)
