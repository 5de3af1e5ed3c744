"""Vehicles at the command line: options made from what the register declares, words and exit codes of its own."""

from pathlib import Path

import pytest

from tests.cli.conftest import Served, Terminal

VIN = "1M8GDM9AXKP042788"
BORDER = ("--purpose", "border-control")


@pytest.fixture
def working(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The network, whose background work goes on whenever the command waits for it."""
    monkeypatch.setattr("time.sleep", lambda _s: served.network.settle())
    return served


def test_a_vehicle_is_entered_by_options_and_found_by_each_of_its_numbers(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "cars-1", "registrar")
    comity.does(
        "enter", "vehicles", "--vin", VIN, "--plate", "AB-123-CD", "--plate-country", "FRA", "--status", "stolen",
        "--engine", "ENG 42", "--lawful",
    )  # fmt: skip
    assert "Delivered" in comity.out
    served.network.turn(1)
    served.officer(comity, "LT", "cars-2", "inspector")
    for asked in (
        ("--vin", VIN.lower().replace("0", "o")), ("--plate", "ab123cd", "--plate-country", "fra"),
        ("--engine", "eng42"),
    ):  # fmt: skip
        comity.does("check", *asked, *BORDER)
        assert comity.out.startswith("Hit: seize the vehicle")
        assert "travel-documents: Not asked (the document number is missing)" in comity.out
        assert "Next: Type it as it stands on the document" not in comity.out
        assert "  vehicle " in comity.out
        assert "  status       Stolen\n" in comity.out


def test_a_vehicle_that_nobody_reported_ends_with_zero_whatever_was_not_meant(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "cars-3", "inspector")
    assert comity("check", "--vin", "1FVACWCT67HY22127", *BORDER) == 0
    assert "vehicles: Nothing open to you" in comity.out
    assert comity("check", "--number", "20BD11223", "--country", "FRA", *BORDER) == 0
    assert "vehicles: Not asked (the VIN is missing)" in comity.out


@pytest.mark.parametrize(("half", "said"), [
    (("--plate", "AB-123-CD"), "number plate not asked (the country of the plate is missing)"),
    (("--plate-country", "FRA"), "country of the plate not asked (the number plate is missing)"),
])  # fmt: skip
def test_half_a_plate_is_named_and_ends_as_where_a_register_was_not_asked(
    comity: Terminal, served: Served, half: tuple[str, str], said: str
) -> None:
    served.officer(comity, "LT", f"cars{half[0]}", "inspector")
    assert comity("check", "--vin", "1FVACWCT67HY22127", *half, *BORDER) == 5
    assert f"vehicles: Nothing open to you; {said}" in comity.out
    assert "Next: Type it" in comity.out


def test_what_cannot_be_asked_is_named_by_its_option(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "cars-4", "inspector")
    assert comity("check", "--plate", "AB-123-CD", *BORDER) == 2
    assert "--plate-country" in comity.err
    assert comity("check", "--vin", "200BL8EV9AX604020", *BORDER) == 2
    assert "--vin" in comity.err
    assert "2 was expected" in comity.err


def test_a_file_of_vehicles_goes_in_whole_and_what_may_be_wrong_is_said(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "cars-5", "registrar")
    Path("cars.csv").write_text(
        "vin,plate,plate_country,status,make\n95VBL8EV9AX604020,,,stolen,Invented\n,AB-124-CD,FRA,plates-stolen,\n",
        encoding="utf-8",
    )
    comity.does("enter", "vehicles", "cars.csv", "--lawful", "--yes")
    assert "Line 2: VIN 95VBL8EV9AX604020: 9 in place 9 is no check digit that holds" in comity.out


def test_a_line_that_no_vehicle_can_have_keeps_the_file_out(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "cars-6", "registrar")
    Path("cars.csv").write_text(
        "vin,engine,status\nWVWZZZ1JZXW00000O,,stolen\n,9.1235E+11,stolen\n,,stolen\n", encoding="utf-8"
    )
    assert comity("enter", "vehicles", "cars.csv", "--lawful", "--yes") == 2
    said = comity.out + comity.err
    assert "no VIN has I, O or Q" in said
    assert "A vehicle has a VIN" in said


def test_each_register_offers_its_own_instructions(comity: Terminal) -> None:
    wide = {"COLUMNS": "200"}
    assert "On a hit: seize, identify, locate, inform." in comity.does("enter", "vehicles", "--help", **wide)
    assert "On a hit: inform, locate." in comity.does("enter", "persons", "--help", **wide)
    assert "On a hit: hold, seize, locate, inform." in comity.does("enter", "travel-documents", "--help", **wide)
