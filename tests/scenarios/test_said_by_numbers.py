"""Where rules are named, a receipt has no room for words of its own; a number that nobody knows is called unknown."""

import msgspec
import pytest

from comity.api.messages_shown import deliveries_shown
from comity.errors import MalformedError
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed, sign_body
from comity.rules.amending import amend
from comity.rules.model import MODEL_RULEBOOK
from comity.testing import Network
from comity.web.letters import fates_of
from tests.peer.frames import put, signer_of
from tests.scenarios.desks import Desk, receipts


def say(network: Network, name: str, *rules: str) -> bytes:
    """XX's receipt about a message of LT's, which says that it was opened, by these rules; what LT answers."""
    [mine] = [each for each in receipts(network, "LT", name) if each.by == "XX"]
    told = msgspec.structs.replace(mine, step="opened", rules=rules, at=network.now)
    return put(network, "XX", sign_body(told, signer_of(network, "XX")).encode(), to="LT")


@pytest.mark.parametrize(
    "words",
    [
        "Meet us at the bridge at nine.", "RPD-9.9 The bearer may pass", "RPD-1.1\n", "", "\u202eRPD-1.1", "-RPD", "R.",
        "Meet-us-at-the-bridge-at-nine",
    ],
)  # fmt: skip
def test_a_receipt_with_words_in_the_place_of_rules_is_not_taken(network: Network, words: str) -> None:
    name = Desk(network, "LT").send("XX")
    network.settle(4)
    assert say(network, name, words) in (b"comity/1 complaint malformed", b"comity/1 complaint too-large")
    assert [each.step for each in receipts(network, "LT", name)] == ["delivered"]


def test_a_number_that_no_rule_has_is_shown_as_unknown(network: Network) -> None:
    name = Desk(network, "LT").send("XX")

    def refuse(asker: str, to: str, data: bytes) -> bytes:
        if (asker, to) == ("XX", "LT") and data.startswith(b"comity/1 receipt "):
            receipt = msgspec.structs.replace(parse_signed(data, Receipt)[1], step="refused", rules=("Bridge-at-9",))
            return sign_body(receipt, signer_of(network, "XX")).encode()
        return data

    network.meddle = refuse
    network.settle(4)
    node, session = network.nodes["LT"], Desk(network, "LT").session()
    deliveries = node.messages.progress(session, name).deliveries
    signed = node.messages.receipts(session, name)
    [shown] = deliveries_shown(node, deliveries, signed)
    assert shown.state == "refused"
    assert [(each.number, each.sentence[:12]) for each in shown.receipts[-1].rules] == [("Bridge-at-9", "Unknown rule")]
    [fate] = fates_of(deliveries, signed, {}, node.knowledge.rulebook())
    assert fate.rules == ("unknown rule Bridge-at-9",)


@pytest.mark.parametrize("number", ["RPD 999", "§-1", "RPD-" + "9" * 30])
def test_no_rulebook_brings_a_rule_that_a_receipt_could_not_name(number: str) -> None:
    rule = msgspec.structs.replace(MODEL_RULEBOOK.rules[0], number=number)
    book = msgspec.structs.replace(MODEL_RULEBOOK, rules=(*MODEL_RULEBOOK.rules, rule)).encode()
    for old in (None, MODEL_RULEBOOK.encode()):
        with pytest.raises(MalformedError, match="The number of a rule has letters"):
            amend(old, book)
    assert amend(book, book) is not None, "one that has it already goes on"
