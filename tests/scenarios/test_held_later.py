"""Held acts that others have released, and that cannot be done just then; whose word counts when rules change."""

from datetime import timedelta

import msgspec
import pytest

from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Value
from comity.testing import Network
from comity.waiting import HeldState
from tests.scenarios.test_amended_rulebooks import draft_of, publish
from tests.scenarios.test_consignments import found, numbers
from tests.scenarios.test_held_acts import entered, henri, listed, state, take_out

__all__ = ["entered"]


def amend(network: Network, **values: Value) -> None:
    """CTY-5.6 asks for something else from now on."""
    rules = tuple(
        msgspec.structs.replace(rule, values=rule.values | values) if rule.number == "CTY-5.6" else rule
        for rule in MODEL_RULEBOOK.rules
    )
    changed = msgspec.structs.replace(MODEL_RULEBOOK, version=f"amended-{sorted(values.items())}", rules=rules)
    publish(network, draft_of(network, changed.encode()))
    network.turn(2)


def release(network: Network, officer: str, name: str) -> int:
    by = network.officer("FR", officer, "registrar")
    left: int = network.nodes["FR"].held.release(by, name, "Looked at.").given
    return left


def test_what_is_released_while_the_directory_is_stale_is_done_once_it_is_not(
    network: Network, entered: list[str]
) -> None:
    name = take_out(network, entered[:5]).held
    network.cut("FR")
    network.now += timedelta(days=3)
    network.settle(2)
    assert release(network, "henri", name) == 0
    assert state(network, name) is HeldState.RELEASED
    assert "aside-waiting" in {problem.code for problem in network.nodes["FR"].health().problems}
    assert [each.held.id for each in listed(network, henri(network)).acts] == [name]
    network.mend("FR")
    for _round in range(6):
        network.turn(60)
    assert state(network, name) is HeldState.PERFORMED
    assert len(found(network, *numbers(len(entered)))) == len(entered) - 5


@pytest.mark.parametrize("gone", [True, False])
def test_the_word_of_an_officer_who_is_gone_does_not_count_under_a_stricter_rule_either(
    network: Network, entered: list[str], *, gone: bool
) -> None:
    amend(network, releases=2)
    name = take_out(network, entered[:5]).held
    assert release(network, "aa", name) == 1
    if gone:
        assert network.nodes["FR"].officers.disable(network.officer("FR", "ada", "administrator"), "aa").given
    amend(network, releases=3)
    if gone:
        assert release(network, "bb", name) == 1
    assert release(network, "cc", name) == 0
    network.settle(4)
    assert state(network, name) is HeldState.WAITING, "two have released it whose words count, and it takes three"
    assert release(network, "dd", name) == 0
    network.settle(4)
    assert state(network, name) is HeldState.PERFORMED
