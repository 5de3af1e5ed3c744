"""A bureau's own records: listed, found, looked at, taken out and changed, by their source alone."""

import pytest

from comity.act import Session
from comity.errors import UnknownError
from comity.office.own_record import AmendForm
from comity.registers.own_record import OwnPage, OwnWanted
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import Network

NUMBERS = ("19AC00001", "19AC00002", "19AC00003")
DOCUMENTS = TRAVEL_DOCUMENTS.name


@pytest.fixture
def claire(network: Network) -> Session:
    claire = network.officer("FR", "claire", "registrar")
    for number in NUMBERS:
        network.enter(claire, number)
    network.settle(2)
    return claire


def page(network: Network, by: Session, **wanted: object) -> OwnPage:
    return network.nodes["FR"].own_records.list(by, OwnWanted(register=DOCUMENTS, **wanted)).given  # type: ignore[arg-type]


def numbers(found: OwnPage) -> list[str]:
    return [each.record.fields["number"] for each in found.records if each.record]


def test_what_was_entered_is_listed_the_newest_first(network: Network, claire: Session) -> None:
    found = page(network, claire)
    assert numbers(found) == list(reversed(NUMBERS))
    assert (found.total, found.next, found.lacks) == (3, "", "")


def test_a_found_passport_is_taken_out_and_is_no_hit_any_more(network: Network, claire: Session) -> None:
    [found] = page(network, claire, search="19AC00002").records
    done = network.nodes["FR"].own_records.amend(claire, AmendForm(records=[found.id], verb="take-out", why="Found."))
    assert done.given
    network.settle(4)
    assert numbers(page(network, claire)) == ["19AC00003", "19AC00001"]
    answer = network.check(network.officer("LT", "ruta", "inspector"), "19AC00002", "FRA")
    assert answer.registers[0].answer == "nothing"
    [gone] = page(network, claire, gone=True).records
    assert gone.id == found.id
    assert gone.gone_at is not None
    with pytest.raises(UnknownError, match="no longer there"):
        network.nodes["FR"].own_records.amend(claire, AmendForm(records=[found.id], verb="take-out"))
