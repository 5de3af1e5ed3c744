"""Files of records: in or out as a whole, wherever the line is cut or the power goes."""

from collections.abc import Callable, Iterator

import pytest

from comity.audience import Audience
from comity.errors import MalformedError
from comity.ids import MemberCode, RecordId, RegisterName
from comity.peer.consigning import Change
from comity.peer.entering import EntryForm
from comity.peer.line import Accept
from comity.registers.consignment import ConsignmentState
from comity.registers.record import make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import Crash, Network, crash_at
from tests.scenarios.desks import assert_true
from tests.scenarios.soak import often

COUNT = 7


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records to a lot."""
    monkeypatch.setattr("comity.peer.packing.LOT_RECORDS_MAX", 3)


def numbers(count: int = COUNT, first: int = 0) -> list[str]:
    return [f"19AC{number:05d}" for number in range(first, first + count)]


def records(network: Network, *wanted: str, country: str = "FRA", source: str = "FR") -> Iterator[bytes]:
    for number in wanted:
        fields = {"number": number, "country": country, "type": "passport", "loss": "stolen"}
        yield make_record(TRAVEL_DOCUMENTS, MemberCode(source), fields, Audience.everyone(), now=network.now).encode()


def consign(network: Network, *wanted: str, removed: tuple[str, ...] = (), country: str = "FRA") -> str | None:
    claire = network.officer("FR", "claire", "registrar")
    consignments = network.nodes["FR"].consignments
    packed = consignments.pack(TRAVEL_DOCUMENTS, records(network, *wanted, country=country))
    change = Change(TRAVEL_DOCUMENTS, packed, tuple(RecordId(each) for each in removed), is_lawful=True)
    name: str | None = consignments.consign(claire, change).release
    if name is None:
        consignments.discard(packed)
    return name


def state(network: Network, name: str) -> ConsignmentState:
    return network.nodes["FR"].consignments.find(name).consignment.state


def found(network: Network, *wanted: str) -> list[str]:
    """Those of the numbers that LT hits, and the records."""
    ruta = network.officer("LT", "ruta", "inspector")
    answers = [(number, network.check(ruta, number, "FRA").registers[0]) for number in wanted]
    return [answer.hits[0].record for _number, answer in answers if answer.answer == "hit"]


def kept_files(network: Network, code: str) -> int:
    node = network.nodes[code]
    return len(list(node._files.list_batches())) + len(list(node._chunks._folder.glob("??/*/*")))


def test_a_file_is_findable_as_a_whole_and_its_source_knows(network: Network) -> None:
    name = consign(network, *numbers())
    assert name is not None
    assert state(network, name) is ConsignmentState.UNDERWAY
    assert found(network, *numbers()) == []
    network.settle(4)
    assert len(found(network, *numbers())) == COUNT
    consigned = network.nodes["FR"].consignments.find(name)
    assert consigned.consignment.state is ConsignmentState.ENTERED
    assert [lot.count for lot in consigned.content.lots] == [3, 3, 1]
    assert consigned.receipt is not None
    assert (consigned.receipt.step, consigned.receipt.position) == ("entered", 1)
    assert network.nodes["GS"]._shelves._indexes[RegisterName("travel-documents")].position == 1
    assert_true(network, "FR")
    assert kept_files(network, "FR") == kept_files(network, "GS") == 3  # batches, no chunks


def test_what_its_source_takes_out_is_found_by_nobody_and_gone_from_both_disks(network: Network) -> None:
    consign(network, *numbers())
    network.settle(4)
    held = found(network, *numbers())
    name = consign(network, *numbers(1, first=100), removed=(held[2], held[5]))
    network.settle(4)
    assert name is not None
    assert state(network, name) is ConsignmentState.ENTERED
    assert found(network, *numbers(), *numbers(1, first=100))[:-1] == [*held[:2], *held[3:5], held[6]]
    for code in ("FR", "GS"):
        folder = network.nodes[code].config.path("data") / "batches"
        files = b"".join(path.read_bytes() for path in folder.rglob("*.batch"))
        assert b"19AC00002" not in files
        assert b"19AC00003" in files


def test_another_members_record_is_not_taken_out(network: Network) -> None:
    rosa = network.officer("BR", "rosa", "registrar")
    entered = network.enter(rosa, "BR1234567", at="BR", country="BRA")
    assert consign(network, *numbers(), removed=(f"{entered.batch}.0",)) is None
    [row] = network.ledger("FR", "record.consign")
    assert row.content is not None
    assert row.content.rules == ("RPD-7.1",)
    assert kept_files(network, "FR") == 0


@pytest.mark.parametrize("record", ["of another register", "that never was"])
def test_a_record_that_the_register_does_not_have_is_not_taken_out(network: Network, record: str) -> None:
    claire = network.officer("FR", "claire", "registrar")
    person = {"reference": "FR-1", "status": "wanted", "names": [{"whole": "Ona Common"}]}
    form = EntryForm(register=RegisterName("persons"), records=[person], is_lawful=True, audience="all")
    batch = network.nodes["FR"].records.enter(claire, form).batch
    removed = f"{batch}.0" if record == "of another register" else f"{network.enter(claire, '19AC00099').batch}.1"
    assert consign(network, *numbers(), removed=(removed,)) is None
    [row] = network.ledger("FR", "record.consign")
    assert row.content is not None
    assert row.content.rules == ("RPD-7.1",)


def test_another_countrys_documents_are_refused_as_a_whole_and_nothing_is_left(network: Network) -> None:
    assert consign(network, *numbers(), country="BRA") is None
    network.settle(4)
    assert kept_files(network, "FR") == kept_files(network, "GS") == 0


def test_a_line_that_cannot_be_read_leaves_nothing(network: Network) -> None:
    def lines() -> Iterator[bytes]:
        yield from records(network, *numbers())
        raise MalformedError("number: It is missing.", where="line 8")

    with pytest.raises(MalformedError, match="missing"):
        network.nodes["FR"].consignments.pack(TRAVEL_DOCUMENTS, lines())
    assert kept_files(network, "FR") == 0
    assert network.ledger("FR", "record.consign") == ()


def test_a_cut_line_delays_it_and_what_came_is_not_pulled_again(network: Network) -> None:
    name = consign(network, *numbers())
    network.settle(1)
    network.cut("FR")
    network.turn(100.0)
    assert found(network, *numbers()) == []
    network.mend("FR")
    network.turn(100.0)
    assert name is not None
    assert state(network, name) is ConsignmentState.ENTERED
    assert len(found(network, *numbers())) == COUNT


STRIDE = often(9, 2)  # of the boundaries of a file's whole way, so many to one at which the power goes


@pytest.mark.parametrize("victim", ["FR", "GS"])
@pytest.mark.parametrize("first", [1, 3])
def test_all_or_nothing_wherever_the_power_goes(network: Network, victim: str, first: int) -> None:
    entered: list[int] = []
    for number in range(first, 1_000, STRIDE):
        network.boundaries[victim] = crash_at(number)
        try:
            name = consign(network, *numbers(4, first=10 * number))
            entered += [number] if name else []
            network.settle(4)
        except Crash:
            network.stop(victim, gracefully=False)
        network.boundaries.pop(victim)
        if victim in network.nodes:
            break
        network.start(victim)
        network.turn(20.0)
    else:
        pytest.fail("It never gets through.")
    assert number > 40, "the plug was pulled all along"
    for _ in range(4):
        network.turn(400.0)
        network.settle()
    for each in range(first, number + 1, STRIDE):
        network.turn(10.0)  # an officer asks sixty times a minute at most
        assert len(found(network, *numbers(4, first=10 * each))) in ((4,) if each in entered else (0, 4))
    assert kept_files(network, "FR") == kept_files(network, "GS")


def _first_byte(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


@pytest.mark.parametrize("meddle", [_first_byte, lambda data: data[:-1], lambda data: data + b"x"])
def test_a_chunk_that_was_altered_on_its_way_is_not_taken(network: Network, meddle: Callable[[bytes], bytes]) -> None:
    real = network.carry

    def carry(asker: MemberCode, to: MemberCode, data: bytes, deadline_s: float, accept: Accept) -> object:
        answer = real(asker, to, data, deadline_s, accept)
        is_chunk = data.startswith(b"comity/1 chunk ") and isinstance(answer, bytes)
        return meddle(answer) if is_chunk else answer  # type: ignore[arg-type]

    network.carry = carry  # type: ignore[method-assign,assignment]
    consign(network, *numbers())
    network.turn(60.0)
    assert found(network, *numbers()) == []
    network.carry = real  # type: ignore[method-assign]
    network.turn(400.0)
    assert len(found(network, *numbers())) == COUNT
