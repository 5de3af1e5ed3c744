import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.api.message_wire import AttachmentAdded
from comity.cli.caller import Caller
from comity.cli.messages import choose
from comity.errors import InputError, UnknownError
from comity.exchange import sending as sending_acts
from comity.exchange.sending import Sending
from comity.limits import ATTACHMENT_BYTES, MESSAGE_CHARS
from tests.cli.conftest import Served, Terminal

SEND = ("send", "FR", "--subject", "Passport 19AC45678")


@pytest.fixture
def desk(comity: Terminal, served: Served) -> Terminal:
    """A terminal at which an officer of LT's desk is signed in."""
    desks.append(f"desk-{len(desks)}")
    served.officer(comity, "LT", desks[-1], "desk")
    return comity


desks: list[str] = []


def change(comity: Terminal, served: Served, code: str) -> None:
    """Somebody of another bureau's desk sits down at the terminal."""
    desks.append(f"desk-{len(desks)}")
    served.officer(comity, code, desks[-1], "desk")


def sent(comity: Terminal, *more: str, **named: Any) -> str:
    """Send a message; its number."""
    comity.does(*SEND, "--text", "Is it stolen?", *more, **named)
    return comity.found(r"message +([0-9a-f]{64})")


def forge(served: Served, *names: str) -> str:
    """A message from LT to FR whose attachments have names that no node of ours would give them."""
    node = served.network.nodes["LT"]
    desks.append(f"desk-{len(desks)}")
    session = served.network.officer("LT", desks[-1], "desk")
    forged = []
    for name in names:
        blob = node.messages.attach(session, "plain.txt", "text/plain", [name.encode()]).release
        forged.append(msgspec.structs.replace(node.messages._upload(blob, desks[-1]), name=name))
    sending = Sending(("FR",), "S", "T", "routine", "official-use", "", tuple(forged))
    found: str = node.gate.perform(sending_acts.SEND, session, sending).release
    served.network.turn(10)
    return found


@contextmanager
def soon(served: Served) -> Iterator[None]:
    """Let the network work while a command waits."""
    timer = threading.Timer(0.7, served.network.settle)
    timer.start()
    try:
        yield
    finally:
        timer.join()


# Sending


def test_a_message_is_sent_opened_and_answered(desk: Terminal, served: Served) -> None:
    name = sent(desk, "--urgency", "immediate")
    assert "Not there yet" in desk.out
    assert desk.found(r"answer by +(\S+ \S+ UTC)")
    served.network.settle()
    change(desk, served, "FR")
    desk.does("open", name[:12])
    assert "    Is it stolen?" in desk.out
    assert "LT: that it was opened here" in desk.out
    served.network.settle()
    desk.does("reply", name[:8], "--text", "It is.")
    assert "On its way to LT." in desk.out
    assert "answer by" not in desk.out
    served.network.settle()
    change(desk, served, "LT")
    desk.does("inbox", "--sent", "--most", "1")
    assert "FR Answered" in desk.out
    assert name[:12] in desk.out
    assert name[:13] not in desk.out
    desk.does("open", name)
    assert desk.found(r"Opened, .* entry ([0-9a-f]{64}) at FR")
    assert "    It is." in desk.out


@pytest.mark.parametrize(
    ("words", "typed"),
    [(("--file", "-"), "From a pipe.\n"), (("-",), "From a pipe.\n"), (("--file", "text.txt"), "")],
)
def test_a_text_comes_from_a_pipe_or_a_file(desk: Terminal, words: tuple[str, ...], typed: str) -> None:
    Path("text.txt").write_text("From a pipe.")
    desk.does(*SEND, *words, typed=typed)
    desk.does("open", desk.found(r"message +([0-9a-f]{64})"))
    assert "    From a pipe." in desk.out


def test_waiting_ends_once_every_node_has_it(desk: Terminal, served: Served) -> None:
    with soon(served):
        assert desk(*SEND, "--text", "T", "--wait", "20") == 0
    assert "Delivered" in desk.out
    assert desk.found(r"entry ([0-9a-f]{64}) at FR")


