"""Whatever is changed in a ledger's files is found and named."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.ledger.checkpoint import VerifierKey
from comity.ledger.entry import make_entry
from comity.ledger.merkle import hash_leaf, hash_row
from comity.signer import Ed25519Signer
from comity.tiles.log import TileLog, encode_bundle, parse_bundle
from comity.tiles.verify import Finding, verify_log
from tests.tiles.cast import AT, KEY, ORIGIN, PERIOD, entries, entry, files_below, grow, publish

SIZE = 700
"""Two full tiles, and a partial one of 188."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = TileLog(tmp_path_factory.mktemp("good") / PERIOD)
    grow(log, 100, SIZE)
    return log.folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    shutil.copytree(good, tmp_path / PERIOD)
    return tmp_path / PERIOD


def find(folder: Path) -> list[Finding]:
    return list(verify_log(folder, KEY, ORIGIN))


def flip(path: Path, at: int, change: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= change
    path.write_bytes(data)


def leaf_at(index: int) -> int:
    """Where the leaf of ``index`` begins in its bundle, its length included."""
    first = index // 256 * 256
    return len(encode_bundle([entry(number).leaf for number in range(first, index)]))


def test_a_good_ledger_gives_no_finding(good: Path) -> None:
    assert find(good) == []


@pytest.mark.parametrize("index", [0, 255, 256, 300, 511, 512, 600, 699])
@pytest.mark.parametrize("offset", [0, 1, 2, 20, 80, 110])
def test_a_changed_leaf_or_its_length_is_named(folder: Path, index: int, offset: int) -> None:
    name = "tile/entries/002.p/188" if index >= 512 else f"tile/entries/{index // 256:03d}"
    flip(folder / name, leaf_at(index) + offset)
    assert [(one.what, one.file, one.index, one.entry) for one in find(folder)] == [
        ("changed", name, index, entry(index).id)
    ]


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 699])
@pytest.mark.parametrize("offset", [0, 1, 2, 5, 9, 10, 41, 42, 71])
def test_a_changed_content_or_its_frame_is_named_and_no_other_is(folder: Path, index: int, offset: int) -> None:
    frame_bytes = 10 + 32 + 30
    flip(folder / f"contents/{index // 256:03d}", index % 256 * frame_bytes + offset)
    assert [(one.what, one.file, one.index, one.entry) for one in find(folder)] == [
        ("changed", f"contents/{index // 256:03d}", index, entry(index).id)
    ]


def test_a_content_only_marked_as_erased_is_not_taken_for_erased(folder: Path) -> None:
    flip(folder / "contents/000", 0, ord("K") ^ ord("E"))
    assert [(one.what, one.index, one.is_broken) for one in find(folder)] == [("half erased", 0, True)]


@pytest.mark.parametrize(
    ("name", "place", "index"),
    [("tile/0/000", 7, 7), ("tile/0/001", 255, 511), ("tile/0/002.p/188", 0, 512), ("tile/1/000.p/2", 1, 256)],
)
def test_a_changed_tile_is_named_and_not_what_it_is_over(folder: Path, name: str, place: int, index: int) -> None:
    flip(folder / name, place * 32 + 3)
    assert [(one.what, one.file, one.index) for one in find(folder)] == [("changed", name, index)]


def test_an_entry_changed_together_with_its_tile_is_still_found(folder: Path) -> None:
    forged = make_entry("query.asked", AT, b"forged", bytes(32))
    leaves = list(parse_bundle((folder / "tile/entries/000").read_bytes(), 256))
    leaves[9] = forged.leaf
    hashes = [hash_leaf(leaf) for leaf in leaves]
    (folder / "tile/entries/000").write_bytes(encode_bundle(leaves))
    (folder / "tile/0/000").write_bytes(b"".join(hashes))
    found = find(folder)
    assert {(one.file, one.index) for one in found} == {("contents/000", 9), ("tile/0/000", 0)}
    above = (folder / "tile/1/000.p/2").read_bytes()
    (folder / "tile/1/000.p/2").write_bytes(hash_row(hashes) + above[32:])
    assert ("changed", "checkpoint") in {(one.what, one.file) for one in find(folder)}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_changed_byte_is_found_and_its_file_named(good: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(files_below(good))))
    path = good / name
    before = path.read_bytes()
    flip(path, data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(1, 255)))
    try:
        found = find(good)
    finally:
        path.write_bytes(before)
    assert {one.file for one in found if one.is_broken} == {name}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.binary(max_size=300))
def test_garbage_is_reported_and_never_raised(good: Path, data: st.DataObject, garbage: bytes) -> None:
    name = data.draw(st.sampled_from(sorted(files_below(good))))
    path = good / name
    before = path.read_bytes()
    cut = data.draw(st.integers(0, len(before) - 1))
    path.write_bytes(before[:cut] + garbage)
    try:
        found = find(good)
    finally:
        path.write_bytes(before)
    if before[:cut] + garbage != before:
        assert name in {one.file for one in found if one.is_broken}


def test_a_missing_file_of_each_kind_is_named(folder: Path) -> None:
    for name in sorted(files_below(folder)):
        path = folder / name
        before = path.read_bytes()
        path.unlink()
        assert ("missing", name) in {(one.what, one.file) for one in find(folder)}, name
        path.mkdir()
        assert ("unreadable", name) in {(one.what, one.file) for one in find(folder)}, name
        path.rmdir()
        path.write_bytes(before)
    assert find(folder) == []


def test_a_ledger_of_another_signer_or_origin_is_not_judged_further(folder: Path) -> None:
    other = VerifierKey(KEY.name, Ed25519Signer(b"XX" * 16).public)
    assert [one.file for one in verify_log(folder, other, ORIGIN)] == ["checkpoint"]
    assert [one.file for one in verify_log(folder, KEY, ORIGIN + "x")] == ["checkpoint"]


def test_verifying_disturbs_no_running_node_and_is_not_disturbed(folder: Path) -> None:
    log = TileLog(folder)
    before = files_below(folder)
    run = verify_log(folder, KEY, ORIGIN)
    log.append([entry(number) for number in range(SIZE, SIZE + 200)])
    assert list(run) == []
    assert before <= files_below(folder)
    grow(log, SIZE + 200) if log.end == SIZE else log.discard()
    assert find(folder) == []


def test_an_entry_that_stands_twice_is_named(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    for _ in range(2):
        log.append(entries(0, 3))
        publish(log)
    found = [(each.what, each.index, each.is_broken) for each in verify_log(log.folder, KEY, ORIGIN)]
    assert found == [("twice", 3, True), ("twice", 4, True), ("twice", 5, True)]
