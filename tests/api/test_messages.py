import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from comity.api.file_names import disposition, number_name, safe_name
from comity.exchange.sending import SEND, Sending
from comity.limits import ATTACHMENT_BODY_BYTES, ATTACHMENT_BYTES, MESSAGE_CHARS

from .conftest import Caller, Cast

UNKNOWN = "0" * 64
LETTER = {"to": ["FR"], "subject": "Passport 19AC45678", "text": "Is it stolen?"}


def upload(
    caller: Caller, content: bytes | Iterator[bytes], name: str = "face.jpg", media: str = "image/jpeg"
) -> httpx.Response:
    headers = {"Content-Type": media, **caller.headers}
    return caller._client.post("/v1/attachments", params={"name": name}, content=content, headers=headers)


def send(caller: Caller, **changed: Any) -> str:
    answer = caller.post("/v1/messages", LETTER | changed)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def states(caller: Caller, name: str) -> dict[str, str]:
    found = caller.get(f"/v1/messages/{name}/progress").json()["deliveries"]
    return {each["recipient"]: each["state"] for each in found}


# Sending


def test_a_message_goes_out_is_opened_and_answered_with_receipts_at_each_step(cast: Cast) -> None:
    lt, fr = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    sent = lt.post("/v1/messages", LETTER | {"urgency": "immediate"})
    assert sent.status_code == 201
    name = sent.json()["id"]
    assert sent.json()["answer_by"] == "2026-11-23T15:32:07Z"
    assert [(each["recipient"], each["state"], each["word"]) for each in sent.json()["deliveries"]] == [
        ("FR", "queued", "Not there yet")
    ]
    assert (sent.json()["record"]["verdict"], sent.json()["record"]["told"]) == ("allowed", ["FR"])
    cast.network.settle()
    assert states(lt, name) == {"FR": "delivered"}

    opened = fr.post(f"/v1/messages/{name}/open", {}).json()
    assert [each["text"] for each in opened["messages"]] == [LETTER["text"]]
    assert opened["messages"][0]["was_unopened"]
    assert opened["record"]["told"] == ["LT"]
    cast.network.settle()
    assert states(lt, name) == {"FR": "opened"}

    reply = send(fr, to=["LT"], text="It is.", reply_to=name)
    cast.network.settle()
    progress = lt.get(f"/v1/messages/{name}/progress").json()
    assert [each["state"] for each in progress["deliveries"]] == ["answered"]
    assert [(each["step"], each["by"]) for each in progress["deliveries"][0]["receipts"]] == [
        ("delivered", "FR"), ("opened", "FR"),
    ]  # fmt: skip
    assert not progress["is_underway"]
    thread = lt.post(f"/v1/messages/{reply}/open", {}).json()["messages"]
    assert [(each["id"], each["is_outgoing"]) for each in thread] == [(name, True), (reply, False)]
    assert thread[1]["answer_by"] is None


def test_a_bureau_that_is_away_has_its_message_with_the_secretariat(cast: Cast) -> None:
    lt = cast.officer("LT", "desk")
    cast.network.cut("BR")
    name = send(lt, to=["BR", "FR"])
    cast.network.turn(10)
    assert states(lt, name) == {"BR": "relayed", "FR": "delivered"}
    assert lt.get(f"/v1/messages/{name}/progress").json()["is_underway"]
    cast.network.mend("BR")
    cast.network.turn(10)
    assert states(lt, name) == {"BR": "delivered", "FR": "delivered"}


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/addressees", f"/v1/messages/{UNKNOWN}/progress",
                                  f"/v1/messages/{UNKNOWN}/attachments/{UNKNOWN}"])  # fmt: skip
def test_nobody_reads_anything(cast: Cast, path: str) -> None:
    assert cast.nobody().get(path).status_code == 401


def test_nobody_writes_opens_or_attaches_anything(cast: Cast) -> None:
    nobody = cast.nobody()
    assert nobody.post("/v1/messages", LETTER).status_code == 401
    assert nobody.post(f"/v1/messages/{UNKNOWN}/open", {}).status_code == 401
    assert upload(nobody, b"x").status_code == 401


