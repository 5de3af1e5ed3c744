"""Messages shared among their senders: by the index, whose expression stands in the schema, migration and queries."""

from pathlib import Path
from typing import Any

from sqlalchemy import event, insert

from comity.store import messages, sharing
from comity.store.opening import migrate
from comity.store.transactions import open_engine


def test_each_look_at_a_writers_messages_goes_by_the_index(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "node.db")
    migrate(engine)
    asked: list[tuple[str, Any]] = []
    row = {"is_outgoing": False, "shell": b"comity/1 envelope 0123456789abcdef ", "kept": b"", "kept_at": 0.0}
    with engine.begin() as connection:
        connection.execute(insert(messages.message).values(**row, id="a", thread="a", officer="", opened_by=""))
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        assert sharing.list_shared(connection, 10) == [sharing.Share((), is_cut=False)], "it is damaged"
        assert sharing.list_of_sender(connection, "LT", 7, 10) == []
    found = list(asked)
    assert len(found) == 6
    with engine.connect() as connection:
        for statement, values in found:
            plan = connection.exec_driver_sql(f"explain query plan {statement}", values).fetchall()
            assert "message_writer" in str(plan), statement
    engine.dispose()
