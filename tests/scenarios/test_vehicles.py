"""Vehicles through the network: any member enters, files, alerts, and nodes of the version before."""

from collections.abc import Mapping
from typing import Any

import pytest

from comity.api.document import read_document
from comity.errors import UnavailableError
from comity.formats_table import newest_versions
from comity.ids import RegisterName
from comity.peer.asking import Checked
from comity.peer.entering import EntryForm
from comity.registers import registry
from comity.testing import Network

VIN = "1M8GDM9AXKP042788"
VEHICLES = RegisterName("vehicles")


def enter(network: Network, at: str = "FR", **fields: str) -> Any:
    registrar = network.officer(at, f"registrar-{len(network.ledger(at))}", "registrar")
    record = {"vin": VIN, "status": "stolen", **fields}
    entered = network.nodes[at].records.enter(
        registrar, EntryForm(register="vehicles", records=[record], is_lawful=True)
    )
    network.turn(1)
    return entered


def check(network: Network, at: str = "LT", **typed: str) -> Checked:
    officer = network.officer(at, f"inspector-{len(network.ledger(at))}", "inspector")
    asked = read_document(**typed).questions
    return network.nodes[at].asker.check(
        officer, asked.terms, purpose="border-control", reference="", unasked=asked.unasked
    )


def answers(checked: Checked) -> Mapping[str, str]:
    return {each.register: each.answer for each in checked.registers}


def test_any_member_enters_a_vehicle_and_the_rules_about_documents_do_not_speak(network: Network) -> None:
    entered = enter(network, "BR", plate="DE-1", plate_country="FRA")
    assert entered.verdict.outcome == "allowed"
    assert not {"TD-1.2", "RPD-49.2", "RPD-49.3"} & {*entered.verdict.rules, *entered.receipt.rules}
    assert {"RPD-49.4"} <= {*entered.verdict.rules} & {*entered.receipt.rules}
    assert answers(check(network, plate="de1", plate_country="FRA"))["vehicles"] == "hit"


def test_a_plate_is_found_by_its_looks_through_the_network_and_is_shown_as_it_was_entered(network: Network) -> None:
    plate = "А123ВС77"  # noqa: RUF001
    enter(network, "BR", plate=plate, plate_country="RUS")
    found = check(network, plate="A123BC77", plate_country="RUS").registers[-1]
    assert [hit.shown["plate"] for hit in found.hits] == [plate]
    assert answers(check(network, plate="A123BS78", plate_country="RUS"))["vehicles"] == "nothing"


def test_a_plate_that_only_sounds_as_the_asked_one_looks_is_no_hit(network: Network) -> None:
    enter(network, "BR", plate="VS 1", plate_country="SRB")
    assert answers(check(network, plate="BC 1", plate_country="SRB"))["vehicles"] == "nothing"
    assert answers(check(network, plate="BC 1", plate_country="SRB", vin=VIN))["vehicles"] == "hit"


def test_a_plate_that_reads_as_a_date_is_entered_and_found_beside_a_vin(network: Network) -> None:
    entered = enter(network, plate="MAY-21", plate_country="FIN")
    assert "Number plate MAY-21" in entered.notes[0]
    assert answers(check(network, plate="may 21", plate_country="FIN", vin="WVWZZZ1JZXW000001"))["vehicles"] == "hit"


def test_what_is_left_out_is_dropped_where_the_keeper_does_not_know_the_register(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.stop("GS")
    forget_vehicles(monkeypatch)
    network.start("GS")
    for _round in range(3):
        network.turn(61)
    officer = network.officer("LT", "ruta", "inspector")
    asked = read_document(number="19AC00001", country="FRA", vin=VIN, plate="AB-1").questions
    assert asked.left_out
    checked = network.nodes["LT"].asker.check(
        officer, asked.terms, purpose="border-control", reference="", unasked=asked.unasked, left_out=asked.left_out
    )
    assert answers(checked)["vehicles"] == "not-asked"
    assert checked.left_out == {}


def test_an_excluded_member_gets_what_it_gets_where_there_is_none(network: Network) -> None:
    registrar = network.officer("FR", "claire", "registrar")
    form = EntryForm(
        register="vehicles", records=[{"vin": VIN, "status": "stolen"}], is_lawful=True, audience="all but XX"
    )
    network.nodes["FR"].records.enter(registrar, form)
    network.turn(1)
    hidden, none = check(network, "XX", vin=VIN), check(network, "XX", vin="1FVACWCT67HY22127")
    assert answers(hidden) == answers(none)
    assert hidden.registers[-1].position == none.registers[-1].position
    assert answers(check(network, vin=VIN))["vehicles"] == "hit"


def test_the_source_hears_of_a_hit_on_its_vehicle(network: Network) -> None:
    enter(network)
    check(network, vin=VIN)
    network.turn(1)
    network.turn(1)
    (sent,) = network.ledger("GS", "alert.send")
    assert sent.content is not None
    assert sent.content.detail["source"] == "FR"


def forget_vehicles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secretariat of the version before states no such register."""
    older = {name: version for name, version in newest_versions().items() if not name.startswith("register-")}
    monkeypatch.setattr("comity.node.newest_versions", lambda: older)


def test_a_keeper_of_the_version_before_is_not_asked_for_a_register_that_it_does_not_know(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC00001")
    network.stop("GS")
    forget_vehicles(monkeypatch)
    network.start("GS")
    for _round in range(3):
        network.turn(61)
    checked = check(network, number="19AC00001", country="FRA", vin=VIN)
    assert answers(checked) == {"travel-documents": "hit", "persons": "nothing", "vehicles": "not-asked"}
    assert "does not know this register yet" in checked.unasked[VEHICLES].message
    with pytest.raises(UnavailableError, match="does not know this register yet"):
        check(network, vin=VIN)


def test_a_keeper_that_has_said_nothing_is_asked() -> None:
    assert not registry.is_unknown_to(VEHICLES, None)
    assert registry.is_unknown_to(VEHICLES, {"query": 1})
    assert not registry.is_unknown_to(VEHICLES, registry.stated_registers())
    assert not registry.is_unknown_to(RegisterName("persons"), {})


def test_a_question_of_the_version_before_is_answered_as_ever(network: Network) -> None:
    """It says nothing of vehicles, and its answer says nothing of them."""
    enter(network)
    network.enter(network.officer("FR", "claire", "registrar"), "19AC00001")
    checked = network.check(network.officer("LT", "ruta", "inspector"), "19AC00001", "FRA")
    assert answers(checked) == {"travel-documents": "hit"}
