"""The model rulebook: what it says is pinned, and each of its rules refuses what it is there to refuse."""

import hashlib
import itertools
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from comity.rules.catalogue import TESTS
from comity.rules.facts import Facts
from comity.rules.model import FIRST_RULEBOOK, MODEL_RULEBOOK
from comity.rules.query import PURPOSES
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.taking_over import digest
from comity.rules.verdict import Hold
from comity.testing import Network
from tests.rules.facts import PASSING, REGISTERS, passing

Change = dict[str, object]

KEEPERS = ("query.answer", "record.show", "batch.accept", "consignment.accept", "consignment.take")
ENTERED = ("record.enter", "batch.accept")
CONSIGNED = ("record.consign", "consignment.take")
CHANGING = (*CONSIGNED, "record.amend")
ENTERING = (*ENTERED, *CHANGING)
RELAYED = ("envelope.relay", "receipt.relay")
BUREAUS = (*KEEPERS, "message.deliver", "receipt.take", "blob.show", *RELAYED)
OF_STANDING = (
    "query.ask", "query.answer", "record.read", "record.show", "record.enter", "record.consign", "batch.accept",
    "consignment.accept", "consignment.take", "message.send", "message.deliver", "envelope.relay", "record.amend",
)  # fmt: skip
"""What needs a directory that is not stale and a standing that is open; receipts do not: they end what has begun."""
OFFICERS = (
    "query.ask", "record.read", "record.enter", "record.consign", "message.send", "message.open", "message.list",
    "attachment.add", "attachment.read", "ledger.list", "ledger.show", "ledger.export", "ledger.prove", "ledger.trace",
    "ledger.verify",
    "officer.list",
    "officer.create", "officer.reset", "officer.disable", "standing.set", "directory.publish", "session.close",
    "password.set", "held.list", "held.show", "held.release", "held.refuse", "record.list", "record.view",
    "record.amend",
)  # fmt: skip

