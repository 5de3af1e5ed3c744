"""Marks of how far something has gone: one that was changed goes back, and nothing is left out or done twice."""

import sqlite3

import pytest

from comity.testing import Network
from tests.scenarios.test_hit_alerts import alerts, check, record

__all__ = ["record"]
MARKS = {
    "position ahead": "update alerted set position = position + 64",
    "position a little ahead": "update alerted set position = position + 1",
    "position far ahead": "update alerted set position = position + 1099511627776",
    "position behind": "update alerted set position = 0",
    "a period to come": "update alerted set period = '3026-11'",
    "a period that was": "update alerted set period = '2025-11'",
    "no period": "update alerted set period = x'ff'",
    "no number": "update alerted set position = 'many'",
    "a source": "update alerted set source = 'ZZ'",
    "a source before all": "update alerted set source = 'AA'",
    "no row": "delete from alerted",
}


@pytest.mark.parametrize("mark", MARKS)
def test_alerts_go_on_from_a_changed_mark_and_each_hit_is_told_once(network: Network, record: str, mark: str) -> None:
    del record
    for _ in range(2):
        assert check(network) == "hit"
        network.settle(3)
    assert len(alerts(network)) == 2
    network.stop("GS")
    connection = sqlite3.connect(network.founding.config("GS").path("data") / "node.db")
    with connection:
        connection.execute(MARKS[mark])
    connection.close()
    network.start("GS")
    network.settle(3)
    assert check(network) == "hit"
    network.settle(3)
    assert len(alerts(network)) == 3


def test_a_changed_mark_is_named(network: Network, record: str) -> None:
    del record
    assert check(network) == "hit"
    network.settle(3)
    network.stop("GS")
    connection = sqlite3.connect(network.founding.config("GS").path("data") / "node.db")
    with connection:
        connection.execute(MARKS["a period to come"])
    connection.close()
    network.start("GS")
    network.nodes["GS"].works.once("alerts")
    assert ("database", "alerted") in [(each.kind, each.name) for each in network.nodes["GS"].damages.all()]
