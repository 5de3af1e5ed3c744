"""What scenarios begin from: where two bureaus and the secretariat are enough, a third of the nodes and of the time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.testing import Network


@pytest.fixture(scope="session")
def founded_pair(founded_with: Callable[..., Network]) -> Network:
    """LT and FR with the secretariat, closed; others begin from it."""
    return founded_with("LT", "FR")


@pytest.fixture
def network(
    request: pytest.FixtureRequest, founded: Network, founded_with: Callable[..., Network], tmp_path: Path
) -> Iterator[Network]:
    """The whole cast; where a module of tests has a ``CAST``, only those members and the secretariat."""
    members = getattr(request.module, "CAST", None)
    found = Network(tmp_path, like=founded_with(*members) if members else founded)
    yield found
    found.close()
