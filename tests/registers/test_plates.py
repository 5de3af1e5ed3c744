"""Plates: found by how they look and by how they sound, in each script; what only may be a spreadsheet's is taken."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from comity.api.document import read_document
from comity.audience import Audience
from comity.errors import InputError, MalformedError
from comity.ids import CountryCode, MemberCode
from comity.registers.columns import Columns
from comity.registers.fields import FieldReader
from comity.registers.lines import LineReader
from comity.registers.looks import heard_and_seen, look_of, sound_of, sounds_asked
from comity.registers.plates import fold_plate, normalise_plate, plates_asked
from comity.registers.record import Record, RecordForm, make_record, parse_record
from comity.registers.register import ask_keys, keys_of
from comity.registers.vehicles import VEHICLES

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VIN = "1M8GDM9AXKP042788"
SCRIPTS = {  # the letters of plates, and the Latin capitals that they look like
    "Cyrillic": ("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI"),  # noqa: RUF001
    "Greek": ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),  # noqa: RUF001
}
REAL = """
А123ВС77 | A123BC77 | RUS
В001КХ777 | B001KX777 | RUS
АА 1234 НС | AA1234HC | UKR
ІВ 0042 РХ | IB 0042 PX | UKR
СА 1234 РТ | CA1234PT | BGR
1234 АВ-7 | 1234 AB-7 | BLR
ΥΝΡ-1234 | YNP-1234 | GRC
ΖΧΗ 1234 | ZXH 1234 | GRC
УБА 12-34 | YБA 1234 | MNG
""".strip().splitlines()  # noqa: RUF001
DATE_LIKE = [
    ("MAY-21", "FIN"), ("DEC-19", "FIN"), ("OKT-12", "FIN"), ("FEB-10", "FIN"), ("MAI-25", "FIN"), ("1 MAY", "GBR"),
    ("06 KAS 34", "TUR"), ("06 MAY 26", "TUR"), ("12-MAR-34", "TUR"), ("NOV 2021", "BRA"), ("JUL 21", "LTU"),
    ("NULL", "USA"), ("NA", "USA"), ("TRUE", "USA"), ("NaN", "USA"), ("FALSO", "ESP"), ("12.10.26", "PRT"),
    ("51F-123.45", "VNM"), ("30K-123.00", "VNM"), ("12.345", "LUX"),
]  # fmt: skip
"""Plates of theirs, each of which a spreadsheet writes in place of another number too."""
NONE = ["2026-11-23", "23/11/2026", "23 Nov 2026", "Monday, 23 Nov 2026", "06 MAY 2026", "12:30", "#REF!", "\\N", "...",
        "1.2345678901235E+16", "1.2E16", "=1+1", "$912.50", "50%"]  # fmt: skip
PARTS = ("", " ", "-", ".")
FURTHER = [
    "0405 S", "0492 F", "04F6 F", "04AA C", "049A K", "049C K", "049E K", "04A0 K", "04C3 K", "04A2 H", "04A4 H",
    "04BA H", "04C9 H", "04C7 H", "04B2 X", "04FC X", "04AC T", "04E8 O", "0472 O", "04AE Y", "04B0 Y", "0474 V",
    "051A Q", "051C W", "050C G", "04C0 I", "04CD M", "048E P", "0510 E",
]  # fmt: skip
"""Code points of capitals, each with the Latin capital that it looks like."""


def kept(plate: str, country: str = "RUS", **more: str) -> Record:
    fields = {"plate": plate, "plate_country": country, "status": "stolen", **more}
    return make_record(VEHICLES, MemberCode("FR"), fields, Audience.everyone(), now=NOW)


def is_found(record: Record, **terms: str) -> bool:
    return bool({*ask_keys(VEHICLES, terms)} & {*record.keys}) and VEHICLES.matches(record.fields, record.groups, terms)


@st.composite
def plates(draw: st.DrawFn) -> tuple[str, str]:
    """A plate in its own script, and in the Latin letters that it looks like."""
    own, latin = SCRIPTS[draw(st.sampled_from(sorted(SCRIPTS)))]
    places = draw(st.lists(st.integers(0, len(own) - 1), min_size=1, max_size=6))
    digits = draw(st.text("0123456789", min_size=2, max_size=6))
    part = draw(st.sampled_from(PARTS))
    return tuple(f"{''.join(each[at] for at in places)}{part}{digits}" for each in (own, latin))  # type: ignore[return-value]


def latin_plates() -> st.SearchStrategy[str]:
    return st.text("ABCEHKMOPTXYSNRVU0123456789", min_size=1, max_size=8)


@given(plates(), st.sampled_from([str.upper, str.lower]))
def test_a_plate_is_found_in_its_own_script_by_its_looks_and_by_its_sound(
    both: tuple[str, str], typed: Callable[[str], str]
) -> None:
    own, latin = both
    asked = {own, latin, anyascii(own)}
    for each in asked:
        assert is_found(kept(own), plate=typed(each), plate_country="RUS"), each
    for each in (own, latin):
        assert is_found(kept(latin), plate=each, plate_country="RUS")
    assert is_found(kept(anyascii(own)), plate=own, plate_country="RUS")


@given(plates(), st.lists(st.booleans(), min_size=20, max_size=20))
def test_it_is_found_where_the_keyboard_was_changed_in_it(both: tuple[str, str], from_own: list[bool]) -> None:
    own, latin = both
    mixed = "".join(each if is_own else other for each, other, is_own in zip(own, latin, from_own, strict=False))
    assert is_found(kept(own), plate=mixed, plate_country="RUS")
    assert is_found(kept(latin), plate=mixed, plate_country="RUS")
    if look_of(own) != own and not {*mixed} & {*SCRIPTS["Greek"][0]} and sum(map(str.isalpha, own)) <= 4:
        assert is_found(kept(mixed), plate=latin, plate_country="RUS")


@pytest.mark.parametrize("row", REAL)
def test_plates_of_other_scripts_are_found_in_the_latin_letters_that_police_type(row: str) -> None:
    own, latin, country = row.split(" | ")
    for one, other in ((own, latin), (latin, own)):
        record = kept(one, country)
        assert record.fields["plate"] == one
        assert is_found(record, plate=other, plate_country=country)
        assert not is_found(record, plate=other, plate_country="FRA")


@pytest.mark.parametrize("code", FURTHER)
@pytest.mark.parametrize("rest", ["123АВ", "1234", "Н5СХ", "77", "РУМ8"])  # noqa: RUF001
@pytest.mark.parametrize("is_first", [True, False])
def test_further_cyrillic_letters_are_found_by_what_they_look_like(code: str, rest: str, *, is_first: bool) -> None:
    """Letters of Macedonian, Kazakh, Tatar, Tajik and others, on plates and documents of theirs."""
    letter, latin = chr(int(code[:4], 16)), code[5:]
    common = str.maketrans("АВСНРХУМ", "ABCHPXYM")  # noqa: RUF001
    own = letter + rest if is_first else rest + letter
    typed = latin + rest.translate(common) if is_first else rest.translate(common) + latin
    for each in (own, typed, anyascii(own), own.lower(), typed.lower()):
        assert is_found(kept(own), plate=each, plate_country="RUS"), each
    assert is_found(kept(typed), plate=own, plate_country="RUS")
    assert sound_of(own) in sounds_asked(typed)


@pytest.mark.parametrize(("own", "latin"), [("ϹΑΒ12", "CAB12"), ("ΑϜ7", "AF7"), ("ͿΒΧ3", "JBX3")])  # noqa: RUF001
def test_further_greek_letters_are_found_by_what_they_look_like(own: str, latin: str) -> None:
    for each in (own, latin, anyascii(own)):
        assert is_found(kept(own), plate=each, plate_country="RUS")
    assert is_found(kept(latin), plate=own, plate_country="RUS")


@given(latin_plates(), latin_plates())
def test_of_two_latin_plates_only_the_same_is_found(one: str, other: str) -> None:
    """Of those that differ in many letters or digits that look like others, some are not looked for."""
    is_same = fold_plate(one) == fold_plate(other)
    assert is_found(kept(one), plate=other, plate_country="RUS") in ({is_same, one == other})


@pytest.mark.parametrize(("one", "other"), [
    ("AB O123", "AB 0123"), ("AB I23", "AB 123"), ("O 01 OI", "0 OI 01"), ("\u041e123\u041e\u041e77", "0123OO77"),
    ("B 0110 110 OO", "B 0110 110 O0"),
])  # fmt: skip
def test_letters_that_look_like_digits_are_one_with_them_on_plates(one: str, other: str) -> None:
    """That of Cyrillic among them. Which of them it is nobody reads off the vehicle."""
    for record, asked in ((one, other), (other, one)):
        assert is_found(kept(record, "FRA"), plate=asked, plate_country="FRA")
        assert not is_found(kept(record, "FRA"), plate=asked + "7", plate_country="FRA")


@pytest.mark.parametrize(("own", "latin", "country"), [
    ("12345-\u0623-6", "12345-A-6", "MAR"), ("12345-\u0627-6", "12345-A-6", "MAR"), ("\u0625 1", "A1", "EGY"),
    ("\u0622 12", "A12", "EGY"), ("123 \u0639 \u0628", "123 E B", "SAU"), ("12345-\u062f-6", "12345-D-6", "MAR"),
])  # fmt: skip
def test_arabic_letters_are_read_and_none_falls_away(own: str, latin: str, country: str) -> None:
    for record, asked in ((own, latin), (latin, own), (own, own)):
        assert is_found(kept(record, country), plate=asked, plate_country=country)
    without = "".join(each for each in own if each.isascii())
    assert not is_found(kept(own, country), plate=without, plate_country=country)
    assert not is_found(kept(without, country), plate=own, plate_country=country)


def test_what_was_indexed_without_such_letters_is_asked_too() -> None:
    """No index is built anew for it: a record of before is found as it is written."""
    before = keys_of(VEHICLES, {"plate": "123456", "plate_country": "MAR"}, {})
    assert {*before} <= {*ask_keys(VEHICLES, {"plate": "12345-\u0623-6", "plate_country": "MAR"})}


@given(st.text(alphabet="O0I1AB7 -", min_size=1, max_size=40))
def test_a_plate_is_asked_by_few_keys_however_many_of_its_letters_look_like_digits(plate: str) -> None:
    assert len(plates_asked(plate)) <= 18 + 2 * 64


def test_a_plate_that_sounds_as_another_looks_is_another() -> None:
    assert {*ask_keys(VEHICLES, {"plate": "BC1", "plate_country": "SRB"})} & {*kept("VS1", "SRB").keys}
    assert not is_found(kept("VS1", "SRB"), plate="BC1", plate_country="SRB")
    assert is_found(kept("VS1", "SRB", vin=VIN), plate="BC1", plate_country="SRB", vin=VIN)
    assert is_found(kept("VS1", "SRB", engine="E1"), plate="BC1", plate_country="SRB", engine="E1")


@pytest.mark.parametrize("row", REAL)
def test_what_a_record_is_found_by_is_what_it_was_before(row: str) -> None:
    """No index is built anew: records of before have one key, by their sound, and are found by their looks too."""
    own, latin, country = row.split(" | ")
    (key,) = keys_of(VEHICLES, {"plate": own, "plate_country": country}, {})
    sound = "".join(filter(str.isalnum, anyascii(own).upper()))
    assert key == keys_of(VEHICLES, {"plate": sound, "plate_country": country}, {})[0]
    assert key in ask_keys(VEHICLES, {"plate": latin, "plate_country": country})


@given(st.text(min_size=1, max_size=40))
def test_a_question_looks_for_a_few_keys_whatever_is_typed(plate: str) -> None:
    assert len(sounds_asked(plate)) <= 58
    assert sounds_asked(plate)[0] == sound_of(plate)
    assert sound_of(plate) in heard_and_seen(plate)


@given(st.text(min_size=1, max_size=12))
def test_what_is_entered_is_found_typed_as_it_stands(plate: str) -> None:
    try:
        record = kept(plate)
    except InputError:
        return
    stored = record.fields["plate"]
    assert sound_of(stored)
    assert is_found(record, plate=stored, plate_country="RUS")
    assert is_found(record, plate=unicodedata.normalize("NFC", stored), plate_country="RUS")
    assert normalise_plate(stored) == stored
    assert parse_record(record.encode(), is_new=True) == record


# What a spreadsheet may have written


@pytest.mark.parametrize(("plate", "country"), DATE_LIKE)
def test_a_plate_that_reads_as_a_date_or_an_empty_cell_is_entered_and_asked(plate: str, country: str) -> None:
    record = kept(plate, country)
    assert record.fields["plate"] == plate
    for asked in (plate, plate.lower(), sound_of(plate)):
        found = read_document(plate=asked, plate_country=country, vin=VIN).questions
        assert {*found.terms["vehicles"]} == {"vin", "plate", "plate_country"}
        assert not found.left_out
        assert is_found(record, **found.terms["vehicles"])
    assert read_document(plate=plate, plate_country=country).notes == ()


@pytest.mark.parametrize("written", NONE)
def test_what_no_countrys_plates_look_like_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(MalformedError, match="plate: "):
        kept(written)
    with pytest.raises(MalformedError) as refused:
        _ = read_document(plate=written, plate_country="FIN").questions
    assert (refused.value.where, bool(refused.value.next_step)) == ("plate", True)


def test_in_a_file_it_goes_in_and_a_note_asks_to_look() -> None:
    rows = [f"{plate},{country},stolen" for plate, country in (*DATE_LIKE, ("ABC-123", "FIN"))]
    form = RecordForm(VEHICLES, MemberCode("FR"), Audience.everyone(), now=NOW)
    reader = LineReader(form, Columns(), [CountryCode("FRA")])
    records = list(reader.read([f"{line}\n" for line in ("plate,plate_country,status", *rows)]))
    assert len(records) == len(rows)
    assert reader.notes[0].startswith("Line 2: Number plate MAY-21: spreadsheets write dates")
    assert "look whether it stands so" in reader.notes[0]
    assert not any("ABC-123" in note for note in reader.notes)


def test_a_plate_that_is_kept_stays_readable() -> None:
    field = VEHICLES.get_field("plate")
    for plate in (*NONE, "AB\N{ZERO WIDTH SPACE}12"):
        assert FieldReader([field], is_kept=True).read({"plate": plate}, NOW) == ({"plate": plate}, {})
