"""Word of a hit and a member under a measure: what its source hears, and what others see of its records."""

from datetime import timedelta

import msgspec
import pytest

from comity.act import Session
from comity.exchange.message import AlertedHit
from comity.peer.asking import Checked
from comity.peer.entering import EntryForm
from comity.registers.persons import PERSONS
from comity.registers.question import DISPUTED
from comity.rules.in_force import InForce
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.testing import DOCUMENTS, Network
from tests.scenarios.desks import QUIET_S, Desk, held, states
from tests.scenarios.standings import measure

NUMBER = "19AC45678"
NEW_RULES = ("CTY-1.6", "RPD-104.3", "RPD-104.4", "RPD-129.1", "CTY-4.11")


@pytest.fixture
def record(network: Network) -> str:
    """A record of FR's that everybody may see."""
    return f"{network.enter(network.officer('FR', 'claire', 'registrar'), NUMBER).batch}.0"


def alerts(network: Network, code: str) -> list[AlertedHit]:
    return [each.text.alert for each in held(network, code) if each.text.alert and not each.message.is_outgoing]


def inspector(network: Network) -> Session:
    return network.officer("LT", "ruta", "inspector")


def check(network: Network, **more: str) -> Checked:
    checked = network.check(inspector(network), NUMBER, "FRA", **more)
    network.settle(4)
    return checked


def refused_alerts(network: Network) -> list[tuple[str, ...]]:
    rows = network.ledger("GS", "alert.send")
    return [row.content.rules for row in rows if row.content and row.content.verdict == "refused"]


@pytest.mark.parametrize("channels", [("enter",), ("message",), ("enter", "query", "message")])
def test_a_suspended_source_hears_of_no_hit_and_later_of_nothing_old(
    network: Network, record: str, channels: tuple[str, ...]
) -> None:
    for channel in channels:
        measure(network, "FR", channel)
    assert [check(network).registers[0].answer for _ in range(3)] == ["hit"] * 3
    assert alerts(network, "FR") == []
    assert refused_alerts(network) == [("RPD-104.3",)] * 3
    for channel in channels:
        measure(network, "FR", channel, "open")
    network.turn(QUIET_S)
    assert alerts(network, "FR") == []
    check(network)
    assert [(each.record, each.asker) for each in alerts(network, "FR")] == [(record, "LT")]


@pytest.mark.parametrize(
    ("channel", "state"), [("query", "suspended"), ("enter", "review"), ("message", "review"), ("query", "review")]
)
def test_a_source_under_another_measure_does_not_hear_who_asked_when_and_where(
    network: Network, record: str, channel: str, state: str
) -> None:
    measure(network, "FR", channel, state)
    check(network)
    [told] = alerts(network, "FR")
    assert (told.record, told.asker, told.at, told.post) == (record, "", None, "")
    [kept] = [each for each in held(network, "FR") if each.text.alert]
    assert "LT" not in str(kept.text)


@pytest.mark.parametrize("channel", ["enter", "message", "query"])
@pytest.mark.parametrize("state", ["suspended", "review"])
def test_what_waits_to_tell_a_source_is_taken_back_when_a_measure_is_taken(
    network: Network, record: str, channel: str, state: str
) -> None:
    """It would tell who asked, when and where, which nobody under a measure hears."""
    del record
    network.stop("FR")
    check(network)
    waiting = [each.message.id for each in held(network, "GS") if each.text.alert]
    assert [states(network, "GS", name) for name in waiting] == [{"FR": "queued"}]
    measure(network, "FR", channel, state)
    assert [states(network, "GS", name) for name in waiting] == [{"FR": "withdrawn"}]
    network.start("FR")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert alerts(network, "FR") == []


@pytest.mark.parametrize("sender", ["LT", "GS"])
def test_other_messages_to_a_suspended_member_still_wait_for_it(network: Network, record: str, sender: str) -> None:
    """Those of the secretariat too, whose word of hits is taken back."""
    del record
    network.stop("FR")
    name = Desk(network, sender).send("FR")
    measure(network, "FR", "enter")
    network.start("FR")
    network.turn(QUIET_S)
    assert Desk(network, sender).states(name) == {"FR": "delivered"}


def enter_person(network: Network, code: str, reference: str) -> None:
    person = {"reference": reference, "status": "wanted", "names": [{"whole": "Ona Hidden"}]}
    form = EntryForm(register=PERSONS.name, records=[person], is_lawful=True, audience="all", instruction="locate")
    network.nodes[code].enter(network.officer(code, "clerk", "registrar"), form)
    network.settle()


