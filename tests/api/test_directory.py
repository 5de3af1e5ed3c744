from datetime import timedelta
from typing import Any

import pytest

from comity.testing import START

from .conftest import Cast


def measure(**more: Any) -> dict[str, Any]:
    until = (START + timedelta(days=30)).isoformat()
    return {"member": "XX", "channel": "query", "state": "suspended", "reason": "Article 3.",
            "reference": "RPD 131", "until_at": until} | more  # fmt: skip


def standing_of(cast: Cast, member: str) -> dict[str, str]:
    members = cast.officer("LT", "inspector").get("/v1/members").json()["members"]
    (found,) = [each for each in members if each["code"] == member]
    return {said["channel"]: said["state"] for said in found["standing"]}


def test_a_measure_of_the_secretariat_is_known_and_holds_everywhere(cast: Cast) -> None:
    assert standing_of(cast, "XX")["query"] == "open"
    duty = cast.officer("GS", "duty")
    assert duty.post("/v1/standing", measure()).status_code == 200
    cast.network.turn(1)
    assert standing_of(cast, "XX") == {"query": "suspended", "enter": "open", "message": "open"}
    asked = {"number": "1", "country": "FRA", "purpose": "border-control"}
    refused = cast.officer("XX", "inspector").post("/v1/queries", asked)
    assert (refused.status_code, refused.json()["rules"][0]["number"]) == (403, "RPD-131.1")
    assert duty.post("/v1/standing", measure(state="open", until_at="")).status_code == 200


@pytest.mark.parametrize(
    ("code", "roles", "change", "rule"),
    [
        ("LT", ("duty",), {}, "RPD-131.2"),
        ("GS", ("auditor",), {}, "RPD-21.1"),
        ("GS", ("duty",), {"reason": " "}, "RPD-131.3"),
        ("GS", ("duty",), {"until_at": ""}, "RPD-131.4"),
    ],
)
def test_a_measure_that_breaks_a_rule_is_not_taken(
    cast: Cast, code: str, roles: tuple[str, ...], change: dict[str, str], rule: str
) -> None:
    answer = cast.officer(code, *roles).post("/v1/standing", measure(member="BR", **change))
    assert answer.status_code == 403
    assert rule in [each["number"] for each in answer.json()["rules"]]
    cast.network.turn(1)
    assert standing_of(cast, "BR")["query"] == "open"


@pytest.mark.parametrize(
    "change",
    [
        {"member": "QQ"},
        {"member": "?"},
        {"channel": "x"},
        {"state": "x"},
        {"until_at": "x"},
        {"until_at": "2026-11-22"},
    ],
)
def test_a_measure_that_cannot_be_read_says_where(cast: Cast, change: dict[str, str]) -> None:
    answer = cast.officer("GS", "duty").post("/v1/standing", measure(**change))
    assert answer.status_code in (404, 422)
    assert answer.json()["where"] == next(iter(change))


@pytest.mark.parametrize("draft", ["", "!", "e30="])
def test_what_its_holders_did_not_sign_is_not_published(cast: Cast, draft: str) -> None:
    assert cast.officer("GS", "duty").post("/v1/directory", {"draft": draft}).status_code in (403, 422)
