"""To whom something leaves is what the rulebook looks at: the facts are about that member, in every act."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.node import Node
from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.rules.verdict import Verdict
from comity.testing import Network
from tests.scenarios.desks import QUIET_S, Desk
from tests.scenarios.standings import measure
from tests.scenarios.test_consignments import consign


class Listening:
    """The rulebook in force, and what it was asked."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self.heard: defaultdict[str, set[str]] = defaultdict(set)

    def judge(self, facts: Facts) -> Verdict:
        self.heard[facts.kind].add(facts.recipient_standing)
        return self._rulebook.judge(facts)

    def judge_ground(self, facts: Facts) -> Verdict:
        return self._rulebook.judge_ground(facts)


class Overheard(Network):
    """A network whose nodes all go by one rulebook that listens."""

    listening = Listening(MODEL_RULEBOOK)

    def start(self, code: str, *, locked: bool = False, **changed: object) -> Node:
        node = super().start(code, locked=locked, **changed)
        node.gate._rulebook = lambda: self.listening  # type: ignore[assignment,return-value]
        return node


@pytest.fixture
def overheard(founded: Network, tmp_path: Path) -> Iterator[Overheard]:
    found = Overheard(tmp_path, like=founded)
    found.listening.heard.clear()
    yield found
    found.close()


def play(network: Network) -> None:
    """Everything by which something leaves for FR, or for LT, that asks FR's records; FR is away in the middle."""
    claire, ruta = network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector")
    batch = network.enter(claire, "19AC45678").batch
    consign(network, "19AC00001")
    network.settle(4)
    if batch is not None:
        network.check(ruta, "19AC45678", "FRA")
        network.nodes["LT"].read_record(ruta, f"{batch}.0", purpose="border-control", reference="")
    network.settle(3)
    network.stop("FR")
    desk = Desk(network, "LT")
    name = desk.send("FR", attachments=(desk.attach(bytes(500)),))
    network.settle(3)
    network.stop("LT")
    network.start("FR")
    network.turn(QUIET_S)
    Desk(network, "FR").open(name)
    network.settle(3)
    network.start("LT")
    network.turn(QUIET_S)
    network.settle(3)


def test_facts_about_every_act_that_gives_something_to_a_member_say_how_that_member_stands(
    overheard: Overheard,
) -> None:
    handlers = overheard.nodes["GS"].gate._handlers
    giving = {kind for kind, handler in handlers.items() if handler.gives_to in ("asker", "members")}
    play(overheard)
    assert {kind: overheard.listening.heard[kind] for kind in giving} == {kind: {"open"} for kind in giving}


def test_a_measure_against_the_recipient_is_seen_by_whoever_gives_it_something(overheard: Overheard) -> None:
    measure(overheard, "FR", "message")
    overheard.listening.heard.clear()
    Desk(overheard, "LT").send("FR")
    overheard.settle(3)
    assert overheard.listening.heard["message.send"] == {"suspended"}
