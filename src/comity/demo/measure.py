"""The story's chapter about measures against a member."""

from typing import Final

import httpx

from comity.demo.alert import has_heard
from comity.demo.cast import CLEAN, DUTY, STOLEN_BLANK
from comity.demo.chapters import (
    PATIENCE_S,
    WITHIN_S,
    Story,
    eventually,
    expect,
    expect_refusal,
    lift,
    take,
    the_answer,
)
from comity.demo.rules import needs_rules
from comity.plug import StoryPart

_DISPUTES: Final = "RPD-129.1"


def measure(story: Story) -> None:
    """The secretariat suspends LT's queries: in force within a second, and lifted as fast; entering stays open."""
    form = {"member": "LT", "channel": "query", "state": "suspended", "reason": "Demonstration.", "reference": "DEMO-1"}
    expect_refusal(story.officer(DUTY).post("/v1/standing", json=form), "RPD-131.4")
    take(story, "LT", "query")
    eventually(lambda: story.check(CLEAN).status_code == httpx.codes.FORBIDDEN, "the measure is in force", WITHIN_S)
    expect_refusal(story.check(CLEAN), "RPD-131.1")
    lift(story, "LT", "query")
    eventually(lambda: story.check(CLEAN).is_success, "the measure is lifted", WITHIN_S)


def suspended(story: Story) -> None:
    """A source that is suspended from entering hears of no hit, and its records are shown as disputed, no order."""
    needs_rules(story, _DISPUTES)
    take(story, "FR", "enter")
    try:
        eventually(lambda: story.standing("FR", "enter") == "suspended", "the measure is in force", PATIENCE_S)
        checked = story.check(STOLEN_BLANK)
        expect(_instruction(checked) == "disputed", f"the hit says {_instruction(checked)}")
        answer = checked.json()["record"]["counterpart"]["entry"]
        eventually(lambda: "refused" in _alerting(story, answer), "the alert was judged", PATIENCE_S)
        expect(not has_heard(story, answer), "FR has heard of a hit while it is suspended")
    finally:
        lift(story, "FR", "enter")
    eventually(lambda: story.standing("FR", "enter") == "open", "the measure is lifted", PATIENCE_S)
    expect(_instruction(story.check(STOLEN_BLANK)) == "hold", "the hit is not as before")


def _instruction(checked: httpx.Response) -> str:
    found: str = the_answer(checked)["hits"][0]["instruction"]
    return found


def _alerting(story: Story, answer: str) -> set[str]:
    """The verdicts at the secretariat on telling anybody of one answer."""
    entries = story.officer(DUTY).get("/v1/ledger", params={"kind": "alert.send", "most": 50}).json()["entries"]
    contents = [each["content"] or {} for each in entries]
    return {each["verdict"] for each in contents if each.get("on") == answer}


PART: Final = StoryPart(
    (
        ("a measure is in force within a second", measure),
        ("a suspended member hears of nothing", suspended),
    )
)
