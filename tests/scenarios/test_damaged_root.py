"""A node's own copy of the root that it trusts is damaged: that file is named, and nobody else is blamed."""

import pytest

from comity.testing import Network
from tests.scenarios.test_damage import flip_file, look_after, problems

CAST = ("LT", "FR")


@pytest.mark.parametrize("at", [5, 300, 700, 1100, 1403])
def test_a_changed_root_is_named_and_heals_when_it_is_brought_back(network: Network, at: int) -> None:
    config = network.founding.config("LT")
    path = config.path(config.root)
    whole = path.read_bytes()
    network.stop("LT")
    flip_file(path, at)
    network.start("LT")
    look_after(network)
    found = problems(network, "LT")
    assert str(config.root) in found["damaged-root"]
    assert "damaged-directory" not in found
    step = next(each.next_step for each in network.nodes["LT"].health().problems if each.code == "damaged-root")
    assert "compare its fingerprint" in step
    network.stop("LT")
    path.write_bytes(whole)
    network.start("LT")
    network.settle(4)
    look_after(network)
    assert problems(network, "LT") == {}


def test_a_root_that_is_changed_while_its_node_runs_is_named(network: Network) -> None:
    config = network.founding.config("LT")
    flip_file(config.path(config.root), 300)
    look_after(network)
    assert "damaged-root" in problems(network, "LT")


def test_a_damaged_copy_of_the_root_is_not_taken_for_the_roots_damage(network: Network) -> None:
    config = network.founding.config("LT")
    [copy, *_rest] = sorted((config.path("data") / "directory" / "cache" / "root_history").glob("*.root.json"))
    flip_file(copy, 300)
    look_after(network)
    assert "damaged-root" not in problems(network, "LT")
