"""The story's chapter about signing in."""

from typing import Final

import httpx

from comity.demo.cast import INSPECTOR, SHOWN
from comity.demo.chapters import Story, expect
from comity.plug import StoryPart


def wrong_password(story: Story) -> None:
    """A wrong password is refused, on the record."""
    tried = story.anonymous("LT").post("/v1/sessions", json={"officer": INSPECTOR.name, "password": "not the one"})
    expect(tried.status_code == httpx.codes.UNAUTHORIZED, f"answered {tried.status_code}: {tried.text[:300]}")


def sign_in(story: Story) -> None:
    """Every officer signs in by the one-time password, which is then used up."""
    for person in SHOWN:
        story.officer(person)
    again = {"officer": INSPECTOR.name, "password": story.passwords[INSPECTOR.name]}
    used_up = story.anonymous("LT").post("/v1/sessions", json=again)
    expect(used_up.status_code == httpx.codes.UNAUTHORIZED, "a one-time password worked twice")


PART: Final = StoryPart(
    (
        ("a wrong password is refused", wrong_password),
        ("every officer signs in, once by each one-time password", sign_in),
    )
)
