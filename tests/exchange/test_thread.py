"""Threads and answers by what a node holds itself: a reference counts where its writer was a party of it."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.exchange.envelope import Head, Recipient
from comity.exchange.message import Message, Text
from comity.exchange.thread import find_referred, is_answer, list_opened, thread_of
from comity.ids import EnvelopeId, MemberCode
from comity.limits import THREAD_MAX

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OTHERS = ("LT", "FR", "BR")


class Written(NamedTuple):
    """What somebody writes: ``reply_to`` and ``thread`` number messages before it, or name what nobody knows."""

    sender: str
    to: tuple[str, ...]
    reply_to: str = ""
    thread: str = ""


def name_of(number: int) -> str:
    return f"{number:064x}"


def head_of(written: Written) -> Head:
    return Head(
        v=2,
        kind="message", sender=MemberCode(written.sender),
        recipients=tuple(Recipient(MemberCode(code), "0" * 16) for code in written.to),
        sent_at=NOW, expires_at=NOW, answer_by=None, urgency="routine", handling="official-use", blobs=(),
        commitment="0" * 64,
    )  # fmt: skip


class Shelf:
    """What one node holds, in the order in which it came."""

    def __init__(self, own: str, story: Sequence[tuple[str, Written]]) -> None:
        self._held: dict[str, Message] = {}
        for name, written in story:
            head = head_of(written)
            if own not in (written.sender, *written.to):
                continue
            text = Text(2, "s", "t", written.thread, written.reply_to)
            thread = thread_of(EnvelopeId(name), text, head, self)
            message = Message(EnvelopeId(name), thread, written.sender == own, head, b"", b"", NOW)
            self._held[name] = message

    def find_message(self, name: str) -> Message | None:
        return self._held.get(name)

    def list_thread(self, thread: str, most: int) -> list[Message]:
        return [each for each in self._held.values() if each.thread == thread][-most:]

    def threads(self, *, but: str = "") -> dict[str, str]:
        return {name: each.thread for name, each in self._held.items() if each.head.sender != but}


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, Written]]:
    """LT, FR and BR write to each other and refer to what they like; XX, whom nobody addresses, to everything."""
    story: list[tuple[str, Written]] = []
    known: list[str] = ["", "f" * 64]
    for number in range(draw(st.integers(1, 12))):
        sender = draw(st.sampled_from((*OTHERS, "XX")))
        to = draw(st.sets(st.sampled_from([code for code in OTHERS if code != sender]), min_size=1))
        about = known if sender != "XX" else [name for name, _ in story] + known
        written = Written(sender, tuple(sorted(to)), draw(st.sampled_from(about)), draw(st.sampled_from(about)))
        story.append((name_of(number), written))
        if sender != "XX":
            known.append(name_of(number))
    return story


@given(stories())
def test_a_writer_whom_nobody_addressed_changes_no_thread_of_others(story: list[tuple[str, Written]]) -> None:
    quiet = [(name, written) for name, written in story if written.sender != "XX"]
    for own in OTHERS:
        loud, alone = Shelf(own, story), Shelf(own, quiet)
        assert loud.threads(but="XX") == alone.threads()
        for name in alone.threads():
            assert [each.id for each in list_opened(name, loud)] == [each.id for each in list_opened(name, alone)]


@given(stories())
def test_every_thread_is_named_by_a_message_that_is_there(story: list[tuple[str, Written]]) -> None:
    for own in OTHERS:
        shelf = Shelf(own, story)
        for thread in set(shelf.threads().values()):
            first = shelf.find_message(thread)
            assert first is not None
            assert first.thread == thread


ASKED = ("a" * 64, Written("LT", ("BR", "FR")))


@pytest.mark.parametrize(("written", "joins"), [
    (Written("FR", ("LT",), reply_to=ASKED[0]), True),
    (Written("BR", ("FR", "LT"), thread=ASKED[0]), True),
    (Written("LT", ("FR",), reply_to="b" * 64, thread=ASKED[0]), True),
    (Written("XX", ("FR", "LT"), reply_to=ASKED[0]), False),
    (Written("XX", ("FR", "LT"), thread=ASKED[0]), False),
    (Written("XX", ("FR", "LT"), reply_to=ASKED[0], thread=ASKED[0]), False),
    (Written("FR", ("LT",), reply_to="b" * 64), False),
    (Written("FR", ("LT",), thread="b" * 64), False),
], ids=str)  # fmt: skip
def test_a_thread_is_joined_by_its_parties_only(written: Written, *, joins: bool) -> None:
    shelf = Shelf("LT", [ASKED, ("c" * 64, written)])
    assert shelf.threads()["c" * 64] == (ASKED[0] if joins else "c" * 64)
    referred = find_referred(Text(2, "s", "t", "", written.reply_to), head_of(written), shelf)
    assert (referred is not None) == (joins and written.reply_to == ASKED[0])


def test_a_thread_is_named_by_its_first_message_only() -> None:
    """XX was brought into a conversation: it is a party of what it got, and not of what stands above it."""
    brought = ("b" * 64, Written("FR", ("LT", "XX"), reply_to=ASKED[0]))
    answer = ("c" * 64, Written("XX", ("LT",), reply_to=brought[0]))
    claim = ("d" * 64, Written("XX", ("LT",), thread=brought[0]))
    assert Shelf("LT", [ASKED, brought, answer, claim]).threads() == {
        ASKED[0]: ASKED[0], brought[0]: ASKED[0], answer[0]: ASKED[0], claim[0]: claim[0],
    }  # fmt: skip


@pytest.mark.parametrize("writer", ["FR", "BR", "XX", "LT"])
@pytest.mark.parametrize("to", [each for n in (1, 2, 3) for each in itertools.combinations(("LT", "FR", "BR"), n)])
@pytest.mark.parametrize("refers", [ASKED[0], "b" * 64, ""], ids=["to it", "to another", "to nothing"])
def test_only_who_was_asked_answers_and_only_to_who_asked(writer: str, to: tuple[str, ...], refers: str) -> None:
    """One rule for both ends: it looks at nothing that one of them does not have."""
    asked = Message(EnvelopeId(ASKED[0]), ASKED[0], True, head_of(ASKED[1]), b"", b"", NOW)
    written = head_of(Written(writer, to, refers))
    assert is_answer(refers, written, asked) == (refers == ASKED[0] and writer in ("FR", "BR") and "LT" in to)


def test_what_was_asked_for_is_opened_however_much_stands_behind_it() -> None:
    many = [(name_of(number), Written("FR", ("LT",), reply_to=ASKED[0])) for number in range(THREAD_MAX + 10)]
    shelf = Shelf("LT", [ASKED, *many])
    opened = list_opened(ASKED[0], shelf)
    assert [opened[0].id, opened[1].id, opened[-1].id, len(opened)] == [
        ASKED[0], name_of(10), name_of(THREAD_MAX + 9), THREAD_MAX + 1,
    ]  # fmt: skip
    assert len(list_opened(name_of(THREAD_MAX), shelf)) == THREAD_MAX
    assert list_opened("e" * 64, shelf) == []
