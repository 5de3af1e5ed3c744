import json
from pathlib import Path

from tests.cli.conftest import Served, Terminal

ENTER = ("enter", "travel-documents")
ONE = ("--country", "FRA", "--type", "passport", "--loss", "stolen-blank")


def test_another_countrys_document_is_refused_by_rule(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "reg-1", "registrar")
    assert comity(*ENTER, "--number", "19AC45678", *ONE, "--lawful") == 3
    assert "TD-1.2" in comity.err


def test_without_saying_that_it_is_lawful_nothing_is_entered(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "reg-2", "registrar")
    assert comity(*ENTER, "--number", "19AC45678", *ONE) == 3
    assert "RPD-12.1" in comity.err


def test_a_record_is_delivered_with_a_receipt(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "reg-3", "registrar")
    comity.does(*ENTER, "--number", "19AC45679", *ONE, "--lawful")
    assert "Delivered" in comity.out
    assert comity.found(r"at GS +entry ([0-9a-f]{64})")


def test_with_the_line_cut_it_waits(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "reg-4", "registrar")
    served.network.cut("FR")
    try:
        comity.does(*ENTER, "--number", "19AC45680", *ONE, "--lawful")
    finally:
        served.network.mend("FR")
    assert "Waiting" in comity.out


def test_every_wrong_field_of_a_file_is_named_and_nothing_entered(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "reg-5", "registrar")
    good = {"number": "19AC45681", "country": "FRA", "type": "passport", "loss": "stolen"}
    Path("records.json").write_text(json.dumps([good, good | {"number": "?"}, good | {"loss": "eaten"}]))
    assert comity(*ENTER, "--records", "records.json", "--lawful") == 2
    assert "records[1].number" in comity.err
    assert "records[2].loss" in comity.err
    comity.does(*ENTER, "--records", "-", "--lawful", typed=json.dumps([good]))


def test_a_file_that_is_no_list_of_records_is_said_to_be_none(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "reg-6", "registrar")
    Path("records.json").write_text('{"number": 1}')
    assert comity(*ENTER, "--records", "records.json", "--lawful") == 2
    assert comity(*ENTER, "--records", "missing.json", "--lawful") == 2
    assert comity(*ENTER, "--records", "records.json", "--number", "1", "--lawful") == 2


def test_what_is_wrong_with_one_record_is_named_by_its_option_with_what_to_do(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "opt.ion", "registrar")
    wrong = ("--lawful", "--status", "stolen", "--vin", "1M8GDM9A0KP042788", "--plate-country", "QQ")
    assert comity("enter", "vehicles", *wrong) == 2
    assert "The check digit in place 9 of the VIN is 0; X was expected." in comity.err
    assert "give it as the chassis number" in comity.err
    assert "Where: --vin, --plate-country" in comity.err
