from datetime import timedelta

import pytest

from comity.characters import is_one_line
from comity.web.front import Front

from .conftest import Browser, Cast, Page

MEASURE = {"member": "BR", "channel": "enter", "state": "suspended", "reason": "Entries without ground.",
           "reference": "RPD 131", "until_at": "2026-12-20"}  # fmt: skip


def preview(duty: Browser, **more: str) -> Page:
    return duty.post("/standing", MEASURE | more | {"step": "preview"})


def test_before_it_is_done_it_is_said_who_is_affected_how(cast: Cast) -> None:
    page = preview(cast.officer("GS", "duty"))
    assert "Every officer of BR (Brazil) is refused on this channel, by every node: Entering records" in page.words
    assert "Set it on the record" in page.words


def test_a_measure_is_taken_and_then_stands_in_the_table(cast: Cast) -> None:
    duty = cast.officer("GS", "duty")
    seen = preview(duty).field("seen")
    page = duty.post("/standing", MEASURE | {"step": "set", "seen": seen})
    assert "The measure is taken" in page.words
    cast.network.turn(1)
    assert "Entries without ground. (RPD 131)" in duty.get("/standing").words
    assert "Entries without ground. (RPD 131)" in cast.officer("LT", "inspector").get("/status").words


def test_what_was_changed_after_the_preview_is_previewed_again(cast: Cast) -> None:
    duty = cast.officer("GS", "duty")
    seen = preview(duty, member="FR").field("seen")
    page = duty.post("/standing", MEASURE | {"member": "LT", "step": "set", "seen": seen})
    assert "Every officer of LT" in page.words
    assert "is taken" not in page.words


def test_a_measure_that_breaks_a_rule_keeps_the_form(cast: Cast) -> None:
    duty = cast.officer("GS", "duty")
    seen = preview(duty, reason="", member="FR").field("seen")
    page = duty.post("/standing", MEASURE | {"reason": "", "member": "FR", "step": "set", "seen": seen})
    assert "Refused (RPD-131.3)" in page.words
    assert page.field("reference") == "RPD 131"


def test_a_bureaus_duty_officer_takes_no_measure(cast: Cast) -> None:
    duty = cast.officer("LT", "duty")
    assert "Measures are taken at the secretariat" in duty.get("/standing").words
    seen = "0"
    assert "is taken" not in duty.post("/standing", MEASURE | {"step": "set", "seen": seen}).words


@pytest.mark.parametrize("path", ["/status", "/standing"])
def test_what_a_patched_secretariat_signed_is_shown_with_the_numbers_of_what_nobody_sees(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    hidden = "\u200b\u202e\u3164\ufeff\u00ad"
    monkeypatch.setattr("comity.members.measure.verify_line", lambda *_: None)
    network = cast.network
    network.nodes["GS"].measures.set_standing(
        network.officer("GS", f"olga-{path[1:]}", "duty"), "XX", "message", "suspended", reason=f"No{hidden}reason",
        reference=f"EC{hidden}7", until_at=network.now + timedelta(days=30),
    )  # fmt: skip
    network.settle(3)
    page = cast.officer("GS", "duty").get(path)
    assert "No<U+200B><U+202E><U+3164><U+FEFF><U+00AD>reason" in page.words.replace("&lt;", "<").replace("&gt;", ">")
    assert not set(hidden) & set(page.html)


def test_every_text_that_a_page_writes_is_shown_so_and_only_texts_of_several_lines_keep_theirs(cast: Cast) -> None:
    environment = Front(cast.network.nodes["LT"])._environment

    def shown(template: str, text: str) -> str:
        return environment.from_string(template).render(text=text)

    everything = "".join(each for each in map(chr, range(0x110000)) if not is_one_line(each))
    seen = "".join(each for each in everything if each not in "\n\r\t" and not 0xD800 <= ord(each) < 0xE000)
    for template in ("{{ text }}", '{{ _("of %(text)s", text=text) }}', '<a title="{{ text }}">', "{{ text|line }}"):
        assert not set(seen) & set(shown(template, seen)), template
        assert "&lt;U+200B&gt;" in shown(template, "a\u200bb"), template
        assert "<script>" not in shown(template, "<script>\u200b"), template
    assert shown("{{ text|lines }}", "a\u200bb\nc\u202ed") == "a\u200bb\nc&lt;U+202E&gt;d"
    assert shown("{{ text }}", "<b>\u200b") == "&lt;b&gt;&lt;U+200B&gt;"
