"""The model rulebook: what it says is pinned, and each of its rules refuses what it is there to refuse."""

import hashlib
import itertools

import pytest

from comity.rules.facts import Facts
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK, PURPOSES
from comity.rules.predicates import CATALOGUE
from comity.testing import Network
from tests.rules.facts import PASSING, passing

Change = dict[str, object]

CONDITIONS: dict[str, list[tuple[str, Change]]] = {
    "CTY-1.1": [(kind, {"is_proven": False}) for kind in ("query.answer", "record.show", "batch.accept")],
    "CTY-1.2": [
        ("query.answer", {"skew_s": 120.5}),
        ("query.answer", {"skew_s": -120.5}),
        ("record.show", {"skew_s": None}),
        ("record.show", {"skew_s": float("nan")}),
    ],
    "CTY-1.3": [(kind, {"is_replay": True}) for kind in ("query.answer", "record.show")],
    "CTY-2.1": [
        (kind, {"directory": "stale"})
        for kind in ("query.ask", "query.answer", "record.read", "record.show", "record.enter", "batch.accept")
    ],
    "CTY-2.2": [(kind, {"is_keeper": False}) for kind in ("query.answer", "record.show", "batch.accept")],
    "CTY-3.1": [("session.open", {"is_paused": True})],
    "RPD-10.1": [
        (kind, {"purpose": purpose})
        for kind in ("query.ask", "query.answer", "record.read", "record.show")
        for purpose in ("", "curiosity", "Border-Control")
    ],
    "RPD-10.2": [
        (kind, {"has_reference": False}) for kind in ("query.ask", "query.answer", "record.read", "record.show")
    ],
    "RPD-127.1": [("query.ask", {"count": 0}), ("query.ask", {"count": 2}), ("query.answer", {"count": 2})],
    "RPD-127.2": [("query.ask", {"recent_count": 60})],
    "RPD-127.3": [(kind, {"count": count}) for kind in ("record.enter", "batch.accept") for count in (0, 1001)],
    "RPD-131.1": [
        (kind, {"standing": standing})
        for kind in ("query.ask", "query.answer", "record.read", "record.show", "record.enter", "batch.accept")
        for standing in ("suspended", "review", "none")
    ],
    "TD-1.1": [(kind, {"is_issuer": False}) for kind in ("record.enter", "batch.accept")],
    "RPD-12.1": [(kind, {"is_lawful": False}) for kind in ("record.enter", "batch.accept")],
    "RPD-36.1": [(kind, {"is_complete": False}) for kind in ("record.enter", "batch.accept")],
    "RPD-7.1": [(kind, {"is_source": False}) for kind in ("record.enter", "batch.accept")],
    "RPD-49.1": [
        (kind, {"retention_years": years})
        for kind in ("record.enter", "batch.accept")
        for years in (None, 0.0, -1.0, 10.01)
    ],
    "RPD-112.1": [(kind, {"handling": level}) for kind in ("record.enter", "batch.accept") for level in ("", "secret")],
    "RPD-107.2": [
        ("record.receive", {"handling": "confidential"}),
        ("record.receive", {"handling": "unheard of"}),
        ("record.receive", {"roles": frozenset({"auditor"})}),
    ],
    "RPD-131.2": [(kind, {"is_secretariat": False}) for kind in ("standing.set", "directory.publish")],
    "RPD-131.3": [("standing.set", {"has_reason": False})],
    "RPD-131.4": [("standing.set", {"measure_days": None}), ("standing.set", {"measure_days": -1.0})],
    "RPD-131.5": [("standing.set", {"measure_days": 92.5, "has_reference": False})],
}
"""For each condition, facts that it alone refuses."""

GROUNDS: dict[str, list[tuple[str, Change]]] = {
    "RPD-6.1": [("query.answer", {"actor": "officer"}), ("batch.accept", {"actor": "node"})],
    "RPD-21.1": [
        ("query.ask", {"roles": frozenset()}),
        ("query.ask", {"roles": frozenset({"auditor", "administrator", "duty"})}),
        ("query.ask", {"actor": "node"}),
        ("record.enter", {"roles": frozenset({"inspector"})}),
        ("record.read", {"roles": frozenset({"duty"})}),
        ("ledger.show", {"roles": frozenset({"administrator"})}),
        ("officer.create", {"roles": frozenset({"registrar"})}),
        ("standing.set", {"roles": frozenset({"administrator"})}),
        ("directory.publish", {"roles": frozenset({"director"})}),
        ("session.close", {"actor": "nobody"}),
    ],
    "RPD-107.1": [("session.open", {"is_proven": False}), ("session.open", {"actor": "officer"})],
    "CTY-1.4": [(kind, {"actor": "officer"}) for kind in ("answer.receive", "record.receive", "batch.receipt")],
    "CTY-1.5": [("officer.first", {"actor": "bureau"})],
}
"""For each ground, facts that lack it."""

MASKS: dict[str, list[tuple[str, Change]]] = {
    "RPD-58.1": [(kind, {"in_audience": False}) for kind in ("query.answer", "record.show")],
}


def cases(table: dict[str, list[tuple[str, Change]]]) -> list[object]:
    return [
        pytest.param(number, passing(kind, **changed), id=f"{number} {kind} {changed}")
        for number, broken in table.items()
        for kind, changed in broken
    ]


def test_the_bytes_of_the_model_rulebook_are_pinned() -> None:
    """Whoever changes a rule's meaning gives it a new number, and a new hash here."""
    encoded = MODEL_RULEBOOK.encode()
    assert hashlib.sha256(encoded).hexdigest() == "8d87b2a7ee299872dede9178afe717f2725c9a932dd1eedaceff698af2cb974f"
    assert MODEL_RULEBOOK.hash == hashlib.sha256(encoded).hexdigest()


