"""What does not verify ends no wait: every kind of question gets its right answer, whatever arrives before it."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest

from comity.act import Session
from comity.exchange.greeting import Greeting
from comity.exchange.signed import sign_body
from comity.ids import MemberCode
from comity.limits import CHUNK_BYTES
from comity.members.standing import Channel
from comity.peer.messenger import MessageForm
from comity.registers.batch import parse_batch
from comity.signer import parse_frame, sign_frame
from comity.testing import Network
from tests.peer.frames import COMPLAINT, make_question, open_answer, open_detail, put, resigned, signer_of
from tests.scenarios.questions import Questions, put_every_question

GARBAGE = (b"garbage", b"{}", b"comity/1", b"comity/1 answer x\n{}", b"\x00" * 500, bytes(100_000))
KINDS = ("answer", "shown", "receipt")


class Strays:
    """Everything that was ever answered, the question itself, XX's signature under the last answer, and garbage."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._answers: list[bytes] = []
        self.slipped = 0
        network.meddle = self._note
        network.slip_in = self._slip_in

    def _note(self, _sender: str, _to: str, data: bytes) -> bytes:
        if data:  # "no such file" is an answer that nobody signs
            self._answers.append(data)
        return data

    def _slip_in(self, _asker: str, _to: str, question: bytes) -> Iterable[bytes]:
        strays = [*GARBAGE, question, *self._answers[-60:], *self._resigned()]
        self.slipped += len(strays)
        return [stray for stray in strays if not stray.startswith(b"comity/1 complaint")]

    def _resigned(self) -> Iterable[bytes]:
        for data in self._answers[-10:]:
            for kind in KINDS:
                if data.startswith(f"comity/1 {kind} ".encode()):
                    yield sign_frame(signer_of(self._network, "XX"), kind, parse_frame(data, kind).body).encode()


@pytest.fixture
def network(simulated: Network) -> Network:
    return simulated


@pytest.fixture
def claire(network: Network) -> Session:
    return network.officer("FR", "claire", "registrar")


@pytest.fixture
def ruta(network: Network) -> Session:
    return network.officer("LT", "ruta", "inspector", "desk")


def test_queries_details_and_batches_get_their_own_answers(network: Network, claire: Session, ruta: Session) -> None:
    strays = Strays(network)
    for number in ("19AC45678", "19AC45679"):
        assert network.enter(claire, number).receipt is not None
        began = network.now
        hit = network.check(ruta, number, "FRA")
        assert [each.answer for each in hit.registers] == ["hit"]
        read = network.nodes["LT"].asker.read(
            ruta, hit.registers[0].hits[0].record, purpose="border-control", reference=""
        )
        assert read.shown is not None
        assert read.shown.record is not None
        assert read.shown.record.fields["number"] == number
        assert network.check(ruta, "00XX00000", "FRA").registers[0].answer == "nothing"
        assert network.now == began, "nobody waited for a deadline"
    assert strays.slipped > 100


