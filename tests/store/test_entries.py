"""Entries that are about one thing: found by that thing, however long the ledger is."""

from pathlib import Path

from comity.store import entries
from comity.store.opening import migrate
from comity.store.transactions import driver_of, open_engine


def test_what_is_about_a_thing_is_looked_for_by_that_thing_and_not_through_the_whole_ledger(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "node.db")
    migrate(engine)
    asked: list[str] = []
    sought = entries.Sought(kind="query.answer", member="FR", about=(b"a", b"b"))
    with engine.begin() as connection:
        driver_of(connection).set_trace_callback(asked.append)
        assert entries.list_places(connection, before=("2026", 7), most=10, sought=sought) == []
        assert entries.list_acts(connection, (b"a", b"b"), ("message.send",)) == (set(), True)
        driver_of(connection).set_trace_callback(None)
    found = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(found) == 3
    with engine.connect() as connection:
        for statement in found:
            plan = str(connection.exec_driver_sql(f"explain query plan {statement}").fetchall())
            assert "SEARCH ledger_about USING PRIMARY KEY (about=? AND kind=?)" in plan, plan
            assert "SCAN ledger_entry" not in plan, plan
            assert "SEARCH ledger_entry USING PRIMARY KEY (period=? AND position=?)" in plan, plan
    engine.dispose()
