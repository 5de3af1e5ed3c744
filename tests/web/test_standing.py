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
