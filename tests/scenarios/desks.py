"""Desks that write to each other, and what their nodes hold afterwards, looked at from outside."""

from functools import partial
from typing import NamedTuple

from comity.act import Session
from comity.exchange.delivery import DeliveryState
from comity.exchange.message import Message, Text, get_kept, parse_text
from comity.exchange.reading import MessagesWanted, OpenedMessage
from comity.exchange.receipt import Receipt, Step
from comity.exchange.settling import EVENTS
from comity.exchange.signed import parse_signed
from comity.gate import Outcome
from comity.ids import EntryId, MemberCode
from comity.peer.messenger import MessageForm
from comity.store import deliveries, messages
from comity.testing import Network
from tests.peer.frames import signer_of

QUIET_S = 301.0  # longer than any pause between two attempts


class Held(NamedTuple):
    """A message that has come in somewhere, with its text."""

    message: Message
    text: Text


class Desk:
    """An officer of one member who writes and reads; signs in anew, whatever time has passed."""

    def __init__(self, network: Network, code: str) -> None:
        self._network = network
        self.code = code

    def session(self) -> Session:
        return self._network.officer(self.code, "desk", "desk")

    def try_send(self, *to: str, text: str = "Do you know it?", **more: str | tuple[str, ...]) -> Outcome:
        form = MessageForm(to=to, subject=f"From {self.code}", text=text, **more)  # type: ignore[arg-type]
        return self._network.nodes[self.code].messages.send(self.session(), form)

    def send(self, *to: str, text: str = "Do you know it?", **more: str | tuple[str, ...]) -> str:
        name: str | None = self.try_send(*to, text=text, **more).release
        assert name is not None
        return name

    def attach(self, data: bytes) -> str:
        node = self._network.nodes[self.code]
        blob: str = node.messages.attach(self.session(), "photo.jpg", "image/jpeg", [data]).release
        return blob

    def open(self, name: str) -> tuple[OpenedMessage, ...]:
        found: tuple[OpenedMessage, ...] = self._network.nodes[self.code].messages.open(self.session(), name).release
        return found

    def inbox(self) -> list[str]:
        """The names of what has come in, the oldest first."""
        page = self._network.nodes[self.code].messages.list(self.session(), MessagesWanted("in", most=200)).release
        return [line.message.id for line in reversed(page.lines)]

    def states(self, name: str) -> dict[str, str]:
        """What this node knows of one message, by recipient."""
        return states(self._network, self.code, name)


def states(network: Network, code: str, name: str) -> dict[str, str]:
    """What a node knows of what went from there under that name, by recipient."""
    rows = network.nodes[code]._store.read_rows(lambda connection: deliveries.list_deliveries(connection, name))
    return {each.recipient: each.state.value for each in rows}


def receipts(network: Network, code: str, name: str) -> list[Receipt]:
    """The receipts about one thing that a node has kept, each verified, in the order in which they came."""
    rows = network.nodes[code]._store.read_rows(lambda connection: deliveries.list_receipts(connection, name))
    found = []
    for row in rows:
        frame, receipt = parse_signed(row.frame, Receipt)
        frame.verify(signer_of(network, receipt.by).public)
        assert (receipt.of, receipt.recipient, receipt.step) == (name, row.recipient, row.step)
        found.append(receipt)
    return found


def steps(network: Network, code: str, name: str) -> list[Step]:
    return [receipt.step for receipt in receipts(network, code, name)]


def held(network: Network, code: str) -> list[Held]:
    """Every message at a node, opened with its storage key."""
    node = network.nodes[code]
    key = node.keyring.storage_key()
    found = []
    for is_outgoing in (True, False):
        listed = partial(messages.list_messages, is_outgoing=is_outgoing, before=0, most=10_000)
        for _row, message in node._store.read_rows(listed):
            assert isinstance(message, Message), message
            found.append(Held(message, parse_text(get_kept(message.kept, key, message.id).text)))
    return found


def assert_true(network: Network, *codes: str, at_rest: bool = True) -> None:
    """What every sender among ``codes`` believes is so, is shown by receipts, and no receipt contradicts another.

    ``at_rest``: nothing is on its way any more, so each fate is known.
    """
    kept = {code: held(network, code) for code in codes}
    arrived = {code: {each.message.id: each for each in kept[code] if not each.message.is_outgoing} for code in codes}
    for code in codes:
        names = [each.message.id for each in kept[code]]
        assert len(names) == len(set(names)), f"{code} has a message twice"
        for sent in kept[code]:
            if sent.message.is_outgoing:
                for recipient, state in states(network, code, sent.message.id).items():
                    there = arrived[recipient].get(sent.message.id) if recipient in arrived else None
                    _assert_fate(network, code, sent, recipient, state, there, at_rest=at_rest)


def _assert_fate(
    network: Network, code: str, sent: Held, recipient: str, state: str, there: Held | None, *, at_rest: bool
) -> None:
    of = f"{sent.message.id} from {code} to {recipient}: {state}"
    said = {each.step for each in receipts(network, code, sent.message.id) if each.recipient == recipient}
    assert not ("refused" in said and said & {"delivered", "opened"}), of
    is_arrived = state in ("delivered", "opened", "answered")
    if is_arrived:
        assert there is not None, of
        assert there.text == sent.text, of
        assert there.message.head == sent.message.head, of
    if state == "refused":
        assert there is None, of
    if at_rest:
        assert is_arrived == (there is not None), of
        assert state in ("delivered", "opened", "answered", "refused", "expired"), of
    shown: dict[str, Step] = {
        "relayed": "relayed", "delivered": "delivered", "opened": "opened", "refused": "refused",
    }  # fmt: skip
    assert state not in shown or shown[state] in said, of
    if state == "answered":
        assert any(
            each.text.reply_to == sent.message.id and each.message.head.sender == recipient
            for each in held(network, code)
        ), of
    assert state in {each.value for each in DeliveryState}
    assert said <= set(EVENTS)


def assert_ledgers(network: Network) -> None:
    """No ledger has a finding, and every receipt names an entry that its signer has."""
    for code, node in network.nodes.items():
        assert node._ledger.verify().findings == (), code


def entries(network: Network, code: str, kind: str) -> set[EntryId]:
    return {row.id for row in network.ledger(code, kind)}


def member(code: str) -> MemberCode:
    return MemberCode(code)