CONDITIONS: dict[str, list[tuple[str, Change]]] = {
    "CTY-1.1": [(kind, {"is_proven": False}) for kind in BUREAUS],
    "CTY-1.2": [
        ("query.answer", {"skew_s": 120.5}),
        ("query.answer", {"skew_s": -120.5}),
        ("record.show", {"skew_s": None}),
        ("record.show", {"skew_s": float("nan")}),
        ("blob.show", {"skew_s": 120.5}),
        ("blob.show", {"skew_s": None}),
    ],
    "CTY-1.3": [(kind, {"is_replay": True}) for kind in ("query.answer", "record.show")],
    "CTY-1.6": [(kind, {"recipient_standing": "none"}) for kind in (*BUREAUS, "message.send", "alert.send")],
    "CTY-2.1": [(kind, {"directory": "stale"}) for kind in OF_STANDING],
    "CTY-2.2": [(kind, {"is_keeper": False}) for kind in KEEPERS],
    "CTY-3.1": [("session.open", {"is_paused": True}), ("password.set", {"is_paused": True})],
    "CTY-3.2": [("password.set", {"is_proven": False})],
    "RPD-10.1": [
        (kind, {"purpose": purpose})
        for kind in ("query.ask", "query.answer", "record.read", "record.show")
        for purpose in ("", "curiosity", "Border-Control")
    ],
    "RPD-10.2": [
        (kind, {"has_reference": False}) for kind in ("query.ask", "query.answer", "record.read", "record.show")
    ],
    "RPD-127.1": [(kind, {"count": count}) for kind in ("query.ask", "query.answer") for count in (0, 2)],
    "RPD-127.2": [("query.ask", {"recent_count": 60})],
    "RPD-127.3": [(kind, {"count": count}) for kind in ENTERED for count in (0, 1001)],
    "RPD-127.4": [(kind, {"count": count}) for kind in (*CHANGING, "consignment.accept") for count in (0, 1_000_001)],
    "CTY-4.10": [("consignment.accept", {"waiting_count": count}) for count in (16, 17)],
    "RPD-131.1": [
        (kind, {"standing": standing}) for kind in OF_STANDING for standing in ("suspended", "review", "none")
    ],
    "RPD-46.1": [("record.amend", {"is_there": False})],
    "RPD-51.1": [("record.expire", {"is_over": False})],
    "CTY-2.3": [("record.expire", {"directory": state}) for state in ("in-grace", "stale")],
    "RPD-50.1": [("record.amend", {"is_longer": True, "has_grounds": False})],
    "TD-1.2": [(kind, {"is_issuer": False}) for kind in ENTERING],
    "RPD-12.1": [(kind, {"is_lawful": False}) for kind in ENTERING],
    "RPD-36.1": [(kind, {"is_complete": False}) for kind in ENTERING],
    "RPD-7.1": [(kind, {"is_source": False}) for kind in ENTERING],
    **{
        number: [
            (kind, {"retention_years": years, "registers": frozenset({register})})
            for kind in ENTERING
            for years in (None, 0.0, -1.0, most + 0.01)
        ]
        for number, register, most in (
            ("RPD-49.2", "travel-documents", 10.0),
            ("RPD-49.3", "persons", 5.0),
            ("RPD-49.4", "vehicles", 5.0),
        )
    },
    "RPD-112.1": [
        (kind, {"handlings": levels})
        for kind in (*ENTERING, "message.send", "message.deliver")
        for levels in (None, *map(frozenset, ({""}, {"secret"}, {"Restricted"}, {"restricted", "secret"})))
    ],
    "RPD-107.2": [
        ("record.receive", {"handlings": frozenset({"confidential"})}),
        ("record.receive", {"handlings": frozenset({"unheard of"})}),
        ("record.receive", {"roles": frozenset({"auditor"})}),
        *(
            (kind, changed)
            for kind in ("message.open", "attachment.read", "record.view")
            for changed in (
                {"roles": frozenset({"inspector"})},
                {"roles": frozenset({"auditor"}), "handlings": frozenset({"official-use"})},
                {"handlings": frozenset({"unheard of"})},
                {"handlings": None},
            )
        ),
    ],
    "CTY-4.1": [(kind, {"is_addressable": False}) for kind in ("message.send", *RELAYED, "alert.send")],
    "CTY-4.2": [(kind, {"is_addressee": False}) for kind in ("message.deliver", "blob.show")],
    "CTY-4.3": [("message.deliver", {"is_readable": False})],
    "CTY-4.4": [("message.deliver", {"is_same_text": False})],
    "CTY-4.5": [
        (kind, {"days_left": days})
        for kind in ("message.send", "message.deliver", *RELAYED)
        for days in (None, 0.0, -1.0, 31.01, float("nan"), float("inf"))
    ],
    "CTY-4.6": [
        (kind, {"is_known": False}) for kind in ("receipt.take", "message.send", "message.open", "attachment.read")
    ],
    "CTY-4.7": [(kind, {"is_secretariat": False}) for kind in RELAYED],
    "CTY-4.8": [(kind, {"waiting_count": count}) for kind in RELAYED for count in (10_000, 10_001)],
    "CTY-4.9": [("message.send", {"count": count}) for count in (0, 201)],
    "CTY-4.12": [(kind, {"may_send_form": False}) for kind in ("message.send", "message.deliver")],
    "CTY-4.13": [(kind, {"is_well_filled": False}) for kind in ("message.send", "message.deliver")],
    "CTY-4.14": [(kind, {"answers_its_form": False}) for kind in ("message.send", "message.deliver")],
    "CTY-4.15": [("message.deliver", {"is_asked_of_source": False})],
    "CTY-4.16": [("message.send", {"source_standing": standing}) for standing in ("suspended", "none")],
    "CTY-5.1": [(kind, {"may_do_held": False}) for kind in ("held.show", "held.release", "held.refuse")],
    "CTY-5.2": [("held.release", {"is_author": True})],
    "CTY-5.3": [("held.release", {"has_spoken": True})],
    "CTY-5.4": [(kind, {"is_known": False}) for kind in ("held.show", "held.release", "held.refuse")],
    "CTY-5.5": [("held.release", {"days_left": days}) for days in (None, 0.0, -0.1)],
    "RPD-104.3": [
        ("alert.send", {"recipient_standing": "suspended", "recipient_is_clear": clear}) for clear in (True, False)
    ],
    "RPD-131.2": [(kind, {"is_secretariat": False}) for kind in ("standing.set", "directory.publish")],
    "RPD-131.3": [("standing.set", {"has_reason": False})],
    "RPD-131.4": [("standing.set", {"measure_days": None}), ("standing.set", {"measure_days": -1.0})],
    "RPD-131.5": [("standing.set", {"measure_days": 92.5, "has_reference": False})],
    "CTY-6.2": [("reads.state", {"is_secretariat": False})],
    "CTY-6.3": [("reads.state", {"is_replay": True})],
}
"""For each condition, facts that it alone refuses."""

