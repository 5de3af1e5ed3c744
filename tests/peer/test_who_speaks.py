"""Who speaks on the line: every subject and every member, on a real nats-server, before and after a self-ask.

A node publishes below its own name only, whatever it is sent, and an answer counts only from the member that was asked.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nats.aio.client import Client

from comity.ids import MemberCode
from comity.limits import ANSWERS_MEMBER_MAX
from comity.peer.connection import LineClient, connect, hang_up, round_trip_ms
from comity.peer.credentials import ask_subject, inbox_of
from comity.peer.line import NoAnswer, Silence
from tests.peer.conftest import BR, FR, GS, LT, XX, Network, until

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("nothing_left_running")]

MEMBERS = (LT, FR, BR, GS)
TOKEN = "0123456789abcdef" * 2
SYSTEM = (
    "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.USER.INFO", "$SYS.ACCOUNT.X.CONNECT", "$JS.API.INFO", "$JS.API.STREAM.NAMES",
    "$G", "_R_.x", "_INBOX.SYS.x", "_INBOX.x", "_INBOX", "ask", "ask.LT", "nudge", "x",
)  # fmt: skip
WILD = (">", "*", "*.*", "*.*.*", "ask.>", "ask.*.*", "_INBOX.>", "_INBOX.*.*.>", "_INBOX.*.>", "$SYS.>", "$JS.>")


def may_publish() -> Iterator[tuple[MemberCode, str, bool]]:
    """Each member and subject, and whether that member may publish there."""
    for member in MEMBERS:
        for one in MEMBERS:
            for other in MEMBERS:
                yield member, f"ask.{one}.{other}", other == member
                yield member, f"ask.{one}.{other}.x", False
                yield member, f"_INBOX.{one}.{other}.{TOKEN}", other == member
                yield member, f"_INBOX.{one}.{other}", False
            yield member, f"_INBOX.{one}.{TOKEN}", False
            yield member, f"_INBOX.{one}.a.{member}.{TOKEN}", False
        for subject in ("nudge.directory", "nudge.other", "nudge.directory.x"):
            yield member, subject, member == GS and subject == "nudge.directory"
        for subject in (*SYSTEM, *WILD):
            yield member, subject, False


def may_subscribe() -> Iterator[tuple[MemberCode, str, bool]]:
    """Each member and subject, and whether that member may listen there."""
    for member in MEMBERS:
        for one in MEMBERS:
            for other in MEMBERS:
                yield member, f"ask.{one}.{other}", one == member
                yield member, f"_INBOX.{one}.{other}.{TOKEN}", one == member
                yield member, f"_INBOX.{one}.{other}.>", one == member
            yield member, f"ask.{one}.*", one == member
            yield member, f"ask.*.{one}", False
            yield member, f"ask.{one}.>", one == member
            yield member, f"_INBOX.{one}.>", one == member
            yield member, f"_INBOX.*.{one}.>", False
        yield member, "nudge.directory", True
        yield member, "nudge.>", True
        for subject in (*SYSTEM, *WILD):
            yield member, subject, False


class Raw:
    """A client of somebody's own making, let in by a member's own pass."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.objections: list[str] = []

    async def tries(self, do: Callable[[], Awaitable[Any]]) -> bool:
        """Whether the broker lets it."""
        self.objections.clear()
        await do()
        await round_trip_ms(self.client)
        return not self.objections

    async def send(self, command: bytes) -> None:
        """Bytes to the broker, as they are."""
        await self.client._send_command(command)
        await self.client._flush_pending()

    async def ask_itself(self, member: MemberCode, reply: str) -> None:
        """A question to the own node, to be answered at ``reply``: once, that let its asker publish there."""
        heard = asyncio.Event()

        async def hear(_message: object) -> None:
            heard.set()

        own = await self.client.subscribe(ask_subject(member, member), cb=hear)
        await round_trip_ms(self.client)
        await self.client.publish(ask_subject(member, member), b"", reply=reply)
        await asyncio.wait_for(heard.wait(), 5)
        await own.unsubscribe()


