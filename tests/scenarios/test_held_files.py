"""A file whose entering is held can still be looked at: it says that it waits, and what became of it."""

from functools import partial

import pytest

from comity.act import Session
from comity.errors import HeldError, TooLargeError, UnavailableError
from comity.limits import FILE_KEPT_S, FILES_OFFICER_MAX
from comity.peer.brought import FileStage, FileState
from comity.testing import Network
from tests.scenarios.test_files import bring, enter, form, lines

CAST = ("LT", "FR")


@pytest.fixture
def claire(network: Network) -> Session:
    return network.officer("FR", "claire", "registrar")


def cut_short(network: Network, claire: Session) -> FileState:
    """A whole list that takes most out, as its page shows it once it is held."""
    enter(network, claire, lines(20), is_whole=True)
    brought = bring(network, claire, lines(5), is_whole=True)
    outcome = network.nodes["FR"].files.enter(claire, brought.file.id, is_lawful=True, going_out=15)
    assert outcome is not None
    assert outcome.held
    return network.nodes["FR"].files.find(claire, brought.file.id)


def say(network: Network, held: str, word: str) -> None:
    henri = network.officer("FR", "henri", "registrar")
    assert getattr(network.nodes["FR"].held, word)(henri, held, "Asked the ministry.").verdict.is_allowed
    network.settle(4)


def test_a_file_that_is_held_says_so_and_by_which_act(network: Network, claire: Session) -> None:
    shown = cut_short(network, claire)
    assert shown.stage is FileStage.HELD
    assert shown.held
    assert [each.stage for each in network.nodes["FR"].files.list(claire)] == [FileStage.HELD]


def test_once_it_is_released_its_page_says_what_was_entered(network: Network, claire: Session) -> None:
    shown = cut_short(network, claire)
    say(network, shown.held, "release")
    network.nodes["FR"].files.go_round()
    entered = network.nodes["FR"].files.find(claire, shown.file.id)
    assert entered.stage is FileStage.ENTERED
    assert entered.consigned is not None
    assert network.nodes["FR"].files.list(claire) == ()
    assert network.nodes["FR"].files._files.names() == []


def test_a_file_that_was_not_released_says_so_for_a_day(network: Network, claire: Session) -> None:
    shown = cut_short(network, claire)
    say(network, shown.held, "refuse")
    files = network.nodes["FR"].files
    assert files.find(claire, shown.file.id).stage is FileStage.NOT_RELEASED
    with pytest.raises(UnavailableError):
        files.enter(claire, shown.file.id, is_lawful=True, going_out=15)
    network.turn(FILE_KEPT_S)
    assert files.list(network.officer("FR", "claire", "registrar")) == ()


def test_a_file_that_is_held_is_not_entered_a_second_time(network: Network, claire: Session) -> None:
    """The very same file is the held one: what it was read into is salted anew each time, and would be another act."""
    shown = cut_short(network, claire)
    files = network.nodes["FR"].files
    assert files.begin(claire, form(lines(5), is_whole=True)).held == shown.held
    with pytest.raises(HeldError) as held:
        files.enter(claire, shown.file.id, is_lawful=True, going_out=15)
    assert held.value.held == shown.held


def test_a_file_that_was_not_released_may_be_brought_again(network: Network, claire: Session) -> None:
    shown = cut_short(network, claire)
    say(network, shown.held, "refuse")
    again = bring(network, claire, lines(5), is_whole=True)
    assert (again.stage, again.held) == (FileStage.READ, "")
    assert again.file.id != shown.file.id


def test_a_file_that_is_held_waits_as_long_as_its_act_and_through_a_restart(network: Network, claire: Session) -> None:
    shown = cut_short(network, claire)
    network.turn(FILE_KEPT_S * 2)
    network.stop("FR")
    network.start("FR")
    claire = network.officer("FR", "claire", "registrar")
    assert network.nodes["FR"].files.find(claire, shown.file.id).stage is FileStage.HELD
    network.turn(FILE_KEPT_S * 7)
    claire = network.officer("FR", "claire", "registrar")
    assert network.nodes["FR"].files.list(claire) == ()


def test_what_is_held_of_an_officer_makes_room_for_nothing(network: Network, claire: Session) -> None:
    """Other files take the place of those that came to nothing, never of one that waits."""
    shown = cut_short(network, claire)
    files = network.nodes["FR"].files
    brought = [files.begin(claire, form(lines(count))) for count in range(30, 30 + FILES_OFFICER_MAX - 1)]
    with pytest.raises(TooLargeError):
        files.begin(claire, form(lines(29)))
    assert files.find(claire, shown.file.id).stage is FileStage.HELD
    list(map(partial(files.drop, claire), (each.file.id for each in brought)))
