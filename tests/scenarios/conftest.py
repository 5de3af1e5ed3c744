"""What scenarios of two bureaus and the secretariat begin from: a third of the nodes, a third of the time."""

from collections.abc import Callable

import pytest

from comity.testing import Network


@pytest.fixture(scope="session")
def founded_pair(founded_with: Callable[..., Network]) -> Network:
    """LT and FR with the secretariat, closed; others begin from it."""
    return founded_with("LT", "FR")
