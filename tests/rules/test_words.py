"""An organisation's words: what is refused of them, what of them may change, and what stood in the code before."""

import json
from typing import Any

import msgspec
import pytest

from comity.errors import MalformedError
from comity.rules.amending import amend, compare
from comity.rules.facts import Facts
from comity.rules.in_force import take_up
from comity.rules.levels import levels_of
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.offered import purposes_of, roles_of
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.taking_over import take_over
from comity.rules.wording import HandlingLevel, Purpose, Role, Wording, codes_of
from comity.rules.words_of_before import NEXT_STEPS, words_of
from comity.rules.written import RulebookError
from tests.rules.before import BEFORE, in_form
from tests.rules.facts import PASSING, passing
from tests.scenarios.wildlife import wildlife

WORDS = MODEL_RULEBOOK.wording


def with_words(**changed: Any) -> Rulebook:
    """The model rulebook with some of its words changed."""
    return msgspec.structs.replace(MODEL_RULEBOOK, words=msgspec.structs.replace(WORDS, **changed))


def with_values(number: str, **values: Any) -> Rulebook:
    rules = (
        msgspec.structs.replace(rule, values=rule.values | values) if rule.number == number else rule
        for rule in MODEL_RULEBOOK.rules
    )
    return msgspec.structs.replace(MODEL_RULEBOOK, rules=tuple(rules))


def edited(**members: Any) -> bytes:
    return json.dumps(json.loads(MODEL_RULEBOOK.encode()) | members).encode()


# What is refused when it is read


@pytest.mark.parametrize(("rulebook", "said"), [
    (with_words(purposes=WORDS.purposes[1:]), "RPD-10.1 names the purpose border-control, which the rulebook does not"),
    (with_words(levels=WORDS.levels[:2]), "names the level confidential, which the rulebook does not have"),
    (with_words(roles=WORDS.roles[1:]), "names the role inspector, which the rulebook does not have"),
    (with_values("RPD-107.2", restricted=["ranger"]), "RPD-107.2 names the role ranger"),
    (with_values("RPD-104.2", purposes=["trade"]), "RPD-104.2 names the purpose trade"),
    (with_words(purposes=(*WORDS.purposes, WORDS.purposes[0])), "The purpose border-control stands twice"),
    (with_words(levels=(*WORDS.levels, WORDS.levels[0])), "The level official-use stands twice"),
    (with_words(roles=(*WORDS.roles, WORDS.roles[0])), "The role inspector stands twice"),
    (with_words(roles=(*WORDS.roles, Role("idle", " "))), "The role idle has no title"),
    (with_words(purposes=(Purpose("border-control", "B"), *WORDS.purposes[1:])),
     "border-control says that it demands no reference, and rule RPD-10.2 demands one"),
    (with_words(purposes=tuple(msgspec.structs.replace(each, reference="given") for each in WORDS.purposes)),
     "warn says that it demands a reference, and no rule demands one"),
    (with_words(roles=(Role("inspector", "I", "record.enter"), *WORDS.roles[1:])),
     "inspector is at home at record.enter, which it does not include"),
    (with_words(sayings={"motto": "Onward."}), "does not know what motto says"),
    (with_words(sayings={"case": " "}), "says nothing for case"),
], ids=str)  # fmt: skip
def test_words_that_do_not_fit_are_refused_by_name(rulebook: Rulebook, said: str) -> None:
    with pytest.raises(RulebookError) as caught:
        parse_rulebook(rulebook.encode())
    assert said in str(caught.value)


@pytest.mark.parametrize("members", [
    {"purposes": [{"code": "Border Control", "title": "B"}]}, {"purposes": [{"code": "b", "title": ""}]},
    {"purposes": [{"code": "b", "title": "B", "reference": "maybe"}]}, {"levels": [{"code": "b" * 41, "title": "B"}]},
    {"roles": [{"code": "b", "title": "B", "more": 1}]}, {"sayings": {"case": "x" * 4001}}, {"words": {}},
    {"purposes": [{"code": f"p{number}", "title": "P"} for number in range(65)]},
    {"refusals": {"RPD-10.1": {"next": "x"}}}, {"refusals": {"RPD-10.1": {"next_step": "x" * 4001}}},
    {"refusals": {"T-1": {"next_step": "Nobody is refused by this."}}},
], ids=lambda members: json.dumps(members)[:50])  # fmt: skip
def test_words_of_another_form_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(RulebookError):
        parse_rulebook(edited(**members))


# What of it a node applies


def test_a_rule_that_names_an_unknown_word_closes_what_it_is_about() -> None:
    in_force = take_up(with_values("RPD-107.2", restricted=["ranger"]).encode(), MODEL_RULEBOOK)
    assert [rule.number for rule in in_force.unread] == ["RPD-107.2"]
    assert in_force.judge(passing("record.receive")).rules == ("RPD-107.2",)


