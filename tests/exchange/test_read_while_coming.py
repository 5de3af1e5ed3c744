"""An attachment read while it comes, or is not whole: nothing is taken away, what is gone is asked for again."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from comity.act import Session
from comity.errors import UnavailableError
from comity.ids import BlobId
from comity.testing import Network
from tests.exchange.test_blob import FILE, Traffic, attach, read, send
from tests.scenarios.test_damage import flip_file


@pytest.fixture
def anna(network: Network) -> Session:
    return network.officer("LT", "anna", "desk")


@pytest.fixture
def jean(network: Network) -> Session:
    return network.officer("FR", "jean", "desk")


def at_the_read(network: Network, number: int, goes_on: Callable[[], object], when: str) -> None:
    """Let something go on once at FR, before or after its ``number``-th look at a chunk file."""
    files = network.nodes["FR"]._chunks
    looks, read_chunk = count(), files.read

    def read_meanwhile(blob: BlobId, chunk: int) -> bytes | None:
        is_now = next(looks) == number
        if is_now and when == "before":
            goes_on()
        data = read_chunk(blob, chunk)
        if is_now and when == "after":
            goes_on()
        return data

    files.read = read_meanwhile  # type: ignore[method-assign]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(5))
def test_reading_an_attachment_while_it_comes_takes_nothing_away(
    network: Network, anna: Session, jean: Session, number: int, when: str
) -> None:
    """The rest comes while a node looks at its chunks: none is called changed, removed or asked for again."""
    Traffic(network, lose=lambda _to, holder, number: holder == "LT" and number == 2)
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")
    network.settle()
    traffic = Traffic(network)
    at_the_read(network, number, lambda: network.turn(400), when)
    with suppress(UnavailableError):
        read(network, jean, name, blob)
    network.cut("LT")
    network.settle(2)
    assert read(network, jean, name, blob) == FILE
    assert traffic.of("LT") == [0, 0, 1, 1, 1]
    assert network.nodes["FR"].damages.all() == ()


@pytest.mark.parametrize("number", range(1, 5))
def test_a_chunk_that_is_found_changed_while_its_blob_is_pulled_is_pulled_anew(
    network: Network, anna: Session, jean: Session, number: int
) -> None:
    """Who pulls does not call a blob whole of which a chunk was removed meanwhile."""
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")

    def lose(_to: str, holder: str, chunk: int) -> bool:
        if holder == "LT" and chunk == number and traffic.asks["FR", "LT", number] == 1:
            flip_file(network.founding.config("FR").path("data") / "blobs" / blob[:2] / blob / "0", 5)
            with pytest.raises(UnavailableError):
                read(network, jean, name, blob)
        return False

    traffic = Traffic(network, lose=lose)
    network.settle(4)
    assert read(network, jean, name, blob) == FILE


def test_a_chunk_that_is_gone_is_asked_for_again_by_who_reads(network: Network, anna: Session, jean: Session) -> None:
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")
    network.settle()
    (network.founding.config("FR").path("data") / "blobs" / blob[:2] / blob / "3").unlink()
    with pytest.raises(UnavailableError):
        read(network, jean, name, blob)
    network.settle()
    assert read(network, jean, name, blob) == FILE


def test_a_chunk_that_nobody_else_has_is_not_promised(network: Network, anna: Session) -> None:
    blob = attach(network, anna)
    name = send(network, anna, blob, "FR")
    network.settle()
    (network.founding.config("LT").path("data") / "blobs" / blob[:2] / blob / "3").unlink()
    with pytest.raises(UnavailableError, match="Damaged here") as refused:
        read(network, anna, name, blob, at="LT")
    assert "backup" in refused.value.next_step
