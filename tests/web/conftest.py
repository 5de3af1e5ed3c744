"""A simulated network with its pages, and officers of the cast who look at them with a browser without script."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from comity.api.app import create_app
from comity.testing import Network

OWN = {"Sec-Fetch-Site": "same-origin"}


class Page:
    """What a browser shows: its words without tags, and its fields."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.html = answer.text
        self.at = str(answer.url.copy_with(scheme="http", host="x"))
        self.words = " ".join(unescape(re.sub(r"<[^>]*>", " ", self.html)).split())

    def field(self, name: str) -> str:
        """A field's value, be it an input, a text area or a list."""
        for pattern in (
            rf'<input[^>]*\bname="{re.escape(name)}"[^>]*\bvalue="([^"]*)"',
            rf'<textarea[^>]*\bname="{re.escape(name)}"[^>]*>([^<]*)<',
            rf'<select[^>]*\bname="{re.escape(name)}"[^>]*>(?:(?!</select>).)*?<option value="([^"]*)" selected',
        ):
            found = re.search(pattern, self.html, re.DOTALL)
            if found:
                return unescape(found[1])
        return ""


class Browser:
    """One officer's, or nobody's: with a jar of cookies of its own, on the one client that a node's pages have."""

    def __init__(self, client: TestClient[Any]) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}
        self.name = ""
        self.password = ""

    def _send(self, method: str, path: str, *, follow: bool = True, **more: Any) -> httpx.Response:
        self._client.cookies.clear()
        for name, value in self.cookies.items():
            self._client.cookies.set(name, value, domain="testserver.local")
        answer = self._client.request(method, path, follow_redirects=follow, **more)
        self.cookies = {cookie.name: cookie.value or "" for cookie in self._client.cookies.jar}
        return answer

    @property
    def app(self) -> Any:
        """The pages themselves, for requests as no client sends them."""
        return self._client.app

    def get(self, path: str) -> Page:
        return Page(self._send("GET", path))

    def post(self, path: str, fields: dict[str, Any]) -> Page:
        return Page(self._send("POST", path, data=fields, headers=OWN))

    def bring(self, path: str, fields: dict[str, Any], name: str, data: bytes) -> Page:
        """A form with one file, as a browser without script sends it."""
        return Page(self._send("POST", path, data=fields, files={"file": (name, data, "text/csv")}, headers=OWN))

    def append(self, path: str, data: bytes) -> httpx.Response:
        """A part of a file, as the script sends it."""
        return self._send("PATCH", path, content=data, headers=OWN)

    def raw(self, path: str, fields: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        return self._send("POST", path, follow=False, data=fields, headers=headers)

    def call(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        """A request to the API, by another program of a session's officer."""
        return self._send(method, path, follow=False, headers={"Authorization": f"Bearer {token}"}, **more)

    def sign_in(self) -> Page:
        return self.post("/sign-in", {"officer": self.name, "password": self.password, "next": "/"})


class Cast:
    """The network, and whoever of the cast is needed."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._clients: dict[str, TestClient[Any]] = {}
        self._named = 0

    def nobody(self, code: str = "LT") -> Browser:
        if code not in self._clients:
            self._clients[code] = TestClient(create_app(self.network.nodes[code]))
            self._clients[code].__enter__()
        return Browser(self._clients[code])

    def officer(self, code: str, *roles: str) -> Browser:
        browser = self.nobody(code)
        self._named += 1
        browser.name = f"officer-{self._named}"
        password = self.network.nodes[code].officers.give(browser.name, browser.name.title(), roles)
        browser.password = password
        browser.sign_in()
        return browser

    def close(self) -> None:
        for client in self._clients.values():
            client.__exit__(None, None, None)
        for code in tuple(self.network.nodes):
            self.network.stop(code)


@pytest.fixture(scope="module")
def cast(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    found = Cast(Network(tmp_path_factory.mktemp("network"), like=founded))
    registrar = found.network.officer("FR", "jean.m", "registrar")
    found.network.enter(registrar, "19AC45678", audience="all but XX")
    yield found
    found.close()
