"""One record that cannot be read hides no other hit, and is never taken for nothing; who may not see it learns none."""

import pytest

from comity.api.queries import word_of
from comity.api.query_wire import CheckAnswer
from comity.cli.checking import _code
from comity.limits import BODY_BYTES
from comity.parsing import decode
from comity.peer.asking import Checked
from comity.peer.entering import EntryForm
from comity.registers.persons import PERSONS
from comity.registers.question import RegisterAnswer
from comity.testing import DOCUMENTS, Network
from tests.scenarios.test_damage import flip_file
from tests.web.conftest import Cast

NAME = "Ona Common"


def enter(network: Network, code: str, audience: str = "all") -> str:
    """One person of that name; the batch."""
    reference = f"{code}-{network.entropy(4).hex()}"
    person = {"reference": reference, "status": "wanted", "names": [{"whole": NAME}]}
    form = EntryForm(register=PERSONS.name, records=[person], is_lawful=True, audience=audience)
    entered = network.nodes[code].records.enter(
        network.officer(code, f"clerk-{reference[3:].lower()}", "registrar"), form
    )
    network.settle()
    assert entered.batch is not None
    return entered.batch


def damage(network: Network, batch: str) -> None:
    """Change the record at the keeper; its source is away, so that nothing mends it."""
    path = network.founding.config("GS").path("data") / "batches" / batch[:2] / f"{batch}.batch"
    flip_file(path, path.read_bytes().index(NAME.encode()))


def check(network: Network, code: str = "LT") -> Checked:
    officer = network.officer(code, f"asker-{network.entropy(4).hex()}", "inspector")
    terms = {PERSONS.name: {"name": NAME}, DOCUMENTS: {"number": "19AC00001", "country": "FRA"}}
    return network.nodes[code].asker.check(officer, terms, purpose="border-control", reference="")


def persons(checked: Checked) -> RegisterAnswer:
    [found] = [each for each in checked.registers if each.register == PERSONS.name]
    return found


@pytest.mark.parametrize("count", [1, 2])
def test_hits_that_can_be_read_are_given_and_the_others_counted(network: Network, count: int) -> None:
    enter(network, "FR")
    for _each in range(count):
        damage(network, enter(network, "XX"))
    enter(network, "BR")
    checked = check(network)
    found = persons(checked)
    assert (found.answer, [hit.source for hit in found.hits], found.unread) == ("hit", ["FR", "BR"], count)
    more = "one more" if count == 1 else "2 more"
    assert word_of(found, checked, "", ()) == f"Hit, and {more} that cannot be read now: ask again"
    entry = network.ledger("GS", "query.answer")[-1].content
    assert entry is not None
    assert len(entry.detail["unread"][PERSONS.name]) == count


def test_where_none_can_be_read_there_is_no_answer_and_never_nothing(network: Network) -> None:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC00001")
    damage(network, enter(network, "XX"))
    checked = check(network)
    assert {each.register: each.answer for each in checked.registers} == {DOCUMENTS: "hit", "persons": "no-answer"}
    assert persons(checked).unread == 1
    assert word_of(persons(checked), checked, "", ()) == "No answer: what was found cannot be read now; ask again"


def test_a_member_that_may_not_see_it_is_answered_as_if_there_were_none(network: Network) -> None:
    before = [persons(check(network, "BR"))]
    damage(network, enter(network, "XX", "all but BR"))
    after = [persons(check(network, "BR"))]
    assert [(each.answer, each.unread, each.position) for each in after] == [
        (each.answer, each.unread, each.position) for each in before
    ]
    assert persons(check(network, "LT")).answer == "no-answer"


@pytest.mark.parametrize("is_found", [True, False])
def test_each_face_says_that_there_is_one_more(network: Network, *, is_found: bool) -> None:
    if is_found:
        enter(network, "FR")
    damage(network, enter(network, "XX"))
    said = (
        "Hit, and one more that cannot be read now: ask again"
        if is_found
        else "No answer: what was found cannot be read now; ask again"
    )
    cast = Cast(network)
    try:
        form = {"name": NAME, "purpose": "border-control"}
        assert said in cast.officer("LT", "inspector").post("/check", form).words.partition("Answer")[2]
        headers = {"Authorization": f"Bearer {network.officer('LT', 'api', 'inspector').token}"}
        answer = cast.nobody("LT")._client.post("/v1/queries", json=form, headers=headers)
    finally:
        cast.close()
    found = decode(answer.content, CheckAnswer, where="answer", most=BODY_BYTES)
    [persons_answer] = [each for each in found.answers if each.register == PERSONS.name]
    assert (persons_answer.word, persons_answer.unread) == (said, 1)
    assert _code(found) == (0 if is_found else 5)
