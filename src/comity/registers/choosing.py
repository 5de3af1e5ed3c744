"""Choosing, among the records that were found and read, those that answer a question and those that an answer shows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.registers.record import Record


def choose_shown(sources: Sequence[MemberCode], most: int) -> tuple[list[int], list[int]]:
    """The places of those that one answer shows, in order: each source's newest before any source's second newest.

    And of those that it has no room for, and of which their sources hear all the same: of each its newest ``most``.
    ``sources`` says whose each is, from the oldest to the newest.
    """
    newer: Counter[MemberCode] = Counter()
    ranked = []
    for place in reversed(range(len(sources))):
        ranked.append((newer[sources[place]], -place))
        newer[sources[place]] += 1
    chosen, left = sorted(ranked)[:most], sorted(ranked)[most:]
    told = [-place for rank, place in left if rank < most]
    return sorted(-place for _, place in chosen), sorted(told)


def is_answered_for(record: Record, directory: Directory, now: datetime) -> bool:
    """Whether a record is in force: its time is not over, and its source is a member, who can be asked about it."""
    return not record.is_expired(now) and is_source_of_any(directory, record.source)


def is_source_of_any(directory: Directory, source: MemberCode) -> bool:
    """Whether records of that source can be answered for at all: it is a member still."""
    return directory.find_member(source) is not None
