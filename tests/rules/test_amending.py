"""What may change when a rulebook does; each refusal by name."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.errors import MalformedError
from comity.rules.amending import amend, compare
from comity.rules.catalogue import KINDS
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.taking_over import EARLIER, digest, find_own, take_over
from comity.rules.word_changes import FieldChange
from comity.rules.wording import Purpose
from comity.rules.written import WORDED, Retired
from tests.rules.before import in_form
from tests.rules.facts import PASSING

NEW = Rule("T-1", "test", "Nobody exports.", "condition", ("ledger.export",), "is_bureau")
PACE = "RPD-127.2"  # sixty questions a minute, about query.ask
WAS = Retired(PACE, "condition", "rate_is_bounded", ("query.ask",))


def with_rule(number: str, **changed: Any) -> Rulebook:
    """The model rulebook with one of its rules changed."""
    rules = (
        msgspec.structs.replace(rule, **changed) if rule.number == number else rule for rule in MODEL_RULEBOOK.rules
    )
    return msgspec.structs.replace(MODEL_RULEBOOK, rules=tuple(rules))


def change(rulebook: Rulebook, number: str, **changed: Any) -> Rulebook:
    rules = (msgspec.structs.replace(rule, **changed) if rule.number == number else rule for rule in rulebook.rules)
    return msgspec.structs.replace(rulebook, rules=tuple(rules))


def said(rulebook: Rulebook, number: str) -> Rule:
    rule = rulebook.find_rule(number)
    assert rule is not None
    return rule


CUT = dict(said(MODEL_RULEBOOK, "CTY-5.6").values)


def without(number: str, *retired: Retired) -> Rulebook:
    rules = tuple(rule for rule in MODEL_RULEBOOK.rules if rule.number != number)
    return msgspec.structs.replace(MODEL_RULEBOOK, rules=rules, retired=(*MODEL_RULEBOOK.retired, *retired))


def plus(rulebook: Rulebook, *rules: Rule) -> Rulebook:
    return msgspec.structs.replace(rulebook, rules=(*rulebook.rules, *rules))


def test_the_known_kinds_are_those_that_a_node_does() -> None:
    assert sorted(KINDS) == sorted(PASSING)


def test_a_rule_that_comes_goes_or_changes_is_told_old_beside_new() -> None:
    new = plus(without(PACE, WAS), NEW)
    rules = tuple(
        msgspec.structs.replace(rule, values={"most": 300.0}, sentence="One to three hundred.")
        if rule.number == "CTY-4.9"
        else rule
        for rule in new.rules
    )
    found = compare(MODEL_RULEBOOK, msgspec.structs.replace(new, rules=rules, version="2027-01"))
    assert [rule.number for rule in found.comes] == ["T-1"]
    assert [rule.number for rule in found.goes] == [PACE]
    assert [change.number for change in found.changes] == ["CTY-4.9"]
    assert {field.name: (field.before, field.after) for field in found.changes[0].fields} == {
        "sentence": ("A message is for one to two hundred bureaus.", "One to three hundred."),
        "values": ('{"most":200.0}', '{"most":300.0}'),
    }
    assert {field.name: (field.before, field.after) for field in found.whole} == {
        "version": ("2026-12", "2027-01"), "retired": ('["TD-1.1","RPD-49.1"]', f'["TD-1.1","RPD-49.1","{PACE}"]'),
    }  # fmt: skip


def test_the_model_rulebook_before_becomes_the_present_one() -> None:
    """Rules that spoke of travel documents, and about every register, go; by new numbers they name their register."""
    old = parse_rulebook((Path(__file__).parent / "data" / "model-2026-11.json").read_bytes())
    found = compare(old, MODEL_RULEBOOK)
    assert [rule.number for rule in found.goes] == ["TD-1.1", "RPD-49.1"]
    assert {rule.number: rule.register for rule in found.comes} == {
        "TD-1.2": "travel-documents", "RPD-49.2": "travel-documents", "RPD-49.3": "persons", "RPD-49.4": "vehicles",
        **dict.fromkeys(("CTY-4.12", "CTY-4.13", "CTY-4.14", "CTY-4.15", "CTY-4.16"), ""),
        **dict.fromkeys(("CTY-3.3", "RPD-46.1", "RPD-50.1", "RPD-51.1", "CTY-2.3"), ""),
    }  # fmt: skip
    assert take_over(old, MODEL_RULEBOOK) == MODEL_RULEBOOK
    assert amend(old.encode(), MODEL_RULEBOOK.encode()) == found


def test_the_same_rulebook_is_no_change() -> None:
    assert compare(MODEL_RULEBOOK, MODEL_RULEBOOK).is_empty


def test_another_order_of_rules_is_a_change_since_verdicts_name_them_in_it() -> None:
    turned = msgspec.structs.replace(MODEL_RULEBOOK, rules=MODEL_RULEBOOK.rules[::-1])
    assert [field.name for field in compare(MODEL_RULEBOOK, turned).whole] == ["order"]


@pytest.mark.parametrize("changed", [
    {"effect": "ground"}, {"test": "count_is_bounded"}, {"register": "persons"},
], ids=str)  # fmt: skip
def test_a_number_never_gets_another_meaning(changed: dict[str, str]) -> None:
    (name,) = changed
    with pytest.raises(MalformedError, match=f"{PACE} would mean something else: its {name}") as caught:
        compare(MODEL_RULEBOOK, with_rule(PACE, **changed))
    assert caught.value.where == PACE
    assert "new number" in caught.value.next_step


@pytest.mark.parametrize(("number", "kinds", "lost"), [
    (PACE, ("query.answer",), "query.ask"), (PACE, (), "query.ask"),
    ("RPD-127.1", ("query.ask", "query.answer"), "query.*"),
])  # fmt: skip
def test_a_rule_loses_no_kind(number: str, kinds: tuple[str, ...], lost: str) -> None:
    with pytest.raises(MalformedError) as caught:
        compare(MODEL_RULEBOOK, with_rule(number, kinds=kinds))
    assert f"{number} would not be about {lost} any more" in caught.value.message


@pytest.mark.parametrize("kinds", [("ledger.export", "record.read"), ("ledger.*",), ("*",)])
def test_a_rule_may_gain_kinds(kinds: tuple[str, ...]) -> None:
    wider = msgspec.structs.replace(NEW, kinds=kinds)
    (change,) = compare(plus(MODEL_RULEBOOK, NEW), plus(MODEL_RULEBOOK, wider)).changes
    assert [field.name for field in change.fields] == ["kinds"]


@pytest.mark.parametrize("v", [1, 2, 3])
def test_a_rule_that_goes_is_listed_as_retired(v: int) -> None:
    old, new = (each if v == WORDED else in_form(each, v) for each in (MODEL_RULEBOOK, without(PACE)))
    with pytest.raises(MalformedError, match=f"{PACE} is gone") as caught:
        compare(old, new)
    assert msgspec.json.encode(WAS).decode() in caught.value.next_step


@pytest.mark.parametrize("changed", [
    {"effect": "mask"}, {"test": "is_new"}, {"register": "persons"}, {"kinds": ()},
], ids=str)  # fmt: skip
def test_what_is_remembered_of_a_rule_is_what_it_meant(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match=PACE):
        compare(MODEL_RULEBOOK, without(PACE, msgspec.structs.replace(WAS, **changed)))


def test_a_retired_number_comes_back_as_it_was_or_not_at_all() -> None:
    old = without(PACE, WAS)
    assert [rule.number for rule in compare(old, with_rule(PACE)).comes] == [PACE]
    for changed in ({"test": "is_new", "values": {}}, {"effect": "ground"}, {"kinds": ("record.read",)}):
        with pytest.raises(MalformedError, match=PACE):
            compare(old, with_rule(PACE, **changed))


def test_a_retired_number_is_never_forgotten() -> None:
    with pytest.raises(MalformedError, match=f"{PACE} is gone"):
        compare(without(PACE, WAS), without(PACE))


def test_the_version_of_the_file_does_not_go_back() -> None:
    with pytest.raises(MalformedError, match="version 3, and this one in version 2"):
        compare(MODEL_RULEBOOK, in_form(with_rule(PACE), 2))


def test_a_kind_of_act_that_no_rule_speaks_of_is_refused() -> None:
    rules = tuple(
        msgspec.structs.replace(rule, kinds=tuple(kind for kind in rule.kinds if kind != "delivery.expire"))
        for rule in MODEL_RULEBOOK.rules
    )
    silent = msgspec.structs.replace(MODEL_RULEBOOK, rules=rules)
    for old in (None, silent.encode()):
        with pytest.raises(MalformedError, match=r"No rule speaks of delivery\.expire"):
            amend(old, silent.encode())


@pytest.mark.parametrize(("rule", "said"), [
    (msgspec.structs.replace(NEW, test="is_friend"), "needs the test is_friend"),
    (msgspec.structs.replace(NEW, number=PACE), "stands twice"),
    (msgspec.structs.replace(NEW, test="has_room"), "no value most that its test has_room can use"),
    (msgspec.structs.replace(NEW, effect="mask", values={"hides": ["time"]}), "hides no part that ledger.export has"),
    (msgspec.structs.replace(NEW, effect="mask"), "does not say which parts of ledger.export it hides"),
])  # fmt: skip
def test_a_rule_that_this_program_cannot_apply_is_not_taken(rule: Rule, said: str) -> None:
    with pytest.raises(MalformedError) as caught:
        amend(MODEL_RULEBOOK.encode(), plus(MODEL_RULEBOOK, rule).encode())
    assert said in caught.value.message


def test_nobody_amends_a_rulebook_that_the_program_cannot_read() -> None:
    old = plus(MODEL_RULEBOOK, msgspec.structs.replace(NEW, test="is_friend")).encode()
    with pytest.raises(MalformedError, match="in force cannot be read here") as caught:
        amend(old, MODEL_RULEBOOK.encode())
    assert "Update Comity" in caught.value.next_step


def test_a_networks_first_rulebook_speaks_of_everything_too() -> None:
    assert amend(None, MODEL_RULEBOOK.encode()) is None
    with pytest.raises(MalformedError, match="No rule speaks of"):
        amend(None, FIRST_RULEBOOK.encode())


# The model's rules in a network that has rules of its own


def test_what_the_network_changed_stays_and_what_the_model_brings_comes() -> None:
    """Its own: a threshold, one of several, a sentence, a kind more, a rule more, a rule retired, its edition."""
    base = without("CTY-4.13")
    model = change(
        change(MODEL_RULEBOOK, "RPD-131.5", values={"days": 60.0}), "CTY-5.6",
        values=CUT | {"share": 0.2}, sentence="The model's new words.",
    )  # fmt: skip
    present = plus(
        change(
            change(change(base, PACE, values={"per_minute": 5.0}), "CTY-5.6", values=CUT | {"days": 3.0}),
            "CTY-4.9", sentence="Own words.", kinds=("message.send", "envelope.relay"),
        ), NEW,
    )  # fmt: skip
    present = msgspec.structs.replace(
        present, version="own-7", rules=tuple(rule for rule in present.rules if rule.number != "RPD-127.3"),
        retired=(*present.retired, Retired("RPD-127.3", "condition", "count_is_bounded", ("record.enter",))),
    )  # fmt: skip
    taken = take_over(present, model, base)
    assert taken.version == "own-7"
    assert said(taken, PACE).values == {"per_minute": 5.0}
    assert said(taken, "CTY-5.6").values == CUT | {"share": 0.2, "days": 3.0}
    assert said(taken, "CTY-5.6").sentence == "The model's new words."
    assert said(taken, "RPD-131.5").values == {"days": 60.0}
    assert said(taken, "CTY-4.9").sentence == "Own words."
    assert "envelope.relay" in said(taken, "CTY-4.9").kinds
    assert taken.find_rule("CTY-4.13") == MODEL_RULEBOOK.find_rule("CTY-4.13")
    assert taken.find_rule("T-1") == NEW
    assert taken.find_rule("RPD-127.3") is None
    assert take_over(taken, model, model) is taken


def test_where_no_base_is_known_values_stay_and_are_said_number_by_number() -> None:
    own = plus(with_rule(PACE, values={"per_minute": 5.0}), NEW)
    assert take_over(own, MODEL_RULEBOOK) is own
    changes, words, missing = find_own(own, MODEL_RULEBOOK)
    assert [(each.number, each.fields) for each in changes] == [
        (PACE, (FieldChange("values", '{"per_minute":60.0}', '{"per_minute":5.0}'),))
    ]
    assert (words, missing) == ((), ())


REMEMBERED = ("sentence", "article", "next_step", "values")


def both(old: Rulebook, new: Rulebook) -> list[tuple[Rule, Rule]]:
    """The rules that are in both, as each says them."""
    found = ((rule, new.find_rule(rule.number)) for rule in old.rules)
    return [(rule, now) for rule, now in found if now is not None]


def test_what_an_earlier_model_said_is_no_networks_own() -> None:
    """So a folder of before gets the rules of now: what it says was never changed there."""
    names = [path.name for path in (Path(__file__).parent / "data").glob("model-*.json")]
    assert len(names) >= 5
    for name in names:
        old = parse_rulebook((Path(__file__).parent / "data" / name).read_bytes())
        forgotten = [
            f"{rule.number}, {field}: EARLIER lacks the digest {digest(getattr(rule, field))}, of {name}"
            for rule, now in both(old, MODEL_RULEBOOK)
            for field in REMEMBERED
            if getattr(rule, field) != getattr(now, field)
            and digest(getattr(rule, field)) not in EARLIER.get((rule.number, field), ())
            and (old.words is not None or field != "next_step")
        ]
        assert forgotten == []
        assert take_over(old, MODEL_RULEBOOK) == MODEL_RULEBOOK, name
        assert find_own(take_over(old, MODEL_RULEBOOK), MODEL_RULEBOOK) == ((), (), ()), name


def test_a_networks_own_purpose_survives_that_the_model_is_taken_over() -> None:
    purposes = ["border-control", "wildlife"]
    own = with_rule("RPD-10.1", values={"purposes": purposes})
    own = msgspec.structs.replace(own, words=msgspec.structs.replace(
        own.wording, purposes=(*own.wording.purposes, Purpose("wildlife", "Wildlife"))
    ))  # fmt: skip
    for base in (None, MODEL_RULEBOOK):
        taken = take_over(own, MODEL_RULEBOOK, base)
        assert said(taken, "RPD-10.1").values == {"purposes": purposes}
        assert taken.wording.purposes[-1].code == "wildlife"


def test_nothing_is_taken_over_where_nothing_differs() -> None:
    own = plus(MODEL_RULEBOOK, NEW)
    assert take_over(own, MODEL_RULEBOOK) is own
    assert take_over(MODEL_RULEBOOK, MODEL_RULEBOOK) is MODEL_RULEBOOK


def test_a_rule_that_the_model_has_retired_goes() -> None:
    taken = take_over(plus(MODEL_RULEBOOK, NEW), without(PACE, WAS))
    found = compare(plus(MODEL_RULEBOOK, NEW), taken)
    assert ([rule.number for rule in found.goes], taken.retired) == ([PACE], (*MODEL_RULEBOOK.retired, WAS))


def test_a_network_of_before_takes_over_the_rules_about_forms_and_nothing_else_changes() -> None:
    numbers = ["CTY-4.12", "CTY-4.13", "CTY-4.14", "CTY-4.15", "CTY-4.16"]
    rules = tuple(rule for rule in MODEL_RULEBOOK.rules if rule.number not in numbers)
    before = msgspec.structs.replace(MODEL_RULEBOOK, rules=rules)
    found = compare(before, take_over(before, MODEL_RULEBOOK))
    assert [rule.number for rule in found.comes] == numbers
    assert (found.goes, found.changes, found.whole) == ((), (), ())
