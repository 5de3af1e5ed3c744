from typing import Any

import pytest

from .conftest import Cast

RECORD = {"number": "20BB00001", "country": "FRA", "type": "passport", "loss": "stolen"}


def batch(*records: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"register": "travel-documents", "records": list(records), "is_lawful": True, **more}


def test_a_registrar_enters_and_the_keepers_receipt_comes_back(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    answer = registrar.post("/v1/records", batch(RECORD, RECORD | {"number": "20BB00002"}))
    assert answer.status_code == 201
    entered = answer.json()
    assert (entered["delivery"], entered["receipt"]["member"]) == ("delivered", "GS")
    assert entered["position"] > 0
    again = registrar.get(f"/v1/batches/{entered['batch']}").json()
    assert (again["delivery"], again["position"]) == ("delivered", entered["position"])


def test_a_batch_waits_while_the_line_is_down_and_is_delivered_after(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    cast.network.cut("FR")
    entered = registrar.post("/v1/records", batch(RECORD | {"number": "20BB00003"})).json()
    assert entered["delivery"] == "queued"
    cast.network.mend("FR")
    cast.network.turn(10)
    assert registrar.get(f"/v1/batches/{entered['batch']}").json()["delivery"] == "delivered"


@pytest.mark.parametrize(
    ("roles", "body", "rule"),
    [
        (("inspector",), batch(RECORD), "RPD-21.1"),
        (("registrar",), batch(RECORD | {"country": "LTU"}), "TD-1.2"),
        (("registrar",), batch(RECORD) | {"is_lawful": False}, "RPD-12.1"),
    ],
)
def test_what_the_rulebook_refuses_is_not_entered(
    cast: Cast, roles: tuple[str, ...], body: dict[str, Any], rule: str
) -> None:
    answer = cast.officer("FR", *roles).post("/v1/records", body)
    assert answer.status_code == 403
    assert [each["number"] for each in answer.json()["rules"]] == [rule]


def test_every_field_that_is_wrong_is_named_by_record(cast: Cast) -> None:
    body = batch(RECORD, {"number": "", "country": "FRA", "type": "car", "loss": "stolen"})
    answer = cast.officer("FR", "registrar").post("/v1/records", body)
    assert answer.status_code == 422
    assert answer.json()["where"] == "records[1].number, records[1].type"


@pytest.mark.parametrize(
    "body", [batch(), batch(RECORD) | {"register": "cars"}, batch(RECORD, audience="some of us"), {"register": "x"},
             batch(RECORD) | {"misspelt": 1}, batch(RECORD, expires_on="soon"), batch(*[RECORD] * 1001)]
)  # fmt: skip
def test_a_form_that_cannot_be_used_is_refused_before_the_act(cast: Cast, body: dict[str, Any]) -> None:
    assert cast.officer("FR", "registrar").post("/v1/records", body).status_code == 422


def test_another_bureaus_batch_is_not_here_for_the_outsider(cast: Cast) -> None:
    entered = cast.officer("FR", "registrar").post("/v1/records", batch(RECORD | {"number": "20BB00009"})).json()
    assert cast.officer("XX", "registrar").get(f"/v1/batches/{entered['batch']}").status_code == 404
    assert cast.officer("GS", "registrar").get(f"/v1/batches/{entered['batch']}").status_code == 404
