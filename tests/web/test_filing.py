"""The pages for files of records, without script and as the script uses them."""

from typing import Any

import pytest

from .conftest import Browser, Cast, Page

TITLES = "number,country,type,loss\n"
ABOUT = {"register": "travel-documents", "audience": "all but XX", "handling": "", "instruction": "hold"}


def text_of(*numbers: str, country: str = "FRA") -> bytes:
    return (TITLES + "".join(f"{number},{country},passport,stolen\n" for number in numbers)).encode()


def bring(cast: Cast, officer: Browser, data: bytes, **more: str) -> Page:
    page = officer.bring("/enter/file", ABOUT | more, "lost.csv", data)
    cast.network.settle()
    return officer.get(page.at.removeprefix("http://x"))


def act(officer: Browser, page: Page, step: str, **more: str) -> Page:
    return officer.post(page.at.removeprefix("http://x").partition("?")[0], {"step": step, **more})


def test_a_file_is_brought_without_script_looked_at_and_entered(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = bring(cast, officer, text_of("50BB00001", "50BB00002"))
    assert "Records read: 2. Nothing is entered yet." in page.words
    assert "Will not see, nor learn that it is there: XX ." in page.words
    assert "lost.csv" in officer.get("/enter/file").words
    entered = act(officer, page, "enter", lawful="1")
    assert "On the record" in entered.words
    cast.network.settle(4)
    done = officer.get(entered.at.removeprefix("http://x"))
    assert "In the register" in done.words
    assert "signed by GS" in done.words
    listed = officer.get("/enter/file")
    assert "lost.csv" not in listed.words
    link = listed.html.split('href="/entered/file/')[1].split('"')[0]
    assert "In the register" in officer.get(f"/entered/file/{link}").words


def test_while_a_file_is_read_its_page_says_how_far(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = officer.bring("/enter/file", ABOUT, "lost.csv", text_of("50BB00003"))
    assert "data-follows" in page.html
    assert "Being read" in page.words


def test_refused_lines_are_listed_and_taken_away_as_a_table(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = bring(cast, officer, text_of("50BB00004") + b"?,FRA,passport,stolen\n50BB00005,FRA,car,stolen\n")
    assert "Lines that cannot be entered: 2" in page.words
    assert "3 number number: Character 1 cannot stand" in page.words
    table = officer.get(page.at.removeprefix("http://x") + "/report.csv")
    assert table.html.splitlines()[0] == "line,fields,reason"
    assert table.html.splitlines()[2].startswith("4,type,")
    assert "50BB00005" not in table.html
    act(officer, page, "drop")
    assert "lost.csv" not in officer.get("/enter/file").words


def test_the_differences_of_a_whole_list_are_shown_before_anything_changes(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = bring(cast, officer, text_of("50BB00006"), whole="1")
    assert "What entering it will change" in page.words
    assert "50BB00006 FRA" in page.words


def test_a_refusal_is_said_by_its_rule_and_the_file_stays(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = bring(cast, officer, text_of("50BB00007"))
    refused = act(officer, page, "enter")
    assert "Refused (RPD-12.1)" in refused.words
    assert 'value="enter"' in refused.html


def test_the_script_brings_a_file_in_parts_and_learns_where_to_go_on(cast: Cast) -> None:
    officer, data = cast.officer("FR", "registrar"), text_of("50BB00008", "50BB00009")
    form = ABOUT | {"name": "parts.csv", "size": str(len(data))}
    begun = officer.raw("/enter/file/begin", form, {"Sec-Fetch-Site": "same-origin"}).json()
    assert begun["received"] == 0
    assert officer.append(f"{begun['page']}?offset=0", data[:20]).json() == {"received": 20}
    assert officer.append(f"{begun['page']}?offset=0", data[:20]).status_code == 422
    again = officer.raw("/enter/file/begin", form, {"Sec-Fetch-Site": "same-origin"}).json()
    assert again == {"page": begun["page"], "received": 20}
    officer.append(f"{begun['page']}?offset=20", data[20:])
    cast.network.settle()
    assert "Records read: 2" in officer.get(begun["page"]).words


@pytest.mark.parametrize("wrong", [
    {"register": "cheese"}, {"columns": "[columns"}, {"audience": "!"}, {"name": ""}, {"size": "9" * 5_000},
    {"size": "0"}, {"size": ""}, {"size": "-1"}, {"size": "1000000001"},
    {"changed": "9" * 5_000}, {"columns": "dates = " + "9" * 5_000}, {"columns": "dates = '%d %d'"},
])  # fmt: skip
def test_what_cannot_be_said_of_a_file_is_said_to_the_script(cast: Cast, wrong: dict[str, Any]) -> None:
    officer = cast.officer("FR", "registrar")
    form = ABOUT | {"name": "a.csv", "size": "10"} | wrong
    answer = officer.raw("/enter/file/begin", form, {"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code in (413, 422)
    assert answer.json()["message"]
    empty = answer.json()["message"] == "The file is empty."
    assert empty is (wrong == {"size": "0"})


def test_what_cannot_be_said_of_a_file_keeps_what_was_typed(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    page = officer.bring(
        "/enter/file", ABOUT | {"columns": "[columns", "audience": "FR"}, "a.csv", text_of("50BB00010")
    )
    assert "mapping file cannot be read" in page.words
    assert (page.field("columns"), page.field("audience")) == ("[columns", "FR")
    assert "No file was chosen" in officer.bring("/enter/file", ABOUT, "", b"").words


def test_another_site_brings_nothing(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    answer = officer.raw("/enter/file/begin", ABOUT, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    answer = officer._send("PATCH", "/enter/file/" + "0" * 32 + "?offset=0", content=b"x",
                           headers={"Sec-Fetch-Site": "cross-site"})  # fmt: skip
    assert answer.status_code == 403


def test_the_file_of_another_officer_is_not_here(cast: Cast) -> None:
    page = bring(cast, cast.officer("FR", "registrar"), text_of("50BB00011"))
    assert cast.officer("FR", "registrar").get(page.at.removeprefix("http://x")).status == 404


def test_a_file_that_is_held_leads_to_the_act_that_waits(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    act(officer, bring(cast, officer, text_of(*(f"50BB1{number:04d}" for number in range(20)))), "enter", lawful="1")
    cast.network.settle(4)
    page = bring(cast, officer, text_of("50BB10000"), whole="1")
    going = page.html.split(" records would go out")[0].rpartition(">")[2].split()[0]
    entered = act(officer, page, "enter", lawful="1", going_out=going)
    assert "/held/" in entered.at
    held = officer.get(page.at.removeprefix("http://x"))
    assert "Held until others release it" in held.words
    assert entered.at.removeprefix("http://x") in held.html
    assert "Drop the file" not in held.words
    assert "Held until others release it" in officer.get("/enter/file").words
