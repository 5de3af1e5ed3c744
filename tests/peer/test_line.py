"""The line between nodes, over a real nats-server with TLS and passes."""

import threading
import time
from datetime import timedelta

import pytest

from comity.errors import TooLargeError, UnavailableError
from comity.ids import MemberCode
from comity.limits import ANSWERS_MEMBER_MAX, FRAME_BYTES
from comity.members.nkey import user_name
from comity.peer.connection import Access, Broker, connect, hang_up, round_trip_ms
from comity.peer.credentials import NUDGE_DIRECTORY, ask_subject, asks_of, inbox_of
from comity.peer.line import NoAnswer, Silence
from comity.peer.nats_line import NatsLine
from tests.peer.conftest import BR, FR, GS, LT, XX, Network, key_of, until

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("nothing_left_running")]


def echo(asker: MemberCode, data: bytes) -> bytes:
    return asker.encode() + b" " + data


def stays_down(line: NatsLine, for_s: float = 0.6) -> bool:
    return not until(lambda: line.is_up, for_s)


def test_a_question_comes_back_answered_with_the_askers_name_from_the_broker(network: Network) -> None:
    with network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(echo)
        answer = lt.ask(FR, b"who am I", 2)
        assert answer == b"LT who am I"
        assert isinstance(answer, bytes)
        assert lt.rtt_ms is not None
        assert 0 < lt.rtt_ms < 1000


def test_nobody_there_is_known_at_once(network: Network) -> None:
    with network.line(LT) as lt:
        began = time.monotonic()
        assert lt.ask(BR, b"?", 5) == NoAnswer(BR, Silence.NOT_LISTENING)
        assert time.monotonic() - began < 1


def test_an_answer_after_the_deadline_is_no_answer_and_disturbs_no_later_one(network: Network) -> None:
    def slow_once(asker: MemberCode, data: bytes) -> bytes:
        if data == b"slow":
            time.sleep(0.3)
        return echo(asker, data)

    with network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(slow_once)
        assert lt.ask(FR, b"slow", 0.1) == NoAnswer(FR, Silence.TOO_LATE)
        assert lt.ask(FR, b"quick", 2) == b"LT quick"
        time.sleep(0.3)
        assert lt.ask(FR, b"again", 2) == b"LT again"


def test_what_the_answerer_raises_is_told_without_its_text_and_the_next_question_is_answered(network: Network) -> None:
    def fails_once(asker: MemberCode, data: bytes) -> bytes:
        if data == b"bad":
            raise KeyError("a name that nobody may see")
        return echo(asker, data)

    with network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(fails_once)
        assert lt.ask(FR, b"bad", 2) == NoAnswer(FR, Silence.FAILED)
        assert lt.ask(FR, b"good", 2) == b"LT good"


def test_frames_up_to_the_limit_pass_and_larger_ones_are_refused_before_they_are_sent(network: Network) -> None:
    with network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(lambda _asker, data: data if len(data) > 1 else bytes(FRAME_BYTES + 1))
        assert lt.ask(FR, bytes(FRAME_BYTES), 5) == bytes(FRAME_BYTES)
        with pytest.raises(TooLargeError):
            lt.ask(FR, bytes(FRAME_BYTES + 1), 5)
        with pytest.raises(TooLargeError):
            lt.nudge(bytes(FRAME_BYTES + 1))
        assert lt.ask(FR, b"?", 5) == NoAnswer(FR, Silence.FAILED)
        assert lt.is_up


def test_questions_are_answered_side_by_side_and_too_many_of_one_member_are_told_busy(network: Network) -> None:
    gate = threading.Event()
    answers: list[bytes | NoAnswer] = []

    def waits(asker: MemberCode, data: bytes) -> bytes:
        gate.wait(5)
        return echo(asker, data)

    with network.line(LT) as lt, network.line(FR) as fr, network.line(BR) as br:
        fr.serve(waits)
        many = ANSWERS_MEMBER_MAX + 10
        askers = [threading.Thread(target=lambda: answers.append(lt.ask(FR, b"?", 5))) for _ in range(many)]
        for asker in askers:
            asker.start()
        assert until(lambda: len(answers) == 10)
        assert answers == [NoAnswer(FR, Silence.BUSY)] * 10
        other = threading.Thread(target=lambda: answers.append(br.ask(FR, b"!", 5)))
        other.start()
        time.sleep(0.1)
        assert len(answers) == 10
        gate.set()
        for asker in (*askers, other):
            asker.join()
        assert answers.count(b"LT ?") == ANSWERS_MEMBER_MAX
        assert answers.count(b"BR !") == 1
        assert lt.ask(FR, b"after", 2) == b"LT after"


def test_the_secretariats_nudge_reaches_every_node_and_a_members_reaches_none(network: Network) -> None:
    heard: list[bytes] = []
    with network.line(GS) as gs, network.line(LT) as lt, network.line(FR) as fr:
        fr.on_nudge(heard.append)
        lt.nudge(b"by LT")
        gs.nudge(b"by GS")
        assert until(lambda: b"by GS" in heard)
        time.sleep(0.1)
        assert [each for each in heard if each] == [b"by GS"]  # an empty one says that the line is up
        assert lt.is_up


