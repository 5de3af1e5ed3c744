"""To whom something leaves is what the rulebook looks at: the facts are about that member, in every act."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from comity.node import Node
from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.rules.verdict import Verdict
from comity.testing import Network
from tests.peer.frames import put
from tests.scenarios.desks import Desk
from tests.scenarios.questions import NUMBER, Questions, put_every_question
from tests.scenarios.standings import measure
from tests.scenarios.test_consignments import consign


class Listening:
    """The rulebook in force, and what it was asked."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.heard: defaultdict[str, set[str]] = defaultdict(set)

    def judge(self, facts: Facts) -> Verdict:
        self.heard[facts.kind].add(facts.recipient_standing)
        return self.rulebook.judge(facts)

    def judge_ground(self, facts: Facts) -> Verdict:
        return self.rulebook.judge_ground(facts)


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


RECIPIENTS: Final = {
    "alert.send": "FR", "batch.accept": "FR", "consignment.accept": "FR", "consignment.take": "FR",
    "query.answer": "LT", "record.show": "LT",
    "message.send": "FR LT", "message.deliver": "GS LT", "message.open": "LT", "blob.show": "FR GS",
    "envelope.relay": "FR", "receipt.relay": "LT", "receipt.take": "FR LT",
}  # fmt: skip
"""To whom each act gives something in the play."""


def play(network: Overheard, measured: str) -> None:
    """Every act that gives something, once ``measured`` alone is under review, which its own node may refuse first."""
    questions = Questions(network)
    put_every_question(
        network, network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector")
    )
    unopened = Desk(network, "LT").send("FR")
    network.settle(3)
    consign(network, "19AC00002")
    network.survive("FR", lambda node: node.tick())
    network.check(network.officer("LT", "ruta", "inspector"), NUMBER, "FRA")
    network.listening.heard.clear()
    for channel in ("enter", "message", "query"):
        measure(network, measured, channel, "review")
    for (_begins, asker, to), question in questions.kept.items():
        put(network, asker, question, to=to)
    Desk(network, "FR").open(unopened)
    for code in ("FR", "LT"):
        Desk(network, "GS").send(code)
    network.settle(3)


@pytest.mark.parametrize("measured", ["FR", "LT"])
def test_facts_about_every_act_that_gives_something_to_a_member_say_how_that_member_stands(
    overheard: Overheard, measured: str
) -> None:
    """All others are open: that another's standing is looked at instead would be seen."""
    handlers = overheard.nodes["GS"].gate._handlers
    giving = {kind for kind, handler in handlers.items() if handler.gives_to in ("asker", "members")}
    play(overheard, measured)
    assert {kind: overheard.listening.heard[kind] for kind in giving} == {
        kind: {"review" if code == measured else "open" for code in to.split()} for kind, to in RECIPIENTS.items()
    }


def test_a_measure_against_the_recipient_is_seen_by_whoever_gives_it_something(overheard: Overheard) -> None:
    measure(overheard, "FR", "message")
    overheard.listening.heard.clear()
    Desk(overheard, "LT").send("FR")
    overheard.settle(3)
    assert overheard.listening.heard["message.send"] == {"suspended"}
