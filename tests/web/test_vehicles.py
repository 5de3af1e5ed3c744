"""Vehicles at the page: asked, entered and read in words of their own; quiet where something else is asked about."""

import re

import pytest

from comity.peer.entering import EntryForm

from .conftest import Cast, Page

VIN = "1M8GDM9AXKP042788"
RECORD = {
    "vin": VIN, "plate": "AB-123-CD", "plate_country": "FRA", "status": "stolen", "kind": "car", "make": "Invented",
    "colour": "grey", "theft_date": "2026-03-04",
}  # fmt: skip


@pytest.fixture(scope="module")
def entered(cast: Cast) -> Cast:
    network = cast.network
    claire = network.officer("FR", "claire", "registrar")
    network.enter(claire, "19AC00001")
    assert (
        network.nodes["FR"]
        .records.enter(claire, EntryForm(register="vehicles", records=[RECORD], is_lawful=True))
        .batch
    )
    network.turn(1)
    return cast


def check(cast: Cast, **typed: str) -> Page:
    return cast.officer("LT", "inspector").post("/check", {"purpose": "border-control", **typed})


def answer_of(page: Page) -> str:
    """What the page answers, without its rules and entries."""
    found = re.search(r'<section class="card answer".*?<section class="record"', page.html, re.DOTALL)
    assert found is not None
    return found[0]


def row_of(page: Page, title: str) -> str:
    found = re.search(rf"<tr>\s*<td>{title}</td>.*?</tr>", page.html, re.DOTALL)
    assert found is not None
    return found[0]


def test_a_vehicle_hits_by_its_vin_with_o_for_0_and_its_instruction_is_the_registers(entered: Cast) -> None:
    page = check(entered, vin=VIN.lower().replace("0", "o"))
    assert "<h2>Hit: seize the vehicle</h2>" in page.html
    assert "Grey" in answer_of(page)
    assert f"asked as {VIN}" in page.html
    for title in ("Travel documents", "Persons"):
        assert 'class="pill plain">Not asked' in row_of(page, title)


def test_no_word_of_a_vehicles_answer_is_about_a_document(entered: Cast) -> None:
    said = answer_of(check(entered, plate="ab123cd", plate_country="FRA"))
    for row in ("Travel documents", "Persons"):
        said = said.replace(row_of(check(entered, vin=VIN), row), "")
    without_rows = re.sub(r"<tr>.*?</tr>", "", said, flags=re.DOTALL)
    assert not re.search(r"document|passport|bearer", without_rows, re.IGNORECASE)


def test_beside_a_passport_vehicles_are_not_asked_and_quiet(entered: Cast) -> None:
    page = check(entered, number="19AC00009", country="FRA")
    assert "<h2>Nothing open to you</h2>" in page.html
    assert 'class="verdict clear"' in page.html
    assert 'class="pill plain">Not asked (the VIN is missing)' in row_of(page, "Vehicles")
    assert "Type the VIN" not in page.html


def test_a_name_without_a_number_is_as_loud_about_documents_as_before(entered: Cast) -> None:
    page = check(entered, name="Ona Hidden")
    assert "<h2>Travel documents: Not asked (the document number is missing)</h2>" in page.html
    assert "something may be on record" in page.html
    assert 'class="pill plain">Not asked' in row_of(page, "Vehicles")


@pytest.mark.parametrize(("typed", "said"), [
    ({"vin": "200BL8EV9AX604020"}, "The check digit in place 9 of the VIN is 9; 2 was expected."),
    ({"vin": "WVWZZZ1JZXW00000"}, "A VIN has 17 characters, and this has 16."),
    ({"plate": "AB-123-CD"}, "The country of the plate is missing."),
    ({"plate": "AB-123-CD", "plate_country": "QQQ"}, "There is no country QQQ."),
    ({"plate_country": "FRA"}, "The number plate is missing."),
])  # fmt: skip
def test_what_cannot_be_asked_is_named_at_its_field(entered: Cast, typed: dict[str, str], said: str) -> None:
    page = check(entered, **typed)
    assert said in page.html
    assert re.search(r'<details class="more"[^>]* open', page.html)


def test_a_wrong_vin_beside_a_passport_is_loud_and_the_passport_is_asked(entered: Cast) -> None:
    page = check(entered, number="19AC00001", country="FRA", vin="200BL8EV9AX604020")
    assert "<h2>Hit: hold the document</h2>" in page.html
    assert "Vehicles: Not asked (the check digit in place 9 of the VIN is 9; 2 was expected)." in page.html
    assert re.search(r'id="vin"[^>]*aria-invalid="true"', page.html)