@pytest.mark.parametrize("members", [
    {"roles": [*json.loads(MODEL_RULEBOOK.encode())["roles"], {"code": "more", "title": "M", "badge": 1}]},
    {"sayings": {"motto": "Onward."}}, {"refusals": {"T-1": {"reveals": False}}}, {"v": 9},
], ids=lambda members: next(iter(members)))  # fmt: skip
def test_words_that_a_node_does_not_know_close_nothing_while_the_rules_are_the_same(members: dict[str, Any]) -> None:
    in_force = take_up(edited(**members), MODEL_RULEBOOK)
    assert (in_force.rulebook, in_force.unread) == (MODEL_RULEBOOK, ())
    assert in_force.why


def test_a_program_that_knows_no_words_still_finds_the_rules_of_before() -> None:
    """Its rulebook of form 2 stays in force, red and whole, until it is updated."""
    before = in_form(MODEL_RULEBOOK, 2)
    in_force = take_up(edited(v=9), before)
    assert (in_force.rulebook, in_force.unread) == (before, ())
    assert all(in_force.judge(passing(kind)).is_allowed for kind in PASSING)


# What stood in the code before


def test_the_words_of_forms_1_and_2_are_those_that_stood_in_the_code() -> None:
    for rulebook in (BEFORE, in_form(MODEL_RULEBOOK, 2)):
        assert rulebook.wording == BEFORE.wording
        in_force = take_up(rulebook.encode(), FIRST_RULEBOOK)
        steps = {number: step for number, step in NEXT_STEPS.items() if rulebook.find_rule(number)}
        assert {number: in_force.next_step((number,)) for number in steps} == steps
        assert not in_force.reveals(("CTY-4.6",))
    assert codes_of(FIRST_RULEBOOK.wording.roles) == codes_of(WORDS.roles)


def test_a_code_that_no_table_has_is_its_own_title_in_forms_1_and_2() -> None:
    listed = Rule("T-1", "t", "t", "condition", ("query.ask",), "purpose_is_listed", {"purposes": ["trade", "warn"]})
    ground = Rule("T-2", "t", "t", "ground", ("query.ask",), "role_includes_act", {"ranger": ["query.*"]})
    words = words_of((listed, ground))
    assert words.purposes == (Purpose("trade", "trade"), Purpose("warn", "Warn"))
    assert words.roles == (Role("ranger", "ranger"),)


# What is offered, and what a refusal says


def test_what_is_offered_is_what_the_rules_list_in_the_order_of_the_words() -> None:
    book = with_values("RPD-112.1", levels=["confidential", "official-use"])
    assert levels_of(book, "message.send") == ("official-use", "confidential")
    assert codes_of(purposes_of(MODEL_RULEBOOK, "query.ask")) == codes_of(WORDS.purposes)
    assert purposes_of(MODEL_RULEBOOK, "message.send") == ()
    idle = with_words(roles=(*WORDS.roles, Role("idle", "Idle")))
    assert roles_of(idle) == WORDS.roles
    assert [rule.number for rule in MODEL_RULEBOOK.rules_asking("record.enter", "is_lawful")] == ["RPD-12.1"]


@pytest.mark.parametrize("kind", ["query.ask", "record.enter", "ledger.list", "officer.list", "nothing.known"])
def test_a_role_may_do_what_a_ground_lets_it(kind: str) -> None:
    for role, acts in MODEL_RULEBOOK.find_rule("RPD-21.1").values.items():  # type: ignore[union-attr]
        assert isinstance(acts, list)
        assert MODEL_RULEBOOK.may((role,), kind) == (kind in acts or f"{kind.split('.', maxsplit=1)[0]}.*" in acts)
    assert not MODEL_RULEBOOK.may((), kind)
    assert not FIRST_RULEBOOK.may(codes_of(WORDS.roles), kind)


def test_a_refusal_reveals_unless_all_its_rules_are_silent() -> None:
    in_force = take_up(MODEL_RULEBOOK.encode(), FIRST_RULEBOOK)
    assert in_force.reveals(("CTY-4.6", "RPD-21.1"))
    assert in_force.reveals(())
    assert in_force.reveals(("CTY-4.6", "T-99"))
    assert not in_force.reveals(("CTY-4.6",))


def test_the_first_rule_that_has_a_next_step_says_it() -> None:
    in_force = take_up(wildlife().encode(), FIRST_RULEBOOK)
    verdict = in_force.judge(Facts(kind="query.ask", actor="officer", is_proven=True, roles=frozenset({"ranger"})))
    assert in_force.next_step(verdict.rules) == "Escolha uma finalidade: {purposes}."
    assert in_force.next_step(("T-99",)) == in_force.next_step(()) == ""


# What may change


def test_a_network_of_before_comes_to_form_3_without_another_rule() -> None:
    before = in_form(MODEL_RULEBOOK, 2)
    found = amend(before.encode(), MODEL_RULEBOOK.encode())
    assert found is not None
    assert (found.comes, found.goes) == ((), ())
    assert {word.noun for word in found.words} == {"roles"}  # they name no register alone any more
    assert [field.name for field in found.whole] == ["v"]
    assert take_over(BEFORE, MODEL_RULEBOOK) == take_over(before, MODEL_RULEBOOK) == MODEL_RULEBOOK


