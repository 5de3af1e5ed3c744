"""What waits is judged when it is carried: by the standing, and by the directory, that hold at that moment."""

from datetime import datetime, timedelta

import msgspec
import pytest

from comity.act import Session
from comity.exchange.delivery import Delivery
from comity.exchange.message import AlertedHit
from comity.ids import MemberCode
from comity.members import ceremony
from comity.members.roles import TARGETS
from comity.peer.leaving import Leaving
from comity.rules.in_force import InForce
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook
from comity.rules.written import OutlinedRule
from comity.testing import Network
from tests.scenarios.desks import QUIET_S, Desk, held, states
from tests.scenarios.standings import measure
from tests.scenarios.test_suspended_sources import go_by, old_rulebook

NUMBER = "19AC45678"
FR = MemberCode("FR")


@pytest.fixture
def claire(network: Network) -> Session:
    """An officer of FR, whose record everybody may see."""
    claire = network.officer("FR", "claire", "registrar")
    network.enter(claire, NUMBER)
    return claire


def hit(network: Network) -> str:
    """LT has a hit on FR's record; the alert that the secretariat keeps for FR."""
    network.check(network.officer("LT", "ruta", "inspector"), NUMBER, "FRA")
    network.settle(4)
    return [each.message.id for each in held(network, "GS") if each.text.alert][-1]


def told(network: Network) -> list[AlertedHit]:
    return [each.text.alert for each in held(network, "FR") if each.text.alert]


def set_until(network: Network, channel: str, state: str, until_at: datetime) -> None:
    duty = network.officer("GS", "olga", "duty")
    network.nodes["GS"].measures.set_standing(
        duty, "FR", channel, state, reason="Looked at.", reference="EC 9", until_at=until_at
    )
    network.settle(3)


@pytest.mark.parametrize("channel", ["enter", "message", "query"])
@pytest.mark.parametrize("first", ["suspended", "review"])
def test_a_measure_that_comes_back_by_itself_holds_for_what_waits(
    network: Network, claire: Session, channel: str, first: str
) -> None:
    """It was lifted for two hours only. What waits would tell who asked, when and where."""
    del claire
    measure(network, "FR", channel, first)
    set_until(network, channel, "open", network.now + timedelta(hours=2))
    network.stop("FR")
    name = hit(network)
    network.turn(2 * 3600)
    network.start("FR")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert told(network) == []
    assert states(network, "GS", name) == {"FR": "withdrawn"}
    [given_up] = [row.content for row in network.ledger("GS", "delivery.expire") if row.content]
    assert given_up.detail == {"of": name, "recipient": "FR", "why": "called off"}


def test_a_suspension_that_takes_the_place_of_a_review_by_itself_holds_for_what_waits(
    network: Network, claire: Session
) -> None:
    """Under the review FR would have heard of the hit, without asker, time and place."""
    del claire
    measure(network, "FR", "enter")
    set_until(network, "enter", "review", network.now + timedelta(hours=2))
    network.stop("FR")
    name = hit(network)
    network.turn(2 * 3600)
    network.start("FR")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert told(network) == []
    assert states(network, "GS", name) == {"FR": "withdrawn"}


def test_what_tells_no_more_than_the_standing_of_that_moment_lets_be_told_goes(
    network: Network, claire: Session
) -> None:
    del claire
    measure(network, "FR", "query", "review")
    network.stop("FR")
    hit(network)
    network.start("FR")
    network.turn(QUIET_S)
    [alert] = told(network)
    assert (alert.asker, alert.at, alert.post) == ("", None, "")


def test_what_waits_for_a_source_under_no_measure_goes(network: Network, claire: Session) -> None:
    del claire
    network.stop("FR")
    hit(network)
    network.start("FR")
    network.turn(QUIET_S)
    assert [each.asker for each in told(network)] == ["LT"]


