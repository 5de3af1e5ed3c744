from .conftest import Browser, Cast, Page

ROW = {"number-1": "30CC00001", "country-1": "FRA", "type-1": "passport", "loss-1": "stolen"}
AROUND = {"audience": "all but XX", "handling": "official-use", "instruction": "hold", "lawful": "1", "rows": "3"}


def preview(officer: Browser, **more: str) -> Page:
    return officer.post("/enter", ROW | AROUND | more | {"step": "preview"})


def test_before_entering_it_is_said_who_will_and_will_not_see(cast: Cast) -> None:
    page = preview(cast.officer("FR", "registrar"))
    assert "Who will see this: all members but XX" in page.words
    assert "Will see: BR FR GS LT . Will not see, nor learn that it is there: XX ." in page.words


def test_what_was_previewed_is_entered_and_its_receipt_shown(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    seen = preview(officer).field("seen")
    page = officer.post("/enter", ROW | AROUND | {"step": "enter", "seen": seen})
    assert "Delivered" in page.words
    assert "signed by GS" in page.words
    cast.network.settle()
    hit = cast.officer("LT", "inspector").post(
        "/check", {"number": "30CC00001", "country": "FRA", "purpose": "border-control"}
    )
    assert "Hit" in hit.words


def test_what_was_changed_after_the_preview_is_previewed_again(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    seen = preview(officer).field("seen")
    page = officer.post("/enter", ROW | AROUND | {"audience": "all", "step": "enter", "seen": seen})
    assert "Who will see this: all members" in page.words
    assert "Something was changed since this was shown" in page.words
    assert "Delivered" not in page.words


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(cast: Cast) -> None:
    page = preview(
        cast.officer("FR", "registrar"), **{"number-2": "31DD00001", "loss-1": "", "theft_date-1": "2099-01-01"}
    )
    assert "Nothing was entered." in page.words
    for name in ("loss-1", "theft_date-1", "country-2", "type-2", "loss-2"):
        assert f'id="fault-{name}"' in page.html
    assert 'id="fault-number-2"' not in page.html
    assert (page.field("number-2"), page.field("audience")) == ("31DD00001", "all but XX")
    assert 'name="step" value="enter"' not in page.html


def test_a_misspelt_member_keeps_a_record_from_nobody_and_is_refused(cast: Cast) -> None:
    page = preview(cast.officer("FR", "registrar"), audience="all but XQ")
    assert "No member is called XQ." in page.words
    assert "Who will see this" not in page.words
    assert 'id="audience" name="audience" value="!"' in preview(cast.officer("FR", "registrar"), audience="!").html


def test_rows_are_added_without_script_and_keep_what_was_typed(cast: Cast) -> None:
    page = cast.officer("FR", "registrar").post("/enter", ROW | AROUND | {"step": "more"})
    assert 'name="number-6"' in page.html
    assert page.field("number-1") == "30CC00001"


def test_a_refusal_keeps_the_form_and_names_its_rule(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    own = {key: value for key, value in AROUND.items() if key != "lawful"}
    seen = officer.post("/enter", ROW | own | {"step": "preview"}).field("seen")
    page = officer.post("/enter", ROW | own | {"step": "enter", "seen": seen})
    assert "Refused (RPD-12.1)" in page.words
    assert "Confirm that your national law allows it." in page.words
    assert page.field("number-1") == "30CC00001"
    ticked = officer.post("/enter", ROW | AROUND | {"step": "enter", "seen": page.field("seen")})
    assert "Delivered" in ticked.words, "ticking it is no other form"


def test_an_inspector_enters_nothing(cast: Cast) -> None:
    officer = cast.officer("FR", "inspector")
    seen = preview(officer).field("seen")
    assert "Refused (RPD-21.1)" in officer.post("/enter", ROW | AROUND | {"step": "enter", "seen": seen}).words
    assert "Enter" not in officer.get("/status").words.split("Status")[0].split()


def test_a_batch_of_another_bureau_is_not_here(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    seen = preview(officer, **{"number-1": "30CC00007"}).field("seen")
    page = officer.post("/enter", ROW | {"number-1": "30CC00007"} | AROUND | {"step": "enter", "seen": seen})
    path = page.at.removeprefix("http://x").partition("?")[0]
    assert cast.officer("XX", "registrar").get(path).status == 404
    assert officer.get("/entered/nothing").status == 404


def test_a_person_is_entered_by_hand_and_found_by_name(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    assert 'name="names.family-1"' in officer.get("/enter?register=persons").html
    row = {
        "register": "persons", "reference-1": "HAND-1", "status-1": "missing", "names.given-1": "Élodie",
        "names.family-1": "Vantour", "births.from-1": "1990-02", "rows": "3", "lawful": "1", "audience": "all",
    }  # fmt: skip
    page = officer.post("/enter", row | {"step": "preview"})
    assert "Restricted" in page.words
    assert "5 years from now" in page.words
    entered = officer.post("/enter", row | {"step": "enter", "seen": page.field("seen")})
    assert "Delivered" in entered.words
    cast.network.settle()
    hit = cast.officer("LT", "inspector").post(
        "/check", {"name": "VANTOUR elodie", "birth_date": "1990", "purpose": "border-control"}
    )
    assert "HAND-1" in hit.words


def test_what_is_wrong_with_a_person_is_said_at_its_column(cast: Cast) -> None:
    officer = cast.officer("FR", "registrar")
    row = {"register": "persons", "reference-1": "HAND-2", "births.from-1": "soon", "rows": "3", "audience": "all"}
    page = officer.post("/enter", row | {"step": "preview"})
    for name in ("status-1", "births.from-1"):
        assert f'id="fault-{name}"' in page.html
    assert page.field("register") == "persons"
