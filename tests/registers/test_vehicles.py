"""Vehicles: found by VIN or chassis, plate and country, engine; a misread number is never silently another vehicle."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.api.document import read_document
from comity.audience import Audience
from comity.errors import InputError, MalformedError
from comity.ids import MemberCode
from comity.registers.about import keys_about
from comity.registers.record import Record, make_record, parse_record
from comity.registers.register import ask_keys, keys_of, name_of
from comity.registers.registry import REGISTERS
from comity.registers.vehicles import VEHICLES
from comity.registers.vins import CHECK_PLACE, compute_check, doubt_vin, is_north_american, normalise_vin

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AMERICAN, EUROPEAN, REFUSING = "1M8GDM9AXKP042788", "WVWZZZ1JZXW000001", "200BL8EV9AX604020"
REAL = Path(__file__).parents[3] / "shared" / "data" / "documents" / "vins.txt"
LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
LOOK_ALIKES = {"0": "OQ", "1": "I"}


def make(**more: Any) -> Record:
    fields = {"vin": AMERICAN, "status": "stolen", **more}
    return make_record(VEHICLES, MemberCode("FR"), fields, Audience.everyone(), now=NOW)


def is_found(record: Record, **terms: str) -> bool:
    is_under = bool({*ask_keys(VEHICLES, terms)} & {*record.keys})
    return is_under and VEHICLES.matches(record.fields, record.groups, terms)


def numbers() -> st.SearchStrategy[str]:
    """VINs as they are entered: in North America with the check digit that holds."""

    def right(vin: str) -> str:
        digit = compute_check(vin)
        return vin[: CHECK_PLACE - 1] + digit + vin[CHECK_PLACE:] if is_north_american(vin) else vin

    return st.text(LETTERS, min_size=17, max_size=17).map(right)


@given(vin=numbers(), place=st.integers(0, 16), other=st.sampled_from(LETTERS))
def test_a_vin_with_one_character_changed_never_finds_another_vehicle(vin: str, place: int, other: str) -> None:
    changed = vin[:place] + other + vin[place + 1 :]
    try:
        asked = read_document(vin=changed).questions
    except InputError:
        return  # refused, with the place
    found = {*ask_keys(VEHICLES, asked.terms["vehicles"])} & {*keys_of(VEHICLES, {"vin": vin}, {})}
    is_shown = bool(found) and VEHICLES.matches({"vin": vin}, {}, asked.terms["vehicles"])
    assert is_shown is (changed == vin)


@given(vin=numbers(), place=st.integers(0, 16), chosen=st.integers(0, 1))
def test_a_vin_typed_with_a_letter_that_looks_like_its_digit_finds_it(vin: str, place: int, chosen: int) -> None:
    alike = LOOK_ALIKES.get(vin[place], vin[place])
    typed = vin[:place] + alike[chosen % len(alike)] + vin[place + 1 :]
    found = read_document(vin=typed.lower())
    assert {*ask_keys(VEHICLES, found.questions.terms["vehicles"])} & {*keys_of(VEHICLES, {"vin": vin}, {})}
    assert any("asked as" in note for note in found.notes) is (typed != vin)


@pytest.mark.parametrize("letter", ["I", "O", "Q"])
def test_a_look_alike_letter_is_never_stored_for_a_digit(letter: str) -> None:
    with pytest.raises(MalformedError, match=f"vin: Character 17 is {letter}"):
        make(vin=f"WVWZZZ1JZXW00000{letter}")


def test_in_north_america_a_check_digit_that_does_not_hold_is_an_error() -> None:
    with pytest.raises(MalformedError, match="place 9 of the VIN is 9; 2 was expected"):
        make(vin=REFUSING)
    with pytest.raises(MalformedError, match="place 9 of the VIN is 9; 2 was expected") as caught:
        _ = read_document(vin=REFUSING).questions
    assert (caught.value.where, "chassis number" in caught.value.next_step) == ("vin", True)
    assert normalise_vin(AMERICAN) == AMERICAN


def test_what_stands_on_the_vehicle_and_is_no_vin_is_entered_and_found_as_its_chassis_number() -> None:
    record = make(vin="", chassis=REFUSING)
    assert is_found(record, chassis=REFUSING)
    assert is_found(record, chassis=REFUSING.replace("0", "O").lower())


def test_elsewhere_a_check_digit_that_does_not_hold_is_a_warning() -> None:
    wrong = "95VBL8EV9AX604020"
    assert make(vin=wrong).fields["vin"] == wrong
    found = read_document(vin=wrong)
    assert found.questions.terms == {"vehicles": {"vin": wrong}}
    assert any("9 in place 9 is no check digit that holds (2 would be)" in note for note in found.notes)
    assert VEHICLES.doubts({"vin": wrong}) == (doubt_vin(wrong),)


@pytest.mark.parametrize("vin", [EUROPEAN, "JH4DA3450HS011682", "WBA71DC010CH14720"])
def test_elsewhere_a_letter_in_its_place_or_a_digit_that_holds_is_none(vin: str) -> None:
    assert read_document(vin=vin).notes == ()
    assert VEHICLES.doubts({"vin": vin}) == ()


@pytest.mark.parametrize("vin", ["WVWZZZ1JZXW00000", "WVWZZZ1JZXW0000011", "1234567"])
def test_a_vin_of_another_length_is_refused_and_sent_to_the_chassis_number(vin: str) -> None:
    with pytest.raises(MalformedError, match=f"17 characters, and this has {len(vin)}"):
        normalise_vin(vin)
    assert make(vin="", chassis=vin).fields["chassis"] == vin


@pytest.mark.parametrize("written", ["1.2345678901235E+16", "#REF!", "2026-11-23", "NaN"])
@pytest.mark.parametrize("field", ["vin", "chassis", "engine"])
def test_what_a_spreadsheet_wrote_in_place_of_a_number_is_refused(field: str, written: str) -> None:
    with pytest.raises(MalformedError, match=f"{field}: "):
        make(**{"vin": "", field: written})


def test_a_number_that_a_spreadsheet_took_for_an_amount_is_compared_as_the_number_that_it_was() -> None:
    record = make(vin="", chassis="12345678.0")
    assert is_found(record, chassis="12345678")
    assert not is_found(record, chassis="123456780")


def test_a_vehicle_is_found_by_each_of_its_numbers() -> None:
    record = make(vin=EUROPEAN, plate="M-AB 1234", plate_country="D", engine="AXK 0042", chassis="FR-77")
    assert is_found(record, vin=EUROPEAN.lower())
    assert is_found(record, plate="mab1234", plate_country="DEU")
    assert is_found(record, engine="axk0042")
    assert is_found(record, engine="AXKOO42")
    assert is_found(record, chassis="FR77")
    assert is_found(record, chassis=EUROPEAN)
    assert not is_found(record, plate="M-AB 1234", plate_country="AUT")
    assert not is_found(record, engine="FR-77")


@pytest.mark.parametrize(("kept", "asked"), [
    ("ХТА210930Y2696785", "XTA210930Y2696785"), ("АВС-4402", "ABC4402"), ("РС 0042 Н", "PC0042H"),  # noqa: RUF001
])  # fmt: skip
def test_chassis_and_engine_numbers_are_found_by_their_looks_in_another_script(kept: str, asked: str) -> None:
    for field in ("chassis", "engine"):
        for one, other in ((kept, asked), (asked, kept)):
            record = make(**{"vin": "", field: one})
            assert is_found(record, **{field: other})
            assert record.fields[field] == one
    if len(asked) == 17:
        assert is_found(make(vin="", chassis=kept), vin=asked)
    assert not is_found(make(vin="", engine="VS 0042"), engine="BC 0042")


def test_a_plate_is_stored_as_it_is_written_and_its_country_by_one_code() -> None:
    plate = "А 123 ВС"  # noqa: RUF001 - Cyrillic
    record = make(plate=f"  {plate} ", plate_country="rus")
    assert (record.fields["plate"], record.fields["plate_country"]) == (plate, "RUS")
    assert is_found(record, plate="A123VS", plate_country="RUS")


@pytest.mark.parametrize(("fields", "where"), [
    ({"vin": ""}, "vin"), ({"plate": "AB-123-CD"}, "plate_country"), ({"plate_country": "FRA"}, "plate"),
    ({"plate": "AB-123-CD", "plate_country": "QQQ"}, "plate_country"), ({"status": ""}, "status"),
    ({"status": "lost"}, "status"), ({"colour": "puce"}, "colour"), ({"theft_date": "2027-01-01"}, "theft_date"),
    ({"theft_date": "1899-12-31"}, "theft_date"), ({"bearer": "Arvid"}, "bearer"),
])  # fmt: skip
def test_what_cannot_be_is_refused_under_its_field(fields: dict[str, str], where: str) -> None:
    with pytest.raises(InputError) as caught:
        make(**fields)
    assert where in caught.value.where


def test_of_one_source_a_vehicle_has_one_name_and_a_number_of_one_kind_is_none_of_another() -> None:
    assert name_of(VEHICLES, {"vin": EUROPEAN, "plate": "X1", "plate_country": "D"}) == EUROPEAN
    assert name_of(VEHICLES, {"chassis": "X1"}) != name_of(VEHICLES, {"engine": "X1"})
    assert name_of(VEHICLES, {"plate": "X1", "plate_country": "D"}) != name_of(
        VEHICLES, {"plate": "X1", "plate_country": "FRA"}
    )


def test_a_record_reads_back_as_it_was() -> None:
    record = make(vin=EUROPEAN, plate="M-AB 1234", plate_country="D", make="Invented", colour="grey")
    assert parse_record(record.encode(), is_new=True) == record
    assert parse_record(record.encode()) == record


def test_a_record_asks_for_what_the_register_has_and_nothing_of_documents() -> None:
    record = make_record(
        VEHICLES, MemberCode("FR"), {"vin": AMERICAN, "status": "stolen"}, Audience.everyone(), now=NOW,
        instruction="identify",
    )  # fmt: skip
    assert record.instruction == "identify"
    with pytest.raises(MalformedError, match="instruction: It is one of seize, identify, locate, inform"):
        make_record(
            VEHICLES, MemberCode("FR"), {"vin": AMERICAN, "status": "stolen"}, Audience.everyone(), now=NOW,
            instruction="hold",
        )  # fmt: skip


@pytest.mark.parametrize("said", [AMERICAN, "1m8gdm9axkpo42788", "AB-123-CD FRA", "FRA AB-123-CD", "ENG-0042"])
def test_an_auditor_finds_what_is_about_a_vehicle(said: str) -> None:
    record = make(plate="AB-123-CD", plate_country="FRA", engine="ENG 0042")
    assert {*keys_about(said)} & {*record.keys}


def test_words_of_one_register_are_in_no_other() -> None:
    """No text of the register of vehicles speaks of a document or a person, and the other way round."""
    for name, foreign in (("vehicles", ("document", "person", "passport")), ("persons", ("vehicle",))):
        register = REGISTERS[name]  # type: ignore[index]
        own = [register.title, *(field.title for field in register.fields)]
        own += [title for field in register.fields for title in field.choices.values()]
        own += [text for order in register.instructions.values() for text in (order.title, order.headline)]
        own += [
            text
            for term in register.asked_by
            if term.about is register.asked_by[0].about
            for text in (term.title, term.label, term.missing, term.step, term.help, term.hint)
        ]
        assert not [text for text in own if any(word in text.lower() for word in foreign)]


@pytest.mark.skipif(not REAL.exists(), reason="real numbers are not here")
def test_every_real_vin_is_entered_and_found_but_the_one_whose_check_digit_does_not_hold() -> None:
    refused = []
    for vin in REAL.read_text().split():
        try:
            record = make(vin=vin)
        except MalformedError:
            refused.append(vin)
            continue
        assert is_found(record, vin=vin.lower().replace("0", "o").replace("1", "i"))
    assert refused == [REFUSING]
