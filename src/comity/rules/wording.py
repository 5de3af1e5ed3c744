"""An organisation's own words, as data of its rulebook: purposes, levels of handling, roles, and a few sayings.

Codes stand in data for ever: ledgers, messages and officers carry them, and rules list them. Titles are what people
read, in the organisation's own language; they are shown as they are unless a catalogue knows them. Which of the codes
may be given, at which act and by whom, is the rules' to say (``offered.py``): what no rule lists any more keeps its
title and is offered to nobody.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec

from comity.bounded import Code, Line, Name, Note
from comity.limits import CODES_MAX
from comity.texts import N_

Title = Annotated[Line, msgspec.Meta(min_length=1)]
ReferenceNeed = Literal["no", "given", "shift"]
"""Whether a purpose demands a reference: *no*; one that is *given*; or the *shift*'s, where none is given."""

SAYINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lawful": N_("Our national law allows these to be entered and shared."),
        "case": N_("Case number"),
    }
)
"""What an organisation may say otherwise, by code, and what is said where it says nothing of its own.

``lawful`` is what an officer confirms who enters records, ``case`` what the field for a reference asks for.
"""


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For what something is asked: one of the closed list of ``purpose_is_listed``."""

    code: Code
    title: Title
    reference: ReferenceNeed = "no"


class HandlingLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a thing may be used and passed on. At a level that ``hides_subject`` no list shows a message's subject."""

    code: Code
    title: Title
    hides_subject: bool = False


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer may be; which acts that includes is said by the test ``role_includes_act``.

    ``home`` is the kind of act on whose page an officer in this role begins; empty for the first page of use.
    """

    code: Code
    title: Title
    home: Name = ""


_Most = msgspec.Meta(max_length=CODES_MAX)
Purposes = Annotated[tuple[Purpose, ...], _Most]
Levels = Annotated[tuple[HandlingLevel, ...], _Most]
Roles = Annotated[tuple[Role, ...], _Most]
Sayings = Annotated[dict[Name, Note], _Most]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one rulebook.

    Purposes and roles stand in the order in which people need them; levels from the one that protects least to the one
    that protects most.
    """

    purposes: Purposes = ()
    levels: Levels = ()
    roles: Roles = ()
    sayings: Sayings = {}

    def find_purpose(self, code: str) -> Purpose | None:
        """The purpose of that code."""
        return next((each for each in self.purposes if each.code == code), None)

    def find_level(self, code: str) -> HandlingLevel | None:
        """The level of that code."""
        return next((each for each in self.levels if each.code == code), None)

    def find_role(self, code: str) -> Role | None:
        """The role of that code."""
        return next((each for each in self.roles if each.code == code), None)

    def is_from_shift(self, purpose: str) -> bool:
        """Whether a reference that is missing is made from the running shift."""
        found = self.find_purpose(purpose)
        return found is not None and found.reference == "shift"

    def hides_subject(self, level: str) -> bool:
        """Whether no list shows the subject of a message at this level; so it is at levels that nobody knows."""
        found = self.find_level(level)
        return found is None or found.hides_subject

    def saying(self, code: str) -> str:
        """What the organisation says for one of ``SAYINGS``."""
        return self.sayings.get(code) or SAYINGS[code]


def title_of(found: Purpose | HandlingLevel | Role | None, code: str) -> str:
    """Its title; the code itself where the rulebook has none of that code."""
    return found.title if found is not None else code


def codes_of(entries: Iterable[Purpose | HandlingLevel | Role]) -> tuple[str, ...]:
    """Their codes, in their order."""
    return tuple(each.code for each in entries)
