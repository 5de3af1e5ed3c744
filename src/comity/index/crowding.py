"""Which records stay under a key that too many share, and what is remembered of those that went.

The bound is one of each source and audience: whatever a member may not see pushes out nothing that it may see. What
went leaves a mark among the key's postings, which only those see who could see what went: to them the key is crowded.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from comity.index.posting import Packed
from comity.limits import KEY_AUDIENCES_MAX

SourceOf = Callable[[int], bytes]
"""The source of a batch, by the batch's number."""
IsMember = Callable[[bytes], bool]
"""Whether a source is a member still."""
MARK: Final = 1 << 31
"""Set in the audience's number: this is no record, but the newest that went of that source and audience."""
WIDE: Final = 1 << 30
"""Set beside it: audiences of that source went as a whole; the number is that of everybody who is in any of them."""


class Kept(NamedTuple):
    """What stays and what went, each from the oldest to the newest; ``whole`` are those whose audience went."""

    stay: list[Packed]
    gone: list[Packed]
    whole: list[Packed]


def crowd(postings: Iterable[Packed], most: int, source_of: SourceOf) -> Kept:
    """Keep of each source and audience the newest ``most``, and of each source the audiences that came last."""
    classes: dict[bytes, dict[int, list[Packed]]] = {}
    for posting in sorted(postings, key=_age, reverse=True):
        classes.setdefault(source_of(posting[1]), {}).setdefault(posting[0], []).append(posting)
    kept = Kept([], [], [])
    for audiences in classes.values():
        for place, newest_first in enumerate(audiences.values()):
            if place < KEY_AUDIENCES_MAX:
                kept.stay.extend(newest_first[:most])
                kept.gone.extend(newest_first[most:])
            else:
                kept.whole.extend(newest_first)
    for each in kept:
        each.sort(key=_age)
    return kept


def marks_of(gone: Iterable[Packed]) -> list[Packed]:
    """A mark for each posting that went while its audience stays."""
    return [(audience | MARK, batch, offset) for audience, batch, offset in gone]


def join_marks(marks: Iterable[Packed], source_of: SourceOf) -> list[Packed]:
    """One mark for each source and audience: the newest."""
    newest: dict[tuple[bytes, int], Packed] = {}
    for mark in sorted(marks, key=_age):
        newest[source_of(mark[1]), mark[0]] = mark
    return sorted(newest.values(), key=_age)


def split(stored: Iterable[Packed]) -> tuple[list[Packed], list[Packed]]:
    """A key's postings, and its marks."""
    postings: list[Packed] = []
    marks: list[Packed] = []
    for each in stored:
        (marks if each[0] & MARK else postings).append(each)
    return postings, marks


def is_pushed_out(posting: Packed, marks: Iterable[Packed], source_of: SourceOf) -> bool:
    """Whether a mark says that this posting went because its key was crowded."""
    return any(
        _age(posting) <= _age(mark)
        and (mark[0] & WIDE or mark[0] == posting[0] | MARK)
        and source_of(mark[1]) == source_of(posting[1])
        for mark in marks
    )


def choose_read(
    opened: Sequence[Packed], most: int, source_of: SourceOf, is_member: IsMember
) -> tuple[list[Packed], bool]:
    """What is read of all that is open to a reader under one key: of each source the newest ``most``.

    And whether there is, or was, more under that key that is open to the reader too. What a source has there that is
    no member any more answers nothing, so it crowds nobody out either.
    """
    postings, marks = split(opened)
    if marks or len(postings) > most:
        postings, marks = ([each for each in found if is_member(source_of(each[1]))] for found in (postings, marks))
    is_crowded = bool(marks)
    if len(postings) <= most:
        return postings, is_crowded
    left: dict[bytes, int] = {}
    read = []
    for posting in sorted(postings, key=_age, reverse=True):
        source = source_of(posting[1])
        left[source] = left.get(source, most) - 1
        if left[source] >= 0:
            read.append(posting)
    return read[::-1], is_crowded or len(read) < len(postings)


def _age(posting: Packed) -> tuple[int, int]:
    """Batches are numbered as they come."""
    return posting[1:]
