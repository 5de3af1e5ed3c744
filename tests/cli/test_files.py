"""Files of records at the command line."""

import json
import re
from pathlib import Path

import pytest
import typer

from comity.api.file_wire import FileShown
from comity.cli.caller import Caller
from comity.errors import UnavailableError
from tests.cli.conftest import Served, Terminal

ENTER = ("enter", "travel-documents")
TITLES = "number,country,type,loss\n"


def write(name: str, *numbers: str, country: str = "FRA") -> str:
    lines = "".join(f"{number},{country},passport,stolen\n" for number in numbers)
    Path(name).write_text(TITLES + lines)
    return name


@pytest.fixture
def working(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The network, whose background work goes on whenever the command waits for it."""
    monkeypatch.setattr("time.sleep", lambda _s: served.network.settle())
    return served


def test_a_file_is_entered_with_the_keepers_receipt(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "file-1", "registrar")
    comity.does(*ENTER, write("a.csv", "40BB00001", "40BB00002"), "--lawful", "--yes")
    assert "Records that came in: 2" in comity.out
    assert "In the register" in comity.out
    assert comity.found(r"at GS +entry ([0-9a-f]{64})")


def test_a_file_that_was_looked_at_and_not_wanted_is_dropped(
    comity: Terminal, working: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else four of them would keep every other one out."""
    monkeypatch.setattr("comity.cli.filing.ask_first", lambda question, **_: typer.confirm(question, abort=True))
    working.officer(comity, "FR", "file-drop", "registrar")
    for number in range(6):
        assert comity(*ENTER, write(f"n-{number}.csv", f"40BE0000{number}"), "--lawful", typed="n\n") != 0
        assert "At most" not in comity.err
    comity.does(*ENTER, write("y.csv", "40BE00009"), "--lawful", typed="y\n")


def test_nothing_is_entered_before_it_was_said_who_will_see_it(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "file-6", "registrar")
    name = write("a.csv", "43BB00001")
    assert comity(*ENTER, name, "--lawful", "--audience", "all but GB") == 2
    assert "No member is called GB." in comity.err
    assert "FR, GS, LT, XX" in comity.err
    assert comity(*ENTER, name, "--lawful", "--audience", "FR LT") == 2
    assert "Records to come in: 1" in comity.out, comity.err
    assert comity.found(r"seen by +(.+)") == "FR LT"
    assert comity.found(r"not by +(.+)") == "GS XX"
    assert "--yes" in comity.err
    assert "Records that came in" not in comity.out
    comity.does(*ENTER, name, "--lawful", "--audience", "FR LT", "--yes")
    assert "Records that came in: 1" in comity.out


def test_refused_lines_are_listed_and_nothing_is_entered(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "file-2", "registrar")
    name = write("a.csv", "40BB00003", "?", "40BB00004")
    assert comity(*ENTER, name, "--lawful") == 2
    assert comity.found(r"(?m)^3 +(number: .*)$")
    assert "Nothing was entered" in comity.out
    assert comity(*ENTER, name, "--lawful", "--json") == 2
    assert json.loads(comity.out)["report"]["refusals"][0]["line"] == 3
    comity.does(*ENTER, write("a.csv", "40BB00003"), "--lawful", "--yes")


def test_a_whole_list_shows_its_differences_before_it_changes_anything(comity: Terminal, working: Served) -> None:
    working.officer(comity, "FR", "file-3", "registrar")
    first = (*ENTER, write("a.csv", "41BB00001", "41BB00002"), "--lawful", "--whole", "--yes")
    assert comity(*first) == 2, "all that other tests entered would go out"
    going = re.search(r"(\d+) records would go out", comity.err)[1]
    assert comity(*first, "--going-out", going) == 5
    held = re.search(r"Act number: ([0-9a-f]{16})", comity.err)[1]
    assert comity(*first, "--going-out", going) == 5, "it is held still, and no second time"
    assert held in comity.err
    working.officer(comity, "FR", "file-3b", "registrar")
    comity.does("held", "release", held, "--reason", "Seen.", "--yes")
    working.network.settle(4)
    working.officer(comity, "FR", "file-3", "registrar")
    name = write("b.csv", "41BB00001", "41BB00003")
    assert comity(*ENTER, name, "--lawful", "--whole") == 2
    assert comity.found(r"New: (\d+)") == "1"
    assert "41BB00002 FRA" in comity.out
    assert "--yes" in comity.err
    comity.does(*ENTER, name, "--lawful", "--whole", "--yes")
    assert "that went out: 1" in comity.out
    comity.does(*ENTER, name, "--lawful", "--whole")
    assert "Nothing has changed" in comity.out


def test_a_cut_is_gone_on_after_without_beginning_again(
    comity: Terminal, working: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    working.officer(comity, "FR", "file-4", "registrar")
    real, sent = Caller.append, []

    def append(self: Caller, path: str, form: type[FileShown], data: bytes, *, offset: int) -> FileShown:
        sent.append(offset)
        found = real(self, path, form, data[:20], offset=offset)
        if len(sent) == 2:
            raise UnavailableError("The line is cut.")
        return found

    monkeypatch.setattr(Caller, "append", append)
    comity.does(*ENTER, write("a.csv", "42BB00001", "42BB00002"), "--lawful", "--yes")
    assert sent == sorted(set(sent))
    assert "Records that came in: 2" in comity.out


def test_what_is_no_file_or_says_two_things_at_once_is_refused(comity: Terminal, served: Served) -> None:
    served.officer(comity, "FR", "file-5", "registrar")
    assert comity(*ENTER, "nowhere.csv", "--lawful") == 2
    Path("empty.csv").touch()
    assert comity(*ENTER, "empty.csv", "--lawful") == 2
    assert comity(*ENTER, write("a.csv", "40BB00005"), "--number", "40BB00006", "--lawful") == 2
    assert comity(*ENTER, "--whole", "--number", "40BB00006", "--lawful") == 2
    Path("map.toml").write_bytes(b"\xff")
    assert comity(*ENTER, "a.csv", "--columns", "map.toml", "--lawful") == 2
