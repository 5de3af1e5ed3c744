"""Each message of a thread is shown or withheld by its own level: nobody takes a thread from its readers by a line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity import enrolment
from comity.api.message_wire import ThreadAnswer
from comity.cli.message_lines import say_thread
from comity.exchange.reading import OpenedMessage
from comity.rules.model import MODEL_RULEBOOK
from comity.testing import Network
from tests.exchange.envelopes import forged, names_at, receipt_of, text_of
from tests.scenarios.desks import Desk, receipts
from tests.web.conftest import Cast


@pytest.fixture(scope="module")
def for_registrars(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """LT, FR and XX under a rulebook by which registrars alone read what is confidential, closed."""
    covers = {
        "official-use": ["inspector", "registrar", "desk"],
        "restricted": ["inspector", "registrar", "desk"],
        "confidential": ["registrar"],
    }
    rules = tuple(
        msgspec.structs.replace(rule, values=covers) if rule.number == "RPD-107.2" else rule
        for rule in MODEL_RULEBOOK.rules
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(enrolment, "MODEL_RULEBOOK", msgspec.structs.replace(MODEL_RULEBOOK, rules=rules))
        found = Network(tmp_path_factory.mktemp("registrars"), members=("LT", "FR", "XX"))
    found.close()
    return found


@pytest.fixture
def network(for_registrars: Network, tmp_path: Path) -> Iterator[Network]:
    found = Network(tmp_path, like=for_registrars)
    yield found
    found.close()


def into(network: Network, thread: str, **head: Any) -> str:
    """The step of the receipt for a line that XX adds to a thread at FR."""
    text = text_of(thread=thread, reply_to=thread, text="A line of XX")
    data = forged(network, "FR", sender="XX", text=text, head={"v": 2} | head)["FR"]
    receipt = receipt_of(network, data, line="XX")
    return f"{receipt.step} {'RPD-112.1' if 'RPD-112.1' in receipt.rules else ''}".strip()


def seen(opened: tuple[OpenedMessage, ...]) -> list[tuple[str, str, bool]]:
    return [(each.message.head.sender, each.text.text, bool(each.withheld_by)) for each in opened]


@pytest.mark.parametrize("level", ["zz-unknown", "secret"])
def test_a_message_of_a_level_that_the_rulebook_does_not_list_is_refused_by_its_rule(
    network: Network, level: str
) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    assert into(network, name, handling=level) == "refused RPD-112.1"
    assert len(names_at(network, "FR")) == 1
    assert seen(Desk(network, "FR").open(name)) == [("LT", "Do you know it?", False)]


def test_a_line_that_a_reader_may_not_read_is_withheld_in_its_place_and_the_thread_is_read(network: Network) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    assert into(network, name, handling="confidential").startswith("delivered")
    network.turn(1)
    answer = Desk(network, "FR").send("LT", reply_to=name)
    opened = Desk(network, "FR").open(name)
    assert seen(opened) == [("LT", "Do you know it?", False), ("XX", "", True), ("FR", "Do you know it?", False)]
    assert opened[1].withheld_by == ("RPD-107.2",)
    assert (opened[1].text.subject, opened[1].text.attachments, opened[1].text.form) == ("", (), None)
    assert seen(Desk(network, "FR").open(answer)) == seen(opened)


def test_what_is_withheld_stays_unopened_and_its_sender_hears_of_nothing(network: Network) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    into(network, name, handling="confidential")
    Desk(network, "FR").open(name)
    network.settle()
    node = network.nodes["FR"]
    line = names_at(network, "FR")[-1]
    assert [each.id for each in node.messages.unopened()] == [line]
    assert [each.step for each in receipts(network, "LT", name) if each.by == "FR"] == ["delivered", "opened"]
    registrar = network.officer("FR", "berta", "registrar")
    assert seen(node.messages.open(registrar, name).given)[1] == ("XX", "A line of XX", False)
    assert node.messages.unopened() == ()


def test_the_message_asked_for_decides_whether_the_act_is_refused(network: Network) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    into(network, name, handling="confidential")
    line = names_at(network, "FR")[-1]
    outcome = network.nodes["FR"].messages.open(Desk(network, "FR").session(), line)
    assert (outcome.verdict.rules, outcome.release) == (("RPD-107.2",), None)


def test_an_evidence_file_says_what_it_was_not_given(network: Network) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    into(network, name, handling="confidential")
    found = network.nodes["FR"].messages.export(Desk(network, "FR").session(), name)
    assert len(found.messages) == 1
    assert [(each.name, "XX" in each.text, "RPD-107.2" in each.text) for each in found.damaged] == [
        (names_at(network, "FR")[-1], True, True)
    ]


def test_api_command_and_page_say_in_its_place_that_a_line_is_withheld_who_sent_it_and_why(
    network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    name = Desk(network, "LT").send("FR", "XX")
    network.settle()
    into(network, name, handling="confidential")
    line, cast = names_at(network, "FR")[-1], Cast(network)
    browser, session = cast.officer("FR", "desk"), Desk(network, "FR").session()
    answer = browser.call("POST", f"/v1/messages/{name}/open", session.token)
    first, withheld = answer.json()["messages"]
    assert (first["text"], first["was_unopened"], first["withheld_by"]) == ("Do you know it?", True, [])
    assert (withheld["id"], withheld["sender"], withheld["headline"], withheld["text"]) == (line, "XX", "Withheld", "")
    assert (withheld["state"], withheld["was_unopened"], withheld["opened_at"]) == ("unopened", False, None)
    assert [each["number"] for each in withheld["withheld_by"]] == ["RPD-107.2"]
    assert (answer.json()["handling"], answer.json()["record"]["told"]) == ("official-use", ["LT"])

    capsys.readouterr()
    say_thread(msgspec.json.decode(answer.content, type=ThreadAnswer))
    printed = capsys.readouterr().out
    assert "XX to FR" in printed
    assert "withheld: the rulebook does not let you read it" in printed

    page = browser.post("/messages/open", {"message": name})
    assert "Withheld The rulebook does not let you read this message." in page.words
    assert "RPD-107.2 An officer's role must cover" in page.words
    assert "A line of XX" not in page.html + printed
    assert "Reply to LT" in page.words
    assert page.field("handling") == "official-use"
    cast.close()


def test_the_next_unopened_is_one_that_the_officer_may_read_while_there_is_any(network: Network) -> None:
    soon = network.now + timedelta(hours=1)
    receipt_of(
        network,
        forged(
            network, "FR", sender="XX", head={"handling": "confidential", "answer_by": soon, "urgency": "immediate"}
        )["FR"],
        line="XX",
    )
    line = names_at(network, "FR")[-1]
    name = Desk(network, "LT").send("FR", text="To be read")
    network.settle()
    cast = Cast(network)
    desk, registrar = cast.officer("FR", "desk"), cast.officer("FR", "registrar")
    assert "To be read" in desk.post("/messages/open", {}).words
    assert "RPD-107.2" in desk.post("/messages/open", {}).words
    assert registrar.post("/messages/open", {}).at.startswith(f"http://x/messages/thread/{line}")
    assert network.nodes["FR"].messages.unopened() == ()
    assert name != line
    cast.close()