async def raw(network: Network, member: MemberCode) -> Raw:
    found = Raw(LineClient())
    await connect(found.client, network.broker, network.access(member), inbox=inbox_of(member))

    async def note(error: Exception) -> None:
        found.objections.append(str(error))

    found.client._error_cb = note
    return found


def as_raw(network: Network, member: MemberCode, do: Callable[[Raw], Awaitable[Any]]) -> Any:
    """What ``do`` gives with a member's raw client."""

    async def whole() -> Any:
        client = await raw(network, member)
        try:
            return await do(client)
        finally:
            await hang_up(client.client)

    return asyncio.run(whole())


@pytest.mark.parametrize("headers", [None, {"Status": "503", "a": "b"}], ids=["plain", "with headers"])
@pytest.mark.parametrize("after_a_self_ask", [False, True], ids=["at once", "after a self-ask"])
def test_a_member_publishes_below_its_own_name_only(
    network: Network, *, after_a_self_ask: bool, headers: dict[str, str] | None
) -> None:
    async def wrong(client: Raw, member: MemberCode) -> list[str]:
        found = []
        for who, subject, may in may_publish():
            if who != member:
                continue
            if after_a_self_ask and not set(subject) & set("*>") and not subject.startswith("_R_"):  # the broker's own
                await client.ask_itself(member, subject)
            if await client.tries(lambda to=subject: client.client.publish(to, b"x", headers=headers)) != may:  # type: ignore[misc]
                found.append(f"{member} {subject}")
        return found

    for member in MEMBERS:
        assert as_raw(network, member, lambda client, who=member: wrong(client, who)) == []  # type: ignore[misc]


def test_a_member_listens_below_its_own_name_only(network: Network) -> None:
    async def wrong(client: Raw, member: MemberCode) -> list[str]:
        found = []
        for who, subject, may in may_subscribe():
            for queue in ("", "q") if who == member else ():
                taken: list[Any] = []

                async def listen(to: str = subject, group: str = queue, kept: list[Any] = taken) -> None:
                    kept.append(await client.client.subscribe(to, queue=group))

                if await client.tries(listen) != may:
                    found.append(f"{member} {subject} {queue}")
                await taken[0].unsubscribe()
        return found

    for member in MEMBERS:
        assert as_raw(network, member, lambda client, who=member: wrong(client, who)) == []  # type: ignore[misc]


@contextmanager
def keeper(network: Network, answers: Callable[[Raw, Any], Awaitable[None]]) -> Iterator[None]:
    """The secretariat's end in the hands of the test: each question goes to ``answers``."""
    ready, ended = threading.Event(), threading.Event()

    def run() -> None:
        async def serve(client: Raw) -> None:
            async def answer(message: Any) -> None:
                await answers(client, message)

            await client.client.subscribe("ask.GS.*", cb=answer)
            await round_trip_ms(client.client)
            ready.set()
            await asyncio.to_thread(ended.wait)

        as_raw(network, GS, serve)

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(5)
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


def test_a_third_member_that_answers_first_is_not_heard(network: Network) -> None:
    """It knows the reply subject itself: it floods it, its own one, and guesses, before the keeper answers."""

    async def slowly(client: Raw, message: Any) -> None:
        async def spoil(other: Raw) -> None:
            token = message.reply.rpartition(".")[2]
            for said in (b"~", b"!", b"+forged", b""):
                for subject in (message.reply, f"_INBOX.LT.BR.{token}", f"_INBOX.LT.BR.GS.{token}", "_INBOX.LT.1"):
                    await other.client.publish(subject, said)
                    await other.client.publish(subject, said, headers={"Status": "503"})
            for number in range(500):
                await other.client.publish(f"_INBOX.LT.BR.{number:032x}", b"~")
            await round_trip_ms(other.client)

        other = await raw(network, BR)
        await spoil(other)
        await hang_up(other.client)
        await client.client.publish(message.reply, b"+right")

    with keeper(network, slowly), network.line(LT) as lt:
        for _ in range(3):
            assert lt.ask(GS, b"?", 10) == b"right"
        assert lt.dropped >= 1_500


