"""An attachment that is whole again is called so, whoever made it whole and wherever the power went meanwhile."""

import traceback
from pathlib import Path
from typing import NamedTuple

import pytest

from comity.blobs.chunk_files import ChunkFiles
from comity.ids import BlobId
from comity.testing import Crash, Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_damage import flip_file, look_after, problems

CAST = ("LT", "FR")
DATA = b"x" * 300_000
_STEPS = ("replace.write", "replace.rename", "replace.renamed", "replace.synced")


class Sent(NamedTuple):
    """A message with an attachment of two parts, and where LT keeps them."""

    message: str
    blob: BlobId
    folder: Path


@pytest.fixture
def sent(network: Network) -> Sent:
    desk = Desk(network, "FR")
    blob = BlobId(desk.attach(DATA))
    message = desk.send("LT", attachments=(blob,))
    network.settle(4)
    return Sent(message, blob, network.founding.config("LT").path("data") / "blobs" / blob[:2] / blob)


def is_whole(network: Network, sent: Sent) -> bool:
    """Whether page, health and what is given out agree that all of it is here, and nothing stands for what was lost."""
    reader = Desk(network, "LT")
    reader.open(sent.message)
    lying = network.nodes["LT"].messages.attachments.look(sent.blob)
    _outcome, parts = network.nodes["LT"].messages.read_attachment(reader.session(), sent.message, sent.blob)
    assert b"".join(parts) == DATA
    assert sorted(path.name for path in sent.folder.iterdir()) == ["0", "1"]
    return lying.state == "here" and problems(network, "LT") == {}


def damage(network: Network, sent: Sent, *numbers: int) -> None:
    """Change parts of it while FR is away, and let the node find it."""
    network.cut("FR", "GS")
    for number in numbers:
        flip_file(sent.folder / str(number), 20)
    look_after(network)
    assert network.nodes["LT"].messages.attachments.look(sent.blob).state == "damaged"


@pytest.mark.parametrize("step", _STEPS)
@pytest.mark.parametrize("numbers", [(1,), (0, 1)])
def test_where_the_power_goes_while_it_is_fetched_again(
    network: Network, sent: Sent, step: str, numbers: tuple[int, ...]
) -> None:
    damage(network, sent, *numbers)

    def crash(at: str) -> None:
        if at == step and any("chunk_files" in frame.filename for frame in traceback.extract_stack()):
            raise Crash

    network.boundaries["LT"] = crash
    network.mend("FR", "GS")
    look_after(network)
    assert "LT" not in network.nodes
    network.boundaries.pop("LT")
    network.start("LT")
    look_after(network)
    assert is_whole(network, sent)


@pytest.mark.parametrize("is_away", [True, False])
@pytest.mark.parametrize("is_started_anew", [True, False])
def test_where_its_parts_are_brought_back_from_a_backup(
    network: Network, sent: Sent, *, is_away: bool, is_started_anew: bool
) -> None:
    """Though nobody else can be asked for them."""
    good = (sent.folder / "0").read_bytes()
    damage(network, sent, 0)
    (sent.folder / "0").write_bytes(good)
    if is_started_anew:
        network.stop("LT")
        network.start("LT")
    if not is_away:
        network.mend("FR", "GS")
    look_after(network)
    assert is_whole(network, sent)


@pytest.mark.parametrize("at", ["touch", "unlink"])
def test_where_the_power_goes_while_what_was_changed_is_removed(
    network: Network, sent: Sent, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    lose = ChunkFiles.lose

    def crash(path: Path, *_given: object, **_named: object) -> None:
        if path.parent == sent.folder:
            raise Crash

    def lose_and_crash(self: ChunkFiles, *given: object) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Path, at, crash)
            lose(self, *given)  # type: ignore[arg-type]

    flip_file(sent.folder / "1", 20)
    network.cut("FR", "GS")
    monkeypatch.setattr(ChunkFiles, "lose", lose_and_crash)
    look_after(network)
    assert "LT" not in network.nodes
    monkeypatch.setattr(ChunkFiles, "lose", lose)
    network.start("LT")
    look_after(network)
    assert network.nodes["LT"].messages.attachments.look(sent.blob).state == "damaged"
    network.mend("FR", "GS")
    look_after(network)
    assert is_whole(network, sent)


def test_what_stands_for_a_part_that_it_never_had_says_nothing(network: Network, sent: Sent) -> None:
    (sent.folder / "7.lost").touch()
    (sent.folder / "x.lost").touch()
    look_after(network)
    assert is_whole(network, sent)
