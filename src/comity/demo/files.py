"""The story's chapter about files of records, over the nodes' own API."""

from typing import Any, Final

import httpx

from comity.demo.cast import REGISTRAR, REGISTRAR_2
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect, expect_refusal, the_answer
from comity.plug import StoryPart

COUNT: Final = 5_000
TITLES: Final = "Serie;Art;Tag\n"
COLUMNS: Final = """
dates = "%d.%m.%Y"
[columns]
Serie = "number"
Art = "type"
Tag = "theft_date"
[values.type]
RP = "passport"
[constants]
country = "FRA"
loss = "stolen"
"""


def lines(story: Story, count: int, first: int = 0) -> str:
    """A table as another system writes it, of numbers that are this play's own."""
    rows = (f"5{story.play}{number:05d};RP;{number % 28 + 1:02d}.03.2026\n" for number in range(first, first + count))
    return TITLES + "".join(rows)


def bring(story: Story, text: str, **more: Any) -> dict[str, Any]:
    """Bring a file in two parts, the second after a cut, and wait until it is read."""
    client, data = story.officer(REGISTRAR), text.encode()
    about = {"register": "travel-documents", "name": f"lost-{story.play}.csv", "columns": COLUMNS}
    form = {**about, "size": len(data), **more}
    begun = client.post("/v1/files", json=form)
    expect(begun.status_code == httpx.codes.CREATED, f"answered {begun.status_code}: {begun.text[:300]}")
    path = f"/v1/files/{begun.json()['id']}"
    client.patch(path, params={"offset": 0}, content=data[:1000])
    at = client.post("/v1/files", json=form).json()["received"]  # whoever was cut asks where to go on
    client.patch(path, params={"offset": at}, content=data[at:])
    eventually(
        lambda: client.get(path).json()["stage"] in ("read", "unusable"), "the file was not read", 3 * PATIENCE_S
    )
    found: dict[str, Any] = client.get(path).json()
    return found


def enter(story: Story, file: dict[str, Any]) -> dict[str, Any]:
    """Enter a file that was read; what became of it."""
    client, path = story.officer(REGISTRAR), f"/v1/files/{file['id']}"
    difference = file["difference"] or {"removed": 0, "repeated": 0}
    word = {"is_lawful": True, "going_out": difference["removed"] + difference["repeated"]}
    entered = client.post(f"{path}/enter", json=word)
    if entered.status_code == httpx.codes.ACCEPTED:  # what an earlier play has left goes out: a colleague looks at it
        entered = story.officer(REGISTRAR_2).post(
            f"/v1/held/{entered.json()['held']}/release", json={"reason": "Compared with the list."}
        )
    expect(entered.status_code == httpx.codes.OK, f"answered {entered.status_code}: {entered.text[:300]}")
    eventually(
        lambda: client.get(path).json()["consignment"]["state"] != "underway", "the keeper did not take it",
        3 * PATIENCE_S,
    )  # fmt: skip
    found: dict[str, Any] = client.get(path).json()["consignment"]
    return found


def whole(story: Story) -> None:
    """A file of another system's columns is cut, gone on with, entered as a whole, and found."""
    found = bring(story, lines(story, COUNT))
    expect((found["stage"], found["records"]) == ("read", COUNT), str(found)[:300])
    expect(the_answer(story.check(f"5{story.play}00007"))["answer"] == "nothing", "it was found before it was entered")
    entered = enter(story, found)
    expect((entered["state"], entered["count"]) == ("entered", COUNT), str(entered)[:300])
    last = f"5{story.play}{COUNT - 1:05d}"
    eventually(lambda: the_answer(story.check(last))["answer"] == "hit", "its last line is not found", PATIENCE_S)


def refused(story: Story) -> None:
    """One wrong line of many keeps all of them out, and is named."""
    found = bring(story, lines(story, 100, COUNT) + f"5{story.play}99999;RP;01.03.2099\n")
    expect(found["stage"] == "unusable", str(found)[:300])
    expect([each["line"] for each in found["report"]["refusals"]] == [102], str(found["report"])[:300])
    story.officer(REGISTRAR).delete(f"/v1/files/{found['id']}")
    expect(the_answer(story.check(f"5{story.play}{COUNT:05d}"))["answer"] == "nothing", "a part of it was entered")
    found = bring(story, lines(story, 1, COUNT))
    answer = story.officer(REGISTRAR).post(f"/v1/files/{found['id']}/enter", json={})
    expect_refusal(answer, "RPD-12.1")
    story.officer(REGISTRAR).delete(f"/v1/files/{found['id']}")


PART: Final = StoryPart(
    (
        ("a file of 5,000 documents is entered as a whole and found", whole),
        ("one wrong line keeps a file out and is named", refused),
    )
)
