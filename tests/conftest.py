"""What tests of more than one floor share: the simulated network of the product, with the whole cast."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.testing import Network


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """One closed network that others begin from: a tenth of the time that a ceremony takes."""
    found = Network(tmp_path_factory.mktemp("founded"))
    found.close()
    return found


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


@pytest.fixture
def make_network(tmp_path: Path) -> Iterator[Callable[..., Network]]:
    """Makes networks of fewer members or another seed, and stops them."""
    made: list[Network] = []

    def make(*members: str, seed: int = 1) -> Network:
        made.append(Network(tmp_path / f"network-{len(made)}", members=members, seed=seed))
        return made[-1]

    yield make
    for each in made:
        each.close()
