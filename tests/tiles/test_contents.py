"""Contents beside the leaves, and their erasure."""

from pathlib import Path

import pytest

from comity.errors import CorruptError, UnknownError
from comity.ledger.entry import Entry
from comity.tiles.contents import Contents, encode_frame
from comity.tiles.log import Erased, TileLog
from comity.tiles.verify import verify_log
from tests.tiles.cast import KEY, ORIGIN, PERIOD, KilledError, entries, entry, grow, kill_at


@pytest.fixture
def log(tmp_path: Path) -> TileLog:
    made = TileLog(tmp_path / PERIOD)
    grow(made, 5, 300)
    return made


def test_the_bytes_of_a_frame_stay_what_they_are() -> None:
    assert encode_frame(3, b"s" * 32, b"content") == (
        b"K" + bytes.fromhex("03 00000007 1fe6186e") + b"s" * 32 + b"content"
    )


def test_an_erased_entry_says_so_and_every_proof_stays_valid(log: TileLog) -> None:
    root, leaf, proof = log.root(), log.leaf(4), log.inclusion(4, 300)
    log.erase(4)
    log.erase(4)
    assert log.entry(4) == Erased(leaf)
    assert log.entry(4).id == entry(4).id
    again = TileLog(log.folder)
    assert (again.root(), again.leaf(4), again.inclusion(4, 300)) == (root, leaf, proof)
    assert list(again.entries(3, 6)) == [entry(3), Erased(leaf), entry(5)]
    findings = list(verify_log(log.folder, KEY, ORIGIN))
    assert [(found.what, found.index, found.is_broken) for found in findings] == [("erased", 4, False)]


def test_nothing_of_what_was_erased_is_left_in_the_folder(log: TileLog) -> None:
    gone = entry(299)
    log.erase(299)
    for path in log.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert gone.salt not in data
            assert gone.content not in data


def test_a_ledger_grows_on_behind_what_was_erased(log: TileLog) -> None:
    log.erase(299)
    again = TileLog(log.folder)
    grow(again, 301)
    assert isinstance(again.entry(299), Erased)
    assert again.entry(300) == entry(300)


@pytest.mark.parametrize("step", range(3))
def test_an_erasure_cut_off_is_seen_and_finished_when_repeated(log: TileLog, step: int) -> None:
    with pytest.raises(KilledError):
        TileLog(log.folder, kill_at(step)).erase(7)
    found = [one.what for one in verify_log(log.folder, KEY, ORIGIN)]
    assert found == [[], ["half erased"], ["erased"]][step]
    assert isinstance(log.entry(7), Entry if step == 0 else Erased)
    log.erase(7)
    assert [one.what for one in verify_log(log.folder, KEY, ORIGIN)] == ["erased"]


def test_nothing_is_erased_that_is_not_there(log: TileLog) -> None:
    for index in (-1, 300, 512):
        with pytest.raises(UnknownError):
            log.erase(index)


def test_a_contents_file_cut_short_is_named(log: TileLog) -> None:
    path = log.folder / "contents" / "001"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptError, match="not what was written") as raised:
        log.entry(299)
    assert "001" in raised.value.where
    with pytest.raises(CorruptError):
        TileLog(log.folder).append(entries(300, 301))
    path.unlink()
    with pytest.raises(CorruptError, match="missing"):
        Contents(log.folder).cut(300)
