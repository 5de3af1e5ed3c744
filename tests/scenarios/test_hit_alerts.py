"""Word of a hit: the source of a record hears of it, once, with no more than its purpose allows, and nobody else."""

from collections.abc import Callable

import pytest

from comity.exchange.message import AlertedHit
from comity.testing import Network
from tests.exchange.envelopes import names_at
from tests.scenarios.desks import QUIET_S, Desk, assert_true, held
from tests.scenarios.test_crashes import crash_everywhere

NUMBER = "19AC45678"
TELLS_PLACE = ("border-control", "identify", "forensic")


@pytest.fixture
def record(network: Network) -> str:
    """A record of FR's, for everybody but XX to see."""
    entered = network.enter(network.officer("FR", "claire", "registrar"), NUMBER, audience="all but XX")
    return f"{entered.batch}.0"


def alerts(network: Network, code: str = "FR") -> list[AlertedHit]:
    return [each.text.alert for each in held(network, code) if each.text.alert and not each.message.is_outgoing]


def check(network: Network, number: str = NUMBER, *, at: str = "LT", **more: str) -> str:
    inspector = network.officer(at, "ruta", "inspector")
    return network.check(inspector, number, "FRA", at=at, **more).registers[0].answer


def test_the_source_is_told_who_asked_why_when_and_where_it_stands(network: Network, record: str) -> None:
    at = network.now
    assert check(network) == "hit"
    network.settle(3)
    entry = network.ledger("GS", "query.answer")[-1].id
    assert alerts(network) == [AlertedHit(record, "travel-documents", "LT", "border-control", entry, at, "")]  # type: ignore[arg-type]
    for code in ("LT", "BR", "XX"):
        assert names_at(network, code) == []
    opened = Desk(network, "FR").open(names_at(network, "FR")[0])
    head = opened[0].message.head
    assert (head.sender, head.kind, head.answer_by, [each.member for each in head.recipients]) == (
        "GS", "alert", None, ["FR"],
    )  # fmt: skip
    network.settle()
    assert_true(network, "LT", "FR", "BR")


@pytest.mark.parametrize("purpose", [
    "border-control", "search-wanted", "locate", "investigation", "warn", "identify", "forensic", "security-check",
    "threats",
])  # fmt: skip
def test_time_and_place_are_told_only_where_the_purpose_is_about_the_document(
    network: Network, record: str, purpose: str
) -> None:
    assert check(network, purpose=purpose, reference="case 7") == "hit"
    network.settle(3)
    [told] = alerts(network)
    assert (told.record, told.asker, told.purpose) == (record, "LT", purpose)
    assert (told.at is not None) == (purpose in TELLS_PLACE)
    row = network.ledger("GS", "alert.send")[-1]
    assert row.content is not None
    assert row.content.verdict == ("allowed" if purpose in TELLS_PLACE else "masked")


def test_what_is_stripped_is_nowhere_in_what_was_sent(network: Network, record: str) -> None:
    """Neither reference nor time; when the alert itself was made still says roughly when, see docs/threats.md."""
    del record
    network.cut("FR")
    assert check(network, purpose="locate", reference="case 7") == "hit"
    asked_at = network.now
    network.mend("FR")
    network.turn(3)
    [told] = alerts(network)
    assert (told.at, told.post) == (None, "")
    kept = [each for each in held(network, "FR") if each.text.alert]
    assert "case 7" not in str(kept[0].text)
    assert str(asked_at.isoformat()) not in str(kept[0].text)


def test_ones_own_query_on_ones_own_record_tells_nobody(network: Network, record: str) -> None:
    del record
    assert check(network, at="FR") == "hit"
    network.settle(3)
    assert alerts(network) == []
    assert network.ledger("GS", "alert.send") == ()


@pytest.mark.parametrize("reading", [
    lambda network: check(network, "30XX99999"),
    lambda network: check(network, at="XX"),
    lambda network: check(network, purpose="curiosity"),
], ids=["nothing there", "hidden from the asker", "refused at home"])  # fmt: skip
def test_who_saw_nothing_is_told_of_to_nobody(network: Network, record: str, reading: Callable[[Network], str]) -> None:
    del record
    assert reading(network) in ("nothing", "refused")
    network.settle(3)
    assert alerts(network) == []
    assert network.ledger("GS", "alert.send") == ()


def test_a_query_that_the_keeper_refused_tells_nobody(network: Network, record: str) -> None:
    del record
    olga = network.officer("GS", "olga", "duty")
    network.cut("LT")
    network.nodes["GS"].measures.set_standing(
        olga, "LT", "query", "suspended", reason="In bulk.", reference="EC 7",
        until_at=network.now.replace(month=12, day=24),
    )  # fmt: skip
    network.nodes["GS"].tick()
    network.mend("LT")
    assert check(network) == "refused"
    network.settle(3)
    assert alerts(network) == []


def test_every_hit_is_told_of_and_the_one_whose_source_is_away_waits(network: Network, record: str) -> None:
    del record
    network.stop("FR")
    assert [check(network, at=code) for code in ("LT", "BR", "LT")] == ["hit"] * 3
    network.settle(3)
    network.start("FR")
    network.turn(QUIET_S)
    assert sorted(told.asker for told in alerts(network)) == ["BR", "LT", "LT"]
    assert len({told.entry for told in alerts(network)}) == 3


@pytest.mark.parametrize("victim", ["GS", "FR"])
def test_the_source_hears_of_each_hit_once_wherever_the_power_goes(network: Network, record: str, victim: str) -> None:
    del record
    said: list[str] = []

    def flow(network: Network, _number: int) -> str | None:
        said.append(check(network))
        network.settle()
        return None

    crash_everywhere(network, victim, flow)
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    answered = [row for row in network.ledger("GS", "query.answer") if row.content and row.content.detail["records"]]
    assert said[-1] == "hit"
    assert len(answered) >= said.count("hit")
    assert sorted(told.entry for told in alerts(network)) == sorted(row.id for row in answered)
    assert_true(network, "FR")
