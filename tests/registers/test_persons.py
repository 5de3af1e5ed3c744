"""Persons: found by each of their names and documents, with the date of birth as far as it is known."""

from typing import Any

import pytest

from comity.audience import Audience
from comity.errors import InputError, MalformedError
from comity.ids import MemberCode, RegisterName
from comity.registers.persons import PERSONS
from comity.registers.record import Record, make_record, parse_record, read_written
from comity.registers.register import ask_keys
from comity.registers.registry import REGISTERS, ask_all

from .persons_list import NOW, PERSON, list_of, parts_of, reader


def make(**more: Any) -> Record:
    fields = {"reference": "R1", "status": "wanted", "names": [{"given": "Arvid", "family": "Melö"}], **more}
    return make_record(PERSONS, MemberCode("FR"), fields, Audience.everyone(), now=NOW)


def read_listed() -> Record:
    (data,) = reader().read(parts_of(list_of(PERSON)))
    return read_written(data)


def is_found(record: Record, **terms: str) -> bool:
    asked = ask_keys(PERSONS, terms)
    return bool({*asked} & {*record.keys}) and PERSONS.matches(record.fields, record.groups, terms)


@pytest.mark.parametrize(
    "name",
    ["ARVID MELO TARKAN", "tarkan arvid melo", "Arvid Melo", "MELÖ, Arvid", "Arvid Meloe", "Arvo Tarken",
     "Arve Tarkin", "Arvo Tarken; Arve Tarkin", "the owl", "ارفيد"],
)  # fmt: skip
def test_a_person_is_found_by_every_name(name: str) -> None:
    record = read_listed()
    assert is_found(record, name=name)


@pytest.mark.parametrize("name", ["Arvid", "Melo Tarkan", "Owl", "Captain"])
def test_a_part_of_a_name_is_another_name(name: str) -> None:
    record = read_listed()
    assert not is_found(record, name=name)


def test_a_person_is_found_by_a_documents_number_however_it_is_written() -> None:
    record = read_listed()
    assert is_found(record, number="T0001234")
    assert is_found(record, number="t-0001 234")
    assert not is_found(record, number="T0001235")


@pytest.mark.parametrize(("kept", "asked"), [
    ("МР1234567", "MP1234567"), ("АВ 123456", "AB123456"), ("ΑΗ 123456", "AH123456"),  # noqa: RUF001
])  # fmt: skip
def test_a_person_is_found_by_a_documents_number_in_the_latin_letters_that_its_own_look_like(
    kept: str, asked: str
) -> None:
    record = make(documents=[{"number": kept}], births=[{"from": "1965-03-01"}])
    assert is_found(record, number=asked)
    assert is_found(record, number=asked, birth_date="1965")
    assert not is_found(record, number=asked, birth_date="1970")
    assert is_found(record, number=asked, birth_date="1970", name="Arvid Melö")
    assert record.groups["documents"][0]["number"] == kept


def test_a_documents_number_that_only_sounds_as_another_looks_is_another() -> None:
    record = make(documents=[{"number": "VS 0042"}])
    assert {*ask_keys(PERSONS, {"number": "BC0042"})} & {*record.keys}
    assert not is_found(record, number="BC0042")
    assert not is_found(record, number="BC0042", name="Otto Linden")
    assert is_found(record, number="BC0042", name="Arvid Melö")


