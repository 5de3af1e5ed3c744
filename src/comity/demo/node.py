"""The story's chapter about a node whose line, power or disk fails."""

import time
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx

from comity.config import read_config
from comity.demo.cast import AUDITOR, STOLEN_BLANK
from comity.demo.chapters import PATIENCE_S, POLL_S, Story, eventually, expect, the_answer
from comity.errors import CorruptError
from comity.index.exact import Index
from comity.plug import StoryPart
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS


def line_down(story: Story) -> None:
    """The broker goes: no answer, said as such, and health is red. It comes back: so does the answer, by itself."""
    story.network.broker.stop()
    eventually(lambda: story.anonymous("LT").get("/health").status_code != httpx.codes.OK, "health is red", PATIENCE_S)
    answer = the_answer(story.check(STOLEN_BLANK))
    expect(answer["answer"] == "no-answer", f"the answer was {answer['answer']}")
    story.network.start_broker()
    for code in story.network.nodes:
        story.network.wait_until_well(code)
    expect(the_answer(story.check(STOLEN_BLANK))["answer"] == "hit", "no hit after the broker came back")


def power_cut(story: Story) -> None:
    """LT's node loses power and comes back: the session goes on, nothing that was acknowledged is lost."""
    before = story.check(STOLEN_BLANK).json()["entry"]
    story.network.nodes["LT"].kill()
    story.network.start_node("LT")
    expect(the_answer(story.check(STOLEN_BLANK))["answer"] == "hit", "no hit after the power came back")
    eventually(
        lambda: story.officer(AUDITOR).get(f"/v1/ledger/{before}").is_success, "the entry is in the ledger", PATIENCE_S
    )


def damaged_index(story: Story) -> None:
    """One byte of a key in the secretariat's index is changed: never "nothing". It is found out, and mends itself."""
    gs = story.network.nodes["GS"]
    gs.stop()
    _change_key(story.network.folder / "GS")
    said_before = gs.log.stat().st_size
    gs.start()
    answers: list[str] = []

    def is_found_again() -> bool:
        time.sleep(10 * POLL_S)  # the rulebook counts how often an officer asks
        answers.append(str(the_answer(story.check(STOLEN_BLANK))["answer"]))
        return answers[-1] == "hit"

    eventually(is_found_again, "the record is found again", PATIENCE_S)
    expect(set(answers) <= {"no-answer", "hit"}, f"the answers were {answers}")
    expect(b"index.damaged" in gs.log.read_bytes()[said_before:], "the secretariat's node did not find it out")
    story.network.wait_until_well("GS")


def _change_key(folder: Path) -> None:
    """Change one byte of the stolen blank's key in a page of the index that is in use."""
    path = read_config(folder / "node.toml").path("data") / "index" / f"{TRAVEL_DOCUMENTS.name}.lmdb"
    key = ask_keys(TRAVEL_DOCUMENTS, {"number": STOLEN_BLANK, "country": "FRA"})[0]
    kept, place = path.read_bytes(), -1
    while (place := kept.find(key, place + 1)) >= 0:
        path.write_bytes(kept[:place] + bytes([key[0] ^ 1]) + kept[place + 1 :])
        if _is_damaged(path, key):
            return
    expect(is_so=False, what="the index does not have the record")


def _is_damaged(path: Path, key: bytes) -> bool:
    with closing(Index(path, TRAVEL_DOCUMENTS.name, readonly=True)) as index:
        try:
            index.look_up(key)
        except CorruptError:
            return True
    return False


PART: Final = StoryPart(
    (
        ("without a line: no answer, never no hit", line_down),
        ("a power cut loses nothing", power_cut),
        ("a damaged index is found out: no answer, never no hit, and it mends itself", damaged_index),
    )
)
