"""What answers is found however much else lies under what was asked; where it may lie unseen, nobody says "nothing"."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from comity.api.queries import step_of, word_of
from comity.api.query_wire import CheckAnswer
from comity.cli.checking import _code, _say_check
from comity.ids import MemberCode
from comity.limits import BODY_BYTES, KEY_ANSWERS_MAX, NAME_POSTINGS_MAX, POSTINGS_MAX
from comity.parsing import decode
from comity.peer.asking import Checked
from comity.peer.entering import EntryForm
from comity.registers.persons import PERSONS
from comity.testing import DOCUMENTS, Network
from tests.peer.frames import frame_of, make_question, open_answer, put
from tests.scenarios.desks import held
from tests.scenarios.standings import measure
from tests.scenarios.test_leaving import remove
from tests.web.conftest import Cast

NAME = "Ona Common"
SOUGHT = "1980-01-01"
OTHER = "1950-01-01"
SHOWN = NAME_POSTINGS_MAX
KEPT = KEY_ANSWERS_MAX * NAME_POSTINGS_MAX
SAID = "No answer: too many of that name or number to look at all"


def person(reference: str, born: str = "", number: str = "", name: str = NAME) -> dict[str, Any]:
    """One person for the register."""
    more: dict[str, Any] = {"births": [{"from": born}]} if born else {}
    if number:
        more["documents"] = [{"number": number, "country": "UTO"}]
    return {"reference": reference, "status": "wanted", "names": [{"whole": name}]} | more


def enter(
    network: Network, code: str, *persons: Mapping[str, Any], audience: str = "all", expires_on: str = ""
) -> None:
    """Persons, entered by one bureau together."""
    clerk = network.officer(code, f"clerk-{network.entropy(4).hex()}", "registrar")
    form = EntryForm(
        register=PERSONS.name, records=list(persons), is_lawful=True, audience=audience, expires_on=expires_on
    )
    network.nodes[code].records.enter(clerk, form)
    network.settle()


def crowd(network: Network, code: str, count: int, born: str = OTHER, **more: str) -> None:
    """That many others of that name."""
    enter(network, code, *(person(f"{network.entropy(4).hex()}", born) for _each in range(count)), **more)


def check(network: Network, code: str = "LT", **terms: str) -> Checked:
    officer = network.officer(code, f"asker-{network.entropy(4).hex()}", "inspector")
    asked = {PERSONS.name: {"name": NAME, "birth_date": SOUGHT} | terms}
    return network.nodes[code].asker.check(officer, asked, purpose="warn", reference="a case")


def said(network: Network, code: str = "LT", **terms: str) -> tuple[str, int, bool]:
    [found] = check(network, code, **terms).registers
    return found.answer, len(found.hits), found.is_crowded


def test_who_was_born_on_another_day_hides_nobody(network: Network) -> None:
    enter(network, "FR", person("SOUGHT", SOUGHT))
    crowd(network, "FR", 2 * SHOWN)
    assert said(network) == ("hit", 1, False)


def test_a_documents_number_is_found_beside_a_name_that_any_number_have(network: Network) -> None:
    enter(network, "FR", person("SOUGHT", SOUGHT, "W7012345", "Petras Seen"))
    crowd(network, "FR", KEPT + 1)
    assert said(network, number="W7012345") == ("hit", 1, True)
    assert said(network) == ("no-answer", 0, True)


def test_what_is_open_to_fewer_hides_nothing_that_is_open_to_all(network: Network) -> None:
    enter(network, "BR", person("SOUGHT", SOUGHT))
    for audience in ("BR LT", "BR FR LT"):
        crowd(network, "BR", SHOWN + 1, audience=audience)
    assert said(network) == said(network, "XX") == ("hit", 1, False)


def test_what_has_expired_hides_nothing_that_is_in_force(network: Network) -> None:
    enter(network, "FR", person("SOUGHT", SOUGHT))
    tomorrow = f"{network.now + timedelta(days=1):%Y-%m-%d}"
    crowd(network, "FR", SHOWN + 1, SOUGHT, expires_on=tomorrow)
    assert said(network) == ("hit", SHOWN, False)
    for _each in range(9):
        network.turn(6 * 3600)
    assert said(network) == ("hit", 1, False)


def test_where_what_answers_may_have_been_pushed_out_there_is_no_answer(network: Network) -> None:
    """It was; and it is said to nobody from whom all of them are hidden."""
    assert said(network, "XX") == ("nothing", 0, False)
    enter(network, "FR", person("SOUGHT", SOUGHT), audience="all but XX")
    crowd(network, "FR", KEPT, audience="all but XX")
    checked = check(network)
    [found] = checked.registers
    assert (found.answer, found.is_crowded, found.position, checked.why) == ("no-answer", True, 0, "too-many")
    assert word_of(found, checked, "", ()) == SAID
    assert "document's number" in step_of(network.nodes["LT"], found, checked)
    assert said(network, "XX") == ("nothing", 0, False)


def test_where_what_answers_may_lie_beyond_what_is_read_there_is_no_answer(network: Network) -> None:
    enter(network, "BR", person("SOUGHT", SOUGHT))
    crowd(network, "BR", KEPT, audience="BR LT")
    assert said(network) == ("no-answer", 0, True)
    assert said(network, "XX") == ("hit", 1, False)


def test_a_source_that_crowds_a_name_hides_no_other_sources_record(network: Network) -> None:
    enter(network, "BR", person("SOUGHT", SOUGHT))
    crowd(network, "FR", KEPT + 1)
    assert said(network) == ("hit", 1, True)


def test_beside_hits_there_may_be_more(network: Network) -> None:
    crowd(network, "FR", KEPT)
    enter(network, "FR", person("SOUGHT", SOUGHT))
    form = {"name": NAME, "birth_date": SOUGHT, "purpose": "border-control"}
    cast = Cast(network)
    try:
        page = cast.officer("LT", "inspector").post("/check", form).words
        answer = _post(cast, network, form)
    finally:
        cast.close()
    [persons] = [each for each in answer.answers if each.register == PERSONS.name]
    assert (persons.answer, persons.is_crowded) == ("hit", True)
    assert "there may be more" in persons.bound
    assert "there may be more" in page


def test_a_document_that_too_many_records_name_is_not_nothing(network: Network) -> None:
    """Of a document all answer while they are in force; once these have expired, an older one may be."""
    clerk = network.officer("FR", "clerk", "registrar")
    document = {"number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen-blank"}
    tomorrow = f"{network.now + timedelta(days=1):%Y-%m-%d}"
    for count, expires_on in ((1, ""), (KEY_ANSWERS_MAX * POSTINGS_MAX, tomorrow)):
        form = EntryForm(
            register=DOCUMENTS, records=[document] * count, is_lawful=True, audience="all", expires_on=expires_on
        )
        network.nodes["FR"].records.enter(clerk, form)
        network.settle()
    for _each in range(9):
        network.turn(6 * 3600)
    officer = network.officer("LT", "ruta", "inspector")
    [found] = network.check(officer, "19AC45678", "FRA").registers
    assert (found.answer, found.is_crowded) == ("no-answer", True)


def test_each_face_says_that_too_many_were_found_and_what_to_add(
    network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd(network, "FR", KEPT + 1)
    form = {"name": NAME, "birth_date": SOUGHT, "purpose": "border-control"}
    cast = Cast(network)
    try:
        page = cast.officer("LT", "inspector").post("/check", form).words
        answer = _post(cast, network, form)
    finally:
        cast.close()
    [persons] = [each for each in answer.answers if each.register == PERSONS.name]
    assert (persons.answer, persons.word, answer.why) == ("no-answer", SAID, "too-many")
    assert "document's number" in persons.next_step
    assert SAID in page
    assert persons.next_step in page
    assert "the line is down" not in page
    assert _code(answer) == 5
    _say_check(answer)
    printed = capsys.readouterr().out
    assert SAID in printed
    assert persons.next_step in printed


def _post(cast: Cast, network: Network, form: Mapping[str, str]) -> CheckAnswer:
    headers = {"Authorization": f"Bearer {network.officer('LT', 'api', 'inspector').token}"}
    answer = cast.nobody("LT")._client.post("/v1/queries", json=form, headers=headers)
    return decode(answer.content, CheckAnswer, where="answer", most=BODY_BYTES)


def test_a_member_that_was_removed_crowds_nobody_out(network: Network) -> None:
    crowd(network, "XX", KEPT + 1, SOUGHT)
    crowd(network, "XX", SHOWN, SOUGHT, audience="FR LT XX")
    assert said(network) == ("hit", SHOWN, True)
    remove(network, MemberCode("XX"))
    network.settle(3)
    assert said(network) == ("nothing", 0, False)
    enter(network, "FR", person("SOUGHT", SOUGHT))
    assert said(network) == said(network, "BR") == ("hit", 1, False)


def test_what_a_member_has_crowded_stays_so_when_another_is_removed(network: Network) -> None:
    for code in ("XX", "FR"):
        crowd(network, code, KEPT + 1)
    remove(network, MemberCode("XX"))
    network.settle(3)
    assert said(network) == ("no-answer", 0, True)


@pytest.mark.parametrize("why", ["purpose", "standing", "replay"])
def test_a_refused_question_tells_no_source_of_a_hit(network: Network, why: str) -> None:
    """Neither of what an answer would have shown nor of what had no room in it; nor does the ledger say that it was."""
    crowd(network, "FR", SHOWN, SOUGHT)
    crowd(network, "BR", SHOWN // 2, SOUGHT)
    if why == "standing":
        measure(network, "LT", "query")
    changed = {"purpose": "curiosity"} if why == "purpose" else {}
    question = make_question(network, "LT", terms={PERSONS.name: {"name": NAME}}, **changed)
    frame = frame_of(network, question)
    if why == "replay":
        assert open_answer(put(network, "LT", frame)).registers[0].answer == "hit"
        network.settle(5)
    before = len(told(network))
    assert open_answer(put(network, "LT", frame)).registers[0].answer == "refused"
    for _each in range(3):
        network.settle(5)
        network.turn(5)
    assert len(told(network)) == before
    assert (before > SHOWN) == (why == "replay"), "of an answer that was given all hear, shown or not"
    content = network.ledger("GS", "query.answer")[-1].content
    assert content is not None
    assert "unshown" not in content.detail
    assert content.detail["hits"] == []


def told(network: Network) -> list[str]:
    return [each.message.id for code in ("FR", "BR") for each in held(network, code) if each.text.alert]
