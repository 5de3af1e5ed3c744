"""A newcomer declares a form, here and nowhere else: it is sent, read and answered on API, page and command line."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from comity.exchange.form import (
    CHOICE,
    NOTE,
    FieldFault,
    FormChoice,
    FormDeadline,
    FormDeclaration,
    FormField,
    Sentence,
)
from comity.exchange.forms import FORMS
from comity.testing import Network
from tests.cli.conftest import Served, Terminal

SEEN: Final = FormDeclaration(
    name="vehicle-seen",
    version=1,
    title="Seen vehicle",
    sent_by="any-bureau",
    subject="Seen: {plate}",
    about="For a bureau that looks for a vehicle.",
    fields=(
        FormField(name="plate", title="Plate", required=True, most_chars=12),
        FormField(name="place", title="Place"),
    ),
    sentences=(
        Sentence(text="{sender} has seen {plate} at {place}.", given=("place",)),
        Sentence(text="{sender} has seen {plate}.", lacking=("place",)),
    ),
    checks=(lambda said: FieldFault("place", "Not there.") if said.get("place") == "nowhere" else None,),
    deadlines=(FormDeadline("today", "Today", timedelta(hours=12), "urgent"),),
    answered_by="vehicle-answer",
    is_for_one=True,
)
ANSWER: Final = FormDeclaration(
    name="vehicle-answer",
    version=1,
    title="Answer about a vehicle",
    sent_by="whoever-was-asked",
    subject="Vehicle: {wanted}",
    fields=(
        FormField(
            name="wanted", title="Wanted", kind=CHOICE, required=True,
            choices=(FormChoice("yes", "We look for it", "stop"), FormChoice("no", "Let it go", "clear")),
        ),
        FormField(name="note", title="Note", kind=NOTE),
    ),
    sentences=(Sentence(text="{sender}: {wanted}."),),
    is_for_one=True,
)  # fmt: skip
OWN: Final = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    for form in (SEEN, ANSWER):
        FORMS[form.name] = {form.version: form}
    found = Served(Network(tmp_path_factory.mktemp("network"), members=("LT", "FR")))
    yield found
    found.close()
    for form in (SEEN, ANSWER):
        del FORMS[form.name]


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


class Browser:
    """An officer of a bureau's desk at the pages."""

    def __init__(self, served: Served, clients: ExitStack, code: str, name: str) -> None:
        password = served.network.nodes[code].officers.give(name, name.title(), ("desk",))
        made = httpx.Client(base_url=served.urls[code], follow_redirects=True, headers=OWN)
        self._client = clients.enter_context(made)
        self._client.post("/sign-in", data={"officer": name, "password": password})

    def get(self, path: str) -> str:
        return self._client.get(path).text

    def post(self, path: str, **fields: str) -> str:
        return self._client.post(path, data=fields).text


def api(served: Served, clients: ExitStack, code: str, name: str) -> httpx.Client:
    token = served.network.officer(code, name, "desk").token
    made = httpx.Client(base_url=served.urls[code], headers={"Authorization": f"Bearer {token}"})
    return clients.enter_context(made)


def assert_asked(shown: dict[str, Any]) -> None:
    assert (shown["headline"], shown["form"]["name"]) == ("Seen: LT 123", "vehicle-seen")
    assert shown["form"]["sentences"] == ["LT has seen LT 123 at Pier 3."]
    assert (shown["form"]["state"], shown["form"]["answer_with"]) == ("waiting", "vehicle-answer")