def test_each_rule_is_tried() -> None:
    tried = set(CONDITIONS) | set(GROUNDS) | set(MASKS)
    assert tried == {rule.number for rule in MODEL_RULEBOOK.rules}


@pytest.mark.parametrize("kind", PASSING)
def test_facts_as_they_should_be_are_allowed(kind: str) -> None:
    verdict = MODEL_RULEBOOK.judge(passing(kind))
    assert verdict.outcome == "allowed"
    assert verdict.rules


@pytest.mark.parametrize("number", [rule.number for rule in MODEL_RULEBOOK.rules])
def test_each_rule_speaks_where_something_is_allowed(number: str) -> None:
    assert any(number in MODEL_RULEBOOK.judge(passing(kind)).rules for kind in PASSING)


@pytest.mark.parametrize(("number", "facts"), cases(CONDITIONS))
def test_a_condition_refuses_and_is_the_only_rule_named(number: str, facts: Facts) -> None:
    verdict = MODEL_RULEBOOK.judge(facts)
    assert (verdict.outcome, verdict.rules) == ("refused", (number,))


@pytest.mark.parametrize(("number", "facts"), cases(GROUNDS))
def test_without_its_ground_an_act_is_refused_and_the_ground_named(number: str, facts: Facts) -> None:
    verdict = MODEL_RULEBOOK.judge(facts)
    assert verdict.outcome == "refused"
    assert number in verdict.rules


@pytest.mark.parametrize(("number", "facts"), cases(MASKS))
def test_a_mask_hides_and_the_answer_does_not_tell(number: str, facts: Facts) -> None:
    verdict = MODEL_RULEBOOK.judge(facts)
    assert (verdict.outcome, verdict.hidden_by) == ("masked", (number,))
    assert verdict.rules == MODEL_RULEBOOK.judge(passing(facts.kind)).rules


@pytest.mark.parametrize("purpose", PURPOSES)
def test_only_warnings_and_threats_go_without_a_reference(purpose: str) -> None:
    verdict = MODEL_RULEBOOK.judge(passing("query.ask", purpose=purpose, has_reference=False))
    assert verdict.is_allowed == (purpose in ("warn", "threats"))


def test_a_long_measure_passes_with_the_decision_that_it_needs() -> None:
    assert MODEL_RULEBOOK.judge(passing("standing.set", measure_days=400.0, has_reference=True)).is_allowed


def test_an_act_that_no_rule_speaks_about_is_refused() -> None:
    verdict = MODEL_RULEBOOK.judge(Facts(kind="ledger-of-others.burn", actor="officer", is_proven=True))
    assert (verdict.outcome, verdict.rules) == ("refused", ())


def test_before_the_directory_nothing_but_the_first_officer_is_allowed() -> None:
    allowed = {kind for kind in PASSING if FIRST_RULEBOOK.judge(passing(kind)).is_allowed}
    assert allowed == {"officer.first"}


def test_every_act_that_a_node_knows_is_tried_here(network: Network) -> None:
    handlers = network.nodes["GS"].gate._handlers
    assert set(handlers) == set(PASSING)


def _reduced(kind: str) -> "itertools.product[tuple[object, ...]]":
    del kind
    return itertools.product(
        ("nobody", "officer", "bureau", "node"),
        (True, False),
        ("open", "review", "suspended", "none"),
        ("fresh", "in-grace", "stale"),
        ("border-control", "warn", "curiosity"),
        (True, False),
        (None, 0.0, 500.0),
        (True, False),
        (0, 1, 2),
        (True, False),
    )


@pytest.mark.parametrize("kind", ["query.answer", "record.show"])
def test_no_path_leads_an_excluded_member_to_a_record(kind: str) -> None:
    """All combinations of a reduced set of facts: outside the audience nothing is ever plainly allowed."""
    names = (
        "actor", "is_proven", "standing", "directory", "purpose", "has_reference", "skew_s", "is_replay", "count",
        "in_audience",
    )  # fmt: skip
    seen = set()
    for values in _reduced(kind):
        facts = Facts(kind=kind, is_keeper=True, **dict(zip(names, values, strict=True)))  # type: ignore[arg-type]
        verdict = MODEL_RULEBOOK.judge(facts)
        seen.add(verdict.outcome)
        if not facts.in_audience:
            assert verdict.outcome != "allowed"
        if verdict.is_allowed:
            assert facts.actor == "bureau"
            assert facts.is_proven
            assert facts.standing == "open"
    assert seen == {"allowed", "masked", "refused"}


def test_no_act_is_allowed_without_a_ground() -> None:
    """For every kind and every kind of actor, with everything else as it should be and as it should not."""
    grounds = {rule.number: rule for rule in MODEL_RULEBOOK.rules if rule.effect == "ground"}
    roles = [frozenset[str](), *(frozenset({role}) for role in ("inspector", "registrar", "auditor", "duty"))]
    for kind, actor, is_proven, held in itertools.product(
        PASSING, ("nobody", "officer", "bureau", "node"), (True, False), roles
    ):
        facts = passing(kind, actor=actor, is_proven=is_proven, roles=held)
        verdict = MODEL_RULEBOOK.judge(facts)
        holding = [
            number
            for number, rule in grounds.items()
            if rule.is_about(kind) and CATALOGUE[rule.test](facts, rule.values)
        ]
        assert not verdict.is_allowed or set(holding) & set(verdict.rules)
        assert holding or not verdict.is_allowed
