"""Whether asker, time and place of a hit are told may be the rulebook's to say by the record's status."""

from typing import Any

import msgspec
import pytest

from comity.exchange.message import AlertedHit
from comity.gate import EntryContent
from comity.peer.entering import EntryForm
from comity.registers.persons import PERSONS
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.testing import Network
from tests.scenarios.desks import QUIET_S, held
from tests.scenarios.standings import measure
from tests.scenarios.test_suspended_sources import go_by

BY_STATUS = Rule(
    "T-104.9", "test", "Who asked about a missing person is told to nobody.", "mask", ("alert.send",),
    "statuses_are_listed", {"statuses": ["wanted", "sanctioned"], "hides": ["asker", "place"]}, "partly",
)  # fmt: skip
STATUSES = ("wanted", "missing", "sanctioned", "deceased")


@pytest.fixture
def by_status(network: Network) -> Network:
    """Persons of FR in several statuses, under a rulebook that goes by them."""
    rulebook = msgspec.structs.replace(MODEL_RULEBOOK, rules=(*MODEL_RULEBOOK.rules, BY_STATUS))
    for node in network.nodes.values():
        go_by(node.knowledge, rulebook)
    persons: list[dict[str, Any]] = [
        {"reference": each, "status": each, "names": [{"whole": f"Ona {each}"}]} for each in STATUSES
    ]
    form = EntryForm(register=PERSONS.name, records=persons, is_lawful=True, audience="all")
    network.nodes["FR"].records.enter(network.officer("FR", "clerk", "registrar"), form)
    network.settle()
    return network


def told(network: Network, status: str) -> AlertedHit:
    """What FR hears of a hit of LT's on the person in that status."""
    officer = network.officer("LT", f"ruta-{network.entropy(4).hex()}", "inspector")
    terms = {PERSONS.name: {"name": f"Ona {status}"}}
    network.nodes["LT"].asker.check(officer, terms, purpose="border-control", reference="")
    network.settle(4)
    return alerts(network)[-1]


def alerts(network: Network) -> list[AlertedHit]:
    """From the oldest to the newest."""
    return [each.text.alert for each in held(network, "FR") if each.text.alert][::-1]


def test_asker_and_place_are_told_by_the_records_status(by_status: Network) -> None:
    assert {each: told(by_status, each).asker for each in STATUSES} == {
        "wanted": "LT", "missing": "", "sanctioned": "LT", "deceased": "",
    }  # fmt: skip


def test_the_answers_entry_keeps_the_status_as_it_was(by_status: Network) -> None:
    told(by_status, "missing")
    content = by_status.ledger("GS", "query.answer")[-1].content
    assert content is not None
    assert [hit["status"] for hit in content.detail["hits"]] == ["missing"]


def test_an_entry_of_before_that_keeps_no_status_is_told_of_as_of_none(
    by_status: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that was made just before this node went on with a newer version."""

    def forget(content: EntryContent) -> None:
        for hit in content.detail["hits"]:
            del hit["status"]

    alerter = by_status.nodes["GS"]._alerter
    tell = alerter._tell
    monkeypatch.setattr(alerter, "_tell", lambda row, done: (forget(row.content), tell(row, done))[1])
    assert told(by_status, "wanted").asker == ""


def test_what_waits_is_judged_by_the_status_too_when_it_is_carried(by_status: Network) -> None:
    """A measure that leaves everything told as before takes back nothing of it."""
    lenient = msgspec.structs.replace(
        MODEL_RULEBOOK,
        rules=(*(each for each in MODEL_RULEBOOK.rules if each.number != "RPD-104.4"), BY_STATUS),
    )
    for node in by_status.nodes.values():
        go_by(node.knowledge, lenient)
    measure(by_status, "FR", "query", "review")
    by_status.stop("FR")
    for status in ("wanted", "missing"):
        officer = by_status.officer("LT", f"ruta-{status}", "inspector")
        terms = {PERSONS.name: {"name": f"Ona {status}"}}
        by_status.nodes["LT"].asker.check(officer, terms, purpose="border-control", reference="")
        by_status.settle(4)
    by_status.start("FR")
    by_status.turn(QUIET_S)
    by_status.turn(QUIET_S)
    assert [each.asker for each in alerts(by_status)] == ["LT", ""]
