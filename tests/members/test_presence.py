from datetime import timedelta

from comity.act import Act, Actor
from comity.ids import MemberCode
from comity.members.presence import actor_kind, facts_of, standing_of
from comity.members.standing import Channel
from comity.rules.facts import Facts
from comity.testing import Network

LT = MemberCode("LT")


def test_what_an_actor_is_takes_proof() -> None:
    assert actor_kind(Actor(LT, "ruta", proven=True)) == "officer"
    assert actor_kind(Actor(LT, "ruta")) == "nobody"
    assert actor_kind(Actor(LT, proven=True)) == actor_kind(Actor(LT)) == "bureau"


def test_facts_carry_no_name(network: Network) -> None:
    node = network.nodes["LT"]
    act = Act(
        "query.ask", Actor(LT, "ruta", ("inspector",), "Medininkai", proven=True), network.now, None, "on", "p", "r"
    )
    facts = facts_of(act, node.directory(), channel=Channel.QUERY)
    told = repr(facts)
    assert not any(name in told for name in ("LT", "ruta", "Medininkai"))
    assert (facts.standing, facts.directory, facts.roles) == ("open", "fresh", frozenset({"inspector"}))


def test_a_blank_reference_is_none(network: Network) -> None:
    act = Act("query.ask", Actor(LT), network.now, None, reference=" \t\n ")
    assert not facts_of(act, network.nodes["LT"].directory()).has_reference


def test_a_member_that_is_not_listed_has_no_standing(network: Network) -> None:
    directory = network.nodes["LT"].directory()
    assert standing_of(MemberCode("ZZ"), directory, Channel.QUERY, network.now) == "none"


def test_a_member_whose_own_role_has_expired_has_no_standing(network: Network) -> None:
    directory = network.nodes["LT"].directory()
    late = network.now + timedelta(days=366)
    assert standing_of(LT, directory, Channel.QUERY, network.now) == "open"
    assert standing_of(LT, directory, Channel.QUERY, late) == "none"


def test_without_a_channel_nothing_is_said_about_standing(network: Network) -> None:
    act = Act("ledger.list", Actor(LT), network.now, None)
    assert facts_of(act, network.nodes["LT"].directory()).standing == Facts(kind="x").standing == "none"
