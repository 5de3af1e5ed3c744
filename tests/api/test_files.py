"""Files of records over the API: announced, brought in parts, looked at, entered, followed."""

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Caller, Cast

if TYPE_CHECKING:
    import httpx

TITLES = "number,country,type,loss\n"


def text_of(*numbers: str, country: str = "FRA") -> bytes:
    return (TITLES + "".join(f"{number},{country},passport,stolen\n" for number in numbers)).encode()


def begin(caller: Caller, data: bytes, **more: Any) -> dict[str, Any]:
    form = {"register": "travel-documents", "name": "lost.csv", "size": len(data), **more}
    answer = caller.post("/v1/files", form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bring(cast: Cast, caller: Caller, data: bytes, **more: Any) -> dict[str, Any]:
    begun = begin(caller, data, **more)
    assert caller.patch(f"/v1/files/{begun['id']}?offset=0", data).status_code == 200
    cast.network.settle()
    found: dict[str, Any] = caller.get(f"/v1/files/{begun['id']}").json()
    return found


def test_a_file_is_brought_in_parts_entered_and_findable(cast: Cast) -> None:
    registrar, data = cast.officer("FR", "registrar"), text_of("30BB00001", "30BB00002")
    begun = begin(registrar, data)
    path = f"/v1/files/{begun['id']}"
    assert registrar.patch(f"{path}?offset=0", data[:30]).json()["received"] == 30
    assert begin(registrar, data)["received"] == 30
    assert registrar.patch(f"{path}?offset=30", data[30:]).json()["stage"] == "reading"
    cast.network.settle()
    assert registrar.get(path).json()["records"] == 2
    assert [each["stage"] for each in registrar.get("/v1/files").json()] == ["read"]
    entered = registrar.post(f"{path}/enter", {"is_lawful": True})
    assert entered.status_code == 200
    assert entered.json()["record"]["verdict"] == "allowed"
    cast.network.settle(4)
    found = registrar.get(path).json()
    assert (found["stage"], found["consignment"]["state"], found["consignment"]["count"]) == ("entered", "entered", 2)
    assert found["consignment"]["receipt"]["member"] == "GS"
    assert (
        registrar.post(f"{path}/enter", {"is_lawful": True}).json()["consignment"]["id"] == found["consignment"]["id"]
    )
    assert found["consignment"]["id"] in [
        each["id"] for each in registrar.get("/v1/consignments").json()["consignments"]
    ]


def test_a_part_for_another_place_is_refused_with_where_to_go_on(cast: Cast) -> None:
    registrar, data = cast.officer("FR", "registrar"), text_of("30BB00003")
    path = f"/v1/files/{begin(registrar, data)['id']}"
    registrar.patch(f"{path}?offset=0", data[:10])
    answer = registrar.patch(f"{path}?offset=20", data[20:])
    assert (answer.status_code, answer.json()["where"]) == (422, "offset")
    assert "10 bytes" in answer.json()["message"]


def test_each_refused_line_is_named_with_its_reason(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    found = bring(cast, registrar, text_of("30BB00004") + b"?,FRA,passport,stolen\n30BB00005,LTU,passport,stolen\n")
    assert found["stage"] == "unusable"
    assert [(each["line"], each["fields"]) for each in found["report"]["refusals"]] == [(3, "number"), (4, "country")]
    answer = registrar.post(f"/v1/files/{found['id']}/enter", {"is_lawful": True})
    assert answer.status_code == 422
    assert registrar.delete(f"/v1/files/{found['id']}").status_code == 204
    assert registrar.get(f"/v1/files/{found['id']}").status_code == 404


def test_without_the_word_that_it_is_lawful_it_stays_where_it_is(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    found = bring(cast, registrar, text_of("30BB00006"))
    answer = registrar.post(f"/v1/files/{found['id']}/enter", {})
    assert answer.status_code == 403
    assert [each["number"] for each in answer.json()["rules"]] == ["RPD-12.1"]
    assert registrar.get(f"/v1/files/{found['id']}").json()["stage"] == "read"


def test_who_is_no_registrar_enters_no_file(cast: Cast) -> None:
    inspector = cast.officer("FR", "inspector")
    form = {"register": "travel-documents", "name": "a.csv", "size": 10}
    before = list(cast.network.founding.folder.glob("FR/data/files/*"))
    for answer in (inspector.post("/v1/files", form), inspector.post(f"/v1/files/{'0' * 32}/enter", {})):
        assert answer.status_code == 403
        assert answer.json()["rules"][0]["number"] == "RPD-21.1"
    assert list(cast.network.founding.folder.glob("FR/data/files/*")) == before


def test_another_systems_columns_are_read_by_a_mapping_file(cast: Cast) -> None:
    registrar = cast.officer("FR", "registrar")
    columns = '[columns]\nSerie = "number"\nArt = "-"\n[constants]\ncountry = "FRA"\ntype = "passport"\nloss = "lost"\n'
    found = bring(cast, registrar, b"Serie;Art\n30BB00008;x\n", columns=columns)
    assert (found["stage"], found["records"]) == ("read", 1)


@pytest.mark.parametrize(
    "wrong",
    [{"register": "cheese"}, {"size": -1}, {"size": 10**12}, {"layout": "xls"}, {"columns": "[columns"}, {"name": ""},
     {"audience": "those"}, {"misspelt": 1}, {"expires_on": "soon"}, {"handling": "secret"}],
)  # fmt: skip
def test_what_cannot_be_said_of_a_file_is_refused_before_a_byte_comes(cast: Cast, wrong: dict[str, Any]) -> None:
    registrar = cast.officer("FR", "registrar")
    form = {"register": "travel-documents", "name": "a.csv", "size": 10} | wrong
    answer: httpx.Response = registrar.post("/v1/files", form)
    assert answer.status_code in (400, 422), answer.text
    assert registrar.get("/v1/files").json() == []


def test_nobody_brings_nothing(cast: Cast) -> None:
    assert cast.nobody().post("/v1/files", {"register": "travel-documents", "name": "a", "size": 1}).status_code == 401
    assert cast.nobody().patch("/v1/files/" + "0" * 32 + "?offset=0", b"x").status_code == 401


@pytest.mark.parametrize(("size", "said"), [(0, "The file is empty."), (1_000_000_001, "A file has at most 1000 MB.")])
def test_a_file_of_nothing_and_one_that_is_too_large_are_refused_when_announced(
    cast: Cast, size: int, said: str
) -> None:
    registrar = cast.officer("FR", "registrar")
    form = {"register": "travel-documents", "name": "empty.csv", "size": size}
    answer = registrar.post("/v1/files", form)
    assert answer.status_code in (413, 422)
    assert answer.json()["message"] == said
    assert answer.json()["next_step"]
    assert "empty.csv" not in [each["name"] for each in registrar.get("/v1/files").json()]


@pytest.mark.parametrize("announced", [{}, {"size": None}])
def test_a_size_that_nobody_knows_is_no_size_of_nothing(cast: Cast, announced: dict[str, Any]) -> None:
    registrar, data = cast.officer("FR", "registrar"), text_of("30BB00071")
    form = {"register": "travel-documents", "name": f"streamed-{len(announced)}.csv", **announced}
    begun = registrar.post("/v1/files", form).json()
    path = f"/v1/files/{begun['id']}"
    assert begun["size"] is None
    assert registrar.patch(f"{path}?offset=0&last=true", b"").json()["message"] == "The file is empty."
    assert registrar.get(path).json()["stage"] == "coming"
    assert registrar.patch(f"{path}?offset=0", data[:1]).json()["stage"] == "coming"
    assert registrar.patch(f"{path}?offset=1&last=true", data[1:]).json()["size"] == len(data)
    cast.network.settle()
    assert registrar.get(path).json()["records"] == 1


def test_a_file_of_one_byte_is_read_and_said_to_have_no_records(cast: Cast) -> None:
    found = bring(cast, cast.officer("FR", "registrar"), b"n", name="one.csv")
    assert (found["stage"], found["received"]) == ("unusable", 1)
    assert found["report"]["message"]
