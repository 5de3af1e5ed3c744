import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from comity.rules.catalogue import TESTS
from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.wording import HandlingLevel, Purpose, Role, Wording
from comity.rules.written import Retired, RulebookError, read_outline

GROUND = Rule("T-1", "test", "Officers may.", "ground", ("thing.do",), "is_officer")
FACTS = Facts(kind="thing.do", actor="officer", is_proven=True)


def book(*rules: Rule, v: int = 1) -> Rulebook:
    return Rulebook(v=v, name="test", version="1", rules=rules)


def rule(number: str, effect: str, test: str, **values: object) -> Rule:
    return msgspec.structs.replace(GROUND, number=number, effect=effect, test=test, values=values)


def test_the_empty_set_refuses() -> None:
    verdict = book().judge(FACTS)
    assert (verdict.outcome, verdict.rules) == ("refused", ())


def test_conditions_alone_allow_nothing() -> None:
    assert book(rule("T-2", "condition", "is_officer")).judge(FACTS).outcome == "refused"


def test_all_conditions_that_do_not_hold_are_named() -> None:
    judged = book(GROUND, rule("T-2", "condition", "is_lawful"), rule("T-3", "condition", "is_issuer")).judge(FACTS)
    assert judged.rules == ("T-2", "T-3")


@pytest.mark.parametrize("values", [{}, {"most": "many"}, {"most": ["1"]}])
def test_a_threshold_that_cannot_be_read_decides_against_the_act(values: dict[str, object]) -> None:
    judged = book(GROUND, rule("T-2", "condition", "count_is_bounded", **values)).judge(replace(FACTS, count=1))
    assert judged.rules == ("T-2",)


def test_a_rule_about_a_noun_speaks_about_all_its_verbs_and_no_other_noun() -> None:
    about = msgspec.structs.replace(GROUND, kinds=("thing.*",))
    assert about.is_about("thing.do")
    assert about.is_about("thing.undo")
    assert not about.is_about("things.do")


def test_a_rulebook_reads_back_as_it_was() -> None:
    assert parse_rulebook(MODEL_RULEBOOK.encode()) == MODEL_RULEBOOK
    assert parse_rulebook(MODEL_RULEBOOK.encode()).hash == MODEL_RULEBOOK.hash


def test_a_repeated_number_is_refused() -> None:
    with pytest.raises(RulebookError, match="T-1 stands twice"):
        parse_rulebook(book(GROUND, msgspec.structs.replace(GROUND, test="is_bureau")).encode())


def test_an_unknown_predicate_refuses_the_whole_book() -> None:
    with pytest.raises(RulebookError, match="T-2 needs the test is_friend"):
        parse_rulebook(book(GROUND, rule("T-2", "condition", "is_friend")).encode())


@pytest.mark.parametrize("v", [b"4", b"0", b"true", b'"1"', b"[1]", b"null", b"1.5"])
def test_another_version_is_refused(v: bytes) -> None:
    with pytest.raises(RulebookError):
        parse_rulebook(book(GROUND).encode().replace(b'"v":1', b'"v":' + v))


# Golden bytes: what was once in force is read for ever

