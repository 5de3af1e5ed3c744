"""Whoever is signed in reads the rulebook in force, and what of it the node cannot apply."""

import base64

import msgspec
import pytest

from comity.rules.in_force import InForce, take_up
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule

from .conftest import Cast

UNKNOWN = Rule("T-9", "test", "Only friends may.", "condition", ("query.ask",), "is_friend")


def test_the_rules_in_force_are_shown_with_the_whole_file(cast: Cast) -> None:
    shown = cast.officer("LT", "inspector").get("/v1/rulebook").json()
    assert (shown["name"], shown["version"], shown["hash"]) == (
        MODEL_RULEBOOK.name, MODEL_RULEBOOK.version, MODEL_RULEBOOK.hash,
    )  # fmt: skip
    assert [rule["number"] for rule in shown["rules"]] == [rule.number for rule in MODEL_RULEBOOK.rules]
    assert (shown["unread"], shown["why"]) == ([], "")
    assert base64.b64decode(shown["file"]) == MODEL_RULEBOOK.encode()


def test_nobody_who_is_not_signed_in_is_shown_it(cast: Cast) -> None:
    assert cast.nobody().get("/v1/rulebook").status_code == 401


def test_rules_that_this_version_cannot_apply_are_named(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (*MODEL_RULEBOOK.rules, UNKNOWN)
    data = msgspec.structs.replace(MODEL_RULEBOOK, version="2", rules=rules).encode()
    officer, knowledge = cast.officer("FR", "registrar"), cast.network.nodes["FR"].knowledge
    in_force: InForce = take_up(data, MODEL_RULEBOOK)
    monkeypatch.setattr(knowledge, "rulebook", lambda: in_force)
    shown = officer.get("/v1/rulebook").json()
    assert shown["hash"] == MODEL_RULEBOOK.hash
    assert [(rule["number"], rule["kinds"]) for rule in shown["unread"]] == [("T-9", ["query.ask"])]
    assert "cannot apply" in shown["unread"][0]["sentence"]
    assert "is_friend" in shown["why"]
