"""Values of a rule, as its test reads them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from comity.limits import (
    COUNT_MAX,
    PACE_MAX,
    QUERY_DEADLINE_S,
    RELEASES_MAX,
    REPLAY_WINDOW_S,
    RULE_DAYS_MAX,
    RULE_SKEW_S,
    RULE_YEARS_MAX,
)
from comity.rules.rule import Value

Values = dict[str, Value]
Need = Literal["number", "positive", "texts", "lists"]
"""What a test makes of a value: a *number*, zero or more; one that is *positive*, since with zero the test lets nothing
pass; or a list of *texts*. *Lists* are values of any name, each of texts.
"""
Needs = Mapping[str, Need]


class Bound(NamedTuple):
    """Between which numbers a value of a rule lies, both included; with less it would decide nothing."""

    least: float
    most: float


ANY_NUMBER: Final = Bound(-COUNT_MAX, COUNT_MAX)
BOUNDS: Final[Mapping[str, Bound]] = MappingProxyType(
    {
        "days": Bound(0.01, RULE_DAYS_MAX),
        "waits_days": Bound(0.01, RULE_DAYS_MAX),
        "years": Bound(0.01, RULE_YEARS_MAX),
        "skew_s": Bound(QUERY_DEADLINE_S, RULE_SKEW_S),
        "per_minute": Bound(1, PACE_MAX),
        "most": Bound(1, COUNT_MAX),
        "few": Bound(0, COUNT_MAX),
        "share": Bound(0, 1),
        "releases": Bound(1, RELEASES_MAX),
    }
)
"""Of each value that is a number, by its name: no rule makes a time, a count or a size of it that there is not.

A question is waited for as long as ``QUERY_DEADLINE_S``: a signed time is let be as old.
"""

COUNTS: Final = frozenset({"per_minute", "most", "few", "releases"})
"""Values that count things, and are whole."""

NEW_MOST: Final[Mapping[str, float]] = MappingProxyType({"skew_s": REPLAY_WINDOW_S / 2})
"""What a value comes to be at most, where more is read: ids of questions are remembered for twice as long, and after
that the same signed request would be answered again.
"""


def number_of(values: Values, name: str) -> float:
    """The number of that name; KeyError or TypeError where there is none."""
    value = values[name]
    if not isinstance(value, int | float):
        raise TypeError(name)
    return float(value)


def texts_of(values: Values, name: str) -> list[str]:
    """The texts of that name; KeyError or TypeError where there are none."""
    value = values[name]
    if not isinstance(value, list):
        raise TypeError(name)
    return value
