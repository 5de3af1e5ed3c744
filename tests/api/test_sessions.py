import pytest

from comity.limits import BODY_BYTES

from .conftest import Caller, Cast


def test_a_name_and_password_become_a_token_that_works_once_it_is_sent(cast: Cast) -> None:
    password = cast.network.nodes["LT"].officers.give("ruta.k", "R. K.", ("inspector",))
    answer = cast.nobody().post("/v1/sessions", {"officer": "ruta.k", "password": password})
    assert answer.status_code == 201
    assert answer.json()["must_choose_password"]
    ruta = Caller(cast.client("LT"), answer.json()["token"])
    assert ruta.get("/v1/members").status_code == 200


def test_strangers_learn_nothing_from_a_wrong_password_a_wrong_name_or_a_wait(cast: Cast) -> None:
    cast.network.nodes["LT"].officers.give("jonas.p", "J. P.", ("inspector",))
    tries = [("jonas.p", "wrong"), ("nobody.here", "wrong"), ("Not A Name!", "wrong"), *[("jonas.p", "no")] * 6]
    answers = [cast.nobody().post("/v1/sessions", {"officer": name, "password": word}) for name, word in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "RPD" not in answers[0].text


def test_a_token_is_worth_nothing_after_signing_out(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    assert officer.delete("/v1/sessions").status_code == 204
    assert officer.get("/v1/members").status_code == 401
    assert officer.delete("/v1/sessions").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/members"), ("GET", "/v1/ledger"), ("GET", "/v1/officers"), ("GET", "/v1/batches/x"),
     ("GET", "/v1/ledger/x"), ("POST", "/v1/ledger/verify"), ("DELETE", "/v1/sessions"), ("GET", "/metrics")],
)  # fmt: skip
def test_nobody_is_let_in_without_a_session(cast: Cast, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        answer = cast.client("LT").request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["code"] == "unauthenticated"


def test_a_chosen_password_replaces_the_one_time_password(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    assert officer.post("/v1/password", {"password": "short"}).status_code == 422
    answer = officer.post("/v1/password", {"password": "a sentence of my own"})
    assert answer.status_code == 200
    assert len(answer.json()["entry"]) == 64
    again = officer.post("/v1/password", {"password": "another sentence of mine"})
    assert (again.status_code, again.json()["where"]) == (422, "present")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"officer": 1, "password": "x"}', b'{"x":1}'])
def test_what_cannot_be_read_is_refused_as_a_problem_and_never_a_server_error(cast: Cast, body: bytes) -> None:
    answer = cast.nobody().send("/v1/sessions", body)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == "malformed"


def test_ten_million_characters_are_cut_off_before_they_are_parsed(cast: Cast) -> None:
    answer = cast.nobody().post("/v1/sessions", {"officer": "x" * 10_000_000, "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    answer = cast.nobody().post("/v1/sessions", {"officer": "x" * (BODY_BYTES - 1000), "password": "x"})
    assert answer.status_code == 422
    assert len(answer.content) < 1000


def test_every_answer_carries_the_headers_that_keep_it_where_it_belongs(cast: Cast) -> None:
    for path in ("/health", "/v1/members", "/v1/nowhere", "/sign-in", "/nowhere"):
        headers = cast.nobody().get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("body", [
    b"[" * 200_000, b'{"officer":' * 100_000, b'{"officer":"a","password":"b","x":' + b"[" * 200_000,
    b'{"officer":"a","officer":"a","password":"b"}', b'{"officer":"\\ud800","password":"b"}',
    b'\xef\xbb\xbf{"officer":"a","password":"b"}', b'{"officer":"\xff","password":"b"}', b'{"officer":NaN}',
    '{"officer":"a","password":"b"}'.encode("utf-16"), b"{} {}",
], ids=lambda body: str(body[:30]))  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/messages", "/v1/queries", "/v1/unlock"])
def test_a_body_that_others_may_read_otherwise_is_no_server_error_for_any_stranger(
    cast: Cast, path: str, body: bytes
) -> None:
    answer = cast.nobody().send(path, body)
    assert answer.status_code in (400, 401, 404)
    if path == "/v1/sessions":
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    signed_in = cast.officer("LT", "inspector").send(path, body)
    assert signed_in.status_code in (400, 403, 404)
