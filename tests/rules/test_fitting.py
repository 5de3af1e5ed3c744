"""Rules that would not fit one another, or what the program itself fixes, are not taken in; each refusal by name."""

from typing import Any

import msgspec
import pytest

from comity.errors import MalformedError
from comity.exchange.message import EXPIRY
from comity.limits import MESSAGE_DAYS_MAX, QUERY_DEADLINE_S, REPLAY_WINDOW_S
from comity.rules.amending import amend
from comity.rules.catalogue import KINDS, TESTS
from comity.rules.facts import Facts
from comity.rules.fitting import every_role
from comity.rules.in_force import take_up
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule, Value
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.verdict import Hold
from comity.rules.written import Retired
from comity.testing import Network
from tests.rules.facts import passing

HOLD = Rule("X-1", "X 1", "It waits.", "hold", ("record.enter",), "is_proven", {"releases": 1.0, "days": 7.0})


def plus(*rules: Rule, to: Rulebook = MODEL_RULEBOOK) -> Rulebook:
    return msgspec.structs.replace(to, version="later", rules=(*to.rules, *rules))


def changed(number: str, to: Rulebook = MODEL_RULEBOOK, **said: Any) -> Rulebook:
    rules = (msgspec.structs.replace(rule, **said) if rule.number == number else rule for rule in to.rules)
    return msgspec.structs.replace(to, version="later", rules=tuple(rules))


def valued(number: str, to: Rulebook = MODEL_RULEBOOK, **values: Value) -> Rulebook:
    rule = to.find_rule(number)
    assert rule is not None
    return changed(number, to, values=rule.values | values)


def without(number: str) -> Rulebook:
    gone = MODEL_RULEBOOK.find_rule(number)
    assert gone is not None
    retired = Retired(number, gone.effect, gone.test, gone.kinds, gone.register)
    rules = tuple(rule for rule in MODEL_RULEBOOK.rules if rule is not gone)
    return msgspec.structs.replace(
        MODEL_RULEBOOK, version="later", rules=rules, retired=(*MODEL_RULEBOOK.retired, retired)
    )


def refused(new: Rulebook, old: Rulebook | None = MODEL_RULEBOOK) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        amend(None if old is None else old.encode(), new.encode())
    assert caught.value.next_step
    return caught.value


# Whoever could release what is held


def may_be_released(network: Network, kind: str) -> bool:
    """As the gate and CTY-5.1 have it: it changes something, and an officer in all roles may do such acts."""
    facts = Facts(kind=kind, actor="officer", is_proven=True, roles=every_role(MODEL_RULEBOOK))
    changes = network.nodes["GS"].gate._handlers[kind].changes
    return changes and MODEL_RULEBOOK.judge_ground(facts).is_allowed


@pytest.mark.parametrize("kind", KINDS)
def test_a_hold_comes_where_an_officer_could_release_it_and_nowhere_else(network: Network, kind: str) -> None:
    ends_waiting_or_sits_at_the_door = kind.startswith("held.") or kind in ("officer.first", "session.close")
    hold = plus(msgspec.structs.replace(HOLD, kinds=(kind,)))
    if may_be_released(network, kind) and not ends_waiting_or_sits_at_the_door:
        assert amend(MODEL_RULEBOOK.encode(), hold.encode()) is not None
    else:
        assert f"would hold {kind}, and nobody could release it" in refused(hold).message
        assert f"would hold {kind}, and nobody could release it" in refused(hold, None).message


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_reads_is_said_to(network: Network, kind: str) -> None:
    """Nobody would be there for what it gives, once it is released."""
    assert KINDS[kind].only_reads is not network.nodes["GS"].gate._handlers[kind].changes


@pytest.mark.parametrize("kinds", [("session.open", "record.enter"), ("session.*",), ("query.*",), ("*",)])
def test_nor_does_a_hold_come_to_be_about_such_acts(kinds: tuple[str, ...]) -> None:
    wider = msgspec.structs.replace(HOLD, kinds=("record.enter", *kinds))
    assert "nobody could release it" in refused(plus(wider), plus(HOLD)).message


def test_a_ground_for_everybody_makes_nothing_releasable_that_no_officer_does() -> None:
    """The gate would have nobody who does it: the kind itself says who."""
    ground = Rule("X-2", "X 2", "All is let.", "ground", ("*",), "is_proven")
    for kind in ("message.deliver", "session.open", "delivery.expire"):
        assert "nobody could release" in refused(plus(ground, msgspec.structs.replace(HOLD, kinds=(kind,)))).message


def test_a_hold_of_what_no_role_includes_does_not_come() -> None:
    roles = MODEL_RULEBOOK.find_rule("RPD-21.1")
    assert roles is not None
    values = {role: [act for act in acts if act != "standing.*"] for role, acts in roles.values.items()}  # type: ignore[union-attr]
    nobody = changed("RPD-21.1", values=values)
    assert amend(MODEL_RULEBOOK.encode(), nobody.encode()) is not None
    hold = msgspec.structs.replace(HOLD, kinds=("standing.set",))
    assert "nobody could release" in refused(plus(hold, to=nobody)).message
    assert amend(plus(hold).encode(), plus(hold, to=nobody).encode()) is not None, "nobody does it, so nothing waits"


