"""A bureau's own records: listed, looked at, and changed one or many at a time, by their source alone."""

from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BatchId, RecordId, RegisterName, record_id
from comity.kind import Kind
from comity.members.home import Home, Partners
from comity.members.plain import ReadingAct
from comity.members.presence import facts_of
from comity.plug import RoomPart
from comity.registers.catalogue import CatalogueView
from comity.registers.consigning import Consigning, ConsigningUnit, ConsignSeen, consign, facts_of_consigning, look_at
from comity.registers.consignment import going_out
from comity.registers.record import Record
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_

AmendVerb = Literal["take-out", "correct", "restrict", "prolong"]
"""What is done to own records: they go, or others come in their place, with other fields, audience or end."""

Order = Literal["newest", "ends-first"]


class OwnWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which own records are wanted, the newest first or those that end first; what is empty leaves nothing out.

    ``search`` is a record's number, or whatever it is found by; ``file`` the consignment that it came in; ``gone``
    wants those that were taken out instead. They end on ``ends_from`` at the earliest, and on ``ends_by`` at the
    latest, days. ``after`` is where the page before ended; ``countries`` are this bureau's, by which documents are
    found that are sought by their number alone.
    """

    register: RegisterName
    search: str = ""
    status: str = ""
    file: str = ""
    ends_from: str = ""
    ends_by: str = ""
    order: Order = "newest"
    gone: bool = False
    after: str = ""
    most: int = 50
    countries: tuple[str, ...] = ()


class OwnListed(msgspec.Struct, frozen=True, kw_only=True):
    """One own record in a list; ``record`` is None where it was taken out, or ``damage`` says that it was changed."""

    id: RecordId
    register: RegisterName
    record: Record | None
    gone_at: datetime | None = None
    damage: str = ""


class OwnPage(NamedTuple):
    """A page of own records: ``total`` counts all that are wanted, up to a bound.

    ``next`` is where the next page begins; ``lacks`` says why some may be missing.
    """

    records: tuple[OwnListed, ...]
    total: int
    next: str
    lacks: str


class OwnUnit(UnitOfWork, CatalogueView, Protocol):
    """A unit of work that knows the catalogue."""


class OwnReader(Protocol):
    """What lists and reads own records."""

    def list(self, wanted: OwnWanted) -> OwnPage:
        """A page; InputError where something that is wanted cannot be."""

    def find(self, name: RecordId, unit: CatalogueView) -> OwnListed:
        """One own record; UnknownError where this bureau never entered it."""


LIST: Final = Kind[OwnWanted, OwnPage]("record.list", OwnWanted, title=N_("Listing own records"))
"""An officer lists what this bureau has entered."""


class ViewWanted(msgspec.Struct, frozen=True):
    """The body of ``record.view``."""

    record: RecordId


VIEW: Final = Kind[ViewWanted, OwnListed]("record.view", ViewWanted, title=N_("Looking at an own record"))
"""An officer looks at the whole of one own record."""


class ViewRecord:
    """What is done for ``VIEW``."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, home: Home, own: OwnReader) -> None:
        self._home = home
        self._own = own

    def look(self, act: Act[ViewWanted], unit: OwnUnit) -> OwnListed:
        """The record; UnknownError where this bureau never entered it."""
        return self._own.find(act.body.record, unit)

    def facts(self, act: Act[ViewWanted], seen: OwnListed) -> Facts:
        """The level of what is shown; nothing shown is nothing to protect."""
        handlings = frozenset({seen.record.handling} if seen.record else ())
        return facts_of(act, self._home.directory(), registers=frozenset({seen.register}), handlings=handlings)

    def decide(self, act: Act[ViewWanted], verdict: Verdict, seen: OwnListed) -> Decision[OwnListed]:
        """Show it."""
        return Decision(release=lambda _entry: seen if verdict.is_allowed else None, detail={"record": act.body.record})


class Amending(msgspec.Struct, frozen=True):
    """The body of ``record.amend``: what changes, as for a file of records; what is done by it, and why.

    ``names`` is what people call the records; ``found_by``, in hexadecimal, what registers find them by.
    """

    change: Consigning
    verb: AmendVerb
    why: str = ""
    names: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()

    @property
    def into(self) -> tuple[RecordId, ...]:
        """What comes in the place of each record, in their order; empty where they go."""
        lots = (each.lot for each in self.change.lots)
        return tuple(record_id(BatchId(lot.batch), place) for lot in lots for place in range(lot.count))


AMEND: Final = Kind[Amending, str](
    "record.amend", Amending, lambda body: body.change.names, title=N_("Changing own records")
)
"""An officer takes own records out or puts others in their place; release is the consignment's name."""


class AmendSeen(NamedTuple):
    """What goes out, beside what there is; and whether it is there still, and nothing under way takes it out."""

    consigned: ConsignSeen
    are_there: bool


class AmendRecords:
    """What is done for ``AMEND``."""

    changes = True
    gives_to: GivesTo = "keeper"

    def __init__(self, home: Home) -> None:
        self._home = home

    def look(self, act: Act[Amending], unit: ConsigningUnit) -> AmendSeen:
        """What goes out, beside what there is and what is under way."""
        change, own = act.body.change, self._home.member
        leaving = going_out(unit.list_consigned(own, change.register))
        are_there = not any(name in leaving or unit.is_removed(name) for name in change.removed)
        return AmendSeen(look_at(change, own, unit), are_there)

    def facts(self, act: Act[Amending], seen: AmendSeen) -> Facts:
        """Those of a file of records; whether they are there; and for what is kept longer, whether it is said why."""
        amending = act.body
        about = facts_of_consigning(act, amending.change, seen.consigned, self._home) | {"is_there": seen.are_there}
        return facts_of(
            act, self._home.directory(), **about, is_longer=amending.verb == "prolong", has_grounds=bool(amending.why)
        )

    def decide(self, act: Act[Amending], verdict: Verdict, seen: AmendSeen) -> Decision[str]:
        """As a file of records goes; the entry says what was done to which records, and why."""
        del seen
        amending = act.body
        decision = consign(act, amending.change, verdict, self._home)
        said = {
            "into": list(amending.into),
            "verb": amending.verb, "why": amending.why, "records": list(amending.change.removed),
            "found_by": list(amending.found_by),
        }  # fmt: skip
        return msgspec.structs.replace(decision, detail={**decision.detail, **said})


class OwnPartners(Partners, Protocol):
    """Partners of these acts."""

    @property
    def own_records(self) -> OwnReader:
        """What lists and reads own records."""


def _acts(partners: OwnPartners) -> tuple[Done, ...]:
    home, own = partners.home, partners.own_records
    listing = ReadingAct[OwnWanted, OwnPage](home.directory, own.list)
    return done(LIST, listing), done(VIEW, ViewRecord(home, own)), done(AMEND, AmendRecords(home))


PART: Final = RoomPart((LIST, VIEW, AMEND), _acts)
