"""Everything that nouns bring to the rules, together: each kind of act, and each test, by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.capabilities import parts
from comity.rules.part import ActRuled, RulesPart, RuleTest
from comity.rules.predicates import GENERAL_TESTS

PARTS: Final = parts("rules", RulesPart)

KINDS: Final[Mapping[str, ActRuled]] = MappingProxyType({kind.name: kind for part in PARTS for kind in part.kinds})
"""Every act that a node knows. A rulebook that speaks of none of a kind would close it to everybody."""

TESTS: Final[Mapping[str, RuleTest]] = MappingProxyType(
    {test.name: test for test in (*GENERAL_TESTS, *(test for part in PARTS for test in part.tests))}
)
