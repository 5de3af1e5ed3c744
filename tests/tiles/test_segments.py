"""The segment: durable before anybody is told, whole groups or nothing."""

import os
import resource
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import CorruptError, TooLargeError, UnavailableError
from comity.ledger.entry import Entry
from comity.limits import CONTENT_BYTES
from comity.tiles.groups import encode_entry, encode_group
from comity.tiles.segments import Segment
from tests.tiles.cast import KilledError, entries, entry, kill_at


def last_file(folder: Path) -> Path:
    return max(folder.glob("*.segment"))


def read_all(segment: Segment, most: int = 7) -> list[Entry]:
    found: list[Entry] = []
    position = 0
    while position < segment.end:
        some, position = segment.read_from(position, most)
        assert some
        found += some
    assert segment.read_from(position, most) == ([], position)
    return found


def test_the_bytes_of_a_group_stay_what_they_are() -> None:
    one = encode_entry(Entry(b"leaf", b"s" * 32, b"content"))
    assert one == b"\x00\x04leaf" + b"s" * 32 + b"\x00\x00\x00\x07content"
    assert encode_group(5, one) == b"CSG1" + bytes.fromhex("0000000000000005 00000031 e0933c2c") + one


def test_what_was_appended_is_read_in_order_also_after_a_restart(tmp_path: Path) -> None:
    segment = Segment(tmp_path)
    segment.append([])
    for start in range(0, 30, 3):
        segment.append(entries(start, start + 3))
    assert read_all(segment) == entries(0, 30)
    segment.close()
    again = Segment(tmp_path)
    assert again.end == segment.end
    assert read_all(again, most=1) == entries(0, 30)
    again.close()


def test_a_group_larger_than_what_is_asked_for_still_comes_whole(tmp_path: Path) -> None:
    segment = Segment(tmp_path)
    segment.append(entries(0, 10))
    segment.append(entries(10, 12))
    found, position = segment.read_from(0, 3)
    assert found == entries(0, 10)
    assert segment.read_from(position, 3)[0] == entries(10, 12)
    segment.close()


def test_32_threads_share_syncs_and_every_entry_is_there_once(tmp_path: Path) -> None:
    syncs: list[str] = []
    failures: list[BaseException] = []

    def boundary(name: str) -> None:
        if name == "segment.synced":
            syncs.append(name)
        elif name == "segment.written" and not syncs:  # a disk takes its time: meanwhile all the others come
            clock = threading.Event()
            assert any(len(segment._queue) == 31 or clock.wait(0.001) for _ in range(30_000))

    segment = Segment(tmp_path, boundary)

    def read_for_someone(thread: int) -> None:
        try:
            for turn in range(20):
                segment.append([entry(thread * 100 + turn)])
        except BaseException as error:  # noqa: BLE001 - the test's thread hands on whatever went wrong
            failures.append(error)

    threads = [threading.Thread(target=read_for_someone, args=(thread,)) for thread in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)
    wanted = {entry(thread * 100 + turn).id for thread in range(32) for turn in range(20)}
    found = [one.id for one in read_all(segment)]
    assert len(found) == len(wanted) == 640
    assert set(found) == wanted
    assert len(syncs) <= 640 - 30, "what came while the first was written went together"
    segment.close()


