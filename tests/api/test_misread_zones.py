"""One misread character of a zone: the document is found, or its answer says what may be misread; no word is untrue."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from comity.api.document import Document, read_document
from comity.errors import InputError, MalformedError
from comity.ids import CountryCode
from comity.registers.countries import ISSUERS, issuer_of
from comity.registers.layouts import FRENCH_CARD, LAYOUTS, TD1, TD2, Layout, Span
from comity.registers.mrz import Holder, compose_mrz
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS

from .conftest import Cast

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
HOLDER = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode("FRA"))
CODES = {"TD3": "P", "MRV-A": "V", "MRV-B": "V"}
LONG = ("AB123456789", "AB00000000000", "123456789KA0")


def zone_of(layout: Layout, number: str, optional: str = "", country: str = "FRA") -> list[str]:
    code = layout.begins[:2] or CODES.get(layout.name, "I")
    return compose_mrz(
        layout, document_code=code, issuing_country=CountryCode(country), number=number, holder=HOLDER,
        expiry=date(2033, 4, 4), optional=(optional,),
    ).splitlines()  # fmt: skip


def each_misread(layout: Layout, zone: list[str]) -> Iterator[tuple[int, int, str]]:
    """Every way in which one character can be read otherwise: line, column, the zone as it is read then."""
    for line, row in enumerate(zone):
        for column, right in enumerate(row):
            is_name = any(is_in(span, line, column) for span in (layout.names, layout.given_names))
            for read in ("B0<" if is_name else CHARACTERS).replace(right, ""):
                changed = row[:column] + read + row[column + 1 :]
                yield line, column, "\n".join([*zone[:line], changed, *zone[line + 1 :]])


def is_in(span: Span | None, line: int, column: int) -> bool:
    return span is not None and span[0] == line and span[1] <= column < span[2]


def is_in_number(layout: Layout, number: str, line: int, column: int) -> bool:
    """Whether a character is one of the number's own."""
    end = layout.number[2] - layout.number[1]
    goes_on = layout.optional[0]
    tail = (goes_on[0], goes_on[1], goes_on[1] + max(0, len(number) - end))
    return is_in(layout.number, line, column) or (layout.long_number and is_in(tail, line, column))


def is_looked_for(found: Document, number: str) -> bool:
    asked = found.questions.terms.get("travel-documents")
    if asked is None:
        return False
    (key,) = ask_keys(TRAVEL_DOCUMENTS, {"number": number, "country": "FRA"})
    return key in ask_keys(TRAVEL_DOCUMENTS, asked)


def says_what_may_be_misread(found: Document) -> bool:
    is_named = any("No check digit covers the issuing country" in note for note in found.notes)
    return is_named or "number" in found.unsure or "travel-documents" in found.questions.unasked


def untrue(found: Document, layout: Layout, number: str, line: int, column: int) -> list[str]:
    """The notes that are not so, of a zone with this one character misread."""
    is_numbers = is_in_number(layout, number, line, column)
    is_digits = is_in(layout.number_check, line, column) or is_in(digit_of(layout, number), line, column)
    is_so = {
        "its check digit does not hold": is_numbers or is_digits,
        "it was read as a long one": len(number) > layout.number[2] - layout.number[1] or is_numbers,
        "it may be ": is_numbers or number in (found.said.get("number", ""), *found.other_numbers),
        "Read as the French identity card": layout is FRENCH_CARD,
        "Read as a card and not as a visa": layout is TD2,
        "the bearer's nationality is FRA": is_in((0, 2, 5), line, column),
    }
    return [note for note in found.notes for said, holds in is_so.items() if said in note and not holds]


def digit_of(layout: Layout, number: str) -> Span:
    """Where the number's check digit stands."""
    end = layout.number[2] - layout.number[1]
    if len(number) <= end:
        return layout.number_check
    line, start, _stop = layout.optional[0]
    return line, start + len(number) - end, start + len(number) - end + 1


SHORT = ("19AC45678", "W7012345", "AB1234560")
OPTIONAL = ("", "D12345", "ZE184226B0")
CASES = [
    *((layout, "19AC45678", "D12345") for layout in LAYOUTS.values()),
    *((layout, number, "") for layout in (TD1, TD2) for number in (*SHORT, *LONG)),
    (TD1, "AB123456789", "D12345"), (TD1, "AB1234560", "ZE184226B0"), (TD1, "19AC45678", "ZE184226B0"),
    (TD2, "AB123456789", "7"), (TD2, "AB1234563", "D12345"),
    (LAYOUTS["TD3"], "W7012345", ""), (LAYOUTS["MRV-B"], "AB1234560", ""), (FRENCH_CARD, "952042123456", "952042"),
    (FRENCH_CARD, "880123456780", ""),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "number", "optional"), CASES)