@pytest.mark.parametrize("is_started_anew", [False, True])
def test_word_of_a_hit_is_judged_again_only_where_something_may_have_changed(
    network: Network, claire: Session, monkeypatch: pytest.MonkeyPatch, *, is_started_anew: bool
) -> None:
    """Of what this run made under the rulebook in force there is nothing to judge, the first of it neither."""
    del claire
    judged: list[str] = []
    may_be_told = Leaving._may_be_told

    def judge(self: Leaving, delivery: Delivery, now: datetime) -> bool:
        judged.append(delivery.id)
        return may_be_told(self, delivery, now)

    monkeypatch.setattr(Leaving, "_may_be_told", judge)
    network.turn(2)
    network.stop("FR")
    hit(network)
    if is_started_anew:
        network.stop("GS")
        network.start("GS")
    network.start("FR")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert [each.asker for each in told(network)] == ["LT"]
    assert bool(judged) == is_started_anew


def without(*numbers: str) -> Rulebook:
    kept = tuple(rule for rule in MODEL_RULEBOOK.rules if rule.number not in numbers)
    return msgspec.structs.replace(MODEL_RULEBOOK, version="amended", rules=kept)


def telling_place_nowhere() -> Rulebook:
    """The rulebook, where no purpose is about what was checked."""
    rules = (
        msgspec.structs.replace(rule, values={**rule.values, "purposes": []}) if rule.number == "RPD-104.2" else rule
        for rule in MODEL_RULEBOOK.rules
    )
    return msgspec.structs.replace(MODEL_RULEBOOK, version="amended", rules=tuple(rules))


@pytest.mark.parametrize("amended", [telling_place_nowhere(), without("RPD-104.1")], ids=["less", "nothing"])
def test_a_rulebook_that_tells_less_holds_for_what_waits(network: Network, claire: Session, amended: Rulebook) -> None:
    """FR is under no measure: word of the hit was written under the rulebook of before."""
    del claire
    network.stop("FR")
    name = hit(network)
    go_by(network.nodes["GS"].knowledge, amended)
    network.start("FR")
    network.turn(QUIET_S)
    assert told(network) == []
    assert states(network, "GS", name) == {"FR": "withdrawn"}


@pytest.mark.parametrize("ahead", [timedelta(minutes=30), timedelta(days=20)])
@pytest.mark.parametrize("amended", [telling_place_nowhere(), without("RPD-104.1")], ids=["less", "nothing"])
def test_a_clock_that_was_put_right_has_no_part_in_what_a_source_is_told(
    network: Network, claire: Session, ahead: timedelta, amended: Rulebook
) -> None:
    """It stood wrong while word of the hit was written, before the rulebook was amended."""
    del claire
    network.turn(2)
    network.stop("FR")
    network.now += ahead
    network.turn(2)
    name = hit(network)
    network.now -= ahead
    network.turn(3)
    go_by(network.nodes["GS"].knowledge, amended)
    network.turn(3)
    network.start("FR")
    for _each in range(12):
        network.turn(QUIET_S)
    assert told(network) == []
    assert states(network, "GS", name) == {"FR": "withdrawn"}


def test_a_rulebook_of_which_a_rule_about_alerts_cannot_be_applied_holds_for_what_waits(
    network: Network, claire: Session
) -> None:
    """The rulebook that is applied is the one of before, and what the rule is about is refused."""
    del claire
    network.turn(2)
    network.stop("FR")
    name = hit(network)
    knowledge = network.nodes["GS"].knowledge
    unread = (OutlinedRule("NEW-1", ("alert.send",), "Word of hits waits for the new moon."),)
    knowledge._rulebook = (knowledge.held.rulebook, InForce(knowledge.rulebook().rulebook, unread))  # type: ignore[union-attr]
    network.start("FR")
    network.turn(QUIET_S)
    assert told(network) == []
    assert states(network, "GS", name) == {"FR": "withdrawn"}


