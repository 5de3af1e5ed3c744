"""A bureau's own records: listed, found, looked at, taken out and changed, by their source alone."""

import pytest

from comity.act import Session
from comity.errors import UnavailableError, UnknownError
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


def test_what_stands_there_already_is_said_to_whoever_enters_it_again(network: Network, claire: Session) -> None:
    again = network.enter(claire, NUMBERS[0], "19AC00007")
    assert again.notes == ("You have records of the same already: 19AC00001 FRA. Both would stand there.",)
    twice = network.enter(claire, "19AC00008", "19AC00008")
    assert twice.notes == ("Of what is entered, 1 say the same as another: each would stand there.",)
    network.settle(2)
    assert numbers(page(network, claire, search=NUMBERS[0])) == [NUMBERS[0]] * 2


def test_what_was_taken_out_is_no_double(network: Network, claire: Session) -> None:
    [found] = page(network, claire, search=NUMBERS[0]).records
    network.nodes["FR"].own_records.amend(claire, AmendForm(records=[found.id], verb="take-out"))
    network.settle(4)
    assert network.enter(claire, NUMBERS[0]).notes == ()


def test_a_record_is_changed_by_one_at_a_time(network: Network, claire: Session) -> None:
    """Until the keeper has the first change: else two others would come in its place."""
    own = network.nodes["FR"].own_records
    [found] = page(network, claire, search=NUMBERS[0]).records
    form = AmendForm(records=[found.id], verb="restrict", audience="all but XX")
    network.cut("FR")
    assert own.amend(claire, form).given
    with pytest.raises(UnavailableError, match="on its way to the register's keeper"):
        own.amend(claire, form)
    network.mend("FR")
    network.settle(8)
    with pytest.raises(UnknownError, match="no longer there"):
        own.amend(claire, form)
    assert numbers(page(network, claire, search=NUMBERS[0])) == [NUMBERS[0]]
