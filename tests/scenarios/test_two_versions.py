"""Two versions of the program in one network: each writes what the other reads, and the newest once both read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.exchange.reading import MessagesWanted
from comity.ids import MemberCode
from tests.scenarios.desks import Desk
from tests.scenarios.two_versions import TwoVersions

LT, FR, GS = "LT", "FR", "GS"
INBOX = MessagesWanted("in")


@pytest.fixture(params=[{"LT"}, {"FR", "GS"}, {"GS"}, set()], ids=lambda newer: " ".join(sorted(newer)) or "nobody")
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TwoVersions]:
    """Not all nodes know the newest versions."""
    found = TwoVersions(tmp_path, request.param, members=("LT", "FR"))
    yield found
    found.close()


def write(network: TwoVersions, at: str, to: str, **more: str) -> None:
    """A message goes through, from desk to desk; what of it waits is carried."""
    with network.at(at):
        name = Desk(network, at).send(to, **more)
    network.settle()
    with network.at(to):
        assert Desk(network, to).open(name)[-1].text.text == "Do you know it?"
    network.settle()


def ask(network: TwoVersions, at: str) -> str:
    """A question to the keeper; how its register answers."""
    with network.at(at):
        checked = network.check(network.officer(at, "ruta", "inspector"), "19AC45678", "FRA", at=at)
    return checked.registers[0].answer


def test_messages_and_questions_work_and_none_writes_what_the_other_does_not_read(network: TwoVersions) -> None:
    write(network, LT, FR)
    write(network, FR, LT)
    assert {version for _at, _to, version in network.versions("envelope")} == {2}
    assert ask(network, LT) == ask(network, FR) == "nothing"
    readers = {MemberCode(code) for code in network.newer}
    assert set(network.versions("query")) == {(code, GS, 2 if {code, GS} <= readers else 1) for code in (LT, FR)}


def test_the_newest_is_written_as_soon_as_all_that_read_it_have_said_so_without_a_restart(
    network: TwoVersions,
) -> None:
    for code in (LT, FR, GS):
        if code not in network.newer:
            network.update(code)
            write(network, LT, FR)
            write(network, FR, LT)
            is_all = network.newer == {LT, FR, GS}
            assert {version for _at, _to, version in network.versions("envelope")} == {3 if is_all else 2}
    assert ask(network, LT) == ask(network, FR) == "nothing"
    assert {version for _at, _to, version in network.versions("query")} == {2}


def test_a_node_that_goes_back_to_the_program_before_is_written_to_in_its_versions(tmp_path: Path) -> None:
    network = TwoVersions(tmp_path, {LT, FR, GS}, members=("LT", "FR"))
    write(network, LT, FR)
    assert {version for _at, _to, version in network.versions("envelope")} == {3}
    network.update(FR, to_newer=False)
    told = network.nodes[LT].directory().find_told(MemberCode(FR))
    assert told is not None
    assert (told.reads.number, told.reads.formats["envelope"]) == (2, 2)
    write(network, LT, FR)
    write(network, FR, LT)
    assert {version for _at, _to, version in network.versions("envelope")} == {2}
    network.close()


def test_what_was_kept_in_the_newer_version_is_called_newer_by_the_program_before_and_never_changed(
    tmp_path: Path,
) -> None:
    network = TwoVersions(tmp_path, {LT, FR, GS}, members=("LT", "FR"))
    write(network, LT, FR)
    network.update(FR, to_newer=False)
    with network.at(FR) as node:
        desk = Desk(network, FR)
        assert desk.inbox() == []
        said = [each.text for each in node.messages.list(desk.session(), INBOX).release.damaged]
        assert said == ["It is of version 3 of envelope; this node reads up to 2. Update Comity at this node."]
    network.update(FR)
    with network.at(FR):
        assert len(Desk(network, FR).inbox()) == 1
    network.close()
