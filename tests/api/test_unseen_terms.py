"""White space of any kind is a space in record and question; what nobody sees is named where it is typed."""

import re
import unicodedata

import msgspec
import pytest

from comity.api.document import read_document
from comity.audience import Audience
from comity.characters import is_one_line, join_spaces, verify_all_lines
from comity.errors import MalformedError
from comity.ids import MemberCode
from comity.peer.entering import EntryForm
from comity.registers.persons import PERSONS
from comity.registers.record import make_record
from comity.registers.register import ask_keys
from tests.registers.statements import NOW

from .conftest import Cast

EVERY = [*map(chr, range(0x110000))]
WHITE = [each for each in EVERY if each.isspace()]
HIDDEN = [each for each in EVERY if not is_one_line(each) and not each.isspace()]
JOINERS = ["\u200c", "\u200d"]


def person(family: str) -> dict[str, object]:
    return {"reference": "O-1", "status": "wanted", "names": [{"given": "Otto", "family": family}]}


def keys_of_record(family: str) -> set[bytes]:
    return {*make_record(PERSONS, MemberCode("FR"), person(family), Audience.everyone(), now=NOW).keys}


@pytest.mark.parametrize("white", WHITE, ids=lambda each: f"U+{ord(each):04X}")
def test_every_white_space_is_a_space_on_both_sides(white: str) -> None:
    asked = read_document(name=f"Otto{white}van{white}{white}Linden", number=f"19{white}AC", country="FRA").questions
    assert asked.stopped == {}
    verify_all_lines(msgspec.json.encode(asked.terms), "query")
    assert set(ask_keys(PERSONS, {"name": asked.terms["persons"]["name"]})) & keys_of_record(f"van{white}Linden")
    plain = read_document(name="Otto van Linden", number="19AC", country="FRA").questions
    assert ask_keys(PERSONS, asked.terms["persons"]) == ask_keys(PERSONS, plain.terms["persons"])


def test_whatever_is_asked_passes_at_the_keeper_and_what_nobody_sees_is_named_at_home() -> None:
    for each in HIDDEN:
        found = read_document(name=f"Otto Lin{each}den", number="19AC45678", country="FRA").questions
        assert {*found.terms} == {"travel-documents"}, each
        problem = found.unasked["persons"]
        assert problem.where == "name"
        assert f"Character 9 is U+{ord(each):04X}" in problem.message
        assert problem.next_step


@pytest.mark.parametrize("term", ["number", "country", "type", "name", "birth_date"])
def test_no_term_reaches_the_keeper_with_a_character_that_it_refuses(term: str) -> None:
    said = {"number": "19AC45678", "country": "FRA", "type": "visa", "name": "Otto Linden", "birth_date": "1965"}
    named = {term}
    for each in [*HIDDEN[::97], *JOINERS, *WHITE]:
        try:
            found = read_document(**said | {term: f"{said[term][:2]}{each}{said[term][2:]}"}).questions
        except MalformedError as error:
            named.add(error.where)
            continue
        verify_all_lines(msgspec.json.encode(found.terms), "query")
        named |= {problem.where for problem in found.stopped.values()}
    assert named == {term}


def test_a_record_is_entered_with_the_characters_that_a_question_may_have_and_with_no_others() -> None:
    for each in HIDDEN:
        with pytest.raises(MalformedError, match=re.escape(f"U+{ord(each):04X}")):
            make_record(PERSONS, MemberCode("FR"), person(f"Lin{each}den"), Audience.everyone(), now=NOW)
    for each in JOINERS:
        asked = read_document(name=f"Otto Lin{each}den").questions.terms["persons"]
        assert set(ask_keys(PERSONS, asked)) & keys_of_record(f"Lin{each}den")


def test_what_is_seen_is_taken_on_both_sides() -> None:
    for each in EVERY[:0x3000]:
        if is_one_line(each) and not each.isspace() and unicodedata.category(each) not in ("Cn", "Co"):
            assert join_spaces(f"a{each}b") == f"a{each}b"
            assert keys_of_record(f"Lin{each}den") & {*ask_keys(PERSONS, {"name": f"Otto Lin{each}den"})}, each


def test_a_name_with_a_tab_is_found_and_an_unseen_one_silences_no_other_register(cast: Cast) -> None:
    registrar = cast.network.officer("FR", "tabs", "registrar")
    tabbed = EntryForm(register="persons", records=[person("van\tTabben")], is_lawful=True)
    cast.network.nodes["FR"].records.enter(registrar, tabbed)
    cast.network.enter(registrar, "44DD00001")
    cast.network.settle(2)
    officer = cast.officer("LT", "inspector")
    form = {"number": "44DD00001", "country": "FRA", "purpose": "border-control"}
    found = officer.post("/v1/queries", form | {"name": "Tabben\tOtto\nvan"}).json()["answers"]
    assert [each["answer"] for each in found] == ["hit", "hit", "not-asked"]
    hidden = officer.post("/v1/queries", form | {"name": "Tabben \u202eOtto"}).json()["answers"]
    assert [each["answer"] for each in hidden] == ["hit", "not-asked", "not-asked"]
    assert hidden[1]["where"] == "name"
    assert "U+202E" in hidden[1]["word"]
