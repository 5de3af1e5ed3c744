"""Another organisation ships its own rulebook, wholly: nothing on its pages or in its API is the model's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.testing import Network
from tests.api.conftest import Caller
from tests.scenarios.wildlife import MODEL, WORDS, wildlife

from .conftest import Browser, Cast, Page
from .letters import write

ROLES = tuple(role.code for role in WORDS.roles)


@pytest.fixture(scope="module")
def fauna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    found = Cast(Network(Path(tmp_path_factory.mktemp("network")), members=("LT", "FR"), rulebook=wildlife()))
    yield found
    found.close()


def caller(cast: Cast, code: str, browser: Browser) -> Caller:
    token = cast.network.officer(code, f"{browser.name}-api", *_roles(cast, code, browser)).token
    return Caller(browser._client, token)


def _roles(cast: Cast, code: str, browser: Browser) -> tuple[str, ...]:
    officers = cast.network.nodes[code]._roll.list_officers
    return next(each.roles for each in cast.network.nodes[code]._store.read_rows(officers) if each.name == browser.name)


def own(page: Page) -> Page:
    """The page, once it is sure that it says nothing of the model organisation."""
    assert MODEL.findall(page.html) == []
    return page


def navigation(page: Page) -> list[str]:
    start = page.html.index("<nav")
    return [part.split('"')[0] for part in page.html[start : page.html.index("</nav>", start)].split('href="')[1:]]


@pytest.mark.parametrize(("role", "pages"), [
    ("ranger", ["/check"]), ("dispatcher", ["/check", "/messages", "/held"]),
    ("clerk", ["/check", "/messages", "/enter", "/held"]), ("scribe", ["/ledger"]), ("warden", ["/held", "/officers"]),
])  # fmt: skip
def test_each_role_sees_the_pages_of_the_acts_that_it_includes(fauna: Cast, role: str, pages: list[str]) -> None:
    browser = fauna.officer("LT", role)
    for path in (*pages, "/status"):
        assert [to for to in navigation(own(browser.get(path))) if to in (*pages, "/standing")] == pages


def test_an_officer_begins_where_the_role_is_at_home(fauna: Cast) -> None:
    for role, home in (("ranger", "/check"), ("dispatcher", "/messages"), ("clerk", "/enter"), ("warden", "/officers")):
        browser = fauna.nobody("LT")
        browser.name = f"begins-{role}"
        browser.password = fauna.network.nodes["LT"].officers.give(browser.name, "B.", (role,))
        assert own(browser.sign_in()).at.endswith(home)


def test_an_officer_asks_for_a_purpose_of_its_own_and_is_refused_with_its_next_step(fauna: Cast) -> None:
    ranger = fauna.officer("LT", "ranger")
    form = own(ranger.get("/check"))
    assert "For these purposes an empty reference becomes the shift's: Marfim e chifres" in form.words
    asked = {"number": "19AC45678", "country": "FRA"}
    refused = own(ranger.post("/check", asked | {"purpose": "live-animals"}))
    assert "Indique o número da apreensão." in refused.words
    unknown = own(ranger.post("/check", asked | {"purpose": "border"}))
    assert "Escolha uma finalidade: ivory, live-animals, poachers, awareness." in unknown.words
    clear = own(ranger.post("/check", asked | {"purpose": "ivory"}))
    assert "Nothing open to you" in clear.words
    assert "Marfim e chifres" in clear.words
    assert "shift 2026-11-23/2" in clear.words


def test_the_api_speaks_its_words_too(fauna: Cast) -> None:
    api = caller(fauna, "LT", fauna.officer("LT", "ranger"))
    asked = {"number": "19AC45678", "country": "FRA"}
    found = api.post("/v1/queries", asked | {"purpose": "ivory"}).json()
    assert (found["purpose_title"], found["reference"]) == ("Marfim e chifres", "shift 2026-11-23/2")
    refused = api.post("/v1/queries", asked | {"purpose": "poachers"})
    assert (refused.status_code, refused.json()["next_step"]) == (403, "Indique o número da apreensão.")
    assert all(rule["number"].startswith("FAUNA-") for rule in refused.json()["rules"])
    book = api.get("/v1/rulebook").json()
    assert (book["levels"][0]["code"], book["levels"][0]["title"]) == ("open-to-rangers", "Aberto aos guardas")
    denied = api.post("/v1/messages", {"to": ["FR"], "subject": "s", "text": "t"})
    assert denied.json()["next_step"] == "Fale com o chefe da reserva."
    assert MODEL.findall(json.dumps([found, refused.json(), book, denied.json()], ensure_ascii=False)) == []


def test_a_message_goes_at_a_level_of_its_own(fauna: Cast) -> None:
    dispatcher = fauna.officer("LT", "dispatcher")
    form = own(dispatcher.get("/messages/new"))
    assert "Aberto aos guardas Guardar consigo Toca" in form.words
    sent = own(write(dispatcher, to=["FR"], seen="FR", handling="keep-close", subject="Pangolins"))
    assert "Guardar consigo" in sent.words
    fauna.network.settle()
    reader = fauna.officer("FR", "dispatcher")
    inbox = own(reader.get("/messages"))
    assert "Guardar consigo: the subject is shown when you open it" in inbox.words
    assert "Pangolins" not in inbox.words
    api = caller(fauna, "LT", dispatcher)
    plain = api.post("/v1/messages", {"to": ["FR"], "subject": "Rhinos", "text": "Seen?"}).json()
    thread = api.post(f"/v1/messages/{plain['id']}/open", {}).json()
    assert (thread["handling"], thread["messages"][0]["handling_title"]) == ("open-to-rangers", "Aberto aos guardas")


def test_what_a_refusal_may_not_reveal_is_not_here(fauna: Cast) -> None:
    api = caller(fauna, "LT", fauna.officer("LT", "dispatcher"))
    missing = api.post(f"/v1/messages/{'0' * 64}/open", {})
    assert (missing.status_code, missing.json()["rules"]) == (404, [])
    page = own(fauna.officer("LT", "dispatcher").post("/messages/open", {"message": "0" * 64}))
    assert "There is nothing of this name here. Procure na caixa de entrada." in page.words
    assert "FAUNA-" not in page.words


def test_officers_are_given_the_roles_of_the_rulebook_and_no_others(fauna: Cast) -> None:
    warden = fauna.officer("LT", "warden")
    page = own(warden.get("/officers"))
    assert all(role.title in page.words for role in WORDS.roles)
    made = own(warden.post("/officers", {"name": "ana", "title": "Ana", "roles": ["ranger", "scribe"]}))
    assert "One-time password for ana" in made.words
    api = caller(fauna, "LT", warden)
    wrong = api.post("/v1/officers", {"name": "rui", "title": "Rui", "roles": ["registrar"]})
    assert (wrong.status_code, wrong.json()["where"]) == (422, "roles")
    assert wrong.json()["message"] == f"Roles are some of: {', '.join(ROLES)}."


def test_entering_and_measures_say_its_words(fauna: Cast) -> None:
    clerk = fauna.officer("LT", "clerk")
    own(clerk.get("/enter"))
    rows = {"number-1": "12LT34567", "country-1": "LTU", "type-1": "passport", "loss-1": "lost", "rows": "3"}
    preview = own(clerk.post("/enter", rows | {"audience": "all", "handling": "burrow", "step": "preview"}))
    assert "A lei do nosso país permite registar isto. (FAUNA-" in preview.words or "no level" in preview.words
    coordinator = fauna.officer("GS", "coordinator")
    own(coordinator.get("/standing"))
    measure = {"member": "FR", "channel": "query", "state": "suspended", "reason": "Test.", "reference": "1"}
    shown = own(coordinator.post("/standing", measure | {"until_at": "2026-12-24", "step": "preview"}))
    assert "They will read “Refused (FAUNA-" in shown.words


def test_an_auditor_looks_for_its_purposes(fauna: Cast) -> None:
    scribe = fauna.officer("LT", "scribe")
    page = own(scribe.get("/ledger?purpose=ivory"))
    assert "Marfim e chifres" in page.words
    assert "There is none of this name" in own(scribe.get("/ledger?purpose=border")).words
