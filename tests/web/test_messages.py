"""The pages of messages: lists, opening, and what changes meanwhile; refusals above all."""

import asyncio
import re
from contextlib import suppress
from datetime import timedelta
from html import unescape

import pytest

from comity.act import Session
from comity.peer.messenger import MessageForm
from comity.web.front import Front
from comity.web.status import follow

from .conftest import Cast
from .letters import LETTER, MARKUP, listed, opened, send, write

# Lists


def test_the_inbox_says_who_wrote_how_urgent_by_when_and_that_nobody_opened_it(cast: Cast) -> None:
    name = send(cast, "FR", subject="Vehicle seen", urgency="immediate")
    row = listed(cast.officer("LT", "desk").get("/messages"), name)
    assert row.startswith("● Unopened FR France Vehicle seen Immediate by ")


def test_looking_at_the_list_opens_nothing(cast: Cast) -> None:
    name = send(cast, "FR")
    officer = cast.officer("LT", "desk")
    officer.get("/messages")
    officer.get(f"/messages/thread/{name}")
    assert cast.network.nodes["LT"].messages.progress(*_progress(cast, "LT", name)).message.opened_at is None


def _progress(cast: Cast, at: str, name: str) -> tuple[Session, str]:
    return cast.network.officer(at, f"looker-{cast.network.entropy(4).hex()}", "desk"), name


def test_the_subject_of_a_confidential_message_is_shown_to_who_opens_it(cast: Cast) -> None:
    name = send(cast, "FR", subject="Informant in Kaunas", handling="confidential")
    officer = cast.officer("LT", "desk")
    page = officer.get("/messages")
    assert "Confidential: the subject is shown when you open it" in listed(page, name)
    assert "Kaunas" not in page.html
    assert "Informant in Kaunas" in opened(officer, name).words


def test_what_is_overdue_is_said_so_and_stands_first_among_what_waits_for_an_answer(cast: Cast) -> None:
    late = send(cast, "FR", urgency="immediate")
    calm = send(cast, "FR", urgency="routine")
    cast.network.turn(timedelta(hours=2).total_seconds())
    page = cast.officer("LT", "desk").get("/messages?box=due")
    assert "▲ overdue since" in listed(page, late)
    assert page.html.index(late) < page.html.index(calm)


def test_an_answered_message_is_marked_and_waits_no_more(cast: Cast) -> None:
    name = send(cast, "FR", urgency="urgent")
    officer = cast.officer("LT", "desk")
    page = opened(officer, name)
    assert "Reply to FR" in page.words
    write(officer, reply_to=name, seen="", subject="Re: Hello")
    assert "✓ Answered" in listed(officer.get("/messages"), name)
    assert f"marks-{name}" not in officer.get("/messages?box=due").html


