"""The story's chapter about a member who comes: a second laptop joins."""

import shutil
from typing import Final

import httpx

from comity.demo.cast import GUEST, STOLEN_BLANK, VISITOR
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect, the_answer
from comity.demo.invitation import accept, invite
from comity.errors import UntrustedError
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


PART: Final = StoryPart((("a second laptop joins by one file and one code", second_laptop),))
