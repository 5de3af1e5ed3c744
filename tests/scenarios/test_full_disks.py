"""A disk that is full: refused before anything is half done, shown, and over when there is room again."""

import errno

import pytest

from comity.errors import UnavailableError
from comity.testing import Network

CAST = ("LT", "FR")
MORE_THAN_ANY_DISK_MB = 10**9


class Full:
    """A boundary at which the disk refuses."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __call__(self, name: str) -> None:
        if name == self._step:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_below_the_reserve_every_act_is_refused_and_health_is_red(network: Network) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    before = len(network.ledger("LT"))
    network.stop("LT")
    node = network.start("LT", reserve_mb=MORE_THAN_ANY_DISK_MB)
    for act in (
        lambda: network.check(ruta, "19AC45678", "FRA"),
        lambda: node.officers.sign_in("ruta", "whatever it was"),
        lambda: node.officers.sign_out(ruta),
        lambda: node.officers.give("eva", "Eva", ("inspector",)),
    ):
        with pytest.raises(UnavailableError, match="disk is full"):
            act()
    assert [problem.code for problem in node.health().problems] == ["disk-full"]
    network.stop("LT")
    network.start("LT")
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
    assert len(network.ledger("LT")) == before + 2


def test_a_keeper_without_room_complains_and_the_batch_comes_again(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.stop("GS")
    network.start("GS", reserve_mb=MORE_THAN_ANY_DISK_MB)
    entered = network.enter(claire, "19AC45678")
    assert entered.receipt is None
    network.stop("GS")
    network.start("GS")
    network.turn(30)
    assert entered.batch is not None
    assert network.nodes["FR"].records.find(claire, entered.batch).receipt is not None


@pytest.mark.parametrize("step", ["segment.write", "segment.written", "segment.synced"])
def test_an_answer_whose_entry_finds_no_room_is_not_released(network: Network, step: str) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    network.settle()
    before = [row.id for row in network.ledger("LT")]
    heard: list[bytes] = []
    network.meddle = lambda _from, _to, data: (heard.append(data), data)[1]
    network.boundaries["LT"] = Full(step)
    with pytest.raises(UnavailableError):
        network.check(ruta, "19AC45678", "FRA")
    network.boundaries.clear()
    assert heard == [], "a question whose entry is not durable never leaves"
    assert [row.id for row in network.ledger("LT")] == before
    network.meddle = lambda _from, _to, data: data
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "nothing"
    assert len(network.ledger("LT")) == len(before) + 2


@pytest.mark.parametrize("step", ["replace.write", "replace.rename", "batch.durable"])
def test_a_batch_that_finds_no_room_is_not_entered(network: Network, step: str) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.boundaries["FR"] = Full(step)
    with pytest.raises(UnavailableError):
        network.enter(claire, "19AC45678")
    network.boundaries.clear()
    assert network.nodes["FR"].condition.state().queued == 0
    assert network.ledger("FR", "record.enter") == ()
    assert network.enter(claire, "19AC45678").receipt is not None