GROUNDS: dict[str, list[tuple[str, Change]]] = {
    "RPD-6.1": [(kind, {"actor": actor}) for kind in BUREAUS for actor in ("nobody", "officer", "node")],
    "RPD-21.1": [
        *((kind, {"actor": actor}) for kind in OFFICERS for actor in ("nobody", "bureau", "node")),
        *((kind, {"roles": frozenset({"director"}), "handlings": None}) for kind in ("message.list", "attachment.add")),
        *(
            (kind, {"roles": frozenset({"inspector"}), "handlings": frozenset({"official-use"})})
            for kind in OFFICERS
            if kind.startswith(("message.", "attachment."))
        ),
        ("officer.first", {"actor": "bureau"}),
        ("message.list", {"roles": frozenset({"auditor", "administrator", "duty"})}),
        ("record.enter", {"roles": frozenset({"desk"})}),
        ("ledger.list", {"roles": frozenset({"desk"})}),
        ("officer.list", {"roles": frozenset({"desk"})}),
        ("query.ask", {"roles": frozenset()}),
        ("query.ask", {"roles": frozenset({"auditor", "administrator", "duty"})}),
        ("query.ask", {"actor": "node"}),
        ("record.enter", {"roles": frozenset({"inspector"})}),
        ("record.read", {"roles": frozenset({"duty"})}),
        ("ledger.show", {"roles": frozenset({"administrator"})}),
        ("officer.create", {"roles": frozenset({"registrar"})}),
        ("standing.set", {"roles": frozenset({"administrator"})}),
        ("directory.publish", {"roles": frozenset({"director"})}),
    ],
    "CTY-3.3": [("session.close", {"actor": actor}) for actor in ("nobody", "bureau", "node")],
    "RPD-107.1": [("session.open", {"is_proven": False}), ("session.open", {"actor": "officer"})],
    "CTY-1.4": [
        (kind, {"actor": actor})
        for kind in ("answer.receive", "record.receive", "delivery.expire", "held.end", "record.expire")
        for actor in ("nobody", "officer", "bureau")
    ],
    "RPD-104.1": [("alert.send", {"actor": actor}) for actor in ("nobody", "officer", "bureau")],
    "CTY-1.5": [("officer.first", {"actor": "bureau"})],
    "CTY-6.1": [
        *(("reads.state", {"actor": actor}) for actor in ("nobody", "officer", "node")),
        ("reads.state", {"is_proven": False}),
    ],
}
"""For each ground, facts that lack it."""

ABOUT_THE_DOCUMENT = ("border-control", "identify", "forensic")
MASKS: dict[str, list[tuple[str, Change]]] = {
    "RPD-104.2": [
        ("alert.send", {"purpose": purpose})
        for purpose in ("", "curiosity", *PURPOSES)
        if purpose not in ABOUT_THE_DOCUMENT
    ],
    "RPD-104.4": [
        ("alert.send", {"recipient_is_clear": False, "recipient_standing": each}) for each in ("open", "review")
    ],
    "RPD-58.1": [(kind, {"in_audience": False}) for kind in ("query.answer", "record.show")],
    "RPD-129.1": [
        (kind, {"source_standing": standing})
        for kind in ("query.answer", "record.receive")
        for standing in ("suspended", "none")
    ],
    "CTY-4.11": [("message.open", {"recipient_standing": "none"})],
}

HOLDS: dict[str, list[tuple[str, Change]]] = {
    "CTY-5.6": [
        (kind, {"taken_out": count, "taken_share": share})
        for kind in ("record.consign", "record.amend")
        for count, share in ((3, 0.11), (1_000, 1.0), (3, float("nan")))
    ],
}
"""For each hold, facts that are held until others have released the act."""


def said(changed: Change) -> str:
    """The same in every process, whose sets come in another order."""
    return ", ".join(
        f"{name} {sorted(value) if isinstance(value, frozenset) else value}" for name, value in changed.items()
    )


def cases(table: dict[str, list[tuple[str, Change]]]) -> list[object]:
    return [
        pytest.param(number, passing(kind, **changed), id=f"{number} {kind} {said(changed)}")
        for number, broken in table.items()
        for kind, changed in broken
    ]


