"""A damaged index says "nothing" of no record that was entered: it is right, or gives no answer and mends itself."""

import faulthandler
import os
import random
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from comity.blobs.batch_files import BatchFiles
from comity.damage import Damages
from comity.errors import ComityError
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, record_id
from comity.index.checked import seal
from comity.index.comparing import Comparison
from comity.index.contents import Contents
from comity.index.exact import Index
from comity.index.kept import ask_anew
from comity.index.posting import pack
from comity.index.shelves import Shelves
from comity.index.walking import is_walkable
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
    batch = network.nodes["FR"].records.enter(network.officer("FR", "aude", "registrar"), form).batch
    network.settle()
    assert batch is not None
    return [Entered(record_id(BatchId(batch), place), PERSONS, {"name": name}) for place, name in enumerate(names)]


def open_shelves(folder: Path, damages: Damages | None = None) -> Shelves:
    """The registers of a keeper's folder, as its node has them."""
    return Shelves(
        folder / "index", BatchFiles(folder / "batches"), StoredCatalogue(RowsOfFolder(folder / "node.db")),
        damages=damages,
    )  # fmt: skip


def answers(shelves: Shelves, entered: list[Entered]) -> set[str]:
    """What is said of all that was entered."""
    said = set()
    for each in entered:
        look = shelves.look_up(
            each.register, ask_keys(get_register(each.register), each.terms), LT, lambda _source: True
        )
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
        faulthandler.disable()  # a signal is what is expected of some
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


@pytest.fixture
def folder(keeper: Keeper, tmp_path: Path) -> Path:
    """A copy of the keeper's folder."""
    return shutil.copytree(keeper.folder, tmp_path / "data")


def index_at(folder: Path) -> Index:
    return Index(folder / "index" / f"{DOCUMENTS}.lmdb", DOCUMENTS)


def test_an_index_that_is_begun_anew_says_nothing_of_no_record_until_it_is_whole(keeper: Keeper, folder: Path) -> None:
    """It is silent, not wrong, however far it has come; its positions are those of before."""
    shelves = open_shelves(folder)
    before = position_of(shelves, keeper)
    shelves.close()
    for file in (folder / "index").glob("*.lmdb*"):
        file.unlink()
    shelves = open_shelves(folder)
    assert answers(shelves, keeper.entered) == {"no-answer"}
    assert set(shelves.troubles.values()) == {"behind"}
    shelves.follow()
    assert answers(shelves, keeper.entered) == {"hit"}
    assert not shelves.troubles
    assert position_of(shelves, keeper) == before
    shelves.close()


def position_of(shelves: Shelves, keeper: Keeper) -> int:
    keys = ask_keys(get_register(DOCUMENTS), keeper.entered[0].terms)
    return shelves.look_up(DOCUMENTS, keys, LT, lambda _source: True).position


def test_an_index_that_is_ahead_of_its_catalogue_is_begun_anew(keeper: Keeper, folder: Path) -> None:
    index = index_at(folder)
    index.apply(10_000, LT, [])
    index.close()
    shelves = open_shelves(folder)
    assert "nothing" not in answers(shelves, keeper.entered)
    follow(shelves)
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


@pytest.mark.parametrize("change", ["lost", "another-audience", "in-a-wrong-place"])
def test_what_no_look_up_shows_is_found_by_comparing_and_mended(keeper: Keeper, folder: Path, change: str) -> None:
    """Each record in force is in the index under each of its keys with its audience, and nothing else is."""
    index = index_at(folder)
    tables, [key] = index._tables, ask_keys(get_register(DOCUMENTS), keeper.entered[0].terms)
    posting = index.get_postings(key)[0]
    with index.environment.begin(write=True) as txn:
        if change == "lost":
            txn.delete(key, db=tables.postings)
            txn.delete(key, db=tables.keys)
        elif change == "another-audience":
            number = tables.find_number(txn, b"FR LT")
            txn.put(key, seal(key, pack([(number, *posting[1:])])), db=tables.postings)
        else:
            txn.put(key, seal(key, pack([posting, (posting[0], posting[1], posting[2] + 1)])), db=tables.postings)
    index.close()
    shelves = open_shelves(folder)
    shelves.follow()
    assert shelves.troubles == {DOCUMENTS: "damaged"}
    follow(shelves)
    assert not shelves.troubles
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


