"""What is kept beside the ledger: one changed byte of a message or a receipt is found and named."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from comity.act import Session
from comity.peer.messenger import MessageForm
from comity.testing import Network

CAST = ("LT", "FR")


@pytest.fixture
def sent(network: Network) -> str:
    """A message from LT that FR has opened, with its receipts."""
    desk, reader = network.officer("LT", "v.balciunas", "desk"), network.officer("FR", "c.moreau", "desk")
    name: str = network.nodes["LT"].messages.send(desk, MessageForm(to=("FR",), subject="S", text="T")).release
    network.settle()
    network.nodes["FR"].messages.open(reader, name)
    network.settle()
    return name


@contextmanager
def database(network: Network, code: str) -> Iterator[sqlite3.Connection]:
    path = network.founding.config(code).path("data") / "node.db"
    with closing(sqlite3.connect(path)) as found, found:
        yield found


def findings(network: Network, code: str, auditor: Session) -> tuple[str, ...]:
    network.settle()
    found: tuple[str, ...] = network.nodes[code].ledger.verify(auditor).release.findings
    return found


@pytest.mark.parametrize("code", ["LT", "FR"])
def test_nothing_is_found_where_nothing_was_changed(network: Network, sent: str, code: str) -> None:
    del sent
    assert findings(network, code, network.officer(code, "auditor", "auditor")) == ()


@pytest.mark.parametrize(("code", "table", "column", "named"), [
    ("LT", "message", "shell", "message {}"),
    ("LT", "message", "kept", "message {}"),
    ("LT", "receipt", "frame", "receipt of {} by FR"),
    ("FR", "message", "shell", "message {}"),
    ("FR", "message", "kept", "message {}"),
])  # fmt: skip
def test_any_changed_byte_is_found_and_named(
    network: Network, sent: str, code: str, table: str, column: str, named: str
) -> None:
    auditor = network.officer(code, "auditor", "auditor")
    with database(network, code) as rows:
        row, data = rows.execute(f"select row, {column} from {table} order by row limit 1").fetchone()  # noqa: S608 - the test's own names
    for at in range(0, len(data), max(1, len(data) // 25)):
        changed = bytearray(data)
        changed[at] ^= 0x01
        with database(network, code) as rows:
            rows.execute(f"update {table} set {column} = ? where row = ?", (bytes(changed), row))  # noqa: S608
        found = findings(network, code, auditor)
        assert found, f"byte {at} of {table}.{column}"
        assert found[0].startswith(named.format(sent)), found


def test_a_message_that_was_taken_away_is_missed(network: Network, sent: str) -> None:
    auditor = network.officer("FR", "auditor", "auditor")
    network.settle()
    with database(network, "FR") as rows:
        rows.execute("delete from message")
    assert findings(network, "FR", auditor) == (f"message {sent}: an entry names it, and it is not here.",)


def test_a_receipt_that_nobody_entered_is_found(network: Network, sent: str) -> None:
    auditor = network.officer("LT", "auditor", "auditor")
    network.settle()
    with database(network, "LT") as rows:
        rows.execute("update receipt set step = 'refused' where step = 'opened'")
    assert any(sent in found and "filed under something else" in found for found in findings(network, "LT", auditor))
