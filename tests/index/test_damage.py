"""A damaged index says "nothing" of no record that was entered: it is right, or gives no answer and mends itself."""

import os
import random
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from comity.blobs.batch_files import BatchFiles
from comity.errors import ComityError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, record_id
from comity.index.shelves import Shelves
from comity.peer.entering import EntryForm
from comity.registers.register import ask_keys
from comity.registers.registry import get_register
from comity.store.catalogue import RowsOfFolder, StoredCatalogue
from comity.testing import DOCUMENTS, Network

PERSONS: Final = RegisterName("persons")
LT: Final = MemberCode("LT")
BATCHES: Final = 4
COUNT: Final = 60  # records of each batch
PAGE_BYTES: Final = 4096
FLIPS: Final = 24
ROUNDS: Final = 6
DIED: Final = "died"


class Entered(NamedTuple):
    """A record, and what finds it."""

    record: RecordId
    register: RegisterName
    terms: dict[str, str]


class Keeper(NamedTuple):
    """The folder of a keeper that has ended, and everything that was entered there."""

    folder: Path
    entered: list[Entered]


@pytest.fixture(scope="module")
def keeper(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    network = Network(tmp_path_factory.mktemp("damage"), like=founded)
    claire = network.officer("FR", "claire", "registrar")
    entered = []
    for at in range(BATCHES):
        numbers = [f"19AC{at}{number:04}" for number in range(COUNT)]
        batch = network.enter(claire, *numbers, audience=("all", "FR LT", "all but XX")[at % 3]).batch
        assert batch is not None
        entered += [
            Entered(record_id(batch, place), DOCUMENTS, {"number": number, "country": "FRA"})
            for place, number in enumerate(numbers)
        ]
        entered += _enter_persons(network, at)
        network.turn(60)
    network.close()
    return Keeper(network.founding.folder / "GS" / "data", entered)


def _enter_persons(network: Network, at: int) -> list[Entered]:
    names = [f"Ona Number{chr(97 + at)}{chr(97 + place % 26)}{chr(97 + place // 26)}" for place in range(COUNT // 2)]
    records = [{"reference": name, "status": "wanted", "names": [{"whole": name}]} for name in names]
    form = EntryForm(register=PERSONS, records=records, is_lawful=True)
    batch = network.nodes["FR"].enter(network.officer("FR", "aude", "registrar"), form).batch
    network.settle()
    assert batch is not None
    return [Entered(record_id(BatchId(batch), place), PERSONS, {"name": name}) for place, name in enumerate(names)]


def open_shelves(folder: Path) -> Shelves:
    """The registers of a keeper's folder, as its node has them."""
    return Shelves(
        folder / "index", BatchFiles(folder / "batches"), StoredCatalogue(RowsOfFolder(folder / "node.db"))
    )  # fmt: skip


def answers(shelves: Shelves, entered: list[Entered]) -> set[str]:
    """What is said of all that was entered."""
    said = set()
    for each in entered:
        look = shelves.look_up(each.register, ask_keys(get_register(each.register), each.terms), LT)
        said.add("hit" if each.record in look.records else "nothing" if look.is_sure else "no-answer")
    return said


def follow(shelves: Shelves) -> None:
    for _round in range(ROUNDS):
        try:
            shelves.follow()
        except ComityError:
            continue


def judge(folder: Path, entered: list[Entered]) -> str:
    """What goes wrong with an index in this folder; empty if nothing does."""
    shelves = open_shelves(folder)
    if "nothing" in answers(shelves, entered):
        return "nothing at the start"
    follow(shelves)
    after = answers(shelves, entered)
    if after != {"hit"} or shelves.troubles:
        return f"afterwards {after}, {shelves.troubles}"
    shelves.close()
    return ""


def judge_apart(folder: Path, entered: list[Entered]) -> str:
    """As ``judge``, in a process of its own, which a damaged file may end."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = judge(folder, entered)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode()[:1000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _child, status = os.waitpid(child, 0)
    return DIED if status else said


def flips(path: Path, seed: int) -> list[int]:
    """Places in a file: in its first pages, which say where everything is, at the heads of others, and anywhere."""
    chance = random.Random(seed)  # noqa: S311 - that it can be repeated is the point
    size = path.stat().st_size
    pages = range(2, size // PAGE_BYTES)
    meta = [chance.randrange(2) * PAGE_BYTES + chance.randrange(160) for _ in range(FLIPS // 4)]
    heads = [chance.choice(pages) * PAGE_BYTES + chance.randrange(48) for _ in range(FLIPS // 2)]
    return [*meta, *heads, *(chance.randrange(2 * PAGE_BYTES, size) for _ in range(FLIPS // 4))]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="A damaged file may end the process that reads it.")
@pytest.mark.parametrize("register", [DOCUMENTS, PERSONS])
def test_no_changed_byte_of_an_index_turns_a_hit_into_nothing(
    keeper: Keeper, tmp_path: Path, register: RegisterName
) -> None:
    """Whatever page it is in; and soon everything is found again, and nothing is wrong any more."""
    kept = keeper.folder / "index" / f"{register}.lmdb"
    data = kept.read_bytes()
    for place in flips(kept, seed=len(register)):
        folder = tmp_path / str(place)
        folder.mkdir()
        for name in ("batches", "node.db"):
            (folder / name).symlink_to(keeper.folder / name)
        shutil.copytree(keeper.folder / "index", folder / "index")
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        (folder / "index" / kept.name).write_bytes(changed)
        said = judge_apart(folder, keeper.entered)
        if said == DIED:
            said = judge_apart(folder, keeper.entered)
        assert said == "", f"byte {place}: {said}"
        shutil.rmtree(folder)
