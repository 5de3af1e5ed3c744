"""The story's chapters about persons: a list entered, found by every name, entered again; invented people all of them.

With the United Nations' own list at hand, every individual of it is looked for by every good alias.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]  # it has no types

from comity.demo.cast import AUDITOR, INSPECTOR, REGISTRAR
from comity.demo.chapters import PATIENCE_S, Story, eventually, expect
from comity.demo.files import enter
from comity.plug import StoryPart

ASKED_EACH: Final = 55  # questions of one officer: the rulebook allows sixty a minute
LONGEST: Final = 200  # characters of a name in a question
AT_ONCE: Final = 8


class Invented(NamedTuple):
    """Somebody whom nobody is: the names by which the list has them."""

    reference: str
    parts: tuple[str, ...]
    aliases: tuple[str, ...]
    original: str
    birth: str


_CAST: Final = (
    Invented("DEi.001", ("VELTA", "ORRIN", "HALSTEAD"), ("Halstead, Vélta", "Velda Halsted"), "", "1958-02-21"),
    Invented("DEi.002", ("TOMAS", "GRÜNWALDT"), ("Thomas Grunwald; Tomasz Gruenwaldt",), "", "1971"),
    Invented("DEi.003", ("IVO", "PETRENKOV"), ("Ivo P.",), "Иво Петренков", "1983-11-02"),
    Invented("DEi.004", ("SAMIR", "AL-KHATTAR"), ("Abu Nadir", "Samir al Khattar"), "سمير الخطار", "1966"),
    Invented("DEi.005", ("LIN", "QIAOHAI"), ("Lin Qiao-hai (林桥海)",), "林桥海", "1990-05-05"),
)


def people(story: Story) -> list[Invented]:
    """The same people in each play, whose list is another one: their references are the play's own."""
    return [each._replace(reference=each.reference.replace("DEi", f"DEi.{story.play}")) for each in _CAST]


def list_of(listed: Iterable[Invented]) -> bytes:
    """A list of invented people in the form of the United Nations'."""
    tags = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")

    def element(each: Invented) -> str:
        names = "".join(f"<{tag}>{part}</{tag}>" for tag, part in zip(tags, each.parts, strict=False))
        aliases = "".join(
            f"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{alias}</ALIAS_NAME></INDIVIDUAL_ALIAS>"
            for alias in each.aliases
        )
        original = f"<NAME_ORIGINAL_SCRIPT>{each.original}</NAME_ORIGINAL_SCRIPT>" if each.original else ""
        kind = "YEAR" if each.birth.isdigit() else "DATE"
        return (
            f"<INDIVIDUAL><REFERENCE_NUMBER>{each.reference}</REFERENCE_NUMBER>{names}{original}{aliases}"
            f"<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><{kind}>{each.birth}</{kind}>"
            "</INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>"
        )

    body = "".join(map(element, listed))
    return f"<CONSOLIDATED_LIST><INDIVIDUALS>{body}</INDIVIDUALS></CONSOLIDATED_LIST>".encode()


def bring(story: Story, data: bytes) -> dict[str, Any]:
    """Bring a list and wait until it is read and compared."""
    client = story.officer(REGISTRAR)
    form = {"register": "persons", "layout": "un", "name": f"list-{story.play}.xml", "size": len(data)}
    begun = client.post("/v1/files", json=form)
    expect(begun.status_code == httpx.codes.CREATED, f"answered {begun.status_code}: {begun.text[:300]}")
    path = f"/v1/files/{begun.json()['id']}"
    client.patch(path, params={"offset": 0}, content=data)
    eventually(
        lambda: client.get(path).json()["stage"] in ("read", "unusable"), "the list was not read", 3 * PATIENCE_S
    )
    found: dict[str, Any] = client.get(path).json()
    expect(found["stage"] == "read", str(found["report"])[:600])
    return found


def references(client: httpx.Client, name: str, **more: str) -> set[str]:
    """The references of the persons whom a question by name finds."""
    form = {"name": name, "purpose": "border-control", **more}
    answer = client.post("/v1/queries", json=form, timeout=15.0)
    expect(answer.status_code == httpx.codes.OK, f"answered {answer.status_code}: {answer.text[:300]}")
    hits = (hit for each in answer.json()["answers"] for hit in each["hits"])
    return {hit["shown"].get("reference", "") for hit in hits}


