"""Traffic lost, repeated, reordered, altered and cut, lines and nodes down: in the end every message is there once."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from comity.errors import UnavailableError
from comity.peer.messenger import MessageForm
from comity.testing import Network
from tests.exchange.envelopes import names_at
from tests.scenarios.desks import QUIET_S, assert_ledgers, assert_true, held
from tests.scenarios.soak import often

SEEDS = often(120, 960)
BLOCK = 30
"""Seeds that go on in one network, since founding one takes longer than a storm; each begins and ends at rest."""

PAIR = ("LT", "FR")
FATES = ("pass",) * 6 + ("lose", "lose answer", "stale", "alter", "cut", "empty", "twice")


class Storm:
    """What a bad network does to traffic; everything follows from the seed."""

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        self._random = random.Random(seed)  # noqa: S311 - that it can be repeated is the point
        self._before: dict[tuple[str, str], list[bytes]] = {}
        self._is_again = False

    def choose(self, *what: str) -> str:
        return self._random.choice(what)

    def happens(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def __call__(self, sender: str, to: str, data: bytes) -> bytes | None:
        seen = self._before.setdefault((sender, to), [])
        seen.append(data)
        fate = self.choose(*FATES)
        if fate in ("lose", "lose answer"):
            return None
        if fate == "stale":
            return self._random.choice(seen)
        if fate == "alter" and data:
            place = self._random.randrange(len(data))
            return data[:place] + bytes((data[place] ^ 1 << self._random.randrange(8),)) + data[place + 1 :]
        if fate == "cut":
            return data[: self._random.randrange(len(data) + 1)]
        if fate == "twice" and data.startswith(b"comity/1 ") and not self._is_again:
            self._network._lines[to].answer(sender, data)  # type: ignore[arg-type]
        return b"" if fate == "empty" else data

    def change(self) -> None:
        """A line is cut or mended; now and then a node goes down and comes back later."""
        code = self.choose("LT", "FR", "GS")
        if self.happens(8) and code in self._network.nodes:
            self._network.stop(code, gracefully=False)
        elif self.happens(2):
            self._network.cut(code)
        else:
            self.restore(code)

    def restore(self, *codes: str) -> None:
        for code in codes:
            if code not in self._network.nodes:
                self._network.start(code)
        self._network.mend(*codes)


def work(network: Network) -> None:
    """What carries messages, without the rest of a node's background work."""
    for node in tuple(network.nodes.values()):
        node._courier.go_round()
        node._puller.go_round()


class Talk:
    """What two officers write to each other in one storm."""

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        self._seed = seed
        self._desks = {code: network.officer(code, "desk", "desk") for code in PAIR}
        self.sent: list[tuple[str, str]] = []
        self.file = seed.to_bytes(4, "big") * 1_000
        self.blob = ""

    def write(self, code: str, to: str, *, with_file: bool, reply_to: str) -> None:
        if code not in self._network.nodes:
            return
        messages, desk = self._network.nodes[code].messages, self._desks[code]
        if with_file and not self.blob:
            self.blob = messages.attach(desk, "photo.jpg", "image/jpeg", [self.file]).release
        blobs = (self.blob,) if with_file and self.blob and not any(self.blob in each for each in self.sent) else ()
        text = f"Seed {self._seed}, number {len(self.sent)}."
        form = MessageForm(to=(to,), subject="Storm", text=text, reply_to=reply_to, attachments=blobs)
        self.sent.append((messages.send(desk, form).release, self.blob if blobs else ""))

    def open(self, code: str, name: str) -> None:
        if code in self._network.nodes:
            self._network.nodes[code].messages.open(self._desks[code], name)

    def arrived(self, code: str) -> list[str]:
        """What has come in of this storm, newest last."""
        names = {name for name, _blob in self.sent}
        return [name for name in names_at(self._network, code) if name in names]

    def read_file(self) -> bytes | None:
        """The file, by the one who was sent it; None where nobody has come to send it."""
        name = next((name for name, blob in self.sent if blob), None)
        if name is None:
            return None
        at = next(code for code in PAIR if name in names_at(self._network, code))
        desk = self._network.officer(at, "desk", "desk")
        return b"".join(self._network.nodes[at].messages.read_attachment(desk, name, self.blob)[1])


def rage(network: Network, seed: int) -> Talk:
    """One storm, until everything is at rest again."""
    talk = Talk(network, seed)
    storm = network.meddle = Storm(network, seed)
    for number in range(5):
        code, to = ("LT", "FR") if storm.happens(2) else ("FR", "LT")
        come_in = talk.arrived(code)
        reply_to = come_in[-1] if come_in and storm.happens(2) else ""
        if reply_to:
            talk.open(code, reply_to)
        talk.write(code, to, with_file=number == seed % 4, reply_to=reply_to)
        work(network)
        storm.change()
        network.now = network.now.replace(microsecond=number + 1)
    network.meddle = lambda _from, _to, data: data
    storm.restore("LT", "FR", "GS")
    for _ in range(3):
        network.now += timedelta(seconds=QUIET_S)
        work(network)
        work(network)
    if seed % 5 == 0:
        network.settle(1)  # ledgers and directory go on too
    return talk


@pytest.fixture
def network(founded_pair: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network(tmp_path_factory.mktemp("traffic"), like=founded_pair)
    yield found
    found.close()


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK), ids=lambda first: f"seeds-{first}-to-{first + BLOCK - 1}")
def test_after_a_storm_every_message_is_there_once_and_its_sender_knows(network: Network, first: int) -> None:
    storms = 0
    for seed in range(first, first + BLOCK):
        try:
            talk = rage(network, seed)
            for name, _blob in talk.sent:
                places = [code for code in PAIR if name in names_at(network, code)]
                assert len(places) == 1, f"{name} came in at {places}"
            try:
                assert talk.read_file() in (None, talk.file)
            except UnavailableError:
                pytest.fail("the file has not all come")
            assert all(node.condition.state().queued == 0 for node in network.nodes.values())
        except BaseException as failure:
            failure.add_note(f"seed {seed}")
            raise
        storms += bool(talk.sent)
    assert storms > BLOCK // 2
    assert_true(network, *PAIR)
    assert_ledgers(network)
    texts = [each.text.text for code in PAIR for each in held(network, code) if not each.message.is_outgoing]
    assert len(texts) == len(set(texts)) > BLOCK
