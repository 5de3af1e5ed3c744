"""What a rulebook says of sessions and passwords is told as it is: nothing is said to be done that was not."""

import ast
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import msgspec
import pytest

import comity
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.written import Retired
from comity.testing import Network
from tests.scenarios.test_amended_rulebooks import draft_of, publish
from tests.web.conftest import Browser, Cast

FACES = [path for face in ("api", "web") for path in sorted((Path(comity.__file__).parent / face).glob("*.py"))]


@pytest.fixture
def cast(founded: Network, tmp_path: Path) -> Iterator[Cast]:
    found = Cast(Network(tmp_path, like=founded))
    yield found
    found.close()


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on whoever drafts and publishes has an older program, which takes in what this one does not."""
    for at in ("comity.rules.amending.amend", "comity.members.publication.amend"):
        monkeypatch.setattr(at, lambda _old, _new: None)


def go_by(cast: Cast, book: Rulebook) -> None:
    publish(cast.network, draft_of(cast.network, book.encode()))
    cast.network.turn(2)


def holding(kind: str) -> Rulebook:
    rule = Rule("X-1", "X 1", "Another one looks at it first.", "hold", (kind,), "is_node", {"days": 1.0})
    return msgspec.structs.replace(MODEL_RULEBOOK, version="own", rules=(*MODEL_RULEBOOK.rules, rule))


def of_no_role(*, with_own: bool) -> Rulebook:
    """Inspectors may not do anything about sessions, by the roles; ``with_own`` ground of whoever has one, or without.

    Without it a rulebook is one of before.
    """
    roles = MODEL_RULEBOOK.find_rule("RPD-21.1")
    assert roles is not None
    values = roles.values | {"inspector": ["query.*", "record.read", "password.*"]}
    rules = tuple(msgspec.structs.replace(rule, values=values) if rule is roles else rule for rule in
                  MODEL_RULEBOOK.rules)  # fmt: skip
    if not with_own:
        rules = tuple(rule for rule in rules if rule.number != "CTY-3.3")
    gone = () if with_own else (Retired("CTY-3.3", "ground", "is_officer", ("session.close",)),)
    retired = (*MODEL_RULEBOOK.retired, *gone)
    return msgspec.structs.replace(MODEL_RULEBOOK, version="own", rules=rules, retired=retired)


def is_signed_in(browser: Browser, cookies: dict[str, str]) -> bool:
    browser.cookies = dict(cookies)
    return browser.get("/check").status == 200 and "Sign in" not in browser.get("/check").words


def test_whoever_is_signed_in_signs_out_whatever_the_roles_include(cast: Cast) -> None:
    officer, token = cast.officer("LT", "inspector"), cast.network.officer("LT", "ruta", "inspector").token
    cookies = dict(officer.cookies)
    go_by(cast, of_no_role(with_own=True))
    assert officer.call("DELETE", "/v1/sessions", token).status_code == 204
    assert officer.call("GET", "/v1/members", token).status_code == 401
    officer.cookies = dict(cookies)
    assert officer.post("/sign-out", {}).at == "http://x/sign-in"
    assert not is_signed_in(officer, cookies)


@pytest.mark.parametrize(("book", "status", "code"), [
    (of_no_role(with_own=False), 403, "refused"), (holding("session.close"), 202, "held"),
], ids=["refused", "held"])  # fmt: skip
def test_signing_out_that_is_not_done_is_never_said_to_be(
    cast: Cast, older: None, book: Rulebook, status: int, code: str
) -> None:
    del older
    officer, token = cast.officer("LT", "inspector"), cast.network.officer("LT", "ruta", "inspector").token
    cookies = dict(officer.cookies)
    go_by(cast, book)
    answer = officer.call("DELETE", "/v1/sessions", token)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    officer.cookies = dict(cookies)
    page = officer.post("/sign-out", {})
    assert (page.status, page.at) == (status, "http://x/sign-out")
    assert "Another one looks at it first." in page.words or "RPD-21.1" in page.words
    assert is_signed_in(officer, cookies)


def test_a_password_whose_choice_waits_is_said_to_wait(cast: Cast) -> None:
    officer, token = cast.officer("LT", "inspector"), cast.network.officer("LT", "ruta", "inspector").token
    go_by(cast, holding("password.set"))
    chosen = {"password": "a long sentence of mine", "again": "a long sentence of mine"}
    page = officer.post("/password", chosen)
    assert "It is held, and not done yet." in page.words
    assert "Another one looks at it first." in page.words
    assert "Your password is set" not in page.words
    assert "Refused ()" not in page.words
    answer = officer.call("POST", "/v1/password", token, json={"password": "a long sentence of mine"})
    assert (answer.status_code, answer.json()["code"]) == (202, "held")


def test_a_password_that_the_rules_refuse_names_the_rule(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    refusing = Rule("X-1", "X 1", "Nobody chooses one.", "condition", ("password.set",), "is_node")
    go_by(cast, msgspec.structs.replace(MODEL_RULEBOOK, version="own", rules=(*MODEL_RULEBOOK.rules, refusing)))
    page = officer.post("/password", {"password": "a long sentence of mine", "again": "a long sentence of mine"})
    assert (page.status, "Nobody chooses one." in page.words, "X-1" in page.words) == (403, True, True)


def test_signing_in_that_an_older_rulebook_holds_is_no_wrong_password(cast: Cast, older: None) -> None:
    del older
    officer = cast.officer("LT", "inspector")
    officer.post("/password", {"password": "a long sentence of mine", "again": "a long sentence of mine"})
    go_by(cast, holding("session.open"))
    again = cast.nobody("LT")
    again.name, again.password = officer.name, "a long sentence of mine"
    assert "held by X-1, and nobody can release it" in again.sign_in().words
    again.password = "another long sentence"
    assert "do not belong together" in again.sign_in().words


def _thrown_away(path: Path) -> Iterator[tuple[str, str]]:
    """The desks and methods of a node that are called, and whose outcome nobody looks at."""
    for each in ast.walk(ast.parse(path.read_text())):
        call = each.value if isinstance(each, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        desk = call.func.value
        if isinstance(desk, ast.Attribute) and ast.unparse(desk.value).endswith("node"):
            yield desk.attr, call.func.attr


def test_no_face_throws_away_what_became_of_an_act(cast: Cast) -> None:
    node = cast.network.nodes["LT"]
    found = {(path.name, desk, method) for path in FACES for desk, method in _thrown_away(path)}
    assert ("files.py", "files", "drop") in found, "which is no act, and shows that this looks"
    acts = {each for each in found if "Outcome" in str(signature(getattr(getattr(node, each[1]), each[2])))}
    assert acts == set()
