"""The courier: what waits goes out, one that is down delays only itself, and every fate is on the record."""

import threading

import msgspec
import pytest

from comity.act import Session
from comity.exchange.delivery import Delivery, DeliveryQueued, DeliveryState
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_body, sign_body
from comity.ids import MemberCode
from comity.peer import courier
from comity.peer.courier import Courier
from comity.peer.line import Accept, NoAnswer, Silence
from comity.registers.batch import parse_batch
from comity.signer import parse_frame, sign_frame
from comity.testing import Network
from tests.peer.frames import COMPLAINT, make_own_batch, put


@pytest.fixture
def network(simulated: Network) -> Network:
    return simulated


@pytest.fixture
def claire(network: Network) -> Session:
    return network.officer("FR", "claire", "registrar")


def asked_of(network: Network, to: str = "GS") -> list[bytes]:
    """Collects what is asked of a member from now on."""
    heard: list[bytes] = []

    def meddle(_sender: str, receiver: str, data: bytes) -> bytes:
        if receiver == to and not data.startswith((b"comity/1 directory", b"comity/1 greeting")):
            heard.append(data)
        return data

    network.meddle = meddle
    return heard


def test_what_has_its_fate_is_not_sent_again(network: Network, claire: Session) -> None:
    network.enter(claire, "19AC45678")
    heard = asked_of(network)
    network.turn(1000)
    assert heard == []


def test_an_unanswered_batch_is_sent_again_ever_more_rarely_as_it_was_signed(network: Network, claire: Session) -> None:
    sent: list[bytes] = []

    def lose(sender: str, to: str, data: bytes) -> bytes | None:
        if (sender, to) == ("FR", "GS") and data.startswith(b"comity-batch"):
            sent.append(data)
            return None
        return data

    network.meddle = lose
    network.enter(claire, "19AC45678")
    for _ in range(60):
        network.turn(10)
    assert 4 <= len(sent) <= 12
    assert len(set(sent)) == 1


def test_a_complaint_ends_no_delivery(network: Network, claire: Session) -> None:
    network.meddle = lambda sender, to, data: COMPLAINT + b"ours" if (sender, to) == ("GS", "FR") else data
    entered = network.enter(claire, "19AC45678")
    assert entered.delivery is not None
    assert entered.delivery.state is DeliveryState.QUEUED
    network.meddle = lambda _from, _to, data: data
    network.turn(30)
    assert entered.batch is not None
    assert network.nodes["FR"].records.find(claire, entered.batch).receipt is not None


def test_a_receipt_by_anybody_else_ends_no_delivery(network: Network, claire: Session) -> None:
    """XX answers in the keeper's place, in the keeper's words."""
    xx = network.nodes["XX"].keyring.signer("signing")

    def forge(sender: str, to: str, data: bytes) -> bytes:
        if (sender, to) != ("GS", "FR") or not data.startswith(b"comity/1 receipt"):
            return data
        from_keeper = parse_frame(data, "receipt")
        return sign_frame(xx, "receipt", from_keeper.body).encode()

    network.meddle = forge
    entered = network.enter(claire, "19AC45678")
    assert (entered.delivery is not None, entered.receipt) == (True, None)
    assert network.nodes["FR"].condition.state().queued == 1


@pytest.mark.parametrize("step", ["relayed", "opened"])
def test_a_receipt_that_says_of_a_batch_what_is_said_of_messages_ends_no_delivery(
    network: Network, claire: Session, step: str
) -> None:
    """The keeper itself signs it."""
    keeper = network.nodes["GS"].keyring.signer("signing")

    def forge(sender: str, to: str, data: bytes) -> bytes:
        if (sender, to) != ("GS", "FR") or not data.startswith(b"comity/1 receipt"):
            return data
        receipt = parse_body(parse_frame(data, "receipt"), Receipt)
        return sign_body(msgspec.structs.replace(receipt, step=step), keeper).encode()

    network.meddle = forge
    entered = network.enter(claire, "19AC45678")
    assert entered.delivery is not None
    assert (entered.delivery.state, entered.receipt) == (DeliveryState.QUEUED, None)
    rows = [row.content for row in network.ledger("FR", "receipt.take") if row.content]
    assert {(row.verdict, tuple(row.rules)) for row in rows} == {("refused", ("CTY-4.6",))}
    network.meddle = lambda _from, _to, data: data
    network.turn(30)
    assert entered.batch is not None
    assert network.nodes["FR"].records.find(claire, entered.batch).receipt is not None


