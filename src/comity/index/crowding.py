"""Which records stay under a key that too many share.

The bound is one of each source and audience: whatever a member may not see pushes out nothing that it may see.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from comity.index.posting import Packed
from comity.limits import KEY_AUDIENCES_MAX

SourceOf = Callable[[int], bytes]
"""The source of a batch, by the batch's number."""
ANY_AUDIENCE = 0
"""In a mark: the audience was pushed out as a whole, and others of that source may have been."""


class Kept(NamedTuple):
    """What stays, from the oldest to the newest, and what went."""

    stay: list[Packed]
    gone: list[Packed]
    marks: list[Packed]


def crowd(postings: Iterable[Packed], most: int, source_of: SourceOf) -> Kept:
    """Keep of each source and audience the newest ``most``, and of each source the audiences that came last.

    A mark is the newest that went of a source and audience: what is not there up to it was pushed out.
    """
    classes: dict[bytes, dict[int, list[Packed]]] = {}
    for posting in sorted(postings, key=_age, reverse=True):
        classes.setdefault(source_of(posting[1]), {}).setdefault(posting[0], []).append(posting)
    kept = Kept([], [], [])
    for audiences in classes.values():
        for place, newest_first in enumerate(audiences.values()):
            room = most if place < KEY_AUDIENCES_MAX else 0
            kept.stay.extend(newest_first[:room])
            gone = newest_first[room:]
            kept.gone.extend(gone)
            if gone:
                kept.marks.append(gone[0] if room else (ANY_AUDIENCE, *gone[0][1:]))
    kept.stay.sort(key=_age)
    kept.gone.sort(key=_age)
    return kept


def join_marks(marks: Iterable[Packed], source_of: SourceOf) -> list[Packed]:
    """One mark for each source and audience: the newest."""
    newest: dict[tuple[bytes, int], Packed] = {}
    for mark in sorted(marks, key=_age):
        newest[source_of(mark[1]), mark[0]] = mark
    return list(newest.values())


def is_pushed_out(posting: Packed, marks: Iterable[Packed], source_of: SourceOf) -> bool:
    """Whether a mark says that this posting went because its key was crowded."""
    return any(
        _age(posting) <= _age(mark)
        and mark[0] in (posting[0], ANY_AUDIENCE)
        and source_of(mark[1]) == source_of(posting[1])
        for mark in marks
    )


def newest_of_each_source(postings: Sequence[Packed], most: int, source_of: SourceOf) -> list[Packed]:
    """What a reader sees of those open to it, from the oldest to the newest: of each source the newest ``most``."""
    left: dict[bytes, int] = {}
    seen = []
    for posting in sorted(postings, key=_age, reverse=True):
        source = source_of(posting[1])
        left[source] = left.get(source, most) - 1
        if left[source] >= 0:
            seen.append(posting)
    return seen[::-1]


def _age(posting: Packed) -> tuple[int, int]:
    """Batches are numbered as they come."""
    return posting[1:]
