"""What nodes read is said to the secretariat, published by it, and believed by its signature alone."""

from pathlib import Path

import msgspec
import pytest

from comity import enrolment
from comity.errors import UntrustedError
from comity.exchange.signed import COMPLAINT
from comity.formats_table import newest_versions
from comity.ids import MemberCode
from comity.members.reads import Reads, parse_told, sign_reads
from comity.members.roles import READS_PATH, STANDING_PATH
from comity.peer.exporting import directory_of
from comity.peer.stating import AGAIN_REFUSED_S
from comity.testing import Network
from tests.peer.frames import put, signer_of
from tests.rules.before import BEFORE
from tests.scenarios.desks import Desk

LT, FR, GS = MemberCode("LT"), MemberCode("FR"), MemberCode("GS")


def numbers(network: Network, at: str = "LT") -> dict[str, int]:
    """By member the number of its latest statement, as the node of ``at`` knows it."""
    directory = network.nodes[at].directory()
    found = {code: directory.find_told(code) for code in directory.listings}
    return {code: told.reads.number for code, told in found.items() if told is not None}


def statement(network: Network, member: str, number: int, *, by: str = "") -> bytes:
    reads = Reads(1, MemberCode(member), number, network.now, {"envelope": 1})
    return sign_reads(reads, signer_of(network, by or member)).frame.encode()


def test_every_node_says_what_it_reads_once_and_every_node_knows_it(network: Network) -> None:
    for at in network.nodes:
        assert numbers(network, at) == dict.fromkeys(network.nodes, 1)
        told = network.nodes[at].directory().find_told(FR)
        assert told is not None
        assert told.reads.formats == newest_versions()
    assert len(network.ledger("GS", "reads.state")) == len(network.nodes)
    for code in tuple(network.nodes):
        network.stop(code)
        network.start(code)
    network.turn(3600)
    network.turn(3600)
    assert len(network.ledger("GS", "reads.state")) == len(network.nodes)


