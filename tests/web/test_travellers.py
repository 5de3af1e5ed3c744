"""One traveller after the other at the page: nothing found is lost, and nothing is asked of the one before."""

from datetime import date

import pytest

from comity.ids import CountryCode
from comity.peer.entering import EntryForm
from comity.registers.layouts import TD3
from comity.registers.mrz import Holder, compose_mrz

from .conftest import Browser, Cast, Page
from .test_checking import HOLDER, headline, wrong, zone

FORM = ("mrz", "number", "country", "type", "name", "birth_date", "purpose")
OTTO = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode("FRA"))
WANTED = {
    "reference": "O-1", "status": "wanted", "names": [{"given": "Otto", "family": "Linden"}],
    "births": [{"from": "1965-03-01"}],
}  # fmt: skip


def resend(browser: Browser, page: Page, **changed: str) -> Page:
    """What an officer does at the page: change some fields of the form as it stands, and press Check."""
    held = {name: page.field(name) for name in (*FORM, *(f"{name}-before" for name in FORM), "accept-before")}
    return browser.post("/check", held | {"purpose": "border-control"} | changed)


def bare() -> str:
    """A zone without a number, whose digits all hold but the one over the number."""
    return compose_mrz(
        TD3, document_code="P", issuing_country=CountryCode("FRA"), number="", holder=OTTO, expiry=date(2030, 1, 1)
    )


@pytest.fixture
def browser(cast: Cast) -> Browser:
    registrar = cast.network.officer("FR", "otto", "registrar")
    cast.network.nodes["FR"].records.enter(registrar, EntryForm(register="persons", records=[WANTED], is_lawful=True))
    cast.network.settle(2)
    return cast.officer("LT", "inspector")


@pytest.mark.parametrize("number", ["19AC45678", "22BB00001"])
def test_a_wanted_person_stays_found_when_the_missing_number_is_typed(browser: Browser, number: str) -> None:
    page = browser.post("/check", {"mrz": bare(), "purpose": "border-control", "accept": "1"})
    assert "Persons · OTTO LINDEN" in page.words.replace("Otto Linden", "OTTO LINDEN")
    assert "Not asked (the document number is missing)" in page.words
    filled = resend(browser, page, number=number)
    assert "Otto Linden" in filled.words
    assert "different documents" not in filled.words
    assert ("Hit: hold the document" in headline(filled)) is (number == "19AC45678")
    again = resend(browser, filled, country="FRA")
    assert "Otto Linden" in again.words


def test_hits_in_two_registers_have_one_key_and_each_says_its_register(browser: Browser) -> None:
    page = browser.post("/check", {"mrz": bare(), "number": "19AC45678", "purpose": "border-control", "accept": "1"})
    assert page.html.count('data-key="Alt+R"') == 1
    assert "Details · Travel documents Alt+R" in page.words
    assert "Details · Persons" in page.words


def test_digits_that_were_accepted_are_not_asked_about_again_for_the_same_zone_only(browser: Browser) -> None:
    page = browser.post("/check", {"mrz": wrong(zone("19AC45678")), "purpose": "border-control", "accept": "1"})
    assert "Hit" in headline(resend(browser, page))
    assert "check digits do not hold" in headline(resend(browser, page, mrz=wrong(zone("22BB00001"))))


@pytest.mark.parametrize("left", [{"country": "FRA"}, {"number": "19AC45678", "country": "FRA"}, {"type": "visa"},
                                  {"name": "Otto Linden"}, {"birth_date": "1965"}])  # fmt: skip
@pytest.mark.parametrize("path", ["problem", "answer", "twice"])
def test_nothing_left_of_the_traveller_before_is_asked_for_the_next(
    browser: Browser, left: dict[str, str], path: str
) -> None:
    first = zone("19AC45678").replace("P<FRA", "P<FR4")
    if "number" in left and path != "problem":
        first = bare()
    sent = left | {"mrz": wrong(first) if path == "problem" else first, "purpose": "border-control"}
    page = browser.post("/check", sent | ({} if path == "problem" else {"accept": "1"}))
    following = zone("19AC45678").replace("P<FRA", "P<BR4")
    scanned = resend(browser, page, mrz=following)
    if path == "twice":
        scanned = resend(browser, scanned)
    assert "Hit" not in headline(scanned)
    assert "the issuing state cannot be read" in scanned.words
    for name in left:
        assert scanned.field(name) == "", name
    if path != "twice":
        assert "Left from the check before, and not asked with this zone:" in scanned.words


def test_what_is_typed_anew_with_a_new_zone_counts(browser: Browser) -> None:
    page = browser.post("/check", {"number": "22BB00001", "country": "LTU", "purpose": "border-control"})
    assert "22BB00001" in page.words
    following = zone("19AC45678").replace("P<FRA", "P<FR4")
    scanned = resend(browser, page, mrz=following, country="FRA")
    assert "Hit: hold the document" in headline(scanned)


def test_a_number_that_is_not_sure_is_never_green(browser: Browser) -> None:
    sure = browser.post("/check", {"mrz": zone("33CC00001"), "purpose": "border-control"})
    assert headline(sure).startswith("clear Nothing open to you")
    doubtful = browser.post("/check", {"mrz": wrong(zone("33CC00001")), "purpose": "border-control", "accept": "1"})
    assert headline(doubtful).startswith("care Nothing open to you (document number not sure)")
    assert HOLDER.surname in doubtful.words
