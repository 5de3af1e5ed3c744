"""One period's log: what was published is there, whatever happens to the process."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.errors import CorruptError, MalformedError, UnknownError
from comity.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint, verify_checkpoint
from comity.ledger.merkle import hash_leaf, hash_row
from comity.tiles.log import TileLog, encode_bundle, parse_bundle, parse_tile
from comity.tiles.paths import bundle_path, tile_path
from comity.tiles.verify import verify_log
from tests.tiles.cast import KEY, ORIGIN, PERIOD, SIGNER, KilledError, entries, entry, files_below, grow, kill_at

EXAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "ledger" / "tlog_tiles_example"
EXAMPLE_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


def expected_root(size: int) -> bytes:
    return hash_row([hash_leaf(one.leaf) for one in entries(0, size)])


def expected_files(size: int) -> set[str]:
    names = {"checkpoint"}
    for level in range(3):
        for number, width in [(n, 256) for n in range(size >> 8 * (level + 1))] + [
            (size >> 8 * (level + 1), (size >> 8 * level) % 256)
        ]:
            if width:
                names.add(tile_path(level, number, width))
                if level == 0:
                    names |= {bundle_path(number, width), f"contents/{number:03d}"}
    return names


def test_what_is_appended_counts_once_it_is_published(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    assert (log.size, log.checkpoint()) == (0, None)
    assert log.append(entries(0, 3)) == range(3)
    assert (log.size, log.end) == (0, 3)
    with pytest.raises(UnknownError):
        log.leaf(0)
    grow(log, 3) if log.end == 0 else log.discard()
    assert log.end == 0
    grow(log, 3)
    assert list(log.entries(0, 3)) == entries(0, 3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_any_growth_gives_the_same_tree_and_leaves_no_partial_tiles_behind(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    log = TileLog(tmp_path_factory.mktemp("log") / PERIOD)
    for step in steps:
        old, old_root = log.size, log.root()
        grow(log, old + step)
        again = TileLog(log.folder)
        assert again.root() == log.root() == expected_root(log.size)
        assert again.root(old) == old_root
        head, new = Checkpoint(ORIGIN, old, old_root), Checkpoint(ORIGIN, log.size, log.root())
        again.consistency(old, log.size).verify(head, new)
        for index in {0, old, log.size - 1}:
            again.inclusion(index, log.size).verify(entry(index).leaf, new)
    assert files_below(log.folder) == expected_files(log.size)
    assert list(TileLog(log.folder).entries(0, log.size)) == entries(0, log.size)
    assert list(verify_log(log.folder, KEY, ORIGIN)) == []


def test_a_ledger_of_three_levels_reads_and_verifies(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    grow(log, 65_535, 65_600)
    assert files_below(log.folder) >= {"tile/2/000.p/1", "tile/1/000", "tile/0/256.p/64"}
    assert log.root() == expected_root(65_600)
    log.inclusion(70, 65_600).verify(entry(70).leaf, Checkpoint(ORIGIN, 65_600, log.root()))
    assert list(verify_log(log.folder, KEY, ORIGIN)) == []


def test_narrower_tiles_are_still_given_after_pruning(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    grow(log, 10, 20, 300)
    assert log.tile(0, 0, 10) == tuple(hash_leaf(one.leaf) for one in entries(0, 10))
    assert log.tile(0, 1, 44)[:1] == (hash_leaf(entry(256).leaf),)
    for level, number, width in ((0, 1, 45), (0, 2, 1), (1, 0, 2), (0, -1, 1), (3, 0, 1)):
        with pytest.raises(UnknownError):
            log.tile(level, number, width)


@settings(max_examples=40, deadline=None)
@given(first=st.integers(1, 600), second=st.integers(1, 600), step=st.integers(0, 9))
def test_a_kill_anywhere_loses_nothing_published_and_keeps_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, first: int, second: int, step: int
) -> None:
    folder = tmp_path_factory.mktemp("log") / PERIOD
    grow(TileLog(folder), first)
    killed = TileLog(folder, kill_at(step))
    with pytest.raises(KilledError):
        grow(killed, first + second)
    log = TileLog(folder)
    assert log.size in (first, first + second)
    assert (log.size == first) or step >= 7
    assert list(verify_log(folder, KEY, ORIGIN)) == []
    # Something else comes to stand where the unpublished entries stood.
    start = log.size
    log.append(entries(2_000, 2_100))
    head = Checkpoint(ORIGIN, log.end, log.root(log.end))
    log.publish(sign_checkpoint(head, SIGNER, KEY.name))
    assert list(log.entries(0, log.size)) == entries(0, start) + entries(2_000, 2_100)
    assert list(verify_log(folder, KEY, ORIGIN)) == []
    assert {name for name in files_below(folder) if ".p/" in name} == {
        name for name in expected_files(log.size) if ".p/" in name
    }


def test_a_failing_disk_leaves_the_log_usable(tmp_path: Path) -> None:
    full: list[str] = ["append.folders"]

    def boundary(name: str) -> None:
        if name in full:
            raise OSError(28, "No space left on device")

    log = TileLog(tmp_path / PERIOD, boundary)
    with pytest.raises(OSError, match="No space"):
        log.append(entries(0, 300))
    full.clear()
    grow(log, 10, 300)
    assert list(log.entries(0, 300)) == entries(0, 300)
    assert files_below(log.folder) == expected_files(300)


def test_a_reader_follows_the_writer(tmp_path: Path) -> None:
    writer, reader = TileLog(tmp_path / PERIOD), TileLog(tmp_path / PERIOD)
    grow(writer, 5)
    assert reader.size == 0
    reader.refresh()
    grow(writer, 260)
    assert list(reader.entries(0, 5)) == entries(0, 5)
    reader.refresh()
    assert reader.root() == writer.root()


def test_only_a_checkpoint_of_what_was_appended_is_published(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    log.append(entries(0, 3))
    for head in (Checkpoint(ORIGIN, 2, log.root(2)), Checkpoint(ORIGIN, 3, log.root(2))):
        with pytest.raises(MalformedError):
            log.publish(sign_checkpoint(head, SIGNER, KEY.name))
    assert TileLog(log.folder).size == 0


def test_a_damaged_edge_is_noticed_on_opening(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    grow(log, 3)
    tile = log.folder / tile_path(0, 0, 3)
    good = tile.read_bytes()
    tile.write_bytes(good[:40] + b"\0" + good[41:])
    with pytest.raises(CorruptError, match="do not lead"):
        TileLog(log.folder)
    tile.unlink()
    with pytest.raises(CorruptError, match="cannot be read"):
        TileLog(log.folder)


def test_nothing_is_read_or_proved_that_is_not_there(tmp_path: Path) -> None:
    log = TileLog(tmp_path / PERIOD)
    grow(log, 3)
    for index, size in ((3, 3), (-1, 3), (0, 4)):
        with pytest.raises(UnknownError):
            log.inclusion(index, size)
    for old, new in ((2, 4), (3, 2), (-1, 2)):
        with pytest.raises(UnknownError):
            log.consistency(old, new)
    with pytest.raises(UnknownError):
        log.entry(3)
    with pytest.raises(UnknownError):
        log.root(4)


def test_a_short_bundle_or_tile_is_refused() -> None:
    data = encode_bundle([b"one", b""])
    assert parse_bundle(data, 2) == (b"one", b"")
    for cut in range(len(data)):
        with pytest.raises(MalformedError):
            parse_bundle(data[:cut], 2)
    with pytest.raises(MalformedError):
        parse_tile(bytes(63), 2)


def test_a_log_made_elsewhere_reads_and_verifies() -> None:
    if not EXAMPLE.is_dir():
        pytest.skip(f"{EXAMPLE} is not here")
    log = TileLog(EXAMPLE)
    key, origin = VerifierKey.parse(EXAMPLE_KEY), "example.com/log/testdata"
    heads = [verify_checkpoint((EXAMPLE / f"checkpoint.{size}").read_bytes(), key, origin) for size in range(16)]
    assert [log.root(size) for size in range(16)] == [head.root for head in heads]
    assert log.leaf(14) == b"fivten"
    for size in range(1, 16):
        log.inclusion(size - 1, 15).verify(log.leaf(size - 1), heads[15])
        log.consistency(size, 15).verify(heads[size], heads[15])
        tile = (EXAMPLE / tile_path(0, 0, size)).read_bytes()
        leaves = parse_bundle((EXAMPLE / bundle_path(0, size)).read_bytes(), size)
        assert parse_tile(tile, size) == tuple(map(hash_leaf, leaves)) == log.tile(0, 0, size)
    findings = list(verify_log(EXAMPLE, key, origin))
    assert [(found.what, found.file) for found in findings] == [("missing", "contents/000")]
