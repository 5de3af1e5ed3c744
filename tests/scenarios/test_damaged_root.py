"""A node's own copy of the root that it trusts is damaged: that file is named, and nobody else is blamed."""

from pathlib import Path

import pytest

from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_damage import flip_file, look_after, problems

CAST = ("LT", "FR")
HARMS = ("flipped", "cut", "empty", "gone", "a folder", "another network's")


def harm(path: Path, kind: str, other: bytes) -> None:
    data = path.read_bytes()
    match kind:
        case "flipped":
            flip_file(path, 300)
        case "cut":
            path.write_bytes(data[:-40])
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "a folder":
            path.unlink()
            path.mkdir()
        case _:
            path.write_bytes(other)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The root of another network."""
    network = Network(tmp_path_factory.mktemp("other"), seed=9, members=CAST)
    config = network.founding.config("LT")
    network.close()
    return config.path(config.root).read_bytes()


@pytest.mark.parametrize("kind", HARMS)
@pytest.mark.parametrize("is_running", [True, False])
def test_a_root_is_named_whatever_became_of_it_and_is_no_damage_once_it_was_put_back_as_the_node_runs(
    network: Network, other: bytes, kind: str, *, is_running: bool
) -> None:
    """Nobody else is blamed, and what the node has goes on serving."""
    config = network.founding.config("LT")
    path, whole = config.path(config.root), config.path(config.root).read_bytes()
    if not is_running:
        network.stop("LT")
    harm(path, kind, other)
    if not is_running:
        network.start("LT")
    look_after(network)
    assert set(problems(network, "LT")) == {"damaged-root"}
    assert str(config.root) in problems(network, "LT")["damaged-root"]
    assert "directory-refused" not in codes(network)
    name = Desk(network, "FR").send("LT")
    network.settle(4)
    assert Desk(network, "FR").states(name) == {"LT": "delivered"}
    if path.is_dir():
        path.rmdir()
    path.write_bytes(whole)
    look_after(network)
    assert not {each for each in codes(network) if "root" in each or "directory" in each}
    network.stop("LT")
    network.start("LT")
    look_after(network)
    assert problems(network, "LT") == {}


@pytest.mark.parametrize("kind", ["flipped", "cut", "gone"])
def test_a_root_is_named_though_what_it_is_compared_with_is_gone_too(network: Network, other: bytes, kind: str) -> None:
    config = network.founding.config("LT")
    network.stop("LT")
    for copy in (config.path("data") / "directory" / "cache" / "root_history").iterdir():
        copy.unlink()
    harm(config.path(config.root), kind, other)
    network.start("LT")
    look_after(network)
    assert str(config.root) in problems(network, "LT")["damaged-root"]
    assert "directory-refused" not in codes(network)


def codes(network: Network) -> set[str]:
    return {each.code for each in network.nodes["LT"].health().problems}


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
