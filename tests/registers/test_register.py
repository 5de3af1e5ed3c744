"""The declaration of travel documents: what it takes, what it refuses, what a record is looked up by."""

import hashlib
import re
from datetime import timedelta
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.errors import InputError, MalformedError, TooLargeError
from comity.ids import MemberCode
from comity.limits import NUMBER_CHARS, REFERENCE_CHARS
from comity.registers.fields import normalise_date
from comity.registers.numbers import fold_number, normalise_number
from comity.registers.question import TERMS_MAX
from comity.registers.record import end_of_day, make_record, parse_record
from comity.registers.register import ask_keys, keys_of, latest_expiry, parse_fields
from comity.registers.registry import REGISTERS, TERMS, get_register
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from tests.registers.statements import NOW, make_fields


@pytest.mark.parametrize("typed", ["x1234567", " X 12-345.67 ", "X1234567<<", "X\t1234567"])
def test_number_is_the_same_however_it_is_typed(typed: str) -> None:
    assert normalise_number(typed) == "X1234567"


@pytest.mark.parametrize(
    ("typed", "position"), [("X/1", 2), ("12\u0663", 3), ("\N{LATIN SMALL LETTER SHARP S}1", 1), ("- X\x00", 4)]
)
def test_number_with_another_character_is_refused_by_position(typed: str, position: int) -> None:
    with pytest.raises(MalformedError, match=f"Character {position} "):
        normalise_number(typed)


@pytest.mark.parametrize("typed", ["", " ", "<<<", "-.-"])
def test_number_of_nothing_is_refused(typed: str) -> None:
    with pytest.raises(MalformedError):
        normalise_number(typed)


@given(st.text(max_size=60))
def test_a_number_is_refused_or_capitals_and_digits(text: str) -> None:
    try:
        number = normalise_number(text)
    except MalformedError:
        return
    assert number.isascii()
    assert number.isalnum()
    assert number == number.upper() == normalise_number(number)


NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)


def as_programs_write_it(number: str) -> list[str]:
    """A document's number after a program has taken it for a number, or its text for a formula."""
    try:
        value = float(number)
    except ValueError:
        return []
    if not isfinite(value):
        return []
    java = re.sub(r"E\+?0*(?=[0-9])", "E", f"{value:E}")
    return [
        str(value), f"{value:g}", f"{value:G}", f"{value:.1e}", f"{value:E}", java, f"{value:.2f}", f"{value:.0f}",
        f"{value:#.12g}", f" {value} ", f'="{number}"', f"={number}", f"'{number}",
    ]  # fmt: skip


@given(
    NUMBERS | st.text("0123456789", min_size=1, max_size=20) | st.from_regex(r"[0-9]{1,6}E[0-9]{1,3}", fullmatch=True)
)
def test_a_number_that_a_program_took_for_one_never_becomes_another(number: str) -> None:
    for written in as_programs_write_it(number):
        meant = {"", number, f"{float(number):.0f}"}
        assert stored_as(written) in meant, written
        assert fold_number(written) in meant, written
        value = float(number)
        for other in (
            f"{value:,.1f}",
            f"{value:,.1f}".replace(",", " "),
            f"{value:.1f}".replace(".", ","),
            value.hex(),
        ):
            assert stored_as(other) in meant, other


def stored_as(written: str) -> str:
    try:
        return normalise_number(written)
    except MalformedError:
        return ""


@pytest.mark.parametrize(
    "written", ["912345678.0", "912345678.00", "9.1235E+11", "9,1235E+11", '="00123456"', "'00123457", "9.12345678E8"]
)
def test_a_spreadsheets_number_is_refused_by_name_with_what_to_do(written: str) -> None:
    with pytest.raises(MalformedError, match="looks like a spreadsheet's, and") as refused:
        normalise_number(written)
    assert refused.value.next_step
    with pytest.raises(MalformedError, match="number: The number looks like a spreadsheet's"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields() | {"number": written}, NOW)
    with pytest.raises(MalformedError, match="looks like a spreadsheet's"):
        ask_keys(TRAVEL_DOCUMENTS, {"number": written, "country": "FRA"})


@pytest.mark.parametrize(
    ("written", "number"),
    [("12.345.678", "12345678"), ("12.345.678-9", "123456789"), ("AB 123.456", "AB123456"), ("912E45678", "912E45678")],
)
def test_dots_that_are_no_decimal_point_separate(written: str, number: str) -> None:
    assert normalise_number(written) == number


def test_of_a_persons_document_a_spreadsheets_number_is_the_one_it_was_or_none() -> None:
    written = ("912345678.0", "912 345 678.00", '="00123456"', "'00123457", "9.1235E+11", "T-0001/234", "12.345.678")
    assert [fold_number(each) for each in written] == [
        "912345678", "912345678", "00123456", "00123457", "", "T0001234", "12345678",
    ]  # fmt: skip


DATES = st.dates().map(str)


