"""Who is an officer is what the ledger says: every act that changes one is read by the roll."""

import sqlite3
from contextlib import closing

from comity.members.session import ON_ROLL
from comity.store.entries import OF_ROLL
from comity.testing import Network
from comity.tiles.roll import TAKEN


def test_every_act_that_changes_an_officer_is_on_the_roll(network: Network) -> None:
    """Whether an act of another noun changes one too, ``tests/gate/test_kinds.py`` finds by playing it."""
    handlers = network.nodes["LT"].gate._handlers
    changing = {kind for kind, handler in handlers.items() if kind.startswith("officer.") and handler.changes}
    assert changing | {"password.set"} == set(ON_ROLL), "acts that change officers, and those of session.ON_ROLL"


def test_the_roll_takes_in_what_is_on_it() -> None:
    assert set(TAKEN) == set(ON_ROLL)


def test_the_index_of_a_nodes_database_is_that_of_the_roll(network: Network) -> None:
    """Its words are those of the query, or each act of an officer reads the whole list of entries."""
    with closing(sqlite3.connect(network.founding.config("LT").path("data") / "node.db")) as database:
        (made,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_entry_roll'").fetchone()
    assert str(OF_ROLL) in made, "a further kind on the roll needs a migration that makes this index anew"
