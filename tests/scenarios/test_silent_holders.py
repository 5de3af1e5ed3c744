"""Whoever names blobs and does not serve them delays what it named, and nothing of anybody else."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from comity.exchange.blob import BlobWanted
from comity.exchange.signed import sign_body
from comity.ids import BlobId, MemberCode
from comity.peer.line import Accept, NoAnswer, Silence
from comity.peer.puller import Puller
from comity.registers.consignment import Consignment, ConsignmentState, Lot
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import Network
from tests.peer.frames import put, signer_of
from tests.scenarios.test_consignments import consign, state

XX = MemberCode("XX")
DEADLINE_S = 10


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def name_what_never_comes(network: Network, count: int) -> None:
    """A consignment of XX whose lots are nowhere, and XX does not answer about them."""
    network.meddle = lambda _from, to, data: None if to == "XX" and data.startswith(b"comity/1 blob ") else data
    lots = tuple(Lot(digest(f"batch {n}"), 1, digest(f"lot {n}"), "00" * 32) for n in range(count))
    consignment = Consignment(1, TRAVEL_DOCUMENTS.name, XX, lots, (), network.now)
    put(network, "XX", sign_body(consignment, signer_of(network, "XX")).encode())


def questions_about_blobs(network: Network) -> list[str]:
    """Whom anybody asks about blobs from now on."""
    asked, before = [], network.meddle

    def meddle(by: str, to: str, data: bytes) -> bytes | None:
        if data.startswith(b"comity/1 blob "):
            asked.append(to)
        return before(by, to, data)

    network.meddle = meddle
    return asked


def test_a_file_is_in_its_register_though_another_member_serves_none_of_four_hundred_lots(network: Network) -> None:
    name_what_never_comes(network, 400)
    name, began = consign(network, "19AC00001"), network.now
    assert name is not None
    for _round in range(4):
        network.survive("FR", lambda node: node.tick())
        network.survive("GS", lambda node: node.tick())
    assert state(network, name) is ConsignmentState.ENTERED
    assert network.now - began <= timedelta(seconds=DEADLINE_S + 1)


def test_a_holder_that_is_silent_is_asked_once_in_a_round_and_then_ever_more_seldom(network: Network) -> None:
    name_what_never_comes(network, 60)
    asked = questions_about_blobs(network)
    network.nodes["GS"]._puller.go_round()
    assert asked == ["XX"]
    for _second in range(100):
        network.now += timedelta(seconds=1)
        network.nodes["GS"]._puller.go_round()
    assert 4 <= len(asked) <= 8, "after 1, 2, 4, 8, 16 ... seconds"


def test_what_a_silent_holder_named_comes_once_it_answers(network: Network) -> None:
    network.meddle = lambda _from, to, data: None if to == "FR" and data.startswith(b"comity/1 blob ") else data
    name = consign(network, "19AC00001")
    assert name is not None
    network.settle(4)
    assert state(network, name) is ConsignmentState.UNDERWAY
    network.meddle = lambda _from, _to, data: data
    network.turn(600)
    network.settle(4)
    assert state(network, name) is ConsignmentState.ENTERED


class StuckLine:
    """A line on which XX answers nothing before it is let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_let_go = threading.Event()
        self.was_asked = {"XX": threading.Event(), "LT": threading.Event()}

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept) -> NoAnswer:
        del data, deadline_s, accept
        self.asked.append(to)
        self.was_asked[to].set()
        if to == "XX":
            self.is_let_go.wait(30)
        return NoAnswer(to, Silence.TOO_LATE)


@contextmanager
def stuck_puller(network: Network) -> Iterator[tuple[Puller, StuckLine]]:
    """GS's puller with threads of its own, on such a line."""
    node, line = network.nodes["GS"], StuckLine()
    puller = Puller(
        node._store, node._chunks, line, node._pen, MemberCode("GS"), MemberCode("GS"),  # type: ignore[arg-type]
        clock=lambda: network.now, own_threads=True,
    )  # fmt: skip
    try:
        yield puller, line
    finally:
        puller.end()
        line.is_let_go.set()
        for thread in threading.enumerate():
            if thread.name.startswith("puller-"):
                thread.join(30)


@pytest.mark.parametrize("first", ["XX", "LT"])
def test_with_threads_holders_are_asked_side_by_side_and_each_in_one_lane(network: Network, first: str) -> None:
    for holder in (first, *({"XX", "LT"} - {first})):
        wanted = BlobWanted(
            BlobId(digest(holder)), "a name", MemberCode(holder), network.now, network.now + timedelta(1)
        )
        network.nodes["GS"]._store.change(partial(lambda unit, wanted: unit.apply(wanted), wanted=wanted))
    with stuck_puller(network) as (puller, line):
        puller.go_round()
        assert all(each.wait(30) for each in line.was_asked.values()), "XX holds up nobody"
        puller.go_round()
        assert line.asked.count("XX") == 1