def test_sent_messages_show_what_became_of_them_at_each_recipient(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    cast.network.cut("BR")
    try:
        sent = write(officer, to=["FR", "BR"], seen="FR BR").at
        cast.network.settle(3)
        name = sent.partition("/thread/")[2].partition("?")[0]
        assert "BR ◔ With the secretariat FR ● Delivered" in listed(officer.get("/messages?box=out"), name)
    finally:
        cast.network.mend("BR")
    reader = cast.network.officer("FR", f"reader-{name[:6]}", "desk")
    cast.network.nodes["FR"].messages.open(reader, name)
    cast.network.settle(4)
    assert "FR ○ Opened" in listed(officer.get("/messages?box=out"), name)


def test_empty_boxes_say_what_will_be_there_and_how_to_begin(cast: Cast) -> None:
    officer = cast.officer("XX", "desk")
    assert "What other bureaus write to you will be here" in officer.get("/messages").words
    assert "What you send will be here" in officer.get("/messages?box=out").words
    assert "Nothing waits for an answer" in officer.get("/messages?box=due").words


@pytest.mark.parametrize(
    "query", ["box=all", "before=-1", "before=x", "before=99999999999999999999", "box=in&before=³"]
)
def test_addresses_that_nobody_made_show_the_list(cast: Cast, query: str) -> None:
    assert cast.officer("LT", "desk").get(f"/messages?{query}").status == 200


def test_long_lists_go_on_on_another_page(cast: Cast) -> None:
    node = cast.network.nodes["BR"]
    session = cast.network.officer("BR", "many", "desk")
    for number in range(52):
        node.messages.send(session, MessageForm(to=("XX",), subject=f"Number {number}", text="x"))
    cast.network.settle(3)
    officer = cast.officer("BR", "desk")
    page = officer.get("/messages?box=out")
    assert "Number 51" in page.words
    assert "Number 0 " not in page.words
    older = re.search(r'href="(/messages\?box=out&amp;before=\d+)"', page.html)
    assert older is not None
    assert "Number 0 " in officer.get(unescape(older[1])).words


# Who may


@pytest.mark.parametrize("role", ["inspector", "auditor", "administrator"])
def test_without_the_role_nothing_is_shown_opened_or_sent(cast: Cast, role: str) -> None:
    name = send(cast, "FR", subject="Not for everybody")
    officer = cast.officer("LT", role)
    assert "RPD-21.1" in officer.get("/messages").words
    refused = opened(officer, name).words
    assert "RPD-21.1" in refused
    assert "Not for everybody" not in refused
    assert "RPD-21.1" in write(officer, ("a.txt", b"data")).words
    assert "RPD-21.1" in write(officer).words
    assert "Not for everybody" not in officer.get("/messages").html
    assert 'href="/messages"' not in officer.get("/status").html


def test_the_navigation_counts_what_nobody_has_opened(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    before = officer.get("/status").words
    send(cast, "LT", ("FR",))
    send(cast, "LT", ("FR",))
    after = officer.get("/status").words
    found = re.search(r"Messages (\d+) unopened", before)
    count = int(found[1]) if found else 0
    assert f"Messages {count + 2} unopened" in after
    assert "unopened" not in cast.officer("FR", "inspector").get("/status").words


@pytest.mark.parametrize("path", ["/messages", "/messages/new", f"/messages/thread/{'0' * 64}"])
def test_nobody_reads_messages_without_signing_in(cast: Cast, path: str) -> None:
    assert "Sign out" not in cast.nobody().get(path).words


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
@pytest.mark.parametrize("path", ["open", "new", "progress", "readers", "attachment"])
def test_forms_of_other_sites_open_and_send_nothing(cast: Cast, path: str, headers: dict[str, str]) -> None:
    officer = cast.officer("LT", "desk")
    name = send(cast, "FR")
    assert officer.raw(f"/messages/{path}", LETTER | {"message": name}, headers).status_code == 403
    parts = {"files": ("a.txt", b"x", "text/plain")}
    answer = officer._send("POST", f"/messages/{path}", follow=False, data=LETTER, files=parts, headers=headers)
    assert answer.status_code in (400, 403)
    assert "Unopened" in listed(officer.get("/messages"), name)


def test_one_officers_open_thread_is_not_another_officers(cast: Cast) -> None:
    name = send(cast, "FR", subject="Opened by one")
    shown = opened(cast.officer("LT", "desk"), name)
    path = shown.at.removeprefix("http://x")
    other = cast.officer("LT", "desk").get(path)
    assert "not kept any more" in other.words
    assert "Opened by one" not in other.html
    sheet = path.partition("sheet=")[2]
    progress = cast.officer("LT", "desk").post("/messages/progress", {"sheet": sheet})
    assert name not in progress.html


# Opening


def test_opening_is_on_the_record_and_its_sender_hears_of_it_once(cast: Cast) -> None:
    name = send(cast, "FR", subject="Read me", text="First line\nsecond line")
    officer = cast.officer("LT", "desk")
    page = opened(officer, name)
    assert "First line\nsecond line" in unescape(page.html)
    assert "On the record: opening the thread" in page.words
    assert "FR, that it was opened here" in page.words
    again = opened(officer, name)
    assert "Nobody: everything in it was opened before" in again.words
    cast.network.settle(3)
    sender = cast.officer("FR", "desk")
    assert "LT ○ Opened" in listed(sender.get("/messages?box=out"), name)


def test_a_reload_of_an_open_thread_is_no_act(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    path = opened(officer, send(cast, "FR")).at.removeprefix("http://x")
    before = len(cast.network.ledger("LT", "message.open"))
    assert "Text of it" in officer.get(path).words
    assert len(cast.network.ledger("LT", "message.open")) == before


def test_the_next_unopened_is_the_one_that_is_due_first(cast: Cast) -> None:
    officer = cast.officer("BR", "desk")
    while "Next unopened" in officer.get("/messages").words:
        officer.post("/messages/open", {})
    send(cast, "FR", ("BR",), subject="Can wait", urgency="routine")
    send(cast, "FR", ("BR",), subject="Cannot wait", urgency="immediate")
    assert "<title>Cannot wait" in officer.post("/messages/open", {}).html
    assert "<title>Can wait" in officer.post("/messages/open", {}).html
    assert officer.post("/messages/open", {}).at == "http://x/messages"


@pytest.mark.parametrize(
    ("name", "word"),
    [("0" * 64, "There is nothing of this name here"), ("x", "64 hexadecimal digits"), ("../status", "")],
)
def test_what_is_not_here_cannot_be_opened(cast: Cast, name: str, word: str) -> None:
    page = opened(cast.officer("LT", "desk"), name)
    assert page.status in (403, 404, 422)
    assert word in page.words


@pytest.mark.parametrize("field", ["subject", "text"])
def test_markup_in_what_comes_in_is_shown_as_text(cast: Cast, field: str) -> None:
    name = send(cast, "FR", ("LT",), **{field: MARKUP})
    officer = cast.officer("LT", "desk")
    for page in (officer.get("/messages"), opened(officer, name)):
        assert "<script>alert" not in page.html
    assert MARKUP in unescape(opened(officer, name).html)


def test_a_hit_on_a_record_is_said_in_words(cast: Cast) -> None:
    inspector = cast.network.officer("LT", f"asker-{cast.network.entropy(3).hex()}", "inspector")
    cast.network.check(inspector, "19AC45678", "FRA")
    cast.network.settle(4)
    officer = cast.officer("FR", "desk")
    name = next(each.id for each in cast.network.nodes["FR"].messages.unopened() if each.head.kind == "alert")
    row = listed(officer.get("/messages"), name)
    assert "Hit on your record" in row
    page = opened(officer, name)
    assert "LT asked for Border control and was shown a record of yours in Travel documents." in page.words
    assert "For what Border control" in page.words
    assert "Register Travel documents" in page.words
    assert 'href="/messages/new?to=LT' in page.html
    assert 'name="text"' not in page.html  # nobody at the sender's reads an answer


# What changes meanwhile


def test_progress_is_said_of_what_was_shown_and_of_nothing_else(cast: Cast) -> None:
    name = send(cast, "FR", subject="A secret subject")
    officer = cast.officer("LT", "registrar")
    unseen = officer.post("/messages/progress", {"since": "2020-01-01T00:00:00+00:00", "message": name})
    assert unseen.words == ""
    officer.get("/messages")
    seen = officer.post("/messages/progress", {"since": "2020-01-01T00:00:00+00:00", "message": name})
    assert f'data-part="marks-{name}"' in seen.html
    assert "Unopened" in seen.words


def test_what_came_in_since_is_named_by_what_travels_in_clear(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    cast.network.turn(60)
    since = re.search(r'name="since" value="([^"]+)"', officer.get("/messages").html)
    assert since is not None
    cast.network.turn(60)
    send(cast, "FR", subject="A secret subject", urgency="immediate")
    page = officer.post("/messages/progress", {"since": unescape(since[1])})
    assert "1 new message FR immediate, answer by" in page.words
    assert "secret" not in page.html


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-23", "2026-11-23T14:32:07", MARKUP])
def test_times_that_nobody_made_name_nothing(cast: Cast, since: str) -> None:
    officer = cast.officer("LT", "desk")
    officer.get("/messages")
    page = officer.post("/messages/progress", {"since": since})
    assert (page.status, page.words) == (200, "")


def test_asking_for_progress_is_no_act_and_keeps_no_session_alive(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    officer.get("/messages")
    before = len(cast.network.ledger("LT"))
    for _minute in range(4):
        cast.network.turn(600)
        officer.post("/messages/progress", {"since": "2020-01-01T00:00:00+00:00"})
    assert len(cast.network.ledger("LT")) <= before + 4 * 50  # what the network did by itself
    assert "Sign in" in officer.get("/messages").words


def test_readers_hear_that_messages_have_changed_and_others_do_not(cast: Cast) -> None:
    front = Front(cast.network.nodes["LT"])
    reader = cast.network.officer("LT", "listener", "desk")
    other = cast.network.officer("LT", "deaf", "inspector")

    async def listen(token: str, count: int) -> list[bytes]:
        events = follow(front.seat_of(Session(token)), front, look_s=0.05)
        heard = [await anext(events) for _ in range(count)]
        await events.aclose()
        return heard

    state, messages = asyncio.run(listen(reader.token, 2))
    assert state.startswith(b"event: state\n")
    assert messages.startswith(b"event: messages\ndata: ")
    assert b"unopened" in messages

    async def hear(token: str) -> list[bytes]:
        heard: list[bytes] = []
        events = follow(front.seat_of(Session(token)), front, look_s=0.05)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                async for each in events:
                    heard.append(each)  # noqa: PERF401 - what was heard before the end counts
        return heard

    heard = asyncio.run(hear(other.token))
    assert heard
    assert not [each for each in heard if each.startswith(b"event: messages")]
