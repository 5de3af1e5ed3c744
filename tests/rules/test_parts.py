"""What nouns bring to the rules reaches the rules about acts of all nouns, without a line there."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from comity.rules.access import roles_with, with_later
from comity.rules.catalogue import KINDS, TESTS
from comity.rules.model import MODEL_RULEBOOK, in_order
from comity.rules.part import ActRuled, RulesPart
from comity.rules.rule import Rule

ERRANDS = (
    ActRuled("errand.send", "officer", uses_channel=True, gives_to_members=True),
    ActRuled("errand.take", "bureau"),
    ActRuled("errand.read", "officer"),
)
"""A made-up noun."""


def is_given_to(kind: ActRuled) -> bool:
    return kind.gives_to_members or kind.ground == "bureau"


@pytest.mark.parametrize(("number", "has"), [
    ("RPD-6.1", lambda kind: kind.ground == "bureau"), ("CTY-1.1", lambda kind: kind.ground == "bureau"),
    ("RPD-21.1", lambda kind: kind.ground == "officer" or kind.name in ("officer.first", "session.close")),
    ("CTY-1.4", lambda kind: kind.ground == "node"), ("CTY-1.2", lambda kind: kind.is_timed),
    ("CTY-1.3", lambda kind: kind.is_answered_once), ("CTY-1.6", is_given_to),
    ("CTY-2.1", lambda kind: kind.uses_channel), ("RPD-131.1", lambda kind: kind.uses_channel),
    ("CTY-2.2", lambda kind: kind.is_at_keeper),
])  # fmt: skip
def test_what_kinds_say_of_themselves_is_what_the_published_rules_list(
    number: str, has: Callable[[ActRuled], bool]
) -> None:
    """Of two that have grounds of their own RPD-21.1 speaks too: it lists ``officer.*``, and what was an officer's."""
    rule = MODEL_RULEBOOK.find_rule(number)
    assert {kind for kind in KINDS if rule.is_about(kind)} == {kind.name for kind in KINDS.values() if has(kind)}


def test_the_tests_by_which_kinds_hide_something_are_there() -> None:
    named = {test for kind in KINDS.values() for test in (*kind.hides_whole_by, kind.hides_by) if test}
    assert named <= set(TESTS)


def test_the_kinds_of_a_noun_that_comes_stand_behind_those_that_were_published() -> None:
    published = ("query.ask", "officer.*")
    kinds = (*(KINDS[name] for name in ("officer.list", "query.ask", "query.answer")), *ERRANDS)
    listed = with_later(published, lambda kind: kind.ground == "officer", kinds)
    assert listed == ("query.ask", "officer.*", "errand.send", "errand.read")
    assert with_later(published, lambda _kind: False, kinds) == published


def test_roles_include_what_a_noun_brings_for_them() -> None:
    before, roles = roles_with(()), roles_with([RulesPart(roles={"desk": ("errand.read",), "runner": ("errand.*",)})])
    assert roles["desk"] == [*before["desk"], "errand.read"]
    assert roles["runner"] == ["errand.*"]
    assert {role: roles[role] for role in before if role != "desk"} == {
        role: acts for role, acts in before.items() if role != "desk"
    }
    assert roles_with(()) == before


def test_a_rule_that_comes_stands_behind_the_published_ones() -> None:
    later = [Rule(f"T-{number}", "test", "Later.", "ground", ("errand.*",), "is_node") for number in (2, 1)]
    assert in_order((*later, *MODEL_RULEBOOK.rules[:9])) == (*MODEL_RULEBOOK.rules[:9], *later)
    assert in_order(MODEL_RULEBOOK.rules[8::-1]) == MODEL_RULEBOOK.rules[:9]


def test_the_rules_load_no_room() -> None:
    """Parts are loaded by their names, which no import shows: so a program that has only the rules says what it has."""
    program = "import sys, comity.rules.model; print(*(name for name in sys.modules if name.startswith('comity.')))"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    rooms = {name.split(".")[1] for name in loaded}
    assert rooms == {"rules", "texts", "errors", "limits", "bounded", "parsing", "characters", "capabilities"}
