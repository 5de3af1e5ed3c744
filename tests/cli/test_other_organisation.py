"""At the terminal of another organisation nothing is the model's: it founds its network with its own rulebook."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.cli.rulebook_file import laid_out
from comity.rules.rulebook import parse_rulebook
from comity.testing import Network
from tests.cli.conftest import Served, Terminal, make_holders, sign
from tests.scenarios.wildlife import MODEL, wildlife


@pytest.fixture(scope="module")
def fauna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = Served(Network(tmp_path_factory.mktemp("network"), members=("LT", "FR"), rulebook=wildlife()))
    yield found
    found.close()


def own(comity: Terminal) -> str:
    """What was printed last, once it is sure that it says nothing of the model organisation."""
    assert MODEL.findall(comity.out + comity.err) == []
    return comity.out + comity.err


def test_a_check_is_for_its_own_purpose_and_refused_with_its_next_step(fauna: Served, comity: Terminal) -> None:
    fauna.officer(comity, "LT", "rita", "ranger")
    document = ("--number", "19AC45678", "--country", "FRA")
    comity.does("check", *document, "--purpose", "ivory")
    assert "Marfim e chifres" in own(comity)
    assert comity("check", *document, "--purpose", "live-animals") != 0
    assert "Next: Indique o número da apreensão." in own(comity)
    comity("check", "--help")
    own(comity)


def test_a_message_is_sent_at_its_own_level(fauna: Served, comity: Terminal) -> None:
    fauna.officer(comity, "LT", "dina", "dispatcher")
    comity.does("send", "FR", "--subject", "Pangolins", "--text", "Seen?", "--handling", "burrow")
    fauna.network.settle()
    fauna.officer(comity, "FR", "dora", "dispatcher")
    comity.does("inbox")
    assert "Toca: the subject is shown when you open it" in own(comity)


def test_the_rulebook_is_shown_with_its_words(fauna: Served, comity: Terminal) -> None:
    fauna.officer(comity, "LT", "rosa", "ranger")
    comity.does("rulebook", "show")
    lines = [" ".join(line.split()) for line in own(comity).splitlines()]
    for said in ("purpose ivory Marfim e chifres", "level burrow Toca", "role ranger Guarda: verifica documentos",
                 "next step Fale com o chefe da reserva.", "begins with message.list"):  # fmt: skip
        assert said in lines


def test_officers_are_created_in_its_roles(fauna: Served, comity: Terminal) -> None:
    fauna.officer(comity, "LT", "wanda", "warden")
    comity.does("officer", "create", "ines", "--title", "Inês", "--role", "scribe")
    assert comity("officer", "create", "ivo", "--title", "Ivo", "--role", "inspector") != 0
    assert "Roles are some of: ranger, dispatcher, clerk, scribe, warden, coordinator." in comity.err


def test_a_network_is_founded_with_a_rulebook_of_its_own(comity: Terminal) -> None:
    Path("own.json").write_bytes(laid_out(wildlife()))
    holders = make_holders(comity)
    comity.does(
        "ceremony", "begin", "GS", "--network", "fauna.example", "--desk", "+33 4", "--rulebook", "own.json", *holders
    )
    for draft in ("GS/root.draft", "GS/targets.draft"):
        sign(comity, draft, 1, 2)
    comity.does("member", "sign", "GS")
    comity.does("directory", "publish", "GS", "GS/root.draft", "GS/targets.draft", "GS/bureau.draft")
    comity.does("rulebook", "export", "exported.json", "--folder", "GS")
    assert parse_rulebook(Path("exported.json").read_bytes()) == wildlife()


def test_a_rulebook_that_names_an_unknown_word_founds_nothing(comity: Terminal) -> None:
    file = json.loads(wildlife().encode())
    file["roles"].pop()
    Path("own.json").write_text(json.dumps(file), encoding="utf-8")
    holders = make_holders(comity)
    words = ("--network", "fauna.example", "--desk", "+33 4", "--rulebook", "own.json")
    assert comity("ceremony", "begin", "GS", *words, *holders) == 2
    assert "names the role coordinator, which the rulebook does not have" in comity.err
    assert not Path("GS").exists()
