"""The story's chapter about deliveries, to whoever is down too."""

from pathlib import Path
from typing import Final

import httpx

from comity.demo.cast import AUDITOR, REGISTRAR, WRITER
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect
from comity.demo.letters import WORDS, stand, write
from comity.plug import StoryPart


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
    eventually(lambda: read_text(story, name) == WORDS, "FR had it from the relay", PATIENCE_S)
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
        ("who is down is reached by the relay, which cannot read", relay),
        ("messages and receipts match the ledger", evidence),
    )
)
