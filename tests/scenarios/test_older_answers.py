"""An answer in an older version of its form does not go round what the newer judges, where its sender reads that."""

import pytest

from comity.peer.entering import EntryForm
from comity.testing import Network
from tests.exchange.envelopes import forge, public_keys, receipt_of
from tests.peer.frames import signer_of
from tests.scenarios.test_forms import Border, text_of


@pytest.fixture
def border(simulated: Network) -> Border:
    return Border(simulated)


@pytest.fixture
def about_a_car(border: Border) -> str:
    """A question about a stolen car, which LT has asked FR."""
    network = border.network
    form = EntryForm(
        register="vehicles", records=[{"plate": "AB-123-CD", "plate_country": "FRA", "status": "stolen"}],
        is_lawful=True, audience="all",
    )  # fmt: skip
    entered = network.nodes["FR"].records.enter(network.officer("FR", "claire", "registrar"), form)
    network.settle(4)
    fields = {"record": f"{entered.batch}.0", "register": "vehicles"}
    return border.send("LT", "confirm-hit", fields, to="FR")


def answer(border: Border, question: str, version: int, **fields: str) -> tuple[str, tuple[str, ...]]:
    """What LT says of an answer as any program could write it."""
    network = border.network
    text = text_of("hit-answer", fields, reply_to=question, v=version)
    data = forge(
        signer_of(network, "FR"), public_keys(network, "LT"), network.now, sender="FR", text=text,
        head={"urgency": "immediate"},
    )["LT"]  # fmt: skip
    receipt = receipt_of(network, data, line="FR", to="LT")
    return receipt.step, receipt.rules


def reads_the_first(border: Border) -> None:
    """FR's node says from here on that it reads answers of the first version alone."""
    stater = border.network.nodes["FR"]._stater
    formats = dict(stater._formats())
    stater._formats = lambda: formats | {"form.hit-answer": 1}
    border.network.turn(3600)
    border.network.settle()


@pytest.mark.parametrize("instruction", ["seize", "detain", "hold", "inform"])
def test_an_instruction_in_words_that_the_register_has_not_is_refused(
    border: Border, about_a_car: str, instruction: str
) -> None:
    step, rules = answer(border, about_a_car, 1, answer="confirmed", instruction=instruction)
    assert (step, rules) == ("refused", ("CTY-4.13",))


@pytest.mark.parametrize("said", [{"answer": "denied"}, {"answer": "confirmed", "remark": "Since March."}], ids=str)
def test_what_both_versions_say_alike_is_taken(border: Border, about_a_car: str, said: dict[str, str]) -> None:
    assert answer(border, about_a_car, 1, **said)[0] == "delivered"


def test_an_instruction_in_the_same_words_is_taken(border: Border) -> None:
    assert answer(border, border.ask(), 1, answer="confirmed", instruction="hold")[0] == "delivered"


def test_a_node_that_reads_the_first_alone_can_say_no_more(border: Border, about_a_car: str) -> None:
    reads_the_first(border)
    assert answer(border, about_a_car, 1, answer="confirmed", instruction="seize")[0] == "delivered"


def test_it_does_not_stand_in_the_place_of_what_was_answered_before(border: Border) -> None:
    question = border.ask()
    border.answer(question, answer="denied")
    before = border.about("LT")
    assert answer(border, question, 1, answer="confirmed", instruction="detain")[0] == "refused"
    assert border.about("LT") == before
