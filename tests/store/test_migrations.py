"""Each migration is whole or not at all, whenever the power goes or the disk is full; a start goes on from there."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Engine, event

from comity.errors import ComityError, UnavailableError
from comity.store import opening
from comity.store.opening import migrate
from comity.store.store import Store
from comity.store.transactions import driver_of, open_engine

VERSIONS = sorted(path.name[1:5] for path in (Path(opening.__file__).parent / "migrations/versions").glob("m*.py"))
FIRST, ABOUT, KINDS = "0001", "0009", "0010"

ROWS = (
    "insert into batch values (1, 'b', 'r', 1, 'FR', 1, 0)",
    "insert into removal values ('b.0', 'r', 2, 'FR', 0, 0)",
    "insert into blob values ('{blob}', x'00', 'LT', 0, null, 1e10)",
    """insert into consignment (row, id, source, register, frame, state, at, officer)
       values (1, 'c', 'FR', 'r', cast('"blob":"{blob}"' as blob), 'underway', 0, '')""",
    "insert into officer values ('olga', 'O', 'duty', 'x', 0, 0, null, null, 0)",
    "insert into message values (1, 'm', 't', 1, x'00', x'00', 0, 'olga', null, '')",
)
ENTRIES = 200
HALF_DONE = (
    "alter table ledger_about rename to ledger_about_before",
    """create table ledger_about (about blob not null, kind varchar not null, period varchar not null,
       position integer not null, primary key (about, kind, period, position)) without rowid""",
    """insert into ledger_about select about, kind, b.period, b.position from ledger_about_before b
       join ledger_entry e on e.period = b.period and e.position = b.position""",
    "drop table ledger_about_before",
)
"""The statements by which the first form of that migration went, each durable by itself."""


def bring(path: Path, version: str) -> None:
    """Bring a database to a version's tables, up or down."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    engine = open_engine(path)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        held = opening._read_tables(connection)
        at = connection.exec_driver_sql("select version_num from alembic_version").scalar() if held else ""
        (command.upgrade if version > (at or "") else command.downgrade)(config, version)
    engine.dispose()


def bring_to_newest(path: Path) -> None:
    engine = open_engine(path)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as rows:
        return sorted("".join(line.lower().split()) for line in rows.iterdump())


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as rows, rows:
        for each in statements:
            rows.execute(each)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node's database of the first version, with something in each table that later versions change."""
    path = tmp_path_factory.mktemp("old") / "node.db"
    bring(path, FIRST)
    change(path, *(each.format(blob="a" * 64) for each in ROWS))
    with closing(sqlite3.connect(path)) as rows, rows:
        for n in range(ENTRIES):
            rows.execute("insert into ledger_entry values (?, '2026-11', ?, 'query.ask', 0, 'FR', '', '', '')", (n, n))
            rows.execute("insert into ledger_about values (?, '2026-11', ?)", (n.to_bytes(16, "big"), n))
    return path