@pytest.mark.parametrize("most", [1, 7, 60, 1_000])
def test_a_round_of_comparing_comes_to_every_record_whatever_its_steps(
    keeper: Keeper, folder: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("comity.index.comparing.COMPARED_MAX", most)
    index = index_at(folder)
    lost = [each for each in keeper.entered if each.register == DOCUMENTS][:: COUNT - 1]
    for each in lost:
        [key] = ask_keys(get_register(DOCUMENTS), each.terms)
        with index.environment.begin(write=True) as txn:
            txn.delete(key, db=index._tables.postings)
            txn.delete(key, db=index._tables.keys)
    contents = Contents(BatchFiles(folder / "batches"), StoredCatalogue(RowsOfFolder(folder / "node.db")))
    found = list(Comparison(DOCUMENTS, contents).go_round(index))
    assert len(found) == len(lost)
    assert all(each.record in text for each, text in zip(lost, found, strict=True))
    index.close()


@pytest.mark.parametrize("harm", ["changed", "changed in a record", "gone"])
def test_an_index_that_is_begun_anew_goes_on_without_a_batch_that_cannot_be_read(
    keeper: Keeper, folder: Path, harm: str
) -> None:
    """It gives the hits that it has, says "nothing" of nothing, and keeps no other register back."""
    batch = keeper.entered[0].record.partition(".")[0]
    path = folder / "batches" / batch[:2] / f"{batch}.batch"
    whole = path.read_bytes()
    place = 50 if harm == "changed" else whole.index(b"19AC00000") + 5
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    if harm == "gone":
        path.unlink()
    for register in (DOCUMENTS, PERSONS):
        ask_anew(folder / "index", register)
    lost = [each for each in keeper.entered if each.record.startswith(batch)]
    others = [each for each in keeper.entered if each not in lost]
    never = Entered(keeper.entered[0].record, DOCUMENTS, {"number": "00XX00000", "country": "FRA"})
    shelves = open_shelves(folder)
    follow(shelves)
    for is_restarted in (False, True):
        if is_restarted:
            shelves.close()
            shelves = open_shelves(folder)
            shelves.follow()
        assert shelves.troubles == {DOCUMENTS: "stuck"}
        assert answers(shelves, others) == {"hit"}
        assert answers(shelves, [*lost, never]) == {"no-answer"}
    path.write_bytes(whole)
    follow(shelves)
    assert not shelves.troubles
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


@pytest.mark.parametrize("harm", ["gone", "empty", "a name changed", "a name left out"])
def test_what_an_index_lacks_is_not_forgotten_whatever_becomes_of_the_file_that_says_it(
    keeper: Keeper, folder: Path, harm: str
) -> None:
    first = keeper.entered[0]
    batch = first.record.partition(".")[0]
    batch_file, lacking = folder / "batches" / batch[:2] / f"{batch}.batch", folder / "index" / f"{DOCUMENTS}.lacking"
    whole = batch_file.read_bytes()
    batch_file.unlink()
    ask_anew(folder / "index", DOCUMENTS)
    shelves = open_shelves(folder)
    follow(shelves)
    shelves.close()
    said = lacking.read_bytes()
    lines = said.splitlines(keepends=True)
    changed = {"empty": b"", "a name changed": b"0" * 8 + said[8:], "a name left out": b"".join(lines[1:])}
    lacking.unlink()
    if harm != "gone":
        lacking.write_bytes(changed[harm])
    shelves = open_shelves(folder)
    for _ in range(2):
        assert answers(shelves, [first]) == {"no-answer"}
        follow(shelves)
    batch_file.write_bytes(whole)
    follow(shelves)
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


def test_nothing_is_not_said_while_a_batch_cannot_be_read(keeper: Keeper, folder: Path) -> None:
    """Also by an index that has it: until the file is whole again, nobody can compare the two."""
    first = keeper.entered[0]
    batch = BatchId(first.record.partition(".")[0])
    path = folder / "batches" / batch[:2] / f"{batch}.batch"
    path.unlink()
    never = Entered(first.record, DOCUMENTS, {"number": "00XX00000", "country": "FRA"})
    damages = Damages()
    shelves = open_shelves(folder, damages)
    assert answers(shelves, [never]) == {"nothing"}
    shelves.follow()
    assert damages.has("batch", batch)
    assert answers(shelves, [never]) == {"no-answer"}
    damages.clear("batch", batch)
    shelves.follow()
    assert answers(shelves, [never]) == {"nothing"}
    shelves.close()


def test_an_index_that_does_not_know_what_it_lacks_is_begun_anew(keeper: Keeper, folder: Path) -> None:
    (folder / "index" / f"{DOCUMENTS}.lacking").write_bytes(b"\xff\n")
    shelves = open_shelves(folder)
    assert answers(shelves, keeper.entered[:1]) == {"no-answer"}
    follow(shelves)
    assert not shelves.troubles
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


def test_keys_that_are_not_in_their_order_end_a_walk(keeper: Keeper, folder: Path) -> None:
    path = folder / "index" / f"{DOCUMENTS}.lmdb"
    keys = [ask_keys(get_register(DOCUMENTS), each.terms)[0] for each in keeper.entered if each.register == DOCUMENTS]
    first, last = min(keys), max(keys)
    path.write_bytes(path.read_bytes().replace(last, bytes(len(last))))
    index = Index(path, DOCUMENTS, readonly=True)
    with pytest.raises(ComityError, match="damaged"):
        index.list_postings(first, len(keys))
    index.close()


def test_after_an_unclean_end_an_index_is_walked_through_or_built_again(
    keeper: Keeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a process of its own; one that is small is built again instead."""
    path = folder / "index" / f"{DOCUMENTS}.lmdb"
    open_shelves(folder).close(gracefully=False)
    kept = path.stat().st_ino
    monkeypatch.setattr("comity.index.kept.INDEX_ANEW_BYTES", 0)
    shelves = open_shelves(folder)
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close(gracefully=False)
    assert path.stat().st_ino == kept, "it was walked through"
    data = path.read_bytes()
    [key] = ask_keys(get_register(DOCUMENTS), keeper.entered[0].terms)
    path.write_bytes(data.replace(key, key[:3] + bytes([key[3] ^ 1]) + key[4:], 1))
    shelves = open_shelves(folder)
    assert shelves.troubles == {DOCUMENTS: "behind"}, "it was not used"
    assert answers(shelves, [each for each in keeper.entered if each.register == DOCUMENTS]) == {"no-answer"}
    follow(shelves)
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="A damaged file may end the process that reads it.")
@pytest.mark.parametrize("is_small", [True, False])
@pytest.mark.parametrize("pages", [1, 2, 3, 5, 8])
def test_an_index_that_ends_its_process_does_so_once_at_most(
    keeper: Keeper, folder: Path, monkeypatch: pytest.MonkeyPatch, pages: int, *, is_small: bool
) -> None:
    """A file that was cut short is read beyond its end, which no program outlives."""
    if not is_small:
        monkeypatch.setattr("comity.index.kept.INDEX_ANEW_BYTES", 0)
    path = folder / "index" / f"{DOCUMENTS}.lmdb"
    path.write_bytes(path.read_bytes()[: pages * PAGE_BYTES])
    assert not is_walkable(path, DOCUMENTS)
    said = judge_apart(folder, keeper.entered)
    if said == DIED:
        said = judge_apart(folder, keeper.entered)
    assert said == ""


def test_an_index_that_is_to_be_built_anew_is_not_opened_before(keeper: Keeper, folder: Path) -> None:
    path = folder / "index" / f"{DOCUMENTS}.lmdb"
    path.write_bytes(path.read_bytes()[: 2 * PAGE_BYTES])
    ask_anew(folder / "index", DOCUMENTS)
    shelves = open_shelves(folder)
    follow(shelves)
    assert answers(shelves, keeper.entered) == {"hit"}
    shelves.close()


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