HALF = "number plate not asked (the country of the plate is missing)"


@pytest.mark.parametrize("beside", [
    {"vin": "WVWZZZ1JZXW000001"}, {"engine": "X1"},
    {"name": "Ona Hidden", "number": "X1", "country": "FRA", "chassis": "X1"},
])  # fmt: skip
def test_a_plate_without_its_country_is_as_loud_as_a_register_that_is_not_asked(
    entered: Cast, beside: dict[str, str]
) -> None:
    page = check(entered, plate="AB-123-CD", **beside)
    assert f"<h2>Nothing open to you; {HALF}</h2>" in page.html
    assert 'class="verdict care"' in page.html
    assert f'class="pill care">Nothing open to you; {HALF}' in row_of(page, "Vehicles")
    assert f"Vehicles: {HALF}." in page.html
    assert "Type it beside the plate: three letters as FRA or LTU, or D." in page.html
    assert re.search(r'<details class="more"[^>]* open', page.html)
    assert re.search(r'id="plate_country"[^>]*aria-invalid="true"', page.html)
    looked = re.search(r"<p>(.*?): no register that was asked", page.html, re.DOTALL)
    assert looked is not None
    assert "AB-123-CD" not in looked[1]
    assert '<span class="pill care">asked in part</span>' in page.html


def test_beside_a_hit_a_plate_that_was_not_asked_is_named(entered: Cast) -> None:
    page = check(entered, plate="DE-1", vin=VIN)
    assert "<h2>Hit: seize the vehicle</h2>" in page.html
    assert f"Vehicles: {HALF}." in page.html


def test_with_its_country_the_same_plate_is_asked_and_hits(entered: Cast) -> None:
    page = check(entered, plate="AB-123-CD", plate_country="FRA", vin="WVWZZZ1JZXW000001")
    assert "<h2>Hit: seize the vehicle</h2>" in page.html
    assert "not asked (the country" not in page.html


def test_the_whole_record_is_read_in_the_registers_words(entered: Cast) -> None:
    officer = entered.officer("LT", "inspector")
    page = officer.post("/check", {"purpose": "border-control", "vin": VIN})
    read = officer.post("/check/read", {"sheet": page.field("sheet"), "record": page.field("record")})
    assert "Seize the vehicle" in read.html
    assert "Signed by FR, verified" in read.html
    assert re.search(r"<dt>Status</dt><dd>\s*<bdi>Stolen</bdi>", read.html)
    assert "Stolen from bearer" not in read.html


def test_a_vehicle_is_entered_by_hand_and_what_may_be_wrong_is_said_first(entered: Cast) -> None:
    officer = entered.officer("FR", "registrar")
    form = {"register": "vehicles", "rows": "3", "vin-1": "95VBL8EV9AX604020", "status-1": "stolen", "audience": "all",
            "step": "preview"}  # fmt: skip
    page = officer.post("/enter", form)
    assert "9 in place 9 is no check digit that holds" in page.html
    assert "Seize the vehicle" in page.html
    assert "Hold the document" not in page.html
    done = officer.post("/enter", form | {"step": "enter", "lawful": "1", "seen": page.field("seen")})
    assert "Delivered" in done.html


def test_a_row_without_any_number_is_refused_at_its_field(entered: Cast) -> None:
    officer = entered.officer("FR", "registrar")
    page = officer.post("/enter", {"register": "vehicles", "rows": "3", "make-1": "Invented", "status-1": "stolen",
                                   "audience": "all", "step": "preview"})  # fmt: skip
    assert "A vehicle has a VIN, a chassis number, a plate with its country or an engine number." in page.html
    assert 'id="fault-vin-1"' in page.html


def test_the_form_for_files_offers_each_registers_instructions_in_its_own_words(entered: Cast) -> None:
    page = entered.officer("FR", "registrar").get("/enter/file")
    assert re.search(r'<optgroup label="Vehicles">.*?Seize the vehicle.*?</optgroup>', page.html, re.DOTALL)
    assert re.search(r'<optgroup label="Travel documents">.*?Seize the document.*?</optgroup>', page.html, re.DOTALL)


def test_an_auditor_finds_who_asked_about_a_vehicle(entered: Cast) -> None:
    check(entered, vin=VIN)
    entered.network.turn(1)
    page = entered.officer("LT", "auditor").get(f"/ledger?about={VIN.lower()}")
    assert "query.ask" in page.html or "Asking" in page.html
    assert "Nothing is on record" not in page.html
