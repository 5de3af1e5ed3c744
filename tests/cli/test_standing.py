from datetime import timedelta
from pathlib import Path

from comity.ids import MemberCode
from comity.members.standing import Channel, State
from tests.cli.conftest import Served, Terminal

SUSPEND = ("standing", "set", "XX", "query", "suspended")
WHY = ("--reason", "Queries without a case", "--reference", "EXEC-1")


def test_a_bureau_takes_no_measure(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "duty-lt", "duty")
    until = (served.network.now + timedelta(days=2)).isoformat()
    assert comity(*SUSPEND, *WHY, "--until", until) == 3
    assert "RPD-131.2" in comity.err


def test_a_measure_has_a_reason_and_an_end(comity: Terminal, served: Served) -> None:
    served.officer(comity, "GS", "duty", "duty")
    assert comity(*SUSPEND) == 3
    assert "RPD-131.3" in comity.err
    assert comity(*SUSPEND, *WHY, "--until", "tomorrow") == 2
    assert comity("standing", "set", "ZZ", "query", "suspended", *WHY) == 2
    assert comity("standing", "set", "XX", "gossip", "suspended", *WHY) == 2


def test_a_measure_shows_at_every_member_and_is_lifted(comity: Terminal, served: Served) -> None:
    served.officer(comity, "GS", "duty-2", "duty")
    until = (served.network.now + timedelta(days=2)).isoformat()
    comity.does(*SUSPEND, *WHY, "--until", until)
    served.network.settle()
    directory = served.network.nodes["LT"].directory()
    said = directory.find_statement(MemberCode("XX"), Channel.QUERY, served.network.now)
    assert said is not None
    assert said.state is State.SUSPENDED
    served.officer(comity, "LT", "ruta", "inspector")
    assert "Outland" in comity.does("members")
    comity.does("standing", "set", "XX", "query", "open", "--reason", "Answered", "--node", served.urls["GS"])


def test_an_unsigned_draft_is_not_published_at_a_running_node(comity: Terminal, served: Served) -> None:
    served.officer(comity, "GS", "duty-3", "duty")
    folder = served.network.founding.folder / "GS"
    Path("keys").mkdir()
    comity.does("member", "request", "YY", "--network", "simulation", "--code", "YY", "--title", "Y", "--desk", "y")
    comity.does("member", "admit", str(folder), "YY/request.json")
    draft = str(folder / "admit-YY.draft")
    assert comity("directory", "publish", draft, "--node", served.urls["GS"]) == 4
    assert "needed" in comity.err
    assert comity("directory", "publish") == 2
    assert comity("directory", "publish", str(folder)) == 2


def test_a_red_node_says_what_to_do(comity: Terminal, served: Served) -> None:
    served.network.cut("XX")
    try:
        assert comity("status", "--node", served.urls["XX"]) == 5
    finally:
        served.network.mend("XX")
    assert "RED" in comity.out
    assert "connects again by itself" in comity.out
    comity.does("status", "--node", served.urls["LT"])
    assert "all is well" in comity.out


def test_a_wrong_passphrase_unlocks_nothing(comity: Terminal, served: Served) -> None:
    assert comity("node", "unlock", "--node", served.urls["LT"]) == 4
    assert "does not open" in comity.err
