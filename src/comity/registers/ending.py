"""Records go at their end: each node that has one takes it out by itself, whoever entered it."""

from datetime import datetime
from typing import Final

import msgspec

from comity.act import Act
from comity.gate import Decision, Done, GivesTo, NothingToSee, done
from comity.ids import MemberCode, RecordId, RegisterName
from comity.kind import Kind
from comity.members.home import Home, Partners
from comity.members.presence import facts_of
from comity.plug import RoomPart
from comity.registers.catalogue import RegisterChanged
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_


class Ended(msgspec.Struct, frozen=True):
    """A record whose source has said that it is kept until then."""

    record: RecordId
    ends_at: datetime


class Ending(msgspec.Struct, frozen=True):
    """The body of ``record.expire``: records of one source in a register that are over."""

    register: RegisterName
    source: MemberCode
    records: tuple[Ended, ...]


EXPIRE: Final = Kind[Ending, int]("record.expire", Ending, title=N_("Taking out records that are over"))
"""The node takes records out at their end; release is how many."""


class ExpireRecords(NothingToSee):
    """What is done for ``EXPIRE``."""

    changes = True
    gives_to: GivesTo = "nobody"

    def __init__(self, home: Home) -> None:
        self._home = home

    def facts(self, act: Act[Ending], seen: None) -> Facts:
        """Whether each of them is over, and how well this node knows what day it is."""
        del seen
        is_over = all(each.ends_at <= act.at for each in act.body.records)
        registers = frozenset({act.body.register})
        return facts_of(act, self._home.directory(), actor="node", registers=registers, is_over=is_over)

    def decide(self, act: Act[Ending], verdict: Verdict, seen: None) -> Decision[int]:
        """Take them out of the catalogue; index and files follow, and their bytes go."""
        del seen
        ending = act.body
        names = tuple(each.record for each in ending.records)
        detail = {
            "register": ending.register,
            "source": ending.source,
            "records": list(names),
            "at": act.at.isoformat(),
        }
        if not verdict.is_allowed:
            return Decision(detail=detail)
        changed = RegisterChanged(ending.register, ending.source, act.at, removed=names)
        return Decision(release=lambda _entry: len(names), changes=(changed,), detail=detail)


def _acts(partners: Partners) -> tuple[Done, ...]:
    return (done(EXPIRE, ExpireRecords(partners.home)),)


PART: Final = RoomPart((EXPIRE,), _acts)
