"""A rulebook is exported, changed, drafted, read by its holders, signed and published, at the terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import parse_rulebook
from comity.rules.written import Retired
from tests.cli.conftest import Served, Terminal, found, sign
from tests.rules.before import as_file

ADDED = Rule(
    "T-1", "House 7", "At most ten bureaus.", "condition", ("message.send",), "count_is_bounded", {"most": 10.0}
)


def changed(change: Callable[[dict[str, Any]], None], name: str = "rulebook.json") -> str:
    """The network's rulebook as a file, changed by hand."""
    file = json.loads(MODEL_RULEBOOK.encode())
    change(file)
    Path(name).write_text(json.dumps(file, indent=1), encoding="utf-8")
    return name


def rule(file: dict[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in file["rules"] if each["number"] == number)
    return found


def drop(file: dict[str, Any], number: str) -> None:
    file["rules"].remove(rule(file, number))
    file["refusals"].pop(number, None)


def edit(file: dict[str, Any]) -> None:
    rule(file, "CTY-4.9").update({"sentence": "A message is for one to fifty bureaus.", "values": {"most": 50}})
    file["rules"] = [each for each in file["rules"] if each["number"] != "RPD-131.5"]
    file["rules"].append(json.loads(as_file(ADDED)))
    retired = Retired("RPD-131.5", "condition", "long_measure_is_decided", ("standing.set",))
    file["refusals"].pop("RPD-131.5")
    file |= {"version": "2027-01", "retired": [*file["retired"], json.loads(msgspec.json.encode(retired))]}


def test_a_holder_reads_which_rules_come_go_and_change_old_beside_new(comity: Terminal) -> None:
    found(comity)
    comity.does("ceremony", "amend", "GS", "--rulebook", changed(edit))
    drafted = comity.out
    sign(comity, "GS/amend.draft", 3)
    for told in (drafted, comity.out):
        lines = [" ".join(line.split()) for line in told.splitlines()]
        start = lines.index("rule comes T-1 At most ten bureaus.")
        assert lines[start + 1 : start + 6] == [
            "article House 7", "effect condition", "about message.send", "test count_is_bounded",
            'values {"most":10.0}',
        ]  # fmt: skip
        gone = "A measure of more than three months names the decision of the executive committee."
        assert f"rule goes RPD-131.5 {gone}" in lines
        start = lines.index("rule changes CTY-4.9")
        assert lines[start + 1 : start + 5] == [
            "sentence before: A message is for one to two hundred bureaus.",
            "after: A message is for one to fifty bureaus.",
            'values before: {"most":200.0}',
            'after: {"most":50.0}',
        ]
        assert "rulebook's version before: 2026-12" in lines
        assert sum(line.startswith("rulebook ") for line in lines) == 2


def reword(file: dict[str, Any]) -> None:
    """A new purpose, level and role, and another title."""
    rule(file, "RPD-10.1")["values"]["purposes"].append("trade")
    file["purposes"].append({"code": "trade", "title": "Illegal trade"})
    file["levels"].insert(1, {"code": "guarded", "title": "Guarded", "hides_subject": True})
    file["roles"][0]["title"] = "Inspector: checks at the border"
    file["roles"].append({"code": "analyst", "title": "Analyst"})
    file["refusals"]["RPD-10.2"]["next_step"] = "Give the case."
    file["version"] = "2027-01"


def test_a_holder_reads_which_words_come_and_change(comity: Terminal) -> None:
    found(comity)
    comity.does("ceremony", "amend", "GS", "--rulebook", changed(reword))
    drafted = comity.out
    sign(comity, "GS/amend.draft", 3)
    for told in (drafted, comity.out):
        text = " | ".join(" ".join(line.split()) for line in told.splitlines())
        for said in (
            "word comes purpose trade | title Illegal trade | reference no",
            "word comes level guarded | title Guarded | hides_subject true",
            "title before: Inspector: asks registers | after: Inspector: checks at the border",
            "word comes role analyst | title Analyst",
            "next_step before: Give the reference of the case or shift, then do it again. | after: Give the case.",
        ):
            assert said in text
    sign(comity, "GS/amend.draft", 1)
    comity.does("directory", "publish", "GS", "GS/amend.draft")
    comity.does("rulebook", "show", "--folder", "GS")
    shown = " | ".join(" ".join(line.split()) for line in comity.out.splitlines())
    assert "purpose trade Illegal trade | level official-use For official use only | level guarded Guarded" in shown
    assert "next step Give the case." in shown


def test_what_two_holders_signed_is_published_and_shown(comity: Terminal) -> None:
    found(comity)
    comity.does("ceremony", "amend", "GS", "--rulebook", changed(edit))
    sign(comity, "GS/amend.draft", 1)
    assert comity("directory", "publish", "GS", "GS/amend.draft") == 4
    assert "1 of 2" in comity.err
    sign(comity, "GS/amend.draft", 3)
    comity.does("directory", "publish", "GS", "GS/amend.draft")
    shown = comity.does("rulebook", "show", "--folder", "GS")
    assert "T-1  At most ten bureaus." in shown
    assert "A message is for one to fifty bureaus." in shown
    assert "executive committee" not in shown
    comity.does("rulebook", "export", "exported.json", "--folder", "GS")
    comity.does("ceremony", "amend", "GS", "--rulebook", "exported.json")
    assert "Nothing was written." in comity.out


def test_without_any_change_nothing_is_written(comity: Terminal) -> None:
    found(comity)
    comity.does("rulebook", "export", "rulebook.json", "--folder", "GS")
    assert parse_rulebook(Path("rulebook.json").read_bytes()) == MODEL_RULEBOOK
    comity.does("ceremony", "amend", "GS", "--rulebook", "rulebook.json")
    assert "in force already. Nothing was written." in comity.out
    assert not Path("GS/amend.draft").exists()


@pytest.mark.parametrize(("change", "said"), [
    (lambda file: rule(file, "RPD-127.2").update(test="has_room", values={"most": 1}), "would mean something else"),
    (lambda file: rule(file, "RPD-127.2").update(kinds=["query.answer"]), "not be about query.ask any more"),
    (lambda file: drop(file, "RPD-127.2"), "is not listed as retired"),
    (lambda file: file["rules"].append(rule(file, "TD-1.2")), "TD-1.2 stands twice"),
    (lambda file: rule(file, "TD-1.2").update(test="is_friend"), "needs the test is_friend"),
    (lambda file: rule(file, "CTY-4.9").update(values={"most": "many"}), "no value most"),
    (lambda file: rule(file, "CTY-4.11").update(values={"hides": ["time"]}), "hides no part that message.open has"),
    (lambda file: file.update(v=9), "of another"),
    (lambda file: file["roles"].append({"code": "duty", "title": "Again"}), "The role duty stands twice"),
    (lambda file: file["levels"].reverse(), "The levels would protect in another order"),
    (lambda file: rule(file, "RPD-107.2")["values"].update(secret=["desk"]), "names the level secret"),
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_a_rulebook_that_may_not_come_is_refused_before_anything_is_written(
    comity: Terminal, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    found(comity)
    assert comity("ceremony", "amend", "GS", "--rulebook", changed(change)) == 2
    assert said in comity.err
    assert "Next:" in comity.err
    assert not Path("GS/amend.draft").exists()


def test_a_kind_for_which_no_ground_is_left_is_refused(comity: Terminal) -> None:
    def silence(file: dict[str, Any]) -> None:
        file["rules"].remove(alone := rule(file, "CTY-1.4"))
        file["retired"].append({name: alone[name] for name in ("number", "effect", "test", "kinds")})

    found(comity)
    assert comity("ceremony", "amend", "GS", "--rulebook", changed(silence)) == 2
    assert "No rule speaks of answer.receive" in comity.err
    assert "Give it a ground" in comity.err


def test_a_draft_made_before_another_was_published_is_refused(comity: Terminal) -> None:
    found(comity)
    comity.does("ceremony", "amend", "GS", "--rulebook", changed(edit))
    late = Path("GS/amend.draft").rename("late.draft")
    comity.does("ceremony", "amend", "GS", "--rulebook", changed(lambda file: file.update(version="2027-02")))
    for draft in ("GS/amend.draft", str(late)):
        sign(comity, draft, 1, 2)
    comity.does("directory", "publish", "GS", "GS/amend.draft")
    assert comity("directory", "publish", "GS", str(late)) == 4
    assert "is not above" in comity.err


def test_the_rulebook_of_a_running_node_is_shown_and_exported(served: Served, comity: Terminal) -> None:
    served.officer(comity, "LT", "ruta", "inspector")
    node = ("--node", served.urls["LT"])
    shown = comity.does("rulebook", "show", *node)
    assert f"{MODEL_RULEBOOK.name} {MODEL_RULEBOOK.version}" in shown
    assert "RPD-58.1  A record is open to the audience that its source has set." in shown
    assert json.loads(comity.does("rulebook", "show", "--json", *node))["hash"] == MODEL_RULEBOOK.hash
    comity.does("rulebook", "export", "rulebook.json", "--with-model", *node)
    assert parse_rulebook(Path("rulebook.json").read_bytes()) == MODEL_RULEBOOK
    assert comity("rulebook", "export", "rulebook.json", *node) == 2
