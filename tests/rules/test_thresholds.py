"""Numbers in a rulebook become times, counts and sizes: what none can be is refused when it is read or amended."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.errors import MalformedError
from comity.rules.amending import amend
from comity.rules.catalogue import TESTS
from comity.rules.faults import find_fault
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import parse_rulebook
from comity.rules.thresholds import BOUNDS
from comity.rules.unfit import find_unfit
from comity.rules.written import RulebookError

NUMBERS = [
    pytest.param(rule, name, id=f"{rule.number}-{name}")
    for rule in MODEL_RULEBOOK.rules
    for name, value in rule.values.items()
    if isinstance(value, int | float)
]


def changed(rule: Rule, name: str, value: float) -> Rule:
    return msgspec.structs.replace(rule, values=rule.values | {name: value})


@pytest.mark.parametrize(("rule", "name"), NUMBERS)
@pytest.mark.parametrize("value", [1e16, 1e300, float("inf"), float("nan"), -1e16])
def test_what_no_time_count_or_size_can_be_is_named_with_its_value(rule: Rule, name: str, value: float) -> None:
    said = find_fault(changed(rule, name, value))
    assert rule.number in said
    assert name in said


@pytest.mark.parametrize(("name", "value"), [("days", 3e6), ("days", 1e12), ("releases", 1e15)])
def test_a_hold_that_nobody_could_wait_for_or_release_is_neither_read_nor_amended(name: str, value: float) -> None:
    rules = tuple(changed(rule, name, value) if rule.number == "CTY-5.6" else rule for rule in MODEL_RULEBOOK.rules)
    book = msgspec.structs.replace(MODEL_RULEBOOK, version="later", rules=rules).encode()
    with pytest.raises(RulebookError, match=f"CTY-5.6: its value {name} is {value:.0f}"):
        parse_rulebook(book)
    with pytest.raises(MalformedError, match=r"CTY-5\.6"):
        amend(MODEL_RULEBOOK.encode(), book)


@pytest.mark.parametrize(("rule", "name"), NUMBERS)
def test_what_is_below_its_bound_does_not_come_and_is_read_where_it_is(rule: Rule, name: str) -> None:
    small = changed(rule, name, BOUNDS[name].least - 0.001)
    assert f"{name} " in find_unfit(small, rule)
    is_how_it_holds = rule.effect == "hold" and name in ("days", "releases")
    assert (find_fault(small) == "") is not is_how_it_holds


def test_every_number_that_a_test_needs_has_a_bound() -> None:
    needed = {
        name
        for test in TESTS.values()
        for needs in (test.needs, test.may_have)
        for name, need in needs.items()
        if need in ("number", "positive")
    }
    assert {*needed, "days", "waits_days", "releases"} == set(BOUNDS)


def test_the_longest_time_that_a_rule_may_let_pass_has_a_date() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert now + timedelta(days=BOUNDS["days"].most) > now
    assert now + timedelta(seconds=BOUNDS["skew_s"].most) > now


@pytest.mark.parametrize(("rule", "name"), NUMBERS)
def test_the_least_and_the_most_are_taken(rule: Rule, name: str) -> None:
    for value in BOUNDS[name]:
        assert find_fault(changed(rule, name, value)) == ""
