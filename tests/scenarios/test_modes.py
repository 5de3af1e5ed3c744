"""Other accounts of the machine: no file or folder of a network is theirs to read, whatever a process began with."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.private import keep_private
from comity.testing import Network
from tests.scenarios.desks import Desk


def open_to_others(folder: Path) -> list[str]:
    """What in ``folder`` anybody but its account may read, change or enter; the folder itself too."""
    inside = [Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files)]
    found = []
    for path in (folder, *inside):
        with contextlib.suppress(FileNotFoundError):  # nodes that run replace and remove what they have just written
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append(f"{path} {stat.S_IMODE(mode):o}")
    return sorted(found)


@pytest.fixture
def _careless() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.usefixtures("_careless")
def test_nothing_that_a_network_keeps_is_open_to_others(tmp_path: Path) -> None:
    network = Network(tmp_path / "network")
    with contextlib.closing(network):
        lt, fr = Desk(network, "LT"), Desk(network, "FR")
        sent = lt.send("FR", attachments=(lt.attach(b"x" * 400_000),))
        network.settle()
        fr.open(sent)
        network.enter(network.officer("FR", "louise", "registrar"), "FR0001")
        network.settle()
    names = {path.name for path in (tmp_path / "network").rglob("*")}
    assert {"node.db", "directory.json", "keys.json", "batches", "blobs", "ledger"} <= names
    assert open_to_others(tmp_path / "network") == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.usefixtures("_careless")
def test_a_folder_that_was_open_to_others_is_closed_at_the_start_of_a_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "ledger").mkdir(parents=True)
    assert open_to_others(data) != []
    keep_private(data, tmp_path / "none")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    (data / "new").write_bytes(b"")
    assert stat.S_IMODE((data / "new").stat().st_mode) == 0o600
