"""What is typed beside a zone is asked where the zone cannot say it; where it is not asked, that is said."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.api.document import read_document
from comity.errors import InputError, MalformedError
from comity.ids import CountryCode
from comity.registers.layouts import LAYOUTS, TD1, TD2, Layout, compute_check_digit
from comity.registers.mrz import Holder

from .test_documents import OTTO, zone_of

PASSPORT = zone_of("TD3", Holder("LINDEN", "OTTO", OTTO.birth, "M", CountryCode("FRA")), country="FRA")
BARE = PASSPORT.replace("W7012345<4", "<<<<<<<<<0")


def with_composite(zone: str) -> str:
    """The zone with the digit over its whole as it would have been printed."""
    first, second = zone.splitlines()
    digit = compute_check_digit(second[:10] + second[13:20] + second[21:43])
    return f"{first}\n{second[:43]}{digit}"


# Numbers


@pytest.mark.parametrize(
    "zone", [with_composite(BARE), PASSPORT.replace("W7012345<4", "W7012348<4"), PASSPORT.replace("W70", "WT0")]
)
def test_a_number_typed_beside_a_zone_without_a_sure_one_is_asked_with_the_rest_of_the_zone(zone: str) -> None:
    alone, filled = read_document(mrz=zone), read_document(mrz=zone, number="w7012345")
    assert (filled.said["number"], filled.said["country"], filled.said["name"]) == ("w7012345", "FRA", "OTTO LINDEN")
    assert filled.said.get("birth_date") == alone.said.get("birth_date")
    assert "number" not in filled.unsure
    assert filled.questions.stopped == {}
    assert any("The one that was typed was asked" in note for note in filled.notes) is bool(alone.said.get("number"))


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_another_number_than_a_sure_one_is_another_document_and_never_guessed_between(layout: str) -> None:
    with pytest.raises(InputError, match="these are two documents") as refused:
        read_document(mrz=zone_of(layout), number="X1")
    assert (refused.value.where, bool(refused.value.next_step)) == ("number", True)
    assert read_document(mrz=zone_of(layout), number="w-70 12345").said["number"] == "W7012345"


def test_a_zone_that_cannot_be_read_does_not_stop_the_number_that_is_typed_as_its_next_step_says() -> None:
    found = read_document(mrz=PASSPORT[:-1], number="W7012345", country="FRA")
    assert (found.said.get("number", ""), found.said.get("country", "")) == ("W7012345", "FRA")
    assert "Machine-readable zone not used: 2 lines of 44, 43 characters" in found.notes[0]
    with pytest.raises(MalformedError):
        read_document(mrz=PASSPORT[:-1], country="FRA")


# The other terms

SURE = {"country": ("LTU", "FRA"), "name": ("Nora Falkesen", "OTTO LINDEN"), "birth_date": ("1970", "1965-03-01"),
        "type": ("visa", "passport")}  # fmt: skip


@pytest.mark.parametrize("term", SURE)
def test_what_is_typed_beside_a_sure_one_is_not_asked_and_that_is_said(term: str) -> None:
    typed, own = SURE[term]
    plain, found = read_document(mrz=PASSPORT), read_document(mrz=PASSPORT, **{term: typed})
    assert found.questions == plain.questions
    assert len(found.notes) == 1
    assert f"{typed} was typed and not asked, since the zone says {own}." in found.notes[0]


SAME = {"country": "fra", "name": "Linden, Ottó", "birth_date": "1965-03", "type": "Passport", "number": "W7012345<"}


@pytest.mark.parametrize("term", SAME)
def test_what_is_typed_and_says_the_same_needs_no_word(term: str) -> None:
    assert read_document(mrz=PASSPORT, **{term: SAME[term]}) == read_document(mrz=PASSPORT)


def test_a_typed_name_counts_where_the_zones_own_is_not_sure() -> None:
    found = read_document(mrz=PASSPORT.replace("OTTO", "0TTO"), name="Otto Linden")
    assert (found.said.get("name", ""), found.unsure) == ("Otto Linden", ())
    assert "Name not sure: there is a digit in it. The one that was typed was asked" in found.notes[0]


def test_a_name_that_fills_its_place_may_have_been_cut_and_the_whole_one_may_be_typed() -> None:
    holder = Holder("LINDEN", "OTTO " + "A" * 40, OTTO.birth, "M", CountryCode("UTO"))
    zone, whole = zone_of("TD3", holder), f"Otto {'A' * 40} Linden"
    assert read_document(mrz=zone).unsure == ("name",)
    assert read_document(mrz=zone, name=whole).said["name"] == whole


def test_a_typed_date_says_which_century_is_meant() -> None:
    zone = zone_of("TD3", Holder("FALKESEN", "NORA", date(1924, 6, 15), "F", CountryCode("UTO")))
    found = read_document(mrz=zone, birth_date="1924")
    assert (found.said.get("birth_date", ""), found.notes) == ("1924-06-15", ())


def test_where_issuer_and_nationality_differ_a_typed_country_that_is_not_asked_is_said_with_both() -> None:
    holder = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode("FRA"))
    found = read_document(mrz=zone_of("TD3", holder, country="BRA"), country="FRA")
    assert found.said.get("country", "") == "BRA"
    assert "FRA was typed and not asked, since the zone says BRA." in found.notes[0]
    assert "No check digit covers the issuing country; the bearer's nationality is FRA." in found.notes[0]


@given(st.sampled_from(["number", "country", "type", "name", "birth_date"]), st.text(min_size=1, max_size=12))
def test_whatever_is_typed_is_asked_or_named(term: str, typed: str) -> None:
    if term == "number":
        with suppress(InputError):  # another document: said by the error itself
            assert read_document(mrz=PASSPORT, number=typed) == read_document(mrz=PASSPORT)
        return
    found, plain = read_document(mrz=PASSPORT, **{term: typed}), read_document(mrz=PASSPORT)
    assert found.questions == plain.questions
    says_the_same = not typed.strip() or typed.strip().lower() in ("fra", "passport", "1965")
    assert bool(found.notes) is not says_the_same


# What only the digit over the whole covers


@pytest.mark.parametrize(("layout", "line", "column"), [(TD1, 0, 14), (TD2, 1, 9)])
@given(st.data())
def test_a_long_number_whose_filler_is_misread_is_never_cut_without_a_word(
    layout: Layout, line: int, column: int, data: st.DataObject
) -> None:
    number = data.draw(st.from_regex(r"[A-Z]{2}[0-9]{9,10}", fullmatch=True))
    zone = zone_of(layout.name, number=number).splitlines()
    read = data.draw(st.sampled_from("123456789"))
    zone[line] = f"{zone[line][:column]}{read}{zone[line][column + 1 :]}"
    found = read_document(mrz="\n".join(zone))
    assert found.said.get("number", "") == number
    assert "number" in found.unsure
    assert found.failing[0].expected == "<"


def test_where_only_the_digit_over_the_whole_fails_the_number_is_not_sure_and_may_be_typed() -> None:
    zone = zone_of("TD1", number="AB1234567").splitlines()
    zone[0] = zone[0][:15] + "8904" + zone[0][19:]
    found = read_document(mrz="\n".join(zone))
    assert [digit.name for digit in found.failing] == ["composite"]
    assert found.unsure == ("number",)
    assert any("the check digit of the whole zone does not hold" in note for note in found.notes)
    assert read_document(mrz="\n".join(zone), number="AB1234567890").said["number"] == "AB1234567890"


# The old French card


def french(prefix: str) -> str:
    body = "952042123456" + compute_check_digit("952042123456") + "CLAIRE<<<<<<<<" + "800101"
    body += compute_check_digit("800101") + "F"
    first = "IDFRAMARTIN" + "<" * 19 + "952042"
    return f"{prefix}{first[5:]}\n{body}{compute_check_digit(first + body)}"


@pytest.mark.parametrize("prefix", ["IDFRA", "IDFR4", "1DFRA", "I0FRA", "IOFRA", "IDFBA"])
def test_the_old_french_card_is_known_by_its_second_line_where_the_first_is_misread(prefix: str) -> None:
    found = read_document(mrz=french(prefix))
    assert (found.said.get("number", ""), found.said.get("country", ""), found.said.get("name", "")) == (
        "952042123456",
        "FRA",
        "CLAIRE MARTIN",
    )
    assert (found.failing == ()) is (prefix == "IDFRA")
    assert any(f"begins with IDFRA, and {prefix} was read" in note for note in found.notes) is (prefix != "IDFRA")


@given(st.from_regex(r"[A-Z]{2}[0-9]{7}", fullmatch=True), st.sampled_from(["BRA", "UTO", "D", "LTU"]))
def test_a_card_of_the_same_shape_is_not_taken_for_the_french_one(number: str, country: str) -> None:
    zone = zone_of("TD2", country=country, number=number)
    assert read_document(mrz=zone).said["number"] == number


# What a person or program types by hand


@pytest.mark.parametrize("typed", ["Passport", "PASSPORT ", "Identity card", "identity-card"])
def test_a_type_is_understood_as_people_see_it(typed: str) -> None:
    assert read_document(number="X1", country="FRA", type=typed).questions.stopped == {}
