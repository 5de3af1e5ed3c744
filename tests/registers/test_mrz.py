"""Machine-readable zones: every format is read, every wrong digit is found, nothing is guessed."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError, TooLargeError
from comity.ids import CountryCode
from comity.registers.layouts import LAYOUTS, MRV_A, MRV_B, TD1, TD2, TD3, Layout, compute_check_digit
from comity.registers.mrz import Holder, compose_mrz, parse_mrz

SPECIMENS = Path(__file__).parents[3] / "shared" / "data" / "documents" / "mrz_specimens.jsonl"
HOLDER = Holder("DELACROIX MARTIN", "JEANNE-MARIE", date(1981, 2, 3), "F", CountryCode("FRA"))


def compose(layout: Layout, code: str, number: str = "X1234567", optional: tuple[str, ...] = ()) -> str:
    return compose_mrz(
        layout,
        document_code=code,
        issuing_country=CountryCode("FRA"),
        number=number,
        holder=HOLDER,
        expiry=date(2031, 4, 5),
        optional=optional,
    )


PASSPORT = compose(TD3, "P")


def test_icao_example_of_the_check_digit_is_reproduced() -> None:
    assert compute_check_digit("D23145890734") == "9"
    assert compute_check_digit("520727") == "3"


@pytest.mark.skipif(not SPECIMENS.exists(), reason="the shared specimens are not on this machine")
def test_specimens_are_all_read_and_exactly_their_wrong_digits_are_named() -> None:
    seen = 0
    for line in SPECIMENS.read_text().splitlines():
        specimen = json.loads(line)
        zone = parse_mrz("\n".join(specimen["lines"]))
        assert zone.format == specimen["format"]
        if specimen["national_variant"] is None:
            assert sorted(zone.failing) == sorted(specimen["failing"]), specimen
            seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    ("layout", "code", "kind"),
    [
        (TD1, "I", "identity-card"),
        (TD1, "IR", "residence-permit"),
        (TD1, "AC", "other"),
        (TD2, "I", "identity-card"),
        (TD3, "P", "passport"),
        (MRV_A, "V", "visa"),
        (MRV_B, "V", "visa"),
    ],
)
def test_each_format_gives_back_what_was_composed(layout: Layout, code: str, kind: str) -> None:
    zone = parse_mrz(compose(layout, code, optional=("AB12",)))
    assert (zone.format, zone.kind, zone.document_code) == (layout.name, kind, code)
    assert (zone.number, zone.issuing_country, zone.nationality) == ("X1234567", "FRA", "FRA")
    assert (zone.birth, zone.expiry, zone.sex) == ("810203", "310405", "F")
    assert (zone.surname, zone.given_names) == ("DELACROIX MARTIN", "JEANNE MARIE")
    assert zone.optional[0] == "AB12"
    assert zone.failing == ()


@pytest.mark.parametrize(("layout", "code"), [(TD1, "I"), (TD2, "I")])
def test_long_number_goes_on_in_the_optional_data(layout: Layout, code: str) -> None:
    text = compose(layout, code, "D23145890734")
    zone = parse_mrz(text)
    assert zone.number == "D23145890734"
    assert zone.failing == ()
    assert "D23145890<" in text
    assert "7349<" in text


def test_long_number_with_a_wrong_digit_is_found_where_it_stands() -> None:
    zone = parse_mrz(compose(TD1, "I", "D23145890734").replace("7349", "7348"))
    wrong = zone.checks[0]
    assert (wrong.name, wrong.line, wrong.column, wrong.found, wrong.expected) == ("number", 1, 19, "8", "9")
    assert zone.failing == ("number", "composite")


def test_missing_digit_of_a_short_number_does_not_hold() -> None:
    lines = PASSPORT.split("\n")
    assert parse_mrz(f"{lines[0]}\n{lines[1][:9]}<{lines[1][10:]}").failing == ("number", "composite")


def test_filler_as_the_digit_of_an_empty_personal_number_holds_and_of_a_full_one_does_not() -> None:
    lines = PASSPORT.split("\n")
    assert "optional" not in parse_mrz(f"{lines[0]}\n{lines[1][:42]}<{lines[1][43:]}").failing
    lines = compose(TD3, "P", optional=("ZE184226B",)).split("\n")
    assert "optional" in parse_mrz(f"{lines[0]}\n{lines[1][:42]}<{lines[1][43:]}").failing


@pytest.mark.parametrize(
    "typed",
    [
        PASSPORT.lower(),
        PASSPORT.replace("\n", ""),
        PASSPORT.replace("\n", "\r\n") + "\r\n\r\n",
        PASSPORT.replace("\n", "\r"),
        "\n\n" + PASSPORT.replace("\n", "\n \n"),
        PASSPORT.replace("<<", "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"),
        "\t" + " ".join(PASSPORT.split("\n")[0]) + "\n" + PASSPORT.split("\n")[1],
        "\x02" + PASSPORT.replace("\n", "\r") + "\x03",
        "\ufeff" + PASSPORT,
    ],
    ids=["small", "one-run", "crlf", "cr", "blank-lines", "quotes", "spaced", "framed", "marked"],
)
def test_pasted_typed_and_read_text_is_the_same_zone(typed: str) -> None:
    assert parse_mrz(typed) == parse_mrz(PASSPORT)


@pytest.mark.parametrize("layout", [TD1, TD2, MRV_B])
def test_other_formats_in_one_run_are_read_too(layout: Layout) -> None:
    text = compose(layout, "V" if layout is MRV_B else "I")
    assert parse_mrz(text.replace("\n", "")) == parse_mrz(text)


def test_wrong_length_says_what_was_got_and_what_the_formats_have() -> None:
    with pytest.raises(MalformedError, match=r"2 lines of 44, 43 characters.*TD1 has 3 lines of 30"):
        parse_mrz(PASSPORT[:-1])


def test_a_character_that_slipped_into_the_other_line_is_not_silently_moved_back() -> None:
    run = PASSPORT.replace("\n", "")
    with pytest.raises(MalformedError, match="43, 45"):
        parse_mrz(f"{run[:43]}\n{run[43:]}")


def test_foreign_character_is_named_by_line_and_column_and_never_repeated() -> None:
    lines = PASSPORT.split("\n")
    with pytest.raises(MalformedError, match="Line 2, column 4 ") as caught:
        parse_mrz(f"{lines[0]}\n{lines[1][:3]}\N{LATIN SMALL LETTER SHARP S}{lines[1][4:]}")
    assert "\N{LATIN SMALL LETTER SHARP S}" not in caught.value.message
    assert lines[1][:9] not in caught.value.message


@pytest.mark.parametrize("text", ["", " \r\n ", "P<FRA", "<" * 88 + "<"])
def test_text_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_mrz(text)


def test_megabytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(TooLargeError):
        parse_mrz("<" * 1_000_000)


def test_misread_issuing_country_is_none_rather_than_a_guess() -> None:
    assert parse_mrz(PASSPORT.replace("P<FRA", "P<FR4")).issuing_country is None


def test_passport_shape_is_no_visa_and_a_visa_no_passport() -> None:
    assert parse_mrz(compose(MRV_A, "V")).format == "MRV-A"
    assert [check.name for check in parse_mrz(compose(MRV_A, "V")).checks] == ["number", "birth", "expiry"]


def test_old_french_card_is_read_in_its_own_layout() -> None:
    first = "IDFRADELACROIX" + "<" * 16 + "123456"
    body = "990123456789" + compute_check_digit("990123456789") + "JEANNE<<MARIE<" + "810203"
    body += compute_check_digit("810203") + "F"
    zone = parse_mrz(f"{first}\n{body}{compute_check_digit(first + body)}")
    assert zone.is_national_variant
    assert (zone.number, zone.surname, zone.given_names) == ("990123456789", "DELACROIX", "JEANNE MARIE")
    assert (zone.birth, zone.expiry, zone.sex, zone.failing) == ("810203", "", "F", ())


def test_fields_that_do_not_fit_are_not_composed() -> None:
    with pytest.raises(MalformedError, match="number is too long"):
        compose(TD3, "P", "X123456789")
    with pytest.raises(MalformedError, match="number has a character"):
        compose(TD3, "P", "X-1")


NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9)


@given(
    layout=st.sampled_from([TD1, TD2, TD3]),
    number=NUMBERS,
    place=st.integers(0, 8),
    other=st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
)
def test_one_changed_character_of_the_number_is_found(layout: Layout, number: str, place: int, other: str) -> None:
    lines = compose(layout, "I" if layout is not TD3 else "P", number).split("\n")
    assert parse_mrz("\n".join(lines)).number == number
    line, start, _ = layout.number
    old = lines[line][start + place]
    lines[line] = lines[line][: start + place] + other + lines[line][start + place + 1 :]
    value = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".find
    differs = (value(other) - max(0, value(old))) % 10 != 0
    assert ("number" in parse_mrz("\n".join(lines)).failing) is differs


@given(st.text(max_size=210))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        zone = parse_mrz(text)
    except (MalformedError, TooLargeError):
        return
    assert zone.format in LAYOUTS


@given(
    st.text("A1<", min_size=88, max_size=88)
    | st.text("IDFRAV1<", min_size=72, max_size=72)
    | st.text("P2<", min_size=90, max_size=90)
)
def test_any_zone_of_a_right_shape_is_read(text: str) -> None:
    assert sum(map(len, parse_mrz(text).lines)) == len(text)
