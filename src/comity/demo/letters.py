"""The story's chapters about messages, over the nodes' own API."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from comity.demo.cast import AUDITOR, DESK_OFFICER, DUTY, INSPECTOR, REGISTRAR, STOLEN_BLANK, WRITER, Person
from comity.demo.chapters import (
    PATIENCE_S,
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
_OF_FORMS: Final = ("CTY-4.12", "CTY-4.13", "CTY-4.14", "CTY-4.15")
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


def refusals(story: Story) -> None:
    """Nobody, someone without the role, or someone unknown: refused, and nothing is sent."""
    form = {"to": ["FR"], "subject": "S", "text": "T"}
    expect_refusal(story.officer(INSPECTOR).post("/v1/messages", json=form), "RPD-21.1")
    unknown = story.officer(WRITER).post("/v1/messages", json=form | {"to": ["FR", "ZZ"]})
    expect(unknown.status_code == httpx.codes.NOT_FOUND and unknown.json()["where"] == "to", unknown.text[:300])


def relay(story: Story) -> None:
    """FR is down: that delays only FR. The secretariat keeps the sealed copy, and cannot read it."""
    story.network.nodes["FR"].kill()
    name = write(story, WRITER, to=["FR", "DESK"])
    stand(story, name, DESK="delivered", FR="relayed")
    folder = story.network.folder / "GS"
    expect(_is_anywhere(folder, name.encode()), "the relay does not have it")
    expect(not _is_anywhere(folder, WORDS.encode()), "the text is in the secretariat's folder")
    # LT is gone when FR comes back: they are never up together.
    story.network.nodes["LT"].kill()
    story.network.start_node("FR")
    text: Callable[[], bool] = lambda: read_text(story, name) == WORDS  # noqa: E731 - it is asked again and again
    eventually(text, "FR had it from the relay", PATIENCE_S)
    story.network.start_node("LT")
    stand(story, name, FR="opened", DESK="delivered")


def read_text(story: Story, name: str) -> str:
    """The text of a message at FR; empty while it is not there."""
    opened = story.officer(REGISTRAR).post(f"/v1/messages/{name}/open")
    return str(opened.json()["messages"][-1]["text"]) if opened.status_code == httpx.codes.OK else ""


def evidence(story: Story) -> None:
    """Messages and receipts match the ledger, to the last byte."""
    report = story.officer(AUDITOR).post("/v1/ledger/verify", timeout=60.0).json()
    expect(report["findings"] == [], str(report)[:300])


def _is_anywhere(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.rglob("*") if path.is_file())


PART: Final = StoryPart(
    (
        ("LT writes, FR and the duty desk read, FR answers", conversation),
        ("an attachment arrives whole", attachment),
        ("the source hears of the hit on its record", alert),
        ("LT asks FR to confirm the hit, and FR confirms", confirmed),
        ("a suspended member hears of nothing", suspended),
        ("a message without the role, or to nobody, is refused", refusals),
        ("who is down is reached by the relay, which cannot read", relay),
        ("messages and receipts match the ledger", evidence),
    )
)
