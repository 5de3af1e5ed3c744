"""The pages of messages: lists, opening, writing, answering, files; refusals above all."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from comity.act import Session
from comity.limits import ATTACHMENT_BYTES
from comity.peer.messenger import MessageForm
from comity.web.front import Front
from comity.web.status import follow

from .conftest import OWN, Browser, Cast, Page

LETTER = {"to": ["FR"], "subject": "Is it to be held?", "text": "It is here.\nSince two.", "urgency": "urgent",
          "handling": "official-use", "step": "send", "seen": "FR"}  # fmt: skip
MARKUP = '"><script>alert(1)</script>'


def write(browser: Browser, *files: tuple[str, bytes], **changed: Any) -> Page:
    """Send the form as a browser without script does: with files as parts, without as parts too."""
    fields = LETTER | changed
    parts = [("files", (name, data, "application/x-thing")) for name, data in files]
    empty = [("files", ("", b"", "application/octet-stream"))]
    return Page(browser._send("POST", "/messages/new", data=fields, files=parts or empty, headers=OWN))


def send(cast: Cast, at: str, to: tuple[str, ...] = ("LT",), **more: Any) -> str:
    """A message by an officer of ``at``, delivered."""
    node = cast.network.nodes[at]
    session = cast.network.officer(at, f"writer-{cast.network.entropy(4).hex()}", "desk")
    form = MessageForm(to=to, subject=more.pop("subject", "Hello"), text=more.pop("text", "Text of it"), **more)
    name = node.messages.send(session, form).release
    cast.network.settle(3)
    return str(name)


def listed(page: Page, name: str) -> str:
    """The words of one row of a list."""
    row = next(row for row in page.html.split("<tr>") if f'"marks-{name}"' in row)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", row)).split())


def opened(browser: Browser, name: str) -> Page:
    return browser.post("/messages/open", {"message": name})


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
    assert "Refused (RPD-" in refused
    assert "Not for everybody" not in refused
    page = write(officer, ("a.txt", b"data"))
    assert "RPD-21.1" in page.words
    assert page.field("subject") == LETTER["subject"]
    assert "RPD-21.1" in write(officer).words
    assert "Not for everybody" not in officer.get("/messages").html
    assert 'href="/messages"' not in officer.get("/status").html


def test_the_navigation_counts_what_nobody_has_opened(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    before = officer.get("/status").words
    send(cast, "LT", ("FR",))
    send(cast, "LT", ("FR",))
    after = officer.get("/status").words
    count = int((re.search(r"Messages (\d+) unopened", before) or [0, "0"])[1])
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


@pytest.mark.parametrize(("name", "word"), [("0" * 64, "Refused"), ("x", "64 hexadecimal digits"), ("../status", "")])
def test_what_is_not_here_cannot_be_opened(cast: Cast, name: str, word: str) -> None:
    page = opened(cast.officer("LT", "desk"), name)
    assert page.status in (403, 404, 422)
    assert word in page.words


@pytest.mark.parametrize("field", ["subject", "text"])
def test_markup_in_what_comes_in_is_shown_as_text(cast: Cast, field: str) -> None:
    name = send(cast, "FR", **{field: MARKUP})
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
    assert "LT Lithuania asked and was shown a record of yours" in page.words
    assert "For what Border control" in page.words
    assert "Register Travel documents" in page.words
    assert 'href="/messages/new?to=LT' in page.html
    assert 'name="text"' not in page.html  # nobody at the sender's reads an answer


# Writing


def test_before_it_is_sent_the_page_says_who_can_read_it(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    page = write(officer, to=["FR", "BR"], seen="", subject="Not sent yet")
    assert "Only the desks of France (FR) and Brazil (BR) can read this, and yours." in page.words
    assert "The secretariat carries it and cannot read it." in page.words
    assert "In clear" not in page.words
    assert "What travels in clear" in page.words
    assert "Send to FR, BR" in page.words
    assert page.field("text").strip() == LETTER["text"]
    assert "Not sent yet" not in officer.get("/messages?box=out").words
    sent = write(officer, to=["FR", "BR"], seen=page.field("seen"))
    assert "On its way to FR, BR" in sent.words
    assert "On the record: sending" in sent.words


def test_recipients_that_changed_after_it_was_said_are_said_again(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    page = write(officer, to=["FR", "XX"], seen="FR")
    assert "Outland (XX)" in page.words
    assert "On its way" not in page.words


def test_script_asks_for_the_sentence_alone(cast: Cast) -> None:
    page = cast.officer("LT", "desk").post("/messages/readers", {"to": ["FR", MARKUP]})
    assert "Only the desk of France (FR) can read this" in page.words
    assert "<html" not in page.html
    assert "<script>" not in page.html


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"to": ["ZZ"], "seen": "ZZ"}, "No message can be sealed to ZZ"),
        ({"to": ["LT"], "seen": "LT"}, "Refused"),
        ({"to": [], "seen": ""}, "Nobody is chosen to write to"),
        ({"subject": ""}, "subject of one line"),
        ({"text": " "}, "A message has a text"),
        ({"text": "x" * 100_001}, "at most 100000 characters"),
        ({"urgency": "now"}, "Urgency is one of"),
        ({"handling": "secret"}, "Refused"),
        ({"reply_to": "0" * 64}, "Refused"),
        ({"reply_to": "x"}, ""),
        ({"attached": f"{'0' * 64} 10 a.pdf"}, "No such attachment was added by you"),
        ({"attached": "x"}, ""),
    ],
)
def test_what_cannot_be_sent_keeps_what_was_typed(cast: Cast, changed: dict[str, Any], words: str) -> None:
    officer = cast.officer("LT", "desk")
    page = write(officer, **changed)
    assert words in page.words
    typed = LETTER | changed
    if changed != {"attached": "x"}:  # an attachment that is none is left out
        assert "Nothing was sent. Everything you typed is still there." in page.words
        assert page.field("text").strip() == str(typed["text"]).strip()
        assert page.field("subject") == typed["subject"]
    for code in typed["to"]:
        assert code == "LT" or re.search(rf'value="{code}" checked', page.html) or "On its way" in page.words


@pytest.mark.parametrize("field", ["to", "subject", "text", "attached", "reply_to", "urgency", "thread"])
def test_markup_that_is_typed_in_a_letter_is_shown_as_text(cast: Cast, field: str) -> None:
    value = f"{'0' * 64} 10 {MARKUP}" if field == "attached" else MARKUP
    page = write(cast.officer("LT", "desk"), **{field: [value] if field == "to" else value, "seen": ""})
    assert "<script>alert" not in page.html


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    stale = dict(officer.cookies)
    officer.post("/sign-out", {})
    officer.cookies = stale
    page = write(officer, ("photo.jpg", b"x" * 300_000), to=["FR", "BR"], subject="At the end of a shift")
    assert page.status == 401
    password = cast.network.nodes["LT"].officers.give(officer.name, "Again", ("desk",))
    kept = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'name="(kept\.[^"]*)" value="([^"]*)"', page.html)
    }
    fields = {"officer": officer.name, "password": password, "next": page.field("next")}
    back = officer.post("/sign-in", fields | kept)
    assert back.field("subject") == "At the end of a shift"
    assert back.field("text").split() == str(LETTER["text"]).split()
    assert 'value="FR" checked' in back.html
    assert 'value="BR" checked' in back.html
    assert "Attach again, because your session had ended before they came: photo.jpg" in back.words


def test_answers_go_to_the_sender_or_to_all_and_say_who_reads_them(cast: Cast) -> None:
    name = send(cast, "FR", ("LT", "BR"), handling="restricted", subject="To two")
    officer = cast.officer("LT", "desk")
    page = opened(officer, name)
    assert "Reply to FR Only the desk of FR, and yours, can read it." in page.words
    assert "Reply to all: BR and FR Only the desks of BR and FR, and yours, can read it." in page.words
    assert re.search(r'<option value="restricted" selected', page.html)
    sheet = page.at.partition("sheet=")[2]
    failed = write(officer, to=["BR FR"], reply_to=name, thread=sheet, text="", seen="")
    assert "A message has a text" in failed.words
    assert "To two" in failed.words
    assert re.search(r'value="BR FR" checked', failed.html)
    sent = write(officer, to=["BR FR"], reply_to=name, thread=sheet, text="To both of you", seen="")
    assert "On its way to BR, FR" in sent.words
    assert sent.words.index("Text of it") < sent.words.index("To both of you")


# Files


def test_a_file_goes_with_its_message_and_is_saved_as_it_was(cast: Cast) -> None:
    data = cast.network.entropy(700_000)
    sent = write(cast.officer("LT", "desk"), ("žemėlapis 1.pdf", data), subject="With a map")
    assert "žemėlapis 1.pdf" in sent.words
    cast.network.settle(4)
    name = sent.at.partition("/thread/")[2].partition("?")[0]
    officer = cast.officer("FR", "desk")
    page = opened(officer, name)
    blob = re.search(r'name="blob" value="([0-9a-f]{64})"', page.html)
    assert blob is not None
    answer = officer.raw("/messages/attachment", {"message": name, "blob": blob[1]}, OWN)
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "%C5%BEem%C4%97lapis%201.pdf" in answer.headers["content-disposition"]


def test_a_file_that_has_not_all_come_says_how_far_it_is(cast: Cast) -> None:
    network = cast.network
    network.meddle = lambda _from, _to, data: None if len(data) > 200_000 else data  # chunks do not come through
    try:
        sent = write(cast.officer("LT", "desk"), ("big.bin", b"x" * 700_000), subject="Slow line")
        network.settle(3)
        name = sent.at.partition("/thread/")[2].partition("?")[0]
        page = opened(cast.officer("FR", "desk"), name)
    finally:
        network.meddle = lambda _from, _to, data: data
    assert "0 of 3 parts are here" in page.words or "It is on its way" in page.words
    assert 'name="blob"' not in page.html


def test_a_file_that_is_too_large_is_named_and_all_else_is_kept(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    large = b"\0" * (ATTACHMENT_BYTES + 1)
    page = write(officer, ("small.txt", b"small"), ("film.mp4", large), subject="Two files")
    assert "film.mp4 has more than 50 MB." in page.words
    assert "Nothing was sent" in page.words
    assert page.field("subject") == "Two files"
    kept = re.search(r'name="attached" value="([^"]* small.txt)" checked', page.html)
    assert kept is not None
    sent = write(officer, attached=unescape(kept[1]), subject="Two files")
    assert "On its way to FR" in sent.words
    assert "small.txt" in sent.words


def test_more_files_than_a_message_has_are_refused_and_the_first_are_kept(cast: Cast) -> None:
    page = write(cast.officer("LT", "desk"), *((f"{number}.txt", b"x%d" % number) for number in range(9)))
    assert "A message has at most 8 attachments." in page.words
    assert page.html.count('name="attached"') == 8


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\note.txt", MARKUP])
def test_a_files_name_is_a_name_and_no_path(cast: Cast, name: str) -> None:
    page = write(cast.officer("LT", "desk"), (name, b"data"))
    assert "<script>alert" not in page.html
    assert "etc/" not in page.words


def test_another_officers_upload_is_not_ones_own(cast: Cast) -> None:
    first = write(cast.officer("LT", "desk"), ("mine.txt", b"mine"), seen="")
    line = re.search(r'name="attached" value="([^"]*)"', first.html)
    assert line is not None
    page = write(cast.officer("LT", "desk"), attached=unescape(line[1]))
    assert "No such attachment was added by you" in page.words


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut short'),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--'),
        ("application/json", b"{}"),
    ],
)
def test_what_is_no_form_is_not_read(cast: Cast, kind: str, body: bytes) -> None:
    officer = cast.officer("LT", "desk")
    answer = officer._send("POST", "/messages/new", content=body, headers=OWN | {"Content-Type": kind})
    assert answer.status_code == 400


def test_other_pages_read_no_files(cast: Cast) -> None:
    officer = cast.officer("LT", "desk")
    answer = officer._send("POST", "/check", data={"number": "1"}, files={"a": ("a", b"x")}, headers=OWN)
    assert answer.status_code == 400


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

    async def wait() -> None:
        await asyncio.wait_for(listen(other.token, 2), timeout=0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(wait())


def test_an_address_may_begin_a_letter_and_sends_nothing(cast: Cast) -> None:
    page = cast.officer("LT", "desk").get("/messages/new?to=FR&subject=Hit%20on%20record%2012&step=send&seen=FR")
    assert 'value="FR" checked' in page.html
    assert page.field("subject") == "Hit on record 12"
    assert "Only the desk of France (FR) can read this, and yours." in page.words
    assert "On its way" not in page.words
