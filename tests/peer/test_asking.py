"""What an officer is told of an answer: what the keeper signed for this very question, or that there is none."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from comity.act import Session
from comity.exchange.signed import parse_body, sign_body
from comity.ids import MemberCode, RegisterName
from comity.limits import QUERY_DEADLINE_S
from comity.peer.asking import Checked
from comity.registers.question import Answer
from comity.signer import parse_frame
from comity.testing import Network
from tests.peer.frames import signer_of


@pytest.fixture
def network(simulated: Network) -> Network:
    simulated.enter(simulated.officer("FR", "claire", "registrar"), "19AC45678")
    return simulated


@pytest.fixture
def ruta(network: Network) -> Session:
    return network.officer("LT", "ruta", "inspector")


def check_past(network: Network, session: Session, forge: Callable[[Answer], Answer], signer: str = "GS") -> Checked:
    """A check whose answer is changed on its way and signed again by ``signer``."""

    def meddle(sender: str, _to: str, data: bytes) -> bytes:
        if sender != "GS":
            return data
        return sign_body(forge(parse_body(parse_frame(data, "answer"), Answer)), signer_of(network, signer)).encode()

    network.meddle = meddle
    checked = network.check(session, "19AC45678", "FRA")
    network.meddle = lambda _from, _to, data: data
    return checked


def _first(whole: Answer, **changed: object) -> Answer:
    return msgspec.structs.replace(whole, registers=(msgspec.structs.replace(whole.registers[0], **changed),))


STRAYS: dict[str, Callable[[Answer], Answer]] = {
    "another question's id": lambda answer: msgspec.structs.replace(answer, id="q-" + "0" * 32),
    "another question's hash": lambda answer: msgspec.structs.replace(answer, question="0" * 64),
}
FORGERIES: dict[str, Callable[[Answer], Answer]] = {
    "no register": lambda answer: msgspec.structs.replace(answer, registers=()),
    "one register twice": lambda answer: msgspec.structs.replace(answer, registers=answer.registers * 2),
    "another register": lambda answer: _first(answer, register=RegisterName("persons")),
    "nothing, with a hit": lambda answer: _first(answer, answer="nothing"),
    "a hit, with none": lambda answer: _first(answer, hits=()),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_an_answer_that_does_not_fit_its_question_is_none(
    network: Network, ruta: Session, forge: Callable[[Answer], Answer]
) -> None:
    checked = check_past(network, ruta, forge)
    assert ([each.answer for each in checked.registers], checked.answer) == (["no-answer"], None)
    assert checked.why == "untrusted"
    assert not checked.registers[0].hits


@pytest.mark.parametrize("forge", STRAYS.values(), ids=STRAYS)
def test_an_answer_to_another_question_ends_no_wait_but_the_deadline_does(
    network: Network, ruta: Session, forge: Callable[[Answer], Answer]
) -> None:
    asked_at = network.now
    checked = check_past(network, ruta, forge)
    assert ([each.answer for each in checked.registers], checked.why) == (["no-answer"], "too-late")
    assert network.now == asked_at + timedelta(seconds=QUERY_DEADLINE_S)


@pytest.mark.parametrize("signer", ["XX", "LT", "FR"])
def test_an_answer_by_anybody_but_the_keeper_ends_no_wait_but_the_deadline_does(
    network: Network, ruta: Session, signer: str
) -> None:
    checked = check_past(network, ruta, lambda answer: answer, signer)
    assert ([each.answer for each in checked.registers], checked.why) == (["no-answer"], "too-late")


def test_a_true_answer_passes_the_same_way(network: Network, ruta: Session) -> None:
    checked = check_past(network, ruta, lambda answer: answer)
    assert checked.registers[0].answer == "hit"
    assert checked.answer is not None
    assert checked.answer.keeper == MemberCode("GS")


def test_whatever_came_is_on_the_record_before_the_officer_sees_it(network: Network, ruta: Session) -> None:
    good = network.check(ruta, "19AC45678", "FRA")
    bad = check_past(network, ruta, lambda answer: _first(answer, hits=()))
    rows = {row.id: row.content for row in network.ledger("LT", "answer.receive")}
    assert good.released is not None
    assert bad.released is not None
    told, untold = rows[good.released], rows[bad.released]
    assert told is not None
    assert untold is not None
    assert (told.detail["answers"], told.detail["why"]) == ({"travel-documents": "hit"}, "")
    assert (untold.detail["answers"], untold.detail["why"]) == ({"travel-documents": "no-answer"}, "untrusted")
    assert told.officer == untold.officer == "ruta"


def test_a_session_that_ends_during_the_wait_does_not_lose_the_record(network: Network, ruta: Session) -> None:
    """The answer took longer than the session; it is released on the record, as what the officer began."""

    def late(sender: str, _to: str, data: bytes) -> bytes:
        if sender == "GS":
            network.now += timedelta(hours=1)
        return data

    network.meddle = late
    checked = network.check(ruta, "19AC45678", "FRA")
    assert checked.released in {row.id for row in network.ledger("LT", "answer.receive")}


def test_a_border_check_gets_the_shifts_reference(network: Network, ruta: Session) -> None:
    network.check(ruta, "19AC45678", "FRA")
    (row,) = network.ledger("LT", "query.ask")
    assert row.content is not None
    assert row.content.reference == "shift 2026-11-23/2", "16:32 in Vilnius"
    network.now = network.now.replace(hour=2)  # 04:32 in Vilnius: the night shift of the day before
    assert network.nodes["LT"].asker.shift_reference() == "shift 2026-11-22/3"
