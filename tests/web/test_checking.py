import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from urllib.parse import urlencode

import anyio
import httpx
import pytest

from comity.ids import CountryCode
from comity.peer.entering import EntryForm
from comity.registers.layouts import TD3
from comity.registers.mrz import Holder, compose_mrz
from tests.scenarios.standings import measure

from .conftest import OWN, Cast, Page

HOLDER = Holder("MARTIN", "CLAIRE", date(1980, 1, 1), "F", CountryCode("FRA"))
CHECK = {"number": "19AC45678", "country": "FRA", "purpose": "border-control"}


def zone(number: str) -> str:
    return compose_mrz(
        TD3,
        document_code="P",
        issuing_country=CountryCode("FRA"),
        number=number,
        holder=HOLDER,
        expiry=date(2030, 1, 1),
    )


def wrong(text: str) -> str:
    head, digit, tail = text[:54], text[54], text[55:]
    return f"{head}{(int(digit) + 1) % 10}{tail}"


def test_a_hit_says_the_instruction_first_and_the_evidence_of_both_sides(cast: Cast) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK)
    assert "<title>Hit: hold the document" in page.html
    assert 'role="alert"' in page.html
    assert "A hit is a lead: confirm it with the source before anything is done on it." in page.words
    assert "FR desk, day and night: +33 4 0000 0000" in page.words
    for part in ("On the record", "Entry here", "Entry at GS", "RPD-58.1", "hears of a hit on it afterwards"):
        assert part in page.words


def test_a_form_that_arrives_in_pieces_is_read_whole(cast: Cast) -> None:
    """A slow line: whoever asks for the form meanwhile must not be given what is left of it."""
    browser = cast.officer("LT", "inspector")

    async def pieces() -> AsyncIterator[bytes]:
        sent = urlencode(CHECK).encode()
        for at in range(0, len(sent), 8):
            await anyio.sleep(0.01)
            yield sent[at : at + 8]

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(browser.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", cookies=browser.cookies
        ) as client:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return await client.post("/check", content=pieces(), headers=OWN | kind)

    answered = anyio.run(send)
    assert "Hit: hold the document" in browser.get(answered.headers["Location"]).html


def test_a_reload_shows_the_same_answer_and_asks_nobody(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    shown = officer.post("/check", CHECK)
    cast.network.cut("LT")
    try:
        again = officer.get(shown.at.removeprefix("http://x"))
    finally:
        cast.network.mend("LT")
    assert "Hit: hold the document" in again.words
    assert again.words.count("19AC45678 FRA") == shown.words.count("19AC45678 FRA")


def test_the_outsider_sees_the_same_page_as_for_no_record(cast: Cast) -> None:
    outsider = cast.officer("XX", "inspector")
    hidden = outsider.post("/check", CHECK).words
    missing = cast.officer("XX", "inspector").post("/check", CHECK | {"number": "00000000"}).words
    assert "Nothing open to you" in hidden
    assert "does not prove" in hidden
    assert "Details" not in hidden
    assert len(hidden.replace(outsider.name, "")) == len(
        missing.replace("00000000", "19AC45678").replace("x", "x")
    ) or ("Hit" not in hidden)


@pytest.mark.parametrize(
    ("purpose", "rule", "step"), [("", "RPD-10.1", "Choose the purpose"), ("locate", "RPD-10.2", "Give the reference")]
)
def test_a_refusal_says_its_rule_and_the_next_step_and_keeps_what_was_typed(
    cast: Cast, purpose: str, rule: str, step: str
) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK | {"purpose": purpose})
    assert f"Refused ({rule}" in page.words
    assert step in page.words
    assert (page.field("number"), page.field("country"), page.field("purpose")) == ("19AC45678", "FRA", purpose)


