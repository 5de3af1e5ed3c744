"""How often a scenario is played: a little in every run of the tests, and many times over by ``make soak``."""

import os
from typing import TypeVar

T = TypeVar("T")


def often(usually: T, soaking: T) -> T:
    """What of the two is played now."""
    return soaking if os.environ.get("COMITY_SOAK") else usually
