"""Folders that earlier versions left: this one opens them at their own time, has all that was there, and goes on."""

import json
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from comity.exchange.message import Text
from comity.founding import Founding, Offline
from comity.testing import SECRETARIAT, Network
from tests.kept.keep import BY_FILE, HIDDEN, SHOWN, TEXT
from tests.scenarios.desks import QUIET_S, Desk

KEPT = sorted((Path(__file__).parent / "kept").glob("*.tar.xz"))


@pytest.fixture(params=KEPT, ids=lambda path: path.name.removesuffix(".tar.xz"))
def note_and_network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[dict[str, Any], Network]]:
    with tarfile.open(request.param) as tar:
        tar.extractall(tmp_path, filter="data")
    note = json.loads((tmp_path / "note.json").read_text())
    now = datetime.fromisoformat(note["now"])
    founding = Founding(
        tmp_path / "network", "simulation", SECRETARIAT, now=now, profile="test", kept=(Offline(), note["keys"])
    )
    network = Network(tmp_path / "opened", like=SimpleNamespace(now=now, founding=founding))  # type: ignore[arg-type]
    yield note, network
    network.close()


def test_there_are_some() -> None:
    assert KEPT


def test_a_folder_of_before_is_whole_and_goes_on(note_and_network: tuple[dict[str, Any], Network]) -> None:
    note, network = note_and_network
    network.turn(QUIET_S)
    network.turn(QUIET_S)
    for code, node in network.nodes.items():
        assert node.caretaker.check_all() == (), code
        assert [each.code for each in node.health().problems if not each.code.startswith("directory-")] == [], code
    _find_all(network)
    _read_all(network, note)
    _go_on(network)
    auditor = {code: network.officer(code, "vera", "auditor") for code in network.nodes}
    for code, node in network.nodes.items():
        assert node.ledger.verify(auditor[code]).given.findings == (), code


def _find_all(network: Network) -> None:
    ruta, igor = network.officer("LT", "ruta", "inspector"), network.officer("XX", "igor", "inspector")
    for number in (SHOWN, HIDDEN, *BY_FILE):
        assert network.check(ruta, number, "FRA").registers[0].answer == "hit", number
    hidden = network.check(igor, HIDDEN, "FRA", at="XX").registers[0]
    none = network.check(igor, "19AC99999", "FRA", at="XX").registers[0]
    assert (hidden.answer, hidden.position) == (none.answer, none.position) == ("nothing", none.position)


def _read_all(network: Network, note: dict[str, Any]) -> None:
    thread = Desk(network, "LT").open(note["asked"])
    assert [_text(each).text for each in thread] == [TEXT, "It is ours."]
    assert _text(thread[0]).attachments
    assert note["waiting"] in Desk(network, "BR").inbox()
    alerts = [each for each in Desk(network, "FR").inbox() if _text(Desk(network, "FR").open(each)[0]).alert]
    assert len(alerts) >= len((SHOWN, HIDDEN, *BY_FILE))


def _text(opened: Any) -> Text:
    text: Text = opened.text
    return text


def _go_on(network: Network) -> None:
    claire, ruta = network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector")
    network.enter(claire, "19AC77777")
    assert network.check(ruta, "19AC77777", "FRA").registers[0].answer == "hit"
    name = Desk(network, "XX").send("LT", text="New.")
    network.settle(4)
    assert name in Desk(network, "LT").inbox()
