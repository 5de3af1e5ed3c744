"""Lines cut and mended, traffic lost, repeated and altered: every batch arrives once, every check is honest."""

import random

import pytest

from comity.exchange.delivery import DeliveryState
from comity.testing import Network
from tests.scenarios.soak import often

ROUNDS = 25


class Weather:
    """What a bad network does to traffic; everything follows from the seed."""

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        self._random = random.Random(seed)  # noqa: S311 - that it can be repeated is the point
        self._before: dict[tuple[str, str], bytes] = {}

    def __call__(self, sender: str, to: str, data: bytes) -> bytes | None:
        before = self._before.get((sender, to), data)
        self._before[(sender, to)] = data
        fate = self._random.choice(("pass", "pass", "pass", "lose", "repeat", "alter", "cut", "empty"))
        if fate == "lose":
            return None
        if fate == "repeat":
            return before
        if fate == "alter" and data:
            place = self._random.randrange(len(data))
            return data[:place] + bytes((data[place] ^ 1 << self._random.randrange(8),)) + data[place + 1 :]
        if fate == "cut":
            return data[: self._random.randrange(len(data) + 1)]
        return b"" if fate == "empty" else data

    def change(self) -> None:
        member = self._random.choice(("LT", "FR", "GS"))
        if self._random.random() < 0.5:
            self._network.cut(member)
        else:
            self._network.mend(member)

    def clear(self) -> None:
        self._network.meddle = lambda _from, _to, data: data
        self._network.mend("LT", "FR", "BR", "XX", "GS")


@pytest.mark.parametrize("seed", often([1, 2], list(range(1, 12))))
def test_in_bad_weather_everything_arrives_once_and_no_answer_lies(network: Network, seed: int) -> None:
    claire = network.officer("FR", "claire", "registrar")
    ruta = network.officer("LT", "ruta", "inspector")
    network.enter(claire, "19AC00000")
    weather = network.meddle = Weather(network, seed)
    batches = []
    for number in range(1, ROUNDS):
        entered = network.enter(claire, f"19AC{number:05}")
        assert entered.batch is not None
        batches.append(entered.batch)
        there, absent = network.check(ruta, "19AC00000", "FRA"), network.check(ruta, "30XX99999", "FRA")
        assert there.registers[0].answer in ("hit", "no-answer", "refused")
        assert absent.registers[0].answer in ("nothing", "no-answer", "refused")
        for checked in (there, absent):
            assert checked.answer is not None or checked.why or not checked.verdict.is_allowed
        network.turn(3)
        weather.change()
    weather.clear()
    for _ in range(3):
        network.turn(301)
    claire, ruta = network.officer("FR", "anne", "registrar"), network.officer("LT", "rasa", "inspector")
    for number, batch in enumerate(batches, 1):
        found = network.nodes["FR"].records.find(claire, batch)
        assert found.delivery is not None
        assert found.receipt is not None
        assert (found.delivery.state, found.receipt.step) == (DeliveryState.DELIVERED, "delivered")
        assert len(network.check(ruta, f"19AC{number:05}", "FRA").registers[0].hits) == 1
        network.now = network.now.replace(microsecond=number)
    assert network.nodes["FR"].condition.state().queued == 0
    for code, node in network.nodes.items():
        assert node._ledger.verify().findings == (), code


def test_a_check_without_a_line_says_so_and_is_on_the_record(network: Network) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    network.cut("LT")
    checked = network.check(ruta, "19AC45678", "FRA")
    assert [each.answer for each in checked.registers] == ["no-answer"]
    assert (checked.why, checked.answer) == ("line-down", None)
    network.mend("LT")
    network.stop("GS")
    assert network.check(ruta, "19AC45678", "FRA").why == "not-listening"
    network.start("GS")
    network.meddle = lambda _from, _to, _data: None
    assert network.check(ruta, "19AC45678", "FRA").why == "too-late"
    kinds = [row.kind for row in network.ledger("LT")]
    assert kinds.count("query.ask") == kinds.count("answer.receive") == 3


def test_a_late_answer_of_another_question_is_no_answer(network: Network) -> None:
    """The broker hands LT the keeper's signed answer to the question before."""
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    ruta = network.officer("LT", "ruta", "inspector")
    kept: list[bytes] = []
    network.meddle = lambda sender, _to, data: (kept.append(data), data)[1] if sender == "GS" else data
    assert network.check(ruta, "19AC45679", "FRA").registers[0].answer == "nothing"
    network.meddle = lambda sender, _to, data: kept[0] if sender == "GS" else data
    checked = network.check(ruta, "19AC45678", "FRA")
    assert (checked.registers[0].answer, checked.why) == ("no-answer", "too-late")  # it ended no wait


def test_a_receipt_for_another_batch_ends_no_delivery(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    kept: list[bytes] = []
    network.meddle = lambda sender, _to, data: (kept.append(data), data)[1] if sender == "GS" else data
    network.enter(claire, "19AC45678")
    receipt = kept[0]
    network.meddle = lambda sender, _to, data: receipt if sender == "GS" else data
    entered = network.enter(claire, "19AC45679")
    assert entered.delivery is not None
    assert (entered.delivery.state, entered.receipt) == (DeliveryState.QUEUED, None)
    assert entered.batch is not None
    network.meddle = lambda _from, _to, data: data
    network.turn(20)
    assert network.nodes["FR"].records.find(claire, entered.batch).receipt is not None