DATA = Path(__file__).parent / "data"
MAY = msgspec.structs.replace(GROUND, values={})
BOUND = Rule(
    "T-2", "art. 2", "At most five at a time.", "condition", ("thing.do", "thing.undo"), "count_is_bounded",
    {"most": 5.0}, "yes",
)  # fmt: skip
GOLDEN = {
    "rulebook-1.json": Rulebook(1, "golden", "2026-11", (MAY, BOUND)),
    "rulebook-2.json": Rulebook(
        2, "golden", "2026-12", (MAY, BOUND), (Retired("T-3", "condition", "is_new", ("thing.*",)),)
    ),
    "rulebook-3.json": Rulebook(
        3,
        "golden",
        "2027-01",
        (MAY, msgspec.structs.replace(BOUND, next_step="Take fewer.", reveals=False)),
        (Retired("T-3", "condition", "is_new", ("thing.*",)),),
        Wording(
            (Purpose("aid", "Aid", "shift"), Purpose("study", "Study")),
            (HandlingLevel("open", "Open"), HandlingLevel("closed", "Closed", hides_subject=True)),
            (Role("helper", "Helper", "query.ask"),),
            {"case": "Number of the file"},
        ),
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_bytes_of_each_version_are_read_and_written_as_ever(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert parse_rulebook(data) == GOLDEN[name]
    assert GOLDEN[name].encode() == data
    assert GOLDEN[name].hash == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", GOLDEN)
def test_the_outline_of_each_version_is_read_whatever_else_stands_there(name: str) -> None:
    data = (DATA / name).read_bytes()
    later = data.replace(b'"v":', b'"more":[{}],"v":9').replace(b'"article":', b'"why":[],"article":')
    for each in (data, later.replace(b'"sentence":"At most five at a time."', b'"sentence":{"en":"Five."}')):
        assert [(rule.number, rule.kinds) for rule in read_outline(each).rules] == [
            ("T-1", ("thing.do",)), ("T-2", ("thing.do", "thing.undo")),
        ]  # fmt: skip
    assert read_outline(data).rules[1].words == "At most five at a time."


@pytest.mark.parametrize("data", [
    b"", b"[]", b"{}", b'{"v":1}', b'{"v":1,"rules":{}}', b'{"v":1,"rules":[{"number":"T-1"}]}',
    b'{"v":1,"rules":[{"number":1,"kinds":[]}]}', b'{"v":1,"rules":[{"number":"T-1","kinds":"query.ask"}]}',
    b'{"v":1,"rules":[{"number":"T-1","kinds":[1]}]}', b'{"rules":[],"rules":[]}',
])  # fmt: skip
def test_what_has_no_outline_is_a_rulebook_of_no_version(data: bytes) -> None:
    with pytest.raises(RulebookError):
        read_outline(data)


def test_version_1_has_no_place_for_what_came_later() -> None:
    with pytest.raises(TypeError):
        book(msgspec.structs.replace(GROUND, register="persons")).encode()
    with pytest.raises(TypeError):
        Rulebook(1, "test", "1", (GROUND,), GOLDEN["rulebook-2.json"].retired).encode()
    with pytest.raises(RulebookError):
        parse_rulebook((DATA / "rulebook-2.json").read_bytes().replace(b'"v":2', b'"v":1'))


@pytest.mark.parametrize("v", [1, 2])
def test_the_versions_1_and_2_have_no_place_for_words(v: int) -> None:
    with pytest.raises(TypeError):
        book(msgspec.structs.replace(GROUND, next_step="Wait."), v=v).encode()
    with pytest.raises(TypeError):
        book(msgspec.structs.replace(GROUND, reveals=False), v=v).encode()
    with pytest.raises(TypeError):
        msgspec.structs.replace(book(GROUND, v=v), words=Wording()).encode()
    with pytest.raises(RulebookError):
        parse_rulebook((DATA / "rulebook-3.json").read_bytes().replace(b'"v":3', b'"v":%d' % v))


def test_version_3_says_its_words() -> None:
    with pytest.raises(TypeError):
        book(GROUND, v=3).encode()


def test_a_retired_number_is_not_in_force_as_well() -> None:
    retired = Retired("T-1", "ground", "is_officer", ("thing.do",))
    with pytest.raises(RulebookError, match="T-1 stands twice"):
        parse_rulebook(Rulebook(2, "test", "1", (GROUND,), (retired,)).encode())


# What this program cannot apply is refused when it is read, not when somebody acts


@pytest.mark.parametrize(("test", "values"), [
    ("count_is_bounded", {}), ("count_is_bounded", {"most": "many"}), ("count_is_bounded", {"most": ["1"]}),
    ("count_is_bounded", {"most": 1.0, "least": 1.0}), ("time_is_near", {"most": 1.0}),
    ("purpose_is_listed", {"purposes": "warn"}), ("handling_is_known", {}), ("is_in_time", {"days": {}}),
    ("role_includes_act", {"inspector": "query.*"}), ("role_covers_handling", {"restricted": 1.0}),
    ("is_new", {"most": 1.0}), ("is_new", {"hides": ["instruction"]}),
])  # fmt: skip
def test_a_value_that_its_test_cannot_use_is_refused(test: str, values: dict[str, object]) -> None:
    with pytest.raises(RulebookError, match="T-2"):
        parse_rulebook(book(GROUND, rule("T-2", "condition", test, **values)).encode())


@pytest.mark.parametrize("test", TESTS)
def test_what_each_test_looks_for_among_its_values_is_declared(test: str) -> None:
    """No test asks for a value that is not among its needs, nor goes without one of them."""
    asked: set[str] = set()

    class Watching(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            asked.add(name)
            return super().__getitem__(name)

    facts = Facts(
        kind="query.ask",
        actor="officer",
        skew_s=0.0,
        count=1,
        retention_years=1.0,
        days_left=1.0,
        measure_days=1.0,
        taken_out=5,
        statuses=frozenset({"a"}),
        handlings=frozenset({"a"}),
    )
    values = {"number": 1.0, "positive": 1.0, "texts": ["a"], "lists": ["a"]}
    needs = TESTS[test].needs
    TESTS[test].holds(facts, Watching({name: values[need] for name, need in needs.items()}))
    assert asked == {name for name in needs if name != "*"}


@pytest.mark.parametrize(("kinds", "test", "hides"), [
    (("query.answer",), "source_is_not_suspended", None), (("message.open",), "in_audience", None),
    (("query.answer",), "source_is_not_suspended", ["time"]), (("query.*",), "is_new", ["instruction"]),
    (("alert.send",), "is_new", ["time", "weather"]), (("message.send",), "is_new", ["receipt"]),
    (("query.answer", "record.show"), "is_new", ["instruction"]), (("query.answer",), "is_new", []),
    (("query.answer",), "is_new", "instruction"), (("query.answer",), "is_new", ["instruction"]),
    (("message.open",), "is_new", ["receipt"]), (("record.receive",), "recipient_is_in_force", ["instruction"]),
])  # fmt: skip
def test_a_mask_that_would_hide_nothing_is_refused(kinds: tuple[str, ...], test: str, hides: object) -> None:
    mask = msgspec.structs.replace(rule("T-2", "mask", test), kinds=kinds)
    mask = msgspec.structs.replace(mask, values={} if hides is None else {"hides": hides})
    with pytest.raises(RulebookError, match="T-2"):
        parse_rulebook(book(GROUND, mask).encode())


@pytest.mark.parametrize("values", [{"releases": "two"}, {"days": 0.0}, {"releases": -1.0}, {"weeks": 1.0}])
def test_a_hold_that_cannot_say_how_it_holds_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(RulebookError, match="T-2"):
        parse_rulebook(book(GROUND, rule("T-2", "hold", "is_new", **values)).encode())
    assert parse_rulebook(book(GROUND, rule("T-2", "hold", "is_new", releases=2.0, days=1.0)).encode())


def test_a_mask_about_acts_that_this_version_does_not_do_is_read() -> None:
    mask = msgspec.structs.replace(rule("T-2", "mask", "is_new", hides=["photograph"]), kinds=("notice.show",))
    assert parse_rulebook(book(GROUND, mask).encode()).rules[1] == mask


def test_a_rule_about_one_register_where_the_act_does_not_say_of_which_it_is_is_refused() -> None:
    about_one = msgspec.structs.replace(rule("T-2", "condition", "is_new"), kinds=("record.show",), register="persons")
    with pytest.raises(RulebookError, match="persons"):
        parse_rulebook(book(GROUND, about_one, v=2).encode())
    assert parse_rulebook(book(GROUND, msgspec.structs.replace(about_one, kinds=("query.answer",)), v=2).encode())


@pytest.mark.parametrize("effect", ["condition", "mask", "hold"])
def test_a_rule_about_one_register_speaks_where_the_act_is_about_it_or_nobody_looked(effect: str) -> None:
    about_one = msgspec.structs.replace(rule("T-2", effect, "is_new"), register="persons")
    rules = book(GROUND, about_one, v=2)
    for registers, speaks in (
        ({"persons"}, True), ({"persons", "vehicles"}, True), (None, True), ({"vehicles"}, False), (set(), False),
    ):  # fmt: skip
        about = None if registers is None else frozenset(registers)
        passed = rules.judge(replace(FACTS, registers=about))
        broken = rules.judge(replace(FACTS, registers=about, is_replay=True))
        assert ("T-2" in passed.rules) is speaks
        assert (broken.outcome == "allowed") is not speaks


def test_a_ground_about_one_register_allows_an_act_about_that_alone() -> None:
    rules = book(msgspec.structs.replace(GROUND, register="persons"), v=2)
    assert rules.judge(replace(FACTS, registers=frozenset({"persons"}))).is_allowed
    for registers in (None, frozenset[str](), frozenset({"vehicles"}), frozenset({"persons", "vehicles"})):
        assert not rules.judge(replace(FACTS, registers=registers)).is_allowed
    assert rules.judge_ground(FACTS).is_allowed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"v":1,"name":"t","version":"1","rules":[],"more":1}',
        b'{"v":1,"name":"t","version":"1","rules":[{"number":"T-1","member":"LT"}]}',
        book(GROUND).encode().replace(b'"ground"', b'"permit"'),
    ],
)
def test_what_is_no_rulebook_is_refused(data: bytes) -> None:
    with pytest.raises(RulebookError):
        parse_rulebook(data)


def test_a_rule_that_is_not_there_is_not_found() -> None:
    assert MODEL_RULEBOOK.find_rule("RPD-999.9") is None


STATUSES = {"statuses": ["wanted", "sanctioned"]}


@pytest.mark.parametrize(
    ("statuses", "purpose", "values", "outcome"),
    [
        ({"wanted"}, "locate", STATUSES, "allowed"),
        ({"wanted", "sanctioned"}, "locate", STATUSES, "allowed"),
        ({"missing"}, "locate", STATUSES, "masked"),
        ({"wanted", "missing"}, "locate", STATUSES, "masked"),  # the worst of all that is told of
        ({""}, "locate", STATUSES, "masked"),
        (set(), "locate", STATUSES, "masked"),
        ({"missing"}, "locate", STATUSES | {"purposes": ["locate"]}, "masked"),
        ({"missing"}, "warn", STATUSES | {"purposes": ["locate"]}, "allowed"),
        ({"wanted"}, "locate", {}, "masked"),
    ],
)
def test_a_rule_may_go_by_the_statuses_of_what_is_told_of(
    statuses: set[str], purpose: str, values: dict[str, object], outcome: str
) -> None:
    facts = replace(FACTS, statuses=frozenset(statuses), purpose=purpose)
    assert book(GROUND, rule("T-2", "mask", "statuses_are_listed", **values)).judge(facts).outcome == outcome
