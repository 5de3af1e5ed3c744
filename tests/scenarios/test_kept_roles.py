"""A network in one folder outlives its directory: what people sign once a year is signed anew when it is started."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from comity.errors import UntrustedError
from comity.founding import Offline, renew_roles
from comity.members.publication import Publication
from comity.members.roles import ROOT, TARGETS, WARNING, form_of, member_of_role, parse_role
from comity.peer.repository import read_publication
from comity.testing import Network

YEAR = timedelta(days=365)
PEOPLES = {ROOT, TARGETS, "member-GS", "member-LT", "member-FR"}


@pytest.fixture
def kept(founded_pair: Network, tmp_path: Path) -> Network:
    """A network that was entered into, and stopped."""
    network = Network(tmp_path, like=founded_pair)
    network.enter(network.officer("FR", "claire", "registrar"), "19AC00001")
    network.close()
    return network


def folder_of(network: Network) -> Path:
    return network.founding.folder / "GS" / "data" / "repository"


def renew(network: Network, offline: Offline | None = None) -> tuple[str, ...]:
    keys = network.founding._keys["GS"]
    return renew_roles(folder_of(network), keys, offline or network.founding.offline, network.now)


def ends(network: Network, held: Publication) -> dict[str, timedelta]:
    peoples = [role for role in held.roles if role in {ROOT, TARGETS} or member_of_role(role)]
    return {role: parse_role(role, held.roles[role], form_of(role)).signed.expires - network.now for role in peoples}


def start(network: Network) -> None:
    for code in network.founding.passphrases:
        network.start(code)
    network.settle(4)


@pytest.mark.parametrize("years", [1, 3])
def test_after_years_in_a_drawer_a_network_answers_as_before(kept: Network, years: int) -> None:
    kept.now += years * YEAR + timedelta(days=9)
    assert set(renew(kept)) == PEOPLES
    start(kept)
    try:
        jonas = kept.officer("LT", "jonas", "inspector")
        assert kept.check(jonas, "19AC00001", "FRA").registers[0].answer == "hit"
    finally:
        kept.close()


def test_without_that_it_does_not(kept: Network) -> None:
    kept.now += YEAR + timedelta(days=9)
    start(kept)
    try:
        checked = kept.check(kept.officer("LT", "jonas", "inspector"), "19AC00001", "FRA")
        assert checked.registers[0].answer == "refused"
        assert "CTY-2.1" in checked.verdict.rules
    finally:
        kept.close()


def test_what_has_a_month_left_is_not_signed_again(kept: Network) -> None:
    kept.now += YEAR - WARNING - timedelta(days=1)
    before = read_publication(folder_of(kept))
    assert renew(kept) == ()
    assert read_publication(folder_of(kept)) == before
    kept.now += timedelta(days=2)
    assert set(renew(kept)) == PEOPLES
    assert min(ends(kept, read_publication(folder_of(kept))).values()) > YEAR - timedelta(days=1)
    assert renew(kept) == ()


def test_other_keys_sign_nothing_and_change_nothing(kept: Network) -> None:
    kept.now += YEAR
    before = read_publication(folder_of(kept))
    right = kept.founding.offline
    for wrong in (
        msgspec.structs.replace(right, holders=tuple("5" * 63 + str(at) for at in range(3))),
        msgspec.structs.replace(right, delegations={}),
        msgspec.structs.replace(right, delegations=dict.fromkeys(right.delegations, "7" * 64)),
    ):
        with pytest.raises(UntrustedError):
            renew(kept, wrong)
        assert read_publication(folder_of(kept)) == before
