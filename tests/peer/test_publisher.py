"""The publisher: what was decided goes out once, what cannot is dropped, and a nudge proves nothing."""

from datetime import timedelta

import msgspec
import pytest

from comity.act import Session
from comity.errors import InputError, MalformedError, UntrustedError
from comity.ids import MemberCode
from comity.members.ceremony import describe_member, set_standing
from comity.members.measure import PublicationAsked
from comity.members.member import parse_bureau
from comity.members.roles import STANDING_PATH, bureau_path
from comity.members.standing import Channel, open_channels, parse_standing
from comity.peer.publisher import Nudge, parse_nudge
from comity.signer import Ed25519Signer
from comity.testing import Network

LT, XX = MemberCode("LT"), MemberCode("XX")


@pytest.fixture
def network(simulated: Network) -> Network:
    simulated.turn(1)
    return simulated


@pytest.fixture
def olga(network: Network) -> Session:
    return network.officer("GS", "olga", "duty")


def suspend(network: Network, olga: Session, member: str = "LT") -> None:
    network.nodes["GS"].measures.set_standing(
        olga, member, "query", "suspended", reason="Misuse.", reference="", until_at=network.now + timedelta(days=9)
    )


def test_what_was_decided_is_published_once(network: Network, olga: Session) -> None:
    before = network.nodes["LT"].directory().versions["standing"]
    suspend(network, olga)
    network.settle(4)
    assert network.nodes["LT"].directory().versions["standing"] == before + 1
    network.turn(1)
    assert network.nodes["LT"].directory().versions["standing"] == before + 1


def test_a_change_that_cannot_be_taken_is_dropped_and_blocks_no_other(network: Network, olga: Session) -> None:
    store = network.nodes["GS"]._store
    store.change(lambda unit: unit.apply(PublicationAsked("draft", b"garbage")))
    suspend(network, olga)
    network.settle()
    assert not network.nodes["LT"].directory().is_open(LT, Channel.QUERY, network.now)
    assert network.nodes["GS"].health().is_ok


def test_a_draft_by_the_wrong_key_is_refused_before_the_act(network: Network, olga: Session) -> None:
    directory = network.nodes["GS"].directory()
    bureau = parse_bureau(directory.files[bureau_path(LT)])
    stranger = Ed25519Signer(b"\x55" * 32)
    forged = describe_member(bureau, 2, stranger, network.now)
    with pytest.raises(UntrustedError):
        network.nodes["GS"].measures.publish(olga, forged.encode())
    everyone = open_channels(parse_standing(directory.files[STANDING_PATH]), XX, network.now)
    with pytest.raises(UntrustedError):
        network.nodes["GS"].measures.publish(olga, set_standing(everyone, 99, stranger, network.now).encode())
    assert network.ledger("GS", "directory.publish") == ()


@pytest.mark.parametrize("draft", [b"", b"{}", b"\xff", b"x" * 100, b'{"v":1,"kind":"comity-draft"}'])
def test_what_is_no_draft_is_refused_before_the_act(network: Network, olga: Session, draft: bytes) -> None:
    with pytest.raises(InputError):
        network.nodes["GS"].measures.publish(olga, draft)


def test_a_locked_secretariat_keeps_what_was_decided_until_it_can_sign(network: Network, olga: Session) -> None:
    network.stop("GS")
    network.start("GS", locked=True)
    suspend(network, olga)
    network.settle()
    assert network.nodes["LT"].directory().is_open(LT, Channel.QUERY, network.now)
    network.nodes["GS"].unlock(network.founding.passphrases["GS"])
    network.settle()
    assert not network.nodes["LT"].directory().is_open(LT, Channel.QUERY, network.now)


@pytest.mark.parametrize("data", [b"", b"x", b"{}", b'{"v":1}', b"\xff", b"x" * 2_000_000, b'{"v":1,"files":{"a":7}}'])
def test_a_nudge_that_cannot_be_read_offers_nothing(data: bytes) -> None:
    assert parse_nudge(data) == {}


def test_a_nudge_of_another_version_offers_nothing() -> None:
    assert parse_nudge(msgspec.json.encode(Nudge(1, {"metadata/timestamp.json": b"x"})))
    assert parse_nudge(msgspec.json.encode({"v": 2, "files": {"metadata/timestamp.json": b"x"}})) == {}


def test_a_forged_nudge_changes_nothing(network: Network) -> None:
    before = network.nodes["LT"].directory().hash
    for files in ({"metadata/timestamp.json": b"{}"}, {"metadata/timestamp.json": b""}, {"../keys.json": b"x"}):
        network.spread(msgspec.json.encode(Nudge(1, files)))
        network.settle()
        assert network.nodes["LT"].directory().hash == before
        assert network.nodes["LT"].health().is_ok


def test_news_without_a_nudge_arrive_all_the_same(network: Network, olga: Session) -> None:
    """LT's line drops nudges: it asks by itself, every few seconds."""
    network._lines["LT"].on_nudge(lambda _data: None)
    suspend(network, olga)
    network.turn(6)
    assert not network.nodes["LT"].directory().is_open(LT, Channel.QUERY, network.now)


def test_a_directory_is_kept_fresh_without_anybodys_doing(network: Network) -> None:
    for _ in range(30):
        network.turn(3600 * 4)
        assert {node.condition.state().freshness for node in network.nodes.values()} == {"fresh"}


def test_no_draft_is_a_member_that_it_is_not(network: Network, olga: Session) -> None:
    king = b'{"v":2,"kind":"comity-draft","role":"king","draft":{"metadata":"","files":{}},"before":null,"root":""}'
    with pytest.raises(MalformedError):
        network.nodes["GS"].measures.publish(olga, king)
