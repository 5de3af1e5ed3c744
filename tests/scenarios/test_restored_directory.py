"""The published directory, damaged, is put back from the secretariat's own copy; nobody is shown an older one."""

from datetime import timedelta
from pathlib import Path

import pytest

from comity.ids import MemberCode
from comity.peer.repository import read_publication
from comity.peer.republishing import restore
from comity.testing import Network
from tests.scenarios.soak import often

CAST = ("LT", "FR")
LT = MemberCode("LT")


def folders(network: Network) -> tuple[Path, Path]:
    data = network.founding.config("GS").path("data")
    return data / "repository", data / "directory" / "cache"


def published(network: Network) -> list[Path]:
    folder, _cache = folders(network)
    current = network.nodes["GS"].knowledge._repository._everything()  # type: ignore[union-attr]
    return sorted(folder / name for name in current)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def is_measured(network: Network) -> bool:
    """Whether a measure that is taken now is in force at once."""
    duty = network.officer("GS", "duty", "duty")
    until = network.now + timedelta(days=9)
    network.nodes["GS"].measures.set_standing(
        duty, "LT", "query", "suspended", reason="test", reference="T-1", until_at=until
    )
    network.settle()
    jonas = network.officer("LT", "jonas", "inspector")
    return network.check(jonas, "19AC00001", "FRA").registers[0].answer == "refused"


@pytest.mark.parametrize("number", often(range(0, 18, 2), range(18)))
@pytest.mark.parametrize("harm", ["flip", "gone"])
def test_whatever_published_file_is_damaged_a_measure_is_in_force_at_once(
    network: Network, number: int, harm: str
) -> None:
    place = published(network)[number % len(published(network))]
    whole = place.read_bytes()
    network.stop("GS")
    flip(place) if harm == "flip" else place.unlink()
    network.start("GS")
    assert place.read_bytes() == whole
    assert is_measured(network)
    assert not [each for each in network.nodes["GS"].health().problems if "directory" in each.code]


def test_what_is_damaged_while_the_node_runs_is_put_back_too(network: Network) -> None:
    before = {place: place.read_bytes() for place in published(network) if place.name != "timestamp.json"}
    for place in before:
        flip(place)
    for _round in range(4):
        network.turn(601)
    assert {place: place.read_bytes() for place in before} == before


def test_nothing_is_put_back_from_a_copy_that_is_damaged_itself(network: Network) -> None:
    folder, cache = folders(network)
    network.stop("GS")
    for each in ("targets.json", "targets/members.json", "snapshot.json", "root_history/1.root.json"):
        whole = (cache / each).read_bytes()
        flip(cache / each)
        kept = {path: path.read_bytes() for path in folder.rglob("*.json")}
        assert restore(folder, cache) == ()
        assert {path: path.read_bytes() for path in folder.rglob("*.json")} == kept
        (cache / each).write_bytes(whole)
    network.start("GS")


def test_a_timestamp_is_not_put_back_to_one_before(network: Network) -> None:
    folder, cache = folders(network)
    old = {path.name: path.read_bytes() for path in cache.glob("*.json")}
    assert is_measured(network)
    network.stop("GS")
    for name, data in old.items():
        (cache / name).write_bytes(data)
    newest = (folder / "metadata" / "timestamp.json").read_bytes()
    assert restore(folder, cache) == ()
    assert (folder / "metadata" / "timestamp.json").read_bytes() == newest
    flip(folder / "metadata" / "timestamp.json")
    damaged = (folder / "metadata" / "timestamp.json").read_bytes()
    restore(folder, cache)
    assert (folder / "metadata" / "timestamp.json").read_bytes() == damaged
    (folder / "metadata" / "timestamp.json").write_bytes(newest)
    assert read_publication(folder).roles
    network.start("GS")
