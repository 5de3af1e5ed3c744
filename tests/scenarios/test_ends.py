"""Records at their end: they go by themselves at every node that has them, bytes and all, and none goes before."""

from datetime import timedelta

import pytest

from comity.act import Session
from comity.peer.entering import EntryForm
from comity.testing import Network

from .test_own_records import NUMBERS, claire, numbers, page

__all__ = ["claire"]
DAY_S = 86_400
SHORT = "19BB00001"


@pytest.fixture
def short(network: Network, claire: Session) -> str:
    """A record that is kept for ten days."""
    fields = {"number": SHORT, "country": "FRA", "type": "passport", "loss": "stolen"}
    last = f"{network.now + timedelta(days=10):%Y-%m-%d}"
    form = EntryForm(register="travel-documents", records=[fields], is_lawful=True, expires_on=last)
    network.nodes["FR"].records.enter(claire, form)
    network.settle(4)
    return SHORT


def answer(network: Network, number: str) -> str:
    return network.check(network.officer("LT", "ruta", "inspector"), number, "FRA").registers[0].answer


def said(number: str) -> bytes:
    """How a record says its number; questions about it stay in the ledger."""
    return f'"loss":"stolen","number":"{number}"'.encode()


def bytes_of(network: Network, code: str) -> bytes:
    folder = network.founding.config(code).path("data")
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_record_goes_at_its_end_and_leaves_nothing(network: Network, claire: Session, short: str) -> None:
    del claire
    assert answer(network, short) == "hit"
    for code in ("FR", "GS"):
        assert said(short) in bytes_of(network, code)
    for _day in range(12):
        network.turn(DAY_S)
    network.settle(4)
    claire = network.officer("FR", "claire", "registrar")
    assert sorted(numbers(page(network, claire))) == sorted(NUMBERS)
    assert answer(network, short) == "nothing"
    for code in ("FR", "GS"):
        kept = bytes_of(network, code)
        assert said(short) not in kept, code
        [ended] = [row.content for row in network.ledger(code, "record.expire") if row.content]
        assert (ended.verdict, len(ended.detail["records"])) == ("allowed", 1)
        assert network.nodes[code].caretaker.check_all() == ()
        assert network.nodes[code].health().problems == ()


def test_none_goes_before(network: Network, claire: Session, short: str) -> None:
    del claire
    for _day in range(9):
        network.turn(DAY_S)
    network.settle(4)
    assert answer(network, short) == "hit"
    assert network.ledger("FR", "record.expire") == ()


def test_nothing_goes_by_a_clock_that_the_directory_does_not_bear_out(
    network: Network, claire: Session, short: str
) -> None:
    """FR's clock is a month ahead; then it is right again."""
    del claire
    right = network.now
    network.cut("FR")
    network.now = right + timedelta(days=31)
    for _round in range(3):
        network.nodes["FR"].tick()
    network.now = right
    network.mend("FR")
    network.settle(4)
    assert network.ledger("FR", "record.expire") == ()
    claire = network.officer("FR", "claire", "registrar")
    assert short in numbers(page(network, claire))


def test_what_was_noted_of_an_end_and_changed_is_learnt_anew(network: Network, claire: Session, short: str) -> None:
    del claire
    for code in ("FR", "GS"):
        network.nodes[code]._store.write_rows(
            lambda connection: connection.exec_driver_sql("update batch_end set ends_at = ends_at + 1e9")
        )
    for _day in range(12):
        network.turn(DAY_S)
    network.settle(8)
    assert answer(network, short) == "nothing"
    assert len(network.ledger("FR", "record.expire")) == 1