def test_no_line_is_no_answer_and_never_nothing(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    cast.network.cut("LT")
    try:
        page = officer.post("/check", CHECK)
    finally:
        cast.network.mend("LT")
    assert "No answer by 16:32:12" in page.words
    assert "Something may be on record" in page.words
    assert "Ask again" in page.words
    assert "Nothing open to you" not in page.words.split("Each register's answer")[0]


def test_wrong_check_digits_are_marked_and_asked_only_when_the_officer_says_so(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    text = wrong(zone("19AC45678"))
    page = officer.post("/check", {"mrz": text, "purpose": "border-control"})
    assert "Not asked (check digits do not hold)" in page.words
    assert "Line 2, column 10: the check digit of the document number is" in page.words
    assert f"<mark>{text[54]}</mark>" in page.html
    assert page.field("mrz").split() == text.split()
    accepted = officer.post("/check", {"mrz": text, "purpose": "border-control", "accept": "1"})
    assert "Hit: hold the document" in accepted.words


def test_the_purpose_stays_for_the_session(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    officer.post("/check", CHECK | {"purpose": "investigation", "reference": "case 12"})
    page = officer.get("/check")
    assert (page.field("purpose"), page.field("reference")) == ("investigation", "case 12")
    assert "Purpose Investigation · case 12" in page.words


def test_two_different_documents_at_once_are_never_guessed_between(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    both = CHECK | {"mrz": zone("22BB00001")}
    refused = officer.post("/check", both).words
    assert "these are two documents" in refused
    assert "Check one at a time: leave out the zone or the number." in refused
    scanned = officer.post("/check", both | {"number-before": "19AC45678"})
    assert "22BB00001 FRA" in scanned.words
    typed = officer.post("/check", both | {"mrz-before": zone("22BB00001")})
    assert "these are two documents" in typed.words
    alone = officer.post("/check", both | {"mrz": "", "mrz-before": zone("22BB00001")})
    assert "Hit: hold the document" in alone.words


def test_details_are_read_once_and_show_whose_signature_holds(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    page = officer.post("/check", CHECK)
    fields = {"sheet": page.field("sheet"), "record": page.field("record")}
    read = officer.post("/check/read", fields)
    assert "Signed by FR, verified." in read.words
    assert "all but XX" in read.words
    assert "On the record: reading the record" in read.words
    again = officer.post("/check/read", fields)
    assert again.words == read.words


def test_details_of_what_no_hit_named_are_not_asked_for(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    sheet = officer.post("/check", CHECK).field("sheet")
    page = officer.post("/check/read", {"sheet": sheet, "record": f"{'0' * 64}.0"})
    assert "Signed by" not in page.words
    assert "not kept any more" in officer.post("/check/read", {"sheet": "other", "record": "x"}).words


def test_one_officers_sheet_is_not_another_officers(cast: Cast) -> None:
    path = cast.officer("LT", "inspector").post("/check", CHECK).at.removeprefix("http://x")
    other = cast.officer("LT", "inspector").get(path)
    assert "not kept any more" in other.words
    assert "19AC45678" not in other.html


@pytest.mark.parametrize(
    "text", ["", "P<FRA", zone("19AC45678"), wrong(zone("19AC45678")), "<script>alert(1)</script>"]
)
def test_a_zone_is_read_while_it_is_typed_and_nothing_is_looked_up(cast: Cast, text: str) -> None:
    officer = cast.officer("LT", "inspector")
    page = officer.post("/mrz", {"mrz": text})
    assert page.status == 200
    assert "<html" not in page.html
    assert "<script>" not in page.html


@pytest.mark.parametrize("field", ["mrz", "number", "country", "type", "purpose", "reference"])
def test_markup_that_is_typed_is_shown_as_text(cast: Cast, field: str) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK | {field: '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.html


def test_an_officer_without_the_role_is_told_so(cast: Cast) -> None:
    page = cast.officer("LT", "auditor").post("/check", CHECK)
    assert "Refused (RPD-21.1)" in page.words


def test_where_there_may_be_more_than_is_shown_that_is_said(cast: Cast) -> None:
    registrar = cast.network.officer("FR", "many", "registrar")
    inspector = cast.officer("LT", "inspector")
    said = "At most 8 records of one key are shown: there may be more."
    cast.network.enter(registrar, *["77MA00001"] * 7)
    cast.network.settle()
    page = inspector.post("/check", CHECK | {"number": "77MA00001"})
    assert said not in page.words
    assert page.html.count('data-key="Alt+R"') == 1
    cast.network.enter(registrar, *["77MA00001"] * 2)
    cast.network.settle()
    assert said in inspector.post("/check", CHECK | {"number": "77MA00001"}).words


def headline(page: Page) -> str:
    found = re.search(r'<div class="verdict ([a-z]+)".*?<h2>(.*?)</h2>', page.html, re.DOTALL)
    return " ".join(found.groups()) if found else ""


def test_a_country_under_which_nobody_issues_is_marked_and_not_asked(cast: Cast) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK | {"country": "FR"})
    assert headline(page) == "care Travel documents: Not asked (nobody issues documents under FR)"
    assert re.search(r'<input id="country"[^>]* aria-invalid="true"', page.html)
    assert "If it says FR, no state has issued it" in page.words
    assert "Nobody has looked in Travel documents: something may be on record." in page.words


def test_a_zone_whose_issuer_cannot_be_read_is_never_green_and_the_country_may_be_typed(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    mrz = zone("19AC45678").replace("P<FRA", "P<FR4")
    page = officer.post("/check", {"mrz": mrz, "purpose": "border-control"})
    assert headline(page) == "care Travel documents: Not asked (the issuing state cannot be read)"
    assert "the bearer's nationality is FRA." in page.words
    assert "not asked" in page.words.split("This shift")[1]
    again = officer.post("/check", {"mrz": mrz, "country": "FRA", "mrz-before": mrz, "purpose": "border-control"})
    assert "Hit: hold the document" in headline(again)


def test_a_country_left_from_the_last_document_is_not_taken_for_the_next_one(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    page = officer.post("/check", CHECK)
    left = {name: page.field(name) for name in ("number-before", "country-before", "name-before", "birth_date-before")}
    assert left["country-before"] == "FRA"
    scanned = CHECK | left | {"mrz": zone("22BB00001").replace("P<FRA", "P<D4<")}
    assert "Not asked (the issuing state cannot be read)" in headline(officer.post("/check", scanned))


def test_a_hit_in_one_register_says_which_other_was_not_asked(cast: Cast) -> None:
    registrar = cast.network.officer("FR", "persons", "registrar")
    person = {"reference": "M-1", "status": "wanted", "names": [{"given": "Marek", "family": "Dvorak"}]}
    cast.network.nodes["FR"].records.enter(registrar, EntryForm(register="persons", records=[person], is_lawful=True))
    cast.network.settle(2)
    mrz = "P<WSADVORAK<<MAREK<<<<<<<<<<<<<<<<<<<<<<<<<<\nP000000016WSA7904129M3001019<<<<<<<<<<<<<<08"
    page = cast.officer("LT", "inspector").post("/check", {"mrz": mrz, "purpose": "border-control"})
    assert headline(page) == "stop Hit: inform the source"
    assert "Travel documents: Not asked (nobody issues documents under WSA)." in page.words


def test_where_names_are_compared_whole_the_page_says_so(cast: Cast) -> None:
    page = cast.officer("LT", "inspector").post("/check", {"name": "Rasa Testauskaite", "purpose": "border-control"})
    assert "Nothing open to you (nobody of exactly this name)" in page.words
    assert "Not asked (the document number is missing)" in headline(page)


def test_what_is_not_sure_is_said_with_the_answer(cast: Cast) -> None:
    mrz = zone("19AC45678").replace("8001014", "8002014")
    sent = {"mrz": mrz, "purpose": "border-control", "accept": "1", "country": ""}
    page = cast.officer("LT", "inspector").post("/check", sent)
    assert "Date of birth not sure" in page.words
    named = cast.officer("LT", "inspector").post("/check", CHECK | {"country": "DEU"})
    assert "Issuing country DEU: asked as D." in named.words


def test_a_printed_answer_says_what_was_asked_for_what_and_when(cast: Cast) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK | {"name": "Ona Known", "birth_date": "1980-01"})
    (line,) = re.findall(r'<p class="on-paper">(.*?)</p>', page.html, re.DOTALL)
    words = re.sub(r"<[^>]*>", "", line)
    for part in ("19AC45678 FRA", "Ona Known 1980-01", "Border control", "2026-11-23", "UTC"):
        assert part in words


def test_a_hit_of_a_suspended_source_gives_no_order(cast: Cast) -> None:
    measure(cast.network, "FR", "enter")
    browser = cast.officer("LT", "inspector")
    page = browser.post("/check", CHECK)
    read = browser.post("/check/read", {name: page.field(name) for name in ("sheet", "record")})
    measure(cast.network, "FR", "enter", "open")
    assert "<title>Hit, disputed: do nothing on it" in page.html
    assert "Ask the duty desk, not the source" in page.words
    assert "confirm it with the source" not in page.words
    assert "GS desk, day and night" in page.words
    assert "FR desk" not in page.words
    assert "The source of a record hears" not in page.words
    for each in (page, read):
        assert (
            "Disputed: its source is suspended from entering records. Confirm with the duty desk first." in each.words
        )
        assert "old the document" not in each.words


@pytest.mark.parametrize("beside", [{"name": "a " * 101}, {"name": "Ona", "birth_date": "1980-01-01," * 20}])
def test_a_text_that_is_too_long_stops_its_own_register_only(cast: Cast, beside: dict[str, str]) -> None:
    page = cast.officer("LT", "inspector").post("/check", CHECK | beside)
    assert "<title>Hit: hold the document" in page.html
    assert "characters, and may have 200" in page.words
    assert "No answer" not in page.words


# Asking the source to confirm


def test_from_a_hit_one_press_leads_to_the_filled_form_and_its_answer_stands_beside_the_hit(cast: Cast) -> None:
    officer, source = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    hit = officer.post("/check", {"number": "19AC45678", "country": "FRA", "purpose": "border-control"})
    assert "Ask FR to confirm" in hit.words
    link = re.search(r'href="(/forms/confirm-hit\?[^"]+)"', hit.html)
    assert link is not None
    blank = officer.get(unescape(link[1]))
    fields = {name: blank.field(name) for name in ("record", "register", "entry", "to", "within")}
    assert (fields["to"], fields["register"], fields["within"]) == ("FR", "travel-documents", "10-minutes")
    assert "Travel documents" in blank.words
    assert '<input type="hidden" name="to" value="FR">' in blank.html, "its source is no choice"
    assert 'name="within" value="10-minutes" required' in blank.html, "none is chosen for them"
    sent = officer.post("/forms/confirm-hit", fields)
    assert "On its way to FR" in sent.words
    assert "On its way: not there yet" in sent.words
    cast.network.settle(3)
    asked = officer.get(hit.at.removeprefix("http://x"))
    assert "LT asked FR to confirm" in asked.words
    assert "Waits for its answer" in asked.words
    name = re.search(r'name="message" value="([0-9a-f]{64})"', asked.html)
    assert name is not None
    thread = source.post("/messages/open", {"message": name[1]})
    assert (
        "LT says that it has had a hit on a record of FR in Travel documents, and asks FR to confirm it."
        in thread.words
    )
    assert all(f'name="answer" value="{code}"' in thread.html for code in ("confirmed", "denied", "not-known"))
    wrong = source.post("/forms/hit-answer", {"reply_to": name[1], "answer": "denied", "instruction": "hold"})
    assert "It goes with a hit that is confirmed, and with no other." in wrong.words
    assert 'name="answer" value="denied" checked' in wrong.html
    source.post(
        "/forms/hit-answer",
        {"reply_to": name[1], "answer": "confirmed", "instruction": "hold", "remark": "Gone since March"},
    )
    cast.network.settle(3)
    unread = officer.get(hit.at.removeprefix("http://x"))
    assert "Answered in time" in unread.words
    assert "FR says of the hit in Travel documents: Confirmed. What to do: Hold the document." in unread.words
    assert "Gone since March" not in unread.words, "the remark is in the message, which nobody here has opened"
    assert "Open the answer" in unread.words
    opened = officer.post("/messages/open", {"message": name[1]})
    assert "FR says of the hit in Travel documents: Confirmed. What to do: Hold the document." in opened.words
    read = officer.get(hit.at.removeprefix("http://x"))
    assert "FR says of the hit in Travel documents: Confirmed. What to do: Hold the document." in read.words
    found = cast.officer("LT", "auditor").get(f"/ledger?about={fields['record']}&kind=message.deliver")
    assert "Answer about a hit: Confirmed, Hold the document" in found.words


def test_an_inspector_who_writes_no_messages_is_offered_no_form(cast: Cast) -> None:
    hit = cast.officer("LT", "inspector").post(
        "/check", {"number": "19AC45678", "country": "FRA", "purpose": "border-control"}
    )
    assert "Ask FR to confirm" not in hit.words