async def _tries(network: Network, member: MemberCode, *, publish: str = "", subscribe: str = "") -> list[str]:
    """What the broker objects to when ``member``'s own pass is used with a client of somebody's own making."""
    from nats.aio.client import Client  # noqa: PLC0415 - beside its only use

    client, errors = Client(), []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    try:
        await connect(client, network.broker, network.access(member), inbox=inbox_of(member))
        client._error_cb = note
        if publish:
            await client.publish(publish, b"x")
        if subscribe:
            await client.subscribe(subscribe)
        await round_trip_ms(client)
    finally:
        await hang_up(client)
    return errors


@pytest.mark.parametrize(
    "subject", [ask_subject(FR, LT), ask_subject(FR, GS), "_INBOX.LT.a.1", NUDGE_DIRECTORY, "$SYS.REQ.CLAIMS.UPDATE"]
)
def test_a_member_can_not_speak_as_another(network: Network, subject: str) -> None:
    import asyncio  # noqa: PLC0415 - beside its only use

    assert any(
        "permissions violation for publish" in text for text in asyncio.run(_tries(network, XX, publish=subject))
    )
    assert asyncio.run(_tries(network, XX, publish=ask_subject(FR, XX))) == []


@pytest.mark.parametrize("subject", [asks_of(FR), "ask.*.*", "_INBOX.LT.>", "_INBOX.>", ">", "$SYS.>"])
def test_a_member_can_not_listen_to_another(network: Network, subject: str) -> None:
    import asyncio  # noqa: PLC0415 - beside its only use

    errors = asyncio.run(_tries(network, XX, subscribe=subject))
    assert any("permissions violation for subscription" in text for text in errors)
    assert asyncio.run(_tries(network, XX, subscribe=asks_of(XX))) == []


def test_without_a_pass_nobody_is_let_in(network: Network) -> None:
    access = Access(lambda: "", network.access(XX).sign)
    with NatsLine(XX, network.broker, access) as line:
        assert stays_down(line)
        assert line.rtt_ms is None
        assert line.ask(FR, b"?", 1) == NoAnswer(FR, Silence.LINE_DOWN)


def test_a_pass_signed_by_a_stranger_does_not_let_in(network: Network) -> None:
    with NatsLine(XX, network.broker, network.access(XX, account=key_of("stranger"))) as line:
        assert stays_down(line)


def test_a_stolen_pass_without_its_key_does_not_let_in(network: Network) -> None:
    with NatsLine(LT, network.broker, Access(network.access(LT).token, key_of("thief").sign)) as line:
        assert stays_down(line)


def test_a_node_does_not_talk_to_a_broker_that_its_networks_ca_does_not_vouch_for(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Network(tmp_path_factory.mktemp("other"))
    with NatsLine(LT, Broker(network.addresses, other.ca.certificate), network.access(LT)) as line:
        assert stays_down(line)


def test_the_key_may_be_locked_at_first(network: Network) -> None:
    is_locked = threading.Event()
    is_locked.set()
    real = network.access(LT)

    def sign(data: bytes) -> bytes:
        if is_locked.is_set():
            raise UnavailableError("This node's keys are locked.")
        return real.sign(data)

    with NatsLine(LT, network.broker, Access(real.token, sign)) as line:
        assert stays_down(line, 0.3)
        is_locked.clear()
        assert until(lambda: line.is_up)


def test_a_revoked_member_is_cut_off_within_a_second_and_does_not_come_back(network: Network) -> None:
    user = user_name(key_of(f"{network.name} node {XX}").public)
    with network.line(XX) as xx, network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(echo)
        assert xx.ask(FR, b"?", 2) == b"XX ?"
        began = time.monotonic()
        network.push({user: network.now}, network.now + timedelta(seconds=1))
        assert until(lambda: not xx.is_up, 1.0)
        assert time.monotonic() - began < 1.0
        assert stays_down(xx)
        assert xx.is_turned_away
        assert lt.ask(FR, b"still here", 2) == b"LT still here"
        with pytest.raises(UnavailableError):
            network.push({}, network.now + timedelta(seconds=2), system=key_of("stranger"))
        assert stays_down(xx)
        network.push({}, network.now + timedelta(seconds=2))
        assert until(lambda: xx.is_up)
        assert not xx.is_turned_away


def test_a_closed_line_says_so_and_leaves_no_thread(network: Network) -> None:
    with network.line(LT) as lt:
        pass
    assert lt.ask(FR, b"?", 1) == NoAnswer(FR, Silence.LINE_DOWN)
    lt.nudge(b"?")
    lt.close()
    assert not [thread for thread in threading.enumerate() if thread.name.endswith(("-LT", "-LT-1"))]
