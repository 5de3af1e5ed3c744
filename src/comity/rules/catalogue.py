"""Everything that nouns bring to the rules, together: each kind of act, and each test, by its name."""

from collections.abc import Mapping
from dataclasses import fields
from types import CodeType, MappingProxyType
from typing import Final

from comity.capabilities import parts
from comity.rules.facts import Facts
from comity.rules.part import ActRuled, RulesPart, RuleTest
from comity.rules.predicates import GENERAL_TESTS


def _named_in(code: CodeType) -> frozenset[str]:
    """Every name that a function's code looks up, that within its comprehensions too."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return frozenset(code.co_names).union(*map(_named_in, inner))


PARTS: Final = parts("rules", RulesPart)

KINDS: Final[Mapping[str, ActRuled]] = MappingProxyType({kind.name: kind for part in PARTS for kind in part.kinds})
"""Every act that a node knows. A rulebook that speaks of none of a kind would close it to everybody."""

REGISTERS: Final = frozenset(rule.register for part in PARTS for rule in part.rules if rule.register)
"""Those that a rule can be about alone: each register that this program has is in one of its own rules."""

_FACTS: Final = frozenset(field.name for field in fields(Facts))

TESTS: Final[Mapping[str, RuleTest]] = MappingProxyType(
    {test.name: test for test in (*GENERAL_TESTS, *(test for part in PARTS for test in part.tests))}
)

LOOKS_AT: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {name: _named_in(test.holds.__code__) & _FACTS for name, test in TESTS.items()}
)
"""The facts at which each test looks: those that its own code names."""
