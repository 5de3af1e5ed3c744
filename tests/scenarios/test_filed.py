"""What came in is filed where its parties say, and the comparison with the ledger calls none of that changed."""

from itertools import product

import pytest

from comity.testing import Network
from tests.exchange.envelopes import forged, receipt_of, text_of
from tests.scenarios.desks import Desk
from tests.scenarios.test_damage import database, look_after, problems


def verify_well(network: Network) -> None:
    look_after(network, 20)
    for code in network.nodes:
        assert problems(network, code) == {}, code


def test_a_reply_that_others_hear_too_looks_changed_to_none_of_them(network: Network) -> None:
    """Each recipient joined the conversation at another message, and files the rest under that one."""
    first = Desk(network, "LT").send("FR")
    network.settle(4)
    second = Desk(network, "FR").send("LT", "BR", reply_to=first)
    network.settle(4)
    third = Desk(network, "BR").send("LT", "FR", reply_to=second)
    network.settle(4)
    last = Desk(network, "LT").send("BR", "XX", reply_to=third)
    network.settle(4)
    verify_well(network)
    assert [each.id for each in network.nodes["XX"].messages.unopened()] == [last]
    assert {each.id for each in network.nodes["BR"].messages.unopened()} == {second, last}


NAMED = ("", "shared", "closed", "nothing")


@pytest.mark.parametrize(("reply_to", "thread"), list(product(NAMED, NAMED)))
def test_whatever_a_bureau_says_its_message_belongs_to_it_never_looks_changed(
    network: Network, reply_to: str, thread: str
) -> None:
    """Of the messages at FR, XX is a party of one and of another not."""
    named = {"": "", "nothing": "0" * 64}
    named["shared"] = Desk(network, "LT").send("FR", "XX")
    named["closed"] = Desk(network, "LT").send("FR")
    network.settle(4)
    text = text_of(reply_to=named[reply_to], thread=named[thread])
    receipt = receipt_of(network, forged(network, "FR", sender="XX", text=text, head={"v": 2})["FR"], line="XX")
    assert receipt.step == "delivered"
    verify_well(network)
    assert receipt.of in {each.id for each in network.nodes["FR"].messages.unopened()}


def test_a_message_that_was_moved_into_another_thread_is_found(network: Network) -> None:
    first, second = Desk(network, "LT").send("FR"), Desk(network, "BR").send("FR")
    network.settle(4)
    with database(network, "FR") as rows:
        rows.execute("update message set thread = ? where id = ?", (first, second))
    look_after(network)
    assert second in problems(network, "FR")["damaged-message"]
