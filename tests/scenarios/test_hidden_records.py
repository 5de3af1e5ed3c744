"""A whole list that leaves records in their register and takes them out of others' sight takes them out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from comity.act import Session
from comity.audience import Audience
from comity.ids import MemberCode
from comity.peer.consigning import Change
from comity.registers.persons import PERSONS
from comity.registers.record import make_record
from comity.testing import Network
from tests.scenarios.test_files import bring, enter, found, lines

COUNT = 20
FR = MemberCode("FR")


@pytest.fixture
def claire(network: Network) -> Session:
    """A registrar of FR."""
    return network.officer("FR", "claire", "registrar")


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({"audience": "FR"}, True),
        ({"audience": "all but LT"}, True),
        ({"handling": "confidential"}, True),
        ({"expires_on": "2026-11-25"}, True),
        ({"instruction": "locate"}, False),
    ],
)
def test_a_list_by_which_fewer_find_its_records_waits_for_a_second_registrar(
    network: Network, claire: Session, more: dict[str, str], *, held: bool
) -> None:
    enter(network, claire, lines(COUNT))
    if "expires_on" in more:
        more = {"expires_on": f"{network.now + timedelta(days=2):%Y-%m-%d}"}
    listed = bring(network, claire, lines(COUNT), is_whole=True, **more)
    assert listed.difference is not None, listed
    assert (listed.difference.changed, listed.difference.hidden) == (COUNT, COUNT if held else 0)
    outcome = network.nodes["FR"].files.enter(claire, listed.file.id, is_lawful=True)
    assert outcome is not None
    assert (outcome.verdict.outcome, bool(outcome.held)) == (("held", True) if held else ("allowed", False))
    network.settle(6)
    assert found(network, COUNT) == list(range(COUNT))


def people(network: Network, name: str, audience: Audience, born: str = "1965-03-01") -> Iterator[bytes]:
    for number in range(COUNT):
        about = {"names": [{"whole": f"{name} {number}"}], "births": [{"from": born}]}
        fields = {"reference": f"FR-{number}", "status": "wanted", **about}
        yield make_record(PERSONS, FR, fields, audience, now=network.now).encode()


@pytest.mark.parametrize(
    ("name", "audience", "born", "hidden"),
    [
        ("Ona Common", Audience.everyone(), "1965-03-01", 0),
        ("Ona Common", Audience.everyone(), "1965", 0),
        ("Ona Common", Audience.everyone(), "1865-03-01", COUNT),
        ("Nobody Else", Audience.everyone(), "1965-03-01", COUNT),
        ("Ona Common", Audience.only(FR, MemberCode("LT")), "1965-03-01", COUNT),
    ],
)
def test_persons_who_are_not_found_any_more_by_what_they_were_found_by_are_out_of_sight(
    network: Network, claire: Session, name: str, audience: Audience, born: str, hidden: int
) -> None:
    consignments = network.nodes["FR"].consignments
    packed = consignments.pack(PERSONS, people(network, "Ona Common", Audience.everyone()))
    assert consignments.consign(claire, Change(PERSONS, packed, is_lawful=True)).release is not None
    network.settle(6)
    comparison = consignments.compare(PERSONS, lambda _record: True)
    for _record in comparison.changing(people(network, name, audience, born)):
        pass
    assert comparison.difference().hidden == hidden


def test_a_whole_list_of_other_births_waits_for_a_second_registrar(network: Network, claire: Session) -> None:
    """Names and numbers are as before; but whoever asks with the date of birth does not find them any more."""
    titles = "reference,status,names.whole,births.from\n"
    first, then = (
        titles + "".join(f"FR-{number},wanted,Ona Common {number},{born}\n" for number in range(COUNT))
        for born in ("1965-03-01", "1865-03-01")
    )
    enter(network, claire, first, register="persons")
    listed = bring(network, claire, then, register="persons", is_whole=True)
    outcome = network.nodes["FR"].files.enter(claire, listed.file.id, is_lawful=True)
    assert outcome is not None
    assert (outcome.verdict.outcome, outcome.verdict.rules) == ("held", ("CTY-5.6",))


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("all", "FR", True),
        ("all", "all but XX", True),
        ("all but XX", "all", False),
        ("all but XX", "all but LT XX", True),
        ("all but XX", "FR LT", True),
        ("all but XX", "FR XX", False),
        ("FR LT", "FR", True),
        ("FR", "FR LT", False),
        ("FR LT", "all but XX", False),
        ("none", "none", True),
    ],
)
def test_an_audience_covers_another_where_whoever_is_in_that_is_in_it(wide: str, narrow: str, *, covers: bool) -> None:
    assert Audience.parse(wide).covers(Audience.parse(narrow)) is covers
