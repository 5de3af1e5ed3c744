"""What was changed in the outbox is found, put right where it can be, and named where it cannot."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign

CAST = ("LT", "FR")
NUMBER = "19AC00000"


def change(network: Network, column: str, value: Any) -> None:
    """Change one column of what waits in FR's outbox, while FR is stopped."""
    network.stop("FR")
    connection = sqlite3.connect(database(network))
    with connection:
        connection.execute(f"update delivery set {column} = ? where state = 'queued'", (value,))  # noqa: S608
    connection.close()
    network.start("FR")


def database(network: Network) -> Path:
    return network.founding.config("FR").path("data") / "node.db"


def waiting(network: Network) -> bytes:
    connection = sqlite3.connect(database(network))
    (body,) = connection.execute("select body from delivery where state = 'queued'").fetchone()
    connection.close()
    return bytes(body)


def flipped(body: bytes, at: int) -> bytes:
    data = bytearray(body)
    data[at % len(data)] ^= 1
    return bytes(data)


def go_on(network: Network) -> None:
    network.mend("FR")
    for _ in range(4):
        network.turn(601)


COLUMNS = {"sender": "FQ", "kind": "batcj", "recipient": "GR", "next_at": 4e10, "id": "0" * 64}


@pytest.mark.parametrize("column", [*COLUMNS, "body"])
@pytest.mark.parametrize("what", ["records", "file", "message"])
def test_what_was_changed_arrives_all_the_same(network: Network, what: str, column: str) -> None:
    if what == "message" and column == "body":
        pytest.skip("nothing lies beside it: the next test")
    network.cut("FR")
    if what == "records":
        network.enter(network.officer("FR", "claire", "registrar"), NUMBER)
    elif what == "file":
        consign(network, NUMBER)
    else:
        Desk(network, "FR").send("LT", text="Waits")
    change(network, column, COLUMNS.get(column) or flipped(waiting(network), 150))
    go_on(network)
    if what == "message":
        assert len(Desk(network, "LT").inbox()) == 1
    else:
        inspector = network.officer("LT", "ruta", "inspector")
        assert network.check(inspector, NUMBER, "FRA").registers[0].answer == "hit"
    network.nodes["FR"].caretaker.check_all()
    assert [each for each in network.nodes["FR"].damages.all() if each.kind == "delivery"] == []


@pytest.mark.parametrize("at", [3, 150, 600, -1])
def test_a_message_of_which_a_byte_was_changed_is_named(network: Network, at: int) -> None:
    network.cut("FR")
    Desk(network, "FR").send("LT", text="Waits")
    change(network, "body", flipped(waiting(network), at))
    go_on(network)
    assert [each.code for each in network.nodes["FR"].health().problems if "delivery" in each.code]
    assert Desk(network, "LT").inbox() == []


@pytest.mark.parametrize("at", [3, 40, 150, 300, -1])
def test_records_of_which_a_byte_was_changed_are_sent_from_their_file(network: Network, at: int) -> None:
    network.cut("FR")
    network.enter(network.officer("FR", "claire", "registrar"), NUMBER)
    change(network, "body", flipped(waiting(network), at))
    go_on(network)
    inspector = network.officer("LT", "ruta", "inspector")
    assert network.check(inspector, NUMBER, "FRA").registers[0].answer == "hit"
