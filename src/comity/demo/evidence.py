"""The story's chapter about the auditor, and what can be shown to others."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

from comity.demo.cast import AUDITOR, INSPECTOR, STOLEN_BLANK
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect
from comity.evidence import Statement, judge, parse_evidence
from comity.peer.exporting import directory_of
from comity.plug import StoryPart


def auditor(story: Story) -> None:
    """The auditor finds a check by what it was about, and exports it with proofs that hold and say whose it was."""
    story.check(STOLEN_BLANK)
    about = f"{STOLEN_BLANK} FRA"
    since = f"{datetime.now(UTC):%Y-%m-%d}"
    sought = {"about": about, "officer": INSPECTOR.name, "since": since}

    def kinds() -> set[str]:
        listed = story.officer(AUDITOR).get("/v1/ledger", params=sought).json()
        return {each["kind"] for each in listed["entries"]}

    eventually(lambda: "query.ask" in kinds(), "the check is not found by what it was about", PATIENCE_S)
    data = story.officer(AUDITOR).get("/v1/ledger/export", params=sought).content
    statements = _judged(data)
    expect(all(each.holds for each in statements), str([each.text for each in statements if not each.holds])[:500])
    expect(any(each.text.startswith("LT asked GS") for each in statements), "the question is not in the export")
    nobody = story.officer(AUDITOR).get("/v1/ledger", params={"about": "Nobody At All"}).json()
    expect(nobody["entries"] == [], "somebody whom nobody asked about is found")


def evidence(story: Story) -> None:
    """A check is proved to somebody who has the file alone; one changed byte and it does not hold."""
    answer: dict[str, Any] = story.check(STOLEN_BLANK, with_evidence=True).json()
    data = base64.b64decode(answer["evidence"])
    expect(all(each.holds for each in _judged(data)), "what was exported does not hold")
    changed = data.replace(b'"frames": [\n  "Y29taXR5', b'"frames": [\n  "Y29taXR6')
    expect(changed != data, "nothing was changed")
    expect(any(each.holds is False for each in _judged(changed)), "what was changed holds")


def _judged(data: bytes) -> list[Statement]:
    file = parse_evidence(data)
    return list(judge(file, directory_of(file)))


PART: Final = StoryPart(
    (
        ("the auditor finds who asked about whom, and exports it with proofs", auditor),
        ("a check is proved by its file alone", evidence),
    )
)
