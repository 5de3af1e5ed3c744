"""Own records by the API."""

import pytest

from .conftest import Cast
from .test_records import RECORD, batch


def test_an_own_record_is_found_and_taken_out(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    registrar.post("/v1/records", batch(RECORD | {"number": "20BB00009"})).json()
    cast.network.settle(2)
    found = registrar.get("/v1/records?register=travel-documents&search=20BB00009").json()
    print(found)
    [record] = found["records"]
    whole = registrar.get(f"/v1/records/{record['id']}")
    print(whole.text)
    form = {"records": [record["id"]], "verb": "take-out", "why": "Found again."}
    print(registrar.post("/v1/records/draft", form).text)
    done = registrar.post("/v1/records/amend", form)
    print(done.text)
    cast.network.settle(4)
    print(registrar.get(f"/v1/records/{record['id']}").text)
    assert 0