def test_on_the_api(served: Served, clients: ExitStack) -> None:
    lt, fr = api(served, clients, "LT", "a-lt"), api(served, clients, "FR", "a-fr")
    described = {each["name"]: each for each in fr.get("/v1/forms").json()}
    assert [each["code"] for each in described["vehicle-answer"]["fields"][0]["choices"]] == ["yes", "no"]
    assert "/v1/forms/vehicle-seen" in lt.get("/v1/openapi.json").json()["paths"]
    body = {"to": "FR", "plate": "LT 123", "place": "nowhere"}
    refused = lt.post("/v1/forms/vehicle-seen", json=body)
    assert (refused.status_code, refused.json()["where"]) == (422, "place")
    assert lt.post("/v1/forms/vehicle-seen", json=body | {"colour": "red"}).status_code == 422
    sent = lt.post("/v1/forms/vehicle-seen", json=body | {"place": "Pier 3"})
    assert sent.status_code == 201
    served.network.settle(3)
    line = fr.get("/v1/messages?most=1").json()["messages"][0]
    assert (line["headline"], line["form"]) == ("Seen: LT 123", "vehicle-seen")
    assert_asked(fr.post(f"/v1/messages/{line['id']}/open").json()["messages"][0])
    answer = {"reply_to": line["id"], "wanted": "perhaps"}
    assert fr.post("/v1/forms/vehicle-answer", json=answer).json()["where"] == "wanted"
    assert fr.post("/v1/forms/vehicle-answer", json=answer | {"wanted": "yes"}).status_code == 201
    served.network.settle(3)
    first, second = lt.post(f"/v1/messages/{line['id']}/open").json()["messages"]
    assert first["form"]["state"] == "answered"
    assert (second["headline"], second["form"]["sentences"]) == ("Vehicle: We look for it", ["FR: We look for it."])


def test_on_pages(served: Served, clients: ExitStack) -> None:
    lt, fr = Browser(served, clients, "LT", "p-lt"), Browser(served, clients, "FR", "p-fr")
    blank = lt.get("/forms/vehicle-seen?to=FR&plate=LT+123")
    assert "For a bureau that looks for a vehicle." in blank
    assert 'value="LT 123"' in blank
    assert '<option value="FR" selected>' in blank
    wrong = lt.post("/forms/vehicle-seen", to="FR", plate="A" * 13, place="nowhere")
    assert 'id="fault-plate"' in wrong
    assert "It has 13 characters, and may have 12." in wrong
    assert "Nothing was sent." in wrong
    assert "On its way to FR" in lt.post("/forms/vehicle-seen", to="FR", plate="LT 123", place="Pier 3")
    served.network.settle(3)
    name = served.network.nodes["FR"].messages.unopened()[0].id
    assert "Seen: LT 123" in fr.get("/messages")
    thread = fr.post("/messages/open", message=name)
    assert "LT has seen LT 123 at Pier 3." in thread
    assert 'name="wanted" value="yes"' in thread
    assert "On its way to LT" in fr.post("/forms/vehicle-answer", reply_to=name, wanted="no", note="Ours.")
    served.network.settle(3)
    assert "FR: Let it go." in lt.post("/messages/open", message=name)


def test_on_the_command_line(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "c-lt", "desk")
    assert "vehicle-seen" in comity.does("form", "--help")
    assert comity("form", "vehicle-seen", "FR", "--place", "nowhere", "--plate", "LT 123") == 2
    assert "--place" in comity.err
    comity.does("form", "vehicle-seen", "fr", "--plate", "LT 123", "--place", "Pier 3", "--within", "today")
    name = comity.found(r"message +([0-9a-f]{64})")
    served.network.turn(5)
    served.officer(comity, "FR", "c-fr", "desk")
    assert "vehicle-answer: Answer about a vehicle" in comity.does("form", "list")
    comity.does("open", name[:12])
    assert "LT has seen LT 123 at Pier 3." in comity.out
    assert f"comity form vehicle-answer {name[:12]} --wanted yes|no" in comity.out
    assert comity("form", "vehicle-answer", name[:12], "--wanted", "perhaps") == 2
    assert "It is one of yes, no" in comity.err
    comity.does("form", "vehicle-answer", name[:12], "--wanted", "yes", "--note", "Ours.")
    served.network.turn(5)
    served.officer(comity, "LT", "d-lt", "desk")
    found = json.loads(comity.does("open", name[:12], "--json"))
    assert found["messages"][1]["form"]["sentences"] == ["FR: We look for it."]
