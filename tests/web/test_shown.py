"""Whatever has a receipt is shown: listed, opened, printed and exported, on every face, whatever it says."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.api.message_wire import MessageList, ThreadAnswer
from comity.characters import is_one_line
from comity.cli.message_lines import say_list, say_thread
from comity.cli.speech import say_json
from comity.evidence import judge, parse_evidence
from comity.limits import ATTACHMENT_BYTES, BODY_BYTES, EVIDENCE_BYTES
from comity.parsing import decode
from tests.exchange.envelopes import forged, names_at, receipt_of, text_of

from .conftest import Cast
from .letters import opened

lines = st.text(max_size=30) | st.text("a\u200b\u202e\u0000\u06cc\u200c\ud7ffé<&'\"", max_size=8)
numbers = st.sampled_from([0, 1, ATTACHMENT_BYTES, ATTACHMENT_BYTES + 1, -1, 2**53, 2**63, 2**64, 10**320, 1.5, True])
attachments = st.fixed_dictionaries(
    {"name": lines, "media": lines, "size": numbers, "blob": st.just("b" * 64), "key": st.just("c" * 64)}
)
said = st.fixed_dictionaries(
    {"subject": lines, "text": st.text(max_size=60) | lines, "attachments": st.lists(attachments, max_size=1)},
    optional={"thread": lines | st.just("f" * 64), "reply_to": lines | st.just("e" * 64)},
)
heads = st.fixed_dictionaries({
    "handling": st.sampled_from(["official-use", "restricted", "confidential", "secret"]),
    "urgency": st.sampled_from(["routine", "urgent", "immediate", "never"]),
    "answer_by": st.none() | st.sampled_from(["2026-11-23T12:00:00Z", "2999-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
                                              "0001-01-01T00:00:00+14:00", "2026-11-23T12:00:00"]),
})  # fmt: skip


seen = st.text("aé<&'\"\u06cc\u200c漢🛂", min_size=1, max_size=12).filter(str.strip)
files = st.fixed_dictionaries(
    {"name": seen, "media": st.just("image/png"), "size": st.sampled_from([0, 1, ATTACHMENT_BYTES]),
     "blob": st.just("b" * 64), "key": st.just("c" * 64)}
)  # fmt: skip
sayable = st.fixed_dictionaries({"subject": seen, "text": seen, "attachments": st.lists(files, max_size=1)})
usual = st.fixed_dictionaries({
    "handling": st.sampled_from(["official-use", "restricted", "confidential"]),
    "urgency": st.sampled_from(["routine", "urgent", "immediate"]),
})  # fmt: skip


def text_with(said: dict[str, Any]) -> bytes:
    """JSON, of numbers too that msgspec does not write."""
    whole = msgspec.json.decode(text_of()) | said
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=sayable, head=usual)
def test_what_can_be_said_has_a_receipt_and_is_shown_on_every_face(
    cast: Cast, capsys: pytest.CaptureFixture[str], said: dict[str, Any], head: dict[str, Any]
) -> None:
    assert arrives(cast, said, head) == "delivered"
    verify_shown(cast, capsys, said)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=sayable | said, head=usual | heads)
def test_whatever_has_a_receipt_is_shown_on_every_face(
    cast: Cast, capsys: pytest.CaptureFixture[str], said: dict[str, Any], head: dict[str, Any]
) -> None:
    if arrives(cast, said, head) == "delivered":
        verify_shown(cast, capsys, said)


def arrives(cast: Cast, said: dict[str, Any], head: dict[str, Any]) -> str:
    """What LT's receipt says of a message of FR."""
    head = head | {"blobs": [each["blob"] for each in said["attachments"]]}
    data = forged(cast.network, "LT", sender="FR", text=text_with(said), head=head)["LT"]
    step = receipt_of(cast.network, data, line="FR", to="LT").step
    assert step in {"delivered", "refused"}
    return step


def verify_shown(cast: Cast, capsys: pytest.CaptureFixture[str], said: dict[str, Any]) -> None:
    """The latest message is listed, opened, printed and exported by every face."""
    name = names_at(cast.network, "LT")[-1]
    lines = [said["subject"], *(each["name"] for each in said["attachments"])]
    assert all(map(is_one_line, lines))
    node = cast.network.nodes["LT"]
    token = cast.network.officer("LT", f"reader-{cast.network.entropy(4).hex()}", "desk").token
    program = cast.nobody("LT")
    listed = program.call("GET", "/v1/messages", token)
    found = program.call("POST", f"/v1/messages/{name}/open", token, json={})
    proof = program.call("POST", f"/v1/messages/{name}/evidence", token)
    assert (listed.status_code, found.status_code, proof.status_code) == (200, 200, 200)
    box = decode(listed.content, MessageList, where="answer", most=BODY_BYTES)
    thread = decode(found.content, ThreadAnswer, where="answer", most=BODY_BYTES)
    assert name in [each.id for each in box.messages]
    assert thread.messages[-1].text == said["text"]
    say_list(box, "in")
    say_thread(thread)
    say_json(thread)
    assert all(is_one_line(line) for line in capsys.readouterr().out.split("\n"))
    claims = judge(parse_evidence(proof.content), node.directory())
    assert len(proof.content) < EVIDENCE_BYTES
    assert all(claim.holds is not False for claim in claims)
    desk = cast.officer("LT", "desk")
    assert desk.get("/messages").status == 200
    page = opened(desk, name)
    assert page.status == 200
    assert "\u202e" not in page.html


@pytest.mark.parametrize("size", ["1" * 320, "1" * 5_000, str(ATTACHMENT_BYTES + 1), "-1", "1e3", "1.0", "NaN"])
def test_a_size_that_no_file_has_is_refused_before_the_receipt(cast: Cast, size: str) -> None:
    attachment = {"name": "a", "media": "", "size": 7777, "blob": "b" * 64, "key": "c" * 64}
    text = text_with({"attachments": [attachment]}).replace(b"7777", size.encode())
    data = forged(cast.network, "LT", sender="FR", text=text, head={"blobs": ["b" * 64]})["LT"]
    assert receipt_of(cast.network, data, line="FR", to="LT").step == "refused"
    assert cast.officer("LT", "desk").get("/messages").status == 200


def test_a_member_that_stands_twice_in_what_is_signed_is_refused(cast: Cast) -> None:
    for twice in (b'"subject":"a","subject":"b",', b'"subject":"b","sub\\u006aect":"b",'):
        text = text_of().replace(b'"subject":"Vehicle",', twice)
        data = forged(cast.network, "LT", sender="FR", text=text)["LT"]
        assert receipt_of(cast.network, data, line="FR", to="LT").step == "refused"
    data = forged(cast.network, "LT", sender="FR", doubled=b'"handling":"confidential",')["LT"]
    assert receipt_of(cast.network, data, line="FR", to="LT").step == "refused"
