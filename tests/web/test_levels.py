"""Levels of handling on pages and in the API are the rulebook's; one without words here shows its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from comity import enrolment
from comity.formats_table import newest_versions
from comity.rules.model import MODEL_RULEBOOK
from comity.testing import Network
from tests.api.conftest import Caller
from tests.scenarios.levels import LEVELS, with_secret

from .conftest import Cast
from .letters import opened, write

LETTER = {"to": ["FR"], "subject": "Top", "text": "Yours?"}


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """Under a rulebook with a fourth level."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(enrolment, "MODEL_RULEBOOK", with_secret(MODEL_RULEBOOK))
        found = Cast(Network(Path(tmp_path_factory.mktemp("network")), members=("LT", "FR")))
    yield found
    found.close()


def caller(cast: Cast, code: str, name: str) -> Caller:
    session = cast.network.officer(code, name, "registrar")
    return Caller(cast.nobody(code)._client, session.token)


def test_the_form_offers_the_levels_of_the_rulebook_and_a_record_those_that_it_can_say(secretive: Cast) -> None:
    officer = secretive.officer("LT", "registrar")
    form = officer.get("/messages/new").html
    assert all(f'<option value="{level}"' in form for level in LEVELS)
    for path in ("/enter", "/enter/file"):
        entering = officer.get(path).html
        assert '<option value="confidential"' in entering
        assert '<option value="secret"' not in entering


def test_a_message_of_that_level_is_written_listed_and_opened(secretive: Cast) -> None:
    officer = secretive.officer("LT", "registrar")
    page = write(officer, to=["FR"], seen="FR", handling="secret", subject="Under the rose")
    assert "On its way to FR" in page.words
    secretive.network.settle()
    inbox = secretive.officer("FR", "registrar").get("/messages").words
    assert "Under the rose" not in inbox
    assert "secret: the subject is shown when you open it" in inbox
    lt, fr = caller(secretive, "LT", "berta"), caller(secretive, "FR", "berta")
    name = lt.post("/v1/messages", LETTER | {"handling": "secret"}).json()["id"]
    secretive.network.settle()
    listed = {each["id"]: each for each in fr.get("/v1/messages?box=in").json()["messages"]}
    assert (listed[name]["handling"], listed[name]["subject"]) == ("secret", None)
    thread = fr.post(f"/v1/messages/{name}/open", {}).json()
    assert (thread["handling"], thread["messages"][0]["handling"]) == ("secret", "secret")
    shown = opened(secretive.officer("FR", "registrar"), name)
    assert "secret" in shown.words
    assert shown.field("handling") == "secret", "an answer is no less protected"


def test_a_recipient_that_cannot_read_it_yet_is_named(secretive: Cast) -> None:
    secretive.network.nodes["FR"]._stater._formats = lambda: newest_versions() | {"envelope": 1}
    secretive.network.turn(61)
    secretive.network.settle()
    answer = caller(secretive, "LT", "clara").post("/v1/messages", LETTER | {"handling": "secret"})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["message"] == "The level secret cannot be read yet at: FR."
    assert (problem["where"], problem["code"]) == ("handling", "input")
    page = write(secretive.officer("LT", "registrar"), to=["FR"], seen="FR", handling="secret")
    assert "The level secret cannot be read yet at: FR." in page.words