def test_it_is_said_again_in_seconds_to_a_secretariat_that_was_not_ready(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.stop("GS")
    network.start("GS", locked=True)
    network.stop("LT")
    monkeypatch.setattr("comity.node.newest_versions", lambda: {**newest_versions(), "envelope": 1})
    network.start("LT")
    network.turn(1)
    network.nodes["GS"].unlock(network.founding.passphrases["GS"])
    network.turn(6)
    assert numbers(network, "GS")["LT"] == 2


def test_a_kept_statement_that_was_changed_is_as_none(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = network.founding.config("LT").path("data") / "reads"
    data = kept.read_bytes()
    network.stop("LT")
    kept.write_bytes(data.replace(b'"number":1', b'"number":7'))
    monkeypatch.setattr("comity.node.newest_versions", lambda: {**newest_versions(), "envelope": 1})
    network.start("LT")
    network.turn(61)
    assert numbers(network)["LT"] == 2


def test_a_member_says_it_anew_by_the_next_number(network: Network) -> None:
    assert put(network, "LT", statement(network, "LT", 2)) == b""
    network.turn(61)  # its own node says what is right
    told = network.nodes["FR"].directory().find_told(LT)
    assert told is not None
    assert (told.reads.number, told.reads.formats) == (3, newest_versions())


@pytest.mark.parametrize("number", [0, 1])
def test_an_older_statement_is_refused(network: Network, number: int) -> None:
    assert put(network, "LT", statement(network, "LT", number)).startswith(COMPLAINT)
    (entry,) = network.ledger("GS", "reads.state")[-1:]
    assert entry.content is not None
    assert (entry.content.verdict, entry.content.rules) == ("refused", ("CTY-6.3",))
    network.settle()
    assert numbers(network)["LT"] == 1


@pytest.mark.parametrize(("line", "by"), [("XX", "XX"), ("XX", "LT"), ("LT", "XX")])
def test_nobody_says_it_for_another(network: Network, line: str, by: str) -> None:
    assert put(network, line, statement(network, "LT", 7, by=by)).startswith(COMPLAINT)
    (entry,) = network.ledger("GS", "reads.state")[-1:]
    assert entry.content is not None
    assert (entry.content.verdict, entry.content.rules) == ("refused", ("CTY-6.1",))
    network.settle()
    assert numbers(network)["LT"] == 1


def test_it_is_said_at_the_secretariat_and_nowhere_else(network: Network) -> None:
    assert put(network, "LT", statement(network, "LT", 7), to="FR").startswith(COMPLAINT)
    (entry,) = network.ledger("FR", "reads.state")
    assert entry.content is not None
    assert entry.content.rules == ("CTY-6.2",)


def test_no_number_is_given_twice_by_a_node_that_has_forgotten_its_last(network: Network) -> None:
    put(network, "LT", statement(network, "LT", 9))
    network.stop("LT")
    path = network.founding.config("LT").path("data") / "reads"
    assert parse_told(path.read_bytes()).reads.number == 1
    path.unlink()
    network.settle()
    network.start("LT")
    network.settle()
    network.turn(1)
    assert numbers(network, "FR")["LT"] == 10
    assert parse_told(path.read_bytes()).reads.number == 10


def test_what_is_kept_of_it_and_was_damaged_is_made_anew(network: Network) -> None:
    path = network.founding.config("LT").path("data") / "reads"
    network.stop("LT")
    path.write_bytes(b"comity/1 reads x\n{}")
    network.start("LT")
    network.settle()
    assert numbers(network, "FR")["LT"] == 1, "what is published is right"


def test_the_secretariat_brings_no_older_statement_back(network: Network) -> None:
    """It holds the online key, and still cannot make others write to LT in older versions."""
    publisher = network.nodes["GS"].knowledge._publisher
    assert publisher is not None
    older = parse_told(statement(network, "LT", 0))
    publisher._set(publisher._standing(), network.now, publisher._reads() | {LT: older})
    network.settle()
    assert publisher._reads()[LT] == older
    assert numbers(network, "FR")["LT"] == numbers(network, "LT")["LT"] == 1


def test_under_a_rulebook_without_these_rules_all_goes_on_in_the_first_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network from before: nobody says anything, and a node asks again once an hour, not each second."""
    rules = tuple(rule for rule in BEFORE.rules if not rule.number.startswith("CTY-6."))
    monkeypatch.setattr("comity.rules.fitting.KINDS", ())  # nobody knew of such acts then
    monkeypatch.setattr(enrolment, "MODEL_RULEBOOK", msgspec.structs.replace(BEFORE, version="before", rules=rules))
    network = Network(tmp_path, members=("LT", "FR"))
    assert numbers(network) == {}
    assert READS_PATH not in network.nodes["GS"].directory().files
    name = Desk(network, "LT").send("FR")
    network.settle()
    assert Desk(network, "FR").open(name)[0].message.shell.count(b'{"v":1,"kind":"message"') == 1
    for _minute in range(10):
        network.turn(60)
    assert len(network.ledger("GS", "reads.state")) == len(network.nodes)
    network.turn(AGAIN_REFUSED_S)
    assert len(network.ledger("GS", "reads.state")) == 2 * len(network.nodes)
    network.close()


def test_evidence_of_a_program_that_took_no_notice_of_them_is_still_verified(network: Network) -> None:
    file = network.nodes["LT"].evidence.empty()
    assert directory_of(file).find_told(LT) is not None
    known = {name: data for name, data in file.directory.items() if not name.endswith(READS_PATH)}
    assert len(known) == len(file.directory) - 1
    found = directory_of(msgspec.structs.replace(file, directory=known))
    assert (found.find_told(LT), found.hash) == (None, directory_of(file).hash)


def test_a_list_that_was_altered_is_not_taken(network: Network) -> None:
    file = network.nodes["LT"].evidence.empty()
    name = next(each for each in file.directory if each.endswith(READS_PATH))
    altered = {**file.directory, name: file.directory[name].replace(b"A", b"B", 1)}
    with pytest.raises(UntrustedError):
        directory_of(msgspec.structs.replace(file, directory=altered))


def test_measures_and_statements_stand_beside_each_other(network: Network) -> None:
    files = network.nodes["LT"].directory().files
    assert {READS_PATH, STANDING_PATH} <= set(files)
    put(network, "LT", statement(network, "LT", 2))
    network.settle()
    assert network.nodes["FR"].directory().files[STANDING_PATH] == files[STANDING_PATH]


def test_locked_keys_say_nothing_and_stop_nothing(network: Network) -> None:
    put(network, "LT", statement(network, "LT", 2))
    network.stop("LT")
    network.start("LT", locked=True)
    network.turn(120)
    assert numbers(network, "LT")["LT"] == 2, "it hears what is said in its name"
    network.nodes["LT"].unlock(network.founding.passphrases["LT"])
    network.turn(1)
    assert numbers(network, "FR")["LT"] == 3
