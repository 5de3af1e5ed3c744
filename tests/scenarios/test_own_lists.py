"""The list of own records: what was changed in it is put right by the batch files, and nothing gone stays in it."""

import sqlite3

import pytest

from comity.act import Session
from comity.office import own_listing
from comity.office.own_record import AmendForm
from comity.registers.own_record import OwnWanted
from comity.testing import Network

from .test_own_records import DOCUMENTS, NUMBERS, claire, numbers, page

__all__ = ["claire"]
CHANGES = {
    "row": "delete from own_record",
    "status": "update own_record set status = 'lost'",
    "end": "update own_record set ends_at = ends_at + 86400",
    "register": "update own_record set register = 'vehicles'",
    "place": "update own_record set place = place + 5",
    "key": "update own_key set key = x'00112233445566778899aabbccddeeff'",
    "key's row": "delete from own_key",
    "key's place": "update own_key set place = place + 5",
    "mark": "update own_through set position = position + 7",
    "mark's row": "delete from own_through",
}


def meddle(network: Network, statement: str) -> None:
    """Change FR's database as a disk would, while it is not running."""
    network.stop("FR")
    connection = sqlite3.connect(network.founding.config("FR").path("data") / "node.db")
    with connection:
        connection.execute(statement)
    connection.close()
    network.start("FR")


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_the_list_is_put_right(network: Network, claire: Session, change: str) -> None:
    meddle(network, CHANGES[change])
    network.settle(6)
    assert numbers(page(network, claire)) == list(reversed(NUMBERS))
    for number in NUMBERS:
        assert numbers(page(network, claire, search=number)) == [number]
    assert len(page(network, claire, status="stolen-blank").records) == len(NUMBERS)
    assert page(network, claire, status="lost").records == ()
    network.enter(claire, "19AC00009")
    network.settle(2)
    assert numbers(page(network, claire, search="19AC00009")) == ["19AC00009"]


def test_by_what_a_record_was_found_goes_with_it(network: Network, claire: Session) -> None:
    [found] = page(network, claire, search=NUMBERS[0]).records
    network.nodes["FR"].own_records.amend(claire, AmendForm(records=[found.id], verb="take-out"))
    network.settle(8)
    connection = sqlite3.connect(network.founding.config("FR").path("data") / "node.db")
    assert connection.execute("select count(*) from own_key").fetchone() == (len(NUMBERS) - 1,)
    assert connection.execute("select count(*) from own_record").fetchone() == (len(NUMBERS) - 1,)
    connection.close()


def test_a_batch_is_listed_in_pieces(network: Network, claire: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_listing, "PIECE", 2)
    many = [f"19AC1000{number}" for number in range(7)]
    network.enter(claire, *many)
    network.settle(2)
    assert numbers(page(network, claire)) == [*reversed(many), *reversed(NUMBERS)]


def test_another_members_records_are_not_listed(network: Network, claire: Session) -> None:
    del claire
    registrar = network.officer("GS", "greta", "registrar")
    network.settle(2)
    listed = network.nodes["GS"].own_records.list(registrar, OwnWanted(register=DOCUMENTS)).given
    assert listed.records == ()
