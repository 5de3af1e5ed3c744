"""Whatever bit of a small table was changed: a node starts, or says in its own words that its database is damaged."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from comity.cli.exits import BROKEN, code_of
from comity.errors import ComityError, CorruptError
from comity.testing import Network

CAST = ("LT", "FR")


def page_of(path: Path, table: str) -> range:
    connection = sqlite3.connect(path)
    connection.execute("pragma wal_checkpoint(truncate)")
    (root,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    return range((root - 1) * size, root * size)


def start(network: Network) -> CorruptError | None:
    """Start and stop LT; what kept it from starting."""
    try:
        network.start("LT")
    except CorruptError as error:
        return error
    with suppress(ComityError):
        network.nodes["LT"].officers.sign_in("ruta", "not the password")
    network.stop("LT")
    return None


@pytest.mark.parametrize("table", ["sequenced", "officer"])
def test_a_changed_bit_is_told_in_words_or_does_no_harm(network: Network, table: str) -> None:
    network.check(network.officer("LT", "ruta", "inspector"), "19AC00000", "FRA")
    network.turn(2)
    network.stop("LT")
    path = network.founding.config("LT").path("data") / "node.db"
    page, whole = page_of(path, table), path.read_bytes()
    places = [at for at in page if whole[at]][:: 1 if table == "sequenced" else 5]
    for at in places:
        data = bytearray(whole)
        data[at] ^= 1 << at % 8
        path.write_bytes(data)
        said = start(network)
        assert said is None or (code_of(said), bool(said.next_step)) == (BROKEN, True)
        for beside in (*path.parent.glob("node.db*"), path.parent / "running"):
            beside.unlink(missing_ok=True)
        network.nodes.pop("LT", None)
    path.write_bytes(whole)
