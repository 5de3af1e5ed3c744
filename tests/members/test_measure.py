"""Measures on members, taken at the secretariat: reasoned, dated, bounded, and in force where they should be."""

from datetime import timedelta, timezone

import pytest

from comity.act import Session
from comity.errors import MalformedError, TooLargeError, UnknownError
from comity.gate import Outcome
from comity.testing import Network


@pytest.fixture
def olga(network: Network) -> Session:
    return network.officer("GS", "olga", "duty")


def suspend(
    network: Network, session: Session, *, at: str = "GS", days: float | None = 30, **changed: object
) -> Outcome:
    values: dict[str, object] = {
        "member": "LT", "channel": "query", "state": "suspended", "reason": "Misuse of queries.", "reference": "",
        "until_at": None if days is None else network.now + timedelta(days=days),
    } | changed  # fmt: skip
    return network.nodes[at].measures.set_standing(session, **values)  # type: ignore[arg-type]


def versions(network: Network) -> int:
    network.settle()
    return network.nodes["LT"].directory().versions["standing"]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"reason": ""}, "RPD-131.3"),
        ({"reason": " \n"}, "RPD-131.3"),
        ({"days": None}, "RPD-131.4"),
        ({"days": -1}, "RPD-131.4"),
        ({"days": 0}, "RPD-131.4"),
        ({"days": 93}, "RPD-131.5"),
        ({"days": 93, "reference": "  "}, "RPD-131.5"),
    ],
)
def test_a_measure_without_what_it_needs_is_refused_and_published_nowhere(
    network: Network, olga: Session, changed: dict[str, object], rule: str
) -> None:
    before = versions(network)
    outcome = suspend(network, olga, **changed)  # type: ignore[arg-type]
    assert (outcome.verdict.outcome, outcome.verdict.rules, outcome.release) == ("refused", (rule,), None)
    assert versions(network) == before


def test_only_the_secretariat_takes_measures(network: Network) -> None:
    """A bureau that calls one of its officers a duty officer gains nothing by it."""
    outcome = suspend(network, network.officer("XX", "igor", "duty"), at="XX")
    assert outcome.verdict.rules == ("RPD-131.2",)
    assert network.nodes["XX"].measures.publish(network.officer("XX", "ivan", "duty"), b"{}").verdict.rules == (
        "RPD-131.2",
    )


@pytest.mark.parametrize("role", ["inspector", "registrar", "auditor", "administrator"])
def test_no_other_role_takes_measures(network: Network, role: str) -> None:
    assert suspend(network, network.officer("GS", "eve", role)).verdict.rules == ("RPD-21.1",)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"member": "ZZ"}, UnknownError),
        ({"member": "lt"}, MalformedError),
        ({"channel": "everything"}, MalformedError),
        ({"state": "banned"}, MalformedError),
        ({"reason": "x" * 201}, TooLargeError),
        ({"days": 100, "reference": "x" * 101}, TooLargeError),
    ],
)
def test_a_measure_that_cannot_be_stated_is_refused_before_it_is_decided(
    network: Network, olga: Session, changed: dict[str, object], error: type[Exception]
) -> None:
    before = versions(network)
    with pytest.raises(error):
        suspend(network, olga, **changed)  # type: ignore[arg-type]
    assert versions(network) == before
    assert suspend(network, olga).verdict.is_allowed


def test_an_end_in_another_time_zone_is_published_all_the_same(network: Network, olga: Session) -> None:
    until_at = (network.now + timedelta(days=3)).astimezone(timezone(timedelta(hours=2)))
    assert suspend(network, olga, until_at=until_at).verdict.is_allowed
    network.settle()
    said = network.nodes["LT"].directory().standing.statements
    assert [each.until_at for each in said if each.state == "suspended"] == [until_at]


def test_a_long_measure_passes_with_the_decision(network: Network, olga: Session) -> None:
    assert suspend(network, olga, days=365, reference="EC/2026/17").verdict.is_allowed


def test_a_measure_is_lifted_without_an_end(network: Network, olga: Session) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    suspend(network, olga)
    network.turn(1)
    assert network.check(ruta, "19AC45678", "FRA").verdict.rules == ("RPD-131.1",)
    lifted = suspend(network, olga, state="open", days=None, reason="The misuse has ended.")
    assert lifted.verdict.is_allowed
    network.turn(1)
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed


def test_a_measure_ends_by_itself(network: Network, olga: Session) -> None:
    network.turn(1)
    suspend(network, olga, days=1)
    network.turn(86_399)
    ruta = network.officer("LT", "ruta", "inspector")
    assert network.check(ruta, "19AC45678", "FRA").verdict.rules == ("RPD-131.1",)
    network.turn(2)
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
