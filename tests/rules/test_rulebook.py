import msgspec
import pytest

from comity.rules.facts import Facts
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, RulebookError, parse_rulebook

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
    judged = book(GROUND, rule("T-2", "condition", "count_is_bounded", **values)).judge(
        msgspec.structs.replace(FACTS, count=1)
    )
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


def test_another_version_is_refused() -> None:
    with pytest.raises(RulebookError, match="not 2"):
        parse_rulebook(book(GROUND, v=2).encode())


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


def test_a_rule_that_is_not_there_is_called_by_its_number() -> None:
    assert MODEL_RULEBOOK.sentence("RPD-999.9") == "RPD-999.9"
    assert MODEL_RULEBOOK.sentence("RPD-58.1") == "A record is open to the audience that its source has set."


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
    facts = msgspec.structs.replace(FACTS, statuses=frozenset(statuses), purpose=purpose)
    assert book(GROUND, rule("T-2", "mask", "statuses_are_listed", **values)).judge(facts).outcome == outcome
