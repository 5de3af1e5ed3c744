"""Writing messages on pages, answering them, and their files; refusals above all."""

import re
from html import unescape
from typing import Any

import pytest

from comity.limits import ATTACHMENT_BYTES

from .conftest import OWN, Cast
from .letters import LETTER, MARKUP, opened, send, write

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
        ({"to": ["ZZ"], "seen": "ZZ"}, "ZZ cannot read messages"),
        ({"to": ["LT"], "seen": "LT"}, "Refused"),
        ({"to": [], "seen": ""}, "Nobody is chosen to write to"),
        ({"subject": ""}, "subject of one line"),
        ({"text": " "}, "A message has a text"),
        ({"text": "x" * 100_001}, "at most 100000 characters"),
        ({"urgency": "now"}, "Urgency is one of"),
        ({"handling": "secret"}, "Refused"),
        ({"reply_to": "0" * 64}, "There is nothing of this name here"),
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


def test_an_address_may_begin_a_letter_and_sends_nothing(cast: Cast) -> None:
    page = cast.officer("LT", "desk").get("/messages/new?to=FR&subject=Hit%20on%20record%2012&step=send&seen=FR")
    assert 'value="FR" checked' in page.html
    assert page.field("subject") == "Hit on record 12"
    assert "Only the desk of France (FR) can read this, and yours." in page.words
    assert "On its way" not in page.words
