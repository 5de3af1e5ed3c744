"""Lists in the United Nations' form: all that they say is read, and what cannot be is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import ELEMENT_CHARS_MAX, ELEMENT_DEPTH_MAX
from comity.registers.lines import RefusedFileError
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