def test_waiting_in_vain_ends_with_not_now(desk: Terminal, served: Served) -> None:
    served.network.cut("LT")
    try:
        assert desk(*SEND, "--text", "T", "--wait", "0.2") == 5
        assert "Not there yet" in desk.out
        assert desk(*SEND, "--text", "T", "--wait", "0.2", "--json") == 5
        assert json.loads(desk.out)["deliveries"][0]["state"] == "queued"
    finally:
        served.network.mend("LT")


def test_nobody_does_anything_without_signing_in(comity: Terminal, served: Served) -> None:
    node = ("--node", served.urls["LT"])
    for words in ((*SEND, "--text", "T"), ("inbox",), ("open", "0" * 64), ("reply", "0" * 64, "--text", "T")):
        assert comity(*words, *node) == 3
        assert "Sign in" in comity.err


def test_messages_take_a_role_that_has_them(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "inspector-m", "inspector")
    for words in ((*SEND, "--text", "T"), ("inbox",), ("open", "abcdef")):
        assert comity(*words) == 3
        assert "RPD-21.1" in comity.err
        assert "entry" in comity.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "FR", "--text", "T"), "--subject"),
        (("send", "FR", "--subject", "a\nb", "--text", "T"), "subject"),
        (SEND, "--text"),
        ((*SEND, "--text", "T", "--file", "-"), "--text"),
        ((*SEND, "-", "--file", "text.txt"), "--text"),
        ((*SEND, "--file", "missing.txt"), "missing.txt"),
        ((*SEND, "--file", "long.txt"), "Attach it"),
        ((*SEND, "--file", "latin.txt"), "UTF-8"),
        ((*SEND, "--text", "T" * (MESSAGE_CHARS + 1)), "at most"),
        (("send", "ZZ", "--subject", "S", "--text", "T"), "ZZ"),
        (("send", "not a code", "--subject", "S", "--text", "T"), "member code"),
        ((*SEND, "--text", "T", "--urgency", "now"), "urgency"),
        ((*SEND, "--text", "T", "--attach", "missing.pdf"), "missing.pdf"),
        ((*SEND, "--text", "T", "--attach", "."), "no file"),
        ((*SEND, "--text", "T", "--attach", "empty.pdf"), "empty"),
        ((*SEND, "--text", "T", *("--attach", "text.txt") * 9), "at most 8"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_sent(desk: Terminal, words: tuple[str, ...], said: str) -> None:
    Path("text.txt").write_text("text")
    Path("empty.pdf").write_bytes(b"")
    Path("long.txt").write_text("x" * (4 * MESSAGE_CHARS + 1))
    Path("latin.txt").write_bytes(b"caf\xe9")
    assert desk(*words) == 2
    assert said in desk.err
    assert desk.out == ""


def test_a_level_that_is_none_is_refused_by_rule(desk: Terminal) -> None:
    assert desk(*SEND, "--text", "T", "--handling", "secret") == 3
    assert "RPD-112.1" in desk.err


# Lists


def test_the_list_is_the_nodes_answer_as_it_came(desk: Terminal, served: Served) -> None:
    name = sent(desk, "--handling", "confidential")
    found = json.loads(desk.does("inbox", "--sent", "--most", "1", "--json"))
    assert (found["messages"][0]["id"], found["messages"][0]["subject"]) == (name, None)
    served.network.settle()
    change(desk, served, "FR")
    desk.does("inbox", "--most", "1")
    assert "Unopened" in desk.out
    assert "Confidential: the subject is shown when you open it" in desk.out
    assert "19AC45678" not in desk.out.partition("Further down, and waiting for an answer:")[0]
    assert desk("inbox", "--before", desk.found(r"--before (\d+)")) == 0


def test_an_empty_box_says_what_will_be_there(comity: Terminal, served: Served) -> None:
    change(comity, served, "XX")
    assert "Nothing has come in yet." in comity.does("inbox")
    assert "Nothing was sent from here yet." in comity.does("inbox", "--sent")


@pytest.mark.parametrize("words", [("--most", "0"), ("--most", "201"), ("--before", "-1")])
def test_a_list_that_cannot_be_is_refused(desk: Terminal, words: tuple[str, str]) -> None:
    assert desk("inbox", *words) == 2


# Opening


@pytest.mark.parametrize(("name", "said"), [("0" * 64, "no such"), ("0" * 12, "None of the newest"), ("abc", "six"),
                                            ("../../x", "six"), ("the last one", "six")])  # fmt: skip
def test_what_is_not_here_is_not_opened(desk: Terminal, name: str, said: str) -> None:
    assert desk("open", name) == 2
    assert said in desk.err
    assert desk("reply", name, "--text", "T") == 2


def test_a_beginning_that_two_messages_have_opens_neither() -> None:
    names = ["abcdef1" + "0" * 57, "abcdef2" + "0" * 57, "123456" + "0" * 58]
    assert choose("abcdef1", names) == names[0]
    assert choose("123456", [*names, names[2]]) == names[2]
    with pytest.raises(InputError, match=f"begins so: {names[0]}, {names[1]}"):
        choose("abcdef", names)
    with pytest.raises(UnknownError):
        choose("abcdef3", names)


def test_a_strangers_text_cannot_look_like_ours_or_touch_the_terminal(desk: Terminal) -> None:
    text = "first\n  entry        " + "f" * 64 + "\n\x1b[2Jgone\n\ttab"
    name = sent(desk)
    desk.does(*SEND, "--text", text)
    name = desk.found(r"message +([0-9a-f]{64})")
    desk.does("open", name)
    assert "\n      entry        fff" in desk.out
    assert "\x1b" not in desk.out
    assert "<U+001B>[2Jgone" in desk.out


def test_an_alert_says_who_asked_and_whom_to_write_to(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "registrar-m", "registrar")
    one = ("--number", "19AC77777", "--country", "FRA", "--type", "passport", "--loss", "stolen-blank", "--lawful")
    comity.does("enter", "travel-documents", *one)
    served.network.settle()
    served.officer(comity, "LT", "inspector-a", "inspector")
    comity.does("check", "--number", "19AC77777", "--country", "FRA", "--purpose", "border-control")
    assert "Hit" in comity.out
    served.network.turn(10)
    served.officer(comity, "FR", "registrar-n", "registrar")
    found = json.loads(comity.does("inbox", "--most", "1", "--json"))
    name = found["messages"][0]["id"]
    assert "Hit on your record" in comity.does("inbox", "--most", "1")
    comity.does("open", name)
    assert "LT asked for Border control and was shown a record of yours in Travel documents." in comity.out
    assert "comity send LT --subject" in comity.out
    assert comity("reply", name, "--text", "T") == 2
    assert "comity send LT" in comity.err


# Attachments


def test_files_go_along_and_are_saved_again(desk: Terminal, served: Served) -> None:
    Path("face.jpg").write_bytes(bytes(range(256)) * 8_000)
    Path("more").mkdir()
    Path("more/face.jpg").write_bytes(b"another")
    name = sent(desk, "--attach", "face.jpg", "--attach", "more/face.jpg")
    served.network.turn(10)
    change(desk, served, "FR")
    desk.does("open", name, "--save", "saved/here")
    assert "face.jpg, 2.0 MB, image/jpeg" in desk.out
    assert Path("saved/here/face.jpg").read_bytes() == Path("face.jpg").read_bytes()
    assert Path("saved/here/face (2).jpg").read_bytes() == b"another"
    desk.does("open", name, "--save", "elsewhere", "--json")
    assert json.loads(desk.out)["messages"][0]["attachments"][0]["name"] == "face.jpg"
    assert "Saved" in desk.err


def test_a_file_that_is_there_is_not_overwritten_and_none_is_written(desk: Terminal) -> None:
    Path("a.txt").write_text("a")
    Path("b.txt").write_text("b")
    name = sent(desk, "--attach", "a.txt", "--attach", "b.txt")
    Path("saved").mkdir()
    Path("saved/b.txt").symlink_to("../elsewhere.txt")
    assert desk("open", name, "--save", "saved") == 2
    assert "not overwritten" in desk.err
    assert "b.txt" in desk.err
    assert [each.name for each in Path("saved").iterdir()] == ["b.txt"]
    assert not Path("elsewhere.txt").exists()


def test_a_strangers_file_name_never_leads_out_of_the_folder(comity: Terminal, served: Served) -> None:
    name = forge(served, "../../evil.sh", "..\\..\\evil.sh", "/etc/evil.sh", "..", ".bashrc")
    change(comity, served, "FR")
    before = {path for path in comity.folder.parent.rglob("*") if "network" not in str(path)}
    comity.does("open", name, "--save", "saved")
    after = {path for path in comity.folder.parent.rglob("*") if "network" not in str(path)}
    saved = {"evil.sh", "evil (2).sh", "evil (3).sh", "attachment", "_bashrc"}
    assert {path.name for path in Path("saved").iterdir()} == saved
    assert {path.name for path in after - before} <= saved | {"saved"}
    assert all(path.stat().st_mode & 0o177 == 0 for path in Path("saved").iterdir())


def test_a_file_that_is_still_coming_is_complained_of_and_not_left_half(desk: Terminal, served: Served) -> None:
    Path("a.txt").write_text("a")
    name = sent(desk, "--attach", "a.txt")
    served.network.nodes["LT"].tick()
    change(desk, served, "FR")
    assert desk("open", name, "--save", "saved") == 5
    assert "on its way" in desk.out
    assert "not all come" in desk.err
    assert not Path("saved/a.txt").exists()
    served.network.turn(10)
    desk.does("open", name, "--save", "saved")
    assert Path("saved/a.txt").read_text() == "a"


def test_a_file_past_the_bound_is_not_sent(desk: Terminal) -> None:
    with Path("large.bin").open("wb") as file:
        file.truncate(ATTACHMENT_BYTES + 1)
    assert desk(*SEND, "--text", "T", "--attach", "large.bin") == 2
    assert "50 MB" in desk.err


@pytest.mark.usefixtures("desk")
def test_the_largest_file_goes_through_and_what_is_larger_hears_so_from_the_node(served: Served) -> None:
    part = bytes(1_000_000)
    with Caller(served.urls["LT"]) as caller:

        def upload(count: int) -> AttachmentAdded:
            parts = (part for _ in range(count))
            size = count * len(part)
            return caller.upload("/v1/attachments", AttachmentAdded, parts, size=size, media="a/b", name="a.bin")

        assert upload(50).size == ATTACHMENT_BYTES
        with pytest.raises(InputError, match="50 MB"):
            upload(60)


@pytest.mark.usefixtures("desk")
def test_a_file_that_is_cut_off_leaves_nothing_and_holds_nothing_up(served: Served) -> None:
    folder = served.network.founding.folder / "LT" / "data" / "blobs"
    before = sorted(folder.rglob("*"))

    def new() -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file() and path not in before]

    def turns(*, is_there: bool) -> bool:
        end = time.monotonic() + 10
        while bool(new()) != is_there and time.monotonic() < end:
            time.sleep(0.01)
        return bool(new()) == is_there

    with Caller(served.urls["LT"]) as caller:

        def cut() -> Iterator[bytes]:
            yield bytes(1_000_000)
            assert turns(is_there=True)
            raise ConnectionAbortedError

        with pytest.raises(ConnectionAbortedError):
            caller.upload("/v1/attachments", AttachmentAdded, cut(), size=5_000_000, media="a/b", name="a.bin")
        assert turns(is_there=False)
        assert caller.upload("/v1/attachments", AttachmentAdded, [b"x"], size=1, media="a/b", name="a.bin").size == 1
