"""Held acts at the command line."""

import itertools
import re

import pytest

from tests.cli.conftest import Served, Terminal
from tests.cli.test_files import ENTER, working, write

__all__ = ["working"]
TURN = itertools.count()  # another list each time
LAST = "BB00005"


@pytest.fixture
def held(comity: Terminal, working: Served) -> str:
    """What a change is called that is held."""
    turn = next(TURN)
    working.network.settle(4)  # what went before is there
    working.officer(comity, "FR", "held-1", "registrar")
    numbers = [f"4{turn}BB{number:05d}" for number in range(6)]
    whole = (*ENTER, write(f"all-{turn}.csv", *numbers), "--whole", "--lawful", "--yes")
    if comity(*whole) == 2:  # the list before is taken out, of which a part may be left
        going = re.search(r"say their number: (\d+)", comity.err)
        assert going is not None, comity.err
        if comity(*whole, "--going-out", going[1]) == 5:
            release(comity, working)
    cut = write(f"cut-{turn}.csv", numbers[0])
    assert comity(*ENTER, cut, "--whole", "--lawful", "--yes", "--going-out", "5") == 5
    assert "Held: It is held, and not done yet." in comity.err
    assert "CTY-5.6" in comity.err
    match = re.search(r"Act number: ([0-9a-f]{16})", comity.err)
    assert match is not None
    return match[1]


def release(comity: Terminal, working: Served) -> None:
    match = re.search(r"Act number: ([0-9a-f]{16})", comity.err)
    assert match is not None
    working.officer(comity, "FR", "held-4", "registrar")
    comity.does("held", "release", match[1], "--reason", "Seen.", "--yes")
    working.network.settle(4)
    working.officer(comity, "FR", "held-1", "registrar")


def test_a_second_registrar_lists_shows_and_releases_it(comity: Terminal, working: Served, held: str) -> None:
    assert comity("held", "release", held, "--reason", "Mine.", "--yes") == 3
    assert "Nobody releases an act of their own." in comity.err
    working.officer(comity, "FR", "held-2", "registrar")
    comity.does("held", "list")
    assert held in comity.out
    comity.does("held", "show", held)
    assert LAST in comity.out
    assert "Taken out for good, or hidden from somebody: 5" in " ".join(comity.out.split())
    assert comity("held", "release", held, "--yes") == 2
    assert "A release says why" in comity.err
    assert comity("held", "release", held, "--reason", "Seen the list.") == 2
    assert "--yes" in comity.err
    comity.does("held", "release", held, "--reason", "Seen the list.", "--yes")
    assert "Released and done." in comity.out
    comity.does("held", "list", "--over")
    assert "Released and done" in comity.out


def test_it_is_refused(comity: Terminal, working: Served, held: str) -> None:
    working.officer(comity, "FR", "held-3", "registrar")
    comity.does("held", "refuse", held, "--reason", "Half of the list is missing.")
    comity.does("held", "show", held, "--json")
    assert '"refused"' in comity.out
    assert comity("held", "show", "ffffffff") == 2
