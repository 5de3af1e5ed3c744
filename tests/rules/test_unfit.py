"""Rules that would decide nothing are not taken in, and those that an older program took in go on as they were."""

import itertools
from typing import Any

import msgspec
import pytest

from comity.errors import MalformedError
from comity.registers.declared import DECLARED
from comity.rules.amending import amend, compare
from comity.rules.catalogue import KINDS, LOOKS_AT, REGISTERS, TESTS
from comity.rules.facts import Facts
from comity.rules.in_force import take_up
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.part import RuleTest
from comity.rules.rule import Effect, Rule, Value
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.thresholds import Need
from comity.rules.unfit import find_unfit
from comity.rules.verdict import Hold
from tests.rules.facts import PASSING, passing

VALUES: dict[Need, Value] = {"number": 1.0, "positive": 1.0, "texts": ["a"], "lists": ["a"]}
FITTING: dict[str, Value] = {"days": 40.0, "skew_s": 100.0}
SOUND = Rule(
    "X-1", "X 1", "At most ten a minute.", "condition", ("query.ask",), "rate_is_bounded", {"per_minute": 10.0}
)


def sound(**changed: Any) -> Rule:
    return msgspec.structs.replace(SOUND, **changed)


def of(test: RuleTest, kind: str, effect: Effect = "condition") -> Rule:
    values = {name: FITTING.get(name, VALUES[need]) for name, need in test.needs.items() if name != "*"}
    if "*" in test.needs:
        values = {"desk": ["query.ask"]}
    if effect == "hold" and "days" in values:
        values["waits_days"] = 1.0
    return Rule("X-1", "X 1", "It is so.", effect, (kind,), test.name, values)


def plus(*rules: Rule) -> Rulebook:
    return msgspec.structs.replace(MODEL_RULEBOOK, rules=(*MODEL_RULEBOOK.rules, *rules))


def refused(old: bytes | None, new: Rulebook) -> str:
    with pytest.raises(MalformedError) as caught:
        amend(old, new.encode())
    assert caught.value.where == "X-1"
    assert caught.value.next_step
    return caught.value.message


# Facts


@pytest.mark.parametrize("test", TESTS)
def test_the_facts_that_a_test_looks_at_are_those_that_its_code_names(test: str) -> None:
    """None is looked at behind a function that it calls."""
    asked: set[str] = set()

    class Watched(Facts):
        def __getattribute__(self, name: str) -> object:
            asked.add(name)
            return super().__getattribute__(name)

    lists: dict[str, Value] = {"official-use": ["a"], "confidential": ["a"]}
    values = lists if "*" in TESTS[test].needs else of(TESTS[test], "query.ask").values
    for kind, actor, purpose in itertools.product(PASSING, ("nobody", "officer", "bureau", "node"), ("a", "b")):
        facts = passing(kind, actor=actor, purpose=purpose, measure_days=90.0, taken_out=9)
        found = {name: getattr(facts, name) for name in Facts.__dataclass_fields__}
        TESTS[test].holds(Watched(**found), values | {"purposes": ["a"]})
    assert asked - {"__class__", "__dict__"} == LOOKS_AT[test]


@pytest.mark.parametrize("effect", ["condition", "hold"])
@pytest.mark.parametrize("test", TESTS)
def test_a_rule_is_about_acts_that_state_what_its_test_looks_at(test: str, effect: Effect) -> None:
    for kind, ruled in KINDS.items():
        if effect == "hold" and not ruled.is_holdable:
            continue
        fault = find_unfit(of(TESTS[test], kind, effect))
        assert (fault == "") is (LOOKS_AT[test] <= ruled.states), kind
        if fault:
            assert f"Rule X-1 cannot be about {kind}: its test {test} looks at " in fault


IDLE = sound(kinds=("message.send",))


def test_of_a_noun_every_act_has_to_state_it() -> None:
    assert "query.answer" in find_unfit(sound(kinds=("query.*",)))
    assert find_unfit(sound(kinds=("query.ask", "record.read"))) == ""


def test_a_node_does_not_apply_an_idle_rule_that_comes_and_refuses_what_it_is_about() -> None:
    in_force = take_up(plus(IDLE).encode(), MODEL_RULEBOOK)
    assert [rule.number for rule in in_force.unread] == ["X-1"]
    assert "recent_count" in in_force.why
    assert in_force.judge(passing("message.send")).rules == ("X-1",)
    assert in_force.judge(passing("query.ask")).is_allowed


def test_an_idle_rule_that_was_in_force_stays_as_it_was() -> None:
    """An older program took it in: after the update the network goes on, and can amend it."""
    before = plus(IDLE)
    in_force = take_up(before.encode(), parse_rulebook(before.encode()))
    assert (in_force.unread, in_force.why) == ((), "")
    assert in_force.judge(passing("message.send")).is_allowed
    corrected = plus(msgspec.structs.replace(IDLE, sentence="At most ten.", values={"per_minute": 9.0}))
    assert compare(before, corrected).changes
    assert not take_up(corrected.encode(), before).unread
    wider = plus(msgspec.structs.replace(IDLE, kinds=("message.send", "officer.create")))
    assert "officer.create" in refused(before.encode(), wider)
    assert take_up(wider.encode(), before).unread


# The rest of what a rule says

UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"kinds": ()}, "about no kind of act"),
    ({"kinds": ("query.ask", "record.entr")}, "about record.entr"),
    ({"kinds": ("record.entr",), "test": "is_proven", "values": {}}, "about record.entr"),
    ({"kinds": ("recrod.*",)}, "about recrod.*"),
    ({"register": "vehicels"}, "vehicels"),
    ({"sentence": ""}, "no sentence"),
    ({"sentence": " \n"}, "no sentence"),
    ({"values": {"per_minute": 0.0}}, "per_minute 0"),
    ({"values": {"per_minute": -1.0}}, "per_minute -1"),
    ({"test": "count_is_bounded", "values": {"most": 0.0}}, "most 0"),
    ({"test": "purpose_is_listed", "values": {"purposes": []}}, "purposes"),
    ({"kinds": ("record.enter",), "test": "retention_is_bounded", "values": {"years": 0.0}}, "years 0"),
    ({"kinds": ("query.answer",), "test": "time_is_near", "values": {"skew_s": -5.0}}, "skew_s -5"),
    ({"kinds": ("message.send",), "test": "is_in_time", "values": {"days": 0.0}}, "days 0"),
    (
        {"effect": "hold", "kinds": ("record.consign",), "test": "few_go_out", "values": {"few": -1.0, "share": 0.0}},
        "few -1",
    ),
    ({"effect": "hold", "kinds": ("record.enter",), "test": "is_lawful", "values": {"releases": 1.5}}, "releases 1.5"),
    ({"effect": "ground", "test": "role_includes_act", "values": {"desk": ["query.aks"]}}, "query.aks"),
    *(
        ({"effect": "hold", "kinds": (kind,), "test": "is_bureau", "values": {}}, "nobody could release it")
        for kind in ("held.release", "held.*", "*", "officer.first", "officer.*")
    ),
    (
        {"effect": "hold", "kinds": ("standing.set",), "test": "long_measure_is_decided", "values": {"days": 31.0}},
        "waits_days",
    ),
]


@pytest.mark.parametrize(("changed", "said"), UNFIT, ids=str)
def test_a_rule_that_would_decide_nothing_does_not_come(changed: dict[str, Any], said: str) -> None:
    assert said in refused(MODEL_RULEBOOK.encode(), plus(sound(**changed)))
    assert said in refused(None, plus(sound(**changed)))


@pytest.mark.parametrize(("changed", "said"), UNFIT, ids=str)
def test_one_that_was_in_force_stays_readable_and_what_else_it_says_may_change(
    changed: dict[str, Any], said: str
) -> None:
    before = plus(sound(**changed))
    assert parse_rulebook(before.encode()) == before, said
    assert take_up(before.encode(), before).rulebook == before
    after = plus(sound(**changed | {"article": "X 2"}))
    assert [change.number for change in compare(before, after).changes] == ["X-1"]


@pytest.mark.parametrize(("changed", "said"), UNFIT, ids=str)
def test_nor_does_a_rule_come_to_say_it(changed: dict[str, Any], said: str) -> None:
    """Of what its meaning is nothing changes at all, by another rule."""
    if {"register", "test", "effect"} & changed.keys() or changed.get("kinds") == ():
        return
    if "kinds" in changed:
        changed = changed | {"kinds": ("query.ask", *changed["kinds"])}
    assert said in refused(plus(SOUND).encode(), plus(sound(**changed)))


def test_the_models_rules_all_decide_something() -> None:
    assert [why for rule in MODEL_RULEBOOK.rules if (why := find_unfit(rule))] == []
    assert [why for rule in FIRST_RULEBOOK.rules if (why := find_unfit(rule))] == []


def test_rules_can_be_about_each_register_that_there_is() -> None:
    """A register costs a rule for its retention: by that the rules, which know no room, know its name."""
    kept = {rule.register for rule in MODEL_RULEBOOK.rules if rule.test == "retention_is_bounded"}
    assert kept == {register.name for register in DECLARED}
    assert kept <= REGISTERS


# How long a held act waits, where its test goes by days too


@pytest.mark.parametrize(("values", "waits"), [
    ({"days": 31.0, "waits_days": 7.0}, 7.0), ({"days": 31.0}, 31.0),
])  # fmt: skip
def test_a_hold_says_apart_how_long_acts_wait_where_its_test_goes_by_days(values: dict[str, Any], waits: float) -> None:
    """One that was published without it means what it meant."""
    hold = Rule("X-1", "X", "Long ones wait.", "hold", ("standing.set",), "long_measure_is_decided", values)
    book = parse_rulebook(plus(hold).encode())
    facts = passing("standing.set", has_reference=False)
    assert book.judge(facts).is_allowed  # it lasts 30 days
    assert book.judge(passing("standing.set", has_reference=False, measure_days=40.0)).hold == Hold(1, waits)


def test_other_holds_have_one_name_for_it() -> None:
    fault = "no value waits_days"
    hold = sound(effect="hold", kinds=("record.enter",), test="is_lawful", values={"waits_days": 3.0})
    assert fault in refused_by_reading(hold)
    assert fault in refused_by_reading(sound(values={"per_minute": 1.0, "waits_days": 3.0}))


def refused_by_reading(rule: Rule) -> str:
    with pytest.raises(MalformedError) as caught:
        amend(MODEL_RULEBOOK.encode(), plus(rule).encode())
    return caught.value.message