def test_one_misread_character_loses_no_document_without_a_word(layout: Layout, number: str, optional: str) -> None:
    zone = zone_of(layout, number, optional)
    whole = read_document(mrz="\n".join(zone))
    assert (whole.said.get("number", ""), whole.said.get("name", ""), whole.failing, whole.unsure) == (
        number,
        "OTTO LINDEN",
        (),
        (),
    )
    for line, column, read in each_misread(layout, zone):
        found = read_document(mrz=read)
        said = (read, found.said.get("number", ""), found.other_numbers, found.notes)
        if is_in_number(layout, number, line, column):
            # Digits of one value, A for 0 or B for 1, make it another document's zone, and a sound one.
            assert is_looked_for(found, number) or says_what_may_be_misread(found) or not found.failing, said
        elif is_in((0, 2, 5), line, column):
            assert is_looked_for(found, number) or says_what_may_be_misread(found), said
        else:
            assert is_looked_for(found, number), said
        if not any(is_in(span, line, column) for span in (layout.names, layout.given_names)):
            assert found.said.get("name", "") == "OTTO LINDEN", said
        assert not untrue(found, layout, number, line, column), said


def misread(zone: list[str], line: int, column: int, read: str) -> str:
    return "\n".join([*zone[:line], zone[line][:column] + read + zone[line][column + 1 :], *zone[line + 1 :]])


def test_where_two_numbers_are_possible_both_are_asked_and_a_typed_one_says_which() -> None:
    zone = misread(zone_of(TD1, "19AC45678", "D12345"), 0, 14, "<")
    found = read_document(mrz=zone)
    assert {found.said.get("number", ""), *found.other_numbers} == {"19AC45678", "19AC45678D1234"}
    assert "by the zone's check digits it may be 19AC45678 or 19AC45678D1234; each was asked" in found.notes[0]
    typed = read_document(mrz=zone, number="19ac45678")
    assert typed.questions.terms["travel-documents"]["number"] == "19ac45678"


def test_a_sound_zone_that_may_be_another_documents_asks_both_and_takes_either_by_hand() -> None:
    zone = "\n".join(zone_of(TD1, "AB1234560", "7"))
    assert read_document(mrz=zone).notes == ()
    twice = misread(zone_of(TD1, "AB100000603"), 0, 14, "0")  # a digit that holds in place of the filler
    found = read_document(mrz=twice)
    assert (found.said.get("number", ""), found.other_numbers, found.failing, found.unsure) == (
        "AB1000006",
        ("AB100000603",),
        (),
        (),
    )
    assert len(found.notes) == 1
    assert read_document(mrz=twice, number="AB100000603").notes == ()
    with pytest.raises(InputError, match="The zone's number is AB1000006 or AB100000603, and X1 was typed"):
        read_document(mrz=twice, number="X1")


def test_a_french_card_in_the_shape_of_others_is_read_by_its_digits() -> None:
    found = read_document(mrz=misread(zone_of(TD2, "19AC45678"), 0, 1, "D"))
    assert (found.said.get("number", ""), found.said.get("name", ""), found.failing, found.notes) == (
        "19AC45678",
        "OTTO LINDEN",
        (),
        (),
    )


def test_a_question_says_one_documents_numbers_and_no_list() -> None:
    asked = {"country": "FRA", "number": "AB1234567,AB1234568,AB1234569,AB1234560"}
    assert len(ask_keys(TRAVEL_DOCUMENTS, asked)) == 4
    with pytest.raises(MalformedError, match="one document, and 4 numbers at most"):
        ask_keys(TRAVEL_DOCUMENTS, asked | {"number": asked["number"] + ",AB1234561"})


@pytest.mark.parametrize("typed", ["19AC45678,19AC45679", "912345678,0"])
def test_what_a_person_types_is_one_number(typed: str) -> None:
    with pytest.raises(MalformedError) as refused:
        _ = read_document(number=typed, country="FRA").questions
    assert (refused.value.where, bool(refused.value.next_step)) == ("number", True)


@pytest.mark.parametrize(
    ("layout", "issuer", "typed", "is_said", "is_sure"),
    [
        ("TD3", "BRA", "", True, False),
        ("TD1", "BRA", "", True, False),
        ("MRV-A", "BRA", "", True, True),  # a visa's bearer is another state's
        ("TD3", "BRA", "bra", False, True),
        ("TD3", "BRA", "FRA", True, True),
        ("TD3", "UNO", "", True, False),  # no state, and no less a misread one
        ("TD3", "FRA", "", False, True),
        ("TD3", "UNK", "", True, False),
    ],
)
def test_an_issuer_that_the_bearers_nationality_contradicts_is_said(
    layout: str, issuer: str, typed: str, *, is_said: bool, is_sure: bool
) -> None:
    found = read_document(mrz="\n".join(zone_of(LAYOUTS[layout], "19AC45678", country=issuer)), country=typed)
    said = [note for note in found.notes if "No check digit covers the issuing country" in note]
    assert (found.said.get("country", ""), len(said), found.unsure) == (
        issuer,
        int(is_said),
        () if is_sure else ("country",),
    )
    assert all("the bearer's nationality is FRA." in note for note in said)


NEITHER = ("XXA", "XXB", "XXC", "XXX", "UNO", "EUE", "GBD", "GBO")
"""Nationalities that bear no state out."""
IN_ZONES = sorted({issuer_of(code) for code in ISSUERS})


