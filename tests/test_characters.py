"""Characters that turn a line round or that nobody sees pass nowhere in a line, and do nothing where they are shown."""

import unicodedata
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.characters import escape_json, is_one_line, show_line, show_lines, verify_all_lines, verify_line
from comity.cli.speech import say, say_json, say_table
from comity.errors import MalformedError
from comity.exchange.reading import LIST, MessagesWanted
from comity.peer.brought import FileForm
from comity.peer.messenger import MessageForm
from comity.testing import Network
from tests.exchange.envelopes import forged, receipt_of, text_of
from tests.peer.frames import COMPLAINT, frame_of, make_question, put
from tests.scenarios.desks import Desk

HIDDEN = [*map(chr, (
    0x00, 0x07, 0x08, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200E,
    0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0x2800, 0x3164,
    0xFEFF, 0xFFA0, 0xFFF9, 0xE0001, 0xE0041, 0xE007F,
))]  # fmt: skip
SEEN = ["\u06cc\u200c\u062e", "\U0001f468\u200d\U0001f469", "\u00a0", "\u202f", "\u3000", "\u0600\u0661", "\ufe0f", "é"]
"""What people write: joiners in Persian, Kurdish and signs, spaces of languages, signs of numbers, variants."""


def test_every_format_control_and_line_end_of_unicode_is_in_the_set_but_what_words_need() -> None:
    passing = {
        each for each in map(chr, range(0x110000))
        if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and is_one_line(each)
    }  # fmt: skip
    numbers = {each for each in passing if unicodedata.bidirectional(each) in ("AN", "AL") or ord(each) in (
        0x110BD, 0x110CD)}  # fmt: skip
    assert passing - numbers == {"\u200c", "\u200d"}


@pytest.mark.parametrize("line", SEEN)
def test_what_people_write_passes_and_is_shown_as_it_is(line: str) -> None:
    verify_line(f"a{line}b", "field")
    assert show_line(line) == show_lines(line) == line


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda each: f"U+{ord(each):04X}")
def test_each_is_refused_with_its_number_and_place_and_shown_by_its_number(hidden: str) -> None:
    with pytest.raises(MalformedError, match=f"Character 3 is U\\+{ord(hidden):04X}"):
        verify_line(f"ab{hidden}c", "field")
    assert show_line(f"ab{hidden}c") == f"ab<U+{ord(hidden):04X}>c"
    with pytest.raises(MalformedError):
        verify_all_lines(msgspec.json.encode({"a": [{"b": f"x{hidden}"}]}), "field")
    with pytest.raises(MalformedError):
        verify_all_lines(msgspec.json.encode({hidden: 1}), "field")


@given(st.text())
def test_json_with_escapes_means_the_same_and_obeys_nobody(text: str) -> None:
    text = text.encode(errors="ignore").decode()
    written = escape_json(msgspec.json.format(msgspec.json.encode([text])).decode())
    assert msgspec.json.decode(written) == [text]
    assert all(is_one_line(line) for line in written.split("\n"))


# Where they come in


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda each: f"U+{ord(each):04X}")
def test_no_line_of_a_peer_has_one(network: Network, hidden: str) -> None:
    attachment = {"name": "a", "media": "", "size": 1, "blob": "b" * 64, "key": "c" * 64}
    for wrong in (
        {"subject": f"re{hidden}port"},
        {"attachments": [attachment | {"name": f"report{hidden}fdp.exe"}]},
        {"attachments": [attachment | {"media": f"a/{hidden}b"}]},
    ):
        data = forged(network, "FR", text=text_of(**wrong), head={"blobs": ["b" * 64] * ("attachments" in wrong)})
        assert receipt_of(network, data["FR"]).step == "refused"
    for field in ("officer", "post", "purpose", "reference"):
        question = make_question(network, **{field: f"a{hidden}b"})
        assert put(network, "LT", frame_of(network, question)) == COMPLAINT + b"malformed", field
    assert Desk(network, "FR").inbox() == []


@pytest.mark.parametrize("hidden", HIDDEN[7::4], ids=lambda each: f"U+{ord(each):04X}")
def test_no_line_of_an_officer_has_one(network: Network, hidden: str) -> None:
    node, desk = network.nodes["LT"], Desk(network, "LT")
    with pytest.raises(MalformedError, match=r"is U\+"):
        node.messages.send(desk.session(), _form(subject=f"a{hidden}b"))
    with pytest.raises(MalformedError, match=r"is U\+"):
        node.messages.attach(desk.session(), f"a{hidden}b.pdf", "", [b"x"])
    form = FileForm(name=f"a{hidden}b.csv", register="travel-documents", size=1)
    with pytest.raises(MalformedError, match=r"is U\+"):
        node.files.begin(network.officer("LT", "rasa", "registrar"), form)
    with pytest.raises(MalformedError, match=r"is U\+"):
        node.officers.give("jonas", f"J.{hidden}P.", ("desk",))
    for field in ("purpose", "reference"):
        with pytest.raises(MalformedError, match=r"is U\+"):
            node.messages._gate.perform(LIST, desk.session(), MessagesWanted("in"), **{field: f"a{hidden}b"})
    olga, gs = network.officer("GS", "olga", "duty"), network.nodes["GS"]
    for field in ("reason", "reference"):
        said = {"reason": "Misuse.", "reference": "EC 7", field: f"a{hidden}b"}
        with pytest.raises(MalformedError, match=r"is U\+"):
            gs.measures.set_standing(olga, "XX", "query", "review", until_at=network.now + timedelta(days=3), **said)


def _form(**changed: Any) -> Any:
    return MessageForm(**({"to": ("FR",), "subject": "s", "text": "t"} | changed))


# Where they are shown


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda each: f"U+{ord(each):04X}")
def test_no_terminal_is_told_one(hidden: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"name{hidden}")
    say_json({f"a{hidden}": f"name{hidden}"})
    say_table(["title"], [[f"name{hidden}"]])
    out = capsys.readouterr().out
    assert all(is_one_line(line) for line in out.split("\n"))
    assert out.count(f"<U+{ord(hidden):04X}>") == 2
