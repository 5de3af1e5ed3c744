"""Nouns and their parts: each stands in the list once, and has what a capability needs on every floor."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity import capabilities
from comity.acts import Partners, all_kinds
from comity.api.auth import needs_of
from comity.capabilities import NOUNS, Floor, parts
from comity.cli.program import COMMANDS
from comity.plug import FacePart, PeerPart, RoomPart, ShownPart, StorePart, StoryPart
from comity.rules.catalogue import KINDS, TESTS
from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.part import RulesPart
from comity.rules.predicates import GENERAL_TESTS
from comity.shown.held import points_by_kind
from comity.testing import Network
from tests.rules.facts import PASSING

SOURCE = Path(capabilities.__file__).parent
FLOORS: dict[Floor, type[Any]] = {
    "rules": RulesPart, "room": RoomPart, "store": StorePart, "peer": PeerPart, "shown": ShownPart, "api": FacePart,
    "web": FacePart,
    "demo": StoryPart,
}  # fmt: skip
PARTNERS_MAX = 12
NO_ROUTE = {
    "answer.receive": "follows query.ask", "record.receive": "follows record.read",
    "alert.send": "the keeper's own", "delivery.expire": "the courier's own", "held.end": "the clock's",
    "consignment.take": "follows consignment.accept",
    "record.expire": "the clock's", "officer.first": "for whoever holds the folder: comity officer",
    "session.open": "the door itself", "session.close": "everybody's", "password.set": "everybody's",
    "query.answer": "asked over the line", "record.show": "asked over the line", "blob.show": "asked over the line",
    "batch.accept": "comes over the line", "consignment.accept": "comes over the line",
    "message.deliver": "comes over the line", "receipt.take": "comes over the line",
    "envelope.relay": "comes over the line", "receipt.relay": "comes over the line",
    "reads.state": "comes over the line",
}  # fmt: skip
"""Kinds that no officer does by API or page, and why."""
NO_PAGE = {
    "attachment.add": "a page attaches what is sent with it", "directory.publish": "done with files, by its engineer",
    "ledger.prove": "read by programs: comity ledger",
}  # fmt: skip
"""Kinds that have a route of the API, and no page, and why."""
NO_RULE = {
    "statuses_are_listed": "for other organisations: what a source hears may go by the status of its record",
}
"""Tests of which no rule of the model is made, and why they are there."""
NO_POINTS = {
    "session.open": "its body is a password", "session.close": "its body is a session's token",
    "officer.first": "its body is a password's hash, and who holds the folder waits for nobody",
    "message.open": "its body is a message's name, and what the message says is nobody else's",
    "attachment.add": "its body is what was uploaded, under a key",
    "directory.publish": "its body is a signed file: comity ceremony shows what is in it",
    "held.release": "a word on another act, which shows its own points",
    "held.refuse": "a word on another act, which shows its own points",
    "held.end": "the clock's own, of another act",
    "record.expire": "the clock's own: records at their end",
    "delivery.expire": "the courier's own, of bytes that are sealed",
    "alert.send": "the keeper's own: whom it tells of which hit is nobody else's",
    "batch.accept": "signed bytes of another bureau's", "consignment.accept": "signed bytes of another bureau's",
    "consignment.take": "packed bytes of another bureau's", "message.deliver": "sealed bytes of another bureau's",
    "receipt.take": "signed bytes of another bureau's", "envelope.relay": "sealed bytes of another bureau's",
    "receipt.relay": "signed bytes of another bureau's", "reads.state": "signed bytes of another node's",
}  # fmt: skip
"""Kinds that can be held, of whose bodies nobody is shown anything, and why."""
NO_CHAPTER = {
    "blob": "An attachment is sent and read in the chapter of messages.",
    "officer": "Officers are there before the story begins, and sign in in the chapter of sessions.",
    "directory": "Every chapter is played over it: the chapters of the rulebook and of members sign it anew.",
    "network": "It is what the whole story is played in: it begins with it, and ends when it has stopped.",
}
"""Nouns that have no chapter of the story, and why."""


def modules(floor: str) -> list[str]:
    return [module for noun in NOUNS for module in getattr(noun, floor)]


def files_with_a_part() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "PART":
                yield ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def test_every_part_stands_in_the_list_once() -> None:
    named = sorted(module for floor in FLOORS for module in modules(floor))
    assert named == sorted(files_with_a_part())


@pytest.mark.parametrize("floor", FLOORS)
def test_every_part_is_of_its_floor(floor: Floor) -> None:
    assert len(parts(floor, FLOORS[floor])) == len(modules(floor)) > 0


def test_a_part_of_another_floor_is_refused() -> None:
    with pytest.raises(TypeError, match=r"members\.session"):
        parts("room", StorePart)


def test_nouns_have_names_of_their_own() -> None:
    names = [noun.name for noun in NOUNS]
    assert len(names) == len(set(names))


def test_every_kind_has_a_title_and_a_rule_and_is_done_by_somebody(network: Network) -> None:
    kinds, done = all_kinds(), set(network.nodes["LT"].gate.kinds)
    names = {kind.name for kind in kinds}
    assert len(names) == len(kinds), "one stands twice"
    assert names - done == set(), "the function acts of a part does not say who does it"
    assert done - names == set(), "the kinds of a part lack it"
    assert [kind.name for kind in kinds if not kind.title] == []


def named(kinds: set[str]) -> dict[str, str]:
    """Where whoever has forgotten something looks: each kind, by the noun whose room brings it."""
    brought = {
        kind.name: noun.name for noun in NOUNS for part in parts_of(noun, "room") for kind in getattr(part, "kinds", ())
    }
    return {kind: f"rules/{brought.get(kind, kind.partition('.')[0])}.py" for kind in sorted(kinds)}


def parts_of(noun: capabilities.Noun, floor: Floor) -> list[Any]:
    return [importlib.import_module(f"comity.{module}").PART for module in getattr(noun, floor)]


def test_every_kind_stands_in_the_rules_too_and_no_other() -> None:
    names = {kind.name for kind in all_kinds()}
    assert named(names - set(KINDS)) == {}, "add an ActRuled to the part of the noun's rules"
    assert named(set(KINDS) - names) == {}, "no room does such acts"
    assert named(set(KINDS) ^ set(PASSING)) == {}, "tests/rules/facts.py: facts of an act that is allowed"


def test_a_noun_with_kinds_has_rules_and_rules_that_speak_of_each() -> None:
    assert [noun.name for noun in NOUNS if any(part.kinds for part in parts_of(noun, "room")) and not noun.rules] == []
    spoken = {kind for kind in KINDS if any(rule.is_about(kind) for rule in MODEL_RULEBOOK.rules)}
    assert named(set(KINDS) - spoken) == {}, "a ground, or all such acts are refused"


def test_no_kind_no_test_and_no_rule_is_brought_by_two() -> None:
    found = parts("rules", RulesPart)
    for names in (
        [kind.name for part in found for kind in part.kinds],
        [*(test.name for part in found for test in part.tests), *(test.name for test in GENERAL_TESTS)],
        [
            *(rule.number for part in found for rule in part.rules),
            *(rule.number for part in found for rule in part.retired),
        ],
    ):
        assert len(names) == len(set(names))


def test_every_rule_of_a_noun_is_in_the_model() -> None:
    assert {rule.number for part in parts("rules", RulesPart) for rule in part.rules} <= {
        rule.number for rule in MODEL_RULEBOOK.rules
    }


def test_every_test_of_rules_is_in_use_or_has_a_reason_to_be_there() -> None:
    in_use = {rule.test for rule in MODEL_RULEBOOK.rules}
    assert in_use <= set(TESTS), "a noun's tests stand in its part of the rules"
    assert set(TESTS) - in_use == set(NO_RULE)


def test_facts_have_all_that_tests_of_rules_look_at() -> None:
    for test in TESTS.values():
        looked_at = test.holds.__annotations__["facts"]
        assert issubclass(Facts, looked_at), f"rules/facts.py: add {looked_at.__name__} to Facts"


def test_no_fact_is_said_by_two_nouns_and_each_is_looked_at() -> None:
    said = [name for form in Facts.__mro__ for name in vars(form).get("__annotations__", ())]
    assert len(said) == len(set(said))
    rules = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "rules").glob("*.py"))
    assert [name for name in said if f"facts.{name}" not in rules] == []


def test_every_kind_has_a_route_and_a_page_or_a_reason_why_not() -> None:
    reasons: dict[Floor, set[str]] = {"api": set(NO_ROUTE), "web": {*NO_ROUTE, *NO_PAGE}}
    names = {kind.name for kind in all_kinds()}
    for floor, reasoned in reasons.items():
        routes = [route for part in parts(floor, FacePart) for route in part.all()]
        routed = {kind for route in routes for kind in (*needs_of(route), route.opt.get("kind", ""))}
        assert names - routed == reasoned - routed, floor
        assert reasoned <= names


def test_every_kind_that_can_be_held_says_what_is_shown_of_it_or_has_a_reason_why_nothing_is(network: Network) -> None:
    handlers = network.nodes["LT"].gate._handlers
    assert set(handlers) == {kind.name for kind in all_kinds()}
    held = {name for name, handler in handlers.items() if handler.changes}
    assert held == {*points_by_kind(), *NO_POINTS}
    assert not set(points_by_kind()) & set(NO_POINTS)


def test_no_change_and_no_request_is_taken_by_two() -> None:
    changes = [change for part in parts("store", StorePart) for change in part.changes]
    shown = [kind.name for part in parts("shown", ShownPart) for kind in part.points]
    begins = [each for part in parts("peer", PeerPart) for each in (*part.requests, *part.keyless)]
    routes = [(id(route)) for floor in ("api", "web") for part in parts(floor, FacePart) for route in part.all()]  # type: ignore[arg-type]
    steps = [name for part in parts("demo", StoryPart) for name, _play in part.steps]
    for found in (changes, shown, begins, routes, steps):
        assert len(found) == len(set(found))
    assert not [(one, other) for one in begins for other in begins if one != other and one.startswith(other)]


def test_every_noun_has_a_chapter_of_the_story_or_a_reason_why_not() -> None:
    assert {noun.name for noun in NOUNS if not noun.demo} == set(NO_CHAPTER)
    assert all(reason[0].isupper() and reason.endswith(".") for reason in NO_CHAPTER.values())


def test_every_noun_stands_in_the_glossary() -> None:
    glossary = (SOURCE.parent.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^## (.+)$", glossary, re.MULTILINE))
    assert {noun.name.replace("-", " ") for noun in NOUNS} - explained == set()


def test_every_command_is_there() -> None:
    for name, (module, text) in COMMANDS.items():
        assert re.fullmatch("[a-z-]+", name)
        assert text.endswith(".")
        assert importlib.import_module(f"comity.cli.{module}").app


def test_the_partners_of_acts_stay_few() -> None:
    assert len(Partners._fields) <= PARTNERS_MAX
