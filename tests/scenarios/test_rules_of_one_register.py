"""A rule about one register alone, in a running network: it speaks of that register, and of no other."""

import msgspec

from comity.ids import RegisterName
from comity.peer.entering import EntryForm
from comity.rules.catalogue import KINDS
from comity.rules.rule import Rule
from comity.testing import Network
from tests.scenarios.test_amended_rulebooks import draft_of, plus, publish
from tests.scenarios.test_consignments import consign

NUMBER = "19AC00001"
OF_REGISTERS = tuple(kind.name for kind in KINDS.values() if "registers" in kind.states)
NEVER = Rule("T-9", "test", "Nobody does it with this register.", "condition", OF_REGISTERS, "is_officer_signing_in")
"""Its test holds for none of these acts: it refuses wherever it speaks."""


def amend(network: Network, register: str) -> None:
    publish(network, draft_of(network, plus(msgspec.structs.replace(NEVER, register=register)).encode()))
    network.turn(2)


def test_a_rule_about_a_register_that_no_act_is_about_refuses_nothing(network: Network) -> None:
    """So each kind that may be about registers does say of which it is: else the rule would speak."""
    amend(network, "vehicles")
    entered = network.enter(network.officer("FR", "claire-1", "registrar"), NUMBER)
    assert entered.receipt is not None
    assert entered.receipt.step == "delivered"
    assert consign(network, "19AC00002") is not None
    network.turn(61)
    officer = network.officer("LT", "ruta", "inspector")
    hit = network.check(officer, NUMBER, "FRA")
    assert [each.answer for each in hit.registers] == ["hit"]
    (record,) = [each.record for each in hit.registers[0].hits]
    read = network.nodes["LT"].asker.read(officer, record, purpose="border-control", reference="")
    assert read.shown is not None
    assert read.shown.record is not None
    network.turn(61)
    for code in ("GS", "FR", "LT"):
        refused = [row.kind for row in network.ledger(code) if row.content and row.content.verdict == "refused"]
        assert not refused, code
    assert network.ledger("GS", "alert.send")


def test_a_rule_about_vehicles_refuses_vehicles_and_nothing_else(network: Network) -> None:
    amend(network, "vehicles")
    claire = network.officer("FR", "claire-1", "registrar")
    assert network.enter(claire, NUMBER).receipt is not None
    form = EntryForm(register="vehicles", records=[{"engine": "X1", "status": "stolen"}], is_lawful=True)
    refused = network.nodes["FR"].records.enter(claire, form)
    assert refused.verdict is not None
    assert (refused.verdict.outcome, refused.verdict.rules) == ("refused", ("T-9",))
    officer = network.officer("LT", "ruta", "inspector")
    terms = {RegisterName("vehicles"): {"engine": "X1"}}
    asked = network.nodes["LT"].asker.check(officer, terms, purpose="border-control", reference="")
    assert asked.verdict.rules == ("T-9",)
    assert network.check(officer, NUMBER, "FRA").registers[0].answer == "hit"
