"""What tests of more than one floor share: folders in memory, and the simulated network with the whole cast."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from comity.testing import Network

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own there, as it does in /tmp
MEMORY_FREE_BYTES: Final = 2 << 30  # a run needs a quarter of it
TEMPORARY: Final = "TMPDIR"


def pytest_configure(config: pytest.Config) -> None:
    """Let tests wait for no disk, and the programs that they start for no compiler; none fails for being slow."""
    settings.register_profile("comity", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("comity")
    keep_folders_in_memory()
    if sys.dont_write_bytecode:
        keep_what_is_compiled(config)


def keep_folders_in_memory() -> None:
    """Where the system has room there, and nobody has named another place.

    Nodes wait for the disk at each commit, and no test is about that wait: a test's power goes at boundaries, or with
    a process, and never with the machine.
    """
    if TEMPORARY in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free > MEMORY_FREE_BYTES:
        os.environ[TEMPORARY] = tempfile.tempdir = str(MEMORY)


def keep_what_is_compiled(config: pytest.Config) -> None:
    """In a folder of this run: who wants none beside the sources would have each program compile all of them again."""
    folder = tempfile.mkdtemp(prefix="comity-compiled-")
    config.add_cleanup(partial(shutil.rmtree, folder, ignore_errors=True))
    os.environ["PYTHONPYCACHEPREFIX"] = folder
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def founded_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Network]:
    """Gives the closed network of these members that others begin from: a tenth of the time that a ceremony takes."""
    made: dict[tuple[str, ...], Network] = {}

    def get(*members: str) -> Network:
        if members not in made:
            made[members] = Network(tmp_path_factory.mktemp("founded"), members=members)
            made[members].close()
        return made[members]

    return get


@pytest.fixture(scope="session")
def founded(founded_with: Callable[..., Network]) -> Network:
    """The closed network of the whole cast."""
    return founded_with("LT", "FR", "BR", "XX")


@pytest.fixture
def simulated(founded: Network, tmp_path: Path) -> Iterator[Network]:
    """LT asks, FR owns, BR may see, XX is the outsider, GS is the secretariat."""
    found = Network(tmp_path, like=founded)
    yield found
    found.close()


@pytest.fixture
def network(simulated: Network) -> Network:
    """The same by its usual name, where no folder of tests has a real network under it."""
    return simulated
