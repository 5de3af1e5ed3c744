"""The list by which entries are found: what was changed in it is named, and it is made anew from the ledger's files."""

import sqlite3

import pytest

from comity.act import Session
from comity.testing import Network
from comity.tiles.reading import ListWanted

CAST = ("LT", "FR")
CHANGES: dict[str, str] = {
    "kind": "update ledger_entry set kind = 'query.asj' where kind = 'query.ask'",
    "officer": "update ledger_entry set officer = 'rutb' where kind = 'query.ask'",
    "purpose": "update ledger_entry set purpose = 'cordes-control' where kind = 'query.ask'",
    "verdict": "update ledger_entry set verdict = 'allnwed' where kind = 'query.ask'",
    "member": "update ledger_entry set member = 'LU' where kind = 'query.ask'",
    "time": "update ledger_entry set at = at + 64 where kind = 'query.ask'",
    "name": "update ledger_entry set id = substr(id, 2) || '?' where kind = 'query.ask'",
    "period": "update ledger_entry set period = '3026-11' where kind = 'query.ask'",
    "position": "update ledger_entry set position = position + 4096 where kind = 'query.ask'",
    "row": "delete from ledger_entry where kind = 'query.ask'",
    "key": "update ledger_about set about = x'00112233445566778899aabbccddeeff'",
    "key's place": "update ledger_about set position = position + 64",
    "key's kind": "update ledger_about set kind = 'query.asj' where kind = 'query.ask'",
    "key's row": "delete from ledger_about",
    "every row": "delete from ledger_entry",
}
SOUGHT = ({"about": "19AC00000 FRA"}, {"officer": "ruta"}, {"purpose": "border-control"}, {"verdict": "allowed"}, {})


def meddle(network: Network, statement: str) -> None:
    """Change LT's database as a disk would, while it is not running."""
    network.stop("LT")
    path = network.founding.config("LT").path("data") / "node.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()
    network.start("LT")


def found(network: Network, auditor: Session) -> list[tuple[str, ...]]:
    """The questions that an auditor finds by everything that one can look for."""
    ledger = network.nodes["LT"].ledger
    pages = [ledger.list(auditor, ListWanted(kind="query.ask", **sought)).given for sought in SOUGHT]
    assert all(each.damage == "" for page in pages for each in page.entries)
    return [tuple(each.id for each in page.entries) for page in pages]


@pytest.fixture
def asked(network: Network) -> Network:
    for number in range(3):
        network.check(network.officer("LT", "ruta", "inspector"), f"19AC0000{number}", "FRA")
    network.turn(2)
    return network


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_the_list_is_named_and_put_right(asked: Network, change: str) -> None:
    auditor = asked.officer("LT", "aud", "auditor")
    before = found(asked, auditor)
    meddle(asked, CHANGES[change])
    node = asked.nodes["LT"]
    named = {each.kind for each in node.caretaker.check_all()}
    assert "list" in named
    assert node.ledger.list(auditor, ListWanted(officer="nobody")).given.damaged, "it says that entries may be missing"
    assert found(asked, auditor) == before
    assert [str(each) for each in node.caretaker.check_all() if each.kind == "list"] == []
    assert node.ledger.list(auditor, ListWanted(officer="nobody")).given.damaged == ()


def test_an_auditor_who_verifies_the_ledger_hears_of_a_changed_list(asked: Network) -> None:
    auditor = asked.officer("LT", "aud", "auditor")
    meddle(asked, CHANGES["officer"])
    report = asked.nodes["LT"].ledger.verify(auditor).given
    assert any("list" in each for each in report.findings)
