"""Released acts that cannot be done: they end, say why, and keep none of those behind them waiting."""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from comity.act import Session
from comity.errors import InputError, MalformedError
from comity.gate import Outcome
from comity.members.standing import Channel
from comity.rules.rule import Rule
from comity.shown.held import act_shown
from comity.testing import Network
from comity.waiting import HeldState
from tests.scenarios.test_amended_rulebooks import draft_of, plus, publish


@pytest.fixture
def olga(network: Network) -> Session:
    """Olga of the duty desk; by the rules there measures wait for a second officer."""
    rule = Rule("X-1", "X 1", "It waits.", "hold", ("standing.set",), "is_officer_signing_in",
                {"releases": 1.0, "days": 7.0})  # fmt: skip
    publish(network, draft_of(network, plus(rule).encode()))
    network.turn(2)
    return network.officer("GS", "olga", "duty")


@pytest.fixture
def otto(network: Network) -> Session:
    """Who releases them."""
    return network.officer("GS", "otto", "duty")


def suspend(network: Network, by: Session, reason: str) -> Outcome[Any]:
    until = network.now + timedelta(days=3)
    return network.nodes["GS"].measures.set_standing(
        by, "XX", "enter", "suspended", reason=reason, reference="EC 1", until_at=until
    )


def fail_at(network: Network, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Measures whose reason says so cannot be done, by that error."""
    handler = network.nodes["GS"].gate._handlers["standing.set"]
    decide = handler.decide

    def failing(act: Any, verdict: Any, seen: Any) -> Any:
        if verdict.is_allowed and "cannot" in act.body.reason:
            raise error
        return decide(act, verdict, seen)

    monkeypatch.setattr(handler, "decide", failing)


def state(network: Network, by: Session, name: str) -> HeldState:
    return network.nodes["GS"].held.show(by, name).given.held.state


def test_what_can_never_be_done_is_over_and_says_why_to_everybody_whom_it_concerns(
    network: Network, olga: Session, otto: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(network, monkeypatch, MalformedError("It is too long.", where="reason"))
    held, name = network.nodes["GS"].held, suspend(network, olga, "cannot").held
    assert held.release(otto, name, "Seen.").given == 0
    found = held.show(olga, name).given
    assert found.held.state is HeldState.IMPOSSIBLE
    shown = act_shown(found, held.body_of(found.held.act), "", str, is_own=True)
    assert shown.word == "Released, and can never be done"
    assert (shown.words[-1].officer, shown.words[-1].reason) == ("This node", "reason: It is too long.")
    [row] = [row for row in network.ledger("GS", "held.end") if row.content]
    assert (row.content.on, row.content.reference) == (name, "reason: It is too long.")
    assert held.aside.held == ()
    assert not held.refuse(otto, name, "It is over.").verdict.is_allowed


def test_a_measure_whose_reason_is_too_long_ends_so(network: Network, olga: Session, otto: Session) -> None:
    name = suspend(network, olga, "x" * 301).held
    network.nodes["GS"].held.release(otto, name, "Seen.")
    assert state(network, otto, name) is HeldState.IMPOSSIBLE


@pytest.mark.parametrize("error", [InputError("Never."), OSError("Not now.")])
def test_a_hundred_acts_that_cannot_be_done_keep_none_behind_them_waiting(
    network: Network, olga: Session, otto: Session, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("comity.office.held.DUE_ACTS_MAX", 5)
    fail_at(network, monkeypatch, error)
    held = network.nodes["GS"].held
    for number in range(8):
        held.release(otto, suspend(network, olga, f"cannot {number}").held, "Seen.")
    good = suspend(network, olga, "Misuse").held
    held.release(otto, good, "Seen.")
    for _round in range(3):
        network.turn(1)
    assert state(network, otto, good) is HeldState.PERFORMED
    assert not network.nodes["LT"].directory().is_open("XX", Channel.ENTER, network.now)


def test_what_failed_for_a_passing_reason_is_done_once_that_has_passed(
    network: Network, olga: Session, otto: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as failing:
        fail_at(network, failing, OSError("Not now."))
        name = suspend(network, olga, "cannot now").held
        network.nodes["GS"].held.release(otto, name, "Seen.")
        assert state(network, otto, name) is HeldState.RELEASED
    for _round in range(3):
        network.turn(1)
    assert state(network, otto, name) is HeldState.PERFORMED


def test_an_act_that_officers_and_the_background_perform_at_once_is_done_once_and_not_set_aside(
    network: Network, olga: Session, otto: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, gate, both = network.nodes["GS"].held, network.nodes["GS"].gate, threading.Barrier(2)
    perform = gate.perform

    def slowly(kind: Any, *given: Any, **about: Any) -> Any:
        if kind.name == "standing.set":
            with suppress(threading.BrokenBarrierError):
                both.wait(1)  # where two have looked at the same list, both are here now
        return perform(kind, *given, **about)

    name = suspend(network, olga, "Misuse").held
    monkeypatch.setattr(gate, "perform", slowly)
    release = threading.Thread(target=held.release, args=(otto, name))
    release.start()
    while held._store.read(lambda unit: unit.find_held(name)).state is HeldState.WAITING:
        pass
    held.go_round()
    release.join()
    assert (held.aside.held, state(network, otto, name)) == ((), HeldState.PERFORMED)


@pytest.mark.parametrize("how", ["disabled", "still there"])
def test_the_release_of_an_officer_who_is_gone_by_the_last_one_does_not_count(network: Network, how: str) -> None:
    rule = Rule("X-1", "X 1", "It waits.", "hold", ("standing.set",), "is_officer_signing_in",
                {"releases": 2.0, "days": 7.0})  # fmt: skip
    publish(network, draft_of(network, plus(rule).encode()))
    network.turn(2)
    gs = network.nodes["GS"]
    olga, otto, omar, oona, ada = (
        network.officer("GS", name, "administrator" if name == "ada" else "duty")
        for name in ("olga", "otto", "omar", "oona", "ada")
    )
    name = suspend(network, olga, "Misuse").held
    assert gs.held.release(otto, name, "Seen.").given == 1
    if how == "disabled":
        assert gs.officers.disable(ada, "otto").given
    assert gs.held.show(omar, name).given.released == (0 if how == "disabled" else 1)
    assert gs.held.release(omar, name, "Seen.").given == (1 if how == "disabled" else 0)
    if how == "disabled":
        assert state(network, omar, name) is HeldState.WAITING
        assert gs.held.release(oona, name, "Seen.").given == 0
    assert state(network, omar, name) is HeldState.PERFORMED
