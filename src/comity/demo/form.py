"""The story's chapter about forms."""

from typing import Final

import httpx

from comity.demo.cast import DESK_OFFICER, REGISTRAR, WRITER
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect, expect_refusal
from comity.demo.letters import read, stand
from comity.demo.rules import needs_rules
from comity.plug import StoryPart

_OF_FORMS: Final = ("CTY-4.12", "CTY-4.13", "CTY-4.14", "CTY-4.15")


def confirmed(story: Story) -> None:
    """LT asks FR to confirm the hit, within ten minutes; FR confirms it, and LT reads what is to be done."""
    needs_rules(story, *_OF_FORMS)
    body = {
        "to": "FR", "record": story.record, "register": "travel-documents", "entry": story.answer,
        "reference": "DEMO-1", "within": "10-minutes",
    }  # fmt: skip
    desk = story.officer(WRITER)
    eventually(lambda: desk.post("/v1/forms/confirm-hit", json=body).is_success, "all read this form", PATIENCE_S)
    name = desk.get("/v1/messages", params={"box": "out", "most": 1}).json()["messages"][0]["id"]
    stand(story, name, FR="delivered")
    asked = read(story, REGISTRAR, name)["messages"][0]["form"]
    expect((asked["state"], asked["answer_with"]) == ("waiting", "hit-answer"), str(asked)[:300])
    not_asked = story.officer(DESK_OFFICER).post("/v1/forms/hit-answer", json={"reply_to": name, "answer": "denied"})
    expect(not_asked.status_code == httpx.codes.NOT_FOUND, f"answered {not_asked.status_code}: {not_asked.text[:300]}")
    answer = {"reply_to": name, "answer": "confirmed", "instruction": "hold"}
    sent = story.officer(REGISTRAR).post("/v1/forms/hit-answer", json=answer)
    expect(sent.status_code == httpx.codes.CREATED, f"answered {sent.status_code}: {sent.text[:300]}")
    stand(story, name, FR="answered")
    asked, answered = (each["form"] for each in read(story, WRITER, name)["messages"])
    expect(asked["state"] == "answered", str(asked)[:300])
    expect("What to do: Hold the document." in answered["sentences"], str(answered)[:300])
    expect_refusal(desk.post("/v1/forms/hit-answer", json={"reply_to": name, "answer": "denied"}), "CTY-4.12")


PART: Final = StoryPart((("LT asks FR to confirm the hit, and FR confirms", confirmed),))
