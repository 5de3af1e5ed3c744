"""One changed byte in any kind of file of a node: the rest is served, nothing wrong is, and it is named or harmless."""

import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from comity.errors import ComityError
from comity.exchange.reading import MessagesWanted
from comity.testing import Network
from comity.tiles.reading import ListWanted
from tests.scenarios.desks import Desk
from tests.scenarios.soak import often

KINDS: Final = {
    "GS": ("batches/**/*.batch", "ledger/*/checkpoint", "ledger/*/tile/**/*", "ledger/*/contents/**/*",
           "directory/directory.json", "directory/cache/*.json", "repository/metadata/*.json",
           "repository/targets/**/*"),
    "LT": ("blobs/??/*/*", "ledger/*/tile/**/*", "ledger/*/contents/**/*", "directory/directory.json",
           "directory/rulebook", "directory/cache/targets/*", "segment/*"),
    "FR": ("batches/**/*.batch",),
}  # fmt: skip
PLACES: Final = often(2, 6)  # bytes of each kind that are changed, one at a time


def prepare(network: Network) -> tuple[str, str]:
    """Something of everything; a message with an attachment, and the record's number."""
    desk = Desk(network, "FR")
    name = desk.send("LT", text="With a photo", attachments=(desk.attach(bytes(range(256)) * 100),))
    network.settle(4)
    Desk(network, "LT").open(name)
    network.enter(network.officer("FR", "c.moreau", "registrar"), "19AC00001", "19AC00002")
    network.turn(1)
    return name, "19AC00001"


@pytest.fixture(scope="module")
def prepared(founded_pair: Network, tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, str, str]:
    """A closed network with that, from which each test begins."""
    network = Network(tmp_path_factory.mktemp("prepared"), like=founded_pair)
    name, number = prepare(network)
    network.close()
    return network, name, number


@pytest.fixture
def network(prepared: tuple[Network, str, str], tmp_path: Path) -> Iterator[Network]:
    found = Network(tmp_path, seed=2, like=prepared[0])  # another seed: sessions of before are still there
    yield found
    found.close()


def harms() -> list[tuple[str, str, int]]:
    return [(code, kind, place) for code, kinds in KINDS.items() for kind in kinds for place in range(PLACES)]


@pytest.mark.parametrize(("code", "kind", "place"), harms())
def test_one_changed_byte_hides_nothing_else_and_is_named_mended_or_harmless(
    prepared: tuple[Network, str, str], network: Network, code: str, kind: str, place: int
) -> None:
    _closed, name, number = prepared
    is_of_segment = kind.startswith("segment")
    if is_of_segment:  # it holds what the ledger has not taken in yet, and is dropped at a good end
        network.check(network.officer(code, "before", "inspector"), number, "FRA")
    network.stop(code, gracefully=not is_of_segment)
    folder = network.founding.config(code).path("data")
    files = sorted(path for path in folder.glob(kind) if path.is_file() and path.stat().st_size)
    if not files:
        pytest.skip("nothing of that kind is there")
    draw = random.Random(zlib.crc32(f"{code} {kind} {place}".encode()))  # noqa: S311 - that it can be repeated is the point
    path = draw.choice(files)
    whole = path.read_bytes()
    at = draw.randrange(len(whole))
    path.write_bytes(whole[:at] + bytes((whole[at] ^ 1 << draw.randrange(8),)) + whole[at + 1 :])
    network.start(code)
    for _round in range(3):
        network.turn(61)
    said = f"byte {at} of {path.relative_to(folder)}"
    lt = network.officer("LT", "after", "inspector", "auditor", "desk")  # whoever was entered by a damaged entry is out
    assert_served(network, lt, name, number, said)
    health = network.nodes[code].health()
    is_named = any(each.code.startswith(("damaged-", "directory-", "failing-")) for each in health.problems)
    is_mended = not path.exists() or path.read_bytes() == whole
    assert is_named or is_mended or is_harmless(path), said


def is_harmless(path: Path) -> bool:
    """What nobody reads any more: older versions of the directory, and what every refresh writes anew."""
    return "repository" in path.parts or "cache" in path.parts or path.name == "directory.json"


def assert_served(network: Network, lt: object, name: str, number: str, said: str) -> None:
    """Lists and checks give what is right, or say that they cannot."""
    answer = network.check(lt, number, "FRA").registers[0]  # type: ignore[arg-type]
    assert answer.answer in ("hit", "no-answer"), said
    assert network.check(lt, "19AC99999", "FRA").registers[0].answer in ("nothing", "no-answer"), said  # type: ignore[arg-type]
    node = network.nodes["LT"]
    page = node.messages.list(lt, MessagesWanted("in")).release  # type: ignore[arg-type]
    assert name in {line.message.id for line in page.lines} | {each.name for each in page.damaged}, said
    assert node.ledger.list(lt, ListWanted()).release.entries, said  # type: ignore[arg-type]
    try:
        opened = node.messages.open(lt, name).release  # type: ignore[arg-type]
        assert opened[0].text.text == "With a photo", said
        blob = opened[0].text.attachments[0].blob
        _outcome, parts = node.messages.read_attachment(lt, name, blob)  # type: ignore[arg-type]
        assert b"".join(parts) == bytes(range(256)) * 100, said
    except ComityError:
        pass  # it is said
    new = Desk(network, "FR").send("LT", text="A new one")
    network.settle(3)
    lines = node.messages.list(lt, MessagesWanted("in")).release.lines  # type: ignore[arg-type]
    assert new in {line.message.id for line in lines}, said