@given(
    st.text(max_size=12)
    | DATES
    | DATES.map(lambda day: day.replace("-", ""))
    | DATES.map(lambda day: f"\t{day} ")
    | st.from_regex(r"[0-9]{4}-?W[0-5][0-9](-?[1-7])?", fullmatch=True)
)
def test_a_date_that_is_accepted_is_stored_as_it_stands(text: str) -> None:
    try:
        stored = normalise_date(text)
    except MalformedError:
        return
    assert stored == text.strip()


@pytest.mark.parametrize(
    "text", ["2026W07", "2026-W07-1", "20260214", "2026-02-14 00:00:00", "46067", "2026-2-1", "14.02.2026"]
)
def test_a_day_in_another_form_is_told_how_it_is_written(text: str) -> None:
    with pytest.raises(MalformedError, match="theft_date: A date is written 2026-11-23"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields(theft_date=text), NOW)


@pytest.mark.parametrize("field", ["theft_date", "issue_date", "expiry_date"])
@pytest.mark.parametrize("day", ["1899-12-30", "1900-01-01", "1904-01-01", "0001-01-01"])
def test_a_spreadsheets_zero_is_no_date_of_a_document(field: str, day: str) -> None:
    with pytest.raises(MalformedError, match=f"{field}: It is too long ago"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields(**{field: day}), NOW)


def test_a_record_of_before_with_such_a_date_is_still_read() -> None:
    made = make_record(
        TRAVEL_DOCUMENTS, MemberCode("FR"), make_fields(theft_date="1999-12-30"), Audience.everyone(), now=NOW
    )
    old = made.encode().replace(b"1999-12-30", b"1899-12-30")
    assert parse_record(old).encode() == old


@pytest.mark.parametrize("hours", [0, 1, 12, 23])
def test_the_last_day_of_the_longest_retention_is_taken(hours: int) -> None:
    entered = NOW.replace(hour=hours, minute=1)
    at = end_of_day("2036-11-23")
    record = make_record(
        TRAVEL_DOCUMENTS, MemberCode("FR"), make_fields(), Audience.everyone(), now=entered, expires_at=at
    )
    assert record.expires_at == latest_expiry(TRAVEL_DOCUMENTS, entered)
    assert parse_record(record.encode()) == record
    with pytest.raises(MalformedError, match="expires_at"):
        make_record(
            TRAVEL_DOCUMENTS, MemberCode("FR"), make_fields(), Audience.everyone(), now=entered,
            expires_at=end_of_day("2036-11-24"),
        )  # fmt: skip


def test_all_problems_of_a_record_are_named_at_once_and_no_content_is() -> None:
    fields = {"number": "SECRET/1", "country": "FRANCE", "type": "pass", "colour": "red", "theft_date": "2026-13-01"}
    with pytest.raises(MalformedError) as caught:
        parse_fields(TRAVEL_DOCUMENTS, fields, NOW)
    assert set(caught.value.where.split(", ")) == {"number", "country", "type", "loss", "colour", "theft_date"}
    for name in ("number", "country", "type", "loss", "colour", "theft_date"):
        assert f"{name}: " in caught.value.message
    for content in ("SECRET", "FRANCE", "red", "2026-13"):
        assert content not in caught.value.message


@pytest.mark.parametrize("missing", ["number", "country", "type", "loss"])
def test_required_field_is_asked_for(missing: str) -> None:
    with pytest.raises(MalformedError, match=f"{missing}: It is missing"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields() | {missing: " "}, NOW)


@pytest.mark.parametrize("name", ["surname", "name", "birth"])
def test_names_of_persons_have_no_place(name: str) -> None:
    with pytest.raises(MalformedError, match=f"{name}: There is no such field"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields(**{name: "DELACROIX"}), NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("theft_date", "2026-11-25"),
        ("issue_date", "2027-01-01"),
        ("issue_date", "23.11.2026"),
        ("loss", "mislaid"),
        ("theft_country", "FR1"),
        ("national_reference", "a\x07b"),
        ("national_reference", "x" * (REFERENCE_CHARS + 1)),
        ("number", "1" * (NUMBER_CHARS + 1)),
    ],
)
def test_wrong_value_is_refused_under_its_field(field: str, value: str) -> None:
    with pytest.raises(MalformedError, match=field):
        parse_fields(TRAVEL_DOCUMENTS, make_fields() | {field: value}, NOW)


def test_today_where_the_day_begins_first_is_not_the_future() -> None:
    evening = NOW.replace(hour=22)
    fields = parse_fields(TRAVEL_DOCUMENTS, make_fields(theft_date="2026-11-24"), evening).fields
    assert fields["theft_date"] == "2026-11-24"


def test_document_does_not_expire_before_it_was_issued() -> None:
    dates = {"issue_date": "2020-01-02", "expiry_date": "2020-01-01"}
    with pytest.raises(MalformedError, match="expiry_date: It lies before issue_date"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields(**dates), NOW)


