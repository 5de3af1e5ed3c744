"""The story's chapter about messages, over the nodes' own API."""

import os
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from comity.demo.cast import DESK_OFFICER, INSPECTOR, REGISTRAR, WRITER, Person
from comity.demo.chapters import (
    PATIENCE_S,
    Story,
    eventually,
    expect,
    expect_refusal,
)
from comity.plug import StoryPart

WORDS: Final = "The courier waits at the third pier."
FILE: Final = os.urandom(3_000_000)


def write(story: Story, by: Person, **form: Any) -> str:
    """Send a message; its name."""
    sent = story.officer(by).post("/v1/messages", json={"subject": "Pier 3", "text": WORDS, **form})
    expect(sent.status_code == httpx.codes.CREATED, f"answered {sent.status_code}: {sent.text[:300]}")
    name: str = sent.json()["id"]
    return name


def read(story: Story, by: Person, name: str) -> dict[str, Any]:
    """Open a message; its thread."""
    opened = story.officer(by).post(f"/v1/messages/{name}/open")
    expect(opened.status_code == httpx.codes.OK, f"answered {opened.status_code}: {opened.text[:300]}")
    found: dict[str, Any] = opened.json()
    return found


def states(story: Story, name: str) -> Mapping[str, str]:
    """Where LT's message stands, by recipient."""
    found = story.officer(WRITER).get(f"/v1/messages/{name}/progress").json()
    return {each["recipient"]: each["state"] for each in found["deliveries"]}


def stand(story: Story, name: str, seconds: float = PATIENCE_S, **expected: str) -> None:
    """Fail unless LT's message comes to stand so within that time."""
    eventually(
        lambda: all(states(story, name).get(member) == state for member, state in expected.items()),
        f"{expected} did not come, but {states(story, name)},",
        seconds,
    )


def conversation(story: Story) -> None:
    """LT writes to FR and to the duty desk; both read it, FR answers, and LT sees each step."""
    name = write(story, WRITER, to=["FR", "DESK"], urgency="urgent")
    stand(story, name, FR="delivered", DESK="delivered")
    shown = read(story, REGISTRAR, name)["messages"][0]
    expect((shown["text"], shown["sender"], shown["urgency"]) == (WORDS, "LT", "urgent"), str(shown)[:300])
    stand(story, name, FR="opened", DESK="delivered")
    read(story, DESK_OFFICER, name)
    write(story, REGISTRAR, to=["LT"], subject="Re: Pier 3", text="He was there.", reply_to=name)
    stand(story, name, FR="answered", DESK="opened")
    thread = read(story, WRITER, name)["messages"]
    expect([each["text"] for each in thread] == [WORDS, "He was there."], str(thread)[:300])


def attachment(story: Story) -> None:
    """An attachment arrives whole, in encrypted chunks."""
    added = story.officer(WRITER).post("/v1/attachments", params={"name": "pier.jpg"}, content=FILE, timeout=30.0)
    expect(added.status_code == httpx.codes.CREATED, f"answered {added.status_code}: {added.text[:300]}")
    name = write(story, WRITER, to=["FR"], attachments=[added.json()["blob"]])
    stand(story, name, FR="delivered")
    url = f"/v1/messages/{name}/attachments/{added.json()['blob']}"
    until = time.monotonic() + PATIENCE_S
    found = story.officer(REGISTRAR).get(url)
    while found.status_code == httpx.codes.SERVICE_UNAVAILABLE and time.monotonic() < until:
        time.sleep(0.1)
        found = story.officer(REGISTRAR).get(url)
    expect(found.content == FILE, f"answered {found.status_code}, {len(found.content)} bytes")


def refusals(story: Story) -> None:
    """Nobody, someone without the role, or someone unknown: refused, and nothing is sent."""
    form = {"to": ["FR"], "subject": "S", "text": "T"}
    expect_refusal(story.officer(INSPECTOR).post("/v1/messages", json=form), "RPD-21.1")
    unknown = story.officer(WRITER).post("/v1/messages", json=form | {"to": ["FR", "ZZ"]})
    expect(unknown.status_code == httpx.codes.NOT_FOUND and unknown.json()["where"] == "to", unknown.text[:300])


PART: Final = StoryPart(
    (
        ("LT writes, FR and the duty desk read, FR answers", conversation),
        ("an attachment arrives whole", attachment),
        ("a message without the role, or to nobody, is refused", refusals),
    )
)
