"""A file of records between real processes, whose power is cut while workers read it and while the keeper takes it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from comity.demo.cast import INSPECTOR, REGISTRAR, Person
from comity.demo.chapters import eventually
from comity.demo.network import DemoNetwork
from comity.limits import LOT_RECORDS_MAX

pytestmark = pytest.mark.processes

LINES = 40_000
PATIENCE_S = 40.0


@pytest.fixture
def network(tmp_path: Path) -> Iterator[DemoNetwork]:
    with DemoNetwork(tmp_path, profile="test") as found:
        found.found()
        yield found


class Officer:
    """Somebody signed in at a node, who stays so when it starts again elsewhere."""

    def __init__(self, network: DemoNetwork, person: Person, password: str) -> None:
        self._network = network
        self._member = person.member
        self._headers: dict[str, str] = {}
        token = self.does("POST", "/v1/sessions", json={"officer": person.name, "password": password})["token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def does(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        url = self._network.url(self._member) + path
        answer = httpx.request(method, url, headers=self._headers, timeout=15.0, **more)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


def test_a_file_is_in_as_a_whole_though_source_and_keeper_lose_power(network: DemoNetwork) -> None:
    passwords = network.give_passwords([REGISTRAR, INSPECTOR])
    network.start_broker()
    for code in ("GS", "FR", "LT"):
        network.start_node(code)
    rows = "".join(f"92KL{number:05d},FRA,passport,lost,2026-03-04\n" for number in range(LINES))
    data = f"number,country,type,loss,theft_date\n{rows}".encode()
    form = {"register": "travel-documents", "name": "lost.csv", "size": len(data)}
    registrar = Officer(network, REGISTRAR, passwords[REGISTRAR.name])
    name = registrar.does("POST", "/v1/files", json=form)["id"]
    registrar.does("PATCH", f"/v1/files/{name}", params={"offset": 0}, content=data)

    def state() -> dict[str, Any]:
        return registrar.does("GET", f"/v1/files/{name}")

    for delay_s in (0.0, 0.7, 1.4):  # before workers have begun, at their start, while they read
        time.sleep(delay_s)
        network.nodes["FR"].kill()
        network.start_node("FR")
        assert state()["received"] == len(data)
    eventually(lambda: state()["stage"] == "read", "the file was not read again", PATIENCE_S)
    assert state()["records"] == LINES

    registrar.does("POST", f"/v1/files/{name}/enter", json={"is_lawful": True})
    for delay_s in (0.2, 0.6, 0.9):  # while lots are pulled, looked at, taken
        time.sleep(delay_s)
        network.nodes["GS"].kill()
        network.start_node("GS")
    eventually(lambda: state()["consignment"]["state"] != "underway", "the keeper did not take it", PATIENCE_S)
    assert state()["consignment"]["state"] == "entered"
    assert state()["consignment"]["count"] == LINES

    inspector = Officer(network, INSPECTOR, passwords[INSPECTOR.name])

    def answer(number: int) -> str:
        question = {"number": f"92KL{number:05d}", "country": "FRA", "purpose": "border-control"}
        found: str = inspector.does("POST", "/v1/queries", json=question)["answers"][0]["answer"]
        return found

    for number in (0, LINES // 2, LINES - 1):
        eventually(lambda number=number: answer(number) == "hit", f"line {number} is not found", PATIENCE_S)  # type: ignore[misc]
    assert answer(LINES) == "nothing"
    lots = [each for each in (network.folder / "GS" / "data" / "batches").rglob("*") if each.is_file()]
    assert len(lots) == LINES // LOT_RECORDS_MAX, "a kill left or lost a lot"