def test_a_receipt_that_another_member_is_to_have_ends_no_delivery(network: Network, claire: Session) -> None:
    """XX learnt the name of FR's batch, sent it as its own, and the broker plays the keeper's refusal to FR."""
    batches: list[bytes] = []

    def lose(sender: str, to: str, data: bytes) -> bytes | None:
        if (sender, to) == ("FR", "GS") and data.startswith(b"comity-batch"):
            batches.append(data)
            return None
        return data

    network.meddle = lose
    network.enter(claire, "19AC45678")
    held = parse_batch(batches[0])
    head = msgspec.structs.replace(held.head, source=MemberCode("XX"))
    xx = network.nodes["XX"].keyring.signer("signing")
    forged = msgspec.structs.replace(held, head=head, frame=sign_frame(xx, "batch", msgspec.json.encode(head)))
    refusal = put(network, "XX", forged.encode())
    assert parse_body(parse_frame(refusal, "receipt"), Receipt).step == "refused"
    network.meddle = lambda sender, to, data: refusal if (sender, to) == ("GS", "FR") else data
    network.turn(30)
    assert only_delivery(network).state is DeliveryState.QUEUED
    network.meddle = lambda _from, _to, data: data
    network.turn(30)
    assert only_delivery(network).state is DeliveryState.DELIVERED


def only_delivery(network: Network) -> Delivery:
    """The delivery of the one batch that FR has entered, to its keeper."""
    node = network.nodes["FR"]
    name = next(iter(node._files.list_batches()))
    delivery = node._store.read(lambda unit: unit.find_delivery(name, MemberCode("GS")))
    assert delivery is not None
    return delivery


