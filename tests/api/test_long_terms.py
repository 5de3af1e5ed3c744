"""A text that is too long for a question stops the registers that it is for, and no other, on every face."""

from contextlib import suppress

import msgspec
import pytest

from comity.api.document import read_document
from comity.errors import MalformedError
from comity.limits import FIELD_CHARS
from comity.registers.question import Terms

from .conftest import Caller, Cast

SAID = {"number": "19AC45678", "country": "FRA", "type": "passport", "name": "Otto Linden", "birth_date": "1965-03-01"}
LONG = {"number": "1", "country": "FRA ", "type": "passport ", "name": "Otto ", "birth_date": "1965-03-01,"}
PERSONS_ONLY = ("name", "birth_date")


@pytest.mark.parametrize("chars", [FIELD_CHARS + 1, 5_000, 1_000_000])
@pytest.mark.parametrize("term", SAID)
def test_no_question_has_a_term_that_its_keeper_refuses_for_its_length(term: str, chars: int) -> None:
    written = (LONG[term] * chars)[:chars]
    with suppress(MalformedError):  # a number is for every register
        found = read_document(**SAID | {term: written}).questions
        msgspec.convert(found.terms, dict[str, Terms])
        stopped = {"persons"} if term in PERSONS_ONLY else {"travel-documents"}
        assert {*found.stopped} == stopped
        assert all(problem.where == term for problem in found.stopped.values())
        assert all(problem.message and problem.next_step for problem in found.stopped.values())
        return
    assert term == "number"


@pytest.mark.parametrize("term", PERSONS_ONLY)
def test_a_term_as_long_as_a_question_has_room_for_is_asked(term: str) -> None:
    whole = {"name": "Otto " * (FIELD_CHARS // 5 - 1) + "Linde", "birth_date": ",".join(["1965-03-01"] * 18)}
    found = read_document(**SAID | {term: whole[term]}).questions
    assert found.stopped == {}
    msgspec.convert(found.terms, dict[str, Terms])


def test_a_zone_that_is_too_long_does_not_stop_the_number_that_is_typed() -> None:
    found = read_document(mrz="<" * 5_000, number="19AC45678", country="FRA")
    assert found.questions.terms["travel-documents"] == {"number": "19AC45678", "country": "FRA"}
    assert "Machine-readable zone not used" in found.notes[0]


@pytest.fixture(scope="module")
def inspector(cast: Cast) -> Caller:
    cast.network.enter(cast.network.officer("FR", "lengths", "registrar"), "55EE00001")
    cast.network.settle(2)
    return cast.officer("LT", "inspector")


@pytest.mark.parametrize("beside", [{"name": "a " * 101}, {"name": "Ona " * 5_000}, {"birth_date": "1980-01-01," * 20}])
def test_the_document_is_a_hit_beside_a_person_who_cannot_be_asked_for(
    inspector: Caller, beside: dict[str, str]
) -> None:
    form = {"number": "55EE00001", "country": "FRA", "name": "Ona Hidden", "purpose": "border-control", **beside}
    documents, persons, _vehicles = inspector.post("/v1/queries", form).json()["answers"]
    assert (documents["answer"], persons["answer"]) == ("hit", "not-asked")
    assert (persons["where"], bool(persons["next_step"])) == (next(iter(beside)), True)
    assert "characters, and may have 200" in persons["word"]
