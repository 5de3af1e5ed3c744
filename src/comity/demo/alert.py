"""The story's chapter about alerts of hits."""

from typing import Final

from comity.demo.cast import REGISTRAR
from comity.demo.chapters import PATIENCE_S, Story, eventually
from comity.demo.letters import read
from comity.plug import StoryPart


def alert(story: Story) -> None:
    """The source hears of the hit on its record."""
    eventually(lambda: has_heard(story, story.answer), "FR has heard of no hit by LT on its record", PATIENCE_S)


def has_heard(story: Story, answer: str) -> bool:
    """Whether an alert at FR tells of LT's hit on the record that FR entered, by the keeper's entry of that answer."""
    listed = story.officer(REGISTRAR).get("/v1/messages", params={"most": 100}).json()["messages"]
    opened = (read(story, REGISTRAR, each["id"])["messages"][0] for each in listed if each["kind"] == "alert")
    told = (
        (each["sender"], each["alert"]["asker"], each["alert"]["record"], each["alert"]["entry"]) for each in opened
    )
    return ("GS", "LT", story.record, answer) in told


PART: Final = StoryPart((("the source hears of the hit on its record", alert),))
