"""Beside a hit: what its source was asked and answered, for whoever had the hit; each hit with its own instruction."""

import re
from html import unescape

import pytest

from comity.peer.entering import EntryForm

from .conftest import Browser, Cast, Page

VIN = "1M8GDM9AXKP042788"
RECORD = {"vin": VIN, "status": "stolen", "kind": "car", "make": "Invented", "colour": "grey"}
BOTH = {"vin": VIN, "number": "19AC45678", "country": "FRA", "purpose": "border-control"}


@pytest.fixture(scope="module")
def entered(cast: Cast) -> Cast:
    claire = cast.network.officer("FR", "claire", "registrar")
    cast.network.nodes["FR"].records.enter(claire, EntryForm(register="vehicles", records=[RECORD], is_lawful=True))
    cast.network.settle(4)
    return cast


def again(browser: Browser, page: Page) -> Page:
    return browser.get(page.at.removeprefix("http://x"))


def confirm(cast: Cast, officer: Browser, hit: Page, **answer: str) -> str:
    """LT's desk asks about the first hit of a page, and FR answers; the question's name."""
    link = re.search(r'href="/forms/confirm-hit\?([^"]+)"', hit.html)
    assert link is not None
    fields = dict(each.split("=") for each in unescape(link[1]).split("&"))
    sent = officer.post("/forms/confirm-hit", fields | {"within": "10-minutes"})
    cast.network.settle(3)
    name = re.search(r'id="m-([0-9a-f]{64})"', sent.html)
    assert name is not None
    if answer:
        cast.officer("FR", "desk").post("/forms/hit-answer", {"reply_to": name[1], **answer})
        cast.network.settle(3)
    return name[1]


def test_each_hit_has_its_own_instruction_on_its_line_and_in_its_row(entered: Cast) -> None:
    page = entered.officer("LT", "desk").post("/check", BOTH)
    lines = re.findall(r'<p>(?:(?!</p>).)*<b class="order">([^<]+)</b></p>', page.html, re.DOTALL)
    assert sorted(lines) == ["Hold the document.", "Seize the vehicle."]
    for title, order in (("Travel documents", "Hold the document"), ("Vehicles", "Seize the vehicle")):
        row = re.search(rf"<tr>\s*<td>{title}</td>.*?</tr>", page.html, re.DOTALL)
        assert row is not None
        assert f"<b>{order}</b>" in row[0]


def test_an_answer_about_a_car_says_what_is_to_be_done_with_the_car(entered: Cast) -> None:
    officer = entered.officer("LT", "desk")
    hit = officer.post("/check", {"vin": VIN, "purpose": "border-control"})
    name = confirm(entered, officer, hit)
    thread = entered.officer("FR", "desk").post("/messages/open", {"message": name})
    offered = re.findall(r'name="instruction" value="([a-z]+)"[^>]*> <span><b[^>]*>([^<]+)', thread.html)
    assert offered == [
        ("seize", "Seize the vehicle"), ("identify", "Identify vehicle and driver"), ("locate", "Locate"),
        ("inform", "Inform the source"),
    ]  # fmt: skip
    assert "Grey Invented" in thread.words, "the source sees which of its records it is"
    assert f"vin={VIN}" in thread.html, "and a way to it"
    wrong = {"reply_to": name, "answer": "confirmed", "instruction": "detain"}
    assert "It is one of seize, identify, locate, inform." in entered.officer("FR", "desk").post(
        "/forms/hit-answer", wrong
    ).words  # fmt: skip


def test_who_had_the_hit_sees_that_the_desk_asked_and_what_was_answered(entered: Cast) -> None:
    desk, inspector = entered.officer("LT", "desk"), entered.officer("LT", "inspector")
    car = {"vin": VIN, "purpose": "border-control"}
    hit, own = desk.post("/check", car), inspector.post("/check", car)
    assert "/forms/confirm-hit" not in own.html, "it would be refused"
    confirm(entered, desk, hit, answer="confirmed", instruction="identify", remark="Two children in it.")
    for browser, page in ((desk, hit), (inspector, own)):
        sheet = page.at.rpartition("sheet=")[2]
        now = browser.post("/check/asked", {"sheet": sheet})
        assert 'data-part="asked"' in now.html
        for shown in (now, again(browser, page)):
            assert "LT asked FR to confirm" in shown.words
            assert "Confirmed. What to do: Identify vehicle and driver." in shown.words
            assert "Two children" not in shown.words, "what was typed is in the message, which nobody has opened"
    assert "Your desk opens the whole answer" in again(inspector, own).words
    assert "Open the answer" in again(desk, hit).words
    assert "/messages/open" not in re.sub(r"<header.*?</header>", "", again(inspector, own).html, flags=re.DOTALL)


def test_where_nobody_has_asked_an_inspector_is_told_who_can(entered: Cast) -> None:
    page = entered.officer("BR", "inspector").post("/check", {"vin": VIN, "purpose": "border-control"})
    assert "Your desk can ask FR to confirm this hit" in page.words


def test_a_source_that_checks_its_own_record_is_not_sent_to_itself(entered: Cast) -> None:
    page = entered.officer("FR", "desk").post("/check", {"vin": VIN, "purpose": "border-control"})
    assert "the record is your own bureau's" in page.words
    assert "confirm it with the source" not in page.words
    assert "FR desk, day and night" not in page.words
    assert "Ask FR" not in page.words


def test_while_a_question_waits_asking_again_is_not_the_first_thing(entered: Cast) -> None:
    desk = entered.officer("BR", "desk")
    hit = desk.post("/check", {"vin": VIN, "purpose": "border-control"})
    assert "Ask FR to confirm" in hit.words
    confirm(entered, desk, hit)
    waiting = again(desk, hit)
    assert "Ask FR again" in waiting.words
    link = re.search(r'href="(/forms/confirm-hit\?[^"]+)"', waiting.html)
    assert link is not None
    assert "BR asked FR already" in desk.get(unescape(link[1])).words
