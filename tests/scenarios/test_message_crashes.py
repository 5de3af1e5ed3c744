"""The power goes at every boundary of sender, recipient and relay: each message is there once, and nobody lies."""

from collections.abc import Callable, Iterator

import pytest

from comity.errors import ComityError
from comity.peer.messenger import MessageForm
from comity.testing import Crash, Network, crash_at
from tests.exchange.envelopes import names_at
from tests.scenarios.desks import QUIET_S, assert_ledgers, assert_true, states, steps

STEPS_MIN = 6
STEPS_MAX = 200
COMMITS = ("store.",)
FILE = b"photograph" * 1_000


@pytest.fixture
def network(founded_pair: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(tmp_path_factory.mktemp("messages"), like=founded_pair)
    yield found
    found.close()


class Conversation:
    """What LT's and FR's officers were told: names of messages sent, attached and opened."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._anna = network.officer("LT", "anna", "desk")
        self._jean = network.officer("FR", "jean", "desk")
        self.sent: list[str] = []
        self.blobs: dict[str, str] = {}
        self.opened: list[str] = []
        self.answers: list[str] = []

    def sign_in(self) -> None:
        self._jean = self._network.officer("FR", "jean", "desk")

    def attach(self) -> str:
        blob: str = self._network.nodes["LT"].messages.attach(self._anna, "p.jpg", "image/jpeg", [FILE]).release
        return blob

    def send(self, *blobs: str) -> None:
        form = MessageForm(to=("FR",), subject="Crash", text=f"Number {len(self.sent)}.", attachments=blobs)
        name = self._network.nodes["LT"].messages.send(self._anna, form).release
        self.sent.append(name)
        self.blobs.update(dict.fromkeys(blobs, name))

    def open_all(self) -> None:
        for name in set(self.sent) & set(names_at(self._network, "FR")) - set(self.opened):
            if "FR" in self._network.nodes:
                self._network.nodes["FR"].messages.open(self._jean, name)
                self.opened.append(name)

    def answer(self) -> None:
        if self.opened and "FR" in self._network.nodes:
            form = MessageForm(to=("LT",), subject="Re", text="Yes.", reply_to=self.opened[-1])
            self.answers.append(self._network.nodes["FR"].messages.send(self._jean, form).release)

    def read(self, blob: str) -> bytes:
        node = self._network.nodes["FR"]
        return b"".join(node.messages.read_attachment(self._jean, self.blobs[blob], blob)[1])


def crash_everywhere(network: Network, victim: str, flow: Callable[[], None], steps: tuple[str, ...] = COMMITS) -> int:
    """Repeat a flow, the plug pulled one boundary later each time, until it gets through; how many there were.

    ``steps`` are those at which something of messages becomes durable; those of ledger files and of the directory are
    crashed at in ``test_crashes.py``.
    """
    for number in range(1, STEPS_MAX):
        pull = crash_at(number)
        network.boundaries[victim] = lambda step, pull=pull: pull(step) if step.startswith(steps) else None  # type: ignore[misc]
        try:
            flow()
        except Crash:
            network.stop(victim, gracefully=False)
        except ComityError:
            assert victim not in network.nodes, "only a crash is an excuse"
        network.boundaries.pop(victim)
        network.mend("LT", "FR", "GS")
        if victim in network.nodes:
            return number
        network.start(victim)
        network.turn(20)
    pytest.fail("The flow never gets through.")


def assert_known_fates(network: Network, talk: Conversation) -> None:
    for _ in range(4):
        network.turn(QUIET_S)
    assert sorted(set(talk.sent)) == sorted(talk.sent)
    there = names_at(network, "FR")
    assert len(there) == len(set(there))
    assert set(talk.sent) <= set(there), "what was acknowledged to the sender is there"
    for name in there:
        wanted = "opened" if name in talk.opened else "delivered"
        [state] = states(network, "LT", name).values()
        assert state in (wanted, "answered", "opened"), name
        assert wanted in steps(network, "LT", name) or state == "answered", name
    assert set(talk.answers) <= set(names_at(network, "LT"))
    for code in ("LT", "FR", "GS"):
        assert network.nodes[code].condition.state().queued == 0, code
        assert network.nodes[code].health().is_ok, code
    assert_true(network, "LT", "FR")
    assert_ledgers(network)


@pytest.mark.parametrize("victim", ["LT", "FR"])
def test_a_message_and_its_answer_between_two_who_are_there(network: Network, victim: str) -> None:
    talk = Conversation(network)

    def flow() -> None:
        talk.send()
        network.settle(1)
        talk.open_all()
        talk.answer()
        network.settle(1)

    assert crash_everywhere(network, victim, flow) > STEPS_MIN
    assert_known_fates(network, talk)
    assert talk.answers


@pytest.mark.parametrize("victim", ["GS", "LT", "FR"])
def test_a_message_and_its_receipts_through_the_relay(network: Network, victim: str) -> None:
    """LT and FR are never up together."""
    talk = Conversation(network)

    def flow() -> None:
        network.cut("FR")
        talk.send()
        network.settle(1)
        network.cut("LT")
        network.mend("FR")
        network.settle(1)
        talk.open_all()
        network.settle(1)
        network.cut("FR")
        network.mend("LT")
        network.settle(1)

    assert crash_everywhere(network, victim, flow) > STEPS_MIN
    assert_known_fates(network, talk)


@pytest.mark.parametrize("victim", ["LT", "FR"])
def test_an_attachment(network: Network, victim: str) -> None:
    talk = Conversation(network)

    def flow() -> None:
        talk.send(talk.attach())
        network.settle(2)

    assert crash_everywhere(network, victim, flow, (*COMMITS, "blob.", "replace.")) > STEPS_MIN
    assert_known_fates(network, talk)
    talk.sign_in()
    for blob in talk.blobs:
        assert talk.read(blob) == FILE