def test_what_was_judged_once_is_not_judged_at_each_attempt(
    network: Network, claire: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart nothing says any more under which rulebook it was made; one look does."""
    del claire
    judged: list[str] = []
    may_be_told = Leaving._may_be_told

    def judge(self: Leaving, delivery: Delivery, now: datetime) -> bool:
        judged.append(delivery.id)
        return may_be_told(self, delivery, now)

    network.stop("FR")
    hit(network)
    network.stop("GS")
    network.start("GS")
    monkeypatch.setattr(Leaving, "_may_be_told", judge)
    for _each in range(6):
        network.turn(QUIET_S)
    assert len(judged) == 1


@pytest.mark.parametrize("is_under_a_measure", [False, True])
def test_while_the_keys_are_locked_word_of_a_hit_waits(
    network: Network, claire: Session, *, is_under_a_measure: bool
) -> None:
    del claire
    if is_under_a_measure:
        set_until(network, "enter", "review", network.now + timedelta(days=3))
    network.stop("FR")
    name = hit(network)
    network.stop("GS")
    network.start("GS", locked=True)
    network.start("FR")
    network.turn(QUIET_S)
    assert states_kept(network, name) == {"FR": "queued"}
    network.nodes["GS"].keyring.unlock(network.founding.passphrases["GS"])
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert [each.asker for each in told(network)] == ["" if is_under_a_measure else "LT"]


def states_kept(network: Network, name: str) -> dict[str, str]:
    kept = network.nodes["GS"]._store.read(lambda unit: unit.list_deliveries(name))
    return {each.recipient: each.state.value for each in kept}


def test_a_rulebook_that_tells_all_the_same_is_gone_by(network: Network, claire: Session) -> None:
    del claire
    for node in network.nodes.values():
        go_by(node.knowledge, old_rulebook(MODEL_RULEBOOK))
    measure(network, "FR", "enter")
    set_until(network, "enter", "open", network.now + timedelta(hours=2))
    network.stop("FR")
    hit(network)
    network.turn(2 * 3600)
    network.start("FR")
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    assert [each.asker for each in told(network)] == ["LT"]


def remove(network: Network, code: MemberCode = FR) -> None:
    """The holders remove a member; every node that runs hears of it."""
    publication = network.nodes["GS"].knowledge._repository
    assert publication is not None
    draft = ceremony.remove(publication.publication.draft(TARGETS), code, network.now)
    for holder in network.founding._holders[:2]:
        draft = ceremony.sign(draft, holder)
    network.nodes["GS"].measures.publish(network.officer("GS", "olga", "duty"), draft.encode())
    network.settle(3)


def test_nothing_is_carried_to_a_member_that_was_removed_and_its_sender_is_told(
    network: Network, claire: Session
) -> None:
    del claire
    network.stop("FR")
    alert = hit(network)
    desk = Desk(network, "LT")
    message = desk.send("FR", "BR")
    network.settle(4)
    remove(network)
    seen: list[tuple[str, str]] = []

    def note(sender: str, to: str, data: bytes) -> bytes:
        seen.extend([(sender, to)] if b"envelope" in data[:40] else [])
        return data

    network.meddle = note
    network.start("FR")
    for _each in range(4):
        network.turn(QUIET_S)
    assert [to for _sender, to in seen if to == "FR"] == []
    assert [each.text.subject for each in held(network, "FR")] == []
    assert states(network, "GS", alert) == {"FR": "withdrawn"}
    assert desk.states(message) == {"FR": "withdrawn", "BR": "delivered"}
    assert states(network, "GS", message) == {"FR": "withdrawn"}


def test_whoever_is_removed_is_given_up_at_once_though_the_next_attempt_was_far_off(
    network: Network, claire: Session
) -> None:
    """So that a member that is admitted again is given nothing old, however soon that is."""
    del claire
    network.stop("FR")
    desk = Desk(network, "LT")
    message = desk.send("FR")
    for _each in range(10):
        network.turn(QUIET_S)
    remove(network)
    network.turn(1)
    assert desk.states(message) == {"FR": "withdrawn"}