def test_releasing_is_not_taken_from_every_role_while_something_is_held() -> None:
    roles = MODEL_RULEBOOK.find_rule("RPD-21.1")
    assert roles is not None
    values = {role: [act for act in acts if act != "held.*"] for role, acts in roles.values.items()}  # type: ignore[union-attr]
    caught = refused(changed("RPD-21.1", values=values))
    assert caught.where == "CTY-5.6"
    assert "nobody could release it" in caught.message


def test_a_hold_that_an_older_program_took_stays_and_what_else_it_says_may_change() -> None:
    before = plus(msgspec.structs.replace(HOLD, kinds=("session.open", "message.deliver")))
    assert parse_rulebook(before.encode()) == before
    assert take_up(before.encode(), before).rulebook == before
    assert amend(before.encode(), changed("X-1", before, sentence="It waits for another.").encode()) is not None


# Two rules, or a rule and the program


@pytest.mark.parametrize(("new", "said"), [
    (valued("CTY-5.6", days=400.0), "400"), (valued("CTY-5.5", days=1.0), "CTY-5.6"),
    (plus(msgspec.structs.replace(HOLD, values={"days": 367.0})), "367"),
    (valued("CTY-1.2", skew_s=0.0), "skew_s 0"), (valued("CTY-1.2", skew_s=0.001), "skew_s 0.001"),
    (valued("CTY-1.2", skew_s=QUERY_DEADLINE_S - 1), "skew_s 4"), (valued("CTY-1.2", skew_s=600.0), "skew_s 600"),
    (valued("CTY-4.5", days=29.0), "message.send"), (valued("CTY-4.5", days=30.0), "message.deliver"),
    (changed("RPD-21.1", values={}), "RPD-21.1"), (changed("RPD-21.1", values={"desk": []}), "RPD-21.1"),
    *((plus(Rule("X-1", "X 1", "It is so.", "condition", ("message.open",), "role_covers_handling", values)), "X-1")
      for values in ({}, {"restricted": []}, {"official-use": ["desk"], "restricted": []})),
    *((plus(msgspec.structs.replace(HOLD, kinds=("record.consign",), test="few_go_out",
                                    values={"few": few, "share": 0.0})), f"few {few}") for few in (2.5, 0.1)),
    (plus(Rule("X-1", "X 1", "Few.", "condition", ("query.ask",), "rate_is_bounded", {"per_minute": 1.5})), "1.5"),
    (plus(Rule("X-1", "X 1", "Few.", "condition", ("message.send",), "count_is_bounded", {"most": 2.5})), "2.5"),
    *((plus(msgspec.structs.replace(HOLD, article=article)), "no article") for article in ("", " ", "\u00a0")),
    (changed("CTY-4.9", article=""), "no article"), (changed("CTY-4.9", sentence="\u2060"), "no sentence"),
], ids=str)  # fmt: skip
def test_numbers_and_lists_that_would_stop_everything_are_refused_with_the_reason(new: Rulebook, said: str) -> None:
    assert said in f"{(caught := refused(new)).where} {caught.message}"


@pytest.mark.parametrize("new", [
    valued("CTY-5.6", days=366.0), valued("CTY-1.2", skew_s=QUERY_DEADLINE_S),
    valued("CTY-1.2", skew_s=REPLAY_WINDOW_S / 2), valued("CTY-4.5", days=MESSAGE_DAYS_MAX + 1.0),
    valued("CTY-5.6", few=3.0),
], ids=str)  # fmt: skip
def test_what_just_fits_is_taken(new: Rulebook) -> None:
    assert amend(MODEL_RULEBOOK.encode(), new.encode()) is not None


def test_a_message_lasts_as_long_as_the_rules_are_told() -> None:
    assert EXPIRY.total_seconds() == MESSAGE_DAYS_MAX * 86_400


def test_what_did_not_fit_before_may_stay_and_not_change_into_more_of_it() -> None:
    before = valued("CTY-5.6", days=400.0)
    assert amend(before.encode(), changed("CTY-4.9", before, sentence="Few.").encode()) is not None
    assert "500" in refused(valued("CTY-5.6", days=500.0), before).message


@pytest.mark.parametrize("number", ["RPD-6.1", "RPD-21.1", "CTY-1.4", "RPD-104.1", "RPD-107.1", "CTY-6.1"])
def test_the_only_ground_of_a_kind_does_not_go(number: str) -> None:
    """Whoever wants no such acts adds a condition, which says why: without a ground they are refused by no rule."""
    caught = refused(without(number))
    assert "No ground lets anybody do " in caught.message or "No rule speaks of " in caught.message
    assert "Give it a ground" in caught.next_step


def test_acts_that_had_no_ground_before_need_none() -> None:
    before = without("RPD-104.1")
    assert amend(before.encode(), changed("CTY-4.9", before, sentence="Few.").encode()) is not None


def test_each_hold_of_the_model_can_be_released() -> None:
    holds = [rule for rule in MODEL_RULEBOOK.rules if rule.effect == "hold"]
    assert [rule.hold for rule in holds] == [Hold(1, 7.0)]
    assert {TESTS[rule.test].name for rule in holds} == {"few_go_out"}


def test_whoever_has_a_session_may_end_it_in_whatever_role() -> None:
    assert MODEL_RULEBOOK.judge(passing("session.close", roles=frozenset())).is_allowed
    assert not MODEL_RULEBOOK.judge(passing("session.close", roles=frozenset(), is_proven=False)).is_allowed
    assert not MODEL_RULEBOOK.judge(passing("session.close", actor="bureau")).is_allowed