DATA = Path(__file__).parent / "data"
MODELS = {
    "model-of-first-rulebook": "9874bf315b166b9857d8a84489495d16690fbed09e842e25f2b2c194ba40f3f8",
    "model-before-words": "932e04b14c52f3e47981faec2a26abda33733bfe99dfec0c564c844e978266cc",
    "model-2026-11": "932e04b14c52f3e47981faec2a26abda33733bfe99dfec0c564c844e978266cc",
    "model-before-own-records": "7783f3f7024ed2196d543a85ac7140a1d5d73a78a9c3a860a325ef36f8a2fd84",
    "model-2026-12": "7816efc8c722081cea75910dd0ef4fd1e604e132895306277a799c4d31c0c2b3",
}
"""Every model that a network was founded under, the present one last: SHA-256 of its file in ``data``."""


def news(old: Rulebook, new: Rulebook) -> list[str]:
    """What a model says otherwise than the last that is pinned, and what ``EARLIER`` has to know of it."""
    was = {rule.number: rule for rule in old.rules}
    came = [f"{rule.number} comes" for rule in new.rules if rule.number not in was]
    return came + [
        f"{rule.number}, {field}: its former digest {digest(getattr(was[rule.number], field))} goes into EARLIER"
        for rule in new.rules
        if rule.number in was
        for field in ("sentence", "article", "next_step", "values")
        if getattr(was[rule.number], field) != getattr(rule, field)
    ]


def test_the_bytes_of_the_model_rulebook_are_pinned() -> None:
    """Whoever changes a rule's meaning gives it a new number. Whoever changes anything adds a file, and its hash."""
    *_earlier, last = MODELS
    pinned = parse_rulebook((DATA / f"{last}.json").read_bytes())
    assert MODEL_RULEBOOK.hash == MODELS[last], (
        news(pinned, MODEL_RULEBOOK), "its bytes go into a further file in tests/rules/data, named last in MODELS",
    )  # fmt: skip
    assert MODEL_RULEBOOK.hash == hashlib.sha256(MODEL_RULEBOOK.encode()).hexdigest()


def test_every_model_that_there_was_is_kept_as_it_was() -> None:
    """A network that was founded under it, and changed nothing, takes the next one over whole."""
    kept = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in DATA.glob("model-*.json")}
    assert kept == MODELS


def test_what_changed_in_the_model_is_named_by_rule_field_and_digest() -> None:
    roles = MODEL_RULEBOOK.find_rule("RPD-21.1")
    assert roles is not None
    wider = msgspec.structs.replace(roles, values={**roles.values, "desk": ["memo.*"]})
    rules = (wider if rule is roles else rule for rule in MODEL_RULEBOOK.rules)
    new = msgspec.structs.replace(MODEL_RULEBOOK, rules=(*rules, Rule("X-1", "X", "So.", "ground", ("*",), "is_node")))
    assert news(MODEL_RULEBOOK, new) == [
        "X-1 comes", f"RPD-21.1, values: its former digest {digest(roles.values)} goes into EARLIER"
    ]  # fmt: skip


def test_each_rule_is_tried() -> None:
    tried = set(CONDITIONS) | set(GROUNDS) | set(MASKS) | set(HOLDS)
    assert tried == {rule.number for rule in MODEL_RULEBOOK.rules}


@pytest.mark.parametrize("rule", MODEL_RULEBOOK.rules, ids=lambda rule: rule.number)
def test_each_rule_is_tried_on_each_kind_of_act_that_it_is_about(rule: Rule) -> None:
    tried = {kind for kind, _ in (CONDITIONS | GROUNDS | MASKS | HOLDS)[rule.number]}
    assert tried == {kind for kind in PASSING if rule.is_about(kind)}


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


@pytest.mark.parametrize(("number", "facts"), cases(HOLDS))
def test_a_hold_keeps_an_act_until_as_many_have_released_it_as_it_asks_for(number: str, facts: Facts) -> None:
    verdict = MODEL_RULEBOOK.judge(facts)
    assert (verdict.outcome, verdict.rules, verdict.hold) == ("held", (number,), Hold(1, 7.0))
    assert not verdict.is_allowed
    released = replace(facts, releases=1)
    assert MODEL_RULEBOOK.judge(released).outcome == "allowed"
    assert number in MODEL_RULEBOOK.judge(released).rules


@pytest.mark.parametrize(("number", "facts"), cases(HOLDS))
def test_what_is_refused_is_not_held(number: str, facts: Facts) -> None:
    verdict = MODEL_RULEBOOK.judge(replace(facts, is_lawful=False, releases=9))
    assert (verdict.outcome, verdict.hold) == ("refused", None)
    assert number not in verdict.rules


