import subprocess
import sys
from pathlib import Path

import pytest

from comity.errors import UnavailableError
from comity.lock import LOCK, hold_folder

HOLD = (
    "import sys; from pathlib import Path; from comity.lock import hold_folder\n"
    "with hold_folder(Path(sys.argv[1])):\n"
    "    print('held', flush=True); sys.stdin.read()"
)


def hold_elsewhere(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_which_one_holds_the_folder(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path)
    try:
        with pytest.raises(UnavailableError, match=f"process {process.pid}"), hold_folder(tmp_path):
            pass
    finally:
        process.communicate(timeout=10)
    with hold_folder(tmp_path):
        pass


def test_a_killed_holder_leaves_the_folder_free(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path)
    process.kill()
    process.communicate(timeout=10)
    with hold_folder(tmp_path):
        assert (tmp_path / LOCK).read_text().strip().isdecimal()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be used"), hold_folder(tmp_path / "missing"):
        pass


def test_the_same_process_holds_it_once(tmp_path: Path) -> None:
    with hold_folder(tmp_path), pytest.raises(UnavailableError), hold_folder(tmp_path):
        pass
