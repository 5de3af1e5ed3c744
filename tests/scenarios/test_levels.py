"""Levels of handling are the rulebook's: one that this program has never heard of is sent, kept, opened and shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from comity import enrolment
from comity.errors import InputError
from comity.exchange.reading import MessagesWanted
from comity.formats_table import newest_versions
from comity.peer.messenger import MessageForm
from comity.rules.levels import highest, levels_of
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.testing import Network
from tests.exchange.envelopes import unpack
from tests.rules.before import BEFORE
from tests.scenarios.desks import Desk
from tests.scenarios.levels import LEVELS, with_secret


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """LT and FR under that rulebook, closed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(enrolment, "MODEL_RULEBOOK", with_secret(MODEL_RULEBOOK))
        found = Network(tmp_path_factory.mktemp("secretive"), members=("LT", "FR"))
    found.close()
    return found


@pytest.fixture
def network(secretive: Network, tmp_path: Path) -> Iterator[Network]:
    found = Network(tmp_path, like=secretive)
    yield found
    found.close()


def reads_only(network: Network, code: str, **formats: int) -> None:
    """A node of before: so it says from now on."""
    network.nodes[code]._stater._formats = lambda: newest_versions() | formats
    network.turn(61)
    network.settle()


def head_of(network: Network, at: str, name: str) -> dict[str, object]:
    found = network.nodes[at]._store.read(lambda unit: unit.find_message(name))
    assert found is not None
    head: dict[str, object] = json.loads(unpack(found.shell)[2][0])
    return head


def test_a_level_of_the_rulebook_goes_through_and_is_opened_by_the_roles_that_cover_it(network: Network) -> None:
    name = Desk(network, "LT").send("FR", handling="secret")
    network.settle()
    for at in ("LT", "FR"):
        head = head_of(network, at, name)
        assert (head["v"], head["handling"]) == (2, "secret")
    refused = network.nodes["FR"].messages.open(network.officer("FR", "anna", "desk"), name)
    assert refused.verdict.rules == ("RPD-107.2",)
    opened = network.nodes["FR"].messages.open(network.officer("FR", "berta", "registrar"), name).release
    assert opened[0].text.text == "Do you know it?"


def test_a_list_shows_the_subject_of_no_level_that_the_program_does_not_know(network: Network) -> None:
    for level in LEVELS:
        Desk(network, "LT").send("FR", handling=level)
    network.settle()
    page = network.nodes["FR"].messages.list(network.officer("FR", "anna", "desk"), MessagesWanted("in")).release
    shown = {line.message.head.handling: line.subject for line in page.lines}
    assert shown == {"official-use": "From LT", "restricted": "From LT", "confidential": None, "secret": None}


def test_a_level_that_the_rulebook_does_not_list_is_refused_by_its_rule(network: Network) -> None:
    assert Desk(network, "LT").try_send("FR", handling="cosmic").verdict.rules == ("RPD-112.1",)


def test_whose_node_cannot_read_a_level_yet_is_named_and_nothing_is_sent(network: Network) -> None:
    reads_only(network, "FR", envelope=1)
    before = len(network.ledger("LT", "message.send"))
    with pytest.raises(InputError, match="The level secret cannot be read yet at: FR") as caught:
        Desk(network, "LT").send("FR", handling="secret")
    assert caught.value.where == "handling"
    assert "official-use, restricted, confidential" in caught.value.next_step
    network.settle()
    assert Desk(network, "FR").inbox() == []
    assert len(network.ledger("LT", "message.send")) == before


def test_the_relay_has_to_read_it_too(network: Network) -> None:
    reads_only(network, "GS", envelope=1)
    with pytest.raises(InputError, match="cannot be read yet at: GS"):
        Desk(network, "LT").send("FR", handling="secret")


def test_to_a_node_that_reads_version_1_the_known_levels_go_in_version_1(network: Network) -> None:
    reads_only(network, "FR", envelope=1)
    name = Desk(network, "LT").send("FR", handling="confidential")
    network.settle()
    assert head_of(network, "FR", name)["v"] == 1
    assert Desk(network, "FR").open(name)[0].message.head.handling == "confidential"
    reads_only(network, "FR")
    again = Desk(network, "LT").send("FR", handling="confidential")
    assert head_of(network, "LT", again)["v"] == 2
    assert head_of(network, "LT", name)["v"] == 1, "what was sent stays what it was"


@pytest.mark.parametrize("level", ["Secret", "top secret", "s\u202ecret", "x" * 41])
def test_a_level_that_no_head_can_have_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    found = with_secret(BEFORE)  # form 3 has no such codes
    data = found.encode().decode().replace('"secret"', json.dumps(level, ensure_ascii=False))
    monkeypatch.setattr("comity.rules.fitting.KINDS", ())  # nor does a rule of it speak of every act of today
    monkeypatch.setattr(enrolment, "MODEL_RULEBOOK", msgspec.json.decode(data, type=Rulebook))
    network = Network(tmp_path, members=("LT", "FR"))
    with pytest.raises(InputError, match="A level is called by small letters"):
        network.nodes["LT"].messages.send(
            network.officer("LT", "anna", "desk"), MessageForm(to=("FR",), subject="s", text="t", handling=level)
        )
    network.close()


def test_the_levels_are_those_of_the_rules_that_speak_of_the_act() -> None:
    assert levels_of(MODEL_RULEBOOK, "message.send") == LEVELS[:3]
    assert levels_of(with_secret(MODEL_RULEBOOK), "record.enter") == LEVELS
    assert levels_of(MODEL_RULEBOOK, "session.open") == levels_of(FIRST_RULEBOOK, "message.send") == ()


def test_the_highest_level_is_the_last_in_the_rulebook_and_an_unknown_one_is_above_all() -> None:
    assert highest(LEVELS, ["restricted", "secret", "official-use"]) == "secret"
    assert highest(LEVELS[:3], ["restricted", "secret", "official-use"]) == "secret"
    assert highest(LEVELS, ["restricted", "official-use"]) == "restricted"
