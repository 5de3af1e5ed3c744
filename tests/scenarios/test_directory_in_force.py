"""Measures and removals in force: at home within one settle, at the keeper whatever the member's own node knows."""

from datetime import timedelta

import pytest

from comity.act import Session
from comity.errors import UntrustedError
from comity.ids import MemberCode
from comity.members.ceremony import remove, sign
from comity.members.roles import TARGETS
from comity.testing import Network
from tests.peer.frames import COMPLAINT, frame_of, make_own_batch, make_question, open_answer, put


@pytest.fixture
def ruta(network: Network) -> Session:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    network.turn(1)
    return network.officer("LT", "ruta", "inspector")


def suspend(network: Network, member: str, channel: str) -> None:
    olga = network.officer("GS", f"olga-{len(network.ledger('GS'))}", "duty")
    outcome = network.nodes["GS"].measures.set_standing(
        olga, member, channel, "suspended", reason="Misuse.", reference="", until_at=network.now + timedelta(days=30)
    )
    assert outcome.verdict.is_allowed


def test_a_suspended_member_is_refused_at_home_within_one_settle(network: Network, ruta: Session) -> None:
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
    suspend(network, "LT", "query")
    network.settle(1)
    heard: list[bytes] = []
    network.meddle = lambda _from, _to, data: (heard.append(data), data)[1]
    checked = network.check(ruta, "19AC45678", "FRA")
    assert (checked.verdict.outcome, checked.verdict.rules) == ("refused", ("RPD-131.1",))
    assert heard == []


def test_a_node_that_has_not_heard_is_refused_by_the_keeper(network: Network, ruta: Session) -> None:
    network.cut("LT")
    suspend(network, "LT", "query")
    network.settle()
    network._cut.discard("LT")  # the line is there again, and the node has heard nothing yet
    checked = network.check(ruta, "19AC45678", "FRA")
    assert checked.verdict.is_allowed
    assert [each.answer for each in checked.registers] == ["refused"]
    assert checked.answer is not None
    assert checked.answer.rules == ("RPD-131.1",)
    network.mend("LT")
    network.settle()
    assert network.check(ruta, "19AC45678", "FRA").verdict.rules == ("RPD-131.1",)


def test_a_node_that_keeps_news_from_itself_is_refused_too(network: Network, ruta: Session) -> None:
    """LT's node drops every file of the directory that would suspend it."""
    network.meddle = lambda sender, to, data: (
        None if to == "LT" and sender == "GS" and not data.startswith(b"comity/1") else data
    )
    network._lines["LT"].on_nudge(lambda _data: None)
    suspend(network, "LT", "query")
    network.turn(2)
    checked = network.check(ruta, "19AC45678", "FRA")
    assert checked.verdict.is_allowed
    assert [each.answer for each in checked.registers] == ["refused"]


def test_other_channels_and_other_members_stay_open(network: Network, ruta: Session) -> None:
    suspend(network, "LT", "query")
    network.settle()
    jonas = network.officer("LT", "jonas", "registrar")
    entered = network.enter(jonas, "LT0000001", at="LT", country="LTU")
    assert entered.receipt is not None
    assert entered.receipt.step == "delivered"
    assert network.check(network.officer("BR", "joana", "inspector"), "19AC45678", "FRA", at="BR").verdict.is_allowed
    suspend(network, "FR", "enter")
    network.settle()
    marc = network.officer("FR", "marc", "registrar")
    assert network.check(marc, "19AC45678", "FRA", at="FR").registers[0].answer == "hit"
    assert network.enter(marc, "19AC45679").batch is None
    assert not network.check(ruta, "19AC45678", "FRA").verdict.is_allowed


def test_what_a_member_entered_stays_when_it_is_suspended(network: Network, ruta: Session) -> None:
    suspend(network, "FR", "enter")
    suspend(network, "FR", "query")
    network.settle()
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "hit"


def test_a_stale_directory_refuses_queries_and_entries_but_the_ledger_is_read(network: Network) -> None:
    network.cut("LT")
    network.turn(3 * 86_400)
    node = network.nodes["LT"]
    ruta, ona = network.officer("LT", "ruta", "inspector"), network.officer("LT", "ona", "auditor")
    jonas = network.officer("LT", "jonas", "registrar")
    assert network.check(ruta, "19AC45678", "FRA").verdict.rules == ("CTY-2.1",)
    entered = network.enter(jonas, "LT0000001", at="LT", country="LTU")
    assert entered.verdict is not None
    assert entered.verdict.rules == ("CTY-2.1",)
    assert node.ledger.verify(ona).release.findings == ()
    assert not node.health().is_ok
    assert {problem.code for problem in node.health().problems} >= {"directory-stale", "line-down"}
    network.mend("LT")
    network.settle()
    assert network.check(ruta, "19AC45678", "FRA").verdict.is_allowed
    assert node.health().is_ok


def test_in_grace_a_node_serves_and_says_so(network: Network, ruta: Session) -> None:
    network.cut("LT")
    network.turn(2 * 3600)
    node, rasa = network.nodes["LT"], network.officer("LT", "rasa", "inspector")
    assert network.check(rasa, "19AC45678", "FRA").verdict.is_allowed
    assert node.condition.state().freshness == "in-grace"
    assert "directory-in-grace" in {problem.code for problem in node.health().problems}
    del ruta


def remove_member(network: Network, code: str) -> None:
    """Two holders of the root sign the list without it."""
    held = network.nodes["GS"].knowledge._repository
    assert held is not None
    draft = remove(held.publication.draft(TARGETS), MemberCode(code), network.now)
    for holder in network.founding._holders[:2]:
        draft = sign(draft, holder)
    olga = network.officer("GS", "olga", "duty")
    assert network.nodes["GS"].measures.publish(olga, draft.encode()).verdict.is_allowed
    network.settle()


def test_a_removed_member_gets_nothing_and_gives_nothing(network: Network, ruta: Session) -> None:
    question = frame_of(network, make_question(network))
    batch = make_own_batch(network, "LT0000001", source="LT", country="LTU").encode()
    remove_member(network, "LT")
    answer = open_answer(put(network, "LT", question))
    assert answer.registers[0].answer == "refused"
    assert "CTY-1.1" in answer.rules
    assert put(network, "LT", batch) == COMPLAINT + b"untrusted"
    assert network.check(ruta, "19AC45678", "FRA").verdict.rules == ("RPD-131.1",)
    assert network.check(network.officer("BR", "joana", "inspector"), "19AC45678", "FRA", at="BR").verdict.is_allowed


def test_one_holder_alone_removes_nobody(network: Network) -> None:
    held = network.nodes["GS"].knowledge._repository
    assert held is not None
    draft = remove(held.publication.draft(TARGETS), MemberCode("LT"), network.now)
    olga = network.officer("GS", "olga", "duty")
    with pytest.raises(UntrustedError):
        network.nodes["GS"].measures.publish(olga, sign(draft, network.founding._holders[0]).encode())
    network.settle()
    assert network.nodes["LT"].directory().find_member(MemberCode("LT")) is not None


def test_a_removed_members_records_are_answered_no_more(network: Network, ruta: Session) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.enter(claire, "19AC45678")
    network.settle()
    hit = network.check(ruta, "19AC45678", "FRA").registers[0].hits[0]
    remove_member(network, "FR")
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "nothing"
    read = network.nodes["LT"].asker.read(ruta, hit.record, purpose="border-control", reference="")
    assert read.shown is not None
    assert read.shown.detail is not None
    assert read.shown.detail.answer == "nothing"
