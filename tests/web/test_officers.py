from .conftest import Cast

FORM = {"name": "ona.z", "title": "O. Z.", "roles": ["inspector", "auditor"]}


def test_a_one_time_password_is_shown_once(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    page = administrator.post("/officers", FORM)
    assert "One-time password for ona.z" in page.words
    again = administrator.get(page.at.removeprefix("http://x"))
    assert "One-time password for" not in again.words
    assert "shown once" in again.words
    assert "inspector, auditor" in again.words


def test_a_disabled_officer_is_out(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    other = cast.officer("LT", "inspector")
    page = administrator.post(f"/officers/{other.name}/disable", {})
    assert f"{other.name} is disabled" in page.words
    assert "Sign in" in other.get("/check").words


def test_a_reset_gives_a_new_one_time_password(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    other = cast.officer("LT", "inspector")
    assert f"One-time password for {other.name}" in administrator.post(f"/officers/{other.name}/reset", {}).words


def test_a_name_that_was_used_is_refused_with_the_form_kept(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    administrator.post("/officers", FORM | {"name": "used.name"})
    page = administrator.post("/officers", FORM | {"name": "used.name", "title": "Somebody else"})
    assert "never used again" in page.words
    assert (page.field("name"), page.field("title")) == ("used.name", "Somebody else")


def test_others_neither_see_nor_change_officers(cast: Cast) -> None:
    other = cast.officer("LT", "inspector", "auditor")
    assert other.get("/officers").status == 403
    assert other.post("/officers", FORM | {"name": "sly.one"}).status == 403
    assert "sly.one" not in cast.officer("LT", "administrator").get("/officers").html
