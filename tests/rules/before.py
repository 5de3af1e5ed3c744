"""Rulebooks as they were before they had words of their own."""

from pathlib import Path

import msgspec

from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.written import Rule2, as_written

BEFORE = parse_rulebook((Path(__file__).parent / "data" / "model-before-words.json").read_bytes())
"""The model rulebook of form 1, which networks were founded under."""


def unspoken(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Rules without what they say of refusals, as the forms 1 and 2 have them."""
    return tuple(msgspec.structs.replace(rule, next_step="", reveals=True) for rule in rules)


def in_form(rulebook: Rulebook, v: int) -> Rulebook:
    """A rulebook of form 3 as one of form 1 or 2; form 1 has no rule about one register, and none that has gone."""
    rules = tuple(each for each in unspoken(rulebook.rules) if v > 1 or not each.register)
    return msgspec.structs.replace(rulebook, v=v, rules=rules, words=None, retired=rulebook.retired if v > 1 else ())


def as_file(rule: Rule) -> bytes:
    """A rule as a file of form 2 or 3 has it."""
    return msgspec.json.encode(as_written(rule, Rule2))
