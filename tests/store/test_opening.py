"""The database: what keeps it from being opened is said in its own words, and what its write-ahead file lost."""

import errno
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from comity.cli.exits import BROKEN, UNAVAILABLE, code_of
from comity.errors import ComityError, UnavailableError
from comity.members.officer import Officer, OfficerCreated
from comity.store.store import Store
from comity.store.wal import find_damage
from comity.testing import START


def make(folder: Path) -> Path:
    Store(folder).close()
    return folder / "node.db"


def harm(path: Path, kind: str) -> None:
    match kind:
        case "damaged":
            data = path.read_bytes()
            path.write_bytes(data[:20] + bytes(200) + data[220:])
        case "foreign file":
            path.write_bytes(b"%PDF-1.7 " * 1_000)
        case "foreign tables":
            path.unlink()
            with closing(sqlite3.connect(path)) as rows, rows:
                rows.execute("create table recipe (name text)")
        case "other tables":
            with closing(sqlite3.connect(path)) as rows, rows:
                rows.execute("alter table message drop column opened_by")
        case "newer":
            with closing(sqlite3.connect(path)) as rows, rows:
                rows.execute("update alembic_version set version_num = '9999'")


@pytest.mark.parametrize(("kind", "said", "code"), [
    ("damaged", "damaged|not the database", BROKEN),
    ("foreign file", "damaged", BROKEN),
    ("foreign tables", "not the database of a node", BROKEN),
    ("other tables", "not the database of a node", BROKEN),
    ("newer", "This folder was written by a newer Comity", UNAVAILABLE),
])  # fmt: skip
def test_a_database_that_cannot_be_used_says_what_it_is_and_what_to_do(
    tmp_path: Path, kind: str, said: str, code: int
) -> None:
    harm(make(tmp_path), kind)
    with pytest.raises(ComityError, match=said) as raised:
        Store(tmp_path)
    assert code_of(raised.value) == code
    assert raised.value.next_step


def test_a_database_that_somebody_else_holds_is_in_use(tmp_path: Path) -> None:
    path = make(tmp_path)
    store = Store(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        rows.execute("BEGIN IMMEDIATE")
        with pytest.raises(ComityError, match="Another program holds the database") as raised:
            store.change(lambda unit: unit.apply(officer(1)))
        assert code_of(raised.value) == UNAVAILABLE
    store.close()


def test_a_database_of_the_newest_version_is_opened_without_loading_what_migrates(tmp_path: Path) -> None:
    make(tmp_path)
    look = "import pathlib, sys; from comity.store.store import Store; Store(pathlib.Path(sys.argv[1])).close()"
    words = [sys.executable, "-c", f"{look}; print('alembic' in sys.modules)", str(tmp_path)]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "False\n"
    (tmp_path / "node.db").unlink()
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "True\n"


def test_damage_that_shows_while_the_node_runs_is_called_damage(tmp_path: Path) -> None:
    store = Store(tmp_path, own_thread=False)
    store.change(lambda unit: unit.apply(officer(1)))
    store.close()
    path = tmp_path / "node.db"
    data = path.read_bytes()
    path.write_bytes(data[: 4096 * 2] + bytes(len(data) - 4096 * 2))
    with pytest.raises(ComityError, match=r"damaged|not the database") as raised:
        Store(tmp_path).change(lambda unit: unit.find_officer("officer1"))
    assert code_of(raised.value) == BROKEN


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ComityError, match="folder cannot be read or written") as raised:
        Store(tmp_path / "data")
    assert code_of(raised.value) == UNAVAILABLE


def officer(number: int) -> OfficerCreated:
    return OfficerCreated(Officer(f"officer{number}", "Title", ("desk",), "hash", is_one_time=True), START)  # type: ignore[arg-type]