@pytest.mark.parametrize("purpose", PURPOSES)
def test_only_warnings_and_threats_go_without_a_reference(purpose: str) -> None:
    verdict = MODEL_RULEBOOK.judge(passing("query.ask", purpose=purpose, has_reference=False))
    assert verdict.is_allowed == (purpose in ("warn", "threats"))


@pytest.mark.parametrize("kind", ENTERING)
@pytest.mark.parametrize("number", ["TD-1.2", "RPD-49.2", "RPD-49.3", "RPD-49.4"])
def test_a_rule_about_one_register_does_not_speak_of_others(kind: str, number: str) -> None:
    rule = MODEL_RULEBOOK.find_rule(number)
    assert rule is not None
    for register in REGISTERS:
        verdict = MODEL_RULEBOOK.judge(passing(kind, registers=frozenset({register})))
        assert (number in verdict.rules) == (register == rule.register)
    unknown = MODEL_RULEBOOK.judge(passing(kind, registers=None))
    assert number in unknown.rules


def test_a_bureau_enters_vehicles_and_persons_of_whatever_country() -> None:
    for register in ("persons", "vehicles"):
        assert MODEL_RULEBOOK.judge(
            passing("record.enter", registers=frozenset({register}), is_issuer=False)
        ).is_allowed


def test_a_long_measure_passes_with_the_decision_that_it_needs() -> None:
    assert MODEL_RULEBOOK.judge(passing("standing.set", measure_days=400.0, has_reference=True)).is_allowed


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_source_is_told_of_every_hit_and_of_place_and_time_where_it_is_about_the_document(purpose: str) -> None:
    verdict = MODEL_RULEBOOK.judge(passing("alert.send", purpose=purpose))
    assert verdict.is_allowed
    assert (verdict.outcome == "allowed") == (purpose in ABOUT_THE_DOCUMENT)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        *((kind, {"days_left": 0.01}) for kind in ("message.send", "message.deliver", *RELAYED)),
        *((kind, {"waiting_count": 0}) for kind in RELAYED),
        ("message.send", {"count": 1}),
        *(("message.send", {"handlings": frozenset({level})}) for level in ("official-use", "restricted")),
        ("message.deliver", {"directory": "in-grace"}),
        ("blob.show", {"skew_s": 120.0}),
        ("blob.show", {"skew_s": -120.0}),
        *((kind, {"roles": frozenset({"registrar"})}) for kind in OFFICERS if kind.startswith("message.")),
        *(("query.ask", {"roles": frozenset({role})}) for role in ("inspector", "registrar", "desk")),
        ("record.read", {"roles": frozenset({"desk"})}),
    ],
    ids=lambda each: each if isinstance(each, str) else said(each),
)
def test_what_stands_at_a_bound_is_within(kind: str, changed: Change) -> None:
    assert MODEL_RULEBOOK.judge(passing(kind, **changed)).outcome == "allowed"


@pytest.mark.parametrize("kind", ["receipt.take", "receipt.relay"])
@pytest.mark.parametrize("standing", ["suspended", "review", "none"])
def test_what_became_of_a_delivery_is_heard_of_a_suspended_member_too(kind: str, standing: str) -> None:
    assert MODEL_RULEBOOK.judge(passing(kind, standing=standing, directory="stale")).is_allowed


@pytest.mark.parametrize("kind", ["message.deliver", "blob.show"])
def test_no_path_leads_a_bureau_to_what_was_not_sealed_to_it(kind: str) -> None:
    """All combinations of a reduced set of facts."""
    names = ("is_proven", "standing", "directory", "skew_s", "is_readable", "is_same_text", "days_left", "is_addressee")
    seen = set()
    for actor, *values in itertools.product(
        ("nobody", "officer", "bureau", "node"), (True, False), ("open", "suspended", "none"), ("fresh", "stale"),
        (None, 0.0, 500.0), (True, False), (True, False), (None, 1.0, 40.0), (True, False),
    ):  # fmt: skip
        told = values[names.index("standing")]  # the actor is the one who is given something
        facts = Facts(
            kind=kind, actor=actor, recipient_standing=told, may_send_form=True, is_well_filled=True,  # type: ignore[arg-type]
            answers_its_form=True, is_asked_of_source=True, handlings=frozenset({"restricted"}),
            **dict(zip(names, values, strict=True)),  # type: ignore[arg-type]
        )  # fmt: skip
        verdict = MODEL_RULEBOOK.judge(facts)
        seen.add(verdict.outcome)
        assert verdict.outcome == "refused" or (facts.actor, facts.is_proven, facts.is_addressee) == (
            "bureau",
            True,
            True,
        )
    assert seen == {"allowed", "refused"}


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
        told = values[names.index("standing")]  # the actor is the one who is given something
        facts = Facts(
            kind=kind, is_keeper=True, recipient_standing=told, source_standing="open",
            **dict(zip(names, values, strict=True)),
        )  # type: ignore[arg-type]  # fmt: skip
        verdict = MODEL_RULEBOOK.judge(facts)
        seen.add(verdict.outcome)
        if not facts.in_audience:
            assert verdict.outcome != "allowed"
        if verdict.is_allowed:
            assert facts.actor == "bureau"
            assert facts.is_proven
            assert facts.standing == "open"
    assert seen == {"allowed", "masked", "refused"}


