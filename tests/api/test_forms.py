"""Forms on the API: a hit is asked about and answered, and what cannot be is said by the field's name."""

from typing import Any

import pytest

from tests.api.conftest import Caller, Cast

NUMBER = "20CF00001"


@pytest.fixture(scope="module")
def asked(cast: Cast) -> dict[str, str]:
    """A question about a hit that LT had on FR's record, as its body."""
    record = {"number": NUMBER, "country": "FRA", "type": "passport", "loss": "stolen"}
    body = {"register": "travel-documents", "records": [record], "is_lawful": True}
    assert cast.officer("FR", "registrar").post("/v1/records", body).status_code == 201
    cast.network.settle()
    query = {"number": NUMBER, "country": "FRA", "purpose": "border-control"}
    found = cast.officer("LT", "inspector").post("/v1/queries", query).json()
    hit = next(each for each in found["answers"] if each["answer"] == "hit")
    cast.network.settle(3)
    return {
        "to": hit["hits"][0]["source"], "record": hit["hits"][0]["record"], "register": hit["register"],
        "entry": found["record"]["counterpart"]["entry"], "within": "10-minutes",
    }  # fmt: skip


def ask(cast: Cast, asked: dict[str, str]) -> str:
    sent = cast.officer("LT", "desk").post("/v1/forms/confirm-hit", asked)
    assert sent.status_code == 201, sent.text
    cast.network.settle(3)
    return str(sent.json()["id"])


def form_at(caller: Caller, name: str, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = caller.post(f"/v1/messages/{name}/open", {}).json()["messages"][number]["form"]
    return found


def test_the_source_is_offered_the_choices_and_answers(cast: Cast, asked: dict[str, str]) -> None:
    name, fr = ask(cast, asked), cast.officer("FR", "desk")
    shown = form_at(fr, name)
    assert (shown["title"], shown["state"], shown["answer_with"]) == ("Confirm a hit", "waiting", "hit-answer")
    assert {line["name"]: line["value"] for line in shown["lines"]} == {
        name: asked[name] for name in ("record", "register", "entry")
    }
    assert "20CF00001" in shown["lines"][0]["said"], "the source sees which record of its own it is"
    described = {each["name"]: each for each in fr.get("/v1/forms").json()}[shown["answer_with"]]
    assert [each["code"] for each in described["fields"][0]["choices"]] == ["confirmed", "denied", "not-known"]
    sent = fr.post("/v1/forms/hit-answer", {"reply_to": name, "answer": "not-known", "remark": "The file is away."})
    assert sent.status_code == 201
    cast.network.settle(3)
    answered = form_at(cast.officer("LT", "desk"), name, 1)
    assert (answered["headline"], answered["tone"], answered["late"]) == (
        "Hit: Not known (Travel documents: Passport 20CF00001 of FRA: Stolen from bearer)",
        "care",
        "",
    )
    line = cast.officer("LT", "desk").get("/v1/messages?most=1").json()["messages"][0]
    assert (line["headline"], line["subject"], line["form"]) == (
        f"Hit: Not known (Travel documents: {asked['record'][:12]})",
        "",
        "hit-answer",
    )


def test_whoever_asked_is_offered_no_answer(cast: Cast, asked: dict[str, str]) -> None:
    assert form_at(cast.officer("LT", "desk"), ask(cast, asked))["answer_with"] == ""


@pytest.mark.parametrize(
    ("changed", "status", "where"),
    [
        ({"record": "?"}, 422, "record"),
        ({"record": "", "register": ""}, 422, "record, register"),
        ({"remark": "A" * 2_001}, 422, "remark"),
        ({"within": "never"}, 422, "within"),
        ({"traveller": "Somebody"}, 422, "body"),
        ({"to": "ZZ"}, 404, "to"),
        ({"to": "fr?"}, 422, "member"),
        ({"handling": "secret"}, 403, ""),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(
    cast: Cast, asked: dict[str, str], changed: dict[str, str], status: int, where: str
) -> None:
    answer = cast.officer("LT", "desk").post("/v1/forms/confirm-hit", asked | changed)
    assert answer.status_code == status, answer.text
    if where != "body":
        assert answer.json()["where"] == where


def test_an_answer_names_what_it_answers_and_only_whoever_was_asked_gives_one(
    cast: Cast, asked: dict[str, str]
) -> None:
    name = ask(cast, asked)

    def answer(code: str, reply_to: str, *roles: str) -> tuple[int, list[str]]:
        body = {"reply_to": reply_to, "answer": "denied"}
        found = cast.officer(code, *roles).post("/v1/forms/hit-answer", body)
        return found.status_code, [each["number"] for each in found.json().get("rules", ())]

    assert answer("FR", "", "desk") == (422, [])
    assert answer("FR", "0" * 64, "desk") == (404, [])
    assert answer("BR", name, "desk") == (404, []), "it is not there"
    assert answer("FR", name, "inspector") == (403, ["RPD-21.1"])
    assert answer("LT", name, "desk")[0] == 403
    assert "CTY-4.12" in answer("LT", name, "desk")[1]