def test_what_is_not_the_answer_ends_no_wait_but_the_deadline_does(network: Network) -> None:
    """A busy sign, a failure and "nobody listens" count as they are sent, and in no other form."""

    async def unfit(client: Raw, message: Any) -> None:
        for said in (b"+old", b"", b"right", b"~~", b"!!", b"~right", b"\x00", b"+" + bytes(100_000)):
            await client.client.publish(message.reply, said)
        for headers in ({"Status": "404"}, {"a": "b"}, {"Status": "503", "a": "b"}):
            await client.client.publish(message.reply, b"+right", headers=headers)
        await client.client.publish(message.reply + ".x", b"+right")
        if message.data == b"and then":
            await client.client.publish(message.reply, b"+right")
        elif message.data == b"and busy":
            await client.client.publish(message.reply, b"~")

    def is_right(data: bytes) -> bool:
        return data == b"right"

    with keeper(network, unfit), network.line(LT) as lt:
        assert lt.ask(GS, b"and then", 5, is_right) == b"right"
        assert lt.ask(GS, b"and busy", 5, is_right) == NoAnswer(GS, Silence.BUSY)
        began = time.monotonic()
        assert lt.ask(GS, b"and nothing", 0.5, is_right) == NoAnswer(GS, Silence.TOO_LATE)
        assert 0.4 < time.monotonic() - began < 2


FOREIGN = (
    "nudge.directory", "ask.GS.FR", "ask.LT.FR", f"_INBOX.LT.FR.{TOKEN}", f"_INBOX.XX.{TOKEN}", f"_INBOX.XX.LT.{TOKEN}",
    "_INBOX.XX.FR.short", f"_INBOX.XX.FR.{TOKEN}.x", f"_INBOX.XX.FR.{TOKEN.upper()}", f"_INBOX.*.FR.{TOKEN}",
    f"_INBOX.XX.FR.{TOKEN[:-1]}>", "x", "$SYS.REQ.CLAIMS.UPDATE",
)  # fmt: skip


def test_a_node_answers_its_asker_and_publishes_nowhere_else(network: Network) -> None:
    """XX asks FR to answer at somebody else's subject: nobody hears anything, and FR does not even try."""
    nudged, asked, at_home = [], [], []

    def noted(asker: MemberCode, data: bytes) -> bytes:
        asked.append((asker, data))
        return b"x"

    async def ask_all(client: Raw) -> None:
        async def hear(message: Any) -> None:
            at_home.append(message.subject)

        await client.client.subscribe("_INBOX.XX.>", cb=hear)
        for reply in FOREIGN:
            await client.client.publish("ask.FR.XX", b"?", reply=reply)
        await client.client.publish("ask.FR.XX", b"?")
        await client.client.publish("ask.FR.XX", b"?", reply=f"_INBOX.XX.FR.{TOKEN}")
        await round_trip_ms(client.client)
        await asyncio.sleep(0.3)

    with network.line(FR) as fr, network.line(LT) as lt, network.line(GS) as gs:
        for line in (fr, lt, gs):
            line.serve(noted)
            line.on_nudge(lambda data: nudged.append(data) if data else None)
        as_raw(network, XX, ask_all)
        assert at_home == [f"_INBOX.XX.FR.{TOKEN}"]
        assert (nudged, asked) == ([], [(XX, b"?")])
        assert fr.dropped == len(FOREIGN) + 1
        assert lt.dropped == gs.dropped == 0