def test_of_several_sources_each_has_a_verdict_of_its_own_and_hears_of_its_own_records_only(network: Network) -> None:
    for code in ("FR", "BR", "XX"):
        enter_person(network, code, f"{code}-1")
    measure(network, "XX", "enter")
    asked = network.nodes["LT"].check(
        inspector(network), {PERSONS.name: {"name": "Ona Hidden"}}, purpose="border-control", reference=""
    )
    network.settle(4)
    shown = {hit.source: hit.instruction for hit in asked.registers[0].hits}
    assert shown == {"FR": "locate", "BR": "locate", "XX": DISPUTED}
    assert {code: len(alerts(network, code)) for code in ("FR", "BR", "XX")} == {"FR": 1, "BR": 1, "XX": 0}
    records = {hit.record: hit.source for hit in asked.registers[0].hits}
    for code in ("FR", "BR"):
        assert [records[each.record] for each in alerts(network, code)] == [code]  # type: ignore[index]
    entries = [row.content for row in network.ledger("GS", "alert.send")]
    assert [(each.detail["source"], each.verdict) for each in entries if each] == [
        ("BR", "allowed"), ("FR", "allowed"), ("XX", "refused"),
    ]  # fmt: skip


def test_a_hit_of_a_suspended_source_is_disputed_at_once_and_when_its_record_is_read(
    network: Network, record: str
) -> None:
    measure(network, "FR", "enter")
    [hit] = check(network).registers[0].hits
    assert (hit.record, hit.source, hit.instruction) == (record, "FR", DISPUTED)
    read = network.nodes["LT"].read_record(inspector(network), record, purpose="border-control", reference="")
    assert read.shown is not None
    assert read.shown.record is not None, "its source has signed it: that is shown"
    assert read.shown.is_disputed
    measure(network, "FR", "enter", "open")
    assert [hit.instruction for hit in check(network).registers[0].hits] == ["hold"]
    read = network.nodes["LT"].read_record(inspector(network), record, purpose="border-control", reference="")
    assert read.shown is not None
    assert not read.shown.is_disputed


@pytest.mark.parametrize(("channel", "state"), [("query", "suspended"), ("message", "suspended"), ("enter", "review")])
def test_a_measure_that_leaves_entering_alone_disputes_nothing(
    network: Network, record: str, channel: str, state: str
) -> None:
    del record
    measure(network, "FR", channel, state)
    assert [hit.instruction for hit in check(network).registers[0].hits] == ["hold"]


def test_under_a_rulebook_of_before_everything_goes_on_as_it_did(network: Network, record: str) -> None:
    """A network keeps the rulebook that it was founded with: acts know more facts than its rules ask for."""
    for node in network.nodes.values():
        go_by(node.knowledge, old_rulebook(MODEL_RULEBOOK))
    measure(network, "FR", "enter")
    assert [hit.instruction for hit in check(network, purpose="locate", reference="case 7").registers[0].hits] == [
        "hold"
    ]
    [told] = alerts(network, "FR")
    assert (told.record, told.asker, told.at) == (record, "LT", None)


def old_rulebook(present: Rulebook) -> Rulebook:
    """The rulebook as it was before its rules about alerts and measures."""
    return msgspec.structs.replace(
        present,
        version="before",
        rules=tuple(
            msgspec.structs.replace(
                rule, values={name: value for name, value in rule.values.items() if name != "hides"}
            )
            for rule in present.rules
            if rule.number not in NEW_RULES
        ),
    )


def go_by(knowledge: object, rulebook: Rulebook) -> None:
    """As if the directory at hand had brought that rulebook, whatever standing it brings later."""
    knowledge._rulebook = (knowledge.held.rulebook, InForce(rulebook))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("channel", "state"), [("enter", "suspended"), ("message", "suspended"), ("query", "review")])
def test_an_alert_that_is_late_tells_a_source_no_more_than_it_might_hear_at_the_hit(
    network: Network, record: str, channel: str, state: str
) -> None:
    """The measure is lifted before the secretariat has come to tell anybody."""
    measure(network, "FR", channel, state)
    terms = {DOCUMENTS: {"number": NUMBER, "country": "FRA"}}
    network.nodes["LT"].check(inspector(network), terms, purpose="border-control", reference="")
    network.now += timedelta(seconds=5)
    network.nodes["GS"].set_standing(
        network.officer("GS", "olga", "duty"), "FR", channel, "open", reason="Over.", reference="EC 8", until_at=None
    )
    network.settle(5)
    if state == "suspended":
        assert alerts(network, "FR") == []
        assert refused_alerts(network) == [("RPD-104.3",)]
    else:
        [told] = alerts(network, "FR")
        assert (told.record, told.asker, told.at, told.post) == (record, "", None, "")
    check(network)
    assert "LT" in [each.asker for each in alerts(network, "FR")]


def test_a_suspension_that_comes_before_the_alert_counts_too(network: Network, record: str) -> None:
    del record
    terms = {DOCUMENTS: {"number": NUMBER, "country": "FRA"}}
    network.nodes["LT"].check(inspector(network), terms, purpose="border-control", reference="")
    network.nodes["GS"].set_standing(
        network.officer("GS", "olga", "duty"), "FR", "enter", "suspended", reason="Misuse.", reference="EC 7",
        until_at=network.now + timedelta(days=30),
    )  # fmt: skip
    network.settle(5)
    assert alerts(network, "FR") == []