def listed(story: Story) -> None:
    """A list of persons is entered, and each is found by every name in any order, accent and script."""
    cast = people(story)
    brought = bring(story, list_of(cast))
    expect(brought["difference"]["added"] == len(cast), str(brought["difference"])[:300])
    entered = enter(story, brought)
    expect(entered["state"] == "entered", str(entered)[:300])
    client = story.officer(INSPECTOR)
    eventually(lambda: references(client, cast[0].aliases[0]) == {cast[0].reference}, "nobody is found", PATIENCE_S)
    for each in cast:
        spoken = [" ".join(reversed(each.parts)), *each.aliases, *filter(None, [each.original])]
        for name in spoken:
            expect(each.reference in references(client, name), f"{name} is not found")
    expect(not references(client, cast[0].aliases[0], birth_date="1990"), "the date of birth rules nobody out")


def listed_again(story: Story) -> None:
    """The next edition shows what it changes before it does; who is gone is found no more."""
    first, gone, *rest = people(story)
    changed = first._replace(aliases=(*first.aliases, "Val Halstead"))
    brought = bring(story, list_of([changed, *rest]))
    found = brought["difference"]
    expect((found["added"], found["changed"], found["removed"]) == (0, 1, 1), str(found)[:300])
    client = story.officer(INSPECTOR)
    expect(references(client, gone.aliases[0].split(";")[0]) == {gone.reference}, "it changed before anybody said so")
    expect(enter(story, brought)["state"] == "entered", "it was not entered")
    eventually(lambda: references(client, "Halstead Val") == {first.reference}, "the alias is not found", PATIENCE_S)
    expect(not references(client, gone.aliases[0].split(";")[0]), "who is gone is found")


def cut_list(story: Story) -> None:
    """A list that lost most of its people on the way is kept out until somebody says how many go."""
    first, *_lost = people(story)
    brought = bring(story, list_of([first]))
    client, path = story.officer(REGISTRAR), f"/v1/files/{brought['id']}"
    answer = client.post(f"{path}/enter", json={"is_lawful": True})
    expect(answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, f"answered {answer.status_code}")
    expect(answer.json()["where"] == "going_out", answer.text[:300])
    client.delete(path)


def good_names(path: Path) -> Iterator[tuple[str, str]]:
    """Reference and name, of every individual of a UN list by its own name and every good alias."""
    for _event, element in iterparse(path):
        if element.tag != "INDIVIDUAL":
            continue
        reference = element.findtext("REFERENCE_NUMBER", "").strip()
        parts = (element.findtext(f"{which}_NAME") for which in ("FIRST", "SECOND", "THIRD", "FOURTH"))
        yield reference, " ".join(part.strip() for part in parts if part)
        for alias in element.iter("INDIVIDUAL_ALIAS"):
            name = " ".join((alias.findtext("ALIAS_NAME") or "").split())
            if name and alias.findtext("QUALITY") == "Good":
                yield reference, name[:LONGEST]
        element.clear()


def un_list(story: Story, path: Path) -> None:
    """Every individual of the United Nations' list is found by its name and every good alias."""
    brought = bring(story, path.read_bytes())
    expect(enter(story, brought)["state"] == "entered", "the list was not entered")
    wanted = sorted(set(good_names(path)))
    chunks = [wanted[start : start + ASKED_EACH] for start in range(0, len(wanted), ASKED_EACH)]
    client = story.officer(INSPECTOR)
    eventually(lambda: bool(references(client, wanted[0][1])), "nobody is found", 3 * PATIENCE_S)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        missed = [each for found in pool.map(lambda pair: _ask(story, *pair), enumerate(chunks)) for each in found]
    expect(not missed, f"{len(missed)} of {len(wanted)} are not found, first {missed[:3]}")
    found = {reference for reference, _name in wanted}
    expect(len(found) == brought["records"] + brought["difference"]["same"], f"{len(found)} people were looked for")


def _ask(story: Story, number: int, names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those who are not found, asked for by an officer who is made for it."""
    name = f"un-{story.play.lower()}-{number}"
    made = story.officer(AUDITOR).post("/v1/officers", json={"name": name, "title": name, "roles": ["inspector"]})
    expect(made.status_code == httpx.codes.CREATED, f"answered {made.status_code}: {made.text[:300]}")
    with httpx.Client(base_url=story.network.url(AUDITOR.member), timeout=30.0) as client:
        opened = client.post("/v1/sessions", json={"officer": name, "password": made.json()["one_time_password"]})
        expect(opened.status_code == httpx.codes.CREATED, f"sign-in answered {opened.status_code}: {opened.text}")
        client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        return [(reference, each) for reference, each in names if reference not in references(client, each)]


PART: Final = StoryPart(
    (
        ("a list of persons is entered, each found by every name", listed),
        ("entered again it shows its differences first", listed_again),
        ("a list that lost most of its people is kept out until somebody says so", cut_list),
    )
)
