"""What somebody says changes nothing of what others say to each other: neither their threads, nor who has answered."""

import itertools
from typing import Any

import pytest

from comity import limits
from comity.exchange import thread
from comity.testing import Network
from tests.exchange.envelopes import forged, receipt_of, text_of
from tests.scenarios.desks import Desk, receipts

OTHERS = ("LT", "FR", "BR")
"""Those who talk; XX was never addressed."""


@pytest.fixture
def desks(network: Network) -> dict[str, Desk]:
    return {code: Desk(network, code) for code in (*OTHERS, "XX")}


def view(network: Network, desks: dict[str, Desk], names: list[str]) -> dict[str, list[tuple[object, ...]]]:
    """What each of the others sees of these messages: who wrote what, in which thread, how far it came."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for code in OTHERS:
        answered = network.nodes[code].messages.answered(names)
        for name in names:
            if network.nodes[code]._store.read(lambda unit, name=name: unit.find_message(name)) is not None:
                opened = desks[code].open(name)
                words = [(each.message.head.sender, each.text.text, each.reply_to) for each in opened]
                found.setdefault(code, []).append((name, words, desks[code].states(name), name in answered))
    return found


def conversation(network: Network, desks: dict[str, Desk]) -> list[str]:
    """LT asks two, BR answers all, FR answers BR alone."""
    asked = desks["LT"].send("FR", "BR", text="Who knows the bearer?")
    network.settle(3)
    all_ = desks["BR"].send("LT", "FR", text="We do.", reply_to=asked)
    network.settle(3)
    alone = desks["FR"].send("BR", text="Since when?", reply_to=asked)
    network.settle(3)
    return [asked, all_, alone]


def test_nobody_who_was_never_addressed_stands_in_a_conversation(network: Network, desks: dict[str, Desk]) -> None:
    names = conversation(network, desks)
    view(network, desks, names)  # opened everywhere
    network.settle(3)
    before = view(network, desks, names)
    for reply_to, claimed in itertools.product([*names, "", "f" * 64], repeat=2):
        text = text_of(thread=claimed, reply_to=reply_to, text="Release the bearer.")
        for to in OTHERS:
            copies = forged(network, to, sender="XX", text=text)
            assert receipt_of(network, copies[to], line="XX", to=to).step == "delivered"
        network.settle(1)
    assert view(network, desks, names) == before
    for code in OTHERS:
        for name in desks[code].inbox():
            if name not in names:
                assert [(each.message.id, each.reply_to) for each in desks[code].open(name)] == [(name, "")]


@pytest.mark.parametrize("odd", ["x", "X" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "\u202e" * 64, "../" * 20])
def test_a_thread_that_is_no_name_of_a_message_is_refused(network: Network, odd: str) -> None:
    for wrong in ({"thread": odd}, {"reply_to": odd}):
        data = forged(network, "FR", text=text_of(**wrong))["FR"]
        assert receipt_of(network, data).step == "refused"


def answers(network: Network, writer: str, name: str) -> tuple[bool, bool]:
    """Whether ``writer`` has answered: by the node that asked, and by its own."""
    asker = Desk(network, "LT").states(name).get(writer) == "answered"
    return asker, name in network.nodes[writer].messages.answered([name])


@pytest.mark.parametrize("to", [each for n in (1, 2) for each in itertools.combinations(("LT", "BR"), n)], ids=str)
@pytest.mark.parametrize("refers", ["the question", "BR's answer", "nothing"])
def test_answered_means_the_same_at_both_ends(
    network: Network, desks: dict[str, Desk], to: tuple[str, ...], refers: str
) -> None:
    """LT asks FR and BR, and BR answers all: what FR then writes is an answer to LT, or it is none, for both."""
    asked = desks["LT"].send("FR", "BR")
    network.settle(3)
    all_ = desks["BR"].send("LT", "FR", reply_to=asked)
    network.settle(3)
    assert answers(network, "BR", asked) == (True, True)
    assert answers(network, "FR", asked) == (False, False)
    desks["FR"].send(*to, reply_to={"the question": asked, "BR's answer": all_, "nothing": ""}[refers])
    network.settle(3)
    is_answered = refers == "the question" and "LT" in to
    assert answers(network, "FR", asked) == (is_answered, is_answered)
    assert answers(network, "BR", asked) == (True, True)


def test_an_answer_moves_no_delivery_but_that_of_a_message(network: Network, desks: dict[str, Desk]) -> None:
    """GS is sent batches too; a message that refers to one of them says nothing of it."""
    name = desks["LT"].send("FR")
    network.settle(3)
    receipt = receipts(network, "LT", name)[0]
    data = forged(network, "LT", sender="FR", text=text_of(reply_to=receipt.entry))["LT"]
    assert receipt_of(network, data, line="FR", to="LT").step == "delivered"
    assert desks["LT"].states(name) == {"FR": "delivered"}


def test_what_is_opened_is_shown_and_its_sender_hears_it_behind_any_number_of_others(
    network: Network, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "THREAD_MAX", 5)
    assert limits.THREAD_MAX > 5
    name = desks["LT"].send("FR", "BR")
    network.settle(3)
    for _ in range(8):
        desks["BR"].send("FR", reply_to=name)
    network.settle(3)
    assert desks["LT"].states(name)["FR"] == "delivered"
    opened = desks["FR"].open(name)
    network.settle(3)
    assert opened[0].message.id == name
    assert len(opened) == 6
    assert desks["LT"].states(name)["FR"] == "opened"
    unopened: list[Any] = list(network.nodes["FR"].messages.unopened())
    assert len(unopened) == 3, "what was not shown was not opened"
    assert network.nodes["FR"].messages.count_thread(opened[0].message.thread) == 9
