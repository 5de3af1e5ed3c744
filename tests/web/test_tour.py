"""The demonstration's tour: one thing to do at each step, and nowhere but in a demonstration."""

from collections.abc import Iterator

import pytest

from comity.demo.cast import PERSONS, STOLEN_BLANK
from comity.peer.entering import EntryForm
from comity.testing import Network
from comity.web.tour import STEPS

from .conftest import Browser, Cast, Page

ROLES = ("inspector", "registrar", "desk", "auditor")


@pytest.fixture(scope="module")
def shown(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A network whose LT offers the tour, with the demonstration's records."""
    network = Network(tmp_path_factory.mktemp("tour"), like=founded)
    network.stop("LT")
    network.start("LT", tour=True)
    network.enter(network.officer("FR", "clerk", "registrar"), STOLEN_BLANK)
    form = EntryForm(register="persons", records=PERSONS, is_lawful=True)
    network.nodes["FR"].records.enter(network.officer("FR", "clerk-2", "registrar"), form)
    network.settle(2)
    cast = Cast(network)
    yield cast
    cast.close()


def do(officer: Browser, name: str) -> Page:
    step = next(step for step in STEPS if step.name == name)
    return officer.post(f"/tour/{name}", dict(step.fields))


def do_the_rest(officer: Browser) -> None:
    """What the two forms that the tour opens are for."""
    step = next(step for step in STEPS if step.name == "enter")
    sent = dict(step.fields) | {"register": "travel-documents", "expires_on": ""}
    assert (
        "Refused (RPD-12.1)"
        in officer.post("/enter", sent | {"step": "enter", "seen": officer.post("/enter", sent).field("seen")}).words
    )
    sent |= {"lawful": "1"}
    seen = officer.post("/enter", sent).field("seen")
    assert "Delivered" in officer.post("/enter", sent | {"step": "enter", "seen": seen}).words
    letter = {"to": "FR", "subject": "Passport", "text": "Yours?", "urgency": "routine", "handling": "official-use"}
    assert "Passport" in officer.post("/messages/new", letter | {"step": "send", "seen": "FR"}).words


def test_signing_in_leads_to_the_tour_and_each_step_to_its_page(shown: Cast) -> None:
    officer = shown.officer("LT", *ROLES)
    first = officer.get("/")
    assert "Five minutes with Comity" in first.words
    assert first.html.count('class="do"') == 1
    assert "Hit: hold the document" in do(officer, "hit").words
    assert "Nothing open to you" in do(officer, "clear").words
    assert "Refused (RPD-10.2)" in do(officer, "refused").words
    assert "DEMO-P-0001" in do(officer, "person").words
    assert "Who will see this: all members" in do(officer, "enter").words
    assert "Write a message" in do(officer, "message").words
    shown.network.settle()
    assert "query.ask" in do(officer, "ledger").words
    assert "checkpoints" in do(officer, "proof").html
    begun = officer.get("/tour")
    assert "6 / 8" in begun.words, "a form that was filled in is not entered yet, a letter that was begun not sent"
    assert begun.words.count("begun") == 2
    do_the_rest(officer)
    done = officer.get("/tour")
    assert "8 / 8" in done.words
    assert "That is all of it" in done.words
    assert 'class="do"' not in done.html
    assert "Back to the tour" in officer.get("/check").words


def test_what_the_tour_fills_in_is_entered_as_the_page_sends_it(shown: Cast) -> None:
    officer = shown.officer("LT", *ROLES)
    step = next(step for step in STEPS if step.name == "enter")
    page = do(officer, "enter")
    sent = dict(step.fields) | {"register": "travel-documents", "expires_on": "", "step": "enter", "lawful": "1"}
    entered = officer.post("/enter", sent | {"seen": page.field("seen")})
    assert "Delivered" in entered.words


def test_there_is_no_tour_for_others_or_elsewhere(shown: Cast) -> None:
    assert shown.officer("LT", "inspector").get("/tour").status == 404
    assert "Back to the tour" not in shown.officer("LT", "inspector").get("/check").words
    assert shown.officer("FR", *ROLES).get("/tour").status == 404
    officer = shown.officer("LT", *ROLES)
    assert "Five minutes" in officer.post("/tour/elsewhere", {}).words