def test_messages_take_a_role_that_has_them(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    name = send(cast.officer("LT", "desk"))
    answers = [
        inspector.post("/v1/messages", LETTER),
        inspector.get("/v1/messages"),
        inspector.post(f"/v1/messages/{name}/open", {}),
        upload(inspector, b"x"),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert [each["number"] for each in answer.json()["rules"]] == ["RPD-21.1"]
        assert re.fullmatch("[0-9a-f]{64}", answer.json()["entry"])
        assert answer.json()["next_step"]


@pytest.mark.parametrize(
    ("changed", "status", "where"),
    [
        ({"to": []}, 422, "to"),
        ({"to": ["fr"]}, 422, "to"),
        ({"to": ["ZZ"]}, 404, "to"),
        ({"subject": " "}, 422, "subject"),
        ({"subject": "two\nlines"}, 422, "subject"),
        ({"subject": "s" * 201}, 422, "subject"),
        ({"text": "\n"}, 422, "text"),
        ({"text": "t" * (MESSAGE_CHARS + 1)}, 422, "text"),
        ({"urgency": "now"}, 422, "urgency"),
        ({"reply_to": "the last one"}, 422, "reply_to"),
        ({"attachments": ["a.pdf"]}, 422, "attachments"),
        ({"attachments": [UNKNOWN]}, 404, "attachments"),
        ({"attachments": [UNKNOWN] * 9}, 422, "attachments"),
        ({"misspelt": 1}, 422, "data"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_sent(
    cast: Cast, changed: dict[str, Any], status: int, where: str
) -> None:
    lt = cast.officer("LT", "desk")
    answer = lt.post("/v1/messages", LETTER | changed)
    assert (answer.status_code, answer.json()["where"]) == (status, where)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [({"to": ["LT"]}, "to"), ({"handling": "secret"}, "RPD-112.1")],
)
def test_what_the_rulebook_refuses_is_not_sent(cast: Cast, changed: dict[str, Any], rule: str) -> None:
    answer = cast.officer("LT", "desk").post("/v1/messages", LETTER | changed)
    if rule == "to":  # no message is sealed to oneself: that is known before the act
        assert answer.status_code in (403, 404)
        return
    assert answer.status_code == 403
    assert [each["number"] for each in answer.json()["rules"]] == [rule]
    assert answer.json()["next_step"]


def test_what_is_answered_and_is_not_here_is_not_known_and_the_refusal_is_on_record(cast: Cast) -> None:
    """The rulebook says that this refusal must not tell whether the thing is there."""
    answer = cast.officer("LT", "desk").post("/v1/messages", LETTER | {"reply_to": UNKNOWN})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["rules"]) == (404, "unknown", [])
    assert problem["next_step"] == "Look for it in the list of messages."
    assert cast.network.ledger("LT", "message.send")[-1].content.verdict == "refused"


def test_one_can_write_to_every_other_member_and_not_to_oneself(cast: Cast) -> None:
    found = cast.officer("LT", "inspector").get("/v1/addressees").json()
    assert {each["code"] for each in found} >= {"FR", "BR", "XX"}
    assert "LT" not in {each["code"] for each in found}
    assert {each["title"] for each in found if each["code"] == "FR"} == {"France"}


# Lists


def test_the_list_tells_what_is_unopened_overdue_and_confidential(cast: Cast) -> None:
    lt, fr = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    secret = send(lt, handling="confidential", urgency="immediate", subject="An informer's name")
    cast.network.settle()
    page = fr.get("/v1/messages?most=1").json()
    line = page["messages"][0]
    assert (line["id"], line["state"], line["is_overdue"]) == (secret, "unopened", False)
    assert line["subject"] is None
    assert "informer" not in str(page)
    assert line["headline"].startswith("Confidential")
    cast.network.turn(3601)
    lt, fr = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    assert fr.get("/v1/messages?most=1").json()["messages"][0]["is_overdue"]
    sent = lt.get("/v1/messages?box=out&most=1").json()["messages"][0]
    assert (sent["id"], sent["is_overdue"]) == (secret, True)
    assert [(each["recipient"], each["state"]) for each in sent["deliveries"]] == [("FR", "delivered")]


def test_a_list_goes_on_where_it_ended(cast: Cast) -> None:
    lt = cast.officer("LT", "desk")
    names = [send(lt, subject=f"Number {number}") for number in range(3)]
    first = lt.get("/v1/messages?box=out&most=2").json()
    second = lt.get(f"/v1/messages?box=out&most=2&before={first['older']}").json()
    assert [each["id"] for each in first["messages"]] == names[:0:-1]
    assert second["messages"][0]["id"] == names[0]


@pytest.mark.parametrize("query", ["box=trash", "most=0", "most=201", "before=-1", "before=soon"])
def test_a_list_that_cannot_be_is_refused(cast: Cast, query: str) -> None:
    assert cast.officer("LT", "desk").get(f"/v1/messages?{query}").status_code == 422


# Opening


@pytest.mark.parametrize("name", [UNKNOWN, "last", "%2e%2e"])
def test_what_is_not_here_is_not_opened_followed_or_read(cast: Cast, name: str) -> None:
    lt = cast.officer("LT", "desk")
    answers = [
        lt.post(f"/v1/messages/{name}/open", {}),
        lt.get(f"/v1/messages/{name}/progress"),
        lt.get(f"/v1/messages/{name}/attachments/{UNKNOWN}"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "unknown")] * 3
    assert answers[0].json()["next_step"]


def test_another_bureaus_message_is_not_here_for_the_outsider(cast: Cast) -> None:
    name = send(cast.officer("LT", "desk"))
    cast.network.settle()
    for code in ("XX", "GS"):
        assert cast.officer(code, "desk").post(f"/v1/messages/{name}/open", {}).status_code == 404


def test_a_hit_is_told_to_its_source_as_an_alert_in_words(cast: Cast) -> None:
    record = {"number": "20CC00001", "country": "FRA", "type": "passport", "loss": "stolen"}
    body = {"register": "travel-documents", "records": [record], "is_lawful": True}
    cast.officer("FR", "registrar").post("/v1/records", body)
    cast.network.settle()
    query = {"number": "20CC00001", "country": "FRA", "purpose": "border-control"}
    assert cast.officer("LT", "inspector").post("/v1/queries", query).json()["answers"][0]["answer"] == "hit"
    cast.network.turn(10)
    fr = cast.officer("FR", "desk")
    line = fr.get("/v1/messages?most=1").json()["messages"][0]
    assert (line["kind"], line["headline"], line["subject"]) == ("alert", "Hit on your record", "")
    shown = fr.post(f"/v1/messages/{line['id']}/open", {}).json()["messages"][0]
    assert (shown["alert"]["asker"], shown["alert"]["purpose"], shown["alert"]["keeper"]) == (
        "LT", "border-control", "GS",
    )  # fmt: skip
    sentence = shown["alert"]["sentence"]
    assert sentence.startswith("LT asked for Border control and was shown a record of yours in Travel documents.")
    assert ("Time and place are left out" in sentence) == (shown["alert"]["at"] is None)


# Attachments


def test_a_file_goes_along_and_is_only_ever_saved(cast: Cast) -> None:
    lt, fr = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    content = bytes(range(256)) * 4000
    parts = (content[at : at + 70_000] for at in range(0, len(content), 70_000))
    added = upload(lt, parts, name="Gesicht ä.html", media="text/html; charset=utf-8")
    assert added.status_code == 201
    assert added.json()["size"] == len(content)
    name = send(lt, attachments=[added.json()["blob"]])
    cast.network.turn(10)
    shown = fr.post(f"/v1/messages/{name}/open", {}).json()["messages"][0]["attachments"][0]
    assert (shown["name"], shown["size"], shown["media"]) == ("Gesicht ä.html", len(content), "text/html")
    assert (shown["arrived"], shown["of"], shown["is_here"]) == (4, 4, True)
    assert "key" not in shown
    answer = fr.get(f"/v1/messages/{name}/attachments/{shown['blob']}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Gesicht _.html\"; filename*=UTF-8''Gesicht%20%C3%A4.html"
    )


def test_a_file_that_is_still_coming_is_asked_for_later(cast: Cast) -> None:
    lt, fr = cast.officer("LT", "desk"), cast.officer("FR", "desk")
    blob = upload(lt, b"x" * 300_000).json()["blob"]
    name = send(lt, attachments=[blob])
    cast.network.nodes["LT"].tick()
    shown = fr.post(f"/v1/messages/{name}/open", {}).json()["messages"][0]["attachments"][0]
    assert (shown["arrived"], shown["is_here"]) == (0, False)
    answer = fr.get(f"/v1/messages/{name}/attachments/{blob}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["next_step"]
    cast.network.turn(10)
    assert fr.get(f"/v1/messages/{name}/attachments/{blob}").status_code == 200


def test_a_file_of_another_message_is_not_here_under_this_one(cast: Cast) -> None:
    lt = cast.officer("LT", "desk")
    blob = upload(lt, b"a face").json()["blob"]
    send(lt, attachments=[blob])
    other = send(lt)
    for wanted in (blob, UNKNOWN, "face.jpg"):
        assert lt.get(f"/v1/messages/{other}/attachments/{wanted}").status_code == 404


def test_nobody_sends_what_another_officer_has_added(cast: Cast) -> None:
    blob = upload(cast.officer("LT", "desk"), b"somebody else's").json()["blob"]
    answer = cast.officer("LT", "desk").post("/v1/messages", LETTER | {"attachments": [blob]})
    assert (answer.status_code, answer.json()["where"]) == (404, "attachments")


def test_a_confidential_file_is_not_for_whoever_may_not_open_the_message(cast: Cast) -> None:
    lt = cast.officer("LT", "desk")
    blob = upload(lt, b"a name").json()["blob"]
    name = send(lt, attachments=[blob], handling="confidential")
    answer = cast.officer("LT", "inspector").get(f"/v1/messages/{name}/attachments/{blob}")
    assert answer.status_code == 403
    assert [each["number"] for each in answer.json()["rules"]] == ["RPD-21.1"], "the role comes first"


def test_a_file_past_the_bound_is_refused_and_nothing_kept(cast: Cast) -> None:
    lt = cast.officer("LT", "desk")
    part = bytes(1_000_000)
    most = ATTACHMENT_BYTES // len(part)

    def little_over() -> Iterator[bytes]:
        for _ in range(most):
            yield part
        yield b"!"

    before = sorted(cast.network.founding.folder.glob("LT/**/blobs/**/*"))
    answers = [upload(lt, little_over()), upload(lt, bytes(ATTACHMENT_BODY_BYTES + 1))]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
        assert answer.json()["where"] == "attachment"
        assert "50 MB" in answer.json()["message"]
        assert answer.json()["next_step"]
    assert sorted(cast.network.founding.folder.glob("LT/**/blobs/**/*")) == before


def test_an_empty_file_is_none(cast: Cast) -> None:
    answer = upload(cast.officer("LT", "desk"), b"")
    assert (answer.status_code, answer.json()["where"]) == (422, "attachment")


@pytest.mark.parametrize("name", ["", "n" * 201, "tab\tbed", "/"])
def test_a_file_has_a_name(cast: Cast, name: str) -> None:
    answer = upload(cast.officer("LT", "desk"), b"x", name=name)
    assert (answer.status_code, answer.json()["where"]) == (422, "name")


@pytest.mark.parametrize("media", ["", "image", "text/html\t<b>", "x" * 300, "a/b/c"])
def test_what_is_no_media_type_is_none(cast: Cast, media: str) -> None:
    lt = cast.officer("LT", "desk")
    name = send(lt, attachments=[upload(lt, b"x", media=media).json()["blob"]])
    shown = lt.post(f"/v1/messages/{name}/open", {}).json()["messages"][0]
    assert shown["attachments"][0]["media"] == "application/octet-stream"


def test_a_name_that_another_node_sent_never_leads_out_of_a_header(cast: Cast) -> None:
    node = cast.network.nodes["LT"]
    session = cast.network.officer("LT", "forger", "desk")
    blob = node.messages.attach(session, "plain.txt", "text/plain", [b"x"]).release
    forged = msgspec.structs.replace(node.messages._upload(blob, "forger"), name='..\\../a";\u00e9=x.txt')
    sending = Sending(("FR",), "S", "T", "routine", "official-use", "", (forged,))
    name = node.gate.perform(SEND, session, sending).release
    caller = Caller(cast.client("LT"), session.token)
    shown = caller.post(f"/v1/messages/{name}/open", {}).json()["messages"][0]["attachments"][0]
    assert shown["name"] == forged.name
    header = caller.get(f"/v1/messages/{name}/attachments/{blob}").headers["content-disposition"]
    assert header == "attachment; filename=\"a____x.txt\"; filename*=UTF-8''a_%3B%C3%A9%3Dx.txt"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "attachment"),
        ("", "attachment"),
        (".bashrc", "_bashrc"),
        ("-rf", "_rf"),
        ("a\nb\x00.txt", "a_b_.txt"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "_gpj.exe"),
        ("NUL", "_NUL"),
        ("com1.txt", "_com1.txt"),
        ('a"b<c>:d.txt', "a_b_c__d.txt"),
        ("name. . ", "name"),
    ],
)
def test_a_strangers_name_is_made_safe(name: str, kept: str) -> None:
    assert safe_name(name) == kept
    assert safe_name(kept) == kept


def test_a_long_name_keeps_its_ending_within_what_systems_take() -> None:
    kept = safe_name("\N{GREEK SMALL LETTER ALPHA}" * 200 + ".pdf")
    assert len(kept.encode()) <= 200
    assert kept.endswith("\N{GREEK SMALL LETTER ALPHA}.pdf")
    assert len(safe_name("a." + "b" * 300).encode()) <= 200


def test_a_header_has_a_plain_name_and_the_whole_one() -> None:
    assert disposition('x"; evil.txt') == "attachment; filename=\"x__ evil.txt\"; filename*=UTF-8''x_%3B%20evil.txt"
    assert number_name("a.tar.gz", 2) == "a.tar (2).gz"
    assert number_name("README", 3) == "README (3)"
