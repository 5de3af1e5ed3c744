"""A member that has left, or knows its own keys no more: what it once signed stays what it was, and hides nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.ids import RegisterName
from comity.index.kept import ask_anew
from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_damage import flip_file, look_after, problems
from tests.scenarios.test_files import enter, lines
from tests.scenarios.test_leaving import remove
from tests.scenarios.test_rotated_keys import Ceremony

DOCUMENTS = "travel-documents"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Ceremony]:
    found = Ceremony(tmp_path)
    yield found
    found.close()


@pytest.fixture
def used(network: Ceremony) -> Ceremony:
    """FR has entered by hand and by a file, written and answered; BR has entered one record."""
    claire = network.officer("FR", "claire", "registrar")
    network.enter(claire, "19AC45678")
    enter(network, claire, lines(5))
    network.enter(network.officer("BR", "lucas", "registrar"), "77BR11111", at="BR", country="BRA")
    sent = Desk(network, "FR").send("LT", "BR", attachments=(Desk(network, "FR").attach(b"x" * 5000),))
    network.settle(4)
    Desk(network, "LT").send("FR", reply_to=sent)
    network.settle(4)
    for code in network.nodes:
        assert problems(network, code) == {}
    return network


def answers(network: Network) -> tuple[str, str]:
    """What LT hears about BR's record, and about none."""
    ruta = network.officer("LT", "ruta", "inspector")
    found = (network.check(ruta, number, "BRA").registers[0].answer for number in ("77BR11111", "77BR99999"))
    first, second = found
    return first, second


def verify_sound(network: Network) -> None:
    look_after(network, 20)
    for code in network.nodes:
        assert problems(network, code) == {}, code
    assert answers(network) == ("hit", "nothing")


def begin_anew(network: Network) -> None:
    """The keeper's index is built again from what is there, after a restart."""
    network.stop("GS")
    ask_anew(network.founding.config("GS").path("data") / "index", RegisterName(DOCUMENTS))
    network.start("GS")
    network.settle(4)


def test_when_a_member_is_removed_nothing_that_it_left_looks_changed(used: Ceremony) -> None:
    remove(used)
    used.settle(4)
    verify_sound(used)
    begin_anew(used)
    verify_sound(used)


def test_what_a_removed_member_left_is_known_after_every_node_was_restarted(used: Ceremony) -> None:
    remove(used)
    used.settle(4)
    for code in tuple(used.nodes):
        used.stop(code)
        used.start(code)
    used.settle(4)
    verify_sound(used)


def batch_with(network: Network, code: str, number: bytes) -> Path:
    folder = network.founding.config(code).path("data") / "batches"
    [path] = (each for each in folder.rglob("*") if each.is_file() and number in each.read_bytes())
    return path


def test_what_of_a_removed_member_can_be_read_no_more_hides_nobody_elses(used: Ceremony) -> None:
    remove(used)
    used.settle(4)
    used.stop("FR")
    path = batch_with(used, "GS", b"19AC45678")
    flip_file(path, path.read_bytes().index(b"19AC45678") + 4)
    begin_anew(used)
    look_after(used, 20)
    assert "damaged-batch" in problems(used, "GS"), "it is found and named"
    assert answers(used) == ("hit", "nothing")


def test_what_of_a_member_can_be_read_no_more_lets_nobody_say_nothing(used: Ceremony) -> None:
    used.stop("FR")
    path = batch_with(used, "GS", b"19AC45678")
    flip_file(path, path.read_bytes().index(b"19AC45678") + 4)
    begin_anew(used)
    look_after(used, 20)
    assert answers(used) == ("hit", "no-answer")


@pytest.mark.parametrize("times", [1, 20], ids=["once", "more often than anybody remembers"])
def test_a_member_that_names_its_former_keys_no_more_makes_nothing_look_changed(
    used: Ceremony, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Else one member's keys would keep everybody from hearing "nothing"."""
    for module in ("members.listing", "members.directory", "store.members"):
        monkeypatch.setattr(f"comity.{module}.KNOWN_KEYS_MAX", 17)
    for _time in range(times):
        used.rotate_signing("FR")
        used.speak("FR")
    used.settle(4)
    verify_sound(used)
    begin_anew(used)
    verify_sound(used)
