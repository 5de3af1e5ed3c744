"""The story's chapter about the rulebook: it is amended while all nodes run, and they follow."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec

from comity.demo.cast import DUTY, WRITER
from comity.demo.chapters import PATIENCE_S, SkippedError, Story, eventually, expect, expect_refusal
from comity.enrolment import draft_amended
from comity.founding import sign_as_holders
from comity.peer.repository import read_publication
from comity.plug import StoryPart
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook

BOUND: Final = Rule(
    "DEMO-1.1",
    "The demonstration's own",
    "A message is for a bounded number of bureaus; the demonstration changes the number.",
    "condition",
    ("message.send",),
    "count_is_bounded",
)
WIDE: Final = 150.0  # what is left in force: no more than the model's own bound


def needs_rules(story: Story, *numbers: str) -> None:
    """Skip the step where the rulebook in force lacks these rules: an older one, whose holders' keys are gone."""
    known = {rule["number"] for rule in _in_force(story, "GS")["rules"]}
    if missing := [number for number in numbers if number not in known]:
        raise SkippedError(f"this network's rulebook does not have {', '.join(missing)}")


def amended(story: Story) -> None:
    """Holders sign a new rule, or another number in it: LT refuses by it without a restart, and then does not."""
    if not story.network.offline.holders:
        raise SkippedError("the keys of this network's holders do not lie in its folder")
    form = {"to": ["FR", "DESK", "BR"], "subject": "To three", "text": "Who has room tonight?"}
    for most in (2.0, WIDE):
        published = _amend(story, most)
        eventually(
            lambda published=published: _in_force(story, "LT")["hash"] == published, "LT follows", PATIENCE_S  # type: ignore[misc]
        )  # fmt: skip
        answered = story.officer(WRITER).post("/v1/messages", json=form)
        if most < len(form["to"]):
            expect_refusal(answered, BOUND.number)
        else:
            expect(
                answered.status_code == httpx.codes.CREATED, f"answered {answered.status_code}: {answered.text[:300]}"
            )


def _amend(story: Story, most: float) -> str:
    """Have the rulebook amended with this bound, by a draft as holders sign it; the hash of what is published."""
    present = parse_rulebook(base64.b64decode(_in_force(story, "GS")["file"]))
    others = tuple(rule for rule in present.rules if rule.number != BOUND.number)
    rule = msgspec.structs.replace(BOUND, values={"most": most})
    wanted: Rulebook = msgspec.structs.replace(present, rules=(*others, rule))
    draft = draft_amended(read_publication(story.network.repository), wanted, datetime.now(UTC))
    if draft is not None:  # an earlier play may have left it so
        signed = sign_as_holders(draft, story.network.offline)
        form = {"draft": base64.b64encode(signed.encode()).decode()}
        taken = story.officer(DUTY).post("/v1/directory", json=form)
        expect(taken.is_success, taken.text[:300])
    return wanted.hash


def _in_force(story: Story, member: str) -> dict[str, Any]:
    found: dict[str, Any] = story.officer(DUTY if member == "GS" else WRITER).get("/v1/rulebook").json()
    return found


PART: Final = StoryPart((("a rulebook is amended while all nodes run, and they follow", amended),))
