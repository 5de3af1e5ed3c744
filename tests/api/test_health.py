from .conftest import Cast


def test_health_is_open_to_anybody_and_names_what_is_wrong(cast: Cast) -> None:
    assert cast.nobody().get("/health").json() == {"is_ok": True, "problems": []}
    cast.network.cut("LT")
    try:
        answer = cast.nobody().get("/health")
    finally:
        cast.network.mend("LT")
    assert answer.status_code == 503
    assert [problem["code"] for problem in answer.json()["problems"]] == ["line-down"]
    assert all(problem["next_step"] for problem in answer.json()["problems"])


def test_a_wrong_passphrase_does_not_unlock(cast: Cast) -> None:
    answer = cast.nobody().post("/v1/unlock", {"passphrase": "wrong"})
    assert answer.status_code == 403
    right = cast.network.founding.passphrases["LT"]
    assert cast.nobody().post("/v1/unlock", {"passphrase": right}).status_code == 204


def test_what_is_nowhere_is_a_problem_in_json_below_v1_and_a_page_elsewhere(cast: Cast) -> None:
    assert cast.nobody().get("/v1/nowhere").json()["code"] == "unknown"
    assert cast.nobody().delete("/v1/queries").status_code == 405
    assert "<!doctype html>" in cast.nobody().get("/nowhere").text