@pytest.fixture(scope="module")
def migrated(old: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("new") / "node.db"
    shutil.copy(old, path)
    bring_to_newest(path)
    return dump(path)


def each_statement(path: Path, do: Callable[[], None]) -> Iterator[Path]:
    """Migrate, with a copy of what a killed program leaves before each statement. Pages are written as they come."""
    copies: list[Path] = []

    def copy(_statement: str) -> None:
        folder = path.parent / f"killed-{len(copies)}"
        folder.mkdir()
        for each in path.parent.glob("node.db*"):
            shutil.copy(each, folder)
        copies.append(folder / "node.db")

    def listen(_dialect: Any, _record: Any, arguments: Any, _named: Any) -> Any:
        made = sqlite3.connect(*arguments, check_same_thread=False, isolation_level=None)
        made.execute("pragma cache_size=1")
        made.set_trace_callback(copy)
        return made

    event.listen(Engine, "do_connect", listen)
    try:
        do()
    finally:
        event.remove(Engine, "do_connect", listen)
    yield from copies


def test_a_node_that_is_killed_at_any_statement_of_a_migration_starts_and_has_lost_nothing(
    old: Path, migrated: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    found = set()
    copies = list(each_statement(path, lambda: bring_to_newest(path)))
    assert len(copies) > len(VERSIONS) * 3
    for each in copies:
        with closing(sqlite3.connect(each)) as rows:
            found.add(rows.execute("select version_num from alembic_version").fetchone()[0])
        bring_to_newest(each)
        assert dump(each) == migrated, each
    assert found == set(VERSIONS)


def test_an_empty_folder_whose_node_is_killed_at_any_statement_becomes_a_nodes_folder(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    for each in each_statement(path, lambda: bring_to_newest(path)):
        bring_to_newest(each)
        assert dump(each) == dump(path)


def test_where_the_disk_is_full_in_a_migration_nothing_was_changed_and_with_room_it_goes_on(
    old: Path, migrated: list[str], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(old)) as rows:
        (most,) = rows.execute("pragma page_count").fetchone()
    path = tmp_path / "node.db"
    refused = 0
    for pages in range(most, most + 200):
        shutil.copy(old, path)
        engine = open_engine(path)
        limit = f"pragma max_page_count={pages}"
        event.listen(engine, "connect", lambda made, _record, limit=limit: made.execute(limit))
        if is_migrated(engine, path):
            break
        refused += 1
        bring_to_newest(path)
        assert dump(path) == migrated
    assert refused > 1


def is_migrated(engine: Engine, path: Path) -> bool:
    """Whether the disk had room; where it had not, that is said."""
    try:
        with opening.opening(path):
            migrate(engine)
    except UnavailableError as error:
        return error.message != "The disk is full: nothing was changed."
    finally:
        engine.dispose()
    return True


@pytest.mark.parametrize("done", range(1, len(HALF_DONE) + 1))
def test_what_the_first_form_of_a_migration_left_half_done_is_finished(
    old: Path, migrated: list[str], tmp_path: Path, done: int
) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    bring(path, ABOUT)
    change(path, *HALF_DONE[:done])
    bring_to_newest(path)
    assert dump(path) == migrated


def flip(path: Path, table: str, at: int) -> None:
    """Change a byte of a table's first page."""
    with closing(sqlite3.connect(path)) as rows:
        rows.execute("pragma wal_checkpoint(truncate)")
        (page,) = rows.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 + at % 4096] ^= 1
    path.write_bytes(bytes(data))


def test_damage_of_the_list_that_it_is_filled_from_keeps_no_node_out(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    bring(path, ABOUT)
    flip(path, "ledger_entry", 0)
    store = Store(tmp_path, reserve_bytes=0)
    assert "ledger_entry" in {each.name for each in store.damaged}
    store.close()


@pytest.mark.parametrize("at", [0, 3, 5, 8, 9, 10, 12, 13, 40, -1, -30])
@pytest.mark.parametrize("done", range(4))
def test_damage_of_what_can_be_made_anew_keeps_no_node_out(old: Path, tmp_path: Path, at: int, done: int) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    bring(path, ABOUT)
    change(path, *HALF_DONE[:done])
    flip(path, "ledger_about_before" if done else "ledger_about", at)
    Store(tmp_path, reserve_bytes=0).close()
    with closing(sqlite3.connect(path)) as rows:
        assert rows.execute("pragma integrity_check('ledger_about')").fetchone() == ("ok",)
        assert "before" not in str(rows.execute("select name from sqlite_master").fetchall())
        kept = rows.execute("select count(*) from ledger_entry").fetchone()
        assert kept == (ENTRIES,)


def test_what_was_emptied_is_said_until_it_was_compared(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    bring(path, ABOUT)
    flip(path, "ledger_about", 0)
    for _start in range(2):
        store = Store(tmp_path, reserve_bytes=0)
        assert "what entries are about was damaged" in store.lost.text
        store.close()


def test_tables_that_are_not_those_of_their_version_are_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    bring(path, ABOUT)
    change(path, "alter table due_act rename to other")
    bring(path, KINDS)
    change(path, "create table own_record (x text)")
    with pytest.raises(ComityError, match="its tables are not those of its version"), opening.opening(path):
        bring_to_newest(path)


def test_what_is_taken_back_is_whole_too(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    shutil.copy(old, path)
    bring_to_newest(path)
    bring(path, FIRST)
    for each in each_statement(path, lambda: bring(path, VERSIONS[-1])):
        engine = open_engine(each)
        with engine.connect() as connection:
            assert driver_of(connection).execute("pragma integrity_check").fetchone() == ("ok",)
        engine.dispose()
