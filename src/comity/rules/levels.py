"""Levels of handling: which there are is the rulebook's to say."""

from collections.abc import Iterable, Sequence

from comity.rules.predicates import handling_is_known
from comity.rules.rulebook import Rulebook
from comity.rules.wording import codes_of


def levels_of(rulebook: Rulebook, kind: str) -> tuple[str, ...]:
    """The levels that an act of ``kind`` may have, the one that protects least first.

    Nothing where no rule lists any: then the act is not to be had at any level.
    """
    listed = [
        levels
        for rule in rulebook.rules
        if rule.test == handling_is_known.__name__
        and rule.is_about(kind)
        and isinstance(levels := rule.values.get("levels"), list)
    ]
    known = codes_of(rulebook.wording.levels)
    return tuple(level for level in known if all(level in each for each in listed)) if listed else ()


def highest(levels: Sequence[str], found: Iterable[str]) -> str:
    """The level among those ``found`` that protects most: the last in ``levels``, or one that is not there at all."""
    return max(found, key=lambda level: levels.index(level) if level in levels else len(levels))