def zone_from(issuer: str, nationality: str) -> str:
    holder = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode(nationality))
    return compose_mrz(
        LAYOUTS["TD3"], document_code="P", issuing_country=CountryCode(issuer), number="19AC45678", holder=holder,
        expiry=date(2033, 4, 4),
    )  # fmt: skip


def is_lost(zone: str, issuer: str) -> bool:
    """Whether the document of this issuer is not looked for, and nothing says that the issuer is in doubt."""
    found = read_document(mrz=zone)
    is_asked = issuer_of(found.said.get("country", "")) == issuer
    return not (is_asked or "country" in found.unsure or "travel-documents" in found.questions.unasked)


@given(
    st.sampled_from(IN_ZONES),
    st.sampled_from([*NEITHER, "", "FRA", "NOR", "***"]),
    st.integers(2, 4),
    st.sampled_from(CHARACTERS),
)
def test_whoever_the_bearer_is_a_misread_issuer_is_never_asked_without_a_word(
    issuer: str, nationality: str, column: int, read: str
) -> None:
    zone = zone_from(issuer, (nationality or issuer).replace("*", "<"))
    misread = zone[:column] + read + zone[column + 1 :]
    # A code that becomes its bearer's own is a sound zone of another issuer.
    assume(misread[2:5] != nationality or nationality in ("XXA", "XXB", "XXC", "XXX", "GBD", "GBO"))
    assert not is_lost(misread, issuer), misread


NEIGHBOURS = [
    (issuer, read)
    for issuer in IN_ZONES
    for read in sorted(ISSUERS)
    if issuer_of(read) != issuer and sum(map(str.__ne__, issuer.ljust(3, "<"), read.ljust(3, "<"))) == 1
]
"""Each issuer that one misread letter makes another one."""


@pytest.mark.parametrize("nationality", ["", "XXA", "XXB", "XXC", "UNO", "GBO"])
def test_every_issuer_that_one_letter_makes_another_is_in_doubt(nationality: str) -> None:
    assert len(NEIGHBOURS) > 700
    for issuer, read in NEIGHBOURS:
        zone = zone_from(read, nationality or issuer)
        assert read == nationality == "UNO" or not is_lost(zone, issuer), zone


@pytest.mark.parametrize("issuer", [code for code in IN_ZONES if code[:2] not in ("GB", "XX")])
def test_an_issuer_whose_own_the_bearer_is_needs_no_word(issuer: str) -> None:
    found = read_document(mrz=zone_from(issuer, issuer))
    assert (found.notes, found.unsure) == ((), ())


def test_a_keeper_looks_for_each_number_and_the_hit_says_under_which(cast: Cast) -> None:
    cast.network.enter(cast.network.officer("FR", "numbers", "registrar"), "AB100000603")
    cast.network.settle(2)
    zone = misread(zone_of(TD1, "AB100000603"), 0, 14, "0")
    answer = cast.officer("LT", "inspector").post("/v1/queries", {"mrz": zone, "purpose": "border-control"}).json()
    assert (answer["number"], answer["other_numbers"]) == ("AB1000006", ["AB100000603"])
    assert [hit["shown"]["number"] for hit in answer["answers"][0]["hits"]] == ["AB100000603"]
    assert "AB1000006 or AB100000603; each was asked" in answer["notes"][0]


@pytest.mark.parametrize(("code", "is_unsure"), [
    ("P", True), ("I", True), ("AC", True), ("S", True), ("C", True), ("D", True), ("V", False), ("IR", False),
])  # fmt: skip
def test_of_every_document_but_those_for_others_a_contradicted_issuer_is_in_doubt(
    code: str, *, is_unsure: bool
) -> None:
    """Visas and permits are issued to others; crew's and what no standard names are taken for a state's own."""
    holder = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode("AUS"))
    layout = LAYOUTS["MRV-A"] if code == "V" else TD1
    zone = compose_mrz(
        layout, document_code=code, issuing_country=CountryCode("AUT"), number="X12345678", holder=holder,
        expiry=date(2033, 4, 4),
    )  # fmt: skip
    found = read_document(mrz=zone)
    if is_unsure or found.said["type"] not in ("visa", "residence-permit"):
        assert "country" in found.unsure, found.said
    else:
        assert "country" not in found.unsure, found.said
    assert any("AUS" in note for note in found.notes)


def test_a_zone_without_a_name_says_that_persons_are_asked_without_one() -> None:
    holder = Holder("", "", date(1965, 3, 1), "M", CountryCode("FRA"))
    zone = compose_mrz(
        LAYOUTS["TD3"], document_code="P", issuing_country=CountryCode("FRA"), number="19AC45678", holder=holder,
        expiry=date(2033, 4, 4),
    )  # fmt: skip
    found = read_document(mrz=zone)
    assert any("The zone has no name" in note for note in found.notes)
    assert not any("The zone has no name" in note for note in read_document(mrz=zone, name="Otto Linden").notes)