def test_text_where_another_type_came_is_refused() -> None:
    with pytest.raises(MalformedError, match="number: It is not a text"):
        parse_fields(TRAVEL_DOCUMENTS, make_fields() | {"number": 7}, NOW)


def test_hundreds_of_fields_are_refused_before_they_are_listed() -> None:
    with pytest.raises(TooLargeError):
        parse_fields(TRAVEL_DOCUMENTS, {f"f{n}": "" for n in range(1000)}, NOW)


def test_stored_form_is_stable() -> None:
    fields = make_fields(
        "x 12", country="d<<", theft_country="bra", national_reference=" a  b ", theft_date="2026-11-01"
    )
    values = parse_fields(TRAVEL_DOCUMENTS, fields, NOW).fields
    assert (values["number"], values["country"]) == ("X12", "D")
    assert (values["theft_country"], values["national_reference"]) == ("BRA", "a b")
    assert parse_fields(TRAVEL_DOCUMENTS, values, NOW) == (values, {})


def test_key_is_pinned() -> None:
    expected = hashlib.sha256(b"comity/key/v1\ntravel-documents\x00document\x00X1234567\x00FRA").digest()[:16]
    assert ask_keys(TRAVEL_DOCUMENTS, {"number": "x 123-4567", "country": "fra"}) == (expected,)
    assert keys_of(TRAVEL_DOCUMENTS, {"number": "X1234567", "country": "FRA"}, {}) == (expected,)
    assert expected.hex() == "9a833c3375e761eedd9eaa8ae575d74b"


def test_key_ignores_the_type_and_minds_the_country() -> None:
    key = ask_keys(TRAVEL_DOCUMENTS, {"number": "X1", "country": "FRA"})
    assert ask_keys(TRAVEL_DOCUMENTS, {"number": "X1", "country": "FRA", "type": "visa"}) == key
    assert ask_keys(TRAVEL_DOCUMENTS, {"number": "X1", "country": "LTU"}) != key


def test_neighbouring_fields_do_not_run_into_one_another() -> None:
    assert ask_keys(TRAVEL_DOCUMENTS, {"number": "1GB", "country": "D"}) != ask_keys(
        TRAVEL_DOCUMENTS, {"number": "1", "country": "GBD"}
    )


@pytest.mark.parametrize("country", ["FR", "XYZ", "FRANCE", "", "F1A"])
def test_a_country_under_which_nobody_issues_is_refused_and_not_answered(country: str) -> None:
    with pytest.raises(InputError) as refused:
        ask_keys(TRAVEL_DOCUMENTS, {"number": "19AC45678", "country": country})
    assert "country" in refused.value.where


@pytest.mark.parametrize("country", ["fra", "D<<", "RKS", "UTO", "XXA", "GBD", "YUG"])
def test_whoever_issues_documents_is_known(country: str) -> None:
    assert ask_keys(TRAVEL_DOCUMENTS, {"number": "19AC45678", "country": country})


@pytest.mark.parametrize(
    "fields", [{}, {"number": "X1"}, {"number": "", "country": "FRA"}, {"number": "1" * 99, "country": "FRA"}]
)
def test_query_without_its_key_fields_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InputError):
        ask_keys(TRAVEL_DOCUMENTS, fields)


def test_unknown_register_and_field_are_refused() -> None:
    with pytest.raises(MalformedError):
        get_register("vehicle")
    with pytest.raises(MalformedError):
        TRAVEL_DOCUMENTS.get_field("surname")


def test_every_choice_and_instruction_has_words_for_a_person() -> None:
    for register in REGISTERS.values():
        for field in (*register.fields, *(field for group in register.groups for field in group.fields)):
            assert all(field.choices.values())
        assert all(order.title and order.headline for order in register.instructions.values())


def test_every_register_can_be_asked_by_what_it_declares() -> None:
    """What two registers share is one term; a question has room for what each is asked by; none is asked in silence."""
    for register in REGISTERS.values():
        assert {name for key in register.keys for name in key.terms} <= register.terms
        assert len(register.asked_by) <= TERMS_MAX
        assert all(TERMS[term.name] is term for term in register.asked_by)
        assert all(
            term.missing and term.step
            for term in register.asked_by
            if any(term.name in key.terms for key in register.keys)
        )
        assert all(term.title and term.help for term in register.asked_by)
    assert len(REGISTERS) <= TERMS_MAX
    called = [term.called for term in TERMS.values()]
    assert len(called) == len(set(called))


def test_retention_ends_after_the_registers_years_even_from_a_leap_day() -> None:
    leap = NOW.replace(year=2028, month=2, day=29)
    assert latest_expiry(TRAVEL_DOCUMENTS, leap) == leap.replace(year=2038, day=28)
    assert latest_expiry(TRAVEL_DOCUMENTS, NOW) - NOW > timedelta(days=3650)