@pytest.mark.parametrize(
    ("births", "asked", "is_hit"),
    [
        ([], "1965-03-01", True),
        ([{"precision": "exact", "from": "1965-03-01"}], "1965-03-01", True),
        ([{"precision": "exact", "from": "1965-03-01"}], "1965-03", True),
        ([{"precision": "exact", "from": "1965-03-01"}], "1965", True),
        ([{"precision": "exact", "from": "1965-03-01"}], "1965-03-02", False),
        ([{"precision": "exact", "from": "1965"}], "1965-12-31", True),
        ([{"precision": "exact", "from": "1965"}], "1966-01-01", False),
        ([{"precision": "exact", "from": "1965-02"}], "1965-02-28", True),
        ([{"precision": "exact", "from": "1965-02"}], "1965-03-01", False),
        ([{"precision": "around", "from": "1965"}], "1967", True),
        ([{"precision": "around", "from": "1965"}], "1963-06-01", True),
        ([{"precision": "around", "from": "1965"}], "1968", False),
        ([{"precision": "between", "from": "1965", "to": "1970"}], "1970-12-31", True),
        ([{"precision": "between", "from": "1965", "to": "1970"}], "1971", False),
        ([{"precision": "exact", "from": "1965"}, {"precision": "exact", "from": "1980"}], "1980-01-01", True),
        ([{"precision": "unknown", "note": "thirty years old"}], "1999", True),
    ],
)
def test_the_date_of_birth_leaves_out_who_cannot_have_been_born_then(
    births: list[dict[str, str]], asked: str, *, is_hit: bool
) -> None:
    assert is_found(make(births=births), name="Arvid Melö", birth_date=asked) is is_hit


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"names": []}, "names"),
        ({"names": [{"kind": "alias"}]}, "names[0].whole"),
        ({"names": [{"whole": "A", "kind": "nick"}]}, "names[0].kind"),
        ({"names": [{"whole": "A", "age": "7"}]}, "names[0].age"),
        ({"names": "Arvid"}, "names"),
        ({"names": ["Arvid"]}, "names[0]"),
        ({"names": [{"whole": "A"}] * 101}, "names"),
        ({"births": [{"precision": "exact"}]}, "births[0].from"),
        ({"births": [{"precision": "between", "from": "1965"}]}, "births[0].to"),
        ({"births": [{"precision": "between", "from": "1965", "to": "1960"}]}, "births[0].to"),
        ({"births": [{"precision": "exact", "from": "1965", "to": "1966"}]}, "births[0].to"),
        ({"births": [{"from": "1965-02-30"}]}, "births[0].from"),
        ({"births": [{"from": "2090-01-01"}]}, "births[0].from"),
        ({"births": [{"precision": "between", "from": "1965", "to": "2090"}]}, "births[0].to"),
        ({"status": "guilty"}, "status"),
        ({"reference": ""}, "reference"),
        ({"listed_on": "2099-01-01"}, "listed_on"),
        ({"instruction": "seize"}, "instruction"),
    ],
)
def test_what_cannot_be_said_of_a_person_is_refused_under_its_name(more: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as refused:
        make(**more)
    assert refused.value.where == where


def test_a_persons_record_has_one_form() -> None:
    record = make(births=[{"from": "1965", "precision": "exact"}], comment=" a  b ")
    assert parse_record(record.encode()) == record
    assert record.fields["comment"] == "a b"
    assert record.handling == "restricted"
    assert (record.expires_at.year, record.instruction) == (2031, "inform")
    with pytest.raises(InputError):
        parse_record(record.encode().replace(b'"groups":{', b'"groups":{"cheese":[{"a":"b"}],'))
    with pytest.raises(InputError):
        parse_record(
            record.encode().replace(b'"from":"1965","precision":"exact"', b'"precision":"exact","from":"1965"')
        )


def test_one_question_goes_to_every_register_that_it_fits_and_the_others_say_why_not() -> None:
    typed = ask_all({"number": "X1", "country": "FRA", "type": "visa", "name": ""})
    assert typed.terms == {
        "travel-documents": {"number": "X1", "country": "FRA", "type": "visa"}, "persons": {"number": "X1"},
    }  # fmt: skip
    assert "vehicles" in typed.unasked
    assert not any(each.was_meant for each in typed.unasked.values())
    named = ask_all({"name": "Arvid", "birth_date": "1965"})
    assert named.terms == {"persons": {"name": "Arvid", "birth_date": "1965"}}
    assert named.unasked["travel-documents"].where == "number"
    assert set(ask_all({"name": "Arvid", "number": "X1", "country": "FRA"}).terms) == {"travel-documents", "persons"}


@pytest.mark.parametrize(
    ("terms", "register", "where"),
    [
        ({"number": "X1"}, "travel-documents", "country"),
        ({"number": "X1", "country": "?"}, "travel-documents", "country"),
        ({"number": "X1", "country": "WSA"}, "travel-documents", "country"),
        ({"number": "X1", "country": "FRA", "type": "pasport"}, "travel-documents", "type"),
        ({"name": "Arvid", "country": "FRA"}, "travel-documents", "number"),
        ({"number": "X1", "country": "FRA", "name": "..."}, "persons", "name"),
        ({"number": "X1", "country": "FRA", "birth_date": "sometime"}, "persons", "birth_date"),
    ],
)
def test_what_stops_one_register_stops_no_other(terms: dict[str, str], register: RegisterName, where: str) -> None:
    found = ask_all(terms)
    assert {*found.terms, *found.unasked} == {*REGISTERS}
    assert [name for name, each in found.unasked.items() if each.was_meant] == [register]
    problem = found.unasked[register]
    assert (problem.where, bool(problem.message), bool(problem.next_step)) == (where, True, True)


@pytest.mark.parametrize(
    ("terms", "where"),
    [
        ({}, "number"),
        ({"birth_date": "1965"}, "number"),
        ({"country": "FRA"}, "number"),
        ({"name": "..."}, "name"),
        ({"name": "Arvid", "birth_date": "sometime"}, "birth_date"),
        ({"number": "X" * 41}, "number"),
    ],
)
def test_a_question_that_cannot_be_is_refused_under_its_name(terms: dict[str, str], where: str) -> None:
    with pytest.raises(MalformedError) as refused:
        ask_all(terms)
    assert (refused.value.where, bool(refused.value.next_step)) == (where, True)


@pytest.mark.parametrize(("asked", "is_hit"), [
    ({"name": "Arvid Melö"}, False),
    ({"number": "T0001"}, False),
    ({"name": "Melo, ARVID", "number": "t-0001"}, True),
    ({"name": "Arvid Melö", "number": "T0002"}, False),
    ({"name": "Arvid Malo", "number": "T0001"}, False),
])  # fmt: skip
def test_where_name_and_document_agree_a_date_rules_nobody_out(asked: dict[str, str], *, is_hit: bool) -> None:
    record = make(births=[{"from": "1965-03-01"}], documents=[{"number": "T0001"}])
    assert is_found(record, **asked, birth_date="1965-03-02") is is_hit
