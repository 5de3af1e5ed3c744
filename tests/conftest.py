"""What tests of more than one floor share: the simulated network of the product, with the whole cast."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.testing import Network

@pytest.fixture(scope="session")
def founded_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Network]:
    """Gives the closed network of these members that others begin from: a tenth of the time that a ceremony takes."""
    made: dict[tuple[str, ...], Network] = {}

    def get(*members: str) -> Network:
        if members not in made:
            made[members] = Network(tmp_path_factory.mktemp("founded"), members=members)
            made[members].close()
        return made[members]

    return get


@pytest.fixture(scope="session")
def founded(founded_with: Callable[..., Network]) -> Network:
    """The closed network of the whole cast."""
    return founded_with("LT", "FR", "BR", "XX")


@pytest.fixture
def simulated(founded: Network, tmp_path: Path) -> Iterator[Network]:
    """LT asks, FR owns, BR may see, XX is the outsider, GS is the secretariat."""
    found = Network(tmp_path, like=founded)
    yield found
    found.close()


@pytest.fixture
def network(simulated: Network) -> Network:
    """The same by its usual name, where no folder of tests has a real network under it."""
    return simulated
