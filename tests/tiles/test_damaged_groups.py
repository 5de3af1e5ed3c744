"""A released answer is never off the record: what was changed is told apart from what was never written whole."""

from pathlib import Path

import pytest

from comity.errors import CorruptError
from comity.ledger.entry import Entry
from comity.tiles.segments import Segment
from tests.tiles.cast import entries, entry


def file_of(folder: Path) -> Path:
    return max(folder.glob("*.segment"))


def read_all(segment: Segment) -> list[Entry]:
    found, position = segment.read_from(0, 1_000)
    assert position == segment.end
    return found


@pytest.fixture
def released(tmp_path: Path) -> tuple[bytes, int]:
    """A segment's bytes with two groups whose answers were released, and where the last begins."""
    segment = Segment(tmp_path)
    segment.append(entries(0, 2))
    begins = segment.end
    segment.append(entries(2, 4))
    segment.close()
    return file_of(tmp_path).read_bytes(), begins


def test_each_changed_byte_of_the_last_group_is_damage_and_nothing_of_it_is_dropped_unseen(
    tmp_path: Path, released: tuple[bytes, int]
) -> None:
    good, begins = released
    path = file_of(tmp_path)
    for at in range(begins, len(good)):
        for change in (0x01, 0x80, 0xFF):
            path.write_bytes(good[:at] + bytes((good[at] ^ change,)) + good[at + 1 :])
            with pytest.raises(CorruptError) as raised:
                Segment(tmp_path)
            assert raised.value.where == f"{path.name}, offset {begins}", at


@pytest.mark.parametrize("group", [0, 1])
def test_a_segment_that_goes_on_sets_damage_aside_and_hands_out_all_the_rest(
    tmp_path: Path, released: tuple[bytes, int], group: int
) -> None:
    good, begins = released
    path = file_of(tmp_path)
    at = (0, begins)[group] + 40
    path.write_bytes(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
    for _start in range(2):
        segment = Segment(tmp_path, goes_on=True)
        assert read_all(segment)[:2] == (entries(2, 4), entries(0, 2))[group]
        stretch = ((0, begins), (begins, len(good)))[group]
        assert segment.set_aside == (f"{stretch[0]}-{stretch[1]}",)
        segment.append([entry(9)])
        assert read_all(segment)[-1] == entry(9)
        segment.close()
    (aside,) = tmp_path.glob("*.damaged")
    assert aside.read_bytes() == (good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])[slice(*stretch)]
    segment = Segment(tmp_path, goes_on=True)
    segment.drop_through(segment.end)
    segment.close()
    assert aside.exists(), "it stays until somebody has looked into it"


def test_damage_while_running_is_set_aside_and_what_follows_is_handed_out(tmp_path: Path) -> None:
    segment = Segment(tmp_path, goes_on=True)
    ends = []
    for start in (0, 2, 4):
        segment.append(entries(start, start + 2))
        ends.append(segment.end)
    with file_of(tmp_path).open("r+b") as file:
        file.seek(ends[0] + 30)
        file.write(b"?")
    assert read_all(segment) == [*entries(0, 2), *entries(4, 6)]
    assert segment.set_aside == (f"{ends[0]}-{ends[1]}",)
    segment.close()


def test_a_missing_group_between_two_files_is_named_and_the_others_are_handed_out(tmp_path: Path) -> None:
    segment = Segment(tmp_path, file_bytes=1)
    for number in range(3):
        segment.append([entry(number)])
    segment.close()
    sorted(tmp_path.glob("*.segment"))[1].write_bytes(b"")
    segment = Segment(tmp_path, goes_on=True)
    assert read_all(segment) == [entry(0), entry(2)]
    assert len(segment.set_aside) == 1
    segment.close()


@pytest.mark.parametrize("hole", ["cut in the head", "cut in the entries", "a hole at the end", "a hole in the middle"])
def test_what_was_never_written_whole_is_cut_off(tmp_path: Path, hole: str) -> None:
    segment = Segment(tmp_path)
    segment.append(entries(0, 2))
    begins = segment.end
    segment.append([Entry(b"leaf", bytes(range(32)), b"content " * 400)])
    segment.close()
    path = file_of(tmp_path)
    good = path.read_bytes()
    middle = -(-(begins + 100) // 512) * 512
    path.write_bytes({
        "cut in the head": good[: begins + 10],
        "cut in the entries": good[: begins + 1_000],
        "a hole at the end": good[:middle] + bytes(len(good) - middle),
        "a hole in the middle": good[:middle] + bytes(512) + good[middle + 512 :],
    }[hole])  # fmt: skip
    segment = Segment(tmp_path)
    assert segment.end == begins
    assert read_all(segment) == entries(0, 2)
    segment.close()
