"""The power goes at every boundary of every flow in turn; whoever was told yes finds it there afterwards."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from comity.act import Session
from comity.errors import ComityError
from comity.testing import Crash, Network, crash_at
from tests.scenarios.soak import often

SEEDS = often((1,), (1, 2, 3, 4))
STRIDE = often(2, 1)  # of the boundaries of a flow, so many to one at which the power goes
STEPS_MIN = 2  # what a bureau does with a new directory
FLOW_STEPS_MAX = 60

Flow = Callable[[Network, int], str | None]
"""Does the flow's ``n``-th repetition; the ledger entry that was acknowledged, or None if nothing was."""


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed-{seed}")
def network(
    request: pytest.FixtureRequest, founded_pair: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Network]:
    found = Network(tmp_path_factory.mktemp("crashes"), seed=request.param, like=founded_pair)
    yield found
    found.close()


def crash_everywhere(network: Network, victim: str, flow: Flow) -> list[str]:
    """Repeat a flow, the plug pulled one boundary later each time, until it gets through; what was acknowledged."""
    acknowledged: list[str] = []
    for number in range(1, FLOW_STEPS_MAX, STRIDE):
        steps = crash_at(number)
        network.boundaries[victim] = steps
        try:
            entry = flow(network, number)
        except Crash:
            network.stop(victim, gracefully=False)
            entry = None
        except ComityError:
            entry = None  # the other side of the crash heard that it failed
        network.settle()
        network.boundaries.pop(victim)
        if entry:
            acknowledged.append(entry)
        if victim in network.nodes:
            assert number > STEPS_MIN, "the plug was pulled at every boundary"
            return acknowledged
        network.start(victim)
        network.turn(20)
    pytest.fail("The flow never gets through.")


def assert_whole(network: Network, victim: str, acknowledged: list[str]) -> None:
    network.turn(400)
    network.settle()
    for code in network.nodes:
        rows = network.ledger(code)
        assert all(count == 1 for count in Counter(row.id for row in rows).values()), f"{code} has an entry twice"
        report = network.nodes[code]._ledger.verify()
        assert report.findings == ()
        assert report.entries == len(rows)
        assert network.nodes[code].condition.state().queued == 0
        assert network.nodes[code].health().is_ok
    names = [row.id for row in network.ledger(victim)]
    assert set(acknowledged) <= set(names)
    assert len(acknowledged) == len(set(acknowledged))


@pytest.mark.parametrize("victim", ["LT", "GS"])
def test_checks(network: Network, victim: str) -> None:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    ruta = network.officer("LT", "ruta", "inspector")
    answers: list[str] = []

    def flow(network: Network, _number: int) -> str | None:
        checked = network.check(ruta, "19AC45678", "FRA")
        answer = checked.registers[0].answer
        assert answer in ("hit", "no-answer"), "never a silent nothing"
        answers.append(answer)
        if victim == "GS":
            return checked.answer.entry if checked.answer else None
        return checked.released

    acknowledged = crash_everywhere(network, victim, flow)
    assert answers[-1] == "hit"
    assert_whole(network, victim, acknowledged)
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "hit"


def test_what_was_answered_to_a_peer_is_in_both_ledgers(network: Network) -> None:
    """The keeper dies at every step; each answer that reached LT names an entry that the keeper has."""
    ruta = network.officer("LT", "ruta", "inspector")
    named: list[str] = []

    def flow(network: Network, _number: int) -> str | None:
        checked = network.check(ruta, "19AC45678", "FRA")
        if checked.answer:
            named.append(checked.answer.entry)
        return None

    crash_everywhere(network, "GS", flow)
    said = [row.content.detail["entry"] for row in network.ledger("LT", "answer.receive") if row.content]
    assert named
    assert {entry for entry in said if entry} == set(named) <= {row.id for row in network.ledger("GS")}


def test_signing_in(network: Network) -> None:
    passwords = [
        network.nodes["LT"].officers.give(f"officer-{n}", "Officer", ("inspector",)) for n in range(FLOW_STEPS_MAX)
    ]
    sessions: list[Session] = []

    def flow(network: Network, number: int) -> str | None:
        outcome = network.nodes["LT"].officers.sign_in(f"officer-{number}", passwords[number])
        sessions.append(Session(outcome.release))
        return outcome.entry

    acknowledged = crash_everywhere(network, "LT", flow)
    assert sessions
    for session in sessions:
        assert network.nodes["LT"].officers.who(session).name.startswith("officer-"), "an acknowledged session is there"
    assert_whole(network, "LT", acknowledged)


@pytest.mark.parametrize("victim", ["FR", "GS"])
def test_entering(network: Network, victim: str) -> None:
    claire = network.officer("FR", "claire", "registrar")
    ruta = network.officer("LT", "ruta", "inspector")
    numbers: list[str] = []

    def flow(network: Network, number: int) -> str | None:
        entered = network.enter(claire, f"19AC{number:05}")
        assert entered.verdict is not None
        assert entered.verdict.is_allowed
        numbers.append(f"19AC{number:05}")
        if victim == "GS":
            return entered.receipt.entry if entered.receipt else None
        return entered.entry

    acknowledged = crash_everywhere(network, victim, flow)
    assert_whole(network, victim, acknowledged)
    for number in numbers:
        checked = network.check(ruta, number, "FRA")
        assert len(checked.registers[0].hits) == 1, f"{number} was entered once, and is found once"
    batches = [row.content.detail for row in network.ledger("GS", "batch.accept") if row.content]
    taken = [detail["batch"] for detail in batches if not detail["again"]]
    assert len(taken) == len(set(taken))
    assert checked.registers[0].position == len(taken)


@pytest.mark.parametrize("victim", ["GS", "LT"])
def test_a_measure(network: Network, victim: str) -> None:
    """Suspended and reopened in turn; what the duty officer was told holds, at home and everywhere."""
    olga = network.officer("GS", "olga", "duty")
    ruta = network.officer("LT", "ruta", "inspector")
    network.turn(1)

    def flow(network: Network, number: int) -> str | None:
        is_measure = number % 2 == 1
        outcome = network.nodes["GS"].measures.set_standing(
            olga, "LT", "query", "suspended" if is_measure else "open", reason=f"Step {number}.", reference="",
            until_at=network.now.replace(month=12) if is_measure else None,
        )  # fmt: skip
        last[:] = ["suspended" if is_measure else "open"]
        network.settle()
        network.now = network.now.replace(microsecond=number)
        return outcome.entry if victim == "GS" else None

    last: list[str] = []
    acknowledged = crash_everywhere(network, victim, flow)
    assert_whole(network, victim, acknowledged)
    for code in network.nodes:
        said = network.nodes[code].directory().find_statement("LT", "query", network.now)  # type: ignore[arg-type]
        assert said is not None
        assert said.state == last[0]
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed == (last == ["open"])
    hashes = {node.directory().hash for node in network.nodes.values()}
    assert len(hashes) == 1
