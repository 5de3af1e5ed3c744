"""The story's chapters about a second laptop, the auditor and what can be shown to others."""

import base64
import shutil
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from comity.demo.cast import AUDITOR, GUEST, INSPECTOR, STOLEN_BLANK, VISITOR
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect, the_answer
from comity.demo.invitation import accept, invite
from comity.errors import UntrustedError
from comity.evidence import Statement, judge, parse_evidence
from comity.peer.exporting import directory_of
from comity.plug import StoryPart


def second_laptop(story: Story) -> None:
    """A guest joins by one file and one code, asks, and is answered; with another code nothing opens."""
    data, code = invite(story.network)
    laptop = story.network.folder / "laptop"
    shutil.rmtree(laptop, ignore_errors=True)  # a play that was cut off left it
    try:
        accept(data, "AAAA-AAAA-AAAA-AAAA", laptop)
    except UntrustedError:
        pass
    else:
        expect(is_so=False, what="another code opens the invitation")
    with accept(data, code.lower(), laptop) as guest:
        password = guest.give_passwords([VISITOR])[VISITOR.name]
        guest.start_node(GUEST.code)
        with httpx.Client(base_url=guest.url(GUEST.code), timeout=15.0) as client:
            opened = client.post("/v1/sessions", json={"officer": VISITOR.name, "password": password})
            client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
            form = {"number": STOLEN_BLANK, "country": "FRA", "purpose": "border-control"}
            eventually(
                lambda: the_answer(client.post("/v1/queries", json=form))["answer"] == "hit", "the guest gets no hit",
                PATIENCE_S,
            )  # fmt: skip
    shutil.rmtree(laptop)


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
        ("a second laptop joins by one file and one code", second_laptop),
    )
)
