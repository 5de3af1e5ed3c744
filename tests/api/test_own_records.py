"""Own records by the API: the same as on pages, for national systems."""

from typing import Any

import pytest

from .conftest import Caller, Cast
from .test_records import RECORD, batch


def enter(cast: Cast, by: Caller, number: str, **more: Any) -> str:
    """Enter one record; its number among records."""
    by.post("/v1/records", batch(RECORD | {"number": number}, **more))
    cast.network.settle(2)
    found = by.get(f"/v1/records?register=travel-documents&search={number}").json()["records"]
    return str(found[0]["id"])


def test_an_own_record_is_found_looked_at_and_taken_out(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    record = enter(cast, registrar, "20BB10009")
    whole = registrar.get(f"/v1/records/{record}").json()
    assert (whole["shown"]["name"], whole["shown"]["state"]) == ("20BB10009 FRA", "in-force")
    assert whole["fields"]["loss"] == "stolen"
    assert whole["sight"]["not_seeing"] == []
    form = {"records": [record], "verb": "take-out", "why": "Found again."}
    [drafted] = registrar.post("/v1/records/draft", form).json()["records"]
    assert drafted["after"] is None
    assert "LT" in drafted["losing"]
    done = registrar.post("/v1/records/amend", form).json()
    assert done["consignment"]["state"] == "underway"
    cast.network.settle(4)
    assert registrar.get(f"/v1/records/changes/{done['consignment']['id']}").json()["state"] == "entered"
    gone = registrar.get(f"/v1/records/{record}").json()
    assert (gone["shown"]["state"], gone["fields"]) == ("taken-out", {})
    [amended] = gone["amended"]
    assert (amended["verb"], amended["why"]) == ("take-out", "Found again.")


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"records": [], "verb": "take-out"}, 422, "Which records?"),
        ({"records": ["no-record"], "verb": "take-out"}, 404, "is no record's number"),
        ({"records": [f"{'0' * 64}.0"], "verb": "take-out"}, 404, "has entered no such record"),
        ({"records": ["OWN"], "verb": "restrict"}, 422, "It is missing."),
        ({"records": ["OWN"], "verb": "restrict", "audience": "all but QQ"}, 422, "No member is called QQ"),
        ({"records": ["OWN"], "verb": "restrict", "audience": "LT"}, 422, "A source is in the audience"),
        ({"records": ["OWN"], "verb": "correct", "fields": {}}, 422, "number"),
        ({"records": ["OWN"], "verb": "prolong", "expires_on": "2027-01-01"}, 422, "It is kept until"),
        ({"records": ["OWN"], "verb": "prolong", "expires_on": "2199-01-01"}, 422, "years at most"),
        ({"records": ["OWN"], "verb": "burn"}, 422, "burn"),
    ],
)
def test_what_cannot_be_done_to_own_records_is_refused_by_name(
    cast: Cast, form: dict[str, Any], status: int, said: str
) -> None:
    registrar = cast.officer("FR", "registrar")
    if "OWN" in form["records"]:
        form = form | {"records": [enter(cast, registrar, "20BB10010")]}
    answer = registrar.post("/v1/records/amend", form)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_another_members_record_is_not_ours_to_change_or_see(cast: Cast) -> None:
    theirs = enter(cast, cast.officer("FR", "registrar"), "20BB10011")
    registrar = cast.officer("LT", "registrar")
    for answer in (
        registrar.get(f"/v1/records/{theirs}"),
        registrar.post("/v1/records/amend", {"records": [theirs], "verb": "take-out"}),
    ):
        assert answer.status_code == 404
        assert "This bureau has entered no such record" in answer.text


def test_a_list_is_filtered_ordered_and_goes_on(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    for day, number in (("2031-05-05", "20BB10021"), ("2029-05-05", "20BB10022"), ("2030-05-05", "20BB10023")):
        enter(cast, registrar, number, expires_on=day)

    def listed(query: str) -> list[str]:
        found = registrar.get(f"/v1/records?register=travel-documents&ends_from=2029-01-01&{query}").json()
        return [each["name"][:9] for each in found["records"]]

    assert listed("ends_by=2031-05-05") == ["20BB10023", "20BB10022", "20BB10021"]
    assert listed("ends_by=2031-05-05&order=ends-first") == ["20BB10022", "20BB10023", "20BB10021"]
    assert listed("ends_by=2031-05-04&order=ends-first") == ["20BB10022", "20BB10023"]
    assert listed("ends_by=2031-05-05&status=lost") == []
    for order in ("newest", "ends-first"):
        seen, after = [], ""
        for _page in range(3):
            query = f"ends_from=2029-01-01&ends_by=2031-05-05&order={order}&most=1&after={after}"
            found = registrar.get(f"/v1/records?register=travel-documents&{query}").json()
            seen += [each["name"][:9] for each in found["records"]]
            after = found["next"]
        assert after == ""
        assert seen == listed(f"ends_by=2031-05-05&order={order}")
    wrong = registrar.get("/v1/records?register=travel-documents&status=eaten")
    assert (wrong.status_code, "status" in wrong.json()["where"]) == (422, True)
    assert registrar.get("/v1/records?register=travel-documents&after=x").status_code == 422
    assert registrar.get("/v1/records?register=travel-documents&ends_by=soon").json()["where"] == "ends_by"