@settings(max_examples=60, deadline=None)
@given(lost=st.integers(1, 400))
def test_a_torn_tail_is_cut_off_and_nothing_before_it(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    folder = tmp_path_factory.mktemp("segment")
    segment = Segment(folder)
    segment.append(entries(0, 2))
    whole = segment.end
    segment.append(entries(2, 5))
    end = segment.end
    segment.close()
    os.truncate(last_file(folder), max(whole, end - lost))
    again = Segment(folder)
    assert again.end == whole
    again.append(entries(9, 10))
    assert read_all(again) == [*entries(0, 2), *entries(9, 10)]
    again.close()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_before_a_whole_group_is_an_error_that_names_the_place(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("segment")
    segment = Segment(folder)
    segment.append(entries(0, 2))
    first = segment.end
    segment.append(entries(2, 3))
    second = segment.end
    segment.append(entries(3, 4))
    segment.close()
    at = data.draw(st.integers(0, second - 1))
    path = last_file(folder)
    good = path.read_bytes()
    path.write_bytes(good[:at] + bytes((good[at] ^ data.draw(st.integers(1, 255)),)) + good[at + 1 :])
    with pytest.raises(CorruptError) as raised:
        Segment(folder)
    assert raised.value.where == f"{path.name}, offset {0 if at < first else first}"


def test_damage_while_running_is_noticed_on_reading(tmp_path: Path) -> None:
    segment = Segment(tmp_path)
    segment.append(entries(0, 2))
    with last_file(tmp_path).open("r+b") as file:
        file.seek(30)
        file.write(b"?")
    with pytest.raises(CorruptError):
        segment.read_from(0, 10)
    segment.close()


def test_a_full_disk_refuses_the_whole_group_and_takes_the_next(tmp_path: Path) -> None:
    full = {"segment.written": True}

    def boundary(name: str) -> None:
        if full.pop(name, False):
            raise OSError(28, "No space left on device")

    segment = Segment(tmp_path)
    segment.append(entries(0, 1))
    segment.close()
    segment = Segment(tmp_path, boundary)
    with pytest.raises(UnavailableError):
        segment.append(entries(1, 3))
    assert last_file(tmp_path).stat().st_size == segment.end
    segment.append(entries(3, 4))
    assert read_all(segment) == [*entries(0, 1), *entries(3, 4)]
    segment.close()


def test_every_waiting_thread_hears_of_a_full_disk(tmp_path: Path) -> None:
    gate, refused = threading.Event(), []

    def boundary(name: str) -> None:
        if name == "segment.write":
            gate.wait(10)
            raise OSError(28, "No space left on device")

    segment = Segment(tmp_path, boundary)

    def append(number: int) -> None:
        try:
            segment.append([entry(number)])
        except UnavailableError:
            refused.append(number)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sorted(refused) == list(range(8))
    assert segment.end == 0
    segment.close()


def test_a_write_that_the_system_cuts_short_leaves_nothing_half_done(tmp_path: Path) -> None:
    """A real short write and EFBIG: the process may not make files above 4,000 bytes."""
    script = f"""
        import resource, signal
        from pathlib import Path
        from comity.errors import UnavailableError
        from comity.tiles.segments import Segment
        from tests.tiles.cast import entry
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, {resource.RLIM_INFINITY}))
        segment = Segment(Path({str(tmp_path)!r}))
        for number in range(100):
            try:
                segment.append([entry(number)])
            except UnavailableError:
                print(number)
                break
    """
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    kept = int(done.stdout)
    assert 0 < kept < 100
    segment = Segment(tmp_path)
    assert read_all(segment) == entries(0, kept)
    segment.close()


@pytest.mark.parametrize("step", range(3))
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, step: int) -> None:
    segment = Segment(tmp_path)
    segment.append(entries(0, 2))
    segment.close()
    killed = Segment(tmp_path, kill_at(step))
    with pytest.raises(KilledError):
        killed.append(entries(2, 3))
    with pytest.raises(UnavailableError, match="opened again"):
        killed.append(entries(3, 4))
    killed.close()
    again = Segment(tmp_path)
    assert read_all(again)[:2] == entries(0, 2)
    assert len(read_all(again)) == (2 if step == 0 else 3)
    again.close()


def test_positions_grow_over_rotation_and_restart(tmp_path: Path) -> None:
    segment = Segment(tmp_path, file_bytes=300)
    for number in range(10):
        segment.append([entry(number)])
    assert len(list(tmp_path.glob("*.segment"))) > 2
    assert read_all(segment) == entries(0, 10)
    end = segment.end
    _, position = segment.read_from(0, 6)
    segment.drop_through(position)
    assert segment.read_from(position, 10) == (entries(6, 10), end)
    segment.drop_through(end)
    assert [path.stat().st_size for path in tmp_path.glob("*.segment")] == [0]
    segment.close()
    again = Segment(tmp_path, sequenced_through=end)
    assert again.end == end
    again.append([entry(10)])
    assert again.read_from(end, 10) == ([entry(10)], again.end)
    assert again.end > end
    again.close()


def test_a_segment_behind_the_store_starts_where_the_store_is(tmp_path: Path) -> None:
    segment = Segment(tmp_path, sequenced_through=5_000)
    segment.append([entry(1)])
    assert segment.read_from(5_000, 10) == ([entry(1)], segment.end)
    with pytest.raises(CorruptError):
        segment.read_from(segment.end + 1, 10)
    segment.close()
    again = Segment(tmp_path, sequenced_through=5_000)
    assert read_all(again) == [entry(1)]
    again.close()


def test_a_missing_group_between_two_files_is_an_error(tmp_path: Path) -> None:
    segment = Segment(tmp_path, file_bytes=1)
    for number in range(3):
        segment.append([entry(number)])
    segment.close()
    os.truncate(sorted(tmp_path.glob("*.segment"))[1], 0)
    with pytest.raises(CorruptError):
        Segment(tmp_path)


def test_an_entry_past_the_bounds_is_refused_and_the_others_are_not_held_up(tmp_path: Path) -> None:
    segment = Segment(tmp_path)
    for wrong in (
        Entry(b"", bytes(32), bytes(CONTENT_BYTES + 1)),
        Entry(bytes(65_536), bytes(32), b""),
        Entry(b"", b"", b""),
    ):
        with pytest.raises(TooLargeError):
            segment.append([wrong])
    with pytest.raises(TooLargeError):
        segment.append([Entry(b"", bytes(32), bytes(CONTENT_BYTES))] * 9)
    segment.append([entry(1)])
    assert read_all(segment) == [entry(1)]
    segment.close()
