"""The story's chapter about records that bureaus enter by hand."""

import time
from typing import Any, Final

import httpx

from comity.demo.cast import CLEAN, GUIDE, INSPECTOR, REGISTRAR, Person
from comity.demo.chapters import PATIENCE_S, POLL_S, Story, eventually, expect, expect_refusal, the_answer
from comity.plug import StoryPart
from comity.registers.travel_documents import TRAVEL_DOCUMENTS


def enter(story: Story) -> None:
    """FR enters a record; the keeper's receipt comes back, and LT finds it within seconds."""
    number = f"22DF{story.play}01"
    entered = enter_document(story, REGISTRAR, number, "FRA")
    expect(bool(entered["receipt"]), "no receipt of the keeper")
    eventually(lambda: the_answer(story.check(number))["answer"] == "hit", "it is found", PATIENCE_S)


def enter_elsewhere(story: Story) -> None:
    """LT enters one of its own into the same register, and FR finds it."""
    number = f"22LT{story.play}01"
    enter_document(story, GUIDE, number, "LTU")
    eventually(lambda: _is_found(story, REGISTRAR, number, "LTU"), "FR finds it", PATIENCE_S)


def enter_document(story: Story, by: Person, number: str, country: str, **more: str) -> dict[str, Any]:
    """Have an officer enter a stolen passport."""
    fields = {"number": number, "country": country, "type": "passport", "loss": "stolen"}
    form = {"register": TRAVEL_DOCUMENTS.name, "records": [fields], "is_lawful": True} | more
    entered = story.officer(by).post("/v1/records", json=form)
    expect(entered.status_code == httpx.codes.CREATED, f"answered {entered.status_code}: {entered.text[:300]}")
    found: dict[str, Any] = entered.json()
    return found


def _is_found(story: Story, by: Person, number: str, country: str) -> bool:
    time.sleep(10 * POLL_S)  # the rulebook counts how often an officer asks
    asked = {"number": number, "country": country, "purpose": "investigation", "reference": "DEMO-7"}
    return str(the_answer(story.officer(by).post("/v1/queries", json=asked))["answer"]) == "hit"


def foreign(story: Story) -> None:
    """A record of another country is refused, and an inspector enters nothing."""
    fields = {"number": "LT1234567", "country": "LTU", "type": "passport", "loss": "lost"}
    form = {"register": "travel-documents", "records": [fields], "is_lawful": True}
    expect_refusal(story.officer(REGISTRAR).post("/v1/records", json=form), "TD-1.2", "TD-1.1")
    expect_refusal(story.officer(INSPECTOR).post("/v1/records", json=form), "RPD-21.1")


def excluded(story: Story) -> None:
    """A record that is not open to LT looks to LT like no record."""
    number = f"21CE{story.play}01"
    enter_document(story, REGISTRAR, number, "FRA", audience="all but LT")
    eventually(lambda: _is_found(story, REGISTRAR, number, "FRA"), "the source finds its own record", PATIENCE_S)
    hidden, none = the_answer(story.check(number)), the_answer(story.check(CLEAN))
    for answer in (hidden, none):
        answer.pop("as_of")
    expect(hidden == none, "the two answers differ")


PART: Final = StoryPart(
    (
        ("FR enters a record and LT finds it", enter),
        ("LT enters into the same register and FR finds it", enter_elsewhere),
        ("another country's record is refused", foreign),
        ("to an excluded member a record looks like none", excluded),
    )
)