STANDINGS = ("open", "review", "suspended", "none")


def test_no_path_tells_a_suspended_source_of_a_hit_nor_one_under_a_measure_who_asked() -> None:
    """All combinations of whatever an alert's facts may say, whoever it is for."""
    seen = set()
    for actor, is_proven, told, is_clear, purpose, is_addressable, own in itertools.product(
        ("nobody", "officer", "bureau", "node"), (True, False), STANDINGS, (True, False), ("", *PURPOSES),
        (True, False), STANDINGS,
    ):  # fmt: skip
        facts = Facts(
            kind="alert.send", actor=actor, is_proven=is_proven, purpose=purpose, is_addressable=is_addressable,  # type: ignore[arg-type]
            standing=own, recipient_standing=told, recipient_is_clear=is_clear,  # type: ignore[arg-type]
        )  # fmt: skip
        verdict = MODEL_RULEBOOK.judge(facts)
        seen.add((verdict.outcome, verdict.hides))
        if told in ("suspended", "none"):
            assert verdict.outcome == "refused"
        if not is_clear:
            assert verdict.outcome == "refused" or verdict.hides >= {"asker", "time", "place"}
    assert seen == {
        ("refused", frozenset()),
        ("allowed", frozenset()),
        ("masked", frozenset({"time", "place"})),
        ("masked", frozenset({"asker", "time", "place"})),
    }


@pytest.mark.parametrize("kind", ["query.answer", "record.receive"])
@pytest.mark.parametrize("standing", STANDINGS)
def test_a_record_is_an_order_only_while_its_source_may_enter(kind: str, standing: str) -> None:
    verdict = MODEL_RULEBOOK.judge(passing(kind, source_standing=standing))
    assert verdict.is_allowed
    assert ("instruction" in verdict.hides) == (standing in ("suspended", "none"))


def test_the_verdict_on_whatever_leaves_for_a_member_looks_at_that_member(network: Network) -> None:
    """Each act says to whom it gives something; where that is a member, another standing is another verdict."""
    handlers = network.nodes["GS"].gate._handlers
    looked_at = {
        kind: any(
            MODEL_RULEBOOK.judge(passing(kind, **{fact: standing})) != MODEL_RULEBOOK.judge(passing(kind))
            for fact in ("recipient_standing", "standing")[: 1 if handler.gives_to == "members" else 2]
            for standing in ("none", "suspended")
        )
        for kind, handler in handlers.items()
        if handler.gives_to in ("asker", "members")
    }
    assert set(looked_at) >= {"query.answer", "record.show", "blob.show", "message.send", "message.open", "alert.send"}
    assert [kind for kind, looks in looked_at.items() if not looks] == []
    assert {handler.gives_to for handler in handlers.values()} == {
        "nobody", "officer", "keeper", "asker", "members", "everybody",
    }  # fmt: skip


def test_no_act_is_allowed_without_a_ground() -> None:
    """For every kind and every kind of actor, with everything else as it should be and as it should not."""
    grounds = {rule.number: rule for rule in MODEL_RULEBOOK.rules if rule.effect == "ground"}
    roles = [frozenset[str](), *(frozenset({role}) for role in ("inspector", "desk", "registrar", "auditor", "duty"))]
    for kind, actor, is_proven, held in itertools.product(
        PASSING, ("nobody", "officer", "bureau", "node"), (True, False), roles
    ):
        facts = passing(kind, actor=actor, is_proven=is_proven, roles=held)
        verdict = MODEL_RULEBOOK.judge(facts)
        holding = [
            number
            for number, rule in grounds.items()
            if rule.is_about(kind) and TESTS[rule.test].holds(facts, rule.values)
        ]
        assert not verdict.is_allowed or set(holding) & set(verdict.rules)
        assert holding or not verdict.is_allowed
