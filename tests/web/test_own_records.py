"""The pages of own records: listed, found, looked at, and a change looked at before it is done."""

import re

import pytest

from comity.web import own_record

from .conftest import Browser, Cast, Page

AROUND = {"register": "travel-documents", "audience": "all", "handling": "", "instruction": "", "expires_on": ""}


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated keeper does nothing while a page waits."""
    monkeypatch.setattr(own_record, "_WAIT_S", 0.0)


def enter(cast: Cast, officer: Browser, *numbers: str, **more: str) -> None:
    rows = {f"number-{row}": number for row, number in enumerate(numbers, 1)}
    rows |= {f"{name}-{row}": said for row in range(1, len(numbers) + 1)
             for name, said in (("country", "FRA"), ("type", "passport"), ("loss", "stolen"))}  # fmt: skip
    page = officer.post("/enter", AROUND | more | rows | {"rows": str(len(numbers)), "lawful": "1", "step": "preview"})
    officer.post("/enter", AROUND | more | rows | {
        "rows": str(len(numbers)), "lawful": "1", "step": "enter", "seen": page.field("seen"),
    })  # fmt: skip
    cast.network.settle(2)


def record_of(page: Page, number: str) -> str:
    """The record that a list shows under a number."""
    found = re.search(rf'href="/records/([0-9a-f]{{64}}\.\d+)">{number}', page.html)
    assert found is not None, page.words
    return found[1]


def test_a_found_passport_is_taken_out(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    enter(cast, officer, "60BB00001", "60BB00002")
    listed = officer.get("/records?search=60BB00001")
    assert "1 in all." in listed.words
    assert "60BB00002" not in listed.words
    record = record_of(listed, "60BB00001")
    draft = officer.post("/records/change", {"register": "travel-documents", "record": record, "verb": "take-out"})
    assert "Nobody finds them any more, and their bytes are erased. This cannot be undone." in draft.words
    assert "60BB00001 FRA" in draft.words
    assert "BR FR GS LT XX" in draft.words
    said = {"register": "travel-documents", "record": record, "verb": "take-out", "step": "do", "why": "Found."}
    assert "Before it is done" in officer.post("/records/change", said).words, "it was never looked at"
    done = officer.post("/records/change", said | {"seen": draft.field("seen")})
    assert "On its way to the keeper" in done.words
    cast.network.settle(4)
    assert "In force" in officer.get(done.at.removeprefix("http://x")).words
    assert "None of your records in force is as you seek it." in officer.get("/records?search=60BB00001").words
    gone = officer.get(f"/records/{record}")
    assert "Taken out by" in gone.words
    assert ": Found." in gone.words
    again = officer.post("/records/change", {"record": record, "verb": "take-out"})
    assert "This record is no longer there" in again.words


def test_a_record_is_corrected_and_leads_to_the_one_in_its_place(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    enter(cast, officer, "60BB00003")
    record = record_of(officer.get("/records"), "60BB00003")
    form = officer.post("/records/change", {"register": "travel-documents", "record": record, "verb": "correct"})
    assert form.field("field:number") == "60BB00003"
    assert form.field("field:loss") == "stolen"
    fields = {name: form.field(name) for name in re.findall(r'name="(field:[a-z_]+)"', form.html)}
    said = {"register": "travel-documents", "record": record, "verb": "correct", "why": "A slip of the pen."}
    said |= fields | {"field:number": "60BB00004", "instruction": "hold", "handling": "official-use"}
    look = officer.post("/records/change", said | {"step": "preview"})
    assert "60BB00004 FRA" in look.words
    seen = look.field("seen")
    refused = officer.post("/records/change", said | {"step": "do", "seen": seen})
    assert "RPD-12.1" in refused.words
    assert refused.field("field:number") == "60BB00004"
    other = officer.post("/records/change", said | {"step": "do", "seen": seen, "field:number": "60BB00009"})
    assert "60BB00009 FRA" in other.words, "what was changed since is shown again"
    done = officer.post("/records/change", said | {"step": "do", "seen": seen, "lawful": "1"})
    cast.network.settle(6)
    assert "In force" in officer.get(done.at.removeprefix("http://x")).words
    old = officer.get(f"/records/{record}")
    link = re.search(r'href="/records/([0-9a-f]{64}\.\d+)">the one in its place', old.html)
    assert link is not None
    fresh = officer.get(f"/records/{link[1]}")
    assert "60BB00004 FRA" in fresh.words
    assert "the one before" in fresh.words
    assert "60BB00003" not in officer.get("/records").words


def test_those_who_see_records_are_changed_many_at_a_time(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    enter(cast, officer, "60BB00005", "60BB00006")
    records = [record_of(officer.get("/records"), number) for number in ("60BB00005", "60BB00006")]
    said = {"register": "travel-documents", "record": records, "verb": "restrict", "audience": "all but XX"}
    look = officer.post("/records/change", said | {"step": "preview"})
    assert "No longer seen by" in look.words
    assert look.words.count(" XX ") >= 2
    officer.post("/records/change", said | {"step": "do", "seen": look.field("seen")})
    cast.network.settle(6)
    for number in ("60BB00005", "60BB00006"):
        assert f"{number} FRA Stolen from bearer all but XX" in officer.get(f"/records?search={number}").words


def test_what_cannot_be_is_said_with_its_next_step(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    enter(cast, officer, "60BB00007")
    record = record_of(officer.get("/records"), "60BB00007")
    about = {"register": "travel-documents", "record": record}
    assert "No record was chosen." in officer.post("/records/change", {"verb": "take-out"}).words
    said = officer.post("/records/change", about | {"verb": "prolong", "step": "preview", "expires_on": "2020-01-01"})
    assert "It is kept until" in said.words
    lacking = officer.post("/records/change", about | {"verb": "prolong", "step": "do", "lawful": "1"})
    assert "It is kept until" in lacking.words
    strange = officer.post("/records/change", about | {"verb": "restrict", "audience": "all but QQ", "step": "preview"})
    assert "No member is called QQ" in strange.words
    assert "This bureau has entered no such record" in officer.get(f"/records/{'0' * 64}.0").words


def test_who_may_not_is_offered_nothing_and_refused(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    assert "Our records" not in inspector.get("/check").words
    assert "RPD-21.1" in inspector.get("/records").words
    desk = cast.officer("FR", "desk")
    assert "With those that are ticked" not in desk.get("/records").words
    assert "RPD-21.1" in desk.post("/records/change", {"record": f"{'0' * 64}.0", "verb": "take-out"}).words


def test_records_that_are_over_soon_are_asked_about(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    enter(cast, officer, "60BB00020", expires_on="2027-01-31")
    listed = officer.get("/records")
    assert "Records that are over within six months: 1. Are they still needed?" in listed.words
    link = re.search(r'href="(/records\?register=travel-documents&amp;ends_by=[^"]*)"', listed.html)
    assert link is not None
    soon = officer.get(link[1].replace("&amp;", "&"))
    assert "60BB00020" in soon.words
    assert "1 in all." in soon.words
