"""Lists in the United Nations' form: all that they say is read, and what cannot be is refused by name."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import ELEMENT_CHARS_MAX, ELEMENT_DEPTH_MAX
from comity.registers.lines import RefusedFileError
from comity.registers.persons import PERSONS
from comity.registers.record import Record, parse_record
from comity.registers.un_list import UnReader

from .persons_list import PERSON, list_of, parts_of, person, reader


def read(data: bytes, size: int = 700) -> tuple[list[Record], UnReader]:
    held = reader()
    return [parse_record(each) for each in held.read(parts_of(data, size))], held


def test_everything_that_is_said_of_a_person_is_read() -> None:
    (record,), held = read(list_of(PERSON, entities=2))
    assert parse_record(record.encode()) == record
    assert record.fields == {
        "reference": "TEi.001", "list": "un-security-council", "status": "sanctioned", "programme": "Testland",
        "sex": "male", "listed_on": "2020-02-03", "updated_on": "2022-05-06", "source_id": "1",
        "comment": "An invented person.",
    }  # fmt: skip
    names = record.groups["names"]
    assert names[0] == {
        "kind": "primary", "quality": "good", "script": "Latn", "first": "ARVID", "second": "MELO", "third": "TARKAN",
    }  # fmt: skip
    assert [(name["kind"], name.get("quality"), name["script"]) for name in names[1:]] == [
        ("original-script", None, "Arab"), ("alias", "good", "Latn"), ("alias", "good", "Latn"),
        ("alias", "low", "Latn"),
    ]  # fmt: skip
    assert names[4] == {
        "kind": "alias", "quality": "low", "script": "Latn", "whole": "The Owl", "birth": "1958-02-22",
        "birthplace": "Port", "note": "Call sign",
    }  # fmt: skip
    assert record.groups["births"] == [
        {"precision": "exact", "from": "1958-02-21"},
        {"precision": "around", "from": "1970"},
        {"precision": "between", "from": "1980", "to": "1983"},
        {"precision": "unknown", "note": "Nov. 1959"},
    ]
    assert record.groups["places"] == [
        {"kind": "address", "city": "Harbour", "country": "Testland"}, {"kind": "birth", "city": "Port"},
    ]  # fmt: skip
    assert record.groups["documents"] == [{"type": "Passport", "number": "T-0001/234", "country": "Testland"}]
    assert record.groups["designations"] == [{"text": "Captain"}, {"text": "Owner"}]
    assert held.notes == ("2 times ENTITY: no person, left out.",)
    assert "others" not in record.groups


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<EYE_COLOUR>green</EYE_COLOUR>", ("EYE_COLOUR", "green")),
        ("<FIFTH_NAME>Quint</FIFTH_NAME>", ("FIFTH_NAME", "Quint")),
        ("<REFERENCE_NUMBER>again</REFERENCE_NUMBER>", ("REFERENCE_NUMBER", "again")),
        ("<GENDER>Other</GENDER>", ("GENDER", "Other")),
        ("<NATIONALITY>bare</NATIONALITY>", ("NATIONALITY", "bare")),
        ("<INDIVIDUAL_DOCUMENT><CHIP>yes</CHIP></INDIVIDUAL_DOCUMENT>", ("CHIP", "yes")),
        (
            "<INDIVIDUAL_ALIAS><QUALITY>Fair</QUALITY><ALIAS_NAME>Bo</ALIAS_NAME></INDIVIDUAL_ALIAS>",
            ("QUALITY", "Fair"),
        ),
        ('<COMMENTS1 lang="fr">oui</COMMENTS1>', ("@lang", "fr")),
        ("<INDIVIDUAL_DOCUMENT><NUMBER>9.1235E+11</NUMBER></INDIVIDUAL_DOCUMENT>", ("NUMBER", "9.1235E+11")),
        ("<INDIVIDUAL_DOCUMENT><NUMBER>12-Dec</NUMBER></INDIVIDUAL_DOCUMENT>", ("NUMBER", "12-Dec")),
        ("<BODY><EYES><COLOUR>green</COLOUR></EYES></BODY>", ("BODY/EYES/COLOUR", "green")),
    ],
)
def test_what_has_no_field_is_kept_and_reported(said: str, kept: tuple[str, str]) -> None:
    one = person("TEi.002", "BO").replace("</INDIVIDUAL>", f"{said}</INDIVIDUAL>")
    (record,), held = read(list_of(one))
    assert {"element": kept[0], "text": kept[1]} in record.groups["others"]
    assert any(note.startswith(f"1 times {kept[0]}:") for note in held.notes)


def test_a_section_that_nobody_knows_is_reported() -> None:
    data = list_of(person("TEi.002", "BO")).replace(b"</CONSOLIDATED_LIST>", b"<VESSELS/></CONSOLIDATED_LIST>")
    assert "1 times VESSELS: no person, left out." in read(data)[1].notes


BOMB = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE, '<!DOCTYPE l SYSTEM "http://example.invalid/l.dtd">'])
def test_entities_and_document_types_are_refused(prolog: str) -> None:
    with pytest.raises(MalformedError, match="entities"):
        read(list_of(person("TEi.002", "&b;" if prolog == BOMB else "BO"), prolog=prolog))


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("cut", [1, 20, 300, 900])
def test_a_list_that_is_cut_off_is_refused(cut: int, size: int) -> None:
    data = list_of(PERSON)
    with pytest.raises(MalformedError):
        read(data[:-cut], size)


@pytest.mark.parametrize(
    "data",
    [b"", b"number,country\n", b"<html/>", b"<CONSOLIDATED_LIST></CONSOLIDATED_LIST>", list_of(), b"\xff\xfe\x00",
     b'<?xml version="1.0" encoding="cheese"?><CONSOLIDATED_LIST/>', list_of(PERSON) + b"<more/>"],
)  # fmt: skip
def test_what_is_no_list_of_persons_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read(data)


def test_what_is_no_text_in_the_lists_encoding_says_so() -> None:
    data = '<?xml version="1.0" encoding="UTF-8"?>\n<CONSOLIDATED_LIST>\n<A>é</A></CONSOLIDATED_LIST>'.encode("latin-1")
    with pytest.raises(MalformedError, match="no text in its encoding") as raised:
        read(data)
    assert raised.value.where == "line 3"
    assert "UTF-8" in raised.value.next_step


def test_a_person_without_end_is_refused_before_it_fills_the_memory() -> None:
    endless = person("TEi.002", "BO", COMMENTS1="x" * ELEMENT_CHARS_MAX)
    with pytest.raises(TooLargeError):
        read(list_of(endless))
    deep = "<A>" * ELEMENT_DEPTH_MAX + "</A>" * ELEMENT_DEPTH_MAX
    with pytest.raises(TooLargeError):
        read(list_of(person("TEi.002", "BO", X=deep)))


def test_each_person_that_cannot_be_entered_is_named_by_its_line() -> None:
    data = list_of(
        person("TEi.001", "BO"), "\n", person("TEi.001", "LI"), "\n", person("TEi.003"), "\n",
        person("TEi.004", "MO", LISTED_ON="2099-01-01"), "\n", person("TEi.005", "x" * 201),
    )  # fmt: skip
    with pytest.raises(RefusedFileError) as refused:
        read(data)
    assert [(each.line, each.fields) for each in refused.value.refusals] == [
        (3, "reference"), (4, "names"), (5, "listed_on"), (6, "names[0].first"),
    ]  # fmt: skip


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_cleanly(data: bytes) -> None:
    with pytest.raises(InputError):
        read(data)


def birth(**said: str) -> str:
    return "<INDIVIDUAL_DATE_OF_BIRTH>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in said.items()) + (
        "</INDIVIDUAL_DATE_OF_BIRTH>"
    )  # fmt: skip


def born(*births: str) -> Record:
    one = person("TEi.002", "BO", "LI").replace("</INDIVIDUAL>", "".join(births) + "</INDIVIDUAL>")
    return read(list_of(one))[0][0]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"TYPE_OF_DATE": "EXACT", "DATE": "1979-04-12-05:00"}, {"precision": "exact", "from": "1979-04-12"}),
        ({"DATE": "1979-04-12Z"}, {"precision": "exact", "from": "1979-04-12"}),
        ({"TYPE_OF_DATE": "APPROXIMATELY", "YEAR": "1970"}, {"precision": "around", "from": "1970"}),
        (
            {"TYPE_OF_DATE": "APPROXIMATELY", "FROM_YEAR": "1960", "TO_YEAR": "1970"},
            {"precision": "between", "from": "1960", "to": "1970", "note": "APPROXIMATELY"},
        ),
        (
            {"TYPE_OF_DATE": "BETWEEN", "FROM_YEAR": "1970", "TO_YEAR": "1960"},
            {"precision": "unknown", "note": "BETWEEN; from 1970; to 1960"},
        ),
        ({"TYPE_OF_DATE": "BETWEEN", "TO_YEAR": "1960"}, {"precision": "unknown", "note": "BETWEEN; to 1960"}),
        (
            {"TYPE_OF_DATE": "EXACT", "YEAR": "1979", "TO_YEAR": "1981"},
            {"precision": "unknown", "note": "to 1981; year 1979"},
        ),
        ({"TYPE_OF_DATE": "SOMETIME", "YEAR": "1979"}, {"precision": "unknown", "note": "SOMETIME; year 1979"}),
        (
            {"TYPE_OF_DATE": "EXACT", "DATE": "1979-04-12 or 13"},
            {"precision": "unknown", "note": "date 1979-04-12 or 13"},
        ),
        (
            {"TYPE_OF_DATE": "APPROXIMATELY", "FROM_YEAR": "circa 1960"},
            {"precision": "unknown", "note": "APPROXIMATELY; from circa 1960"},
        ),
        ({"TYPE_OF_DATE": "EXACT", "YEAR": "circa 1957"}, {"precision": "unknown", "note": "year circa 1957"}),
        ({"TYPE_OF_DATE": "APPROXIMATELY", "NOTE": "old"}, {"precision": "unknown", "note": "APPROXIMATELY; old"}),
    ],
)
def test_a_date_that_the_list_gives_otherwise_than_we_know_is_kept_word_for_word(
    said: dict[str, str], kept: dict[str, str]
) -> None:
    assert born(birth(**said)).groups["births"] == [kept]


@pytest.mark.parametrize(
    ("births", "asked"),
    [
        ([birth(TYPE_OF_DATE="APPROXIMATELY", FROM_YEAR="1960", TO_YEAR="1970")], ("1965", "1970", "1960")),
        ([birth(TYPE_OF_DATE="EXACT", YEAR="1979"), birth(NOTE="possibly 1985 to 1989")], ("1986", "1979")),
        ([birth(TYPE_OF_DATE="APPROXIMATELY", NOTE="30-35 years old")], ("1963", "1999")),
        ([birth(TYPE_OF_DATE="BETWEEN", FROM_YEAR="1955", TO_YEAR="1958", NOTE="Approximately")], ("1959", "1956")),
    ],
)
def test_each_day_that_the_list_can_mean_is_possible(births: list[str], asked: tuple[str, ...]) -> None:
    record = born(*births)
    for day in asked:
        assert PERSONS.matches(record.fields, record.groups, {"name": "BO LI", "birth_date": day})


TAGS = ("TYPE_OF_DATE", "DATE", "YEAR", "FROM_YEAR", "TO_YEAR", "NOTE", "CENTURY")
WORDS = st.sampled_from(
    ["EXACT", "BETWEEN", "APPROXIMATELY", "1960", "1979-04-12", "1970", "circa 1957", "Sep.", "1402 (Hijri)"]
)


@given(st.dictionaries(st.sampled_from(TAGS), WORDS, min_size=1))
def test_each_text_of_a_date_ends_in_a_field_a_note_or_an_other_statement(said: dict[str, str]) -> None:
    record = born(birth(**said))
    births = [text for entry in record.groups.get("births", []) for text in entry.values()]
    others = [entry["text"] for entry in record.groups.get("others", [])]
    meant = {"exact": "EXACT", "around": "APPROXIMATELY", "between": "BETWEEN"}
    kept = " ".join([*births, *others, *(meant.get(text, "") for text in births)])
    for tag, text in said.items():
        assert text in kept or (tag, text) == ("TYPE_OF_DATE", "EXACT"), (tag, kept)


LEAVES = [
    found
    for found in re.finditer(r"<([A-Z_]+)>([^<>]*[^<>\s][^<>]*)</", PERSON)
    if found[1] != "VERSIONNUM" and found[2] != "UN List"
]


@given(
    st.sampled_from(LEAVES),
    st.from_regex(r"[0-9A-Za-z]{1,9}( [0-9a-z().-]{1,9}){0,2}", fullmatch=True)
    | st.sampled_from(["2020-02-03", "2020-02-03Z", "2020-02-03 (amended)", "2020-02-03-05:00", "circa 1957", "Male"]),
)
def test_whatever_a_text_of_a_person_is_it_is_kept_or_the_list_is_refused(leaf: re.Match[str], text: str) -> None:
    spoiled = PERSON[: leaf.start(2)] + text + PERSON[leaf.end(2) :]
    try:
        (record,), _held = read(list_of(spoiled))
    except InputError:
        return
    kept = [*record.fields.values(), *(text for group in record.groups.values() for e in group for text in e.values())]
    said = re.sub(r"(?<=-[0-9]{2})(Z|-05:00)$", "", text)  # a time zone behind a day
    assert any(said in each or said.lower() == each for each in kept) or leaf.string[leaf.start(1) :].startswith(
        "VALUE>UN L"
    )


UN_LIST = Path(__file__).parents[3] / "shared" / "data" / "un_consolidated.xml"


@pytest.fixture(scope="module")
def listed() -> tuple[list[Record], UnReader]:
    if not UN_LIST.exists():
        pytest.skip("the United Nations' list is not on this machine")
    return read(UN_LIST.read_bytes(), 65_536)


def test_the_united_nations_list_is_read_whole(listed: tuple[list[Record], UnReader]) -> None:
    records, held = listed
    names = [name for record in records for name in record.groups["names"]]
    births = [birth for record in records for birth in record.groups.get("births", ())]
    assert len(records) == 730
    assert (len(names), sum(name["kind"] == "original-script" for name in names)) == (3205, 336)
    assert len(births) == 870
    unknown, left_out = held.notes
    assert unknown.startswith("1 times NUMBER: it may be what a spreadsheet made of the number, and finds nobody;")
    assert left_out == "273 times ENTITY: no person, left out."
    others = [other for record in records for other in record.groups.get("others", ())]
    assert others == [{"element": "NUMBER", "text": "3219222002.2181558"}]  # as a program writes a double
    assert all(record.keys for record in records)


def test_whoever_has_a_date_only_in_words_is_ruled_out_by_no_other(listed: tuple[list[Record], UnReader]) -> None:
    both = [
        record
        for record in listed[0]
        if {"from" in birth for birth in record.groups.get("births", ())} == {True, False}
    ]
    assert len(both) == 3
    for record in both:
        for day in ("1977-09-01", "1961", "1902", *(birth.get("from", "1950") for birth in record.groups["births"])):
            assert PERSONS.matches(record.fields, record.groups, {"birth_date": day})
