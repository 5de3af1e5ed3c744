"""A simulated network with its API, and officers of the cast who are signed in."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from comity.api.app import create_app
from comity.testing import Network


class Caller:
    """An officer, or nobody, who calls one node's API."""

    def __init__(self, client: TestClient[Any], token: str = "") -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path, headers=self.headers)

    def post(self, path: str, body: object) -> httpx.Response:
        return self._client.post(path, json=body, headers=self.headers)

    def send(self, path: str, content: bytes) -> httpx.Response:
        return self._client.post(path, content=content, headers={"Content-Type": "application/json", **self.headers})

    def patch(self, path: str, content: bytes) -> httpx.Response:
        return self._client.patch(path, content=content, headers=self.headers)

    def delete(self, path: str) -> httpx.Response:
        return self._client.delete(path, headers=self.headers)


class Cast:
    """The network, and whoever of the cast is needed."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._clients: dict[str, TestClient[Any]] = {}
        self._named = 0

    def client(self, code: str) -> TestClient[Any]:
        if code not in self._clients:
            self._clients[code] = TestClient(create_app(self.network.nodes[code]))
            self._clients[code].__enter__()
        return self._clients[code]

    def officer(self, code: str, *roles: str) -> Caller:
        self._named += 1
        session = self.network.officer(code, f"officer-{self._named}", *roles)
        return Caller(self.client(code), session.token)

    def nobody(self, code: str = "LT") -> Caller:
        return Caller(self.client(code))

    def close(self) -> None:
        for client in self._clients.values():
            client.__exit__(None, None, None)
        for code in tuple(self.network.nodes):
            self.network.stop(code)


@pytest.fixture(scope="module")
def cast(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    found = Cast(Network(tmp_path_factory.mktemp("network"), like=founded))
    yield found
    found.close()
