import pytest

from .conftest import OWN, Cast

CHECK = {"number": "19AC45678", "country": "FRA", "purpose": "border-control"}


@pytest.mark.parametrize("path", ["/", "/check", "/enter", "/ledger", "/officers", "/standing", "/status", "/password"])
def test_nobody_sees_a_page_without_signing_in(cast: Cast, path: str) -> None:
    page = cast.nobody().get(path)
    assert "Sign in" in page.words
    assert "Sign out" not in page.words


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(cast: Cast) -> None:
    browser = cast.nobody()
    password = cast.network.nodes["LT"].officers.give("ruta.k", "R. K.", ("inspector",))
    answer = browser.raw("/sign-in", {"officer": "ruta.k", "password": password}, OWN)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert cookie.startswith("comity-lt=")


def test_a_wrong_password_says_the_next_step_and_keeps_the_name(cast: Cast) -> None:
    page = cast.nobody().post("/sign-in", {"officer": "ruta.k", "password": "not-my-password"})
    assert page.status == 401
    assert "wait a minute" in page.words
    assert page.field("officer") == "ruta.k"
    assert "not-my-password" not in page.html


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_leads_to_no_other_site(cast: Cast, to: str) -> None:
    browser = cast.nobody()
    name = f"x{abs(hash(to))}"[:20]
    password = cast.network.nodes["LT"].officers.give(name, "X", ("inspector",))
    answer = browser.raw("/sign-in", {"officer": name, "password": password, "next": to}, OWN)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver.local"},
    ],
)
def test_forms_of_other_sites_do_nothing(cast: Cast, headers: dict[str, str]) -> None:
    officer = cast.officer("LT", "inspector")
    assert officer.raw("/check", CHECK, headers).status_code == 403
    assert officer.raw("/sign-in", {"officer": "a", "password": "b"}, headers).status_code == 403
    assert "Your checks of this session will be listed here" in officer.get("/check").words


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    assert officer.raw("/check", CHECK, {"Origin": "http://testserver.local"}).status_code == 303


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    cast.network.turn(0)
    stale = dict(officer.cookies)
    officer.post("/sign-out", {})
    officer.cookies = stale
    page = officer.post("/check", CHECK | {"reference": "case 77"})
    assert page.status == 401
    assert "What you typed is kept" in page.words
    password = cast.network.nodes["LT"].officers.give("next.shift", "N. S.", ("inspector",))
    kept = {f"kept.{name}": page.field(f"kept.{name}") for name in (*CHECK, "reference")}
    back = officer.post("/sign-in", {"officer": "next.shift", "password": password, "next": page.field("next")} | kept)
    assert (back.field("number"), back.field("reference")) == ("19AC45678", "case 77")
    assert "nothing was done with it yet" in back.words


def test_signing_out_forgets_the_desk(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    shown = officer.post("/check", CHECK)
    assert "Hit" in shown.words
    officer.post("/sign-out", {})
    assert "19AC45678" not in officer.get("/check").html


def test_a_one_time_password_is_followed_by_an_own_one(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    password = cast.network.nodes["LT"].officers.give("one.time", "O. T.", ("inspector",))
    officer.post("/sign-in", {"officer": "one.time", "password": password})
    assert "one-time password" in officer.get("/check").words
    twice = {"password": "a sentence of mine", "again": "another sentence"}
    assert "not the same" in officer.post("/password", twice).words
    assert "at least 12 characters" in officer.post("/password", {"password": "x", "again": "x"}).words
    page = officer.post("/password", {"password": "a sentence of mine", "again": "a sentence of mine"})
    assert "Your password is set" in page.words
    assert "one-time password" not in officer.get("/check").words