UNREADABLE = {
    "a reply that is no text": b"PUB ask.LT.XX a\xffb 1\r\nx\r\n",
    "a reply with what others take for a space": b"PUB ask.LT.XX a\x0bb 1\r\nx\r\n",
    "an answer's subject that is no text": b"PUB _INBOX.LT.XX.\xff\xfe 1\r\nx\r\n",
    "an answer's subject that would be two words": b"PUB _INBOX.LT.XX.a\x0c1 1\r\nx\r\n",
    "a subject that would be another subscription's": b"PUB _INBOX.LT.XX.GS\x0b2 1\r\nx\r\n",
    "a status that is no text": b"HPUB _INBOX.LT.XX.x 17 18\r\nNATS/1.0 \xff\xff\xff\r\n\r\nx\r\n",
    "a header that is cut": b"HPUB ask.LT.XX _INBOX.XX.LT.x 8 9\r\nNATS/1.0x\r\n",
    "a header that is none": b"HPUB ask.LT.XX 16 17\r\nNATS/1.0\r\n\xff:\r\n\r\nx\r\n",
    "bytes for a header": b"HPUB ask.LT.XX 9 10\r\n\x00\x01\x02\x03\x04\x05\x06\x07\x08x\r\n",
}


@pytest.mark.parametrize("command", UNREADABLE.values(), ids=UNREADABLE)
def test_a_message_that_cannot_be_read_is_dropped_and_the_line_stays(network: Network, command: bytes) -> None:
    heard: list[object] = []

    async def send(client: Raw) -> None:
        await client.send(command)
        await asyncio.sleep(0.2)

    with network.line(LT) as lt, network.line(FR) as fr:
        lt.serve(lambda asker, data: heard.append((asker, data)) or b"x" if data == b"x" else asker.encode())
        lt.on_nudge(lambda data: heard.append(data) if data else None)
        connection = lt._connection
        as_raw(network, XX, send)
        assert fr.ask(LT, b"still there?", 2) == b"FR"
        assert (lt._connection, heard) == (connection, [])


@contextmanager
def flood(network: Network, member: MemberCode, to: MemberCode, a_second: int) -> Iterator[list[int]]:
    """Unsigned questions in ``member``'s own name, so many a second; gives how many were sent."""
    sent, ended = [0], threading.Event()
    subject, reply = ask_subject(to, member), f"_INBOX.{member}.{to}.{TOKEN}"

    def run() -> None:
        async def send(client: Raw) -> None:
            while not ended.is_set():
                for _ in range(a_second // 50):
                    await client.client.publish(subject, b"x" * 200, reply=reply)
                    sent[0] += 1
                await asyncio.sleep(0.02)

        as_raw(network, member, send)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield sent
    finally:
        ended.set()
        thread.join(10)


def test_a_member_that_asks_3000_times_a_second_uses_up_nobody_elses_allowance(network: Network) -> None:
    def slowly(_asker: MemberCode, _data: bytes) -> bytes:
        time.sleep(0.01)
        return b"x"

    with network.line(GS) as gs, network.line(LT) as lt:
        gs.serve(slowly)
        with flood(network, BR, GS, 3_000) as sent:
            assert until(lambda: sent[0] > 10 * ANSWERS_MEMBER_MAX)
            answers = [lt.ask(GS, b"?", 5) for _ in range(12)]
        assert answers == [b"x"] * 12


def test_the_subject_of_an_answer_is_another_one_for_each_question(network: Network) -> None:
    replies: list[str] = []

    async def note(client: Raw, message: Any) -> None:
        replies.append(message.reply)
        await client.client.publish(message.reply, b"+x")

    with keeper(network, note), network.line(LT) as lt:
        for _ in range(20):
            assert lt.ask(GS, b"?", 5) == b"x"
    assert len(set(replies)) == 20
    assert all(reply.startswith("_INBOX.LT.GS.") and len(reply.split(".")[3]) == 32 for reply in replies)


def test_replies_that_nobody_waits_for_are_dropped(network: Network) -> None:
    async def send(client: Raw) -> None:
        for number in range(5_000):
            await client.client.publish(f"_INBOX.LT.XX.{number:032x}", b"+" + bytes(200))
        await round_trip_ms(client.client)

    with network.line(LT) as lt, network.line(FR) as fr:
        fr.serve(lambda _asker, data: data)
        as_raw(network, XX, send)
        assert lt.ask(FR, b"x", 5) == b"x"
        assert until(lambda: lt.dropped == 5_000)
        assert not lt._replies._waiting
