"""What its source says was entered later than now, or in a year that nobody can mean, is not taken."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from comity.audience import Audience
from comity.exchange.blob import BlobKept, BlobShared
from comity.exchange.forms.letter import LETTER
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed, sign_body
from comity.ids import BlobId, MemberCode
from comity.limits import SKEW_S
from comity.peer.consigning import Change
from comity.registers.batch import make_batch
from comity.registers.consignment import Consignment, ConsignmentState, consignment_name
from comity.registers.persons import PERSONS
from comity.registers.record import Record, make_record
from comity.testing import Network
from tests.exchange.envelopes import forged, names_at, receipt_of
from tests.peer.frames import put, signer_of

XX = MemberCode("XX")
YEAR = timedelta(days=365)
AHEAD = timedelta(seconds=SKEW_S)
SECOND = timedelta(seconds=1)
FAR = [3 * YEAR, 40 * YEAR, 900 * YEAR]


def record(now: datetime) -> Record:
    person = {"reference": "X", "status": "wanted", "names": [{"whole": "Ona Odd"}]}
    # Well within what the register keeps: how long is not the question here.
    return make_record(PERSONS, XX, person, Audience.everyone(), now=now, expires_at=now + timedelta(days=400))


def accept(network: Network, records: list[Record], at: datetime) -> Receipt:
    """What GS says to a batch that XX has signed."""
    salts = [network.entropy(32) for _each in records]
    batch = make_batch(PERSONS, XX, records, salts, at, signer_of(network, "XX"))
    return parse_signed(put(network, "XX", batch.encode()), Receipt)[1]


@pytest.mark.parametrize("ahead", FAR)
@pytest.mark.parametrize("where", ["batch", "record"])
def test_a_batch_of_the_far_future_is_refused(network: Network, ahead: timedelta, where: str) -> None:
    later = network.now + ahead
    receipt = accept(
        network,
        [record(network.now), record(later if where == "record" else network.now)],
        later if where == "batch" else network.now,
    )
    assert (receipt.step, "RPD-36.1" in receipt.rules) == ("refused", True)


@pytest.mark.parametrize("year", [1, 1971, 1999, 3000, 9989, 9998])
def test_a_batch_of_a_year_that_nobody_can_mean_is_refused(network: Network, year: int) -> None:
    then = datetime(year, 1, 1, tzinfo=UTC)
    assert accept(network, [record(network.now)], then).step == "refused"


@pytest.mark.parametrize("where", ["batch", "record"])
def test_what_is_ahead_by_more_than_clocks_may_be_waits_until_it_is_so(network: Network, where: str) -> None:
    """It passes by itself: an hour later the same bytes are taken."""
    for extra, step in ((timedelta(0), "delivered"), (SECOND, "later"), (timedelta(hours=1), "later")):
        later = network.now + AHEAD + extra
        at = later if where == "batch" else network.now
        records = [record(later if where == "record" else network.now)]
        salts = [network.entropy(32)]
        data = make_batch(PERSONS, XX, records, salts, at, signer_of(network, "XX")).encode()
        assert parse_signed(put(network, "XX", data), Receipt)[1].step == step
    network.turn(3600)
    assert parse_signed(put(network, "XX", data), Receipt)[1].step == "delivered"


def test_what_waited_in_an_outbox_for_long_is_taken(network: Network) -> None:
    then = network.now - timedelta(days=29)
    assert accept(network, [record(then)], then).step == "delivered"


def consign(network: Network, *records: Record) -> str:
    node = network.nodes["XX"]
    packed = node.consignments.pack(PERSONS, iter([each.encode() for each in records]))
    who = network.officer("XX", f"clerk-{network.entropy(4).hex()}", "registrar")
    name = node.consignments.consign(who, Change(PERSONS, packed, (), is_lawful=True)).release
    assert name is not None
    network.settle(4)
    return name


def state_of(network: Network, name: str) -> ConsignmentState:
    return network.nodes["XX"].consignments.find(name).consignment.state


def test_a_consignment_with_a_record_of_the_future_is_refused_or_waits_until_it_is_so(
    network: Network,
) -> None:
    far = consign(network, record(network.now), record(network.now + timedelta(days=60)))
    near = consign(network, record(network.now + timedelta(hours=1)))
    now = consign(network, record(network.now))
    assert [state_of(network, each) for each in (far, near, now)] == [
        ConsignmentState.REFUSED, ConsignmentState.UNDERWAY, ConsignmentState.ENTERED,
    ]  # fmt: skip
    network.turn(3600)
    network.settle(4)
    assert state_of(network, near) is ConsignmentState.ENTERED


def deliver(network: Network, data: bytes) -> str:
    """What FR says to an envelope of XX."""
    receipt = receipt_of(network, data, line="XX")
    return f"{receipt.step} CTY-4.5" if receipt.step != "delivered" and "CTY-4.5" in receipt.rules else receipt.step


def letter(network: Network, **head: object) -> bytes:
    return forged(network, "FR", sender="XX", head=head)["FR"]


@pytest.mark.parametrize("year", [2000, 2025, 2027, 2999])
def test_a_message_of_a_time_that_cannot_be_is_refused(network: Network, year: int) -> None:
    then, end = datetime(year, 1, 1, tzinfo=UTC), network.now + timedelta(days=3)
    assert deliver(network, letter(network, sent_at=then, expires_at=end)) == "refused CTY-4.5"
    assert deliver(network, letter(network, answer_by=then)) == "refused CTY-4.5"
    assert names_at(network, "FR") == []


def test_a_message_that_was_sent_later_than_clocks_may_be_ahead_waits_until_it_is_so(network: Network) -> None:
    assert deliver(network, letter(network, sent_at=network.now + AHEAD)) == "delivered"
    assert deliver(network, letter(network, sent_at=network.now + AHEAD + SECOND)) == "later CTY-4.5"
    data = letter(network, sent_at=network.now + timedelta(hours=1))
    assert deliver(network, data) == "later CTY-4.5"
    network.turn(3600)
    assert deliver(network, data) == "delivered"


def test_an_answer_may_be_asked_for_until_a_message_expires(network: Network) -> None:
    for each in LETTER.deadlines:
        in_time = letter(network, answer_by=network.now + each.within, urgency=each.urgency)
        assert deliver(network, in_time) == "delivered"
    for by in (-SECOND, timedelta(days=30) + SECOND):
        assert deliver(network, letter(network, answer_by=network.now + by)) == "refused CTY-4.5"


def test_a_message_that_waited_for_weeks_is_delivered_until_it_expires(network: Network) -> None:
    data = letter(network, answer_by=network.now + timedelta(hours=1), urgency="immediate")
    old = letter(network, answer_by=None)
    for _each in range(29 * 4):
        network.turn(6 * 3600)
    assert deliver(network, data) == "delivered"
    for _each in range(4):
        network.turn(6 * 3600)
    assert deliver(network, old) == "refused CTY-4.5"


@pytest.mark.parametrize("where", ["head", "record"])
def test_a_consignment_that_is_dated_ahead_is_not_opened_and_entered_again_each_second(
    network: Network, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Its signed head says so before anything of it is opened; what its records say is looked at once."""
    ahead = timedelta(days=20)
    name = consign_dated(network, *((ahead, timedelta(0)) if where == "head" else (timedelta(0), ahead)))
    lots, opened = network.nodes["GS"].consignments._lots, []
    unpack = lots.unpack
    monkeypatch.setattr(lots, "unpack", lambda *given: opened.append(1) or unpack(*given))
    for _second in range(20):
        network.turn(1)
    assert len(opened) == len(network.ledger("GS", "consignment.take")) == (0 if where == "head" else 1)
    network.turn(ahead.total_seconds())
    network.settle(4)
    assert network.nodes["GS"]._store.read(lambda unit: unit.find_consignment(name)).state is ConsignmentState.ENTERED


def consign_dated(network: Network, head: timedelta, of_record: timedelta) -> str:
    """A consignment that XX dates ahead by itself, or of a record that is."""
    node, at = network.nodes["XX"], network.now
    packed = node.consignments.pack(PERSONS, iter([record(at + of_record).encode()]))
    lots = tuple(each.lot for each in packed.lots)
    frame = sign_body(Consignment(1, PERSONS.name, XX, lots, (), at + head), signer_of(network, "XX"))
    for each in packed.lots:
        blob = BlobId(each.lot.blob)
        for change in (BlobKept(blob, each.manifest.encode(), "a name"), BlobShared(blob, (MemberCode("GS"),))):
            node._store.change(partial(lambda unit, change: unit.apply(change), change=change))
    assert parse_signed(put(network, "XX", frame.encode()), Receipt)[1].step == "delivered"
    return consignment_name(frame)
