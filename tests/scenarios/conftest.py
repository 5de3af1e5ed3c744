"""What scenarios of two bureaus and the secretariat begin from: a third of the nodes, a third of the time."""

import pytest

from comity.testing import Network


@pytest.fixture(scope="session")
def founded_pair(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """LT and FR with the secretariat, closed; others begin from it."""
    found = Network(tmp_path_factory.mktemp("pair"), members=("LT", "FR"))
    found.close()
    return found
