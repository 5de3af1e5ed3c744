"""What one member sends pushes nobody else's waiting question off what people look at."""

from datetime import timedelta

import pytest

from comity.exchange.reading import MessagePage, MessagesWanted
from comity.limits import PRESSING_SHOWN_MAX, WAITING_SHOWN_MAX
from comity.office.forms import ASKED_MAX
from comity.peer.messenger import MessageForm
from tests.exchange.envelopes import forged, receipt_of
from tests.scenarios.standings import measure
from tests.scenarios.test_forms import Border, border, text_of

__all__ = ["border"]
MANY = 230
"""More than any page has."""


def flood(border: Border, *, letters: int = 0) -> None:
    """XX, whose node is its own, sends FR many questions, each of them as the form declares it."""
    network = border.network
    for number in range(MANY):
        data = forged(network, "FR", sender="XX", text=text_of("confirm-hit", border.asked(remark=str(number))))["FR"]
        assert receipt_of(network, data, line="XX").step == "delivered"
    for number in range(letters):
        form = MessageForm(to=("FR",), subject=f"Case {number}", text="?")
        network.nodes["LT"].messages.send(border.session("LT"), form)
    network.settle(3)


def page(border: Border, box: str, **more: object) -> MessagePage:
    wanted = MessagesWanted(box, **more)  # type: ignore[arg-type]
    found: MessagePage = border.network.nodes["FR"].inbox.list(border.session("FR"), wanted).given
    return found


def senders(found: MessagePage) -> list[str]:
    return [line.message.head.sender for line in found.lines]


@pytest.fixture
def asked(border: Border) -> str:
    """LT's question; then XX's."""
    question = border.ask(within="10-minutes")
    border.network.turn(30)
    flood(border)
    return question


def test_a_question_of_another_stands_among_those_to_answer(border: Border, asked: str) -> None:
    found = page(border, "due")
    assert asked in {line.message.id for line in found.lines}
    assert senders(found).count("XX") == WAITING_SHOWN_MAX
    [more] = found.more
    assert (more.sender, more.is_cut) == ("XX", True)
    assert 0 < more.waiting < MANY


def test_the_rest_of_one_sender_is_found_page_by_page(border: Border, asked: str) -> None:
    names: set[str] = set()
    before: int | None = 0
    while before is not None:
        found = page(border, "due", sender="XX", before=before)
        assert set(senders(found)) == {"XX"}
        names |= {line.message.id for line in found.lines}
        before = found.older
    assert len(names) == MANY
    assert asked not in names


def test_beside_the_first_page_of_the_inbox_stands_what_waits_further_down(border: Border, asked: str) -> None:
    found = page(border, "in")
    assert set(senders(found)) == {"XX"}
    beside = [line.message for line in found.pressing]
    assert asked in {each.id for each in beside}
    assert sum(each.head.sender == "XX" for each in beside) <= PRESSING_SHOWN_MAX
    entry = border.network.ledger("FR", "message.list")[-1].content
    assert entry is not None
    assert asked in entry.detail["messages"], "what was shown is on record"
    assert page(border, "in", before=found.older).pressing == ()


def test_what_was_answered_or_is_long_overdue_is_not_said_beside_a_page(border: Border, asked: str) -> None:
    border.answer(asked)
    assert asked not in {line.message.id for line in page(border, "in").pressing}
    border.network.turn(timedelta(days=2).total_seconds())
    assert page(border, "in").pressing == ()


def test_what_nobody_has_opened_is_counted_and_offered_of_each_sender(border: Border, asked: str) -> None:
    unopened = border.network.nodes["FR"].messages.unopened()
    assert asked in {each.id for each in unopened}


def test_of_a_single_sender_a_list_has_as_much_as_of_all(border: Border) -> None:
    flood(border)
    found = page(border, "due")
    assert senders(found) == ["XX"] * WAITING_SHOWN_MAX
    assert found.more[0].waiting > 150


def test_whoever_may_not_read_is_refused_before_anything_is_looked_at(border: Border) -> None:
    network = border.network
    inspector = network.officer("FR", "ines", "inspector")
    outcome = network.nodes["FR"].inbox.list(inspector, MessagesWanted("due"))
    assert outcome.verdict.rules == ("RPD-21.1",)
    assert outcome.release is None


def test_nobodys_questions_about_a_record_hide_anothers(border: Border) -> None:
    """Not by being many, and not by being refused; what is left out is said."""
    question = border.ask()
    for number in range(ASKED_MAX + 5):
        data = forged(border.network, "FR", sender="XX", text=text_of("confirm-hit", border.asked(remark=str(number))))
        assert receipt_of(border.network, data["FR"], line="XX").step == "delivered"
    measure(border.network, "XX", "message")
    for number in range(ASKED_MAX + 5):
        data = forged(border.network, "FR", sender="XX", text=text_of("confirm-hit", border.asked(remark=f"{number}.")))
        assert receipt_of(border.network, data["FR"], line="XX").step == "refused"
    border.network.settle(3)
    found = border.network.nodes["FR"].forms.asked_about(border.session("FR"), border.record)[0]
    assert question in {each.message.id for each in found.asked}
    assert sum(each.message.head.sender == "XX" for each in found.asked) == ASKED_MAX
    assert found.cut == ("XX",)
    own = border.network.nodes["LT"].forms.asked_about(border.session("LT"), border.record)[0]
    assert ([each.message.id for each in own.asked], own.cut) == ([question], ())