@pytest.fixture
def cut_off(tmp_path: Path) -> Path:
    """A store's folder as it was when the power went: five commits in the write-ahead file."""
    store = Store(tmp_path / "running", own_thread=False)
    for number in range(5):
        store.change(lambda unit, n=number: unit.apply(officer(n)))  # type: ignore[misc]
    shutil.copytree(tmp_path / "running", tmp_path / "copy")
    store.close()
    return tmp_path / "copy"


def test_a_write_ahead_file_that_holds_brings_every_commit_and_is_not_called_damaged(cut_off: Path) -> None:
    assert find_damage(cut_off / "node.db-wal") is None
    store = Store(cut_off)
    assert store.lost.text == ""
    assert all(store.read(lambda unit, n=n: unit.find_officer(f"officer{n}")) for n in range(5))  # type: ignore[misc]
    store.close()


def test_each_changed_byte_before_the_last_commit_of_a_write_ahead_file_is_found(cut_off: Path) -> None:
    wal = cut_off / "node.db-wal"
    good = wal.read_bytes()
    frame_bytes = 4096 + 24
    last = 32 + (len(good) - 32) // frame_bytes * frame_bytes
    commits = [at for at in range(32, last, frame_bytes) if int.from_bytes(good[at + 4 : at + 8], "big")]
    assert len(commits) >= 5
    for at in range(8, commits[-2], 397):
        wal.write_bytes(good[:at] + bytes((good[at] ^ 0x40,)) + good[at + 1 :])
        assert find_damage(wal) is not None, at


@pytest.mark.parametrize("cut", [1, 100, 4096, 5000])
def test_a_write_ahead_file_whose_last_commit_was_cut_off_is_not_damaged(cut_off: Path, cut: int) -> None:
    wal = cut_off / "node.db-wal"
    wal.write_bytes(wal.read_bytes()[:-cut])
    assert find_damage(wal) is None


def test_what_a_damaged_write_ahead_file_lost_is_named_and_its_bytes_are_kept(cut_off: Path) -> None:
    wal = cut_off / "node.db-wal"
    good = wal.read_bytes()
    at = len(good) // 2
    broken = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
    wal.write_bytes(broken)
    store = Store(cut_off)
    assert "what was done last is lost" in store.lost.text
    assert (cut_off / "node.db-wal.damaged").read_bytes() == broken
    store.close()


def test_where_no_more_files_can_be_opened_it_is_not_now_and_it_passes(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    store = Store(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/dev/fd").iterdir())) + 3, hard))
    gate = threading.Barrier(20)

    def look(_number: int) -> str:
        gate.wait()
        try:
            store.read(lambda unit: unit.find_officer("officer0"))
        except UnavailableError as error:
            return error.next_step
        return ""

    try:
        with ThreadPoolExecutor(20) as pool:
            said = set(pool.map(look, range(20)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert any("ulimit" in step or "write its data folder" in step for step in said)
    assert store.read(lambda unit: unit.find_officer("officer0")) is None
    store.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_an_act_that_finds_no_file_to_open_says_so_and_another_fault_is_ours(tmp_path: Path, number: int) -> None:
    store = Store(tmp_path, own_thread=False)

    def fail(_unit: object, number: int = number) -> None:
        raise OSError(number, "at a test's wish")

    for do in (store.read, store.change):
        with pytest.raises(UnavailableError, match="Too many files"):
            do(fail)
        with pytest.raises(OSError, match="wish"):
            do(lambda unit: fail(unit, errno.EPERM))
    store.close()


def test_what_was_lost_is_remembered_over_restarts_until_it_is_removed(cut_off: Path) -> None:
    wal = cut_off / "node.db-wal"
    good = wal.read_bytes()
    at = len(good) // 2
    wal.write_bytes(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
    for _time in range(3):
        store = Store(cut_off)
        assert "what was done last is lost" in store.lost.text
        store.close()
    (cut_off / "node.db.lost").unlink()
    store = Store(cut_off)
    assert store.lost.text == ""
    store.close()


def test_the_database_waits_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    store = Store(tmp_path)
    pragmas = store.read_rows(
        lambda connection: [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    )
    assert pragmas == ["wal", 2]
    store.close()
