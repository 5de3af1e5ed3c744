"""The story's chapter about acts that wait for others."""

from typing import Final

import httpx

from comity.demo.cast import REGISTRAR, REGISTRAR_2
from comity.demo.chapters import SkippedError, Story, expect, expect_refusal, the_answer
from comity.demo.files import COUNT, bring, enter, lines
from comity.plug import StoryPart


def held(story: Story) -> None:
    """A list that is cut to a tenth is held; its author releases it in vain, a second registrar refuses it."""
    if story.officer(REGISTRAR).get("/v1/held").status_code != httpx.codes.OK:
        raise SkippedError("this network's rulebook holds no acts: amend it, or begin with --fresh")
    bulk = bring(story, lines(story, 50, 2 * COUNT))
    enter(story, bulk)
    found = bring(story, lines(story, 5, 2 * COUNT), is_whole=True)
    going = found["difference"]["removed"]
    client = story.officer(REGISTRAR)
    answer = client.post(f"/v1/files/{found['id']}/enter", json={"is_lawful": True, "going_out": going})
    expect(answer.status_code == httpx.codes.ACCEPTED, f"answered {answer.status_code}: {answer.text[:300]}")
    name = answer.json()["held"]
    expect_refusal(client.post(f"/v1/held/{name}/release", json={"reason": "My own."}), "CTY-5.2")
    second = story.officer(REGISTRAR_2)
    shown = second.get(f"/v1/held/{name}").json()
    expect(shown["points"][1]["text"] == str(going), str(shown)[:300])
    refused_by = second.post(f"/v1/held/{name}/refuse", json={"reason": "The list was cut on its way."})
    expect(refused_by.status_code == httpx.codes.OK, refused_by.text[:300])
    expect(second.get(f"/v1/held/{name}").json()["state"] == "refused", "it still waits")
    expect(the_answer(story.check(f"5{story.play}{2 * COUNT + 9:05d}"))["answer"] == "hit", "a record was taken out")


PART: Final = StoryPart((("a cut list is held, and a second registrar refuses it", held),))