def test_messages_attachments_and_receipts_arrive(network: Network, ruta: Session) -> None:
    content = bytes(range(256)) * (2 * CHUNK_BYTES // 256) + b"end"
    Strays(network)
    jean = network.officer("FR", "jean", "desk")
    lt, fr = network.nodes["LT"].messages, network.nodes["FR"].messages
    began = network.now
    for subject in ("First", "Second"):
        blob = lt.attach(ruta, "photo.jpg", "image/jpeg", (content,)).release
        form = MessageForm(to=("FR",), subject=subject, text="See there.", attachments=(blob,))
        name = lt.send(ruta, form).release
        network.settle(3)
        assert b"".join(fr.read_attachment(jean, name, blob)[1]) == content
        fr.open(jean, name)
        network.settle(3)
        assert [receipt.step for receipt in lt.receipts(ruta, name)] == ["delivered", "opened"]
    assert network.now == began


def test_a_relayed_message_arrives(network: Network, ruta: Session) -> None:
    Strays(network)
    network.cut("FR")
    form = MessageForm(to=("FR",), subject="Later", text="When you are there.")
    name = network.nodes["LT"].messages.send(ruta, form).release
    network.settle(3)
    assert [receipt.step for receipt in network.nodes["LT"].messages.receipts(ruta, name)] == ["relayed"]
    network.mend("FR")
    network.settle(4)
    steps = [receipt.step for receipt in network.nodes["LT"].messages.receipts(ruta, name)]
    assert steps == ["relayed", "delivered"]


def test_the_directory_is_followed(network: Network) -> None:
    lt = network.nodes["LT"]
    Strays(network)
    for _ in range(3):
        network.turn(3_000)  # the timestamp is signed again meanwhile
        assert lt.directory().verified_at == network.now
    olga = network.officer("GS", "olga", "duty")
    network.nodes["GS"].measures.set_standing(
        olga, "XX", "query", "suspended", reason="Misuse.", reference="", until_at=network.now + timedelta(days=9)
    )
    network.turn(60)
    assert not lt.directory().is_open(MemberCode("XX"), Channel.QUERY, network.now)


@pytest.mark.parametrize("count", [20, 1_000], ids=["one part", "several"])
def test_a_damaged_batch_is_mended(network: Network, claire: Session, ruta: Session, count: int) -> None:
    batch = network.enter(claire, *(f"19AC{number:05}" for number in range(count))).batch
    assert batch is not None
    path = network.founding.folder / "GS/data/batches" / batch[:2] / f"{batch}.batch"
    whole = path.read_bytes()
    assert (len(whole) > CHUNK_BYTES) == (count > 20)
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    strays = Strays(network)
    network.check(ruta, f"19AC{count - 1:05}", "FRA")  # it is found out
    for _each in range(4):
        network.turn(60)
    assert path.read_bytes() == whole
    assert strays.slipped


def test_nothing_but_strays_is_no_answer_by_the_deadline(network: Network, claire: Session, ruta: Session) -> None:
    network.enter(claire, "19AC45678")
    network.check(ruta, "19AC45678", "FRA")
    strays = Strays(network)
    network.check(ruta, "19AC45678", "FRA")
    network.meddle = lambda sender, _to, data: None if sender == "GS" else data
    checked = network.check(ruta, "19AC45678", "FRA")
    assert ([each.answer for each in checked.registers], checked.why) == (["no-answer"], "too-late")
    assert strays.slipped


def test_only_what_a_member_signed_counts_as_hearing_of_it(network: Network, ruta: Session) -> None:
    """What waits for FR goes when FR says something, not when somebody writes on its subject."""
    network.cut("FR")
    name = (
        network.nodes["LT"]
        .messages.send(ruta, MessageForm(to=("FR",), subject="Later", text="When you are there."))
        .release
    )
    network.turn(400)
    network.turn(400)
    node = network.nodes["LT"]
    network._cut.clear()  # nobody is told that the line is back

    def is_awaited() -> bool:
        return "FR" in node._courier._away

    assert is_awaited()
    question = make_question(network, "FR")
    for unsigned in (
        b"", b"x", b"comity/1 directory metadata/timestamp.json", b"comity/1 chunk " + b"0" * 64 + b" 0",
        sign_body(question, signer_of(network, "XX")).encode(),
    ):  # fmt: skip
        put(network, "FR", unsigned, to="LT")
        assert is_awaited(), unsigned
    put(network, "FR", sign_body(question, signer_of(network, "FR")).encode(), to="LT")
    assert not is_awaited()
    network.settle(2)
    assert "delivered" in [receipt.step for receipt in node.messages.receipts(ruta, name)]


def test_a_node_that_comes_back_is_heard_of_at_the_secretariat(network: Network, ruta: Session) -> None:
    """It asks there for nothing but the directory, which nobody signs for: so it says that it is there."""
    network.cut("FR")
    form = MessageForm(to=("FR",), subject="Later", text="When you are there.")
    network.nodes["LT"].messages.send(ruta, form)
    for _ in range(8):
        network.turn(400)
    assert network.nodes["FR"].messages.unopened() == ()
    network.mend("FR")
    network.settle(2)
    assert len(network.nodes["FR"].messages.unopened()) == 1


@pytest.mark.parametrize("forged", ["unsigned", "by another", "for another", "long ago"])
def test_a_greeting_counts_from_its_own_member_here_and_now(network: Network, forged: str) -> None:
    gs = network.nodes["GS"]
    gs._courier._away.add(MemberCode("FR"))
    to, at = ("LT", network.now) if forged == "for another" else ("GS", network.now)
    if forged == "long ago":
        at -= timedelta(hours=1)
    greeting = Greeting(1, MemberCode("FR"), MemberCode(to), at, None)
    data = sign_body(greeting, signer_of(network, "XX" if forged == "by another" else "FR")).encode()
    if forged == "unsigned":
        data = b"comity/1 greeting FR"
    assert put(network, "FR", data).startswith(b"comity/1 complaint ")
    assert "FR" in gs._courier._away
    good = Greeting(1, MemberCode("FR"), MemberCode("GS"), network.now, None)
    assert put(network, "FR", sign_body(good, signer_of(network, "FR")).encode()) == b""
    assert "FR" not in gs._courier._away


def under_another_hand(network: Network, question: bytes) -> bytes:
    """The same question, which XX has signed."""
    if question.startswith(b"comity-batch/"):
        batch = parse_batch(question)
        frame = sign_frame(signer_of(network, "XX"), batch.frame.context, batch.frame.body)
        return msgspec.structs.replace(batch, frame=frame).encode()
    context = question.split(b" ", 2)[1].decode()
    return resigned(network, question, "XX", context)


def test_what_a_stranger_signed_for_a_member_is_given_nothing_and_counts_for_no_word_of_it(
    network: Network, claire: Session, ruta: Session
) -> None:
    """Each kind of question of the line, as it was once rightly put, over its own member's line and over XX's."""
    questions = Questions(network)
    put_every_question(network, claire, ruta)
    questions.note_statement(network, "LT")
    assert {begins for begins, _asker, _to in questions.kept} == set(questions.kinds)
    for (begins, asker, to), question in questions.kept.items():
        false = under_another_hand(network, question)
        for line in (asker, "XX"):
            courier = network.nodes[to]._courier
            courier._away.add(MemberCode(asker))
            answer = put(network, line, false, to=to)
            assert not answer or answer.startswith(COMPLAINT) or is_refusal(answer), (begins, line, answer)
            assert asker in courier._away, (begins, line)


def is_refusal(answer: bytes) -> bool:
    """Whether an answer is refused and says nothing else."""
    if answer.startswith(b"comity/1 shown "):
        detail = open_detail(answer)
        return detail.answer == "refused" and detail.evidence is None
    registers = open_answer(answer).registers
    return {each.answer for each in registers} == {"refused"} and not any(each.hits for each in registers)
