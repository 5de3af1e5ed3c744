"""Values of a rule, as its test reads them."""

from collections.abc import Mapping
from typing import Literal

from comity.rules.rule import Value

Values = dict[str, Value]
Need = Literal["number", "positive", "texts", "lists"]
"""What a test makes of a value: a *number*, zero or more; one that is *positive*, since with zero the test lets nothing
pass; or a list of *texts*. *Lists* are values of any name, each of texts.
"""
Needs = Mapping[str, Need]


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
