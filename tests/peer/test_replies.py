"""Replies: one question's answers, in the order and number in which the world sends them."""

import pytest

from comity.ids import MemberCode
from comity.limits import ASKS_MAX, REPLIES_MAX
from comity.peer.connection import NO_RESPONDERS, OTHER_HEADERS
from comity.peer.credentials import is_reply_subject
from comity.peer.line import NoAnswer, Silence, anything
from comity.peer.replies import Replies

LT, FR, BR = (MemberCode(code) for code in ("LT", "FR", "BR"))


def test_an_answer_counts_at_the_subject_of_its_question_only() -> None:
    replies = Replies(LT)
    to_fr, to_br = replies.open(FR), replies.open(BR)
    assert to_fr is not None
    assert to_br is not None
    assert is_reply_subject(to_fr.subject, LT, FR)
    token = to_fr.subject.rpartition(".")[2]
    for subject in (f"_INBOX.LT.BR.{token}", f"_INBOX.FR.LT.{token}", to_fr.subject + ".x", to_fr.subject.upper(), ""):
        assert not replies.take(subject, None, b"+x")
    assert to_fr.wait(0, anything) == NoAnswer(FR, Silence.TOO_LATE)
    assert replies.take(to_br.subject, None, b"+x")
    assert to_br.wait(1, anything) == b"x"


@pytest.mark.parametrize(
    ("headers", "data", "why"),
    [
        (None, b"~", Silence.BUSY),
        (None, b"!", Silence.FAILED),
        (NO_RESPONDERS, b"", Silence.NOT_LISTENING),
        (NO_RESPONDERS, b"+x", None),
        (OTHER_HEADERS, b"+x", None),
        (OTHER_HEADERS, b"", None),
        (None, b"", None),
        (None, b"x", None),
        (None, b"~~", None),
        (None, b"!x", None),
    ],
)
def test_only_what_a_node_or_the_broker_would_say_is_said(
    headers: dict[str, str] | None, data: bytes, why: Silence | None
) -> None:
    replies = Replies(LT)
    waiting = replies.open(FR)
    assert waiting is not None
    assert replies.take(waiting.subject, headers, data) is (why is not None)
    assert waiting.wait(0.01, anything) == NoAnswer(FR, why or Silence.TOO_LATE)


def test_the_questions_that_wait_and_what_comes_for_one_are_bounded() -> None:
    replies = Replies(LT)
    opened = [replies.open(FR) for _ in range(ASKS_MAX)]
    assert None not in opened
    assert replies.open(FR) is None
    first = opened[0]
    assert first is not None
    assert [replies.take(first.subject, None, b"+x") for _ in range(3 * REPLIES_MAX)].count(True) == REPLIES_MAX
    replies.close(first)
    assert not replies.take(first.subject, None, b"+x")
    assert replies.open(FR) is not None


def test_a_flood_of_unfit_answers_does_not_keep_a_question_beyond_its_deadline() -> None:
    replies = Replies(LT)
    waiting = replies.open(FR)
    assert waiting is not None

    def another(_data: bytes) -> bool:
        return not replies.take(waiting.subject, None, b"+x")  # one more comes for each that is looked at

    replies.take(waiting.subject, None, b"+x")
    assert waiting.wait(0.05, another) == NoAnswer(FR, Silence.TOO_LATE)
