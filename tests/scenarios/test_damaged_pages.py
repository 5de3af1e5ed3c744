"""A page of the database whose count of rows was changed: every round of the caretaker ends, and names it."""

import sqlite3
from itertools import islice
from pathlib import Path

import pytest

from comity.errors import CorruptError
from comity.store.catalogue import RowsOfFolder
from comity.store.paging import go_through
from comity.testing import Network
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign

CAST = ("LT", "FR")
_STEPS_MAX = 20_000  # a whole round of this small node has a few hundred
_COUNT_AT = 4  # of a b-tree page's header: the low byte of how many cells it has


def flip_count(path: Path, table: str, bit: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("pragma wal_checkpoint(truncate)")
    (root,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    data[(root - 1) * size + _COUNT_AT] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("table", ["consignment", "message", "receipt", "delivery", "batch", "blob", "ledger_entry"])
def test_a_changed_count_of_rows_ends_no_round_never(network: Network, table: str) -> None:
    desk = Desk(network, "FR")
    desk.send("LT", attachments=(desk.attach(bytes(1000)),))
    for number in range(3):
        consign(network, f"19AC0000{number}")
    network.settle(4)
    path = network.founding.config("FR").path("data") / "node.db"
    network.stop("FR")
    whole = path.read_bytes()
    for bit in (1, 2, 4, 6):
        flip_count(path, table, bit)
        network.start("FR")
        node = network.nodes["FR"]
        round_ = node.caretaker._go_round()
        assert len(list(islice(round_, _STEPS_MAX))) < _STEPS_MAX
        assert node.damages.all()
        network.stop("FR")
        for beside in path.parent.glob("node.db-*"):
            beside.unlink()
        path.write_bytes(whole)


def test_a_page_that_does_not_advance_is_damage(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "node.db").close()
    rows = RowsOfFolder(tmp_path / "node.db")
    for page in ([0], [3, 2], [1, 1], [None], [b"", 1]):
        with pytest.raises(CorruptError):
            list(go_through(rows, lambda _connection, after, most, page=page: page, 0, lambda row: row))  # noqa: ARG005
    pages = iter([[1, 2], [3], []])
    assert list(go_through(rows, lambda _connection, after, most: next(pages), 0, lambda row: row)) == [1, 2, 3]  # noqa: ARG005
