"""A released act that cannot be done just then: it is said why, it can be refused, and it has an end."""

import itertools
from datetime import timedelta

import pytest

from comity.api.held import shown_of
from comity.gate import Outcome
from comity.testing import Network
from comity.waiting import LIFE, OPEN, HeldEvent, HeldState
from tests.scenarios.test_consignments import found, numbers
from tests.scenarios.test_held_acts import COUNT, entered, henri, listed, small_lots, state, take_out
from tests.scenarios.test_held_later import release

__all__ = ["entered", "small_lots"]
CAST = ("LT", "FR")
ENDS = {HeldEvent.DENIED: HeldState.REFUSED, HeldEvent.RAN_OUT: HeldState.ENDED}


@pytest.fixture
def put_off(network: Network, entered: list[str]) -> str:
    """The name of a change that henri has released, at a node whose directory is stale."""
    name = take_out(network, entered[:5]).held
    network.cut("FR")
    network.now += timedelta(days=3)
    network.settle(2)
    assert release(network, "henri", name) == 0
    assert state(network, name) is HeldState.RELEASED
    return name


def refuse(network: Network, officer: str, name: str, *roles: str) -> Outcome[bool]:
    by = network.officer("FR", officer, *(roles or ("registrar",)))
    return network.nodes["FR"].held.refuse(by, name, "Not any more.")


def come_back(network: Network) -> None:
    network.mend("FR")
    for _round in range(6):
        network.turn(60)


def left(network: Network) -> int:
    return len(found(network, *numbers(COUNT)))


def is_quiet(network: Network) -> bool:
    node = network.nodes["FR"]
    return "aside-waiting" not in {problem.code for problem in node.health().problems}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(OPEN, ENDS)))
def test_every_state_in_which_an_act_may_still_be_done_can_be_left_by_people_and_by_time(
    state: HeldState, event: HeldEvent
) -> None:
    assert LIFE[state, event] is ENDS[event]


@pytest.mark.parametrize("officer", ["claire", "odile", "henri"])
def test_its_author_takes_it_back_and_others_refuse_it(network: Network, put_off: str, officer: str) -> None:
    """Whoever may release it, the one who has among them: the author is claire."""
    assert refuse(network, officer, put_off).verdict.is_allowed
    assert state(network, put_off) is HeldState.REFUSED
    network.settle(2)
    assert is_quiet(network), "nothing is tried any more"
    come_back(network)
    assert (state(network, put_off), left(network)) == (HeldState.REFUSED, COUNT)
    assert network.nodes["FR"].health().is_ok


def test_whoever_may_not_do_such_acts_does_not_refuse_it_either(network: Network, put_off: str) -> None:
    assert refuse(network, "rita", put_off, "desk").verdict.rules == ("CTY-5.1",)
    assert state(network, put_off) is HeldState.RELEASED


def test_it_is_not_released_once_more(network: Network, put_off: str) -> None:
    odile = network.officer("FR", "odile", "registrar")
    assert network.nodes["FR"].held.release(odile, put_off, "Me too.").verdict.rules == ("CTY-5.4",)


@pytest.mark.parametrize("how", ["runs", "starts again", "was off"])
def test_it_lapses_at_its_end_and_is_not_done_afterwards(network: Network, put_off: str, how: str) -> None:
    """Also where the node comes up long after, its directory current, before anything has run out."""
    if how == "was off":
        network.stop("FR")
    network.now += timedelta(days=30)
    if how == "starts again":
        network.stop("FR", gracefully=False)
    if how == "was off":
        network.mend("FR")
    if how != "runs":
        network.start("FR")
    network.settle(3)
    come_back(network)
    assert (state(network, put_off), left(network)) == (HeldState.ENDED, COUNT)
    assert network.nodes["FR"].health().is_ok
    [over] = listed(network, henri(network), is_open=False).acts
    assert over.held.entry


def test_until_then_it_is_tried_and_done(network: Network, put_off: str) -> None:
    network.now += timedelta(days=3)
    network.settle(2)
    come_back(network)
    assert (state(network, put_off), left(network)) == (HeldState.PERFORMED, COUNT - 5)


def test_nothing_is_done_of_it_where_it_was_refused_while_the_node_was_about_to(
    network: Network, put_off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = network.nodes["FR"].held
    perform = desk._perform

    def late(due: object) -> None:
        monkeypatch.undo()
        assert refuse(network, "claire", put_off).verdict.is_allowed
        perform(due)  # type: ignore[arg-type]

    network.mend("FR")
    monkeypatch.setattr(desk, "_perform", late)
    for _round in range(40):
        network.turn(60)
    assert (state(network, put_off), left(network)) == (HeldState.REFUSED, COUNT)
    assert is_quiet(network)


def test_it_is_said_why_it_is_not_done_and_until_when_it_is_tried(network: Network, put_off: str) -> None:
    node = network.nodes["FR"]
    for _start in range(2):
        shown = shown_of(node, node.held.show(henri(network), put_off))
        assert "CTY-2.1" in shown.put_off
        assert shown.word == "Released, and not done yet"
        assert shown.ends_at > network.now
        network.stop("FR")
        network.start("FR")
        network.settle(2)
        node = network.nodes["FR"]
    come_back(network)
    shown = shown_of(node, node.held.show(henri(network), put_off))
    assert (shown.put_off, shown.state) == ("", "performed")