class HeldLine:
    """Carries batches to their keeper; what is for BR arrives nowhere until it is ``let_go``."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._let_go = threading.Event()
        self.is_waited_for = threading.Event()

    def let_go(self) -> None:
        self._let_go.set()

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept) -> bytes | NoAnswer:
        if to == "BR":
            self.is_waited_for.set()
            assert self._let_go.wait(30)
            return NoAnswer(to, Silence.TOO_LATE)
        return self._network.carry(MemberCode("FR"), to, data, deadline_s, accept)


def test_what_found_every_carrier_busy_is_carried_in_a_later_round(
    network: Network, claire: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, line = network.nodes["FR"], HeldLine(network)
    network.cut("FR")
    network.enter(claire, "19AC45678")
    waiting = only_delivery(network)
    stuck = msgspec.structs.replace(waiting, id="0" * 64, recipient=MemberCode("BR"), next_at=network.now)
    node._store.change(lambda unit: unit.apply(DeliveryQueued(stuck)))
    assert stuck.next_at < waiting.next_at, "so it comes first"
    network.now = waiting.next_at
    network._cut.clear()  # nobody is told that the line is back
    monkeypatch.setattr(courier, "THREADS_MAX", 1)
    own = Courier(
        node.gate, node._store, line, MemberCode("FR"), MemberCode("GS"),  # type: ignore[arg-type]
        clock=lambda: network.now, signer=node.knowledge.find_signer, leaving=node._courier._leaving, own_threads=True,
    )  # fmt: skip

    def carriers() -> list[threading.Thread]:
        return [each for each in threading.enumerate() if each.name.startswith("courier-")]

    own.go_round()
    assert line.is_waited_for.wait(30)
    assert [each.name for each in carriers()] == ["courier-BR"]
    line.let_go()
    for each in carriers():
        each.join(30)
    assert only_delivery(network).state is DeliveryState.QUEUED
    own.go_round()
    for each in carriers():
        each.join(30)
    assert only_delivery(network).state is DeliveryState.DELIVERED


def test_a_member_that_is_down_delays_only_itself(network: Network, claire: Session) -> None:
    """A batch for BR, which is no keeper and is down, waits beside one for the secretariat."""
    node = network.nodes["FR"]
    network.stop("BR")
    network.enter(claire, "19AC45678")
    held = make_own_batch(network)
    stuck = msgspec.structs.replace(
        only_delivery(network), id=held.id, recipient=MemberCode("BR"), body=held.encode(), state=DeliveryState.QUEUED
    )
    node._store.change(lambda unit: unit.apply(DeliveryQueued(stuck)))
    entered = network.enter(claire, "19AC45679")
    assert entered.receipt is not None
    assert node.condition.state().queued == 1


def test_what_cannot_travel_blocks_nothing_behind_it(network: Network, claire: Session) -> None:
    node = network.nodes["FR"]
    network.enter(claire, "19AC45678")
    stuck = msgspec.structs.replace(
        only_delivery(network), id="0" * 64, body=b"x" * 2_000_000, state=DeliveryState.QUEUED
    )
    node._store.change(lambda unit: unit.apply(DeliveryQueued(stuck)))
    entered = network.enter(claire, "19AC45679")
    assert entered.receipt is not None
    assert "failing-courier" not in {problem.code for problem in node.health().problems}


def test_what_has_arrived_is_kept_no_longer_as_it_was_sent(network: Network, claire: Session) -> None:
    network.enter(claire, "19AC45678")
    assert (only_delivery(network).state, only_delivery(network).body) == (DeliveryState.DELIVERED, b"")


def test_the_relay_is_not_asked_to_keep_batches(network: Network, claire: Session) -> None:
    """Only what is sealed, or is a receipt, is left with anybody else than who it is for."""
    network.stop("GS")
    network.enter(claire, "19AC45678")
    stuck = msgspec.structs.replace(only_delivery(network), id="1" * 64, recipient=MemberCode("BR"))
    network.stop("BR")
    network.start("GS")
    network.nodes["FR"]._store.change(lambda unit: unit.apply(DeliveryQueued(stuck)))
    heard = asked_of(network)
    network.turn(10)
    network.turn(10)
    assert heard
    assert len({bytes(each) for each in heard if each.startswith(b"comity-batch")}) == 1
    assert network.ledger("GS", "envelope.relay") == network.ledger("GS", "receipt.relay") == ()


def test_a_delivery_that_runs_out_is_on_the_record(network: Network, claire: Session) -> None:
    network.stop("GS")
    network.enter(claire, "19AC45678")
    network.turn(31 * 86_400)
    rows = [row.content for row in network.ledger("FR", "delivery.expire") if row.content]
    assert [(row.verdict, row.detail["of"], row.detail["recipient"]) for row in rows] == [
        ("allowed", only_delivery(network).id, "GS")
    ]
    assert only_delivery(network).state is DeliveryState.EXPIRED


def test_a_receipt_that_comes_after_a_delivery_ran_out_still_counts(network: Network, claire: Session) -> None:
    """The keeper took it, and what it signed was on its way for a month."""
    kept: list[bytes] = []

    def lose(sender: str, to: str, data: bytes) -> bytes | None:
        if (sender, to) == ("GS", "FR") and data.startswith(b"comity/1 receipt"):
            kept.append(data)
            return None
        return data

    network.meddle = lose
    entered = network.enter(claire, "19AC45678")
    network.cut("FR")
    network.turn(31 * 86_400)
    assert only_delivery(network).state is DeliveryState.EXPIRED
    network.mend("FR")
    network.meddle = lambda _from, _to, data: data
    network.settle(4)
    answer = put(network, "GS", kept[0], to="FR")
    assert parse_body(parse_frame(answer, "receipt"), Receipt).step == "delivered"
    assert only_delivery(network).state is DeliveryState.DELIVERED
    claire = network.officer("FR", "aude", "registrar")
    assert entered.batch is not None
    found = network.nodes["FR"].records.find(claire, entered.batch).receipt
    assert found is not None
    assert (found.step, found.position) == ("delivered", 1)


def test_each_receipt_is_on_the_record_with_the_keepers_entry(network: Network, claire: Session) -> None:
    entered = network.enter(claire, "19AC45678")
    assert entered.receipt is not None
    rows = [row.content for row in network.ledger("FR", "receipt.take") if row.content]
    assert [(row.member, row.detail["step"], row.detail["entry"]) for row in rows] == [
        ("GS", "delivered", entered.receipt.entry)
    ]
    assert entered.receipt.entry in {row.id for row in network.ledger("GS", "batch.accept")}
