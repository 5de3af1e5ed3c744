"""The story's chapter about a bureau's own records: a found passport is taken out, a slip of the pen is corrected."""

from typing import Any, Final

import httpx

from comity.demo.cast import INSPECTOR, REGISTRAR
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect, expect_refusal, the_answer
from comity.demo.record import enter_document
from comity.demo.rules import needs_rules
from comity.plug import StoryPart
from comity.registers.travel_documents import TRAVEL_DOCUMENTS

RULED_BY: Final = ("RPD-46.1", "RPD-50.1")


def taken_out(story: Story) -> None:
    """The passport was found again: FR takes its record out, and LT finds it no more."""
    needs_rules(story, *RULED_BY)
    number = f"23DF{story.play}01"
    enter_document(story, REGISTRAR, number, "FRA")
    eventually(lambda: _answer(story, number) == "hit", "it is found", PATIENCE_S)
    record = _find(story, number)
    form = {"records": [record], "verb": "take-out", "why": "The passport was found again."}
    expect_refusal(story.officer(INSPECTOR).post("/v1/records/amend", json=form), "RPD-21.1")
    _amend(story, form)
    eventually(lambda: _answer(story, number) == "nothing", "it is found no more", PATIENCE_S)
    again = story.officer(REGISTRAR).post("/v1/records/amend", json=form)
    expect(again.status_code == httpx.codes.NOT_FOUND, f"taken out twice: {again.status_code}")
    expect(_what_was_done(story, record)["verb"] == "take-out", "something else was done")


def corrected(story: Story) -> None:
    """A slip of the pen: another record comes in its place, and each leads to the other."""
    needs_rules(story, *RULED_BY)
    slip, right = f"23DF{story.play}02", f"23DF{story.play}03"
    enter_document(story, REGISTRAR, slip, "FRA")
    record = _find(story, slip)
    fields = {"number": right, "country": "FRA", "type": "passport", "loss": "stolen"}
    form = {"records": [record], "verb": "correct", "fields": fields, "why": "A slip of the pen.", "is_lawful": True}
    _amend(story, form)
    eventually(lambda: _answer(story, right) == "hit", "the right one is found", PATIENCE_S)
    expect(_answer(story, slip) == "nothing", "the wrong one is found")
    after = _what_was_done(story, record)["after"]
    fresh = story.officer(REGISTRAR).get(f"/v1/records/{after}").json()
    expect(fresh["shown"]["name"] == f"{right} FRA", str(fresh)[:300])


def _answer(story: Story, number: str) -> str:
    return str(the_answer(story.check(number))["answer"])


def _find(story: Story, number: str) -> str:
    """FR's record of that number, once its list has it."""

    def found() -> list[Any]:
        query = {"register": TRAVEL_DOCUMENTS.name, "search": number}
        listed: list[Any] = story.officer(REGISTRAR).get("/v1/records", params=query).json()["records"]
        return listed

    eventually(lambda: len(found()) == 1, "it is listed", PATIENCE_S)
    return str(found()[0]["id"])


def _what_was_done(story: Story, record: str) -> dict[str, Any]:
    """What the ledger says was done to a record, once it has it."""

    def done() -> list[Any]:
        amended: list[Any] = story.officer(REGISTRAR).get(f"/v1/records/{record}").json()["amended"]
        return amended

    eventually(lambda: len(done()) == 1, "it stands in the ledger", PATIENCE_S)
    found: dict[str, Any] = done()[0]
    return found


def _amend(story: Story, form: dict[str, Any]) -> None:
    """Do it, and wait until the keeper has it."""
    client = story.officer(REGISTRAR)
    done = client.post("/v1/records/amend", json=form)
    expect(done.status_code == httpx.codes.OK, f"answered {done.status_code}: {done.text[:300]}")
    path = f"/v1/records/changes/{done.json()['consignment']['id']}"
    eventually(lambda: client.get(path).json()["state"] == "entered", "it is in force", PATIENCE_S)


PART: Final = StoryPart(
    (
        ("a found passport is taken out and LT finds it no more", taken_out),
        ("a slip of the pen is corrected", corrected),
    )
)
