"""What a noun brings to the rules: its kinds of acts, the tests that look at its facts, and its numbered rules.

This floor knows no room, so it has its own type of part, beside those of ``plug.py``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from comity.rules.rule import Rule
from comity.rules.thresholds import Needs, Values
from comity.rules.written import Retired

_NONE: Mapping[str, Any] = MappingProxyType({})


class RuleTest(NamedTuple):
    """A test that rules are made of: ``holds`` looks at facts and at the rule's values, and at nothing else.

    A rulebook names it by its function's name, so a name, once published, keeps its meaning; what facts it looks at its
    code says (``catalogue.LOOKS_AT``). It cannot do without the
    values that it ``needs``, and looks at those that a rule ``may_have`` where they are there; it takes no other.
    ``passes``: what it refuses now it will let pass by itself, as time goes on.
    """

    holds: Callable[[Any, Values], bool]
    needs: Needs = _NONE
    may_have: Needs = _NONE
    passes: bool = False

    @property
    def name(self) -> str:
        """As a rulebook writes it."""
        return self.holds.__name__

    def takes(self, name: str) -> bool:
        """Whether it looks at a value of that name."""
        return name in self.needs or name in self.may_have


OF_EVERY_ACT: Final = frozenset({"kind", "actor", "is_proven", "roles", "directory"})
"""The facts that ``facts_of`` states for every handler."""


class ActRuled(NamedTuple):
    """A kind of act, as the rules know it: who does it, and what of it a rule can be about.

    ``ground`` says by which rule it may be done at all: as the officer's roles include it, by right of a member's
    bureau, because the node finishes what was begun (``access.py`` has these three), or by its noun's ``own`` rule.
    The next five place it under the other rules that speak on acts of many nouns. All six say what is so under the
    model's rulebook; the rest is so under any.
    """

    name: str
    ground: Literal["officer", "bureau", "node", "own"]
    uses_channel: bool = False
    """A measure can close it, and it needs a directory that is not stale. Not receipts: they end what has begun."""
    gives_to_members: bool = False
    """It gives something to members other than by the answer to a bureau."""
    is_at_keeper: bool = False
    """It is done where the register is kept."""
    is_timed: bool = False
    """It was signed just now, by a clock that is near this node's."""
    is_answered_once: bool = False
    """The same signed request has no second answer."""

    states: frozenset[str] = OF_EVERY_ACT
    """The facts that its handler states. A rule about it is of a test that looks at no others; a rule about one
    register alone is about kinds that state ``registers``.
    """
    only_reads: bool = False
    """It changes nothing: nobody would be there for what it gives, once others have released it."""
    may_wait: bool = True
    """A rule can hold it, where an officer does it and it changes something (``is_holdable``): not what ends the
    waiting of others, nor what ends an officer's own session.
    """
    lasts_days: float = 0.0
    """For how long it is signed, by what the program fixes: a rule by which it lasts less would refuse them all."""
    hides: frozenset[str] = frozenset()
    """The parts that its handler leaves out where a mask's ``hides`` names them."""
    hides_by: str = ""
    """The one test for which its handler leaves out parts, where it looks at each source or sender by itself."""
    hides_whole_by: frozenset[str] = frozenset()
    """The tests by which its handler hides the whole: masks of these tests need not say what they hide."""
    hides_unnamed: bool = False
    """Its handler knows what to leave out where a mask says nothing, as in rulebooks of before."""

    @property
    def is_holdable(self) -> bool:
        """Whether an officer could release it at all, since whoever releases an act may do such acts."""
        return self.ground == "officer" and self.may_wait and not self.only_reads


class RulesPart(NamedTuple):
    """Of the rules: a noun's ``kinds`` of acts, its ``tests``, and its ``rules`` in the model rulebook.

    ``roles`` are acts that the model's roles include beside those that ``access.py`` lists, by role.
    """

    kinds: tuple[ActRuled, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    rules: tuple[Rule, ...] = ()
    retired: tuple[Retired, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = _NONE