def test_a_word_that_comes_or_changes_is_told_old_beside_new() -> None:
    new = with_words(
        purposes=(*WORDS.purposes, Purpose("trade", "Illegal trade")),
        levels=(WORDS.levels[0], HandlingLevel("guarded", "Guarded"), *WORDS.levels[1:]),
        roles=(Role("inspector", "Guard", "query.ask"), *WORDS.roles[1:]),
        sayings={"case": "File"},
    )
    said = {
        (word.noun, word.code, word.is_new): {field.name: (field.before, field.after) for field in word.fields}
        for word in compare(BEFORE, new).words
    }
    assert said["purposes", "trade", True] == {"title": ("", "Illegal trade"), "reference": ("", "no")}
    assert said["levels", "guarded", True] == {"title": ("", "Guarded"), "hides_subject": ("", "false")}
    assert said["roles", "inspector", False] == {
        "title": ("Inspector: checks documents", "Guard"), "home": ("-", "query.ask"),
    }  # fmt: skip
    assert said["sayings", "case", False] == {"says": ("-", "File")}
    assert said["levels", "", False]["order"][1] == '["official-use","guarded","restricted","confidential"]'


def test_what_a_refusal_says_and_reveals_may_change_and_is_told() -> None:
    rules = (
        msgspec.structs.replace(rule, next_step="Wait.", reveals=False) if rule.number == "RPD-127.2" else rule
        for rule in MODEL_RULEBOOK.rules
    )
    (change,) = compare(MODEL_RULEBOOK, msgspec.structs.replace(MODEL_RULEBOOK, rules=tuple(rules))).changes
    assert {field.name: (field.before, field.after) for field in change.fields} == {
        "next_step": ("Wait a minute, then do it again.", "Wait."), "reveals": ("true", "false"),
    }  # fmt: skip


@pytest.mark.parametrize("old", [BEFORE, MODEL_RULEBOOK], ids=["form 1", "form 3"])
@pytest.mark.parametrize(("changed", "said"), [
    ({"purposes": WORDS.purposes[:-1]}, "The purpose threats is gone, and ledgers name it"),
    ({"levels": WORDS.levels[1:]}, "The level official-use is gone"),
    ({"roles": WORDS.roles[:-1]}, "The role duty is gone, and officers have it"),
    ({"levels": WORDS.levels[::-1]}, "The levels would protect in another order"),
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_no_code_goes_and_levels_keep_their_order(old: Rulebook, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedError) as caught:
        compare(old, with_words(**changed))
    assert said in caught.value.message
    assert caught.value.next_step


def test_a_level_that_rules_list_no_more_stays_and_is_offered_no_more() -> None:
    book = with_values("RPD-112.1", levels=["official-use", "confidential"])
    compare(MODEL_RULEBOOK, book)
    parse_rulebook(book.encode())
    assert levels_of(book, "message.send") == ("official-use", "confidential")
    assert book.judge(passing("message.open", handlings=frozenset({"restricted"}))).is_allowed


def test_the_models_new_words_come_and_own_words_stay() -> None:
    own = with_words(
        levels=(WORDS.levels[0], HandlingLevel("guarded", "Guarded"), *WORDS.levels[1:]),
        roles=(Role("inspector", "Guard"), *WORDS.roles[1:], Role("ranger", "Ranger")),
        sayings={"case": "File"},
    )
    model = with_words(purposes=(*WORDS.purposes[:2], Purpose("trade", "Trade"), *WORDS.purposes[2:]))
    taken = take_over(own, model)
    assert codes_of(taken.wording.levels) == ("official-use", "guarded", "restricted", "confidential")
    assert codes_of(taken.wording.purposes)[:3] == ("border-control", "search-wanted", "trade")
    assert taken.wording.find_role("inspector") == Role("inspector", "Guard")
    assert taken.wording.find_role("ranger") == Role("ranger", "Ranger")
    assert taken.wording.saying("case") == "File"
    compare(own, taken)
    assert take_over(taken, model) is taken
    desk = Role("desk", "Desk: writes", "message.list")
    said = {"desk": desk, "inspector": Role("inspector", "New")}
    roles = tuple(said.get(each.code, each) for each in model.wording.roles)
    newer = msgspec.structs.replace(model, words=msgspec.structs.replace(model.wording, roles=roles))
    again = take_over(taken, newer, model).wording
    assert (again.find_role("desk"), again.find_role("inspector")) == (desk, Role("inspector", "Guard"))


def test_a_rule_of_a_network_of_before_keeps_its_next_step_where_the_model_is_taken_over() -> None:
    model = msgspec.structs.replace(
        MODEL_RULEBOOK, rules=tuple(rule for rule in MODEL_RULEBOOK.rules if rule.number != "RPD-127.2")
    )
    rule = take_over(BEFORE, model).find_rule("RPD-127.2")
    assert rule is not None
    assert rule.next_step == "Wait a minute, then do it again."


def test_without_words_nothing_can_be_said_of_them() -> None:
    assert Wording().hides_subject("open")
    assert not Wording().is_from_shift("aid")
    assert Wording().saying("case") == "Case number"
