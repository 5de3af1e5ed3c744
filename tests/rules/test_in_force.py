"""A rulebook that cannot be applied leaves the one before in force, and closes what its unread rules are about."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from comity.rules.facts import Facts
from comity.rules.in_force import InForce, take_up
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from tests.rules.facts import PASSING, passing

UNKNOWN = Rule("T-9", "test", "Only friends may.", "condition", ("query.ask", "ledger.*"), "is_friend")
CLOSED = {kind for kind in PASSING if kind == "query.ask" or kind.startswith("ledger.")}


def book(*rules: Rule) -> Rulebook:
    return msgspec.structs.replace(MODEL_RULEBOOK, version="2", rules=(*MODEL_RULEBOOK.rules, *rules))


def changed(rulebook: Rulebook, number: str = "", **members: Any) -> bytes:
    """A rulebook's file with members of a rule, or of the whole, as another program might write them."""
    file = json.loads(rulebook.encode())
    place = next(rule for rule in file["rules"] if rule["number"] == number) if number else file
    place |= members
    return json.dumps(file).encode()


def closed(in_force: InForce) -> set[str]:
    return {kind for kind in PASSING if not in_force.judge(passing(kind)).is_allowed}


def test_a_rulebook_that_can_be_applied_is_in_force_whole() -> None:
    in_force = take_up(book().encode(), FIRST_RULEBOOK)
    assert (in_force.rulebook, in_force.unread, in_force.why) == (book(), (), "")
    assert closed(in_force) == set()


def test_a_rule_with_an_unknown_test_closes_exactly_what_it_is_about() -> None:
    in_force = take_up(book(UNKNOWN).encode(), MODEL_RULEBOOK)
    assert closed(in_force) == CLOSED
    verdict = in_force.judge(passing("query.ask"))
    assert (verdict.outcome, verdict.rules, verdict.rulebook) == ("refused", ("T-9",), MODEL_RULEBOOK.hash)
    assert "T-9 needs the test is_friend" in in_force.why


def test_what_the_last_rulebook_refuses_stays_refused_by_its_own_rules() -> None:
    in_force = take_up(book(UNKNOWN).encode(), MODEL_RULEBOOK)
    assert in_force.judge(passing("record.enter", is_lawful=False)).rules == ("RPD-12.1",)


def test_whoever_asks_whether_such_acts_may_be_done_at_all_hears_no() -> None:
    in_force = take_up(book(UNKNOWN).encode(), MODEL_RULEBOOK)
    officer = Facts(kind="query.ask", actor="officer", is_proven=True, roles=frozenset({"inspector"}))
    assert in_force.judge_ground(officer).rules == ("T-9",)
    assert in_force.judge_ground(replace(officer, kind="message.send")).rules == ("RPD-21.1",)
    assert in_force.judge_ground(replace(officer, kind="record.read")).is_allowed


@pytest.mark.parametrize("members", [
    {"effect": "delay"}, {"more": 1}, {"values": {"least": 1}}, {"values": {}}, {"test": 7}, {"seen": "maybe"},
    {"sentence": {"en": "Few."}},
], ids=str)  # fmt: skip
def test_whatever_is_unknown_in_one_rule_closes_what_it_is_about_and_nothing_else(members: dict[str, Any]) -> None:
    in_force = take_up(changed(book(), "RPD-127.2", **members), MODEL_RULEBOOK)
    assert closed(in_force) == {"query.ask"}
    assert in_force.judge(passing("query.ask")).rules == ("RPD-127.2",)


def test_a_newer_version_closes_what_is_not_word_for_word_as_before() -> None:
    data = changed(book(UNKNOWN), "RPD-127.2", values={"per_minute": 61})
    in_force = take_up(json.dumps(json.loads(data) | {"v": 9}).encode(), MODEL_RULEBOOK)
    assert {rule.number for rule in in_force.unread} == {"T-9", "RPD-127.2"}
    assert closed(in_force) == CLOSED


def test_a_newer_version_with_the_same_rules_closes_nothing_and_is_not_in_force() -> None:
    in_force = take_up(changed(MODEL_RULEBOOK, v=9), MODEL_RULEBOOK)
    assert (in_force.rulebook, in_force.unread) == (MODEL_RULEBOOK, ())
    assert in_force.why


@pytest.mark.parametrize("members", [{"more": 1}, {"words": {}}, {"name": 1}], ids=str)
def test_an_unknown_member_of_the_whole_is_as_a_newer_version(members: dict[str, Any]) -> None:
    other = json.loads(changed(book(UNKNOWN), "RPD-127.2", values={"per_minute": 61}))
    in_force = take_up(json.dumps(other | members).encode(), MODEL_RULEBOOK)
    assert [rule.number for rule in in_force.unread] == ["RPD-127.2", "T-9"]
    assert in_force.rulebook == MODEL_RULEBOOK


def test_a_number_that_stands_twice_closes_what_both_are_about() -> None:
    twice = msgspec.structs.replace(UNKNOWN, number="RPD-131.4", test="is_new")
    in_force = take_up(book(twice).encode(), MODEL_RULEBOOK)
    assert closed(in_force) == {*CLOSED, "standing.set"}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"rules":[{}]}', b"\xff", b'{"rules":[],"rules":[]}'])
def test_under_what_is_no_rulebook_at_all_nothing_is_done(data: bytes) -> None:
    in_force = take_up(data, MODEL_RULEBOOK)
    assert closed(in_force) == set(PASSING)
    assert in_force.judge(passing("query.ask")).rules == ("CTY-0",)
    assert "cannot be read" in in_force.sentence("CTY-0")


def test_the_sentence_of_an_unread_rule_says_that_it_is_unread_and_its_words_where_they_are_text() -> None:
    said = take_up(book(UNKNOWN).encode(), MODEL_RULEBOOK).sentence("T-9")
    assert "cannot apply this rule" in said
    assert said.endswith("Only friends may.")
    wordless = take_up(changed(book(UNKNOWN), "T-9", sentence=["Only", "friends"]), MODEL_RULEBOOK)
    assert wordless.sentence("T-9").endswith("update it at this node.")
    assert wordless.sentence("RPD-12.1") == InForce(MODEL_RULEBOOK).sentence("RPD-12.1")


def test_once_the_rule_is_gone_nothing_is_unread() -> None:
    unread = take_up(book(UNKNOWN).encode(), MODEL_RULEBOOK)
    after = take_up(book().encode(), unread.rulebook)
    assert (closed(after), after.why) == (set(), "")


def test_thresholds_written_without_a_point_are_the_same_numbers() -> None:
    assert take_up(changed(book(), "RPD-127.2", values={"per_minute": 60}), FIRST_RULEBOOK).rulebook == book()
